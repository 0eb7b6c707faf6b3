"""Gradients and Hessian of the pool's losses in the weights of one linear layer, in blocks of bounded memory.

With a_s what the layer reads of sample s and o_s = W a_s + b what it writes, the gradient of the sample's loss is
delta_s a_s^T, of rank one, and the Hessian of the mean loss maps V to mean_s B_s (V a_s) a_s^T, where delta_s and B_s
are gradient and Hessian of the loss in o_s. Everything below the layer is fixed, so the a_s are computed once.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch

from goracs_core.errors import DataError, ModelError
from goracs_core.surrogate.answer_loss import logit_curvature_times, logit_gradient_, probabilities
from goracs_core.surrogate.model import SurrogateModel
from goracs_core.torch_threads import one_thread
from goracs_core.types import FloatArray, IndexArray

# Logits of a block: some megabytes, so that they stay in the processor's cache (measured: 64 rows of 17,000 items).
_BLOCK_LOGITS = 1_100_000
_MAX_BLOCK = 2048
# Histories of a block, in tokens: the blocks of the model below the layer.
_BLOCK_TOKENS = 8192

T = TypeVar("T")
Report = Callable[[int], None]


def no_report(done: int) -> None:
    """The report that nobody reads."""


@dataclass(frozen=True, eq=False)
class LabelledHistories:
    """What a surrogate is asked, sample by sample.

    Args:
        histories: Item tokens, padded on the left; shape [n, t].
        targets: Item row of the answer, or of the item asked about; shape [n].
        labels: 1 yes, 0 no (click prediction), or None (sequential recommendation); shape [n].
    """

    histories: IndexArray
    targets: IndexArray
    labels: IndexArray | None = None

    def __post_init__(self) -> None:
        if len(self.histories) == 0:
            raise DataError(
                "there are no samples whose influence could be measured; give at least one", code="no-samples"
            )
        if len(self.targets) != len(self.histories) or (
            self.labels is not None and len(self.labels) != len(self.histories)
        ):
            raise DataError(
                "influence needs one target, and for click prediction one label, per history", code="targets-unequal"
            )

    def __len__(self) -> int:
        return len(self.histories)


@dataclass(frozen=True, eq=False)
class LayerLosses:
    """The losses of n samples as functions of the influence layer's weights W of shape [o, i]; made by `layer_losses`.

    Args:
        model: In evaluation mode.
        inputs: What the layer reads, a; shape [n, i].
        residual: What `finish` adds; shape [n, d].
        targets, labels: As in `LabelledHistories`.
        rows_per_block: Samples whose logits are held at once, per thread.
    """

    model: SurrogateModel
    inputs: torch.Tensor
    residual: torch.Tensor
    targets: torch.Tensor
    labels: torch.Tensor | None
    rows_per_block: int
    inputs64: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs64", self.inputs.double().numpy())

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the layer's weight matrix: outputs, inputs."""
        rows, columns = self.model.influence_layer.weight.shape
        return int(rows), int(columns)

    def output_gradients(self, report: Report = no_report) -> FloatArray:
        """Gradient of each sample's loss at the layer's output, delta; shape [n, o]. One batched backward.

        Raises:
            ModelError: They are not finite.
        """
        deltas = np.empty((len(self), self.shape[0]))
        for rows, part in in_blocks(self._output_gradient, len(self), self.rows_per_block, report):
            deltas[rows] = part
        bad = ~np.isfinite(deltas).all(axis=1)
        if bad.any():
            raise _diverged(f"gradients are not finite on {int(bad.sum()):,} of {len(self):,} samples")
        return deltas

    def hessian_times(self, direction: FloatArray, report: Report = no_report) -> FloatArray:
        """Hessian of the mean loss times `direction`, both of shape [o, i]: one pass over all samples.

        Raises:
            ModelError: It is not finite.
        """
        total = np.zeros(self.shape)

        def work(rows: slice) -> FloatArray:
            return self._output_curvature(rows, direction).T @ self.inputs64[rows]

        for _, part in in_blocks(work, len(self), self.rows_per_block, report):
            total += part
        if not np.isfinite(total).all():
            raise _diverged("Hessian is not finite")
        return total / len(self)

    @contextmanager
    def one_by_one(self) -> Iterator[Callable[[int, FloatArray], FloatArray]]:
        """Inside the block: Hessian of one sample's loss, by its row, times a matrix of shape [o, i]; of rank one."""

        def product(row: int, direction: FloatArray) -> FloatArray:
            rows = slice(row, row + 1)
            return np.outer(self._output_curvature(rows, direction)[0], self.inputs64[row])

        with one_thread():
            yield product

    def _scored(self, rows: slice) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """The layer's outputs, where a graph begins, the logits that follow, targets and labels of a block."""
        with torch.no_grad():
            outputs = self.model.influence_layer(self.inputs[rows])
        outputs.requires_grad_(True)
        logits = self.model.item_scores(self.model.finish(outputs, self.residual[rows]))
        return outputs, logits, self.targets[rows], None if self.labels is None else self.labels[rows]

    def _output_gradient(self, rows: slice) -> FloatArray:
        outputs, logits, targets, labels = self._scored(rows)
        ascent = logit_gradient_(probabilities(logits, labels), targets, labels)
        (delta,) = torch.autograd.grad(logits, outputs, ascent)
        return delta.double().numpy()

    def _output_curvature(self, rows: slice, direction: FloatArray) -> FloatArray:
        """B_s (V a_s) for the samples of a block; shape [b, o].

        With J the Jacobian of the logits in the outputs, c the gradient in the logits and C the Hessian in them,
        B u = J^T C (J u) + the derivative of J^T c in direction u for fixed c. J^T c is linear in c, so one
        backward through it gives J u (in c) and the second term (in the outputs).
        """
        outputs, logits, targets, labels = self._scored(rows)
        moved = torch.from_numpy(self.inputs64[rows] @ direction.T).to(outputs.dtype)  # V a: [b, o]
        p = probabilities(logits, labels)
        ascent = logit_gradient_(p.clone(), targets, labels).requires_grad_(True)
        (delta,) = torch.autograd.grad(logits, outputs, ascent, create_graph=True)
        bend, moved_logits = torch.autograd.grad(delta, (outputs, ascent), moved, retain_graph=True, allow_unused=True)
        curved = logit_curvature_times(p, moved_logits, targets, labels)
        (product,) = torch.autograd.grad(logits, outputs, curved)
        # A model whose scores are linear in the layer's output has no second term.
        product = product if bend is None else product + bend
        return product.double().numpy()


