"""The test samples of a training: a handful to read, and on which popularity it is good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import training as charts
from goracs_core.evaluation.bands import LEAST_SAMPLES, band_lines, band_sizes
from goracs_core.evaluation.leaderboard import Replicates
from goracs_core.evaluation.popularity_scale import CLASS_NAMES, popularity_scale
from goracs_core.jobs.train.export import outcomes_table
from pages._ui import blocks, cache, text, widgets
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.evaluation.bands import BandLine
    from goracs_core.jobs.train.record import Training

_SHOWN = 6
_HISTORY = 5
_AFTER, _BEFORE = "after training", "before training"
_HELPED = "Most improved"
_ORDERS = {
    "Spread": "from the lowest to the highest loss",
    "Best": "with the lowest losses",
    "Worst": "with the highest losses",
    _HELPED: "with the largest decrease of the loss",
}


def table(training: Training, ref: DatasetRef) -> pd.DataFrame:
    """All measured test samples with what came out, one row each."""
    return outcomes_table(training, cache.dataset(ref))


def examples(training: Training, ref: DatasetRef) -> None:
    """A handful of test samples: what was known, what was right, what came out."""
    outcomes, dataset = table(training, ref), cache.dataset(ref)
    if "place" in outcomes:
        outcomes = outcomes.dropna(subset=["place", "loss"])
    orders = [name for name in _ORDERS if name != _HELPED or "loss_before" in outcomes]
    help_ = "\n".join(f"- **{name}**: {_ORDERS[name]}" for name in orders)
    chosen = widgets.choice("Show samples", orders, key="training_examples", help=help_)
    if outcomes.empty:
        st.caption("No sample was both measured and ranked.")
        return
    shown = _chosen(outcomes, chosen).to_dict(orient="records")
    for start in range(0, len(shown), 2):
        for column, sample in zip(st.columns(2), shown[start : start + 2], strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                _card(dataset, sample)
    st.caption(
        f"{len(shown)} of {_counted(training, len(outcomes))}, {_ORDERS[chosen]}. The last {_HISTORY} items of each "
        "history are shown, the most recent one last. **Export** contains all samples."
    )


def _counted(training: Training, both: int) -> str:
    """What is chosen from, in words: the loss and the ranking may be of different samples of the test."""
    measured, ranked = len(training.tested.losses.rows), training.tested.rankings
    if ranked is None:
        return f"the {measured:,} test samples whose loss was measured"
    return (
        f"the {both:,} test samples with loss and ranking (loss: {measured:,}, ranking: {len(ranked.rows):,} samples)"
    )


def _card(dataset: Dataset, sample: dict[Any, Any]) -> None:
    """One sample; titles and generated texts are escaped."""
    asks = "chance_of_yes" in sample
    st.caption(f"History: {_history(dataset, int(sample['test_row']))}")
    st.markdown(f"{'Item' if asks else 'Target'}: **{_short(sample['title'])}**")
    if asks:
        right = "Yes" if sample["label"] == 1 else "No"
        st.markdown(f"P(Yes) = {sample['chance_of_yes']:.3f}; correct answer: **{right}**")
    elif "written" in sample:
        written = _short(str(sample["written"]).strip()) or "nothing"
        st.markdown(f"Generated: {written}", help="The best beam. The ranking consists of the nearest titles.")
    parts = []
    if "place" in sample:
        parts.append(f"rank {sample['place']:,.1f} of {len(dataset.items):,}".replace(".0 of", " of"))
    before = f" (before {sample['loss_before']:.3f})" if "loss_before" in sample else ""
    parts.append(f"loss {sample['loss']:.3f}{before}")
    st.caption(" · ".join([*parts, f"{sample['popularity']:,} interactions"]))


def _short(title: str) -> str:
    return text.escape(text.shorten(title, 90))


def _chosen(outcomes: pd.DataFrame, order: str) -> pd.DataFrame:
    ordered = outcomes.sort_values(["loss", "test_row"])
    if order == _HELPED and "loss_before" in outcomes:
        ordered = outcomes.iloc[np.argsort(outcomes["loss"] - outcomes["loss_before"], kind="stable")]
        return ordered.head(_SHOWN)
    if order == "Best":
        return ordered.head(_SHOWN)
    if order == "Worst":
        return ordered.iloc[::-1].head(_SHOWN)
    spread = np.unique(np.linspace(0, len(ordered) - 1, min(_SHOWN, len(ordered))).round().astype(int))
    return ordered.iloc[spread]


def _history(dataset: Dataset, row: int) -> str:
    titles = [_short(dataset.items.titles[item]) for item in dataset.test.histories[row][-_HISTORY:]]
    labels = dataset.test.history_labels
    if labels is not None:
        marks = ["liked" if mark else "disliked" for mark in labels[row][-_HISTORY:]]
        titles = [f"{title} ({mark})" for title, mark in zip(titles, marks, strict=True)]
    return " → ".join(titles) if titles else "nothing"


def bands(training: Training, ref: DatasetRef) -> None:
    """Loss by popularity of the target: head, mid, tail, before and after training."""
    found, sizes = _bands(training, ref)
    by_place = {(one.line.arm, one.band): one.line for one in found}
    names = [f"{name} ({sizes[place]:,})" for place, name in enumerate(CLASS_NAMES)]
    present = [place for place in range(len(CLASS_NAMES)) if (_AFTER, place) in by_place]
    if not present:
        st.caption(f"No popularity class has {LEAST_SAMPLES} test samples.")
        return
    arms = [arm for arm in (_AFTER, _BEFORE) if (arm, present[0]) in by_place]
    groups, rows = [], []
    for arm in arms:
        lines = [by_place[arm, place] for place in present]
        means = np.array([line.estimate.mean for line in lines])
        reach = np.array([line.estimate.interval()[1] for line in lines]) - means
        groups.append(charts.Measured(arm.capitalize(), means, reach))
        rows += [
            {"class": names[place], "loss": arm, "mean": mean, "95 % interval ±": half}
            for place, mean, half in zip(present, means, reach, strict=True)
        ]
    blocks.chart(
        charts.grouped_bars([names[place] for place in present], groups, title="Test loss (nats)"),
        key="training_bands",
        alt="Mean test loss of head, mid and tail items, after and before training.",
        table=pd.DataFrame(rows),
        note="Head and tail: the most and the least popular items that account for about 20 % of all interactions "
        "each. In brackets: test samples. Lines: 95 % intervals.",
    )
    said = [_band_words(by_place[_AFTER, place], CLASS_NAMES[place]) for place in present]
    if any(said):
        st.markdown(
            "Change of the loss by training, with 95 % intervals: " + "; ".join(part for part in said if part) + "."
        )


def _bands(training: Training, ref: DatasetRef) -> tuple[tuple[BandLine, ...], list[int]]:
    dataset, tested = cache.dataset(ref), training.tested
    scale = popularity_scale(dataset.items.popularity, dataset.pool.targets)
    of_samples = scale.item_class[dataset.test.targets[tested.losses.rows]]
    parts = [Replicates(_AFTER, training.budget, (training.seed,), tested.losses.values[None])]
    if tested.start_losses is not None:
        parts.append(Replicates(_BEFORE, training.budget, (training.seed,), tested.start_losses.values[None]))
    lines = band_lines(parts, of_samples, smaller_is_better=True, reference=_BEFORE)
    return lines, band_sizes(of_samples, len(CLASS_NAMES)).tolist()


def _band_words(line: Any, name: str) -> str:
    if line.difference is None:
        return ""
    difference = line.difference
    return f"{name} {difference.estimate.mean:+.3f} nats ({difference.low:+.3f} to {difference.high:+.3f})"
