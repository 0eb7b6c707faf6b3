"""The kinds of experiments by name. A new one is a module here (or anywhere) and one call of `register`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from goracs_core.errors import ConfigError
from goracs_core.jobs.experiment.experiment_kind import ExperimentKind
from goracs_core.jobs.experiment.kinds.leaderboard import LEADERBOARD
from goracs_core.jobs.experiment.kinds.proxy import PROXY
from goracs_core.jobs.experiment.kinds.shift import SHIFT

_KINDS: dict[str, ExperimentKind] = {}

KINDS: Mapping[str, ExperimentKind] = MappingProxyType(_KINDS)


def register(kind: ExperimentKind) -> None:
    """Make a kind known to planning, command line, reports and pages.

    Raises:
        ConfigError: Another kind has its name.
    """
    if kind.name in _KINDS:
        message = f"there is a kind of experiment called {kind.name!r} already; give the new one another name"
        raise ConfigError(message, code="name-taken", fields={"name": kind.name})
    _KINDS[kind.name] = kind


def unregister(name: str) -> None:
    """Forget a kind; its kept experiments stay."""
    _KINDS.pop(name, None)


def experiment_kind(name: str) -> ExperimentKind:
    """The kind of that name.

    Raises:
        ConfigError: There is none.
    """
    if name not in _KINDS:
        message = f"the experiment is {name!r}, but there are {', '.join(_KINDS)}; take one of these"
        raise ConfigError(message, code="unknown-kind", fields={"name": name, "kinds": list(_KINDS)})
    return _KINDS[name]


def kinds_of_page(page: str) -> tuple[str, ...]:
    """Names of the kinds that a page shows, in the order in which they were registered."""
    return tuple(kind.name for kind in _KINDS.values() if kind.page == page)


for _kind in (PROXY, LEADERBOARD, SHIFT):
    register(_kind)
