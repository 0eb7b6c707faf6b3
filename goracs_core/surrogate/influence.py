"""Influence of each pool sample on the surrogate's mean training loss (DEALRec, arXiv 2401.17197, equations 4 to 8).

    influence(s) = (1/n) grad L(s)^T (H + ridge I)^-1 (1/n) sum_i grad L(s_i),      ridge = damping * scale

the first-order change of the mean loss of all n samples when s is taken out of training: leaving s out moves the
weights by (1/n) (H + ridge I)^-1 grad L(s), and the mean loss by its gradient times that. Positive: the loss would
rise, the sample helps. H is the Hessian of the mean loss, the ridge that of a weight penalty (ridge / 2) |W|^2.

The factor beside the *mean* gradient is 1/n; beside the *sum* of gradients it is the paper's 1/n^2. DEALRec scales
influence to [0, 1], so a factor does not change its coresets.

Gradients and Hessian are taken in the weights of the surrogate's influence layer alone, as DEALRec's code does. There
grad L(s) = delta_s a_s^T, and its inner product with any matrix X is delta_s^T X a_s: one batched backward for the
deltas and two thin products score the whole pool, where a loop would need a backward per sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from goracs_core.progress import Progress, silent
from goracs_core.scores import InfluenceSolver
from goracs_core.surrogate.hessian import LabelledHistories, LayerLosses, layer_losses
from goracs_core.surrogate.model import SurrogateModel
from goracs_core.surrogate.solvers import (
    InverseProduct,
    conjugate_gradients,
    relative_residual,
    stochastic_recursion,
)
from goracs_core.types import FloatArray


@dataclass(frozen=True)
class InfluenceOptions:
    """How the inverse Hessian is applied; the values of `DealRecConfig` of the same names.

    Args:
        solver: "cg" or "recursion".
        damping, scale: Both solvers solve (H + damping * scale * I) x = v.
        tolerance, max_iterations: Of conjugate gradients.
        recursion_steps: Of the recursion.
        seed: Of the recursion's draws.
    """

    solver: InfluenceSolver = "cg"
    damping: float = 0.01
    scale: float = 25.0
    tolerance: float = 1e-4
    max_iterations: int = 500
    recursion_steps: int = 5000
    seed: int = 0

    @property
    def ridge(self) -> float:
        """What is added to the Hessian's diagonal."""
        return self.damping * self.scale

    def content(self) -> str:
        """All that decides the values, as text: what the other solver reads does not."""
        if self.solver == "cg":
            decisive = ("cg", self.damping, self.scale, self.tolerance)
        else:
            decisive = ("recursion", self.damping, self.scale, self.recursion_steps, self.seed)
        return repr(decisive)


@dataclass(frozen=True, eq=False)
class Influence:
    """Influence of n samples.

    Args:
        values: Shape [n].
        inverse: The one solution that scores them all.
        record: JSON-able: solver, its work and residual, sizes.
    """

    values: FloatArray
    inverse: InverseProduct
    record: dict[str, Any]


def measure_influence(
    model: SurrogateModel,
    samples: LabelledHistories,
    *,
    num_items: int,
    options: InfluenceOptions | None = None,
    progress: Progress = silent,
) -> Influence:
    """Influence of every sample on the mean loss of all of them.

    Args:
        model: In evaluation mode.
        samples: n samples.
        num_items: Items of the catalogue (v).
        options: The defaults where not given.
        progress: Told after every block of samples; may raise JobCancelled.

    Raises:
        ModelError: The surrogate's gradients are not finite.
        SolverError: The damped Hessian could not be inverted to the tolerance, or the recursion diverged.
    """
    options = options or InfluenceOptions()
    n = len(samples)
    losses = layer_losses(
        model, samples, num_items=num_items, report=lambda done: progress("Reading the pool", done, n)
    )
    deltas = losses.output_gradients(lambda done: progress("Measuring gradients of the surrogate", done, n))
    inverse = inverse_product(losses, mean_gradient(losses, deltas), options, progress)
    values = inner_products(losses, deltas, inverse.values) / n
    return Influence(values, inverse, _record(losses, inverse, options))


