"""Tiny catalogues, writers and trainings of TIGER."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from goracs_core.data.dataset import Dataset
from goracs_core.llm.tiger.ids import semantic_ids
from goracs_core.llm.tiger.model import IdWriter
from goracs_core.llm.tiger.train import TrainedTiger, train_tiger
from goracs_core.llm.tuning.options import TigerOptions
from goracs_core.types import Float32Array, IndexArray
from tests.surrogate.shops import ITEMS, dataset_of, samples_of, walks

SMALL = TigerOptions(
    levels=2, codes=4, width=16, layers=1, heads=2, feed_forward=32, epochs=2, batch=8, watched=8, patience=0, beams=5
)
ROWS = np.array([1, 2, 5, 8, 13, 21, 34, 40])


def embeddings(items: int = ITEMS, *, width: int = 6, seed: int = 0) -> Float32Array:
    """Random item embeddings."""
    return np.random.default_rng(seed).normal(size=(items, width)).astype(np.float32)


def shop(num_users: int = 12) -> Dataset:
    """Users who go five items on each time."""
    return dataset_of(walks(num_users, seed=0), walks(3, seed=1), walks(3, seed=2))


def random_writer(items: int = 30, *, seed: int = 0, **options: Any) -> IdWriter:
    """An untrained writer with weights so large that everything matters; some items collide."""
    vectors = embeddings(items, seed=seed)
    vectors[1:4] = vectors[0]
    chosen = replace(SMALL, **{"layers": 2, "seed": seed, **options})
    ids = semantic_ids(vectors, levels=chosen.levels, codes=chosen.codes, seed=seed)
    writer = IdWriter.fresh(ids, chosen)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in writer.network.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    return writer


def train(
    folder: Path, dataset: Dataset | None = None, options: TigerOptions = SMALL, *, rows: IndexArray = ROWS, **more: Any
) -> TrainedTiger:
    """Train on random embeddings."""
    dataset = dataset or shop()
    vectors = embeddings(len(dataset.items))
    return train_tiger(dataset, rows, vectors, options, checkpoint=folder / "state.safetensors", **more)


def weights_of(trained: TrainedTiger) -> bytes:
    """All weights of the network, one after the other."""
    return b"".join(values.numpy().tobytes() for values in trained.writer.network.state_dict().values())


__all__ = [
    "ITEMS",
    "ROWS",
    "SMALL",
    "dataset_of",
    "embeddings",
    "random_writer",
    "samples_of",
    "shop",
    "train",
    "walks",
]
