"""The loop of a fine-tuning: steps, epochs judged on the validation, a state that can be kept and taken up again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from goracs_core.errors import ModelError
from goracs_core.llm.backend import device_name
from goracs_core.llm.files import one_line
from goracs_core.llm.logits import NotFiniteError
from goracs_core.llm.tuning.memory import memory_sentences
from goracs_core.llm.tuning.options import TrainingOptions, default_learning_rate
from goracs_core.llm.tuning.outcomes import Epoch, TrainingLog, TrainingState
from goracs_core.progress import Progress
from goracs_core.store.tensors import load_tensors, save_tensors

_CLIP = 1.0
_MOST_POINTS = 400
_WATCH_SECONDS = 1.0


class Material(Protocol):
    """What is learned from and judged by: n training samples and m watched validation samples."""

    @property
    def stage(self) -> str:
        """Name for the progress."""
        ...

    @property
    def model(self) -> str:
        """What is trained, in words that follow "the"."""
        ...

    @property
    def sizes(self) -> tuple[int, int]:
        """The numbers n and m."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the samples."""
        ...

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """What a step makes smaller, of some training samples; a scalar with a graph."""
        ...

    def tokens(self, rows: Sequence[int]) -> int:
        """How many tokens those training samples have."""
        ...

    def judge(self, report: Callable[[int], None]) -> float:
        """Mean loss of the watched samples; `report` takes how many are done, and may raise to stop.

        Raises:
            NotFiniteError: A loss is not finite.
        """
        ...


