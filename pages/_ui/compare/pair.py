"""The tab "side by side": two arms' coresets, what only one of them holds, what both hold, and what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.evaluation.leaderboard import REFERENCE, paired
from goracs_core.evaluation.overlap import jaccard
from goracs_core.jobs.experiment.replicates import Metric, is_whole_pool, replicates
from pages._ui import blocks, cache, experiment_links, routes, text
from pages._ui.compare import data as compare_data
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.evaluation.leaderboard import Replicates
    from goracs_core.jobs.compare.plan import Entry
    from goracs_core.jobs.experiment.record import Experiment
    from goracs_core.types import IndexArray

_JACCARD_HELP = (
    "Samples in both as a share of the samples in either. Two random coresets of $k$ from $n$ samples share about "
    "$k / (2n - k)$."
)

_HEAD_HELP = (
    "Share of the coreset's samples whose right item is among the most popular items that hold about 20 % of all "
    "interactions; with this budget and seed."
)


def show(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    """Two arms of one budget and seed."""
    entries = [one for one in experiment.entries if one.done and one.run and not is_whole_pool(experiment, one.arm)]
    arms = list(dict.fromkeys(entry.arm for entry in entries))
    if len(arms) < 2:
        st.info("Two arms have to be trained before they can stand side by side.", icon=":material/hourglass_empty:")
        return
    first, second = _pick(entries, arms)
    if first is None or second is None:
        st.info("One of these two is not trained at this budget with this seed.", icon=":material/hourglass_empty:")
        return
    _outcomes(experiment, metric, ref, first, second)
    if not all(experiment_links.is_here(ref, entry.run) for entry in (first, second)):
        _elsewhere(experiment, ref, first, second)
        return
    mine, theirs = (cache.run(entry.run).selection.indices for entry in (first, second))
    _overlap(ref, mine, theirs)
    _samples(ref, mine, theirs)
    with st.container(horizontal=True):
        blocks.link(routes.RUN, "Open A", run=first.run, icon=":material/open_in_new:")
        blocks.link(routes.RUN, "Open B", run=second.run, icon=":material/open_in_new:")
        blocks.link(routes.EMBEDDING_MAP, "Both on the map", run=first.run, second=second.run)
        blocks.link(routes.POPULARITY, "Their popularity bias", run=first.run, second=second.run)


def _elsewhere(experiment: Experiment, ref: DatasetRef, first: Entry, second: Entry) -> None:
    """What the experiment itself knows of two coresets whose rows are not here, and ways to make them again."""
    shares = {"Head items in A": first, "Head items in B": second}
    known = {name: entry.values["head_share"] for name, entry in shares.items() if "head_share" in entry.values}
    if known:
        blocks.metrics({name: (f"{share:.1%}", _HEAD_HELP) for name, share in known.items()}, per_row=len(known))
    st.caption(
        "Which samples they share cannot be shown: the runs of these coresets are not in this workspace, as the "
        "experiment came from elsewhere or they were deleted."
    )
    with st.container(horizontal=True):
        for letter, entry in zip("AB", (first, second), strict=True):
            if experiment_links.is_here(ref, entry.run):
                blocks.link(routes.RUN, f"Open {letter}", run=entry.run, icon=":material/open_in_new:")
            else:
                experiment_links.again(experiment, entry, label=f"Select {letter} again")


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
        shown[f"A minus B, {_over(mine)}"] = (f"{gap.estimate.mean:+.{digits}f}", (
            "Paired by test sample and seed; the interval counts both. Not corrected: it is one look at one pair, and "
            "who looks at all pairs will find some."
        ))  # fmt: skip
    blocks.metrics(shown, per_row=len(shown))
    if gap is not None:
        st.caption(
            f"A minus B: 95 % interval {gap.low:+.{digits}f} to {gap.high:+.{digits}f}, p {gap.p_value:.2g} for this "
            f"pair alone, over {gap.estimate.seeds} seed{'s' if gap.estimate.seeds > 1 else ''} and "
            f"{gap.estimate.samples:,} test samples."
        )


def _over(one: Replicates) -> str:
    count = len(one.seeds)
    return f"mean over {count} seeds" if count > 1 else "one seed"


def _overlap(ref: DatasetRef, mine: IndexArray, theirs: IndexArray) -> None:
    both = len(np.intersect1d(mine, theirs))
    n, k, other = ref.counts["pool"], len(mine), len(theirs)
    chance = k * other / n
    blocks.metrics({
        "Only in A": text.count(k - both),
        "In both": (text.count(both), f"Two random coresets of these sizes would share about {chance:.0f}."),
        "Only in B": text.count(other - both),
        "Overlap (Jaccard)": (f"{jaccard(mine, theirs):.3f}", _JACCARD_HELP),
    })  # fmt: skip


def _samples(ref: DatasetRef, mine: IndexArray, theirs: IndexArray) -> None:
    parts: dict[str, IndexArray] = {
        "Only in A": np.setdiff1d(mine, theirs), "In both": np.intersect1d(mine, theirs),
        "Only in B": np.setdiff1d(theirs, mine),
    }  # fmt: skip
    where = st.segmented_control(
        "Samples", list(parts), default="Only in A", required=True, key="compare_pair_part",
        format_func=lambda name: f"{name} ({len(parts[name]):,})", label_visibility="collapsed",
    )  # fmt: skip
    rows = parts[str(where or "Only in A")]
    if not len(rows):
        st.caption("There are none.")
        return
    st.dataframe(
        _table(ref, rows), hide_index=True, key="compare_pair_samples", height=280, alt=f"Samples {where}",
        column_config={
            "title": st.column_config.TextColumn("Right item", width="large"),
            "popularity": st.column_config.NumberColumn("Popularity", help="Training interactions of the right item"),
            "class": st.column_config.TextColumn("Class", help="Head, mid or tail of the catalogue"),
            "norm": st.column_config.NumberColumn("Gradient norm", format="%.4g", help="g, as computed; not scaled"),
            "row": st.column_config.NumberColumn("Pool row", width="small"),
        },
    )  # fmt: skip


def _table(ref: DatasetRef, rows: IndexArray) -> pd.DataFrame:
    import pandas as pd

    from goracs_core.evaluation.popularity_scale import CLASS_NAMES

    dataset, norms = cache.dataset(ref), cache.features(ref).gradient_norms
    targets, known = dataset.pool.targets[rows], compare_data.scale(ref)
    table = pd.DataFrame({
        "title": [dataset.items.titles[item] for item in targets.tolist()],
        "popularity": dataset.items.popularity[targets],
        "class": [CLASS_NAMES[one] for one in known.item_class[targets].tolist()],
        "row": rows,
    })  # fmt: skip
    if norms is not None:
        table.insert(3, "norm", np.asarray(norms.values)[rows])
    return table.sort_values("popularity", ascending=False)
