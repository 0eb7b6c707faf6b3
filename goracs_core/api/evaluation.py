"""`evaluate` and `verify`: a coreset beside random ones, and its values computed anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from goracs_core.api.coreset import Coreset
from goracs_core.api.options import heard
from goracs_core.checks import check_whole
from goracs_core.evaluation.at_random import random_terms
from goracs_core.evaluation.popularity import (
    MEASURES,
    PopularityMeasures,
    PopularityReport,
    RandomReference,
    popularity_report,
)
from goracs_core.jobs.select.verify import Verification, verify_selection
from goracs_core.progress import Progress, Report
from goracs_core.types import FloatArray

_TERMS = ("poo", "transport_term", "gradient_term")
_POPULARITY = (*MEASURES, "js_validation")
_POPULARITY_DRAWS, _LEVEL = 200, 0.95
_CORESET = "coreset"


@dataclass(frozen=True)
class BesideRandom:
    """One value of a coreset beside that of random coresets of the same size.

    Args:
        value: Of the coreset.
        mean: Over the random coresets.
        low, high: The interval that holds 95 % of them (percentiles; with few draws nearly the smallest and largest).
    """

    value: float
    mean: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.value:.6g} (random {self.mean:.6g}, {self.low:.6g} to {self.high:.6g})"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a coreset is worth beside random coresets of the same size.

    Args:
        poo, transport_term, gradient_term: The objective and its two terms; poo = transport_term - lambda *
            gradient_term.
        draws: Random coresets that the terms are compared with.
        popularity: Popularity bias with its own random coresets, or None without a dataset.
    """

    poo: BesideRandom
    transport_term: BesideRandom
    gradient_term: BesideRandom
    draws: int
    popularity: PopularityReport | None

    def to_frame(self) -> pd.DataFrame:
        """One line per measure: coreset, random_mean, random_low, random_high."""
        lines = {name: getattr(self, name) for name in _TERMS}
        if self.popularity is not None:
            own, chance = self.popularity.coresets[_CORESET], self.popularity.random_for(_CORESET)
            lines |= {name: _beside(own, chance, name) for name in _POPULARITY}
        return pd.DataFrame(
            {
                name: {"coreset": one.value, "random_mean": one.mean, "random_low": one.low, "random_high": one.high}
                for name, one in lines.items()
            }
        ).T

    def __repr__(self) -> str:
        terms = ", ".join(f"{name}={getattr(self, name)!r}" for name in _TERMS)
        return f"Evaluation({terms}, draws={self.draws}{'' if self.popularity is None else ', with popularity'})"


def evaluate(coreset: Coreset, *, random_draws: int = 20, progress: Progress | Report | None = None) -> Evaluation:
    """Set a coreset beside random coresets of the same size.

    Args:
        coreset: From `select`.
        random_draws: Random coresets, seeds 0, 1, ...; each takes one exact transport.
        progress: Called with stage, done, total and detail.

    Raises:
        ConfigError: Fewer than 2 draws.
    """
    check_whole("random_draws", random_draws, least=2)
    transport, gradient = random_terms(coreset.problem, len(coreset), draws=random_draws, progress=heard(progress))
    return Evaluation(
        poo=_interval(coreset.poo, transport - coreset.config.lambda_ * gradient),
        transport_term=_interval(coreset.transport_term, transport),
        gradient_term=_interval(coreset.gradient_term, gradient),
        draws=random_draws,
        popularity=_popularity(coreset),
    )


def verify(coreset: Coreset, *, progress: Progress | Report | None = None) -> Verification:
    """Compute POO anew by exact transport and the bound from the prices by NumPy, without the solver.

    Args:
        coreset: From `select`.
        progress: Called with stage, done, total and detail.

    Returns:
        `verified`, `reason` ("" when verified), the values as found (`poo`, `lower_bound`, `gap`, ...) and `claims`.
    """
    return verify_selection(coreset.problem, coreset.selection, progress=heard(progress))


def _interval(value: float, drawn: FloatArray) -> BesideRandom:
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return BesideRandom(value, float(drawn.mean()), float(low), float(high))


def _popularity(coreset: Coreset) -> PopularityReport | None:
    dataset = coreset.dataset
    if dataset is None:
        return None
    targets = dataset.pool.targets
    return popularity_report(
        dataset.items.popularity,
        {_CORESET: targets[coreset.indices]},
        pool=targets,
        validation=dataset.validation.targets,
        categories=dataset.items.categories,
        draws=_POPULARITY_DRAWS,
        level=_LEVEL,
    )


def _beside(own: PopularityMeasures, chance: RandomReference, name: str) -> BesideRandom:
    return BesideRandom(*(float(getattr(one, name)) for one in (own, chance.mean, chance.low, chance.high)))
