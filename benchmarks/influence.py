"""Influence of all pool samples from one batched backward against a loop, and CG against the stochastic recursion.

Data: Games from the folder GORACS_REAL_DATA when that is set, else the synthetic shop. Surrogate: SASRec, trained for a
few epochs only (times do not depend on what it has learnt; the Hessian's size does, somewhat).
Run with `python benchmarks/influence.py`.

Two loops stand for "one backward per sample", each a forward and a backward for one history. The plain one, which has
the goal, calls `loss.backward()` and reads the layer's gradient. The sparing one asks autograd for the layer's gradient
alone, so that most of a backward is left out; it shows how much of the ratio is due to batching. Both run on one
thread, which is faster for single rows, on a part of the pool, and are scaled to all of it; the table says how many.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from goracs_core.data.dataset import Dataset
from goracs_core.data.options import PrepareOptions
from goracs_core.data.prepare import prepare
from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic
from goracs_core.surrogate.hessian import LabelledHistories, LayerLosses, layer_losses
from goracs_core.surrogate.influence import InfluenceOptions, inner_products, inverse_product, mean_gradient
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.surrogate.sequences import sample_tokens
from goracs_core.surrogate.train import train_surrogate
from goracs_core.torch_threads import one_thread
from goracs_core.types import FloatArray

GOAL = 50.0
TOLERANCE = 1e-5


def load_dataset(num_pool: int) -> tuple[Dataset, str]:
    """Games when it is there, else the synthetic shop."""
    root = os.environ.get("GORACS_REAL_DATA")
    if root:
        options = PrepareOptions(max_pool=num_pool, max_validation=500, max_test=0)
        return prepare(Path(root) / "games", options)[0], "Games"
    return make_synthetic(SyntheticOptions()), "synthetic shop (GORACS_REAL_DATA is not set)"


def loop(model: Any, samples: LabelledHistories, matrix: FloatArray, *, whole: bool) -> FloatArray:
    """Inner product of each sample's gradient with a matrix: one forward and one backward per sample; shape [n].

    Args:
        model: The surrogate.
        samples: n samples.
        matrix: Shape of the influence layer.
        whole: Gradients of all weights by `backward`, instead of the one layer's by `autograd.grad`.
    """
    import torch

    weights = model.influence_layer.weight
    direction = torch.from_numpy(matrix).to(weights.dtype)
    histories, targets = torch.tensor(samples.histories), torch.tensor(samples.targets)
    values = np.empty(len(samples))
    with one_thread():
        for row in range(len(samples)):
            inputs, residual = model.layer_inputs(histories[row : row + 1])
            logits = model.item_scores(model.finish(model.influence_layer(inputs), residual))
            loss = torch.nn.functional.cross_entropy(logits, targets[row : row + 1])
            if whole:
                model.zero_grad(set_to_none=True)
                loss.backward()
                gradient = weights.grad
            else:
                (gradient,) = torch.autograd.grad(loss, weights)
            values[row] = float((gradient * direction).sum())
    return values


def batched(model: Any, samples: LabelledHistories, matrix: FloatArray, *, num_items: int) -> FloatArray:
    """What the project does, reading the pool included; shape [n]."""
    losses = layer_losses(model, samples, num_items=num_items)
    return inner_products(losses, losses.output_gradients(), matrix)


def timed(work: Callable[[], FloatArray]) -> tuple[FloatArray, float]:
    """Its values and seconds."""
    started = time.perf_counter()
    values = work()
    return values, time.perf_counter() - started


def first(samples: LabelledHistories, count: int) -> LabelledHistories:
    """The first samples."""
    return LabelledHistories(samples.histories[:count], samples.targets[:count])


def compare_with_loops(
    model: Any, samples: LabelledHistories, matrix: FloatArray, arguments: argparse.Namespace, num_items: int
) -> bool:
    """Print the first table; whether its goals were met."""
    n, part = len(samples), first(samples, arguments.loop)
    batched(model, part, matrix, num_items=num_items)  # warm up
    ways: list[tuple[str, float, Callable[[], FloatArray]]] = [
        ("one backward per sample", n / len(part), lambda: loop(model, part, matrix, whole=True)),
        ("the same for the layer alone", n / len(part), lambda: loop(model, part, matrix, whole=False)),
        ("one batched backward", 1.0, lambda: batched(model, samples, matrix, num_items=num_items)),
    ]
    results: list[list[tuple[FloatArray, float]]] = [[] for _ in ways]
    for _ in range(arguments.repeats):  # the ways take turns, so that a busy machine slows all of them
        for way, (_, _, work) in enumerate(ways):
            results[way].append(timed(work))
    seconds = [min(taken for _, taken in result) * scale for result, (_, scale, _) in zip(results, ways, strict=True)]
    # Where the terms of an inner product cancel, single precision leaves few digits of it either way; so both ways are
    # also compared in double precision, each value with its own size.
    double = model.double()
    exact = loop(double, part, matrix, whole=False)
    in_double = float(np.abs(batched(double, part, matrix, num_items=num_items) / exact - 1).max())
    model.float()
    print(f"Influence of {n:,} samples; the loops were timed on {len(part):,} of them and scaled")
    print(f"{'':40}{'seconds':>9}{'ratio':>8}{'goal':>12}{'largest difference':>20}")
    met = True
    for (name, _, _), result, taken in zip(ways, results, seconds, strict=True):
        ratio = taken / seconds[-1]
        difference = float(np.abs(result[0][0][: len(part)] - exact).max() / np.abs(exact).max())
        goal = name == ways[0][0]
        met &= (ratio >= GOAL or not goal) and difference <= TOLERANCE
        aim = f"{GOAL:.0f}x {'met' if ratio >= GOAL else 'MISSED'}" if goal else ""
        print(f"{name:40}{taken:9.2f}{ratio:7.1f}x{aim:>12}{difference:20.1e}")
    print(f"Differences: from the loop in double precision, in units of the largest value (goal {TOLERANCE:g}).")
    print(f"Batched and loop both in double precision, each value in its own units: {in_double:.1e} (same goal)\n")
    return met and in_double <= TOLERANCE


def compare_solvers(losses: LayerLosses, right: FloatArray) -> bool:
    """Print the second table; whether conjugate gradients need fewer sequential products at a lower residual."""
    found = {}
    for solver in ("cg", "recursion"):
        started = time.perf_counter()
        inverse = inverse_product(losses, right, InfluenceOptions(solver))
        found[solver] = inverse, time.perf_counter() - started
    print(f"(H + 0.25 I)^-1 v over {len(losses):,} samples")
    print(f"{'':22}{'products in a row':>18}{'sample products':>17}{'passes':>8}{'residual':>10}{'seconds':>9}")
    for solver, name in (("cg", "conjugate gradients"), ("recursion", "stochastic recursion")):
        inverse, seconds = found[solver]
        work = f"{inverse.iterations:18,}{inverse.products:17,}{inverse.products / len(losses):8.2f}"
        print(f"{name:22}{work}{inverse.residual:10.1e}{seconds:9.1f}")
    (cg, _), (recursion, _) = found["cg"], found["recursion"]
    met = cg.iterations < recursion.iterations and cg.residual < recursion.residual
    print(f"fewer products in a row at a lower residual: {'met' if met else 'MISSED'}")
    if cg.products > recursion.products:
        more, as_low = cg.products / recursion.products, (recursion.residual / cg.residual) ** 2 * recursion.products
        print(
            f"counted in samples, conjugate gradients read {more:.0f}x as many as the recursion; its noise falls with"
        )
        print(f"the square root of them, so that as low a residual would take it about {as_low:.0e} samples")
    return met


def main() -> int:
    """Print two tables; exit status 1 when a goal is missed or the values differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=15_000, help="pool samples")
    parser.add_argument("--loop", type=int, default=1000, help="samples that the loops are timed on")
    parser.add_argument("--epochs", type=int, default=2, help="epochs of the surrogate's training")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way; the fastest counts")
    arguments = parser.parse_args()
    dataset, source = load_dataset(arguments.samples)
    with tempfile.TemporaryDirectory() as cache:
        trained = train_surrogate(dataset, SurrogateOptions(epochs=arguments.epochs), cache=Path(cache))
    model: Any = trained.model
    pool, v = dataset.pool, len(dataset.items)
    samples = LabelledHistories(sample_tokens(pool, trained.options.length), pool.targets)
    print(f"{source}: {len(pool):,} samples, {v:,} items, {os.cpu_count()} cores\n")
    losses = layer_losses(model, samples, num_items=v)
    right = mean_gradient(losses, losses.output_gradients())
    met = compare_with_loops(model, samples, right, arguments, v)
    return int(not (compare_solvers(losses, right) and met))


if __name__ == "__main__":
    sys.exit(main())
