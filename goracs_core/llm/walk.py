"""The walk over a loss landscape: AdamW and plain gradient descent from one start, with the curvature on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from goracs_core.data.dataset import Dataset
from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import DataError, ModelError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples, batches_by_length
from goracs_core.llm.curvature import LossSurface, largest_eigenvalue
from goracs_core.llm.landscape import Descent, Landscape, LandscapeOptions, Place
from goracs_core.llm.logits import BATCH_TOKENS, LogitReader
from goracs_core.llm.tuning.memory import memory_sentences
from goracs_core.llm.tuning.options import default_learning_rate
from goracs_core.llm.tuning.task_samples import task_samples
from goracs_core.llm.tuning.weights import trainable
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import threads_for
from goracs_core.types import IndexArray

STAGE = "Walking the loss landscape"


@dataclass(frozen=True)
class Ground:
    """What is walked on.

    Args:
        surface: The loss.
        samples, tokens, parameters: As in `Landscape`.
        learning_rate: Of AdamW.
    """

    surface: LossSurface
    samples: int
    tokens: int
    parameters: int
    learning_rate: float


def walk(ground: Ground, options: LandscapeOptions, *, progress: Progress = silent) -> Landscape:
    """Measure the loss along AdamW, and then gradient descent from the same start; the weights come back to it.

    Args:
        ground: The loss and where it stands.
        options: How far to walk and what to measure.
        progress: Told after each of the walk's parts; may raise JobCancelled, after which the weights are restored.

    Raises:
        ModelError: The loss is no number at the start, or is not curved upwards there.
    """
    started = time.perf_counter()
    surface = ground.surface
    start = surface.position()
    wanted = evenly_spread(options.steps + 1, options.checkpoints).tolist()
    told = _Told(progress, total=2 * options.steps + len(wanted))
    surface.report = told.again
    places: list[Place] = []
    look = _Looker(ground, options)

    def measure(step: int, loss: float, gradient: torch.Tensor) -> None:
        if step in wanted:
            told.tell(step + len(places), f"curvature at step {step} of AdamW, loss {loss:.3f}")
            places.append(look.around(step, loss, gradient))
        told.tell(step + len(places), f"AdamW, step {step} of {options.steps}, loss {loss:.3f}")

    def follow(step: int, loss: float, _: torch.Tensor) -> None:
        told.tell(
            options.steps + len(wanted) + step, f"gradient descent, step {step} of {options.steps}, loss {loss:.3f}"
        )

    try:
        practice = _descend(
            surface, _adamw(surface, ground.learning_rate, options.weight_decay), options.steps, measure
        )
        surface.move_to(start)
        if not places[0].sharpness > 0:
            raise ModelError(
                "the loss is not curved upwards before training, so that gradient descent has no step 1 / L; "
                "take another model or other samples",
                code="not-convex",
            )
        rate = 1 / places[0].sharpness
        theory = _descend(surface, _plain(surface, rate), options.steps, follow)
    finally:
        surface.report = None
        surface.move_to(start)
    return Landscape(
        places=tuple(places),
        theory=Descent(rate, *theory),
        practice=Descent(ground.learning_rate, *practice),
        samples=ground.samples,
        tokens=ground.tokens,
        parameters=ground.parameters,
        trained=surface.num_weights,
        seconds=time.perf_counter() - started,
    )


class _Told:
    """The last report, repeated while a part of the work goes on, so that it can be stopped there, too."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress, self._total = progress, total
        self._done, self._detail = 0, "the first gradient"

    def tell(self, done: int, detail: str) -> None:
        self._done, self._detail = done, detail
        self.again()

    def again(self) -> None:
        self._progress(STAGE, self._done, self._total, self._detail)


Step = Callable[["torch.Tensor"], None]
Course = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]


def _descend(surface: LossSurface, step: Step, steps: int, seen: Callable[[int, float, torch.Tensor], None]) -> Course:
    """Losses, gradient norms, step lengths and Lipschitz ratios of `steps` steps, or of those with finite loss."""
    loss, gradient = surface.value_and_gradient()
    if not math.isfinite(loss):
        raise ModelError(
            "the language model's loss on these samples is no number; take another model", code="loss-not-finite"
        )
    losses, norms = [loss], [float(gradient.norm())]
    lengths: list[float] = []
    ratios: list[float] = []
    seen(0, loss, gradient)
    for number in range(1, steps + 1):
        before, earlier = surface.position(), gradient
        step(gradient)
        loss, gradient = surface.value_and_gradient()
        norm = float(gradient.norm())
        if not (math.isfinite(loss) and math.isfinite(norm)):
            break
        length = float((surface.position() - before).norm())
        losses.append(loss)
        norms.append(norm)
        lengths.append(length)
        ratios.append(float((gradient - earlier).norm()) / length if length > 0 else 0.0)
        seen(number, loss, gradient)
    return tuple(losses), tuple(norms), tuple(lengths), tuple(ratios)


