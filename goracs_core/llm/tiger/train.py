"""Training of TIGER on a coreset, and what the trained recommender does with test samples."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from goracs_core.data.dataset import Dataset, Samples, Task
from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import ConfigError, DataError
from goracs_core.llm.logits import NotFiniteError
from goracs_core.llm.tiger.examples import Example, examples_of
from goracs_core.llm.tiger.ids import SemanticIds, semantic_ids
from goracs_core.llm.tiger.model import Histories, IdWriter
from goracs_core.llm.tiger.search import best_items, item_scores
from goracs_core.llm.tuning.options import TigerOptions
from goracs_core.llm.tuning.outcomes import Rankings, SampleLosses, TrainingLog
from goracs_core.llm.tuning.trainer import Trainer
from goracs_core.progress import Progress, silent
from goracs_core.ranking import RankPositions
from goracs_core.torch_threads import one_thread
from goracs_core.types import AnyFloatArray, FloatArray, IndexArray, fingerprint

# Part of the checkpoints' keys: raise it when the same options come to mean another training.
_RECIPE = "tiger 1"
# Samples that are read at once where nothing is learned.
_BATCH = 64
# Examples of similar length that are read at once in training: a third faster than whole batches with their padding.
_GROUP = 32


def train_tiger(
    dataset: Dataset,
    rows: IndexArray,
    items: AnyFloatArray,
    options: TigerOptions,
    *,
    checkpoint: Path,
    watch: Callable[[TrainingLog], None] | None = None,
    progress: Progress = silent,
) -> TrainedTiger:
    """Make semantic ids of the items and train on pool samples, from random weights.

    The loss is the mean cross-entropy over an id's tokens among the codes that may follow. The steps are AdamW's, the
    gradient is clipped at 1. The epoch with the least loss on some validation samples is kept. The result depends on
    the set of rows, not on their order, and is the same every time, on any number of threads. A training that is
    stopped goes on after its last finished epoch and ends with the same weights.

    Args:
        dataset: Pool and validation are read.
        rows: Rows of the pool; shape [k].
        items: Embedding of each item; shape [v, d].
        options: How it is trained.
        checkpoint: File for the state between epochs; gone when training is over.
        watch: Called with the log so far after each epoch, and about once a second between.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        ConfigError: The dataset is for click prediction.
        DataError: There are no rows, or a row is not in the pool.
        ShapeError: The embeddings are not one finite vector per item.
        ModelError: The loss is no longer finite, or memory runs out.
        StoreError: The checkpoint cannot be written.
    """
    rows = _checked(dataset, rows, items)
    ids = semantic_ids(items, levels=options.levels, codes=options.codes, seed=options.seed, progress=progress)
    with one_thread(), torch.random.fork_rng(devices=[]):
        writer = IdWriter.fresh(ids, options)
        material = _material(writer, ids, dataset, rows, options)
        network = writer.network.requires_grad_(True)
        passes = max(1, options.most_steps // -(-len(material.examples) // options.batch))
        shorter = replace(options, epochs=min(options.epochs, passes))
        trainer = Trainer(network, dict(network.named_parameters()), material, shorter, parameters=writer.parameters)
        key = fingerprint(_RECIPE, dataset.fingerprint, rows, ids.codes, json.dumps(options.to_dict(), sort_keys=True))
        trainer.run(Path(checkpoint), key, watch=watch, progress=progress)
    Path(checkpoint).unlink(missing_ok=True)
    return TrainedTiger(writer, ids, options, trainer.log(), len(rows))


@dataclass(frozen=True, eq=False)
class TrainedTiger:
    """A trained recommender.

    Args:
        writer: The network with its ids, in evaluation mode.
        ids: Of the items.
        options: How it was trained.
        log: How training went.
        samples: Pool samples that it was trained on.
    """

    writer: IdWriter
    ids: SemanticIds
    options: TigerOptions
    log: TrainingLog
    samples: int

    @property
    def description(self) -> str:
        """What it is, in words."""
        levels, plural = self.options.levels, "s" if self.samples > 1 else ""
        return (
            f"TIGER: {levels} level{'s' if levels > 1 else ''} of {max(self.ids.sizes[:-1])} codes, "
            f"{self.log.parameters:,} weights, trained from scratch on {self.samples:,} sample{plural}"
        )

    def losses(self, samples: Samples, rows: IndexArray, *, progress: Progress = silent) -> SampleLosses:
        """Mean cross-entropy over the tokens of each target's id, in nats.

        Times the tokens per id it is minus the log-probability of the item among all items.

        Args:
            samples: Where the rows are, usually the test.
            rows: Which samples; shape [q].
            progress: Told after every batch; may raise JobCancelled.

        Raises:
            DataError: A row is not there.
        """
        started = time.perf_counter()
        rows = _among(samples, rows)
        parts = []
        with _reading():
            for batch in _batches(rows, "Measuring the test loss", progress):
                targets = torch.from_numpy(samples.targets[batch].copy())[:, None]
                chances = self.writer.log_chances(self._read(samples, batch), targets)
                parts.append(-chances[:, 0].double().mean(dim=1))
        return SampleLosses(rows, torch.cat(parts).numpy(), time.perf_counter() - started)

    def rank(
        self, samples: Samples, rows: IndexArray, negatives: IndexArray, *, progress: Progress = silent
    ) -> Rankings:
        """Where the right items stand.

        Among the whole catalogue the search finds the first `beams` places; a right item that it does not find shares
        all places behind them with the other items that were not found. Among the negatives all scores are exact.

        Args:
            samples: Where the rows are, usually the test.
            rows: Which samples; shape [q].
            negatives: Items that compete with the right one; shape [q, c].
            progress: Told after every batch; may raise JobCancelled.

        Raises:
            DataError: A row is not there.
        """
        started = time.perf_counter()
        rows = _among(samples, rows)
        full, sampled = [], []
        with _reading():
            for places in _batches(np.arange(len(rows)), "Ranking items", progress):
                batch = rows[places]
                targets = torch.from_numpy(samples.targets[batch].copy())[:, None]
                histories = self._read(samples, batch)
                found, scores = best_items(self.writer, histories, beams=self.options.beams)
                full.append(_places_found(found, scores, targets, len(self.ids)))
                rivals = torch.from_numpy(np.array(negatives[places], np.int64))
                scores = item_scores(self.writer, histories, torch.cat([targets, rivals], dim=1))
                own, others = scores[:, :1], scores[:, 1:]
                sampled.append(torch.stack([(others > own).sum(dim=1), (others == own).sum(dim=1)]))
        return Rankings(rows, _positions(full), _positions(sampled), seconds=time.perf_counter() - started)

    def _read(self, samples: Samples, rows: IndexArray) -> Histories:
        latest = [samples.histories[row][-self.options.history :] for row in rows.tolist()]
        return self.writer.read([self.writer.tokens(items) for items in latest])


@dataclass(frozen=True, eq=False)
class _IdMaterial:
    """What TIGER learns from and is judged by; see `trainer.Material`.

    Args:
        writer: The network with its ids.
        examples: To be learned.
        watched: Of the validation.
        notes: Sentences to show beside the result.
    """

    writer: IdWriter
    examples: Sequence[Example]
    watched: Sequence[Example]
    notes: tuple[str, ...]
    stage: str = "Training TIGER"
    model: str = "TIGER model"

    @property
    def sizes(self) -> tuple[int, int]:
        return len(self.examples), len(self.watched)

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """Mean over the examples; read in groups of similar length."""
        ordered = sorted((self.examples[row] for row in rows), key=lambda one: len(one.history))
        groups = [self._losses(ordered[start : start + _GROUP]) for start in range(0, len(ordered), _GROUP)]
        return torch.cat(groups).mean()

    def tokens(self, rows: Sequence[int]) -> int:
        """Tokens that encoder and decoder read."""
        length = self.writer.trie.length
        return sum(length * len(self.examples[row].history) + 1 + length for row in rows)

    def judge(self, report: Callable[[int], None]) -> float:
        parts: list[FloatArray] = []
        with torch.inference_mode():
            for start in range(0, len(self.watched), _BATCH):
                batch = self.watched[start : start + _BATCH]
                parts.append(self._losses(batch).double().numpy())
                report(start + len(batch))
        value = float(np.concatenate(parts).mean())
        if not np.isfinite(value):
            raise NotFiniteError("the losses of TIGER are not finite on some validation samples", code="not-finite")
        return value

    def _losses(self, batch: Sequence[Example]) -> torch.Tensor:
        """Mean cross-entropy over each id's tokens; shape [b]."""
        histories = self.writer.read([self.writer.tokens(one.history) for one in batch])
        items = torch.tensor([[one.item] for one in batch])
        return -self.writer.log_chances(histories, items)[:, 0].mean(dim=1)


