"""What the Transport plan page shows: the overview, one block of it, the worst covered samples, one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import plan as charts
from goracs_core.evaluation.coverage import entry_costs
from goracs_core.jobs.select.run import Run
from goracs_core.transport.plan import aggregate
from pages._ui import blocks, clusters, guard, sample_card, samples, selection, text, widgets
from pages._ui.samples import View
from pages._ui.widgets import KEPT, LINKED

if TYPE_CHECKING:
    from goracs_core.types import IndexArray

WORST = 25
BLOCK_ROWS = 200
CELLS = "plan_cells"
FRAGMENT = "plan_details"
_COVERED, _PRICE = "Worst covered", "Highest price"
_MEAN_HELP = glossary.tooltip("mean_distance")
_WORST_HELP = glossary.tooltip("worst_covered")
_FIND_HELP = "In the coreset and the validation samples: which selected samples cover it, or why it was selected."
_LIST_HELP = (
    "**Worst covered**: largest mean distance to the selected samples that cover it, in the plan of this coreset.  \n"
    "**Highest price**: expensive to cover for any coreset of this size, according to the prices that prove the lower "
    "bound."
)
_ORDER = ("Mean distance", "Price", "Title", "Partners", "Part", "Popularity", "Category", "Id")


def figures(seen: View, run: Run) -> None:
    """The plan in four numbers."""
    plan, scale = run.selection.plan, seen.distance_scale
    costs = entry_costs(plan, plan.rows, plan.columns) * scale
    heaviest = np.argsort(-plan.mass)[: max(1, len(plan.mass) // 10)]
    worst = float(samples.coverage(run).column_costs.max() * scale)
    flows_help = (
        "Pairs that exchange mass; an exact plan has at most k + m − 1 of them. The largest tenth carries "
        f"{plan.mass[heaviest].sum() / plan.mass.sum():.0%} of the mass."
    )
    blocks.metrics(
        {
            "Transport term": (f"{run.selection.transport_term:.5f}", blocks.TRANSPORT_HELP),
            "Mean distance": (f"{float(np.average(costs, weights=plan.mass)):.4f}", _MEAN_HELP),
            "Worst covered": (f"{worst:.4f}", _WORST_HELP),
            "Flows": (f"{len(plan.mass):,}", flows_help),
        }
    )


def overview(seen: View, run: Run) -> None:
    """The clustered heat map; a click on a cell lists its flows below."""
    help_ = "Number of clusters into which the plan is grouped for the overview."
    count = widgets.choice("Clusters", clusters.COUNTS, key="clusters", default=clusters.DEFAULT, help=help_, **LINKED)
    grouped = clusters.clusters(seen, count)
    mass = np.zeros((len(grouped), len(grouped)))
    small = aggregate(run.selection.plan, grouped.pool[run.selection.indices], grouped.validation)
    mass[: small.shape[0], : small.shape[1]] = small
    key = f"plan_overview_{len(grouped)}_{st.session_state.get('plan_epoch', 0)}"
    rows, columns = np.nonzero(mass)
    table = pd.DataFrame(
        {
            "Coreset cluster": [grouped.names[row] for row in rows],
            "Validation cluster": [grouped.names[column] for column in columns],
            "Share of mass": (mass[rows, columns] / mass.sum()).round(6),
        }
    )
    blocks.chart(
        charts.overview(mass, grouped.names),
        key=key,
        alt=f"Mass from {len(grouped)} coreset clusters to the same number of validation clusters; "
        f"{np.trace(mass) / mass.sum():.0%} stays within its cluster.",
        table=table.sort_values("Share of mass", ascending=False),
        note=f"{grouped.note} Click a cell to list its flows.",
        on_select=selection.keeper(key, CELLS, FRAGMENT),
        selection_mode=("points",),
    )


@st.fragment(key=FRAGMENT)
@guard.guarded
def details(seen: View, run: Run) -> None:
    """Block, worst covered samples and one sample: everything that a click changes."""
    block(seen, run)
    st.subheader("One sample", anchor=False)
    left, right = st.columns([1, 1], gap="large")
    with left:
        picked = _pick(seen, run)
    with right, st.container(border=True):
        if picked is not None:
            sample_card.show(seen, picked, key="plan_card")


def block(seen: View, run: Run) -> None:
    """The flows of the cell clicked in the overview."""
    cells = st.session_state.get(CELLS) or []
    if not cells:
        return
    grouped = clusters.clusters(seen, int(st.session_state.get("clusters", clusters.DEFAULT)))
    row, column = divmod(cells[0], len(grouped))
    if row >= len(grouped):  # the click was on a finer overview
        return
    plan = run.selection.plan
    inside = (grouped.pool[run.selection.indices[plan.rows]] == row) & (grouped.validation[plan.columns] == column)
    entries = np.flatnonzero(inside)
    entries = entries[np.argsort(-plan.mass[entries], kind="stable")]
    whole = plan.mass[entries].sum() / plan.mass.sum()
    shown = entries[:BLOCK_ROWS]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            sides = [text.escape(grouped.names[place]) for place in (row, column)]
            st.markdown(f"**{sides[0]}** covers **{sides[1]}**", width="stretch")
            st.button("Close", icon=":material/close:", type="tertiary", on_click=_close, key="close_block")
        st.caption(
            f"{len(entries):,} flows with {whole:.2%} of all mass; the table shows {len(shown):,} of them, "
            f"{plan.mass[shown].sum() / max(plan.mass[entries].sum(), 1e-300):.0%} of the mass in the cell."
        )
        found = {"Price": samples.COLUMNS["Price"]}
        table = flow_table(seen, run, shown)
        widgets.table(table, key="block_flows", alt="Flows of the cell", columns=found, height=240)


def flow_table(seen: View, run: Run, entries: IndexArray) -> pd.DataFrame:
    """Entries of the plan with both ends' titles, true distance and share of the mass."""
    plan = run.selection.plan
    rows, columns = plan.rows[entries], plan.columns[entries]
    table = pd.DataFrame(
        {
            "Share of mass": (plan.mass[entries] / plan.mass.sum()).round(6),
            "Distance": (entry_costs(plan, rows, columns) * seen.distance_scale).round(4),
            "Coreset sample": [seen.title(int(row)) for row in run.selection.indices[rows]],
            "Validation sample": [seen.title(int(column) + seen.num_pool) for column in columns],
        }
    )
    if seen.prices is not None:
        table["Price"] = seen.prices[columns].round(4)
    return table


