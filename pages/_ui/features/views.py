"""What features look like: where they came from, how the norms are spread, who is near whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.features.options import SMALL_MODEL, TITLES_MODEL
from pages._ui import blocks, text

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.features.value import Features

NUM_NEIGHBOURS = 8

_MADE_HERE = {
    SMALL_MODEL: "the small model trained on this catalogue",
    TITLES_MODEL: "the small model trained on this catalogue's titles alone",
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
        st.markdown(
            f"**Copied**, not recomputed: from {text.escape(str(taken['from']))} {taken['pool']} of the pool, and "
            f"{f'from {text.escape(str(other))} ' if other else ''}{taken['validation']} of the validation."
        )
    lines = [f"Features {text.short_fingerprint(features.fingerprint)}"]
    seconds = sum(meta.get("seconds", {}).values())
    if seconds:
        lines.append(f"computed in {text.duration(seconds)}")
    versions = meta.get("versions") or {}
    lines += [f"{text.escape(str(name))} {text.escape(str(version))}" for name, version in list(versions.items())[:6]]
    blocks.provenance(" · ".join(lines))


def norms(features: Features) -> None:
    """How the gradient norms are spread over the pool."""
    from goracs_core.charts import features as charts

    st.subheader("Gradient norms", anchor=False, help=blocks.GRADIENT_HELP)
    if features.gradient_norms is None:
        st.markdown("These features have no gradient norms, so only selection by transport (λ = 0) is available.")
        return
    values = features.gradient_norms.values
    levels = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    quantiles = np.quantile(values, levels)
    blocks.chart(
        charts.gradient_norms(values), key="gradient_norms",
        alt=
            f"Gradient norms of the pool range from {values.min():.3g} to {values.max():.3g}, median "
            f"{quantiles[3]:.3g}.",
        table=pd.DataFrame({"Quantile": levels, "Gradient norm": quantiles}),
        note=
            f"{values.min():.3g} to {values.max():.3g}, median {quantiles[3]:.3g}. POO uses norms relative to the "
            "largest.",
    )  # fmt: skip


def neighbours(dataset: Dataset, features: Features) -> None:
    """The nearest pool samples of a chosen one: do near samples mean near things?"""
    from goracs_core.features.neighbours import nearest_neighbours

    st.subheader("Nearest neighbors", anchor=False)
    st.markdown("Plausibility check: samples that are close in the embedding space should have similar texts.")
    row = int(st.number_input(f"Pool sample, 0 to {len(features.pool) - 1:,}", 0, len(features.pool) - 1, 0,
                              key="neighbour_row", persist_state="session"))  # fmt: skip
    found = nearest_neighbours(features.pool, row, NUM_NEIGHBOURS)
    rows = [row, *found.rows]
    table = pd.DataFrame({
        "Distance": [0.0, *found.distances],
        "Target": [dataset.items.titles[int(dataset.pool.targets[i])] for i in rows],
        "Most recent history": [_history(dataset, int(i)) for i in rows],
        "Pool row": rows,
    })  # fmt: skip
    st.dataframe(
        table, hide_index=True, key="neighbours", alt=f"Pool sample {row} and its {NUM_NEIGHBOURS} nearest neighbors",
        column_config={
            "Distance": st.column_config.NumberColumn(
                format="%.4f", help="Euclidean, in the embedding space (not on a 2-D map)"),
            "Target": st.column_config.TextColumn(width="medium"),
            "Most recent history": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    st.caption("The first row is the sample itself.")


def _history(dataset: Dataset, row: int) -> str:
    titles = [dataset.items.titles[int(item)] for item in dataset.pool.histories[row]]
    return " · ".join(reversed(titles[-3:]))
