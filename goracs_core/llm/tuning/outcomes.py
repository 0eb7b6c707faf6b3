"""What a training did, and what the trained recommender is worth on test samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.ranking import RankPositions
from goracs_core.types import FloatArray, IndexArray, protect


@dataclass(frozen=True)
class Epoch:
    """One pass over the coreset.

    Args:
        epoch: 1 for the first; 0 stands for the model before training, whose `loss` is NaN.
        step: Optimiser steps so far.
        loss: Mean training loss of the pass, in nats.
        validation_loss: Mean loss on the watched validation samples afterwards, in nats.
    """

    epoch: int
    step: int
    loss: float
    validation_loss: float


@dataclass
class TrainingState:
    """How far a training has come, after a finished epoch.

    Args:
        epochs: Before training, then after each pass.
        steps: Pairs (step, loss); every `stride`-th step.
        stride: Steps from one kept loss to the next.
        step: Optimiser steps so far.
        best_epoch: The pass whose weights are kept.
        tokens: Tokens that were trained on.
        seconds: Spent so far, over all sittings.
    """

    epochs: list[Epoch] = field(default_factory=list)
    steps: list[tuple[int, float]] = field(default_factory=list)
    stride: int = 1
    step: int = 0
    best_epoch: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class TrainingLog:
    """How a training went.

    Args:
        epochs: Before training, then after each pass.
        steps: Loss of each step so far (of long trainings every n-th): pairs (step, loss).
        best_epoch: The pass whose weights were kept.
        stopped: Why training ended, as a sentence part.
        tokens: Tokens that went through the model in training, padding not counted.
        seconds: Of training, validation included.
        parameters: Weights of the model.
        trained: Weights that were trained.
        device: "processor", or the GPU's name.
        notes: Sentences to show beside the result, such as answers that were too long.
    """

    epochs: tuple[Epoch, ...]
    steps: tuple[tuple[int, float], ...]
    best_epoch: int
    stopped: str
    tokens: int
    seconds: float
    parameters: int
    trained: int
    device: str
    notes: tuple[str, ...] = ()

    @property
    def tokens_per_second(self) -> float:
        """Training throughput, validation included."""
        return self.tokens / self.seconds if self.seconds > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class SampleLosses:
    """Loss of test samples.

    Args:
        rows: Rows of the test; shape [q].
        values: Loss in nats, a mean over each sample's own tokens; shape [q].
        seconds: That measuring took.
    """

    rows: IndexArray
    values: FloatArray
    seconds: float = 0.0

    def __post_init__(self) -> None:
        protect(self, rows=np.int64, values=np.float64)
        _check_lengths(len(self.rows), self.values)
        if not np.isfinite(self.values).all():
            raise ShapeError("test losses must be finite", code="not-finite")

    @property
    def mean(self) -> float:
        """Mean over the samples."""
        return float(self.values.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of the mean: how far it would move with other test samples; NaN for one sample."""
        count = len(self.values)
        return float(self.values.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")


@dataclass(frozen=True, eq=False)
class Rankings:
    """Where the right items of test samples stand.

    Args:
        rows: Rows of the test; shape [q].
        full: Among the whole catalogue.
        sampled: Among the right item and its sampled negatives.
        written: What the recommender wrote first for each sample, as text; length q, or empty where it writes nothing
            that can be read.
        seconds: That ranking took.
    """

    rows: IndexArray
    full: RankPositions
    sampled: RankPositions
    written: tuple[str, ...] = ()
    seconds: float = 0.0

    def __post_init__(self) -> None:
        protect(self, rows=np.int64)
        _check_lengths(len(self.rows), self.full, self.sampled, *((self.written,) if self.written else ()))


@dataclass(frozen=True, eq=False)
class Choices:
    """Answers to Yes-or-No questions.

    Args:
        rows: Rows of the test; shape [q].
        chances: P(Yes) against No; shape [q].
        labels: 1 yes, 0 no; shape [q].
    """

    rows: IndexArray
    chances: FloatArray
    labels: IndexArray

    def __post_init__(self) -> None:
        protect(self, rows=np.int64, chances=np.float64, labels=np.int64)
        _check_lengths(len(self.rows), self.chances, self.labels)


@dataclass(frozen=True, eq=False)
class Tested:
    """Everything measured of one trained recommender on the test.

    Args:
        losses: Test loss, of every recommender.
        start_losses: Of the same samples before training; None where the model starts from random weights.
        rankings: HR and NDCG; None where nothing was ranked.
        popularity: The same samples ranked by mere popularity; None where nothing was ranked.
        choices: Click prediction only.
        popularity_scores: Popularity of the item asked about, as a score for click prediction; shape [q], or None.
    """

    __test__ = False  # the name begins with Test, but pytest has nothing to collect here

    losses: SampleLosses
    start_losses: SampleLosses | None = None
    rankings: Rankings | None = None
    popularity: Rankings | None = None
    choices: Choices | None = None
    popularity_scores: FloatArray | None = None


def _check_lengths(length: int, *columns: object) -> None:
    if any(len(column) != length for column in columns):  # pyright: ignore[reportArgumentType]
        message = f"outcomes of {length} samples need {length} entries in every column"
        raise ShapeError(message, code="columns-unequal", fields={"samples": length})
