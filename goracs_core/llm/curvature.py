"""The curvature of a loss where a model's weights stand: Hessian-vector products and the largest eigenvalue.

Hessian-vector products come from differentiating the gradient once more (Pearlmutter, Neural Computation 1994), so that
no Hessian is ever formed: a product costs a few gradients, whatever the number of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch


class LossSurface:
    """A loss as a function of weights, on samples that stay the same.

    Args:
        weights: The tensors that the loss is a function of; all others count as constants.
        parts: Functions without arguments whose values add up to the loss, each with a graph back to the weights: one
            per batch, so that only one batch's graph is held at a time.

    Attributes:
        report: Called after each part when it is set; may raise to stop.
    """

    def __init__(self, weights: Sequence[torch.Tensor], parts: Sequence[Callable[[], torch.Tensor]]) -> None:
        self.weights = list(weights)
        self.report: Callable[[], None] | None = None
        self._parts = list(parts)

    @property
    def num_weights(self) -> int:
        """Number of weights, p."""
        return sum(weight.numel() for weight in self.weights)

    def position(self) -> torch.Tensor:
        """A copy of the weights; shape [p]."""
        return _flat([weight.detach() for weight in self.weights])

    def move_to(self, position: torch.Tensor) -> None:
        """Set the weights; shape [p]."""
        with torch.no_grad():
            for weight, values in zip(self.weights, self.split(position), strict=True):
                weight.copy_(values)

    def value_and_gradient(self) -> tuple[float, torch.Tensor]:
        """The loss, and its gradient of shape [p], where the weights stand."""
        value, total = 0.0, torch.zeros_like(self.position())
        for part in self._parts:
            loss = part()
            total += _flat(torch.autograd.grad(loss, self.weights, materialize_grads=True))
            value += loss.item()
            self._tell()
        return value, total

    def curvature_along(self, direction: torch.Tensor) -> torch.Tensor:
        """The Hessian times a direction; both of shape [p]."""
        pieces = self.split(direction)
        total = torch.zeros_like(direction)
        with twice_differentiable():
            for part in self._parts:
                slopes = torch.autograd.grad(part(), self.weights, create_graph=True, materialize_grads=True)
                along = sum((slope * piece).sum() for slope, piece in zip(slopes, pieces, strict=True))
                if isinstance(along, torch.Tensor) and along.requires_grad:  # else the gradient is constant
                    total += _flat(torch.autograd.grad(along, self.weights, materialize_grads=True))
                self._tell()
        return total

    def _tell(self) -> None:
        if self.report is not None:
            self.report()

    def split(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """A vector of shape [p] as tensors of the weights' shapes."""
        sizes = [weight.numel() for weight in self.weights]
        return [piece.view_as(weight) for piece, weight in zip(flat.split(sizes), self.weights, strict=True)]


@dataclass(frozen=True, eq=False)
class Eigenvalue:
    """The largest eigenvalue of a Hessian, as far as it was found.

    Args:
        value: The largest Ritz value: never above the true one but for rounding.
        direction: Its unit vector; shape [p].
        rounds: Hessian-vector products that it took.
        residual: ||Hv - value v|| / |value|: the Hessian has an eigenvalue within this share of `value`. The error of
            `value` itself is about the square of it where no other eigenvalue is near.
        settled: Whether the residual fell to the tolerance before the rounds ran out.
    """

    value: float
    direction: torch.Tensor
    rounds: int
    residual: float
    settled: bool


def largest_eigenvalue(
    surface: LossSurface, start: torch.Tensor, *, rounds: int = 12, tolerance: float = 0.1
) -> Eigenvalue:
    """The largest eigenvalue of the Hessian where the weights stand.

    Power iteration that keeps its directions (Lanczos): each round multiplies the last direction by the Hessian and
    leaves the earlier ones out; the largest eigenvalue of the small matrix between them is the estimate. It needs far
    fewer products than the last direction alone, and cannot take a large negative eigenvalue for the largest one.

    Args:
        surface: The loss.
        start: First direction, not zero; shape [p].
        rounds: Most Hessian-vector products.
        tolerance: Residual, as a share of the value, at which it is accepted.
    """
    basis = [start / start.norm()]
    diagonal: list[float] = []
    beside: list[float] = []
    while True:
        product = surface.curvature_along(basis[-1])
        diagonal.append(float(basis[-1] @ product))
        for _ in range(2):  # twice is enough: what rounding leaves of the earlier directions would come back
            for known in basis:
                product = product - (known @ product) * known
        left = float(product.norm())
        small = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        values, vectors = np.linalg.eigh(small)
        residual = left * abs(float(vectors[-1, -1])) / max(abs(float(values[-1])), 1e-30)
        spanned = left <= 1e-6 * float(np.abs(small).max()) or len(basis) == len(start)
        if residual <= tolerance or spanned or len(basis) == rounds:
            break
        beside.append(left)
        basis.append(product / left)
    direction = torch.stack(basis).T @ torch.as_tensor(vectors[:, -1], dtype=start.dtype, device=start.device)
    return Eigenvalue(
        float(values[-1]), direction / direction.norm(), len(basis), residual, residual <= tolerance or spanned
    )


@contextmanager
def twice_differentiable() -> Iterator[None]:
    """Let attention be computed by plain matrix products: the fused kernels have no second derivative."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.MATH):
        yield


def _flat(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])