def _material(
    writer: IdWriter, ids: SemanticIds, dataset: Dataset, rows: IndexArray, options: TigerOptions
) -> _IdMaterial:
    count = len(dataset.validation)
    watched = evenly_spread(count, options.watched)
    notes = (
        (f"{ids.collided:.0%} of the items share all codes but the last with another item.",) if ids.collided else ()
    )
    return _IdMaterial(
        writer,
        examples_of(dataset.pool, rows, history=options.history, every_item=options.predicted == "all"),
        examples_of(dataset.validation, watched, history=options.history, every_item=False),
        notes,
    )


def _checked(dataset: Dataset, rows: IndexArray, items: AnyFloatArray) -> IndexArray:
    """The rows in rising order, each once."""
    if dataset.task is not Task.SEQREC:
        message = (
            f"tiger predicts the next item, but {dataset.name} is prepared for the task {dataset.task}; take tallrec, "
            "or prepare the data for seqrec"
        )
        raise ConfigError(message, code="wrong-task", fields={"task": str(dataset.task)})
    if np.ndim(items) != 2 or len(items) != len(dataset.items):
        raise DataError(
            f"tiger needs one embedding per item, but got an array of shape {np.shape(items)} for "
            f"{len(dataset.items):,} items; embed the titles of this dataset",
            code="embeddings-unequal",
            fields={"shape": np.shape(items), "items": len(dataset.items)},
        )
    rows = np.unique(np.asarray(rows, np.int64))
    if not len(rows):
        raise DataError("there are no samples to train on; choose at least one", code="no-samples")
    return _among(dataset.pool, rows)