def _close() -> None:
    st.session_state[CELLS] = []
    st.session_state["plan_epoch"] = st.session_state.get("plan_epoch", 0) + 1  # a new figure drops its selection


def _pick(seen: View, run: Run) -> int | None:
    """Search, and below it the worst covered samples; the sample that is shown in detail."""
    query = widgets.line("Find a sample", key="find", placeholder="Title or sample id", help=_FIND_HELP, **LINKED)
    if query:
        hits, _ = samples.find(seen, query, limit=10_000)
        takes_part = samples.chosen_mask(seen)
        takes_part[seen.num_pool :] = True
        listed = hits[takes_part[hits]]
        st.caption(f"{len(listed):,} coreset and validation samples found")
    else:
        listed = _standing_out(seen, run)
    if not len(listed):
        st.info("No coreset or validation sample matches.", icon=":material/search_off:")
        return None
    shown = listed[: samples.FOUND_LIMIT]
    key = f"plan_table_{hash((query.casefold(), shown.tobytes()))}"
    more = {"total": len(listed), "height": 420, "column_order": _ORDER}
    return samples.pick(samples.table(seen, shown), shown, key=key, alt="Samples of the plan", **more)


def _standing_out(seen: View, run: Run) -> IndexArray:
    """The validation samples that are covered worst, or that have the highest prices, as chosen."""
    by = _COVERED
    if seen.prices is not None:
        by = widgets.choice("List", [_COVERED, _PRICE], key="plan_list", help=_LIST_HELP, **KEPT)
    if seen.prices is None or by == _COVERED:
        worst = samples.coverage(run).worst_columns(WORST)
        st.markdown(f"**The {len(worst)} worst covered validation samples**")
    else:
        worst = np.argsort(-seen.prices, kind="stable")[:WORST]
        st.markdown(f"**The {len(worst)} validation samples with the highest price**")
    return worst + seen.num_pool
