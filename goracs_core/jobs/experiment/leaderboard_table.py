"""The leaderboard as a table: one line per arm and budget with every metric, its spread and its test against random."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from goracs_core.evaluation.leaderboard import Line, Verdict, leaderboard
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.replicates import Metric, means, metrics_of, replicates
from goracs_core.types import IndexArray

# Values of the entries that are told as mean and spread over the seeds, without a test.
TOLD = (
    "poo", "transport_term", "gradient_term", "gap", "select_seconds", "train_seconds", "test_seconds", "tokens",
    "epochs", "arp", "head_share", "tail_share", "coverage", "gini",
)  # fmt: skip


def board(experiment: Experiment, metric: Metric, *, labels: IndexArray | None = None) -> tuple[Line, ...]:
    """The leaderboard of one metric; see `goracs_core.evaluation.leaderboard`."""
    found = replicates(experiment, metric.key, labels=labels)
    return leaderboard(found, smaller_is_better=metric.smaller_is_better)


def leaderboard_table(
    experiment: Experiment, metrics: Sequence[Metric] | None = None, *, labels: IndexArray | None = None
) -> pd.DataFrame:
    """One line per arm and budget, budgets rising, the best first by the first metric.

    Columns: arm, budget, seeds, test_samples; of each metric its mean, `_sd` over seeds, `_se` (seeds and test samples
    counted), and beside random at the same budget `_difference`, `_low` and `_high` (its 95 % interval), `_p`,
    `_p_corrected` (Holm) and `_verdict`; then mean and `_sd` over seeds of the entries' other values (see `TOLD`).

    Args:
        experiment: As far as it came.
        metrics: All that were measured where None.
        labels: Of all the dataset's test samples; without them there is no area under the ROC curve.
    """
    asked = metrics_of(experiment) if metrics is None else metrics
    boards = {metric.key: board(experiment, metric, labels=labels) for metric in asked if _can(metric, labels)}
    lines: dict[tuple[str, int], dict[str, object]] = {}
    for key, found in boards.items():
        for line in found:
            start = {"arm": line.arm, "budget": line.budget, "seeds": line.estimate.seeds,
                     "test_samples": line.estimate.samples}  # fmt: skip
            lines.setdefault((line.arm, line.budget), start).update(_columns(key, line))
    for name in TOLD:
        for place, (mean, spread) in means(experiment, name).items():
            if place in lines:
                lines[place] |= {name: mean, f"{name}_sd": spread}
    return pd.DataFrame(list(lines.values()))


def _can(metric: Metric, labels: IndexArray | None) -> bool:
    return metric.key != "auc" or labels is not None


def _columns(key: str, line: Line) -> dict[str, object]:
    found: dict[str, object] = {
        key: line.estimate.mean, f"{key}_sd": line.estimate.spread, f"{key}_se": line.estimate.standard_error,
    }  # fmt: skip
    one = line.difference
    known = (None,) * 6 if one is None else (
        one.estimate.mean, one.low, one.high, one.p_value, one.corrected, str(one.verdict)
    )  # fmt: skip
    names = ("difference", "low", "high", "p", "p_corrected", "verdict")
    return found | {f"{key}_{name}": value for name, value in zip(names, known, strict=True)}


def leaderboard_markdown(experiment: Experiment, metric: Metric, *, labels: IndexArray | None = None) -> str:
    """The leaderboard of one metric as a Markdown document: table, how to read it, how it was made."""
    lines = board(experiment, metric, labels=labels)
    told = {name: means(experiment, name) for name in ("poo", "gap", "select_seconds", "train_seconds")}
    head = (metric.label, "minus random (95 %)", "p (Holm)", "verdict", "POO", "gap", "select s", "train s", "seeds")
    rows = [f"| k | arm | {' | '.join(head)} |", f"|---:|---|{'---:|' * len(head)}"]
    for line in lines:
        place, one = (line.arm, line.budget), line.difference
        cells = [_plus_minus(line.estimate.mean, line.estimate.spread, metric.decimals)]
        if one is None:
            cells += ["", "", ""]
        else:
            digits = metric.decimals
            cells += [
                f"{one.estimate.mean:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})",
                f"{one.corrected:.3g}", "not significant" if one.verdict is Verdict.UNKNOWN else f"{one.verdict}",
            ]  # fmt: skip
        cells += [_plus_minus(*told["poo"].get(place, (math.nan, math.nan)), 4), _share(told["gap"].get(place))]
        cells += [_plus_minus(*told[name].get(place, (math.nan, math.nan)), 1)
                  for name in ("select_seconds", "train_seconds")]  # fmt: skip
        rows.append(f"| {line.budget:,} | {line.arm} | {' | '.join(cells)} | {line.estimate.seeds} |")
    samples = lines[0].estimate.samples if lines else 0
    notes = [
        "", f"Means over seeds ± their standard deviation over seeds; {samples} test samples. {metric.help} "
        "Differences to random at the same budget are paired by test sample and seed; their intervals count both test "
        "samples and seeds (with one seed the test samples alone); p-values are Holm's, over the arms of one budget.",
        "",
        f"Dataset {experiment.dataset_name} ({experiment.dataset_fingerprint[:8]}); {experiment.recommender}, "
        f"{experiment.model}; {experiment.done} of {len(experiment.entries)} trainings; "
        f"{', '.join(f'{name} {value}' for name, value in experiment.machine.items())}.",
        *experiment.notes, "", "```", experiment.command, "```", "",
    ]  # fmt: skip
    return "\n".join([*rows, *notes])


def _plus_minus(mean: float, spread: float, digits: int) -> str:
    if not math.isfinite(mean):
        return ""
    return f"{mean:.{digits}f}" + (f" ± {spread:.{digits}f}" if math.isfinite(spread) else "")


def _share(found: tuple[float, float] | None) -> str:
    return "" if found is None else f"{found[0]:.2%}"
