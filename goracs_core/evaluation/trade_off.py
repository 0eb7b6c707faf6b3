"""Selection time against training time: when is choosing a coreset the faster way?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.scaling import LEVEL, Interval


@dataclass(frozen=True)
class TradeOff:
    """Choosing k samples and fine-tuning on them, against fine-tuning on the whole pool.

    Args:
        features: Seconds of embeddings and gradient norms; 0 where unknown.
        select: Seconds of the selection.
        tune_coreset: Seconds of fine-tuning on the coreset.
        tune_pool: Seconds of fine-tuning on the whole pool.
        break_even: Training seconds per sample and epoch above which choosing is the faster way; inf when the coreset
            is the whole pool.
    """

    features: float
    select: Interval
    tune_coreset: Interval
    tune_pool: Interval
    break_even: float

    @property
    def saved(self) -> Interval:
        """Seconds that choosing saves; negative when it costs more than it saves."""
        tune = self.tune_pool, self.tune_coreset
        return Interval(
            tune[0].expected - tune[1].expected - self.features - self.select.expected,
            tune[0].low - tune[1].low - self.features - self.select.high,
            tune[0].high - tune[1].high - self.features - self.select.low,
        )


def trade_off(
    select: Interval, per_sample: Interval, *, num_pool: int, budget: int, epochs: float, features: float = 0.0
) -> TradeOff:
    """Weigh selection time against training time.

    Args:
        select: Seconds of the selection.
        per_sample: Training seconds per sample and epoch.
        num_pool: n.
        budget: k.
        epochs: How often fine-tuning goes through its samples.
        features: Seconds of embeddings and gradient norms.

    Raises:
        ConfigError: A budget that is not between 1 and the pool, or epochs that are not above 0.
    """
    if not 1 <= budget <= num_pool:
        raise ConfigError(
            f"the budget is {budget}, but it must lie between 1 and the pool's {num_pool} samples",
            code="budget-out-of-range",
            fields={"budget": budget, "pool": num_pool},
        )
    if not np.isfinite(epochs) or epochs <= 0:
        raise ConfigError(
            f"epochs are {epochs}, but fine-tuning needs a number above 0", code="bad-epochs", fields={"epochs": epochs}
        )

    def tune(samples: int) -> Interval:
        passes = samples * epochs
        return Interval(passes * per_sample.expected, passes * per_sample.low, passes * per_sample.high)

    spared = (num_pool - budget) * epochs
    break_even = (features + select.expected) / spared if spared else float("inf")
    return TradeOff(features, select, tune(budget), tune(num_pool), break_even)


def mean_interval(values: ArrayLike, *, level: float = LEVEL) -> Interval:
    """Mean with its confidence interval by Student's t, never below 0; one value alone has no width.

    Raises:
        ShapeError: No values, or one that is not finite.
    """
    found = np.asarray(values, np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise ShapeError("a mean needs at least one value, and finite ones only", code="no-values")
    mean = float(found.mean())
    if len(found) == 1:
        return Interval(mean, mean, mean)
    width = float(stdtrit(len(found) - 1, (1 + level) / 2) * found.std(ddof=1) / np.sqrt(len(found)))
    return Interval(mean, max(mean - width, 0.0), mean + width)
