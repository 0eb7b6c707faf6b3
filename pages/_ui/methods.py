"""The methods as addresses and records name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goracs_core.errors import ConfigError
from goracs_core.methods import METHODS, find_method
from goracs_core.methods.method import Method
from goracs_core.methods.registry import key_of


def by_key() -> dict[str, Method[Any]]:
    """Every method by its name in addresses, in the order of lists; the first one is the default."""
    return {key_of(one): one for one in METHODS.values()}


def of_values(values: Mapping[str, Any]) -> Method[Any] | None:
    """The method of a config's plain values; None for those of a damaged run or of another version."""
    try:
        return find_method(values.get("method"), values.get("solver"))
    except ConfigError:
        return None


def method_name(values: Mapping[str, Any]) -> str:
    """What the form calls the method and solver of a config's plain values; "" for those of a damaged run."""
    found = of_values(values)
    return str(values.get("method", "")) if found is None else found.label


def ranks_by_scores(values: Mapping[str, Any]) -> bool:
    """Whether the method of a config's plain values ranks by a score of each sample."""
    found = of_values(values)
    return found is not None and bool(found.needs.scores)