def _among(samples: Samples, rows: IndexArray) -> IndexArray:
    if not len(rows):
        raise DataError("there are no samples to measure; choose at least one", code="no-samples")
    return samples.checked_rows(rows)


@contextmanager
def _reading() -> Iterator[None]:
    """One thread, no gradients."""
    with one_thread(), torch.inference_mode():
        yield


def _batches(rows: IndexArray, stage: str, progress: Progress) -> Iterator[IndexArray]:
    """Rows in batches, each reported before it begins and all of them at the end."""
    for start in range(0, len(rows), _BATCH):
        progress(stage, start, len(rows))
        yield rows[start : start + _BATCH]
    progress(stage, len(rows), len(rows))


def _places_found(found: torch.Tensor, scores: torch.Tensor, targets: torch.Tensor, num_items: int) -> torch.Tensor:
    """Better and equal items of each target after a search; shape [2, b]."""
    real = scores > -torch.inf
    hit = (found == targets) & real
    own = torch.where(hit, scores, torch.inf).min(dim=1, keepdim=True).values  # infinite where it was not found
    better, equal = ((scores > own) & real).sum(dim=1), (scores == own).sum(dim=1) - 1
    count = real.sum(dim=1)
    was_found = hit.any(dim=1)
    return torch.stack([torch.where(was_found, better, count), torch.where(was_found, equal, num_items - count - 1)])


def _positions(parts: list[torch.Tensor]) -> RankPositions:
    better, equal = torch.cat(parts, dim=1).numpy()
    return RankPositions(better, equal)
