"""GORACS Explorer's core: pick the training samples worth fine-tuning an LLM recommender on, and say why.

    import goracs_core as goracs

    coreset = goracs.select(pool, validation, budget=256, lambda_=0.05, gradient_norms=norms)

A Dataset has samples -> features (embeddings, gradient norms) make a Problem -> a selector turns
(Problem, config) into a Selection -> an evaluation says what it is worth -> charts show it -> a Run keeps it.
This package never imports Streamlit and does no work at import time: what the names below need is imported when one of
them is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from goracs_core.api import BesideRandom, Coreset, Evaluation, evaluate, load_dataset, select, verify
    from goracs_core.methods.registry import methods

__version__ = "0.1.0"

__all__ = ["BesideRandom", "Coreset", "Evaluation", "evaluate", "load_dataset", "methods", "select", "verify"]


def __getattr__(name: str) -> Any:
    if name == "methods":  # a room of this name, which answers a call; the import makes it an attribute
        return import_module("goracs_core.methods")
    if name in __all__:
        value = getattr(import_module("goracs_core.api"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