def layer_losses(
    model: SurrogateModel, samples: LabelledHistories, *, num_items: int, report: Report = no_report
) -> LayerLosses:
    """Read all histories up to the influence layer, in blocks.

    Args:
        model: In evaluation mode; computes in the precision of its weights.
        samples: n samples.
        num_items: Items of the catalogue (v).
        report: Called with the number of samples read so far; may raise to stop.
    """

    def work(rows: slice) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            return model.layer_inputs(torch.from_numpy(np.array(samples.histories[rows])))

    rows_per_block = max(1, min(_MAX_BLOCK, _BLOCK_TOKENS // samples.histories.shape[1]))
    parts = [part for _, part in in_blocks(work, len(samples), rows_per_block, report)]
    return LayerLosses(
        model=model,
        inputs=torch.cat([inputs for inputs, _ in parts]),
        residual=torch.cat([residual for _, residual in parts]),
        targets=torch.from_numpy(np.array(samples.targets)),
        labels=None if samples.labels is None else torch.from_numpy(np.array(samples.labels)),
        rows_per_block=max(1, min(_MAX_BLOCK, _BLOCK_LOGITS // num_items)),
    )


def in_blocks(
    work: Callable[[slice], T], num_rows: int, rows_per_block: int, report: Report
) -> Iterator[tuple[slice, T]]:
    """`work` on blocks of rows, on several threads, its results in order.

    Each block is computed on one thread and blocks are cut without regard to their number, so that the results are the
    same bytes on any number of them.
    """
    blocks = [slice(start, min(start + rows_per_block, num_rows)) for start in range(0, num_rows, rows_per_block)]
    with one_thread():
        if len(blocks) == 1 or (threads := _threads()) == 1:
            for rows in blocks:
                part = work(rows)
                report(rows.stop)
                yield rows, part
            return
        pool = ThreadPoolExecutor(threads, "influence", initializer=_compute_alone)
        try:
            waiting = deque(pool.submit(work, rows) for rows in blocks)
            for rows in blocks:
                part = waiting.popleft().result()
                report(rows.stop)
                yield rows, part
        finally:
            pool.shutdown(cancel_futures=True)


def _diverged(what: str) -> ModelError:
    return ModelError(
        f"the surrogate's {what}: its training diverged; train it with another seed or fewer epochs, or choose another "
        "surrogate",
        code="diverged",
    )


def _threads() -> int:
    """`GORACS_THREADS`, else the cores of this machine, at most 8."""
    asked = os.environ.get("GORACS_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else min(os.cpu_count() or 1, 8)


def _compute_alone() -> None:
    torch.set_num_threads(1)
