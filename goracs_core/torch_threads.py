"""How many threads torch computes on: results that do not depend on the number of cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Weights of a network whose matrix products are too small to be shared: the default model has 1.3 million.
_SMALL = 10_000_000


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: the result does not depend on the number of cores, and these matrices are small.

    On a busy machine two threads are slower than one, because they wait for each other at every small product.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def threads_for(model: Any) -> Iterator[None]:
    """One thread for a small network, all of them for a large one, which would take too long otherwise.

    Args:
        model: The transformers model.
    """
    if not runs_on_one_thread(sum(parameter.numel() for parameter in model.parameters())):
        yield
        return
    with one_thread():
        yield


def runs_on_one_thread(parameters: int) -> bool:
    """Whether a network with so many weights is computed on one thread (see `threads_for`)."""
    return parameters <= _SMALL
