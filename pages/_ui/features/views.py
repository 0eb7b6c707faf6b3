"""The features of a dataset: whether they are plausible, their origin, the gradient norms, nearest neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import features as charts
from goracs_core.data.precomputed import PRECOMPUTED
from goracs_core.evaluation.standing import percent
from goracs_core.features.neighbours import Agreement, nearest_neighbours, neighbour_agreement
from goracs_core.features.options import SMALL_MODEL, TITLES_MODEL
from pages._ui import blocks, columns, samples, text, widgets
from pages._ui.samples import View
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.features.value import Features
    from goracs_core.types import IndexArray

NUM_NEIGHBOURS = 8
_ROW, _FOUND, _FIND = "neighbour_row", "neighbour_found", "neighbour_find"

_AGREEMENT_HELP = (
    "Share of pool samples whose nearest other pool sample, by distance in the embedding space, has a target item of "
    "the same category; by chance: the same for a random other sample. Up to 500 evenly spread samples."
)
_COLUMNS = {
    "Distance": columns.number(format="%.4f", help=glossary.tooltip("distance")),
    "Title": columns.TITLE,
    "Most recent history": columns.words(width="medium"),
    "Pool row": columns.POOL_ROW,
}
_MADE = {
    PRECOMPUTED: "uploaded",
    SMALL_MODEL: "the small model trained on this catalogue",
    TITLES_MODEL: "the small model trained on the titles of this catalogue",
}


def verdict(seen: View) -> None:
    """Whether the embeddings see what the samples are about, and how far the gradient norms reach."""
    found = _agreement(seen.ref.fingerprint, seen.features.fingerprint, seen.dataset, seen.features)
    if found is None:
        first = "No item has a category: check by eye whether the nearest neighbors below have similar titles."
    else:
        share = f"The nearest neighbor of a sample is of the same category in {percent(found.share)} of cases"
        clear = "" if found.clear else ": these embeddings do not separate the categories"
        first = f"{share}, by chance in {percent(found.chance)}{clear}."
    st.subheader(first, anchor=False, help=_AGREEMENT_HELP)
    norms = seen.norms
    if norms is None:
        st.markdown("No gradient norms: only selection by transport (λ = 0) is available.")
    else:
        median = float(np.median(norms))
        ratio = f", {norms.max() / median:.2g} times the median" if median > 0 else ""
        st.markdown(
            f"Gradient norms: median {median:.3g}, largest {norms.max():.3g}{ratio}. POO uses them relative to the "
            "largest.",
            help=glossary.tooltip("gradient_norm"),
        )


@st.cache_resource(max_entries=16, show_spinner=False)
def _agreement(fingerprint: str, features_fingerprint: str, _dataset: Dataset, _features: Features) -> Agreement | None:
    names = np.array(_dataset.items.categories)
    groups = np.unique(names, return_inverse=True)[1].reshape(-1)
    groups = np.where(names == "", -1, groups)  # [v]
    return neighbour_agreement(_features.pool, groups[_dataset.pool.targets])


def origin(features: Features) -> None:
    """Encoder, model and sizes."""
    norms = features.gradient_norms
    encoder = _MADE.get(features.pool.encoder) or text.escape(features.pool.encoder)
    st.markdown(f"**Embeddings**: {features.pool.values.shape[1]:,}-d, {encoder}.")
    if norms is not None:
        model = _MADE.get(norms.model) or text.escape(norms.model)
        loss = "" if norms.loss == PRECOMPUTED else f"; loss: {text.escape(norms.loss)}"
        st.markdown(f"**Gradient norms**: {model}{loss}.")
    meta = features.meta
    if taken := meta.get("taken"):
        other = taken.get("validation_from")
        source = f" (from {text.escape(str(other))})" if other else ""
        st.markdown(
            f"**Copied** from {text.escape(str(taken['from']))}, not recomputed: {taken['pool']} of the pool, "
            f"{taken['validation']} of the validation set{source}."
        )
    lines = [f"Features {text.short_fingerprint(features.fingerprint)}"]
    seconds = sum(meta.get("seconds", {}).values())
    if seconds:
        lines.append(f"computed in {text.duration(seconds)}")
    versions = meta.get("versions") or {}
    lines += [f"{text.escape(str(name))} {text.escape(str(version))}" for name, version in list(versions.items())[:6]]
    blocks.provenance(" · ".join(lines))


def norms(seen: View) -> None:
    """The distribution of the gradient norms over the pool and the open coreset; nothing where there are none."""
    values = seen.norms
    if values is None:
        return
    chosen = None if seen.run is None else seen.run.selection.indices
    levels = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    table = {"Quantile": levels, "Pool": np.quantile(values, levels)}
    if chosen is not None:
        table["Coreset"] = np.quantile(values[chosen], levels)
    spread = f"{values.min():.3g} to {values.max():.3g}, median {np.median(values):.3g}"
    blocks.chart(
        charts.gradient_norms(values, chosen),
        key="gradient_norms",
        alt=f"Gradient norms of the pool: {spread}."
        + ("" if chosen is None else f" Median of the open coreset: {np.median(values[chosen]):.3g}."),
        table=pd.DataFrame(table),
        compact=True,
    )


def neighbours(seen: View) -> None:
    """The nearest pool samples of one that is found by title, id or row, as a plausibility check."""
    st.markdown("**Nearest neighbors of a sample**", help="Close samples should have similar texts.")
    row = _picked(seen)
    found = nearest_neighbours(seen.features.pool, row, NUM_NEIGHBOURS)
    rows = [row, *found.rows]
    shown = {
        "Distance": [0.0, *found.distances],
        "Title": [seen.title(int(one)) for one in rows],
        "Most recent history": [_history(seen.dataset, int(one)) for one in rows],
        "Pool row": rows,
    }
    alt = f"Pool sample {row} and its {NUM_NEIGHBOURS} nearest neighbors"
    widgets.table(pd.DataFrame(shown), key="neighbours", alt=alt, columns=_COLUMNS)
    st.caption("The first row is the sample itself.")


def _picked(seen: View) -> int:
    """A search by title or id, its hits, and the row; a search shows its first hit."""

    def go_to_first() -> None:
        hits = _hits(seen, str(st.session_state[_FIND]))
        if len(hits):
            st.session_state[_ROW] = int(hits[0])

    def go_to_chosen() -> None:
        if st.session_state[_FOUND] is not None:
            st.session_state[_ROW] = int(st.session_state[_FOUND])

    left, middle, right = st.columns([3, 4, 2], vertical_alignment="bottom")
    more = {"place": left, "placeholder": "Title or sample id", "on_change": go_to_first, **KEPT}
    query = widgets.line("Find a sample", key=_FIND, **more)
    hits = _hits(seen, query).tolist()
    last = seen.num_pool - 1
    row = widgets.whole(f"Pool row, 0 to {last:,}", 0, last, 0, key=_ROW, place=right, **KEPT)
    st.session_state[_FOUND] = row if row in hits else None
    told = f"{len(hits):,}{' or more' if len(hits) == samples.FOUND_LIMIT else ''} found" if query else "All samples"
    middle.selectbox(
        told,
        hits,
        index=None,
        key=_FOUND,
        format_func=lambda one: f"{text.shorten(seen.title(int(one)), 60)} · row {one}",
        placeholder="No pool sample matches" if query else "Search on the left",
        disabled=not hits,
        on_change=go_to_chosen,
    )
    return row


def _hits(seen: View, query: str) -> IndexArray:
    """Pool rows that a search finds, at most as many as a list holds; pool samples come before validation samples."""
    found = samples.find(seen, query)[0]
    return found[found < seen.num_pool]


def _history(dataset: Dataset, row: int) -> str:
    titles = [dataset.items.titles[int(item)] for item in dataset.pool.histories[row]]
    return " · ".join(reversed(titles[-3:]))
