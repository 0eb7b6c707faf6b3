"""Adapters (LoRA, arXiv 2106.09685) put on layers of a model and taken off again.

Beside a layer W stand two thin matrices: the output becomes W x + alpha / r * B A x. B starts at zero, so that the
model computes what it did before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

_ADAPTER = "goracs"


@contextmanager
def adapted(
    network: Any, names: Sequence[str], *, rank: int, alpha: float, seed: int
) -> Iterator[dict[str, tuple[torch.nn.Linear, torch.nn.Linear]]]:
    """Put adapters without dropout on the named layers; afterwards they are off and nothing wants gradients.

    A is drawn from the seed and the layer's name, so that it is the same whichever other layers have adapters.

    Args:
        network: The transformers model.
        names: Full names of the layers.
        rank: Rank r of the adapters.
        alpha: Outputs are multiplied by alpha / r.
        seed: Decides the A matrices.

    Yields:
        The layers A and B of each name.
    """
    from peft import LoraConfig, LoraModel

    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,  # pyright: ignore[reportArgumentType]
        lora_dropout=0.0,
        target_modules=list(names),
        bias="none",
        fan_in_fan_out=type(network.get_submodule(names[0])).__name__ == "Conv1D",  # stores its matrix transposed
    )
    tuner = LoraModel(network, config, _ADAPTER)  # replaces the layers inside the model itself
    try:
        yield {name: _started(network.get_submodule(name), name, seed) for name in names}
    finally:
        tuner.unload()
        network.requires_grad_(False)


def _started(layer: Any, name: str, seed: int) -> tuple[torch.nn.Linear, torch.nn.Linear]:
    """Draw A uniformly within LoRA's usual bounds from seed and name, and set B to zero."""
    first, second = layer.lora_A[_ADAPTER], layer.lora_B[_ADAPTER]
    key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
    bound = 1.0 / np.sqrt(first.in_features)
    values = np.random.default_rng([seed, key]).uniform(-bound, bound, size=tuple(first.weight.shape))
    with torch.no_grad():
        first.weight.copy_(torch.from_numpy(values))
        second.weight.zero_()
    return first, second
