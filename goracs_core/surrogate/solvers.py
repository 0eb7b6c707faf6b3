"""Two ways to apply the inverse of a damped Hessian that is known by its products only.

Both solve (H + ridge I) x = v. Weight matrices stand for vectors, with the sum of entrywise products as inner product.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from goracs_core.errors import SolverError
from goracs_core.types import FloatArray

Product = Callable[[FloatArray], FloatArray]
SampleProduct = Callable[[int, FloatArray], FloatArray]
# Called with steps done and |residual| / |v| of conjugate gradients (nan where it is not known).
Watch = Callable[[int, float], None]

# The recursion has left every bound of its fixed point behind by then; sums of squares are still finite.
_BLOWN_UP = 1e8
_WATCH_EVERY = 25


def no_watch(step: int, residual: float) -> None:
    """The watch that nobody reads."""


@dataclass(frozen=True, eq=False)
class InverseProduct:
    """x with (H + ridge I) x = v, as far as it was solved.

    Args:
        values: x, of v's shape.
        residual: |(H + ridge I) x - v| / |v|, computed from x and not taken from the iteration; 0 for v = 0.
        iterations: Hessian-vector products that followed one upon the other.
        products: Sample products among them: iterations times the samples of each.
    """

    values: FloatArray
    residual: float
    iterations: int
    products: int


def conjugate_gradients(
    product: Product,
    right: FloatArray,
    *,
    ridge: float,
    tolerance: float,
    max_iterations: int,
    num_samples: int,
    watch: Watch = no_watch,
) -> InverseProduct:
    """Conjugate gradients (Hestenes and Stiefel 1952) on H + ridge I, from zero.

    A network's Hessian may have negative eigenvalues; the method is sound as long as the ridge outweighs them, and it
    meets a direction of negative curvature where it does not.

    Args:
        product: H times a matrix, over all samples.
        right: v.
        ridge: Added to the Hessian's diagonal, > 0.
        tolerance: On |residual| / |v|.
        max_iterations: Most products.
        num_samples: Samples that each product reads.
        watch: Told the iterations done and the relative residual; may raise to stop.

    Raises:
        SolverError: Not solved to the tolerance within `max_iterations`, or the curvature is not positive.
    """
    size = float(np.linalg.norm(right))
    x = np.zeros_like(right)
    if size == 0:
        return InverseProduct(x, 0.0, 0, 0)
    residual, direction = right.copy(), right.copy()
    squared = size**2
    done = 0
    while math.sqrt(squared) > tolerance * size:
        if done == max_iterations:
            raise _not_reached(math.sqrt(squared) / size, tolerance, max_iterations)
        image = product(direction) + ridge * direction
        done += 1
        curvature = float((direction * image).sum())
        length = float((direction**2).sum())
        if not curvature > 0:
            raise _not_positive(curvature / length, ridge, math.sqrt(squared) / size, done)
        step = squared / curvature
        x += step * direction
        residual -= step * image
        before, squared = squared, float((residual**2).sum())
        direction = residual + (squared / before) * direction
        watch(done, math.sqrt(squared) / size)
    true_residual = relative_residual(product, x, right, ridge=ridge)
    # Rounding can part the updated residual from the true one; a tolerance near rounding then is not met.
    if true_residual > 2 * tolerance:
        raise _not_reached(true_residual, tolerance, done)
    return InverseProduct(x, true_residual, done, done * num_samples)


def stochastic_recursion(
    sample_product: SampleProduct,
    right: FloatArray,
    *,
    num_samples: int,
    damping: float,
    scale: float,
    steps: int,
    seed: int,
    watch: Watch = no_watch,
) -> FloatArray:
    """DEALRec's estimate (arXiv 2401.17197, equation 7 and its code): h <- v + (1 - damping) h - H_s h / scale.

    Each step takes one random sample s and starts from h = v. The recursion rests in expectation where
    damping h + H h / scale = v, so that h / scale solves (H + damping scale I) x = v: the same system as above with
    ridge = damping * scale. (The authors leave out the last division; the scores' order does not depend on it.)

    Args:
        sample_product: Hessian of one sample's loss times a matrix.
        right: v.
        num_samples: Samples to draw from, n.
        damping: Above 0.
        scale: Above the largest eigenvalue of any sample's Hessian, or single steps throw h far off.
        steps: How many.
        seed: Of the draws.
        watch: Told the steps done; may raise to stop.

    Raises:
        SolverError: h grows beyond all bounds.
    """
    h = right.copy()
    size = float(np.linalg.norm(right))
    if size == 0:
        return h
    rows = np.random.default_rng(seed).integers(num_samples, size=steps)
    for step, row in enumerate(rows.tolist(), start=1):
        h = right + (1 - damping) * h - sample_product(row, h) / scale
        # In expectation |h| <= |v| / damping for a Hessian without negative eigenvalues.
        if not float(np.linalg.norm(h)) <= _BLOWN_UP * size / damping:
            message = (
                f"the recursion for influence diverged after {step:,} of {steps:,} steps with a scale of {scale:g}, "
                "which must exceed the largest eigenvalue of every sample's Hessian; raise the scale (and lower the "
                'damping to keep their product), or choose the influence solver "cg"'
            )
            raise SolverError(message, code="recursion-diverged", fields={"steps": step, "scale": scale})
        if step % _WATCH_EVERY == 0 or step == steps:
            watch(step, math.nan)
    return h / scale


def relative_residual(product: Product, x: FloatArray, right: FloatArray, *, ridge: float) -> float:
    """|(H + ridge I) x - v| / |v|; 0 where v is zero and x, too."""
    size = float(np.linalg.norm(right))
    missing = float(np.linalg.norm(product(x) + ridge * x - right))
    return missing / size if size > 0 else missing


def _not_reached(residual: float, tolerance: float, iterations: int) -> SolverError:
    return SolverError(
        f"conjugate gradients for influence ended at a relative residual of {residual:.1e} after {iterations:,} "
        f"iterations, but {tolerance:g} was requested; raise --max-iterations, --damping or --tolerance",
        code="tolerance-not-reached",
        fields={"residual": residual, "tolerance": tolerance, "iterations": iterations},
    )


def _not_positive(curvature: float, ridge: float, residual: float, iterations: int) -> SolverError:
    return SolverError(
        f"the surrogate's Hessian has a curvature of {curvature - ridge:.2g}, which damping x scale = {ridge:g} does "
        f"not outweigh (conjugate gradients, iteration {iterations:,}, relative residual {residual:.1e}); choose "
        f"damping and scale with a product above {1.5 * (ridge - curvature):.2g}",
        code="curvature-not-positive",
        fields={"curvature": curvature - ridge, "ridge": ridge, "least_ridge": 1.5 * (ridge - curvature)},
    )
