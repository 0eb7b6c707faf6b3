"""What the Popularity page shows: the cached report, its numbers as tables, and their definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import popularity as charts
from goracs_core.evaluation.popularity import popularity_report
from goracs_core.evaluation.popularity_scale import CLASS_NAMES
from pages._ui import blocks, cache, second_run
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.evaluation.popularity import PopularityMeasures, PopularityReport
    from goracs_core.jobs.select.run import Run
    from goracs_core.types import IndexArray

DRAWS = 200

# name: (label, definition, number format)
MEASURES = {
    name: (glossary.term(name).name, glossary.tooltip(name), shape)
    for name, shape in {
        "arp": ",.1f",
        "head_share": ".1%",
        "tail_share": ".1%",
        "coverage": ".1%",
        "gini": ".4f",
        "js_validation": ".4f",
        "js_pool": ".4f",
        "category_js": ".4f",
    }.items()
}
PLACES = {-1: "below random", 0: "within random", 1: "above random"}


def report(ref: DatasetRef, run: Run, second: Run | None) -> PopularityReport:
    """The report of one or two runs."""
    runs = second_run.names(run, second)
    return report_of(ref, {name: (one.fingerprint, one.selection.indices) for name, one in runs.items()})


def report_of(ref: DatasetRef, coresets: Mapping[str, tuple[str, IndexArray]]) -> PopularityReport:
    """The report of some coresets; cached.

    Args:
        ref: The dataset.
        coresets: Fingerprint and pool rows of each coreset by name.
    """
    keys = tuple((name, fingerprint) for name, (fingerprint, _) in coresets.items())
    return _report(ref.fingerprint, keys, DRAWS, ref, {name: rows for name, (_, rows) in coresets.items()})


@st.cache_resource(max_entries=32, show_spinner="Drawing random coresets for comparison …")
def _report(fingerprint: str, keys: tuple, draws: int, _ref: DatasetRef, _rows: dict) -> PopularityReport:
    dataset = cache.dataset(_ref)
    return popularity_report(
        dataset.items.popularity,
        {name: dataset.pool.targets[rows] for name, rows in _rows.items()},
        pool=dataset.pool.targets,
        validation=dataset.validation.targets,
        categories=dataset.items.categories,
        draws=draws,
    )


def cards(found: PopularityReport, name: str) -> None:
    """The scalar measures of one coreset, each compared with random coresets."""
    measures, reference = found.coresets[name], found.random_for(name)
    entries = [entry for entry in MEASURES.items() if entry[0] != "category_js" or found.scale.categories]
    for row in (entries[:4], entries[4:]):
        for column, (measure, (label, definition, shape)) in zip(st.columns(4), row, strict=False):
            low, high = getattr(reference.low, measure), getattr(reference.high, measure)
            place = reference.place(measures, measure)
            arrow: Any = {-1: "down", 0: "off", 1: "up"}[place]
            interval = f"{low:{shape}} to {high:{shape}} ({reference.level:.0%} of {reference.draws} draws)"
            help_ = f"{definition}\n\nRandom coresets of the same size: {interval}."
            more = {"delta_color": "off", "delta_arrow": arrow, "help": help_, "border": True}
            column.metric(label, format(getattr(measures, measure), shape), PLACES[place], **more)


def scalar_table(found: PopularityReport) -> pd.DataFrame:
    """Every scalar measure of every group, random interval included."""
    rows = []
    for measure, (label, _, shape) in MEASURES.items():
        values = {group: format(getattr(one, measure), shape) for group, one in _groups(found).items()}
        rows.append({"Measure": label, **values})
    return pd.DataFrame(rows)


def array_table(found: PopularityReport, measure: str, first: str, labels: tuple[str, ...]) -> pd.DataFrame:
    """One array measure of every group: a row per label."""
    columns = {group: getattr(measures, measure)[: len(labels)].round(5) for group, measures in _groups(found).items()}
    return pd.DataFrame({first: list(labels), **columns})


def _groups(found: PopularityReport) -> dict[str, PopularityMeasures]:
    groups = {"Pool": found.pool, "Validation": found.validation, **found.coresets}
    for size, reference in found.random.items():
        groups[f"Random {size:,}, low"] = reference.low
        groups[f"Random {size:,}, mean"] = reference.mean
        groups[f"Random {size:,}, high"] = reference.high
    return groups


def details(found: PopularityReport, name: str) -> None:
    """Classes, deciles, the catalogue and categories of one coreset; where the random reference comes from."""
    parts = {
        "Head, mid, tail": lambda: _classes(found, name),
        "Catalogue and categories": lambda: _catalogue(found, name),
    }
    blocks.tabs(parts, key="popularity_tab")
    reference = found.random_for(name)
    blocks.provenance(
        f"Random reference: {reference.draws} coresets of the same size drawn from the pool without replacement, seed "
        f"{reference.seed}, {reference.level:.0%} percentile interval."
    )


def _classes(found: PopularityReport, name: str) -> None:
    scale, first = found.scale, found.coresets[name]
    shares, lifts = st.columns(2)
    with shares:
        st.markdown("**Head, mid, tail**")
        head, mid, tail = first.class_shares
        blocks.chart(
            charts.class_shares(found),
            key="class_shares",
            alt=f"Head {head:.0%}, mid {mid:.0%}, tail {tail:.0%} of the coreset's samples, compared with pool, "
            "validation and random coresets.",
            table=array_table(found, "class_shares", "Class", CLASS_NAMES),
            note="Head and tail: the most and the least popular items with about 20 % of all interactions each.",
        )
    with lifts:
        st.markdown("**Lift per popularity decile**")
        blocks.chart(
            charts.lift(found),
            key="lift",
            alt="Share of each popularity decile of the pool in the coreset, relative to its share in the pool; from "
            f"{first.lift.min():.2f} to {first.lift.max():.2f}.",
            table=array_table(found, "lift", "Interactions", scale.decile_labels),
            note="Each decile contains about 10 % of the pool samples; samples of equal popularity are not separated. "
            "1 is neutral.",
        )


def _catalogue(found: PopularityReport, name: str) -> None:
    scale, reference, first = found.scale, found.random_for(name), found.coresets[name]
    spread, by_category = st.columns(2)
    with spread:
        st.markdown("**Distribution over the catalogue**")
        points = tuple(f"{point}%" for point in range(101))
        blocks.chart(
            charts.lorenz(found),
            key="lorenz",
            alt=f"Lorenz curves of samples over catalogue items; the coreset's Gini is {first.gini:.3f}, random "
            f"coresets {reference.low.gini:.3f} to {reference.high.gini:.3f}.",
            table=array_table(found, "lorenz", "Catalogue", points),
            note="Any small set leaves most items unused: compare the coreset with the band, not with the pool.",
        )
    with by_category:
        st.markdown("**By category**")
        if scale.categories:
            blocks.chart(
                charts.categories(found),
                key="categories",
                alt="Share of samples per category for pool, validation and coreset, with the random interval.",
                table=array_table(found, "category_shares", "Category", scale.categories),
                note=f"Divergence from the categories of the validation samples: {first.category_js:.4f} bit; random "
                f"{reference.low.category_js:.4f} to {reference.high.category_js:.4f}.",
            )
        else:
            st.info("This dataset has no categories.", icon=":material/category:")