def _plain(surface: LossSurface, rate: float) -> Step:
    def step(gradient: torch.Tensor) -> None:
        surface.move_to(surface.position() - rate * gradient)

    return step


def _adamw(surface: LossSurface, rate: float, decay: float) -> Step:
    optimizer = torch.optim.AdamW(surface.weights, lr=rate, weight_decay=decay, fused=True)

    def step(gradient: torch.Tensor) -> None:
        for weight, values in zip(surface.weights, surface.split(gradient), strict=True):
            weight.grad = values.clone()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


class _Looker:
    """Measures places; each begins with the direction that was the sharpest at the one before."""

    def __init__(self, ground: Ground, options: LandscapeOptions) -> None:
        self._surface, self._options = ground.surface, options
        self._generator = torch.Generator().manual_seed(options.seed)
        self._radius = ground.learning_rate * math.sqrt(ground.surface.num_weights)
        self._sharpest: torch.Tensor | None = None

    def around(self, step: int, loss: float, gradient: torch.Tensor) -> Place:
        first = self._sharpest
        if first is None:  # the gradient leans to the sharp directions; chance sees to it that none is left out
            size = float(gradient.norm())
            first = (gradient / size if size > 0 else 0) + 0.1 * self._direction(gradient)
        found = largest_eigenvalue(self._surface, first, rounds=self._options.rounds, tolerance=self._options.tolerance)
        self._sharpest = found.direction + 0.1 * self._direction(gradient)
        return Place(step, loss, found.value, found.rounds, found.residual, self._ratios(gradient))

    def _ratios(self, gradient: torch.Tensor) -> tuple[float, ...]:
        here = self._surface.position()
        ratios = []
        try:
            for _ in range(self._options.directions):
                self._surface.move_to(here + self._radius * self._direction(gradient))
                _, there = self._surface.value_and_gradient()
                ratios.append(float((there - gradient).norm()) / self._radius)
        finally:
            self._surface.move_to(here)
        return tuple(ratios)

    def _direction(self, like: torch.Tensor) -> torch.Tensor:
        """A random unit vector; shape [p]."""
        values = torch.randn(like.shape, generator=self._generator, dtype=torch.float32).to(like)
        return values / values.norm()


def landscape(
    base: CausalModel, dataset: Dataset, rows: IndexArray, options: LandscapeOptions, *, progress: Progress = silent
) -> Landscape:
    """Measure the loss landscape of a coreset; the model is afterwards as it was before.

    Args:
        base: The model, frozen.
        dataset: The pool is read, and the task.
        rows: Pool rows; the loss is measured on at most `options.samples` of them, evenly spread; shape [k].
        options: What is walked and measured.
        progress: Told the stages; may raise JobCancelled.

    Raises:
        DataError: There are no rows.
        ModelError: No answer fits, memory runs out, or the loss has no walk (see `walk`).
    """
    rows = np.unique(np.asarray(rows, np.int64))
    if not len(rows):
        raise DataError("there are no samples to measure the loss on; choose at least one", code="no-samples")
    spread = evenly_spread(len(rows), options.samples)
    progress(STAGE, 0, 0, "reading the samples")
    samples = task_samples(base, dataset.pool, rows[spread], task=dataset.task, max_tokens=options.max_tokens)
    ready = samples.some("samples of the coreset")
    parameters = sum(weight.numel() for weight in base.model.parameters())
    with trainable(base, options.fine_tuning()) as weights, threads_for(base.model), memory_sentences("measuring"):
        ground = Ground(
            LossSurface(list(weights.values()), _parts(LogitReader(base.model), ready.tokens)),
            samples=len(ready.rows),
            tokens=sum(len(sample.ids) for sample in ready.tokens),
            parameters=parameters,
            learning_rate=options.learning_rate or default_learning_rate(parameters),
        )
        return walk(ground, options, progress=progress)


def _parts(reader: LogitReader, samples: AnySamples) -> list[Callable[[], torch.Tensor]]:
    """Each batch's share of the mean loss over the samples."""

    def part(rows: list[int]) -> Callable[[], torch.Tensor]:
        batch = [samples[row] for row in rows]
        return lambda: reader.each_loss(batch).sum() / len(samples)

    lengths = [len(sample.ids) for sample in samples]
    return [part(rows) for rows in batches_by_length(lengths, BATCH_TOKENS, len(samples))]
