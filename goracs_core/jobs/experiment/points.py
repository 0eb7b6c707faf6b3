"""From an experiment to points: coresets with what was known before training, and the test loss measured after."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from goracs_core.evaluation.proxy import ProxyPoints
from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.train.record import WHOLE_POOL

PROXY_PREFIX = "proxy:"
_NEEDED = ("transport_term", "gradient_term", "test_loss")


def proxy_points(experiment: Experiment) -> ProxyPoints:
    """The finished entries as points; the whole pool is no coreset and is left out.

    Whatever predicts comes from pool and validation alone: the terms of POO and the entries' "proxy:NAME" values.

    Args:
        experiment: As far as it came.
    """
    return points_of(tuple(entry for entry in experiment.entries if _counts(experiment, entry)))


def points_of(entries: tuple[Entry, ...]) -> ProxyPoints:
    """Entries as points, in their order; each needs its terms and its test loss."""
    names = dict.fromkeys(
        name.removeprefix(PROXY_PREFIX) for entry in entries for name in entry.values if name.startswith(PROXY_PREFIX)
    )
    return ProxyPoints(
        arms=tuple(entry.arm for entry in entries),
        budgets=np.array([entry.budget for entry in entries], np.int64),
        seeds=np.array([entry.seed for entry in entries], np.int64),
        transport=_column(entries, "transport_term"),
        gradient=_column(entries, "gradient_term"),
        loss=_column(entries, "test_loss"),
        loss_error=_column(entries, "test_loss_se"),
        others={name: _column(entries, PROXY_PREFIX + name) for name in names},
        runs=tuple(entry.run for entry in entries),
        trainings=tuple(entry.training for entry in entries),
    )


def whole_pool_loss(experiment: Experiment) -> float | None:
    """Mean test loss of training on the whole pool, over its seeds; None where that was not tried or is not done."""
    whole = (entry for entry in experiment.entries if experiment.arm(entry.arm).method == WHOLE_POOL)
    losses = [entry.values["test_loss"] for entry in whole if entry.done and _is_known(entry, "test_loss")]
    return float(np.mean(losses)) if losses else None


def start_loss(experiment: Experiment) -> float | None:
    """Test loss before any training; None where nothing is done or the model starts from random weights."""
    known = (entry.values["start_loss"] for entry in experiment.entries if _is_known(entry, "start_loss"))
    return next(known, None)


def was_undone(entry: Entry) -> bool:
    """Whether no epoch of the training lowered the validation loss.

    It then keeps the model as it was before, so that its test loss is that before training, to the last digit.
    """
    return entry.done and _is_known(entry, "start_loss") and entry.values["start_loss"] == entry.values.get("test_loss")


def undone(experiment: Experiment) -> str | None:
    """How many trainings were undone, in a sentence; None where none was."""
    done = [entry for entry in experiment.entries if entry.done and _is_known(entry, "start_loss")]
    kept = [entry for entry in done if was_undone(entry)]
    if not kept:
        return None
    all_of, undone_of = Counter(entry.arm for entry in done), Counter(entry.arm for entry in kept)
    arms = ", ".join(f"{arm} ({count} of {all_of[arm]})" for arm, count in undone_of.items())
    return (
        f"In {len(kept)} of {len(done)} trainings no epoch lowered the loss on validation; they were undone and have "
        f"the test loss before training: {arms}."
    )


def _counts(experiment: Experiment, entry: Entry) -> bool:
    whole = experiment.arm(entry.arm).method == WHOLE_POOL
    return entry.done and not whole and all(_is_known(entry, name) for name in _NEEDED)


def _is_known(entry: Entry, name: str) -> bool:
    return math.isfinite(entry.values.get(name, math.nan))


def _column(entries: tuple[Entry, ...], name: str) -> np.ndarray:
    return np.array([entry.values.get(name, math.nan) for entry in entries], np.float64)
