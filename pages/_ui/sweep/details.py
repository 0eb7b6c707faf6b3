"""Details of one line of a sweep: how much its coresets share, which are on the Pareto front, whom they prefer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import sweep as charts
from goracs_core.charts.palette import Role
from goracs_core.evaluation.overlap import jaccard_matrix, pareto_front
from goracs_core.evaluation.sweep import SweepPoint
from pages._ui import blocks, popularity_view
from pages._ui.state import DatasetRef
from pages._ui.sweep import data as sweep_data
from pages._ui.sweep import files as sweep_files

if TYPE_CHECKING:
    from goracs_core.charts.sweep import Axis
    from goracs_core.evaluation.popularity import PopularityReport
    from goracs_core.jobs.sweep.store import SweepRecord

Points = tuple[SweepPoint, ...]
_MEASURES = {"arp": "Mean popularity (ARP)", "tail_share": "Tail share", "gini": "Gini"}
_JACCARD_HELP = glossary.tooltip("jaccard")
_PARETO_HELP = glossary.tooltip("pareto")


def overlap(axis: Axis, line: Points) -> None:
    st.markdown(f"**Overlap of the coresets: {axis.fixed(line[0])}**", help=_JACCARD_HELP)
    if len(line) < 2:
        st.caption("Requires at least two completed points.")
        return
    matrix = jaccard_matrix([point.indices for point in line])
    names = [axis.name(point) for point in line]
    neighbours = matrix.diagonal(1)
    note = (
        "Blocks of high values are ranges in which λ hardly changes the selection. Low values between neighbors "
        "indicate that the coreset changes abruptly."
        if axis.along_lambda
        else "Stability of the selection as the budget grows. The overlap of two sizes is at most the smaller size "
        "divided by the larger one."
    )
    low, high = neighbours.min(), neighbours.max()
    blocks.chart(
        charts.overlap(matrix, names),
        key="sweep_overlap",
        alt=f"Jaccard overlap of {len(line)} coresets; between {low:.0%} and {high:.0%} for neighbors.",
        table=pd.DataFrame(matrix.round(4), columns=pd.Index(names), index=pd.Index(names, name="")).reset_index(),
        note=note,
    )


def pareto(record: SweepRecord, ref: DatasetRef, line: Points) -> None:
    budget, several = line[0].budget, len(record.lambdas) > 1
    st.markdown(f"**Pareto front: k {budget:,}**" if several else "**Pareto front**", help=_PARETO_HELP)
    if not several:
        st.caption("Requires several values of λ; with a single λ there is no trade-off between the two terms.")
        return
    transport = np.array([point.transport_term for point in line])
    gradient = np.array([point.gradient_term for point in line])
    front = pareto_front(transport, gradient)
    names = ["λ", "transport term", "gradient term", "on the front"]
    rows = zip([point.lambda_ for point in line], transport, gradient, front, strict=True)
    blocks.chart(
        charts.pareto(line, front, random=sweep_data.random_terms(record, ref, budget)),
        key="sweep_pareto",
        alt=f"Transport term against gradient term of {len(line)} coresets of {budget} samples; {int(front.sum())} are "
        "on the Pareto front.",
        table=pd.DataFrame(rows, columns=pd.Index(names)),
        note="Upper left is best. Where the front is flat, a larger gradient term costs coverage; where it is steep, "
        "it costs little. Click a point to open its run.",
        on_select=sweep_files.opener("sweep_pareto", [point.run for point in line]),
        selection_mode=("points",),
    )


def popularity(ref: DatasetRef, axis: Axis, line: Points) -> None:
    report = sweep_data.popularity(line, ref)
    st.markdown(f"**Popularity of the selected samples: {axis.fixed(line[0])}**")
    labels = [axis.label(point) for point in line]
    for cell, (name, label) in zip(st.columns(3), _MEASURES.items(), strict=True):
        _, definition, unit = popularity_view.MEASURES[name]
        found = np.array([getattr(report.coresets[point.run], name) for point in line])
        low, high = _random_ends(axis, line, report, name)
        band = charts.Band("Random 95 %", low, high)
        pool, validation = getattr(report.pool, name), getattr(report.validation, name)
        # Gini depends on the number of samples, so pool and validation are no references.
        levels = () if name == "gini" else ((Role.POOL, pool), (Role.VALIDATION, validation))
        with cell:
            st.markdown(label, help=definition)
            blocks.chart(
                charts.measure(labels, found, axis, y_title=label, unit=unit, references=levels, random=band),
                key=f"sweep_{name}",
                alt=f"{label} of the coresets from {found[0]:{unit}} to {found[-1]:{unit}}; pool {pool:{unit}}, "
                f"validation {validation:{unit}}.",
                table=_popularity_table(axis, line, found, low, high),
                note=_POPULARITY_NOTES[name],
            )


_POPULARITY_NOTES = {
    "arp": "Above the band: the coreset contains more popular items than random coresets.",
    "tail_share": "Below the band: the coreset contains fewer tail items than random coresets.",
    "gini": "Depends on the size, compare only with the random band: above it, few items account for most samples.",
}


def _random_ends(axis: Axis, line: Points, report: PopularityReport, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the random interval at each value of the axis; NaN where no coreset is there yet."""
    ends = np.full((2, len(axis.labels)), np.nan)
    if axis.along_lambda:
        reference = report.random[line[0].budget]
        ends[0], ends[1] = getattr(reference.low, name), getattr(reference.high, name)
    else:
        for point in line:
            reference = report.random[point.budget]
            place = axis.budgets.index(point.budget)
            ends[:, place] = getattr(reference.low, name), getattr(reference.high, name)
    return ends[0], ends[1]


def _popularity_table(axis: Axis, line: Points, found: np.ndarray, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    labels = [axis.label(point) for point in line]
    places = [axis.labels.index(label) for label in labels]
    first = {"λ" if axis.along_lambda else "k": labels, "coreset": found.round(5)}
    return pd.DataFrame(first | {"random, low": low[places].round(5), "random, high": high[places].round(5)})
