"""A finished training on the page: what it is worth on the test, how it went, how well it ranks or answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.evaluation.crossed import crossed_mean
from goracs_core.ranking import CUTOFFS, RankPositions, sample_gains
from goracs_core.torch_threads import runs_on_one_thread
from pages._ui import blocks, text, training_words
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.evaluation.crossed import CrossedMean
    from goracs_core.jobs.train.record import Training
    from goracs_core.llm.tuning.outcomes import Choices, Rankings, TrainingLog
    from goracs_core.types import FloatArray

_Z95 = 1.959963984540054


def figures(training: Training) -> None:
    """Test loss before and after, and what training took."""
    tested, log = training.tested, training.log
    loss = tested.losses
    shown = {"Test loss ↓": (f"{loss.mean:.4f} ± {loss.standard_error:.4f}", training_words.TEST_LOSS_HELP)}
    if tested.start_losses is not None:
        start = tested.start_losses
        change = crossed_mean((loss.values - start.values)[None])
        shown["Before training"] = (f"{start.mean:.4f} ± {start.standard_error:.4f}", training_words.BEFORE_HELP)
        shown["Change"] = (f"{change.mean:+.4f}", f"{training_words.CHANGE_HELP}\n\nHere: {_interval(change)}.")
        helped = float((loss.values < start.values).mean())
        shown["Samples it helped"] = (f"{helped:.0%}", training_words.HELPED_HELP)
    blocks.metrics(shown, per_row=4)
    if tested.start_losses is not None:
        st.markdown(_reading(crossed_mean((loss.values - tested.start_losses.values)[None])))
    pace, cores = _pace(training)
    blocks.metrics(
        {
            "Tokens": (text.count(log.tokens), training_words.TOKENS_HELP),
            "Training": (text.duration(log.seconds), "Seconds of training, the validation samples included"),
            "Tokens / s / core": (pace, f"{training_words.PACE_HELP} Here: {cores}."),
            "Trained weights": (_trained(log), training_words.TRAINED_HELP),
        },
        per_row=4,
    )  # fmt: skip
    for note in log.notes:
        st.info(text.escape(note), icon=":material/info:")


def _trained(log: TrainingLog) -> str:
    million = f"{log.parameters / 1e6:.3g} M"
    return f"all {million}" if log.trained == log.parameters else f"{log.trained / 1e6:.2g} M of {million}"


def _interval(mean: CrossedMean, digits: int = 4) -> str:
    low, high = mean.interval()
    return f"{mean.mean:+.{digits}f} nats, 95 % interval {low:+.{digits}f} to {high:+.{digits}f}"


def _reading(change: CrossedMean) -> str:
    low, high = change.interval()
    if high < 0:
        said = "**Training lowered the test loss**"
    elif low > 0:
        said = "**Training raised the test loss**"
    else:
        said = "**The change of the test loss is not significant** on these samples"
    return f"{said}: {_interval(change)}, over {change.samples:,} test samples with one seed."


def _pace(training: Training) -> tuple[str, str]:
    log = training.log
    if log.device != "processor":
        return f"{log.tokens_per_second:,.0f}", f"per second on {text.escape(log.device)}"
    known = training.machine.get("threads", training.machine.get("cores", ""))
    cores = 1 if runs_on_one_thread(log.parameters) else int(known) if known.isdecimal() else 1
    return f"{log.tokens_per_second / cores:,.0f}", f"{cores} core{'s' if cores > 1 else ''}"


def course(training: Training, second: Training | None) -> None:
    """How the loss fell, and the other training's curve over it."""
    import pandas as pd

    from goracs_core.charts import training as charts

    logs = {"this one": training.log} | ({} if second is None else {"the other one": second.log})
    table = pd.DataFrame([
        {"training": name, "epoch": epoch.epoch, "step": epoch.step, "training loss": epoch.loss,
         "validation loss": epoch.validation_loss}
        for name, log in logs.items() for epoch in log.epochs
    ])  # fmt: skip
    log = training.log
    kept = f"epoch {log.best_epoch}" if log.best_epoch else "the model as it was before"
    blocks.chart(
        charts.loss_curve(logs), key="training_curve", table=table,
        alt=f"Training and validation loss over {log.epochs[-1].step} steps; {kept} was kept.",
        note=f"Kept: {kept}. It stopped because {text.escape(log.stopped)}. Diamonds: mean loss of the watched "
        "validation samples; before training and after each epoch.",
    )  # fmt: skip
    if second is not None:
        st.markdown(_beside(training, second))


def _beside(training: Training, second: Training) -> str:
    """The paired difference of two trainings on the test samples that both measured."""
    first, other = training.tested.losses, second.tested.losses
    rows, mine, theirs = np.intersect1d(first.rows, other.rows, assume_unique=True, return_indices=True)
    if len(rows) < 2:
        return "The two trainings were tested on different samples, so that they cannot be compared."
    if training.recommender is not second.recommender:
        return "The two recommenders have losses of their own, which cannot be compared; compare HR and NDCG."
    difference = crossed_mean((first.values[mine] - other.values[theirs])[None])
    low, high = difference.interval()
    said = (
        "no clear difference" if low <= 0 <= high else "this one is better" if high < 0 else "the other one is better"
    )
    return f"**Beside the other one**: {said} ({_interval(difference)}, paired over {len(rows):,} test samples)."


