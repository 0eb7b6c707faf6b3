"""A training on the page: its loss curve while it runs, its numbers, how well it ranks or answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import training as charts
from goracs_core.charts.calibration import reliability_diagram
from goracs_core.evaluation.choices import calibration
from goracs_core.evaluation.crossed import crossed_mean
from goracs_core.evaluation.gain import Gain
from goracs_core.jobs.kinds import TRAIN
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.train.job import curve_id, read_curve
from goracs_core.ranking import CUTOFFS, RankPositions, sample_gains
from goracs_core.torch_threads import runs_on_one_thread
from pages._ui import blocks, guard, jobs, state, text, training_words, widgets
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training
    from goracs_core.llm.tuning.outcomes import Choices, Rankings, TrainingLog
    from goracs_core.types import FloatArray

LOOK_SECONDS = 2.0  # between two looks at a training that runs
_Z95 = 1.959963984540054


def watch(ref: DatasetRef) -> bool:
    """The waiting or running trainings on this data with their loss curves; whether there are any."""
    busy = jobs.watch(TRAIN, dataset=ref.directory)
    if busy:
        st.fragment(_live_curves, run_every=LOOK_SECONDS)(ref)
    return busy


@guard.guarded
def _live_curves(ref: DatasetRef) -> None:
    for job in jobs.active(TRAIN, dataset=ref.directory):
        if job.state is not JobState.RUNNING:
            continue
        log = read_curve(state.workspace(), curve_id(job.spec))
        if log is None or not log.epochs:
            st.caption("The curve starts with the first step.")
            continue
        epochs = _counted(len(log.epochs) - 1, "epoch")
        blocks.chart(
            charts.loss_curve({"this training": log}),
            key=f"live_curve_{job.id}",
            alt=f"Training and validation loss after {epochs}.",
            note=f"{epochs} done · {log.tokens:,} tokens · {text.duration(log.seconds)}. The best epoch and the test "
            "results are shown at the end.",
        )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def figures(training: Training) -> None:
    """Test loss before and after, and what training took."""
    tested, log = training.tested, training.log
    loss = tested.losses
    shown = {"Test loss ↓": (f"{loss.mean:.4f} ± {loss.standard_error:.4f}", training_words.TEST_LOSS_HELP)}
    if tested.start_losses is not None:
        start = tested.start_losses
        found = Gain.of(start.values, loss.values)
        shown["Before training"] = (f"{start.mean:.4f} ± {start.standard_error:.4f}", training_words.BEFORE_HELP)
        shown["Change"] = (f"{found.change.mean:+.4f}", training_words.CHANGE_HELP)
        shown["Improved samples"] = (f"{found.improved:.0%}", training_words.HELPED_HELP)
    blocks.metrics(shown)
    pace, cores = _pace(training)
    blocks.metrics(
        {
            "Tokens": (text.count(log.tokens), training_words.TOKENS_HELP),
            "Training time": (text.duration(log.seconds), "Wall-clock time, validation included"),
            "Tokens / s / core": (pace, f"{training_words.PACE_HELP} Here: {cores}."),
            "Trained weights": (_trained(log), training_words.TRAINED_HELP),
        }
    )


def _trained(log: TrainingLog) -> str:
    million = f"{log.parameters / 1e6:.3g} M"
    return f"all {million}" if log.trained == log.parameters else f"{log.trained / 1e6:.2g} M of {million}"


def _pace(training: Training) -> tuple[str, str]:
    log = training.log
    if log.device != "processor":
        return f"{log.tokens_per_second:,.0f}", f"per second on {text.escape(log.device)}"
    known = training.machine.get("threads", training.machine.get("cores", ""))
    cores = 1 if runs_on_one_thread(log.parameters) else int(known) if known.isdecimal() else 1
    return f"{log.tokens_per_second / cores:,.0f}", _counted(cores, "core")


def rankings(training: Training, ref: DatasetRef) -> None:
    """HR and NDCG, with those of ranking by popularity and of random ranking; nothing where nothing was ranked."""
    tested = training.tested
    if tested.rankings is None or tested.popularity is None:
        return
    negatives = int(training.measure["negatives"])
    among = {"Whole catalogue": ("full", ref.counts["items"]), f"{negatives} negatives": ("sampled", negatives + 1)}
    help_ = "All items of the catalogue, or the target and a random sample of items that are not in the history."
    which, size = among[widgets.choice("Ranked among", among, key="ranked_among", help=help_)]
    _ranked(tested.rankings, tested.popularity, which, size)


def _ranked(mine: Rankings, popular: Rankings, which: str, size: int) -> None:
    positions, by_count = getattr(mine, which), getattr(popular, which)
    guess = RankPositions(np.array([0]), np.array([size - 1]))
    kinds = {"HR": 0, "NDCG": 1}
    rows = []
    for name, kind in kinds.items():
        for cutoff in CUTOFFS:
            own, other = sample_gains(positions, cutoff)[kind], sample_gains(by_count, cutoff)[kind]
            beside = crossed_mean((own - other)[None])
            low, high = beside.interval()
            guessed = float(sample_gains(guess, cutoff)[kind][0])
            means = own.mean(), _error(own), other.mean(), guessed
            rows.append((f"{name}@{cutoff}", *means, beside.mean, low, high))
    columns = ["Metric", "This training", "±", "Popularity", "Random", "Minus popularity", "from", "to"]
    table = pd.DataFrame(rows, columns=pd.Index(columns))
    groups = [
        charts.Measured("This training", table["This training"].to_numpy(), _Z95 * table["±"].to_numpy()),
        charts.Measured("Popularity", table["Popularity"].to_numpy()),
        charts.Measured("Random", table["Random"].to_numpy()),
    ]
    blocks.chart(
        charts.grouped_bars(list(table["Metric"]), groups, title="HR or NDCG", percent=True),
        key=f"rankings_{which}",
        alt=f"HR and NDCG at 5, 10 and 20 of {len(mine.rows)} samples, compared with popularity and random ranking.",
        table=table,
        note=f"{len(mine.rows):,} test samples, ranked among {size:,} items. Lines: 95 % intervals. Popularity ranks "
        "by training interactions; ties share their rank.",
    )
    ten = table.set_index("Metric").loc["HR@10"]
    beaten = "lower than that of popularity" if ten["to"] < 0 else "not significantly different from popularity"
    verdict = "higher than that of popularity" if ten["from"] > 0 else beaten
    st.markdown(
        f"HR@10 is **{verdict}**: {ten['Minus popularity']:+.2%} (95 % interval {ten['from']:+.2%} to "
        f"{ten['to']:+.2%}), paired by sample.",
        help=f"{training_words.HR_HELP}\n\n{training_words.NDCG_HELP}",
    )


def _error(values: FloatArray) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else float("nan")


def choices(training: Training, answers: Choices) -> None:
    """AUC, log loss, accuracy and calibration of Yes-or-No answers."""
    metrics = training.metrics
    popular = metrics.get("popularity_auc")
    beside = "" if popular is None else f" Ranking by popularity gives {popular:.4f}."
    blocks.metrics(
        {
            "AUC ↑": (f"{metrics['auc']:.4f}", f"{training_words.AUC_HELP}{beside}"),
            "Log loss ↓": (f"{metrics['log_loss']:.4f}", training_words.LOG_LOSS_HELP),
            "Accuracy ↑": (f"{metrics['accuracy']:.1%}", training_words.ACCURACY_HELP),
            "Calibration error ↓": (f"{metrics['ece']:.4f}", training_words.ECE_HELP),
        }
    )
    if popular is not None:
        st.caption(f"AUC of popularity: {popular:.4f} · of random answers: 0.5000 · {len(answers.rows):,} test samples")
    bins = calibration(answers)
    ends = {"from": bins.edges[:-1], "to": bins.edges[1:], "samples": bins.counts}
    shares = {"mean P(Yes)": bins.chances, "share of Yes": bins.shares, "low": bins.low, "high": bins.high}
    blocks.chart(
        reliability_diagram(bins),
        key="calibration",
        alt=f"Share of Yes over P(Yes) in ten bins; expected calibration error {metrics['ece']:.3f}.",
        table=pd.DataFrame(ends | shares),
        note="On the diagonal, P(Yes) equals the share of Yes; below it, P(Yes) is too high.",
    )
