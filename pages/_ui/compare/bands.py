"""The tab "By popularity": outcomes by the popularity of the target, and the share of head items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import bands as charts
from goracs_core.evaluation.bands import TAIL, BandLine, head_against_tail, head_reading
from goracs_core.evaluation.leaderboard import REFERENCE
from goracs_core.jobs.experiment.replicates import Metric
from pages._ui import blocks, text, widgets
from pages._ui.compare import data as compare_data
from pages._ui.compare.data import CLASSES, DECILES, Banded
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.jobs.experiment.record import Experiment

_DIFFERENCE, _VALUES = "Difference to random", "Values"
_HEAD_HELP = (
    f"{glossary.brief('head_share')}  \n{glossary.brief('tail_share')}\n\nx-axis: share of the coreset's samples with "
    "a head item as target. y-axis: difference to random on test samples with a tail item as target."
)


def show(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    """Each arm by the popularity of the target, and the head's share against the tail's outcome."""
    if metric.key == "auc":
        sentence = "AUC compares samples of different popularity classes. Choose the test loss under **Compare by**."
        st.info(sentence, icon=":material/info:")
        return
    budget, by, view = _controls(experiment)
    found = compare_data.banded(experiment, metric, ref, by=by)
    lines = tuple(one for one in found.lines if one.line.budget == budget)
    if not lines:
        st.info("No popularity class has enough test samples yet.", icon=":material/hourglass_empty:")
        return
    _figure(experiment, metric, ref, found, lines, values=view == _VALUES)
    if by != CLASSES:
        found = compare_data.banded(experiment, metric, ref, by=CLASSES)
        lines = tuple(one for one in found.lines if one.line.budget == budget)
    _head(experiment, metric, lines, budget)


def _controls(experiment: Experiment) -> tuple[int, str, str]:
    budgets = sorted({entry.budget for entry in experiment.entries if entry.done and entry.run})
    help_ = "**Head, mid, tail**: by share of all interactions.  \n**Deciles**: of the pool samples, by popularity."
    with st.container(horizontal=True):
        budget = widgets.budget_choice(budgets or [0], key=f"compare_band_budget_{experiment.id}")
        by = widgets.choice("Classes", [CLASSES, DECILES], key="compare_bands", help=help_, **KEPT)
        view = widgets.choice("Show", [_DIFFERENCE, _VALUES], key="compare_band_view", **KEPT)
    return budget, by, view


def _figure(
    experiment: Experiment, metric: Metric, ref: DatasetRef, found: Banded, lines: tuple[BandLine, ...], *, values: bool
) -> None:
    board = compare_data.board(experiment, metric, ref)
    here = {one.line.arm for one in lines}
    arms = [arm for arm in board.arms if arm in here]
    shown = _shown_arms(arms, charts.MOST_ARMS)
    drawn = charts.Bands(
        board.title, lines, tuple(shown), found.names, found.sizes, REFERENCE, metric.decimals, board.looks
    )
    filled = "" if values else " Filled markers: significant after correction for all arms and classes."
    what = "means" if values else "differences to random"
    blocks.chart(
        charts.means(drawn) if values else charts.differences(drawn),
        key="compare_bands_figure",
        alt=f"{board.title} by popularity of the target: {what} of {len(shown)} arms with intervals.",
        table=_table(lines, found, metric),
        note=f"Whiskers: 95 % intervals of single comparisons.{filled} Classes with fewer than five test samples are "
        "not shown.",
    )


def _shown_arms(arms: list[str], most: int) -> list[str]:
    if len(arms) <= most:
        return arms
    usual = [REFERENCE, *[arm for arm in arms if arm != REFERENCE][: most - 1]]
    help_ = f"At most {most} arms fit into the figure; the table contains all."
    chosen = st.multiselect("Arms", arms, usual, key="compare_band_arms", max_selections=most, help=help_)
    return [arm for arm in arms if arm in (chosen or usual)]


def _table(lines: tuple[BandLine, ...], found: Banded, metric: Metric) -> pd.DataFrame:
    names = ["class", "test samples", "arm", metric.label, "low", "high"]
    names += ["minus random", "difference low", "difference high", "p (Holm)", "verdict"]
    rows = []
    for one in lines:
        line, gap = one.line, one.line.difference
        own = (found.names[one.band], line.estimate.samples, line.arm, line.estimate.mean, *line.estimate.interval())
        told = () if gap is None else (gap.estimate.mean, gap.low, gap.high, gap.corrected, str(gap.verdict))
        rows.append(dict(zip(names, (*own, *told), strict=False)))
    return pd.DataFrame(rows, columns=pd.Index(names))


def _head(experiment: Experiment, metric: Metric, lines: tuple[BandLine, ...], budget: int) -> None:
    st.markdown("**Do coresets with more head items perform worse on tail items?**", help=_HEAD_HELP)
    undone = compare_data.undone_arms(experiment, budget)
    shares = {arm: one for arm, one in compare_data.head_shares(experiment, budget).items() if arm not in undone}
    relation = head_against_tail(lines, shares, budget=budget)
    said = head_reading(relation, budget=budget, smaller_is_better=metric.smaller_is_better, left_out=undone)
    st.markdown(text.escape(said))
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
        alt=f"Difference to random on tail items against the share of head items, for {len(points)} arms.",
        table=pd.DataFrame(points, columns=pd.Index(["arm", "head share", "tail, minus random"])),
        note="Above 0 is worse than random." if metric.smaller_is_better else "Above 0 is better than random.",
    )
