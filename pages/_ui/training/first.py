"""The first screen of a training: what it did to the test loss, in two sentences and beside other trainings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import training as charts
from goracs_core.errors import GoracsError
from goracs_core.evaluation.crossed import crossed_mean
from goracs_core.evaluation.gain import Gain, gain_verdict, sign_of
from goracs_core.llm.tuning.options import Recommender
from pages._ui import blocks, text, training_pick, training_words
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.evaluation.crossed import CrossedMean
    from goracs_core.jobs.train.record import Training, TrainingSummary

_MOST = 6  # trainings beside the open one


def gain(training: Training) -> Gain | None:
    """What it did to the test loss; None for a model that starts from random weights."""
    tested = training.tested
    return None if tested.start_losses is None else Gain.of(tested.start_losses.values, tested.losses.values)


def show(training: Training, second: Training | None, kept: Sequence[TrainingSummary], ref: DatasetRef) -> None:
    """The verdict, the figure and the loss curve.

    Args:
        training: The open one.
        second: The one it is compared with.
        kept: All trainings on the data, newest first.
        ref: The dataset.
    """
    found = gain(training)
    help_ = f"{training_words.CHANGE_HELP}\n\n{training_words.HELPED_HELP}"
    if found is None:
        loss = training.tested.losses
        st.subheader(f"Test loss {loss.mean:.3f} ± {loss.standard_error:.3f} nats after training", anchor=False)
        sentences = ["This model starts from random weights, so there is no loss before training."]
    else:
        asks = training.recommender is Recommender.TALLREC
        first, meaning = gain_verdict(found, answer="the right answer" if asks else "each token of the right title")
        st.subheader(text.escape(first), anchor=False, help=help_)
        sentences = [text.escape(meaning)]
    if second is not None:
        sentences.append(_beside(training, second, training_words.rows_name(second.run, training_pick.run_names(ref))))
    st.markdown(" ".join(sentences))
    for note in training.log.notes:
        st.caption(f":material/info: {text.escape(note)}")
    if found is None:
        course(training, second)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _changes(training, second, kept, ref)
    with right:
        course(training, second)


def _beside(training: Training, second: Training, name: str) -> str:
    """The paired difference of two trainings on the test samples that both measured; Markdown."""
    first, other = training.tested.losses, second.tested.losses
    rows, mine, theirs = np.intersect1d(first.rows, other.rows, assume_unique=True, return_indices=True)
    if len(rows) < 2:
        return "The two trainings were tested on different samples and cannot be compared."
    if training.recommender is not second.recommender:
        return "The losses of different recommenders cannot be compared; compare HR and NDCG."
    difference = crossed_mean((first.values[mine] - other.values[theirs])[None])
    said = {-1: "this training is better", 0: "not significant", 1: "the second training is better"}
    return (
        f"**Compared with {text.escape(text.shorten(name, 44))}**: {said[sign_of(difference)]} "
        f"({interval(difference)}, {len(rows):,} paired samples; one seed each, Validate / Compare has several)."
    )


def interval(mean: CrossedMean, digits: int = 3) -> str:
    """A paired difference with its interval, in nats."""
    low, high = mean.interval()
    return f"{mean.mean:+.{digits}f} nats, 95 % interval {low:+.{digits}f} to {high:+.{digits}f}"


def _changes(training: Training, second: Training | None, kept: Sequence[TrainingSummary], ref: DatasetRef) -> None:
    """The change of the test loss by this training, by the second one, and by others of the same model."""
    shown = {training.id: training} | ({} if second is None else {second.id: second})
    same = (training.recommender, training.model)
    for one in kept:
        if len(shown) <= _MOST and one.id not in shown and (one.recommender, one.model) == same:
            try:
                shown[one.id] = training_pick.load(one.id)
            except GoracsError:  # damaged; opening it says so
                continue
    names = training_pick.run_names(ref)
    told = text.distinct({one.id: _name(one, names) for one in shown.values()})
    gains = {one.id: found for one in shown.values() if (found := gain(one)) is not None}
    lines = [charts.Change(told[one], found.change.mean, *found.change.interval()) for one, found in gains.items()]
    rows = [
        (line.name, found.before, found.after, line.mean, line.low, line.high, found.improved, found.change.samples)
        for line, found in zip(lines, gains.values(), strict=True)
    ]
    columns = ["Trained on", "Before", "After", "Change", "from", "to", "Improved samples", "Test samples"]
    place = None if second is None or second.id not in gains else list(gains).index(second.id)
    blocks.chart(
        charts.changes(lines, second=place),
        key="training_changes",
        alt=f"Change of the test loss by {len(lines)} trainings with 95 % intervals; this one {rows[0][3]:+.4f} nats.",
        table=pd.DataFrame(rows, columns=pd.Index(columns)),
        compact=True,
    )


def _name(training: Training, names: dict[str, str]) -> str:
    return f"{text.shorten(training_words.rows_name(training.run, names), 32)}, seed {training.seed}"


def course(training: Training, second: Training | None) -> None:
    """The loss over the steps, with the curve of a second training."""
    logs = {"this training": training.log} | ({} if second is None else {"second": second.log})
    columns = ["training", "epoch", "step", "training loss", "validation loss"]
    rows = [(name, e.epoch, e.step, e.loss, e.validation_loss) for name, log in logs.items() for e in log.epochs]
    log = training.log
    kept = f"the weights of epoch {log.best_epoch}" if log.best_epoch else "the weights from before training"
    blocks.chart(
        charts.loss_curve(logs),
        key="training_curve",
        alt=f"Training and validation loss over {log.epochs[-1].step} steps; kept: {kept}.",
        table=pd.DataFrame(rows, columns=pd.Index(columns)),
        note=f"Kept: {kept}. Training stopped because {text.escape(log.stopped)}.",
        compact=True,
    )


def per_sample(training: Training, found: Gain) -> None:
    """How the change is spread over the test samples."""
    tested = training.tested
    assert tested.start_losses is not None  # it has a gain
    values = tested.losses.values - tested.start_losses.values  # [q]
    edges = charts.sample_edges(values)
    counts = np.histogram(values, edges)[0]
    blocks.chart(
        charts.sample_changes(values),
        key="training_samples",
        alt=f"Change of the loss of {len(values)} test samples; {found.improved:.0%} improved, mean "
        f"{found.change.mean:+.4f} nats.",
        table=pd.DataFrame({"from": edges[:-1], "to": edges[1:], "samples": counts}),
        note=f"{found.improved:.0%} of the samples improved; the mean change is {found.change.mean:+.4f} nats.",
    )