def rankings(training: Training, ref: DatasetRef) -> None:
    """HR and NDCG beside popularity and guessing."""
    tested = training.tested
    if tested.rankings is None or tested.popularity is None:
        st.caption("Nothing was ranked: give a number of ranked test samples for HR and NDCG.")
        return
    negatives = int(training.measure["negatives"])
    among = {"Whole catalogue": ("full", ref.counts["items"]), f"{negatives} negatives": ("sampled", negatives + 1)}
    chosen = st.segmented_control(
        "Ranked among", list(among), default="Whole catalogue", required=True, key="ranked_among",
        help="The whole catalogue, or the right item and its own draw of other items, none of them in the history.",
    )  # fmt: skip
    which, size = among[str(chosen)] if chosen in among else among["Whole catalogue"]
    _ranked(tested.rankings, tested.popularity, which, size)


def _ranked(mine: Rankings, popular: Rankings, which: str, size: int) -> None:
    import pandas as pd

    from goracs_core.charts import training as charts

    positions, by_count = getattr(mine, which), getattr(popular, which)
    guess = RankPositions(np.array([0]), np.array([size - 1]))
    kinds = {"HR": 0, "NDCG": 1}
    rows = []
    for name, kind in kinds.items():
        for cutoff in CUTOFFS:
            own, other = sample_gains(positions, cutoff)[kind], sample_gains(by_count, cutoff)[kind]
            beside = crossed_mean((own - other)[None])
            low, high = beside.interval()
            rows.append({
                "Metric": f"{name}@{cutoff}", "This training": own.mean(), "±": _error(own),
                "Popularity": other.mean(), "Guessing": float(sample_gains(guess, cutoff)[kind][0]),
                "Above popularity": beside.mean, "from": low, "to": high,
            })  # fmt: skip
    table = pd.DataFrame(rows)
    groups = [
        charts.Measured("This training", table["This training"].to_numpy(), _Z95 * table["±"].to_numpy()),
        charts.Measured("Popularity", table["Popularity"].to_numpy()),
        charts.Measured("Guessing", table["Guessing"].to_numpy()),
    ]
    blocks.chart(
        charts.grouped_bars(list(table["Metric"]), groups, title="Share, or mean gain", percent=True),
        key=f"rankings_{which}", table=table,
        alt=f"HR and NDCG at 5, 10 and 20 beside ranking by popularity and guessing, over {len(mine.rows)} samples.",
        note=f"{len(mine.rows):,} test samples, ranked among {size:,} items. Lines: 95 % intervals. Popularity ranks "
        "by training interactions; ties share their places.",
    )  # fmt: skip
    ten = table.set_index("Metric").loc["HR@10"]
    verdict = "better than popularity" if ten["from"] > 0 else "worse than popularity" if ten["to"] < 0 else (
        "not clearly different from popularity")  # fmt: skip
    st.markdown(
        f"HR@10 is **{verdict}**: {ten['Above popularity']:+.2%} (95 % interval {ten['from']:+.2%} to "
        f"{ten['to']:+.2%}), sample by sample.",
        help=f"{training_words.HR_HELP}\n\n{training_words.NDCG_HELP}",
    )  # fmt: skip


def _error(values: FloatArray) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else float("nan")


def choices(training: Training, answers: Choices) -> None:
    """AUC, log loss, accuracy and calibration of Yes-or-No answers."""
    import pandas as pd

    from goracs_core.charts.calibration import reliability_diagram
    from goracs_core.evaluation.choices import calibration

    metrics = training.metrics
    popular = metrics.get("popularity_auc")
    beside = "" if popular is None else f" Ranking by the item's popularity gives {popular:.4f}."
    blocks.metrics(
        {
            "AUC ↑": (f"{metrics['auc']:.4f}", f"{training_words.AUC_HELP}{beside}"),
            "Log loss ↓": (f"{metrics['log_loss']:.4f}", training_words.LOG_LOSS_HELP),
            "Accuracy ↑": (f"{metrics['accuracy']:.1%}", training_words.ACCURACY_HELP),
            "Calibration error ↓": (f"{metrics['ece']:.4f}", training_words.ECE_HELP),
        },
        per_row=4,
    )
    if popular is not None:
        st.caption(f"AUC of popularity alone: {popular:.4f} · of guessing: 0.5000 · {len(answers.rows):,} test samples")
    bins = calibration(answers)
    table = pd.DataFrame({
        "from": bins.edges[:-1], "to": bins.edges[1:], "samples": bins.counts, "mean P(Yes)": bins.chances,
        "share of Yes": bins.shares, "low": bins.low, "high": bins.high,
    })  # fmt: skip
    blocks.chart(
        reliability_diagram(bins), key="calibration", table=table,
        alt=f"Share of Yes over P(Yes) in ten bins; expected calibration error {metrics['ece']:.3f}.",
        note="On the diagonal, chances mean what they say; below it, Yes was promised too often.",
    )  # fmt: skip
