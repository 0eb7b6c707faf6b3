"""The kinds of jobs that there are. A new one is registered here in one line; nothing heavy is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goracs_core.errors import ConfigError
from goracs_core.jobs.decay.kind import DECAY
from goracs_core.jobs.derive.kind import DERIVE
from goracs_core.jobs.experiment.kind import EXPERIMENT
from goracs_core.jobs.features.kind import FEATURES
from goracs_core.jobs.kind import JobKind
from goracs_core.jobs.landscape.kind import LANDSCAPE
from goracs_core.jobs.prepare.kind import PREPARE
from goracs_core.jobs.projection.kind import PROJECTION
from goracs_core.jobs.scalability.kind import SCALABILITY
from goracs_core.jobs.select.kind import SELECT
from goracs_core.jobs.spec import Spec
from goracs_core.jobs.sweep.kind import SWEEP
from goracs_core.jobs.train.kind import TRAIN
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace

_KINDS: dict[str, JobKind[Any]] = {}


def register(kind: JobKind[Any]) -> None:
    """Make a kind known to queue, pages and command line.

    Raises:
        ConfigError: Another kind has this name.
    """
    if _KINDS.setdefault(kind.name, kind) is not kind:
        raise ConfigError(
            f"there is a kind of job called {kind.name!r} already; give another name",
            code="kind-taken",
            fields={"kind": kind.name},
        )


def unregister(name: str) -> None:
    """Forget a kind; the tests do."""
    _KINDS.pop(name, None)


def all_kinds() -> tuple[JobKind[Any], ...]:
    """Every kind, in the order in which they were registered."""
    return tuple(_KINDS.values())


def find_kind(name: str) -> JobKind[Any] | None:
    """The kind of this name; None for one that a later version of this program put into the queue."""
    return _KINDS.get(name)


def kind_named(name: str) -> JobKind[Any]:
    """The kind of this name.

    Raises:
        ConfigError: There is none.
    """
    kind = find_kind(name)
    if kind is None:
        raise ConfigError(
            f"this version knows no job {name!r}; it knows {', '.join(_KINDS)}: update the program, or submit another",
            code="unknown-kind",
            fields={"kind": name},
        )
    return kind


def run_job(
    kind: JobKind[Any] | str, spec: Spec | Mapping[str, Any], workspace: Workspace, progress: Progress = silent
) -> dict[str, Any]:
    """Do one job in this process.

    Args:
        kind: The kind or its name.
        spec: What it is asked, also as plain values.
        workspace: Where results are kept.
        progress: Told how far it is; may raise JobCancelled.

    Returns:
        What the kind's function says, JSON-able.

    Raises:
        GoracsError: A sentence for the user.
        JobCancelled: The job was cancelled; nothing half-written is left.
    """
    found = kind_named(kind) if isinstance(kind, str) else kind
    return found.run(found.read(spec), workspace, progress)


for _kind in (
    PREPARE,
    FEATURES,
    DERIVE,
    SELECT,
    SWEEP,
    DECAY,
    SCALABILITY,
    PROJECTION,
    TRAIN,
    EXPERIMENT,
    LANDSCAPE,
):
    register(_kind)
