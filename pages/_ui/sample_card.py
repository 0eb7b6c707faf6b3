"""One sample in detail: its text, its partners in the transport plan, its neighbors in the embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts import plan as charts
from goracs_core.evaluation.coverage import entry_costs
from goracs_core.features.neighbours import nearest_neighbours
from goracs_core.transport.plan import Flow, partners_of_column, partners_of_row
from pages._ui import alternatives, blocks, samples, text, widgets
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
        times = int(items.popularity[target])
        told = f"{times:,} interaction{'s' if times != 1 else ''}"
        st.badge(told, color="gray", help="Popularity of the target item")
        norms = seen.norms
        if sample < seen.num_pool and norms is not None:
            rank = float((norms < norms[sample]).mean())
            st.badge(
                f"gradient norm {norms[sample]:.4g}", color="gray", help=f"Larger than {100 * rank:.0f} % of the pool"
            )
        if sample >= seen.num_pool and seen.prices is not None:
            rank = float((seen.prices < seen.prices[row]).mean())
            dearer = f"Higher than {100 * rank:.0f} % of the validation samples. {samples.PRICE_HELP}"
            st.badge(f"price {seen.prices[row]:.4f}", color="gray", help=dearer)
        st.badge(f"id {text.escape(text.shorten(rows.ids[row], 40))}", color="gray")


def _why_chosen(seen: View, run: Run, position: int, key: str) -> None:
    selection = run.selection
    flow = partners_of_row(selection.plan, position)
    distances = entry_costs(selection.plan, flow.rows, flow.columns) * seen.distance_scale
    st.markdown(
        f"{_matched(len(flow.columns), 'validation')}, mean distance {np.average(distances, weights=flow.mass):.3f}; "
        f"number {position + 1:,} of {len(selection):,} in the order of selection."
    )
    alternatives.show(seen, run, position, key=key)
    _partners(seen, flow, distances, [int(column) + seen.num_pool for column in flow.columns], key=key, served=False)


def _who_serves(seen: View, run: Run, column: int, key: str) -> None:
    plan = run.selection.plan
    flow = partners_of_column(plan, column)
    distances = entry_costs(plan, flow.rows, flow.columns) * seen.distance_scale
    costs = samples.coverage(run).column_costs
    mean, place = np.average(distances, weights=flow.mass), int((costs > costs[column]).sum()) + 1
    st.markdown(f"{_matched(len(flow.rows), 'coreset')}, mean distance {mean:.3f} ({text.place(place, len(costs))}).")
    _partners(seen, flow, distances, run.selection.indices[flow.rows].tolist(), key=key, served=True)


def _matched(count: int, part: str) -> str:
    return f"**Matched to {count:,} {part} sample{'s' if count != 1 else ''}**"


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
        note="" if len(ids) <= PARTNERS else f"{100 * shares[shown].sum():.0f} % of this sample's mass shown.",
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
