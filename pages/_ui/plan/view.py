"""What the Transport plan page shows: samples and clustered plan side by side, then a block and one sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import plan as charts
from goracs_core.evaluation.coverage import entry_costs
from goracs_core.jobs.select.run import Run
from goracs_core.transport.plan import Flow, aggregate, between, partners_of_column, partners_of_row
from pages._ui import blocks, clusters, columns, guard, sample_card, samples, selection, text, widgets
from pages._ui.samples import View
from pages._ui.widgets import KEPT, LINKED

if TYPE_CHECKING:
    from goracs_core.evaluation.clusters import Clusters
    from goracs_core.types import FloatArray, IndexArray

WORST = 50
BLOCK_ROWS = 200
_ROW = 35  # pixels
CELLS = "plan_cells"  # the clicked cell of the overview, until a row is selected
_EPOCH = "plan_epoch"  # a table with another key forgets its selected row
_COVERED, _PRICE = "Worst covered", "Highest price"
_FIND_HELP = "In the coreset and the validation samples: which selected samples are matched to it, or why it is one."
_LIST_HELP = (
    "**Worst covered**: largest mean distance to the selected samples that it is matched to, in the plan of this "
    "coreset.  \n**Highest price**: expensive to cover for any coreset of this size, according to the prices that "
    "prove the lower bound."
)
_CLUSTERS_HELP = (
    "k-means of the embeddings of pool and validation together, ordered by similarity and named by typical words. The "
    "frame marks the block that is listed below."
)
_ORDER = ("Mean distance", "Title", "Matched to", "Partners", "Price", "Popularity", "Category", "Id")
_COLUMNS = samples.COLUMNS | {
    "Mean distance": columns.number("Distance", format="%.3f", width=78, help=glossary.tooltip("mean_distance")),
    "Title": columns.words("Title", width=265, help="Target item of the sample"),
    "Matched to": columns.words("Matched to", width=265, help="The sample that it exchanges most mass with"),
    "Price": columns.number("Price", format="%.3f", width=70, help=samples.PRICE_HELP),
}
_FLOW_COLUMNS = {
    "Share of mass": columns.number("Mass", format="percent", width=70, help=glossary.tooltip("mass")),
    "Distance": columns.number("Distance", format="%.3f", width=78, help=glossary.tooltip("distance")),
    "Validation sample": columns.words(width=230),
    "Coreset sample": columns.words(width=230),
    "Price": columns.number("Price", format="%.3f", width=70, help=samples.PRICE_HELP),
}


@st.fragment
@guard.guarded
def show(seen: View, run: Run) -> None:
    """The whole page: what is selected in the list or in the overview decides on block and card."""
    figures(seen, run)
    with st.container(key="plan_views"):
        left, right = st.columns([11, 9], gap="medium")
    with left:
        picked = _pick(seen, run)
    with right:
        more = {"default": clusters.DEFAULT, "help": _CLUSTERS_HELP, **LINKED}
        count = widgets.choice("Clusters (click a cell for its flows)", clusters.COUNTS, key="clusters", **more)
        grouped = clusters.clusters(seen, count)
        mass = _mass(run, grouped)
        clicked = _clicked(mass)
        cell = clicked or (None if picked is None else _cell(seen, run, grouped, picked))
        overview(mass, grouped, cell)
    left, right = st.columns([1, 1], gap="medium")
    with right:
        if cell is not None:
            of_block = block(seen, run, grouped, cell)
            picked = of_block if clicked else picked
    with left, st.container(border=True):
        if picked is not None:
            sample_card.show(seen, picked, key="plan_card")


def figures(seen: View, run: Run) -> None:
    """The plan in one line."""
    plan, scale = run.selection.plan, seen.distance_scale
    costs = entry_costs(plan, plan.rows, plan.columns) * scale
    worst = float(samples.coverage(run).column_costs.max() * scale)
    definitions = (glossary.tooltip(name) for name in ("mean_distance", "worst_covered", "transport", "partners"))
    st.markdown(
        f"**Mean distance {np.average(costs, weights=plan.mass):.4f}**, worst covered sample {worst:.4f} · transport "
        f"term {run.selection.transport_term:.5f} · {len(plan.mass):,} flows",
        help="\n\n".join(definitions),
    )


def _mass(run: Run, grouped: Clusters) -> FloatArray:
    """Mass from coreset clusters to validation clusters; shape [clusters, clusters]."""
    mass = np.zeros((len(grouped), len(grouped)))
    small = aggregate(run.selection.plan, grouped.pool[run.selection.indices], grouped.validation)
    mass[: small.shape[0], : small.shape[1]] = small
    return mass


def overview(mass: FloatArray, grouped: Clusters, cell: tuple[int, int] | None) -> None:
    """The clustered heat map with the block in a frame; a click on a cell shows another block."""
    key = f"plan_overview_{len(grouped)}"
    rows, places = np.nonzero(mass)
    table = pd.DataFrame(
        {
            "Coreset cluster": [grouped.names[row] for row in rows],
            "Validation cluster": [grouped.names[column] for column in places],
            "Share of mass": (mass[rows, places] / mass.sum()).round(6),
        }
    )
    blocks.chart(
        charts.overview(mass, grouped.names, marked=cell),
        key=key,
        alt=f"Mass from {len(grouped)} coreset clusters to the same number of validation clusters; "
        f"{100 * np.trace(mass) / mass.sum():.0f} % stays within its cluster.",
        table=table.sort_values("Share of mass", ascending=False),
        compact=True,
        on_select=_keep_cell(key),
        selection_mode=("points",),
    )


def _keep_cell(key: str) -> Callable[[], None]:
    def keep() -> None:
        found = selection.ids(st.session_state.get(key))
        if found:  # a second click on a cell takes the chart's own selection away, not the block
            st.session_state[CELLS] = found[:1]
            st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1

    return keep


def _forget_cell() -> None:
    st.session_state[CELLS] = []


def _clicked(mass: FloatArray) -> tuple[int, int] | None:
    """The clicked cell; None where none was clicked since a row was selected, or it was one of another overview."""
    found = st.session_state.get(CELLS) or []
    if not found:
        return None
    row, column = divmod(int(found[0]), len(mass))
    return (row, column) if row < len(mass) and mass[row, column] > 0 else None


def _cell(seen: View, run: Run, grouped: Clusters, sample: int) -> tuple[int, int] | None:
    """The cell with the heaviest flow of a sample."""
    flow = _flow(seen, run, sample)
    if flow is None:
        return None
    row, column = run.selection.indices[flow.rows[0]], flow.columns[0]
    return int(grouped.pool[row]), int(grouped.validation[column])


def _flow(seen: View, run: Run, sample: int) -> Flow | None:
    """The flows of a sample, heaviest first; None for pool samples that are not selected."""
    if sample >= seen.num_pool:
        return partners_of_column(run.selection.plan, sample - seen.num_pool)
    position = seen.position(sample)
    return None if position is None else partners_of_row(run.selection.plan, position)


def block(seen: View, run: Run, grouped: Clusters, cell: tuple[int, int]) -> int:
    """The flows of one cell; the validation sample of the selected flow, at first the one at the largest distance."""
    plan, (row, column) = run.selection.plan, cell
    flow = between(plan, grouped.pool[run.selection.indices] == row, grouped.validation == column)
    distances = entry_costs(plan, flow.rows, flow.columns) * seen.distance_scale
    order = np.argsort(-distances, kind="stable")[:BLOCK_ROWS]
    sides = [text.escape(grouped.names[place]) for place in cell]
    st.markdown(f"**{sides[0]}** matched to **{sides[1]}**", help=grouped.note)
    share = f"{100 * flow.share:.2f} % of the mass"
    listed = "" if len(order) == len(flow.mass) else f"; the {len(order):,} at the largest distances are listed"
    st.caption(f"{len(flow.mass):,} flow{'s' if len(flow.mass) != 1 else ''}, {share}{listed}")
    table = flow_table(seen, run, flow, order)
    key = f"block_flows_{len(grouped)}_{row}_{column}"
    more = {"on_select": "rerun", "selection_mode": "single-row", "height": min(_ROW * (len(order) + 1) + 3, 430)}
    event = widgets.table(table, key=key, alt="Flows of the block", columns=_FLOW_COLUMNS, **more)
    picked = selection.picked_row(event)
    return seen.num_pool + int(flow.columns[order[picked if picked is not None and picked < len(order) else 0]])


def flow_table(seen: View, run: Run, flow: Flow, order: IndexArray) -> pd.DataFrame:
    """Flows with both ends' titles, true distance and share of the mass."""
    plan = run.selection.plan
    rows, places = flow.rows[order], flow.columns[order]
    table = pd.DataFrame(
        {
            "Distance": (entry_costs(plan, rows, places) * seen.distance_scale).round(4),
            "Validation sample": [seen.title(int(place) + seen.num_pool) for place in places],
            "Coreset sample": [seen.title(int(row)) for row in run.selection.indices[rows]],
            "Share of mass": (flow.mass[order] / plan.mass.sum()).round(6),
        }
    )
    if seen.prices is not None:
        table["Price"] = seen.prices[places].round(4)
    return table


