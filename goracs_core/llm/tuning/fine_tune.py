"""Fine-tuning of a language model on a coreset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import DataError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples
from goracs_core.llm.logits import LogitReader
from goracs_core.llm.tuning.losses import losses_of
from goracs_core.llm.tuning.memory import memory_sentences
from goracs_core.llm.tuning.options import FineTuneOptions
from goracs_core.llm.tuning.outcomes import TrainingLog
from goracs_core.llm.tuning.task_samples import TaskSamples, task_samples
from goracs_core.llm.tuning.trainer import Trainer
from goracs_core.llm.tuning.weights import trainable
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import threads_for
from goracs_core.types import IndexArray, fingerprint

# Part of the checkpoints' keys: raise it when the same options come to mean another training.
_RECIPE = "fine-tuning 1"


@dataclass(frozen=True, eq=False)
class FineTuned:
    """A trained model.

    Args:
        model: The base with its trained weights; valid inside the context only.
        log: How training went.
    """

    model: CausalModel
    log: TrainingLog


@dataclass(frozen=True, eq=False)
class TextMaterial:
    """What a language model learns from and is judged by.

    Args:
        reader: Of the model.
        samples: Training samples in the order of their rows.
        watched: Validation samples.
        notes: Sentences about both.
        stage: Name for the progress.
        model: What is trained, in words.
    """

    reader: LogitReader
    samples: AnySamples
    watched: AnySamples
    notes: tuple[str, ...]
    stage: str = "Fine-tuning"
    model: str = "language model"

    @property
    def sizes(self) -> tuple[int, int]:
        """How many samples are learned from and watched."""
        return len(self.samples), len(self.watched)

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """Mean cross-entropy over the answer's tokens of some training samples."""
        logits, targets, _ = self.reader.of_samples([self.samples[row] for row in rows])
        return torch.nn.functional.cross_entropy(logits, targets)

    def tokens(self, rows: Sequence[int]) -> int:
        """Tokens of some training samples, prompts included."""
        return sum(len(self.samples[row].ids) for row in rows)

    def judge(self, report: Callable[[int], None]) -> float:
        """Mean loss of the watched samples."""
        return float(losses_of(self.reader, self.watched, report=report).mean())


@contextmanager
def fine_tuned(
    base: CausalModel,
    dataset: Dataset,
    rows: IndexArray,
    options: FineTuneOptions,
    *,
    checkpoint: Path,
    watch: Callable[[TrainingLog], None] | None = None,
    progress: Progress = silent,
) -> Iterator[FineTuned]:
    """Train a model on pool samples; inside the context it is trained, afterwards it is as it was before.

    The loss is the mean cross-entropy over the answers' tokens of a batch, end token included (sequential
    recommendation), or that of Yes and No (click prediction). The steps are AdamW's, the gradient is clipped at 1. The
    epoch with the least loss on some validation samples is kept; before training counts as one. The result depends on
    the set of rows, not on their order, and is the same every time.

    A training that is stopped resumes after its last finished epoch when it is started again, and ends with the same
    weights. Its checkpoint stays until the context is left without an error.

    Args:
        base: The model, frozen; it is changed in place and restored.
        dataset: Pool and validation are read, and the task.
        rows: Rows of the pool; shape [k].
        options: How it is trained.
        checkpoint: File for the state between epochs.
        watch: Called with the log so far after each epoch, and about once a second between.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        DataError: There are no rows, or a row is not in the pool.
        ModelError: No answer fits, adapters have no place, the loss is no longer finite, memory runs out, or the model
            fails.
        StoreError: The checkpoint cannot be written.
    """
    rows = np.unique(np.asarray(rows, np.int64))
    if not len(rows):
        raise DataError("there are no samples to train on; choose at least one", code="no-samples")
    checkpoint = Path(checkpoint)
    progress(TextMaterial.stage, 0, 0, "reading the samples")
    material = _material(base, dataset, rows, options, progress)
    parameters = sum(weight.numel() for weight in base.model.parameters())
    with ExitStack() as stack:
        with memory_sentences("training"), threads_for(base.model), _own_random_state(base.model.device):
            weights = stack.enter_context(trainable(base, options))
            material = replace(material, reader=LogitReader(base.model))  # its head may have an adapter now
            trainer = Trainer(base.model, weights, material, options, parameters=parameters)
            trainer.run(checkpoint, _key(base, dataset, rows, options), watch=watch, progress=progress)
        content = fingerprint(base.fingerprint, *(weight.detach().cpu().numpy() for weight in weights.values()))
        yield FineTuned(replace(base, fingerprint=content), trainer.log())
    checkpoint.unlink(missing_ok=True)


def _material(
    base: CausalModel, dataset: Dataset, rows: IndexArray, options: FineTuneOptions, progress: Progress
) -> TextMaterial:
    """Training samples and watched validation samples."""
    validation = dataset.validation
    watched = evenly_spread(len(validation), options.watched)

    def ready(what: str, samples: Samples, which: IndexArray) -> TaskSamples:
        made = task_samples(base, samples, which, task=dataset.task, max_tokens=options.max_tokens, progress=progress)
        return made.some(what)

    samples = ready("training samples", dataset.pool, rows)
    judged = ready("validation samples", validation, watched)
    notes = (samples.note("training samples"), judged.note("watched validation samples"))
    return TextMaterial(LogitReader(base.model), samples.tokens, judged.tokens, tuple(note for note in notes if note))


def _key(base: CausalModel, dataset: Dataset, rows: IndexArray, options: FineTuneOptions) -> str:
    """Fingerprint of everything that decides the training."""
    return fingerprint(
        _RECIPE,
        base.fingerprint,
        str(base.context),
        str(base.model.dtype),
        base.model.device.type,
        dataset.fingerprint,
        rows,
        json.dumps(options.to_dict(), sort_keys=True),
    )


@contextmanager
def _own_random_state(device: object) -> Iterator[None]:
    """Torch's random numbers go on afterwards as if nothing had been drawn."""
    devices = [device] if getattr(device, "type", "cpu") == "cuda" else []
    with torch.random.fork_rng(devices=devices):  # pyright: ignore[reportArgumentType]
        yield
