"""Examples that are worked on a few made-up numbers, where a run or the demo has none; computed, not written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from goracs_core.evaluation.choices import auc
from pages._ui.score_words import words

if TYPE_CHECKING:
    from goracs_core.scores import ScoreTrace

_CHANCES, _LABELS = np.array([0.9, 0.7, 0.4, 0.2]), np.array([1, 0, 1, 0])  # P(Yes) of four samples, and the truth
_TOLD = "P(Yes) 0.9, 0.7, 0.4, 0.2 for Yes, No, Yes, No"
_GUESS = np.array([0.7, 0.2, 0.1])  # what a model predicts where the first token is right
_GUESSED = "prediction (0.7, 0.2, 0.1), first token right"


def example(key: str, scores: ScoreTrace | None) -> tuple[str, str]:
    """Value and note.

    Args:
        key: Of the glossary.
        scores: Of the shown run, which has numbers of its own for what it ranked by.
    """
    if scores is not None and key in scores.columns:
        values = scores.columns[key]
        shape = words(key).format.removeprefix("%")
        return format(float(np.median(values)), shape), "median over the pool, in the shown run"
    if scores is not None and key == "stratum" and len(scores.strata):
        return f"{int(scores.strata.max()) + 1}", "strata in the shown run"
    return _WORKED[key]


def _influence() -> tuple[str, str]:
    gradient, mean, curvature, count = 2.0, 0.1, 4.25, 10
    value = gradient * mean / curvature / count**2
    return f"{value:.2e}", "∇L(s) = 2, mean gradient 0.1, damped H = 4.25, n = 10"


def _calibration() -> float:
    return float(np.abs(_CHANCES - _LABELS).mean())  # each of the four chances has a bin of its own


_WORKED: dict[str, tuple[str, str]] = {
    "influence_score": _influence(),
    "effort_score": (f"{np.linalg.norm([3.0, 4.0]):.1f}", "gradient (3, 4); in runs of GORACS: the gradient norm"),
    "overall_score": (f"{0.5 + 0.3 * 0.8:.2f}", "scaled influence 0.5, scaled effort 0.8, effort weight 0.3"),
    "stratum": (f"{min(12, 40 // 5)}", "drawn from 12 samples with 40 of the budget and 5 strata left"),
    "el2n": (f"{np.linalg.norm(_GUESS - np.array([1.0, 0.0, 0.0])):.3f}", _GUESSED),
    "entropy": (f"{-(_GUESS * np.log(_GUESS)).sum():.3f}", _GUESSED),
    "grand": (f"{np.mean([4.8, 5.1, 5.4]):.1f}", "norms 4.8, 5.1, 5.4 at three initializations"),
    "spread_score": (f"{0.6 + 0.5 * np.exp(-1.0):.3f}", "own difficulty 0.6, one neighbor of 0.5 at γd = 1"),
    "auc": (f"{auc(_CHANCES, _LABELS):.2f}", _TOLD),
    "log_loss": (f"{-np.log(np.where(_LABELS == 1, _CHANCES, 1 - _CHANCES)).mean():.3f}", _TOLD),
    "accuracy": (f"{((_CHANCES > 0.5) == (_LABELS == 1)).mean():.0%}", _TOLD),
    "ece": (f"{_calibration():.2f}", _TOLD),
    "smoothness": (f"{np.linalg.eigvalsh([[3.0, 1.0], [1.0, 3.0]]).max():.0f}", "Hessian (3, 1; 1, 3)"),
    "overshoot": (f"{0.3 / 0.5 / (2 / 4):.1f}", "step 0.3, gradient 0.5, largest eigenvalue 4"),
    "half_life": (f"{2.0 ** (-28 / 14):.2f}", "weight of a sample 28 days old, half-life 14 days"),
}
