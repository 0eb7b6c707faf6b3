"""Which weights of a model are trained, and how they come back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from goracs_core.errors import ModelError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.lora import adapted
from goracs_core.llm.tuning.options import FineTuneOptions

_SHOWN = 8


@contextmanager
def trainable(base: CausalModel, options: FineTuneOptions) -> Iterator[dict[str, torch.nn.Parameter]]:
    """The weights to train, by name; afterwards the base is as it was before, byte by byte.

    Args:
        base: A frozen model.
        options: All weights, or adapters on which layers.

    Raises:
        ModelError: No layer has such a name.
    """
    network = base.model
    if options.weights == "full":
        with _all_weights(network) as weights:
            yield weights
        return
    names = _targets(network, options.targets, base.name)
    with adapted(network, names, rank=options.rank, alpha=options.alpha, seed=options.seed) as layers:
        for pair in layers.values():
            for layer in pair:
                if layer.weight.itemsize < 4:  # steps are lost to rounding in 16 bits
                    layer.float()
                layer.requires_grad_(True)
        try:
            yield {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
        finally:
            network.eval()


@contextmanager
def _all_weights(network: Any) -> Iterator[dict[str, torch.nn.Parameter]]:
    weights = dict(network.named_parameters())
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    network.requires_grad_(True)
    try:
        yield weights
    finally:
        network.requires_grad_(False).eval()
        with torch.no_grad():
            for name, weight in weights.items():
                weight.grad = None
                weight.copy_(before[name])


def _targets(network: Any, wanted: tuple[str, ...], name: str) -> list[str]:
    """Full names of the layers that get adapters, in the order of the model."""
    from transformers.pytorch_utils import Conv1D

    layers = [name for name, module in network.named_modules() if isinstance(module, torch.nn.Linear | Conv1D)]
    for target in wanted:
        if not any(_is_called(layer, target) for layer in layers):
            known = list(dict.fromkeys(layer.rpartition(".")[2] for layer in layers))
            there = f"there are {', '.join(known[:_SHOWN])}" if known else "it has no linear layers at all"
            message = f"no layer of the model {name} is called {target!r} to put adapters on; {there}"
            raise ModelError(message, code="no-such-layer", fields={"layer": target})
    return [layer for layer in layers if any(_is_called(layer, target) for target in wanted)]


def _is_called(layer: str, target: str) -> bool:
    return layer == target or layer.endswith(f".{target}")
