"""Gradient norms in batches against one backward per sample: the same numbers, and how much faster, in one run.

Data: Games from the folder GORACS_REAL_DATA when that is set, else the synthetic shop. Model: the small embedded one,
trained for a few steps only (its time does not depend on what it has learnt).
Run with `python benchmarks/gradient_norms.py`.

Two loops stand for "one backward per sample". The published one puts trainable adapters on every layer, takes the loss
of one sample over the whole text's logits, calls backward and reads the last value adapter's gradient. The careful one
keeps everything this project does except the batching.
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
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import TokenSample, tokenize
from goracs_core.llm.gradients import adapters, gradient_norms_in_batches
from goracs_core.llm.options import NormOptions
from goracs_core.llm.small import SmallModelSettings, train_small_model
from goracs_core.types import FloatArray

GOAL = 5.0
TOLERANCE = 1e-4  # single precision


def load_dataset() -> tuple[Dataset, str]:
    """Games when it is there, else the synthetic shop."""
    root = os.environ.get("GORACS_REAL_DATA")
    if root:
        dataset, _ = prepare(Path(root) / "games", PrepareOptions(max_pool=2000, max_validation=100, max_test=0))
        return dataset, "Games"
    return make_synthetic(SyntheticOptions()), "synthetic shop (GORACS_REAL_DATA is not set)"


def published_loop(model: CausalModel, samples: list[TokenSample]) -> FloatArray:
    """Trainable adapters everywhere; one forward and one backward per sample."""
    import torch

    norms = np.empty(len(samples))
    with adapters(model, NormOptions(adapters="all")) as probe:
        network: Any = probe.model
        (name,) = [
            layer for layer in probe.layers if layer.endswith(f"{len(network.model.layers) - 1}.self_attn.v_proj")
        ]
        for row, sample in enumerate(samples):
            labels = [-100] * sample.answer + list(sample.ids[sample.answer :])
            loss = network(input_ids=torch.tensor([sample.ids]), labels=torch.tensor([labels])).loss
            network.zero_grad(set_to_none=True)
            loss.backward()
            gradient = probe.layers[name].weight.grad
            norms[row] = float("nan") if gradient is None else float(gradient.norm())
    return norms


def careful_loop(model: CausalModel, samples: list[TokenSample]) -> FloatArray:
    """As `in_batches`, but every batch is one sample."""
    with adapters(model, NormOptions()) as probe:
        return np.concatenate([gradient_norms_in_batches(probe, [sample]) for sample in samples])


def in_batches(model: CausalModel, samples: list[TokenSample]) -> FloatArray:
    """What the project does."""
    with adapters(model, NormOptions()) as probe:
        return gradient_norms_in_batches(probe, samples)


def timed(works: list[Callable[..., FloatArray]], *arguments: Any, repeats: int) -> list[tuple[FloatArray, float]]:
    """Norms and least seconds of each way; the ways take turns, so that a busy machine slows all of them."""
    norms: list[FloatArray] = [np.empty(0)] * len(works)
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for way, work in enumerate(works):
            started = time.perf_counter()
            norms[way] = work(*arguments)
            seconds[way].append(time.perf_counter() - started)
    return [(values, min(taken)) for values, taken in zip(norms, seconds, strict=True)]


def main() -> int:
    """Print one table; exit status 1 when the goal is missed or the values differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=512, help="samples to measure")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way; the fastest counts")
    arguments = parser.parse_args()
    import torch

    dataset, source = load_dataset()
    with tempfile.TemporaryDirectory() as cache:
        model = train_small_model(dataset, seed=0, cache=Path(cache), settings=SmallModelSettings(steps=10, rows=2))
    pool = dataset.pool.take(np.arange(min(arguments.samples, len(dataset.pool))))
    samples = tokenize(model.tokenizer, pool.prompts, pool.answers, context=model.context)
    in_batches(model, samples[:64])  # warm up
    ways = [
        ("one backward per sample, as published", published_loop),
        ("one backward per sample, careful", careful_loop),
        ("in batches", in_batches),
    ]
    results = timed([way for _, way in ways], model, samples, repeats=arguments.repeats)
    norms, seconds = results[-1]
    tokens = np.mean([len(sample.ids) for sample in samples])
    print(f"{source}: {len(samples)} samples of {tokens:.0f} tokens, {torch.get_num_threads()} threads")
    print(f"{'':40}{'seconds':>9}{'samples/s':>11}{'ratio':>8}{'goal':>7}{'largest difference':>20}")
    missed = False
    for (name, _), (values, taken) in zip(ways, results, strict=True):
        difference = float(np.abs(values / norms - 1).max())
        goal = GOAL if name.endswith("published") else 0.0
        missed |= taken / seconds < goal or not difference <= TOLERANCE
        aim = f"{goal:6.0f}x" if goal else ""
        print(f"{name:40}{taken:9.2f}{len(samples) / taken:11.0f}{taken / seconds:7.1f}x{aim:>7}{difference:20.1e}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