class Trainer:
    """One fine-tuning, over as many sittings as it takes.

    Args:
        network: The transformers model.
        weights: What is trained, by name.
        material: Samples.
        options: How.
        parameters: Weights of the model without adapters.
    """

    def __init__(
        self,
        network: Any,
        weights: dict[str, torch.nn.Parameter],
        material: Material,
        options: TrainingOptions,
        *,
        parameters: int,
    ) -> None:
        self.network, self.weights, self.material, self.options = network, weights, material, options
        self.parameters = parameters
        self.state = TrainingState()
        adapters = sum(weight.numel() for weight in weights.values()) < parameters
        self.rate = options.learning_rate or default_learning_rate(parameters, adapters=adapters)
        self.steps_per_epoch = -(-material.sizes[0] // options.batch)
        # The fused step and the others round differently; one is chosen so that machines agree as far as they can.
        self._optimizer = torch.optim.AdamW(
            weights.values(), lr=self.rate, weight_decay=options.weight_decay, fused=True
        )
        self._best = self._copied()
        self._failure = ""
        self._started, self._before, self._watched_at = time.perf_counter(), 0.0, -math.inf

    @property
    def total_steps(self) -> int:
        """Steps when no epoch is spared."""
        return self.steps_per_epoch * self.options.epochs

    def run(
        self,
        checkpoint: Path,
        key: str,
        *,
        watch: Callable[[TrainingLog], None] | None,
        progress: Progress,
    ) -> None:
        """Train to the end, from the checkpoint on where there is one; the network has the best weights afterwards.

        Args:
            checkpoint: Where the state is kept after each epoch.
            key: Fingerprint of everything that decides the training.
            watch: Called with the log so far after each epoch, and about once a second between.
            progress: Told after every batch; may raise JobCancelled.

        Raises:
            ModelError: The loss is no longer finite, memory runs out, or the model fails.
            StoreError: The checkpoint cannot be written.
        """
        self._resume(checkpoint, key)
        try:
            if not self.state.epochs:
                self._judge(0, math.nan, progress)
            self._tell(watch)
            while not self.stop_reason():
                epoch = self.state.epochs[-1].epoch + 1
                loss = self._pass(epoch, watch, progress)
                self._judge(epoch, loss, progress)
                self.state.seconds = self._seconds()
                save_tensors(checkpoint, key, self.state, self._tensors())
                self._tell(watch)
        except ModelError as error:
            self._failure = str(error)
            self._tell(watch)  # the curve up to here
            raise
        self._put(self._best)
        self.network.eval()
        for weight in self.weights.values():
            weight.requires_grad_(False)
            weight.grad = None

    def stop_reason(self) -> str:
        """Why training is over; "" while it is not."""
        done, patience = self.state.epochs[-1].epoch, self.options.patience
        if done >= self.options.epochs:
            return f"all {done} epochs were done" if done > 1 else "the one epoch was done"
        if patience and done - self.state.best_epoch >= patience:
            return f"the validation loss had not fallen for {patience} epoch{'s' if patience > 1 else ''}"
        return ""

    def log(self) -> TrainingLog:
        """How it went so far."""
        state, notes = self.state, self.material.notes
        stopped = self.stop_reason() if state.epochs else ""
        if stopped and state.best_epoch == 0:
            notes += (
                "Training only made the validation loss worse, so the model stays as it was before; take a smaller "
                "learning rate or more samples.",
            )
        return TrainingLog(
            epochs=tuple(state.epochs),
            steps=tuple(state.steps),
            best_epoch=state.best_epoch,
            stopped=self._failure or stopped,
            tokens=state.tokens,
            seconds=state.seconds if stopped else self._seconds(),
            parameters=self.parameters,
            trained=sum(weight.numel() for weight in self.weights.values()),
            device=device_name(self.network),
            notes=notes,
        )

    def _pass(self, epoch: int, watch: Callable[[TrainingLog], None] | None, progress: Progress) -> float:
        """One pass over the samples in an order of its own; the mean loss."""
        order = np.random.default_rng([self.options.seed, epoch]).permutation(self.material.sizes[0]).tolist()
        torch.manual_seed(int(np.random.default_rng([self.options.seed, epoch, 1]).integers(2**62)))  # dropout
        self.network.train()
        total, judged = 0.0, self.state.epochs[-1].validation_loss
        for start in range(0, len(order), self.options.batch):
            batch = order[start : start + self.options.batch]
            loss = self._step(batch, epoch)
            total += loss * len(batch)
            mean = total / (start + len(batch))
            detail = f"epoch {epoch} of {self.options.epochs}, loss {mean:.3f}, validation {judged:.3f}"
            progress(self.material.stage, self.state.step, self.total_steps, detail)
            if watch is not None and time.perf_counter() - self._watched_at >= _WATCH_SECONDS:
                self._tell(watch)
        return total / len(order)

    def _step(self, batch: Sequence[int], epoch: int) -> float:
        """Forward, backward, update; the loss."""
        state, step = self.state, self.state.step
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate * schedule(step, self.total_steps, self.options.warmup_share)
        try:
            with memory_sentences("training"):
                loss = self.material.loss(batch)
                value = float(loss.item())
                if not math.isfinite(value):
                    raise self._diverged(f"the loss of step {step + 1} (epoch {epoch}) is {value}")
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.weights.values(), _CLIP)
                self._optimizer.step()
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            raise ModelError(
                f"the {self.material.model} cannot be trained on these samples ({one_line(error)}); choose another",
                code="model-failed",
            ) from error
        state.step = step + 1
        state.tokens += self.material.tokens(batch)
        if state.step % state.stride == 0:
            state.steps.append((state.step, value))
        if len(state.steps) > _MOST_POINTS:
            state.stride *= 2
            state.steps = [(number, each) for number, each in state.steps if number % state.stride == 0]
        return value

    def _judge(self, epoch: int, loss: float, progress: Progress) -> None:
        """Measure the watched validation samples; keep the weights where they are the best so far."""
        self.network.eval()
        state, count = self.state, self.material.sizes[1]

        def report(done: int) -> None:
            detail = f"validation after epoch {epoch}: {done:,} of {count:,} samples"
            progress(self.material.stage, state.step, self.total_steps, detail)

        try:
            judged = self.material.judge(report)
        except NotFiniteError as error:
            if epoch == 0:
                raise
            raise self._diverged(f"the validation loss after epoch {epoch} is not finite") from error
        best = state.epochs[state.best_epoch].validation_loss if state.epochs else math.inf
        state.epochs.append(Epoch(epoch, state.step, loss, judged))
        if epoch and (judged < best or not self.options.patience):
            state.best_epoch, self._best = epoch, self._copied()

    def _diverged(self, what: str) -> ModelError:
        message = (
            f"training diverged: {what}; take a learning_rate below {self.rate:g}, or a longer warm-up (warmup_share)"
        )
        return ModelError(message, code="diverged", fields={"what": what, "learning_rate": self.rate})

    def _tell(self, watch: Callable[[TrainingLog], None] | None) -> None:
        if watch is not None:
            watch(self.log())
            self._watched_at = time.perf_counter()

    def _seconds(self) -> float:
        return self._before + time.perf_counter() - self._started

    def _copied(self) -> dict[str, torch.Tensor]:
        return {name: weight.detach().clone() for name, weight in self.weights.items()}

    def _put(self, values: dict[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(values[name])

    def _tensors(self) -> dict[str, torch.Tensor]:
        tensors: dict[str, torch.Tensor] = {f"now.{name}": weight for name, weight in self.weights.items()}
        if 0 < self.state.best_epoch < self.state.epochs[-1].epoch:  # else they are the first or the present weights
            tensors |= {f"best.{name}": values for name, values in self._best.items()}
        for name, weight in self.weights.items():
            moments = self._optimizer.state[weight]
            tensors |= {f"optimizer.{name}.{moment}": values for moment, values in moments.items()}
        return tensors

    def _resume(self, checkpoint: Path, key: str) -> None:
        found = load_tensors(checkpoint, key, TrainingState)
        if found is None:
            return
        self.state, tensors = found
        self._put({name: tensors[f"now.{name}"] for name in self.weights})
        if self.state.best_epoch:
            kind = "best" if self.state.best_epoch < self.state.epochs[-1].epoch else "now"
            self._best = {name: tensors[f"{kind}.{name}"].to(w.device) for name, w in self.weights.items()}
        moments: dict[str, dict[str, torch.Tensor]] = {name: {} for name in self.weights}
        for stored, values in tensors.items():
            kind, _, rest = stored.partition(".")
            if kind == "optimizer":
                name, _, moment = rest.rpartition(".")
                moments[name][moment] = values.to(self.weights[name].device)
        for name, weight in self.weights.items():
            self._optimizer.state[weight] = moments[name]
        self._before = self.state.seconds


def schedule(step: int, total: int, warmup_share: float) -> float:
    """Share of the peak learning rate at a step: rising to 1 in the warm-up, then falling towards zero as a cosine.

    Args:
        step: 0 for the first.
        total: Number of steps.
        warmup_share: Share of the steps in which it rises.
    """
    warm = math.ceil(warmup_share * total)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))
