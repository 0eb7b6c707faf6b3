"""The tab "Side by side": the coresets of two arms, their outcomes, and the samples in one or both of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.evaluation.leaderboard import REFERENCE, paired
from goracs_core.evaluation.overlap import jaccard
from goracs_core.evaluation.popularity_scale import CLASS_NAMES
from goracs_core.jobs.experiment.replicates import Metric, is_whole_pool, replicates
from pages._ui import blocks, cache, columns, experiments, routes, text, widgets
from pages._ui.compare import data as compare_data
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.evaluation.leaderboard import Replicates
    from goracs_core.jobs.compare.plan import Entry
    from goracs_core.jobs.experiment.record import Experiment
    from goracs_core.types import IndexArray

_JACCARD_HELP = glossary.tooltip("jaccard")

_PAIRED_HELP = (
    "Paired by test sample and seed; the interval includes the variation of both. Not corrected for multiple "
    "comparisons: among many pairs, some differences are significant by chance."
)
_HEAD_HELP = glossary.tooltip("head_share")


def show(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    """Two arms of one budget and seed."""
    entries = [one for one in experiment.entries if one.done and one.run and not is_whole_pool(experiment, one.arm)]
    arms = list(dict.fromkeys(entry.arm for entry in entries))
    if len(arms) < 2:
        st.info("A comparison needs completed trainings of two arms.", icon=":material/hourglass_empty:")
        return
    first, second = _pick(entries, arms)
    if first is None or second is None:
        st.info("One of the arms has no training with this budget and seed.", icon=":material/hourglass_empty:")
        return
    _outcomes(experiment, metric, ref, first, second)
    if not all(experiments.is_here(ref, entry.run) for entry in (first, second)):
        _elsewhere(experiment, ref, first, second)
        return
    mine, theirs = (cache.run(entry.run).selection.indices for entry in (first, second))
    overlap(ref, mine, theirs)
    samples(ref, mine, theirs)
    with st.container(horizontal=True):
        blocks.link(routes.RUN, "Open A", run=first.run, icon=":material/open_in_new:")
        blocks.link(routes.RUN, "Open B", run=second.run, icon=":material/open_in_new:")
        for route in (routes.EMBEDDING_MAP, routes.POPULARITY):
            blocks.link(route, route.title, run=first.run, second=second.run)


def _elsewhere(experiment: Experiment, ref: DatasetRef, first: Entry, second: Entry) -> None:
    """What is known of two coresets whose runs are not in this workspace, and links to repeat them."""
    shares = {"Head items in A": first, "Head items in B": second}
    known = {name: entry.values["head_share"] for name, entry in shares.items() if "head_share" in entry.values}
    if known:
        blocks.metrics({name: (f"{share:.1%}", _HEAD_HELP) for name, share in known.items()}, per_row=len(known))
    st.caption(
        "The samples cannot be compared, because the runs of these coresets are not in this workspace: the experiment "
        "was made elsewhere, or the runs were deleted."
    )
    with st.container(horizontal=True):
        for letter, entry in zip("AB", (first, second), strict=True):
            if experiments.is_here(ref, entry.run):
                blocks.link(routes.RUN, f"Open {letter}", run=entry.run, icon=":material/open_in_new:")
            else:
                experiments.again(experiment, entry, label=f"Select {letter} again")


def _pick(entries: list[Entry], arms: list[str]) -> tuple[Entry | None, Entry | None]:
    budgets = sorted({entry.budget for entry in entries})
    seeds = sorted({entry.seed for entry in entries})
    one, other, third, fourth = st.columns([3, 3, 2.4, 2.4])
    random = arms.index(REFERENCE) if REFERENCE in arms else 1
    a = one.selectbox("A", arms, 0 if random else 1, key="compare_a")
    b = other.selectbox("B", arms, random, key="compare_b")
    budget = third.selectbox("Budget k", budgets, len(budgets) - 1, key="compare_pair_budget")
    seed = fourth.selectbox("Seed", seeds, 0, key="compare_pair_seed")

    def find(arm: str | None) -> Entry | None:
        asked = (arm, budget, seed)
        return next((entry for entry in entries if (entry.arm, entry.budget, entry.seed) == asked), None)

    return find(a), find(b)


def _outcomes(experiment: Experiment, metric: Metric, ref: DatasetRef, first: Entry, second: Entry) -> None:
    """The metric of both and their paired difference, over all their seeds."""
    found = {(one.arm, one.budget): one for one in replicates(experiment, metric.key, labels=compare_data.labels(ref))}
    mine, theirs = found[first.arm, first.budget], found[second.arm, second.budget]
    digits = metric.decimals
    shown: dict[str, str | tuple[str, str]] = {
        f"{metric.label}, {letter}, {_over(one)}": (f"{one.values.mean():.{digits}f}", metric.help)
        for letter, one in zip("AB", (mine, theirs), strict=True)
    }
    gap = None if first.arm == second.arm else paired(mine, theirs, metric.smaller_is_better)
    if gap is not None:
        shown[f"A minus B, {_over(mine)}"] = (f"{gap.estimate.mean:+.{digits}f}", _PAIRED_HELP)
    blocks.metrics(shown, per_row=len(shown))
    if gap is not None:
        seeds = f"{gap.estimate.seeds} seed{'s' if gap.estimate.seeds > 1 else ''}"
        st.caption(
            f"A minus B: 95 % interval {gap.low:+.{digits}f} to {gap.high:+.{digits}f}, p-value {gap.p_value:.2g} (not "
            f"corrected), over {seeds} and {gap.estimate.samples:,} test samples."
        )


def _over(one: Replicates) -> str:
    count = len(one.seeds)
    return f"mean over {count} seeds" if count > 1 else "one seed"


def overlap(ref: DatasetRef, mine: IndexArray, theirs: IndexArray) -> None:
    """How many samples two coresets share."""
    both = len(np.intersect1d(mine, theirs))
    n, k, other = ref.counts["pool"], len(mine), len(theirs)
    chance = k * other / n
    shown: dict[str, str | tuple[str, str]] = {
        "Only in A": text.count(k - both),
        "In both": (text.count(both), f"Two random coresets of these sizes share about {chance:.0f}."),
        "Only in B": text.count(other - both),
        "Overlap (Jaccard)": (f"{jaccard(mine, theirs):.3f}", _JACCARD_HELP),
    }
    blocks.metrics(shown)


def samples(ref: DatasetRef, mine: IndexArray, theirs: IndexArray) -> None:
    """The samples of two coresets, by membership."""
    both = np.intersect1d(mine, theirs)
    parts = {"Only in A": np.setdiff1d(mine, theirs), "In both": both, "Only in B": np.setdiff1d(theirs, mine)}
    names = {name: f"{name} ({len(rows):,})" for name, rows in parts.items()}
    more = {"format_func": names.get, "label_visibility": "collapsed"}
    where = widgets.choice("Samples", parts, key="compare_pair_part", **more)
    if not len(parts[where]):
        st.caption("No samples.")
        return
    shown = {
        "title": columns.TITLE,
        "popularity": columns.POPULARITY,
        "class": columns.words("Class", help="Head, mid or tail of the catalogue"),
        "norm": columns.NORM,
        "row": columns.POOL_ROW,
    }
    table = _table(ref, parts[where])
    widgets.table(table, key="compare_pair_samples", alt=f"Samples {where}", columns=shown, height=280)


def _table(ref: DatasetRef, rows: IndexArray) -> pd.DataFrame:
    dataset, norms = cache.dataset(ref), cache.features(ref).gradient_norms
    targets, known = dataset.pool.targets[rows], compare_data.scale(ref)
    titles = [dataset.items.titles[item] for item in targets.tolist()]
    classes = [CLASS_NAMES[one] for one in known.item_class[targets].tolist()]
    popularity = dataset.items.popularity[targets]
    table = pd.DataFrame({"title": titles, "popularity": popularity, "class": classes, "row": rows})
    if norms is not None:
        table.insert(3, "norm", np.asarray(norms.values)[rows])
    return table.sort_values("popularity", ascending=False)