def mean_gradient(losses: LayerLosses, deltas: FloatArray) -> FloatArray:
    """Mean over the samples of the gradient delta_s a_s^T; shape [o, i]."""
    return deltas.T @ losses.inputs64 / len(losses)


def inner_products(losses: LayerLosses, deltas: FloatArray, matrix: FloatArray) -> FloatArray:
    """Inner product of each sample's gradient with a matrix of the layer's shape, delta_s^T X a_s; shape [n]."""
    return ((losses.inputs64 @ matrix.T) * deltas).sum(axis=1)


def inverse_product(
    losses: LayerLosses, right: FloatArray, options: InfluenceOptions, progress: Progress = silent
) -> InverseProduct:
    """(H + ridge I)^-1 v by the solver of the options.

    Args:
        losses: Whose mean's Hessian H is.
        right: v; shape [o, i].
        options: The solver and its numbers.
        progress: May raise JobCancelled.

    Raises:
        SolverError: See `measure_influence`.
    """
    report = _SolverReport(progress, len(losses), options)

    def product(direction: FloatArray) -> FloatArray:
        return losses.hessian_times(direction, report.block)

    if options.solver == "cg":
        return conjugate_gradients(
            product,
            right,
            ridge=options.ridge,
            tolerance=options.tolerance,
            max_iterations=options.max_iterations,
            num_samples=len(losses),
            watch=report.solved,
        )
    with losses.one_by_one() as sample_product:
        x = stochastic_recursion(
            sample_product,
            right,
            num_samples=len(losses),
            damping=options.damping,
            scale=options.scale,
            steps=options.recursion_steps,
            seed=options.seed,
            watch=report.stepped,
        )
    residual = relative_residual(product, x, right, ridge=options.ridge)
    return InverseProduct(x, residual, options.recursion_steps, options.recursion_steps)


class _SolverReport:
    """Turns what the solvers tell into progress: decades of the residual, or steps."""

    _STAGE = "Applying the inverse Hessian"

    def __init__(self, progress: Progress, num_samples: int, options: InfluenceOptions) -> None:
        self._progress, self._num_samples, self._options = progress, num_samples, options
        self._iterations, self._share, self._residual = 0, 0, 1.0

    def block(self, done: int) -> None:
        """Samples of the running pass that are done."""
        if self._options.solver == "cg":
            detail = f"pass {self._iterations + 1} over {self._num_samples:,} samples, residual {self._residual:.1e}"
            self._progress(self._STAGE, self._share, 100, detail)
        else:
            self._progress("Measuring the residual", done, self._num_samples)

    def solved(self, iterations: int, residual: float) -> None:
        """One iteration of conjugate gradients is done."""
        self._iterations, self._residual = iterations, residual
        reached = math.log(max(residual, 1e-300)) / math.log(min(self._options.tolerance, 0.5))
        self._share = max(self._share, min(100, int(100 * reached)))

    def stepped(self, steps: int, _: float) -> None:
        """So many steps of the recursion are done."""
        self._progress(self._STAGE, steps, self._options.recursion_steps, "single random samples")


def _record(losses: LayerLosses, inverse: InverseProduct, options: InfluenceOptions) -> dict[str, Any]:
    n = len(losses)
    record: dict[str, Any] = {
        "solver": options.solver,
        "damping": options.damping,
        "scale": options.scale,
        "ridge": options.ridge,
        "residual": inverse.residual,
        "iterations": inverse.iterations,
        "sample_products": inverse.products,
        "passes": inverse.products / n,
        "samples": n,
        "layer": list(losses.shape),
    }
    if options.solver == "cg":
        return {**record, "tolerance": options.tolerance}
    return {**record, "seed": options.seed}
