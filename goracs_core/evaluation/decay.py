"""What decayed validation weights change in the choice itself, before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.overlap import jaccard
from goracs_core.objective import Problem, poo
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray, readonly

LATE_SHARE = 0.25


@dataclass(frozen=True)
class DecayPoint:
    """A coreset chosen under one half-life.

    Args:
        half_life: Days; None: all validation samples alike.
        jaccard: Overlap with the coreset of no decay.
        poo, transport_term, gradient_term: With all validation samples alike, whatever it was chosen under.
        late_term: Transport term to the late samples alone, on the same scale.
        effective: Validation samples that the weights amount to, (sum w)^2 / sum w^2.
    """

    half_life: float | None
    jaccard: float
    poo: float
    transport_term: float
    gradient_term: float
    late_term: float
    effective: float


def late_part(problem: Problem, times: FloatArray, share: float = LATE_SHARE) -> Problem:
    """The problem of the latest `share` of its validation samples, on the same scales.

    Raises:
        ConfigError: A share that is not a part of 1.
    """
    if not 0 < share < 1:
        raise ConfigError(
            f"the late share of the validation is {share:g}, but it must lie between 0 and 1; try 0.25",
            code="bad-share",
            fields={"share": share},
        )
    count = max(1, round(share * len(times)))
    latest = np.sort(np.argsort(times, kind="stable")[-count:])
    return problem.take(np.arange(problem.num_pool), latest)


def on_other_validation(problem: Problem, validation: AnyFloatArray) -> Problem:
    """The problem with other validation samples, all alike, on the same scales.

    Args:
        problem: Pool and scales.
        validation: Embeddings; shape [m', d].
    """
    weights = np.full(len(validation), 1.0 / len(validation))
    return replace(
        problem,
        validation=readonly(validation, validation.dtype),
        validation_weights=readonly(weights, np.float64),
        validation_labels=None,
        pool_labels=None,
    )


def decay_points(
    problem: Problem, late: Problem, chosen: Mapping[float | None, IndexArray], times: FloatArray, *, lambda_: float
) -> tuple[DecayPoint, ...]:
    """Measure coresets that were chosen under different half-lives; rising, no decay last.

    Args:
        problem: With all validation samples alike.
        late: The same pool and the samples that come late, from `late_part` or `on_other_validation`.
        chosen: Pool rows by half-life; None must be among them.
        times: Of the validation samples, seconds since 1970; shape [m].
        lambda_: Weight of the gradient term.

    Raises:
        ShapeError: Nothing was chosen without decay.
    """
    if None not in chosen:
        raise ShapeError("coresets with decay are compared with one without, but there is none", code="no-reference")
    ages = (times.max() - times) / 86_400.0
    points = []
    for half_life, rows in sorted(chosen.items(), key=lambda item: math.inf if item[0] is None else item[0]):
        weights = np.ones(len(ages)) if half_life is None else 0.5 ** (ages / half_life)
        value = poo(problem, rows, lambda_)
        points.append(
            DecayPoint(
                half_life=half_life,
                jaccard=jaccard(rows, chosen[None]),
                poo=value.value,
                transport_term=value.transport_term,
                gradient_term=value.gradient_term,
                late_term=poo(late, rows, 0.0).transport_term,
                effective=float(weights.sum() ** 2 / (weights @ weights)),
            )
        )
    return tuple(points)
