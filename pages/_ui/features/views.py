"""The features of a dataset: their origin, the distribution of the norms, nearest neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import features as charts
from goracs_core.features.neighbours import nearest_neighbours
from goracs_core.features.options import SMALL_MODEL, TITLES_MODEL
from pages._ui import blocks, columns, text, widgets
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.features.value import Features

NUM_NEIGHBOURS = 8

_COLUMNS = {
    "Distance": columns.number(format="%.4f", help=glossary.tooltip("distance")),
    "Title": columns.TITLE,
    "Most recent history": columns.words(width="large"),
    "Pool row": columns.POOL_ROW,
}
_MADE_HERE = {
    SMALL_MODEL: "the small model trained on this catalogue",
    TITLES_MODEL: "the small model trained on the titles of this catalogue",
}


def origin(features: Features) -> None:
    """Encoder, model and sizes."""
    norms = features.gradient_norms
    encoder = text.escape(features.pool.encoder)
    st.markdown(f"**Embeddings**: {features.pool.values.shape[1]:,} dimensions, computed with **{encoder}**.")
    if norms is None:
        st.markdown("**Gradient norms**: none; only λ = 0 is available without them.")
    else:
        model = _MADE_HERE.get(norms.model) or text.escape(norms.model)
        st.markdown(f"**Gradient norms**: computed with **{model}**; loss: {text.escape(norms.loss)}.")
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


def norms(features: Features) -> None:
    """The distribution of the gradient norms over the pool."""
    st.subheader("Gradient norms", anchor=False, help=glossary.tooltip("gradient_norm"))
    if features.gradient_norms is None:
        st.markdown("These features have no gradient norms, so only selection by transport (λ = 0) is available.")
        return
    values = features.gradient_norms.values
    levels = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    quantiles = np.quantile(values, levels)
    spread = f"{values.min():.3g} to {values.max():.3g}, median {quantiles[3]:.3g}."
    blocks.chart(
        charts.gradient_norms(values),
        key="gradient_norms",
        alt=f"Gradient norms of the pool: {spread}",
        table=pd.DataFrame({"Quantile": levels, "Gradient norm": quantiles}),
        note=f"{spread} POO uses norms relative to the largest.",
    )


def neighbours(dataset: Dataset, features: Features) -> None:
    """The nearest pool samples of a chosen one, as a plausibility check."""
    st.subheader("Nearest neighbors", anchor=False)
    st.markdown("Plausibility check: samples that are close in the embedding space should have similar texts.")
    last = len(features.pool) - 1
    row = widgets.whole(f"Pool sample, 0 to {last:,}", 0, last, 0, key="neighbour_row", **KEPT)
    found = nearest_neighbours(features.pool, row, NUM_NEIGHBOURS)
    rows = [row, *found.rows]
    titles = [dataset.items.titles[int(dataset.pool.targets[i])] for i in rows]
    histories = [_history(dataset, int(i)) for i in rows]
    shown = {"Distance": [0.0, *found.distances], "Title": titles, "Most recent history": histories, "Pool row": rows}
    alt = f"Pool sample {row} and its {NUM_NEIGHBOURS} nearest neighbors"
    widgets.table(pd.DataFrame(shown), key="neighbours", alt=alt, columns=_COLUMNS)
    st.caption("The first row is the sample itself.")


def _history(dataset: Dataset, row: int) -> str:
    titles = [dataset.items.titles[int(item)] for item in dataset.pool.histories[row]]
    return " · ".join(reversed(titles[-3:]))
