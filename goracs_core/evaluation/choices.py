"""How good answers to Yes-or-No questions are: order, chances, decisions, and whether chances mean what they say.

The bins are cut here: scikit-learn's `calibration_curve` leaves out empty bins and tells neither counts nor intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.llm.tuning.outcomes import Choices
from goracs_core.types import FloatArray, IndexArray, readonly

_CERTAIN = 1e-12  # chances nearer to 0 or 1 count as this near: one confident mistake must not cost infinitely much
_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Calibration:
    """Chances beside what came true, in bins of equal width from 0 to 1; shapes [bins].

    Args:
        edges: Where bins begin and end; shape [bins + 1]. A chance on an edge falls into the upper bin, 1 into the
            last.
        counts: Samples per bin.
        chances: Mean P(Yes) of the bin's samples; NaN where there are none.
        shares: Share of them that is Yes; NaN where there are none.
        low, high: 95 % interval of the share, by Wilson's score; NaN where there are none.
    """

    edges: FloatArray
    counts: IndexArray
    chances: FloatArray
    shares: FloatArray
    low: FloatArray
    high: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", readonly(self.counts, np.int64))
        for name in ("edges", "chances", "shares", "low", "high"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))

    @property
    def error(self) -> float:
        """Expected calibration error: mean |share of Yes - mean P(Yes)| over the samples; NaN without any."""
        filled = self.counts > 0
        if not filled.any():
            return float("nan")
        gaps = np.abs(self.shares[filled] - self.chances[filled])
        return float((self.counts[filled] * gaps).sum() / self.counts.sum())


def choice_metrics(choices: Choices) -> dict[str, float]:
    """What the answers are worth; NaN where nothing can be said.

    Returns:
        `auc`: see `auc`. `log_loss`: mean of -log of the right answer's chance, in nats. `accuracy`: share of right
        answers when the likelier is given (Yes at one half). `ece`: expected calibration error over ten bins.
    """
    from sklearn.metrics import log_loss

    if not len(choices.rows):
        return dict.fromkeys(("auc", "log_loss", "accuracy", "ece"), float("nan"))
    both = np.clip(np.column_stack([1 - choices.chances, choices.chances]), _CERTAIN, 1)  # [q, 2]: No, Yes
    return {
        "auc": auc(choices.chances, choices.labels),
        "log_loss": float(log_loss(choices.labels, both, labels=[0, 1])),
        "accuracy": float(((choices.chances >= 0.5) == (choices.labels == 1)).mean()),
        "ece": calibration(choices).error,
    }


def auc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Share of (Yes, No) pairs in which the Yes has the higher score; equal scores count one half.

    Args:
        scores: Any finite numbers; shape [q].
        labels: 1 yes, 0 no; shape [q].

    Returns:
        NaN where all labels are alike: there is no pair.

    Raises:
        ShapeError: Not as many labels as scores.
    """
    from sklearn.metrics import roc_auc_score

    values, yes = np.asarray(scores), np.asarray(labels) == 1
    if values.shape != yes.shape or values.ndim != 1:
        raise ShapeError(
            f"AUC needs one label per score, got shapes {values.shape} and {yes.shape}",
            code="labels-unequal",
            fields={"scores": values.shape, "labels": yes.shape},
        )
    return float(roc_auc_score(yes, values)) if yes.any() and not yes.all() else float("nan")


def calibration(choices: Choices, bins: int = 10) -> Calibration:
    """How often Yes came true where it was called how likely.

    Args:
        choices: Answers; none are allowed.
        bins: Of equal width.

    Raises:
        ConfigError: No bins.
    """
    if bins < 1:
        raise ConfigError(f"the calibration has {bins} bins; use 1 or more", code="too-few-bins", fields={"bins": bins})
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.searchsorted(edges, choices.chances, side="right") - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    yes = np.bincount(which, weights=choices.labels == 1, minlength=bins)
    filled = np.where(counts > 0, counts, np.nan)
    low, high = wilson_interval(yes.astype(np.int64), counts)
    return Calibration(
        edges, counts, np.bincount(which, weights=choices.chances, minlength=bins) / filled, yes / filled, low, high
    )


def wilson_interval(hits: IndexArray, counts: IndexArray) -> tuple[FloatArray, FloatArray]:
    """95 % interval of a share by Wilson's score, which stays within 0 and 1 and holds for few samples too.

    Args:
        hits: How often it was so; shape [bins].
        counts: Of how many; none give NaN; shape [bins].
    """
    from scipy.stats import binomtest

    ends = np.full((2, len(counts)), np.nan)
    for place in np.flatnonzero(counts):
        test = binomtest(int(hits[place]), int(counts[place]))
        ends[:, place] = test.proportion_ci(_LEVEL, method="wilson")
    return ends[0], ends[1]
