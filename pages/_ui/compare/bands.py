"""The tab "by popularity": for whose items an arm is good, and whether head-heavy coresets lose on the tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.evaluation.bands import TAIL, BandLine, head_against_tail, head_reading
from goracs_core.evaluation.leaderboard import REFERENCE
from goracs_core.jobs.experiment.replicates import Metric
from pages._ui import blocks, text
from pages._ui.compare import data as compare_data
from pages._ui.compare.data import CLASSES, DECILES, Banded
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment

_DIFFERENCE, _VALUES = "Difference to random", "Values"
_HEAD_HELP = (
    "Head and tail: the most and the least popular items that hold about 20 % of all training interactions each "
    "(arXiv 2103.06364). The share is of the coreset's own target items; the difference is on test samples whose right "
    "item is in the tail."
)


def show(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    """Each arm by the popularity of the right item, and the head's share against the tail's outcome."""
    if metric.key == "auc":
        st.info(
            "The area under the ROC curve compares samples of different bands with each other. Choose the test loss "
            "under **Compare by** to see bands.", icon=":material/info:",
        )  # fmt: skip
        return
    budget, by, view = _controls(experiment)
    found = compare_data.banded(experiment, metric, ref, by=by)
    lines = tuple(one for one in found.lines if one.line.budget == budget)
    if not lines:
        st.info("No band has enough test samples yet.", icon=":material/hourglass_empty:")
        return
    _figure(experiment, metric, ref, found, lines, values=view == _VALUES)
    if by != CLASSES:
        lines = tuple(
            one for one in compare_data.banded(experiment, metric, ref, by=CLASSES).lines if one.line.budget == budget
        )
    _head(experiment, metric, lines, budget)


def _controls(experiment: Experiment) -> tuple[int, str, str]:
    budgets = sorted({entry.budget for entry in experiment.entries if entry.done and entry.run})
    key = f"compare_band_budget_{experiment.id}"
    with st.container(horizontal=True):
        budget = budgets[-1] if budgets else 0
        if len(budgets) > 1:
            budget = int(st.segmented_control(
                "Budget", budgets, default=budget, required=True, key=key, format_func=lambda k: f"k {k:,}",
            ) or budget)  # fmt: skip
        by = st.segmented_control(
            "Bands", [CLASSES, DECILES], default=CLASSES, required=True, key="compare_bands", persist_state="session",
            help="**Head, mid, tail** by shares of all interactions; **deciles** of the pool's samples by the "
            "popularity of their item, with its range of interactions.",
        )  # fmt: skip
        view = st.segmented_control(
            "Show", [_DIFFERENCE, _VALUES], default=_DIFFERENCE, required=True, key="compare_band_view",
            persist_state="session",
        )  # fmt: skip
    return budget, str(by or CLASSES), str(view or _DIFFERENCE)


def _figure(
    experiment: Experiment, metric: Metric, ref: DatasetRef, found: Banded, lines: tuple[BandLine, ...], *, values: bool
) -> None:
    from goracs_core.charts import bands as charts

    board = compare_data.board(experiment, metric, ref)
    here = {one.line.arm for one in lines}
    arms = [arm for arm in board.arms if arm in here]
    shown = _shown_arms(arms, charts.MOST_ARMS)
    drawn = charts.Bands(
        board.title, lines, tuple(shown), found.names, found.sizes, REFERENCE, metric.decimals, board.looks
    )
    blocks.chart(
        charts.means(drawn) if values else charts.differences(drawn), key="compare_bands_figure",
        alt=f"{board.title} by popularity of the right item: "
        f"{'means' if values else 'differences to random'} of {len(shown)} arms with intervals.",
        table=_table(lines, found, metric),
        note="Whiskers: 95 % intervals of each comparison alone. "
        + ("" if values else "Filled marks are told from chance after correction for all arms and bands. ")
        + "Bands with fewer than five test samples are left out.",
    )  # fmt: skip


def _shown_arms(arms: list[str], most: int) -> list[str]:
    if len(arms) <= most:
        return arms
    usual = [REFERENCE, *[arm for arm in arms if arm != REFERENCE][: most - 1]]
    chosen = st.multiselect(
        "Arms", arms, usual, key="compare_band_arms", max_selections=most,
        help=f"At most {most} can be told apart in one figure; the table has all.",
    )  # fmt: skip
    return [arm for arm in arms if arm in (chosen or usual)]


def _table(lines: tuple[BandLine, ...], found: Banded, metric: Metric) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for one in lines:
        line, gap = one.line, one.line.difference
        low, high = line.estimate.interval()
        rows.append({
            "band": found.names[one.band], "test samples": line.estimate.samples, "arm": line.arm,
            metric.label: line.estimate.mean, "low": low, "high": high,
            "minus random": None if gap is None else gap.estimate.mean,
            "difference low": None if gap is None else gap.low, "difference high": None if gap is None else gap.high,
            "p (Holm)": None if gap is None else gap.corrected,
            "verdict": None if gap is None else str(gap.verdict),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _head(experiment: Experiment, metric: Metric, lines: tuple[BandLine, ...], budget: int) -> None:
    import pandas as pd

    from goracs_core.charts import bands as charts

    st.markdown("**Does the head-heavier coreset lose on tail items?**", help=_HEAD_HELP)
    undone = compare_data.undone_arms(experiment, budget)
    shares = {arm: one for arm, one in compare_data.head_shares(experiment, budget).items() if arm not in undone}
    relation = head_against_tail(lines, shares, budget=budget)
    st.markdown(text.escape(
        head_reading(relation, budget=budget, smaller_is_better=metric.smaller_is_better, left_out=undone)
    ))  # fmt: skip
    points = []
    for one in lines:
        line = one.line
        if one.band == TAIL and line.arm in shares and (line.arm == REFERENCE or line.difference is not None):
            gap = 0.0 if line.difference is None else line.difference.estimate.mean
            points.append((line.arm, shares[line.arm], gap))
    if not points:
        return
    title = f"{metric.label} on tail items, minus random"
    blocks.chart(
        charts.head_against_tail(points, title=title, found=relation, looks=compare_data.looks(experiment)),
        key="compare_head",
        alt=f"Share of head items in the coresets of {len(points)} arms against their difference to random on test "
        "samples with a tail item.",
        table=pd.DataFrame(points, columns=pd.Index(["arm", "head share", "tail, minus random"])),
        note="Above 0 is worse than random." if metric.smaller_is_better else "Above 0 is better than random.",
    )  # fmt: skip