def _pick(seen: View, run: Run) -> int | None:
    """Search, and below it the worst covered samples; the sample that is shown in detail."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        listed = _standing_out(seen, run)
        query = widgets.line("Find a sample", key="find", placeholder="Title or sample id", help=_FIND_HELP, **LINKED)
    if query:
        hits, _ = samples.find(seen, query, limit=10_000)
        takes_part = samples.chosen_mask(seen)
        takes_part[seen.num_pool :] = True
        listed = hits[takes_part[hits]]
    if not len(listed):
        st.info("No coreset or validation sample matches.", icon=":material/search_off:")
        return None
    shown = listed[: samples.FOUND_LIMIT]
    table = samples.table(seen, shown)
    table["Matched to"] = [_matched(seen, run, int(sample)) for sample in shown]
    key = f"plan_table_{hash((query.casefold(), shown.tobytes()))}_{st.session_state.get(_EPOCH, 0)}"
    order = ("Part", *_ORDER) if query else _ORDER  # what is found is of both sides
    more = {"total": len(listed), "height": 390, "column_order": order, "columns": _COLUMNS, "where": "below"}
    return samples.pick(table, shown, key=key, alt="Samples of the plan", on_select=_forget_cell, **more)


def _matched(seen: View, run: Run, sample: int) -> str:
    """Title of the heaviest partner."""
    flow = _flow(seen, run, sample)
    assert flow is not None  # only samples of the plan are listed
    if sample < seen.num_pool:
        return seen.title(seen.num_pool + int(flow.columns[0]))
    return seen.title(int(run.selection.indices[flow.rows[0]]))


def _standing_out(seen: View, run: Run) -> IndexArray:
    """The validation samples that are covered worst, or that have the highest prices, as chosen."""
    by = _COVERED
    if seen.prices is not None:
        by = widgets.choice("Validation samples", [_COVERED, _PRICE], key="plan_list", help=_LIST_HELP, **KEPT)
    if seen.prices is None or by == _COVERED:
        worst = samples.coverage(run).worst_columns(WORST)
    else:
        worst = np.argsort(-seen.prices, kind="stable")[:WORST]
    return worst + seen.num_pool
