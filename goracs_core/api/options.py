"""Options that callers give by keyword, checked against the method's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from numbers import Integral, Real
from typing import Any

from goracs_core.budget import Budget
from goracs_core.checks import bad_option
from goracs_core.errors import ConfigError
from goracs_core.methods import SelectionConfig
from goracs_core.methods.registry import solvers_of
from goracs_core.progress import Progress, Report, silent


def config_values(method: str, budget: Budget, options: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values for `SelectInputs.config`.

    Args:
        method: Name of a method.
        budget: A number of samples or a share of the pool.
        options: `solver` and fields of the method's config, by name.

    Raises:
        ConfigError: An unknown method, solver or option, or a value of another type.
    """
    given = dict(options)
    kind = kind_of(method, given.pop("solver", None))
    defaults = {field.name: field.default for field in fields(kind) if field.default is not MISSING}
    for name in given:
        if name not in defaults:
            raise ConfigError(
                f"{method} has no option {name!r}; it has solver, {', '.join(sorted(defaults))}; take one of these",
                code="unknown-option",
                fields={"option": name, "method": method},
            )
    values = {name: _typed(name, value, defaults[name]) for name, value in given.items() if value is not None}
    return {"method": kind.method, "solver": kind.solver, "budget": budget, **values}


def kind_of(method: str, solver: str | None = None) -> type[SelectionConfig]:
    """The config of a method and solver, its default one when no solver is named.

    Raises:
        ConfigError: There is no such method or solver.
    """
    solvers = solvers_of(method)
    for one in solvers:
        if solver in (one.solver, None):
            return one.config
    raise ConfigError(
        f"{method} has no solver {solver!r}; it has {', '.join(one.solver for one in solvers)}",
        code="unknown-method",
        fields={"method": method, "solver": solver},
    )


def heard(progress: Progress | Report | Callable[..., Any] | None) -> Progress:
    """Progress that reports to whatever was given.

    Raises:
        ConfigError: It cannot be called.
    """
    if progress is None:
        return silent
    if isinstance(progress, Progress):
        return progress
    if not callable(progress):
        raise bad_option(
            "progress",
            progress,
            f"progress is {progress!r}, but it is called with stage, done, total and detail; give a function of four "
            "arguments",
        )
    return Progress(progress)


def _typed(name: str, value: Any, default: Any) -> Any:
    """The value as the plain type of the default; numbers of NumPy become Python's."""
    if isinstance(default, bool):
        if value in (True, False):
            return bool(value)
        raise bad_option(name, value, f"{name} is {value!r}, but it must be True or False")
    if isinstance(value, bool):
        raise bad_option(name, value, f"{name} is {value!r}, but it must be like its default, {default!r}")
    if isinstance(default, int) and isinstance(value, Integral):
        return int(value)
    if isinstance(default, float) and isinstance(value, Real):
        return float(value)
    if isinstance(default, str) and isinstance(value, str):
        return value
    what = {int: "a whole number", float: "a number", str: "a text"}[type(default)]
    raise bad_option(name, value, f"{name} is {value!r}, but it must be {what}, such as its default {default!r}")
