"""What trainings will take in seconds and bytes, told before they start; pages and command line show the same.

Two sources: an earlier training of the same model on the same data, or else the sizes alone. Measured on one thread of
a two-core machine with the small model; correct to a factor of about two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.data.sampling import evenly_spread
from goracs_core.data.store import load_dataset
from goracs_core.errors import GoracsError
from goracs_core.jobs.train.job import coreset_rows
from goracs_core.jobs.train.kind import TrainSpec
from goracs_core.jobs.train.record import TrainingSummary
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import (
    TITLES_MODEL,
    MeasureOptions,
    Recommender,
    TigerOptions,
    TrainingOptions,
    recommender_of,
    training_options,
)
from goracs_core.quantities import duration, memory
from goracs_core.workspace import Workspace

START_SECONDS = 4.0  # libraries and the model are loaded
_CHARACTERS = 4.5  # per token
_PACE = 9_000.0  # tokens per second of training
_TESTED = 3.0  # tests run so many times as fast as training: no way back through the network
_RANKED = 0.004  # seconds per sample and beam of ranking by generation
_EMBEDDED = 0.003  # seconds per title of the catalogue, once, where generated titles are ranked
_TIGER_SAMPLE = 0.007  # seconds of training per sample and epoch
_TIGER_RANKED = 0.0003  # seconds per sample and beam
_TITLES_STEP = 0.13  # seconds per step of pre-training the model that has read titles
_SMALL_SECONDS = 70.0  # pre-training the model that has read the pool, too
_TITLES_STEPS = (880, 1760)  # see goracs_core.llm.small.titles_steps
_TITLES_PER_STEP = 10
_TIGER_BYTES = 150_000_000
_LIBRARIES_BYTES = 700_000_000  # the encoder included
_TOKEN_BYTES = 4096 * 12 + 200_000  # one token of a batch: logits with their gradients, activations
STOPS = "Resumes from the last epoch when stopped and started again."
_ALIKE = ("model", "weights", "width", "layers")  # options that decide how long a step takes


@dataclass(frozen=True)
class TrainingSizes:
    """What the time of trainings on a dataset goes with.

    Args:
        validation, test, items: How many there are.
        tokens: Mean tokens of a pool sample, prompt and answer.
        models: Folders that may hold a model that was made before.
    """

    validation: int
    test: int
    items: int
    tokens: float
    models: tuple[Path, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset, directory: Path, workspace: Workspace) -> TrainingSizes:
        """Sizes of a dataset.

        Args:
            dataset: Its parts.
            directory: Its folder; the demo's brings a model along.
            workspace: Whose models count as made.
        """
        pool = dataset.pool
        rows = evenly_spread(len(pool), 500).tolist()
        letters = float(np.mean([len(pool.prompts[row]) + len(pool.answers[row]) for row in rows]))
        models = (directory / "models", workspace.cache / "models")
        counts = len(dataset.validation), len(dataset.test), len(dataset.items)
        return cls(*counts, letters / _CHARACTERS + 2, models)


def _titles_seconds(items: int) -> float:
    fewest, most = _TITLES_STEPS
    return _TITLES_STEP * min(most, max(fewest, items // _TITLES_PER_STEP))


# Small models: how their folders begin, and the seconds of training one for a catalogue of so many items.
_MAKING = {TITLES_MODEL: ("titles", _titles_seconds), "small": ("small", lambda items: _SMALL_SECONDS)}


@dataclass(frozen=True)
class Pace:
    """How quick an earlier training was.

    Args:
        sample: Seconds per sample and epoch, validation included.
        tested: Seconds per test sample.
        ranked: Seconds per ranked sample; None where none was ranked.
    """

    sample: float
    tested: float
    ranked: float | None


@dataclass(frozen=True)
class Work:
    """Trainings of one kind on one dataset.

    Args:
        recommender: What is trained.
        options: Of the training.
        measure: Of the test.
        sizes: Of the dataset.
        pace: Of an earlier training of the same model on the same data; None without one.
    """

    recommender: Recommender
    options: TrainingOptions
    measure: MeasureOptions
    sizes: TrainingSizes
    pace: Pace | None = None

    @property
    def known(self) -> bool:
        """Whether anything can be said about the time."""
        return self.pace is not None or isinstance(self.options, TigerOptions) or self.options.model in _MAKING

    @property
    def basis(self) -> str:
        """Where the time comes from, as the rest of a sentence."""
        if self.pace is not None:
            return "as an earlier training of this model on this data took"
        if not self.known:
            return "how long this model takes is known after its first training"
        if isinstance(self.options, TigerOptions):
            return "a rough estimate from the sizes"
        return f"a rough estimate at {_PACE:,.0f} tokens per second"

    def tokens(self, budget: int) -> float | None:
        """Tokens of all epochs; None where the recommender reads none of the text."""
        tiger = isinstance(self.options, TigerOptions)
        return None if tiger else budget * self.options.epochs * self.sizes.tokens

    def seconds(self, budget: int) -> float:
        """Seconds of one training on so many samples and of its test; meaningless unless `known`."""
        if self.pace is not None:
            learned = budget * self.options.epochs * self.pace.sample
            return learned + self._tests * self.pace.tested + self._ranking(self.pace.ranked)
        if isinstance(self.options, TigerOptions):
            return budget * self.options.epochs * _TIGER_SAMPLE + self._ranking(None)
        watched = min(self.options.watched, self.sizes.validation) * (self.options.epochs + 1)
        read = budget * self.options.epochs + (self._tests + watched) / _TESTED
        return read * self.sizes.tokens / _PACE + self._ranking(None)

    def shared_seconds(self) -> float:
        """Seconds of what all trainings share: making the model, the loss before training, embedding the titles."""
        if isinstance(self.options, TigerOptions):
            return START_SECONDS
        before = self.pace.tested if self.pace is not None else self.sizes.tokens / _PACE / _TESTED
        titles = self.sizes.items * _EMBEDDED if self._ranked else 0.0
        return START_SECONDS + self._tests * before + titles + self.making_seconds()

    def making_seconds(self) -> float:
        """Seconds of pre-training the small model, where it is not there yet."""
        if isinstance(self.options, TigerOptions) or self.options.model not in _MAKING:
            return 0.0
        prefix, seconds = _MAKING[self.options.model]
        made = any(any(folder.glob(f"{prefix}-*")) for folder in self.sizes.models)
        return 0.0 if made else seconds(self.sizes.items)

    def memory(self) -> int | None:
        """Bytes at the peak; None for a model of unknown size."""
        if isinstance(self.options, TigerOptions):
            return _LIBRARIES_BYTES + _TIGER_BYTES
        if self.options.model not in _MAKING:
            return None
        batch = self.options.batch * min(self.options.max_tokens, self.sizes.tokens)
        return int(_LIBRARIES_BYTES + batch * _TOKEN_BYTES)

    @property
    def _tests(self) -> int:
        return self.measure.test_samples or self.sizes.test

    @property
    def _ranked(self) -> int:
        return 0 if self.recommender is Recommender.TALLREC else self.measure.ranked_samples

    def _ranking(self, each: float | None) -> float:
        if each is None:
            tiger = isinstance(self.options, TigerOptions)
            each = self.options.beams * _TIGER_RANKED if tiger else self.measure.beams * _RANKED  # pyright: ignore[reportAttributeAccessIssue]
        return self._ranked * each


def earlier_pace(
    store: TrainingStore, kept: Sequence[TrainingSummary], recommender: Recommender, options: TrainingOptions
) -> Pace | None:
    """The pace of the newest training of the same model that can be read; None without one.

    Args:
        store: Where trainings are kept.
        kept: Trainings on the same data, newest first.
        recommender: What is to be trained.
        options: Of the training.
    """
    values = options.to_dict()
    for one in kept:
        if one.recommender is not recommender or any(values.get(name) != one.options.get(name) for name in _ALIKE):
            continue
        try:
            found = store.get(one.id)
        except GoracsError:  # deleted since, or damaged
            continue
        losses, rankings = found.tested.losses, found.tested.rankings
        learned = found.budget * max(len(found.log.epochs) - 1, 1)
        ranked = None if rankings is None or not len(rankings.rows) else rankings.seconds / len(rankings.rows)
        return Pace(found.log.seconds / learned, losses.seconds / max(len(losses.rows), 1), ranked)
    return None


@dataclass(frozen=True)
class TrainingEstimate:
    """What one training will take.

    Args:
        budget, epochs: Samples and the maximum number of passes over them.
        tokens: Of all these passes; None where no text is read.
        seconds: Test included; None for a model about which nothing is known yet.
        making: Seconds of these that go into making the model, once per dataset.
        memory: Bytes at the peak; None for a model of unknown size.
        basis: Where the time comes from, as the rest of a sentence.
    """

    budget: int
    epochs: int
    tokens: float | None
    seconds: float | None
    making: float
    memory: int | None
    basis: str

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        epochs = f"{self.epochs} epoch{'s' if self.epochs > 1 else ''}"
        tokens = "" if self.tokens is None else f" ≈ {_millions(self.tokens)} tokens"
        said = f"At most {self.budget:,} samples × {epochs}{tokens}"
        if self.seconds is None:
            return f"{said}; {self.basis}."
        making = f"; {duration(self.making)} of it to make the model, once" if self.making else ""
        held = "" if self.memory is None else f" and {memory(self.memory)} memory"
        return f"{said}: about {duration(self.seconds)} ({self.basis}{making}){held}."


def estimate_training(budget: int, work: Work) -> TrainingEstimate:
    """What one training on so many samples will take."""
    seconds = work.shared_seconds() + work.seconds(budget) if work.known else None
    return TrainingEstimate(
        budget, work.options.epochs, work.tokens(budget), seconds, work.making_seconds(), work.memory(), work.basis
    )


def estimate_train(spec: TrainSpec, workspace: Workspace) -> TrainingEstimate:
    """The estimate of a train job.

    Args:
        spec: What is asked.
        workspace: Whose earlier trainings tell how long such work takes.

    Raises:
        GoracsError: Inputs or options that do not do.
    """
    directory, store = Path(spec.dataset), TrainingStore(workspace)
    dataset = load_dataset(directory)
    rows, _ = coreset_rows(spec, dataset, workspace)
    recommender = recommender_of(spec.recommender, dataset.task)
    options = training_options(recommender, spec.options or {})
    measure = MeasureOptions.from_dict(spec.measure or {})
    pace = earlier_pace(store, store.list(dataset.fingerprint), recommender, options)
    sizes = TrainingSizes.of(dataset, directory, workspace)
    return estimate_training(len(rows), Work(recommender, options, measure, sizes, pace))


def _millions(tokens: float) -> str:
    return f"{tokens / 1e6:.2g} million" if tokens >= 1e6 else f"{round(tokens, -3):,.0f}"
