"""The results of a sweep on the page, from the completed points: the effect of λ and the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import sweep as charts
from goracs_core.evaluation.sweep import SweepPoint, sweep_reading
from pages._ui import blocks, cache, proof, text, widgets
from pages._ui.state import DatasetRef
from pages._ui.sweep import data as sweep_data
from pages._ui.sweep import details as sweep_details
from pages._ui.sweep import files as sweep_files
from pages._ui.sweep import linked

if TYPE_CHECKING:
    from goracs_core.charts.sweep import Axis, Band, Value
    from goracs_core.jobs.sweep.store import SweepRecord

Points = tuple[SweepPoint, ...]
_POINTS_HELP = "Completed pairs of λ and budget in the grid. Each is an ordinary run; deleted runs are not counted."
_DIFFERENT_HELP = "Points with identical samples are counted once: λ or the budget had no effect between them."
_TIME_HELP = "Total wall-clock seconds of all points; cached points are counted with their original time."
_BUDGET_HELP = (
    "POO, its terms and the gap are shown for all budgets; the random band, summary, overlap, Pareto front and "
    "popularity for this one only."
)


def show(record: SweepRecord, ref: DatasetRef) -> None:
    """Everything about a sweep, from the points that are there now."""
    sweep_files.follow_click()
    points = sweep_data.points(record, ref)
    if not points:
        _summary(record, points)
        st.info(
            "This sweep has no points: it has just started, was cancelled before the first point, or its runs were "
            "deleted. **Run** computes the missing points.",
            icon=":material/hourglass_empty:",
        )
        return
    axis = charts.Axis(record.lambdas, record.budgets)
    line = _picked_line(axis, points)
    together = _together(axis, line)
    if together:
        linked.show(record, ref, line)
    if sentences := sweep_reading(line):
        blocks.summary(map(text.escape, sentences), title=f"Summary: {axis.fixed(line[0])}")
    _summary(record, points)
    parts = {
        "Stability": lambda: _stability(axis, line),
        "Trade-off": lambda: sweep_details.pareto(record, ref, line),
        "POO and its terms": lambda: _objective(record, ref, axis, points, line),
        "Popularity": lambda: sweep_details.popularity(ref, axis, line),
        "Points and export": lambda: _listed(record, ref, points),
    }
    blocks.tabs(parts, key="sweep_tab", default="Stability" if together else "POO and its terms")


def _stability(axis: Axis, line: Points) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        sweep_details.overlap(axis, line)
    if _together(axis, line):
        with right:
            linked.membership(line)


def _listed(record: SweepRecord, ref: DatasetRef, points: Points) -> None:
    sweep_files.table(ref, points)
    sweep_files.export(record, ref, points)


def _together(axis: Axis, line: Points) -> bool:
    """Whether there are several values of λ, which stand on one axis then."""
    return axis.along_lambda and line[0] is not line[-1]


def _summary(record: SweepRecord, points: Points) -> None:
    gaps = [point.gap for point in points if point.gap is not None]
    different = len({frozenset(point.indices.tolist()) for point in points})
    gap_help = f"{proof.GAP_HELP}\n\nThe largest value over all points."
    blocks.metrics(
        {
            "Points": (f"{len(points)} of {len(record.points)}", _POINTS_HELP),
            "Largest proven gap": (proof.share(max(gaps)) if gaps else "–", gap_help),
            "Different coresets": (str(different), _DIFFERENT_HELP),
            "Solver time": (text.duration(sum(point.seconds for point in points)), _TIME_HELP),
        }
    )


def _picked_line(axis: Axis, points: Points) -> Points:
    """The points that the detailed charts show: of one budget, or of the only λ."""
    if not axis.along_lambda:
        return tuple(axis.lines(points)[0][1])
    there = sorted({point.budget for point in points})
    more = {"label": "Budget in detail", "default": 0, "help": _BUDGET_HELP}
    budget = widgets.budget_choice(there, key="sweep_budget", **more)
    return tuple(sorted((point for point in points if point.budget == budget), key=lambda point: point.lambda_))


def _objective(record: SweepRecord, ref: DatasetRef, axis: Axis, points: Points, line: Points) -> None:
    bands = _bands(record, ref, axis, line)
    notes = _notes(axis, line)
    shown: dict[Value, tuple[str, str]] = {
        "poo": ("POO", blocks.POO_HELP),
        "transport_term": ("Transport term", blocks.TRANSPORT_HELP),
        "gradient_term": ("Gradient term", blocks.GRADIENT_HELP),
    }
    cells = [cell for _ in range(2) for cell in st.columns(2, gap="medium")]
    for (value, (title, help_)), cell in zip(shown.items(), (cells[0], cells[2], cells[3]), strict=True):
        values = [getattr(point, value) for point in line]
        with cell:
            st.markdown(f"**{title}**", help=help_)
            blocks.chart(
                charts.terms(points, axis, value, random=bands.get(value)),
                key=f"sweep_{value}",
                alt=f"{title} against {axis.title}, one line per {'budget' if axis.along_lambda else 'λ'}; for "
                f"{axis.fixed(line[0])} from {values[0]:.4f} to {values[-1]:.4f}.",
                table=_wide(axis, points, value),
                note=notes[value],
            )
    with cells[1]:
        _gaps(record, axis, points)


def _notes(axis: Axis, line: Points) -> dict[Value, str]:
    """How to read each chart, in a sentence."""
    if axis.along_lambda:
        return {
            "poo": "POO is the transport term minus λ times the gradient term and therefore decreases with λ. Compare "
            "budgets at the same λ, or with the random band.",
            "transport_term": "Cost of λ: where this line rises above its level at λ 0, coverage is "
            "exchanged for large gradient norms.",
            "gradient_term": "Benefit of λ: the mean gradient norm of the selected samples increases with λ "
            "up to the largest norms in the pool.",
        }
    return {
        "poo": "Larger coresets cover better, including random ones. The relevant quantity is the distance to the "
        "random band.",
        "transport_term": "Benefit of more samples: the line decreases as long as they improve coverage.",
        "gradient_term": "At λ 0 the gradient term does not affect the selection; it is shown for comparison."
        if line[0].lambda_ == 0
        else "With more samples the mean gradient norm approaches that of the pool.",
    }


def _gaps(record: SweepRecord, axis: Axis, points: Points) -> None:
    proven = [point for point in points if point.gap is not None]
    st.markdown("**Proven gap**", help=proof.GAP_HELP)
    if not proven:
        st.caption("No lower bound was computed for these points.")
        return
    asked = float(record.config.get("gap") or 0) or None
    largest = max(point.gap or 0.0 for point in proven)
    blocks.chart(
        charts.gaps(points, axis, asked=asked),
        key="sweep_gaps",
        alt=f"Proven gap of each point on a logarithmic axis; the largest is {proof.share(largest)}.",
        table=_wide(axis, points, "gap"),
        note="The largest possible improvement by another coreset of the same size and λ. Smaller differences between "
        "points may be due to the solver instead of λ. A gap of 0 is drawn at 0.0001 %.",
    )


def _bands(record: SweepRecord, ref: DatasetRef, axis: Axis, line: Points) -> dict[Value, Band]:
    """Range of random coresets for POO and its terms; empty where it would take long."""
    if axis.along_lambda:
        grid = [(line[0].budget, lambda_) for lambda_ in axis.lambdas]
        name = f"Random, k {line[0].budget:,} ({cache.RANDOM_DRAWS})"
    else:
        grid = [(budget, axis.lambdas[0]) for budget in axis.budgets]
        name = f"Random coresets ({cache.RANDOM_DRAWS})"
    drawn = {budget: sweep_data.random_terms(record, ref, budget) for budget in {budget for budget, _ in grid}}
    if all(terms is None for terms in drawn.values()):
        return {}
    ends: dict[Value, np.ndarray] = {
        value: np.full((2, len(grid)), np.nan) for value in ("poo", "transport_term", "gradient_term")
    }
    for place, (budget, lambda_) in enumerate(grid):
        terms = drawn[budget]
        if terms is None:
            continue
        transport, gradient = terms
        values = {"poo": transport - lambda_ * gradient, "transport_term": transport, "gradient_term": gradient}
        for value, found in ends.items():
            found[:, place] = values[value].min(), values[value].max()
    return {value: charts.Band(name, found[0], found[1]) for value, found in ends.items()}


def _wide(axis: Axis, points: Points, value: str) -> pd.DataFrame:
    """One row per value of the axis, one column per line of the chart."""
    lines = axis.lines(points)
    columns = {name: {axis.label(point): getattr(point, value) for point in line} for name, line in lines}
    table = pd.DataFrame(columns, index=pd.Index(axis.labels, name="λ" if axis.along_lambda else "k"))
    return table.dropna(how="all").reset_index()
