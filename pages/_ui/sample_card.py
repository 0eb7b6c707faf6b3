"""One sample in detail: its text, its partners in the transport plan, its neighbors in the embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts import plan as charts
from goracs_core.evaluation.coverage import entry_costs, nearest_other
from goracs_core.features.neighbours import nearest_neighbours
from goracs_core.transport.plan import Flow, partners_of_column, partners_of_row
from pages._ui import blocks, samples, text, widgets
from pages._ui.samples import View

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run
    from goracs_core.types import FloatArray

NEIGHBOURS = 8
PARTNERS = 12
_ORDER = ("Distance", "Part", "Title", "Category", "Popularity", "Gradient norm")


def show(seen: View, sample: int, *, key: str) -> None:
    """The card.

    Args:
        seen: Dataset, features and run.
        sample: Which one; see `pages._ui.samples`.
        key: Unique on the page.
    """
    rows, row = seen.part(sample)
    position = seen.position(sample)
    st.subheader(text.escape(text.shorten(seen.title(sample), 100)), anchor=False)
    _badges(seen, sample, position)
    with st.expander("As the language model reads it", icon=":material/article:"):
        st.text(rows.prompts[row])
        st.text(f"→ {rows.answers[row]}")
    if seen.run is not None:
        if position is not None:
            _why_chosen(seen, seen.run, position, key)
        elif sample >= seen.num_pool:
            _who_serves(seen, seen.run, row, key)
        else:
            st.caption("Not selected, so it is not part of the transport plan.")
    _neighbours(seen, sample, key)


def _badges(seen: View, sample: int, position: int | None) -> None:
    rows, row = seen.part(sample)
    target = int(rows.targets[row])
    items = seen.dataset.items
    with st.container(horizontal=True, gap="small"):
        if sample >= seen.num_pool:
            st.badge("validation", color="blue")
        elif position is not None:
            st.badge("coreset", color="orange")
        else:
            st.badge("pool, not selected", color="gray")
        if items.categories[target]:
            st.badge(text.escape(text.shorten(items.categories[target], 40)), color="gray")
        st.badge(f"{items.popularity[target]:,} interactions", color="gray", help="Popularity of the target item")
        norms = seen.norms
        if sample < seen.num_pool and norms is not None:
            rank = float((norms < norms[sample]).mean())
            st.badge(f"gradient norm {norms[sample]:.4g}", color="gray", help=f"Larger than {rank:.0%} of the pool")
        if sample >= seen.num_pool and seen.prices is not None:
            rank = float((seen.prices < seen.prices[row]).mean())
            dearer = f"Higher than {rank:.0%} of the validation samples. {samples.PRICE_HELP}"
            st.badge(f"price {seen.prices[row]:.4f}", color="gray", help=dearer)
        st.badge(f"id {text.escape(text.shorten(rows.ids[row], 40))}", color="gray")


def _why_chosen(seen: View, run: Run, position: int, key: str) -> None:
    selection = run.selection
    flow = partners_of_row(selection.plan, position)
    distances = entry_costs(selection.plan, flow.rows, flow.columns) * seen.distance_scale
    pool, validation = seen.features.pool, seen.features.validation
    others = nearest_other(pool, validation, selection.indices, position=position, columns=flow.columns)
    away = np.average(others, weights=flow.mass)
    without = f" Without it, their nearest other selected sample is at distance {away:.3f}."
    without = without if np.isfinite(away) else ""
    reward = ""
    if run.config.lambda_ > 0 and seen.norms is not None:
        norm = seen.norms[selection.indices[position]]
        taken = run.config.lambda_ * norm / float(run.metrics["gradient_scale"])
        reward = f" Its gradient norm reduces its cost by {taken:.4f} (λ g / max g)."
    st.markdown(
        f"**Why was this sample selected?** It is number {position + 1:,} of {len(selection):,} in the order of "
        f"selection and covers {len(flow.columns):,} validation samples at a mean distance of "
        f"{np.average(distances, weights=flow.mass):.3f}.{without}{reward}"
    )
    _partners(seen, flow, distances, [int(column) + seen.num_pool for column in flow.columns], key=key, served=False)


def _who_serves(seen: View, run: Run, column: int, key: str) -> None:
    plan = run.selection.plan
    flow = partners_of_column(plan, column)
    distances = entry_costs(plan, flow.rows, flow.columns) * seen.distance_scale
    costs = samples.coverage(run).column_costs
    better = float((costs < costs[column]).mean())
    st.markdown(
        f"**Which samples cover this validation sample?** {len(flow.rows):,} samples of the coreset, at a mean "
        f"distance of {np.average(distances, weights=flow.mass):.3f}; {better:.0%} of the validation samples are "
        "covered better."
    )
    _partners(seen, flow, distances, run.selection.indices[flow.rows].tolist(), key=key, served=True)


def _partners(seen: View, flow: Flow, distances: FloatArray, ids: list[int], *, key: str, served: bool) -> None:
    shares = flow.mass / flow.mass.sum()
    shown = slice(0, PARTNERS)
    table = samples.table(seen, ids).filter(["Part", "Title", "Popularity", "Row", "Id"])
    table.insert(1, "Share of mass", shares.round(4))
    table.insert(2, "Distance", distances.round(4))
    titles = [seen.title(i) for i in ids[shown]]
    prices = None if served or seen.prices is None else seen.prices[flow.columns[shown]]
    blocks.chart(
        charts.partners(titles, shares[shown], distances[shown], served=served, prices=prices),
        key=f"{key}_partners",
        alt=f"The {min(len(ids), PARTNERS)} largest partners with their share of the mass",
        table=table,
        note=f"{shares[shown].sum():.0%} of this sample's mass shown.",
    )


def _neighbours(seen: View, sample: int, key: str) -> None:
    of_pool = sample < seen.num_pool
    embeddings = seen.features.pool if of_pool else seen.features.validation
    offset = 0 if of_pool else seen.num_pool
    near = nearest_neighbours(embeddings, sample - offset, NEIGHBOURS)
    part = "pool" if of_pool else "validation"
    st.markdown(f"**Nearest {part} samples** by distance in the embedding space, not on the map")
    table = samples.table(seen, near.rows + offset)
    table.insert(0, "Distance", near.distances)
    alt = "The nearest samples by distance in the embedding space"
    widgets.table(table, key=f"{key}_neighbours", alt=alt, columns=samples.COLUMNS, column_order=_ORDER)
