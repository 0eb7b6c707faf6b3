"""A kind of job as a value: what it is asked, what does it, what it takes, and how people see it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from goracs_core.errors import ConfigError, GoracsError
from goracs_core.jobs.spec import Spec
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace

S = TypeVar("S", bound=Spec)

Run = Callable[[S, Workspace, Progress], dict[str, Any]]
NOTHING_KEPT = "Nothing was kept of it."


class Estimated(Protocol):
    """What a job will take, like `goracs_core.estimate.Estimate`."""

    @property
    def seconds(self) -> float | None:
        """Time on this machine; None when unknown."""
        ...

    @property
    def sentence(self) -> str:
        """Time, memory and what they rest on, in one sentence."""
        ...


@dataclass(frozen=True)
class Opens:
    """Where the result of a finished job is shown, in plain values: the core knows no pages.

    Args:
        page: Last part of the page's address, like "sweep".
        label: What a link to it says.
        dataset: Folder of the dataset that the result is about; "" when it is about none.
        parameters: What else the address names, like the run; None takes it out of the address.
        becomes_current: Whether the dataset (and the run) is what the user goes on with.
    """

    page: str
    label: str
    dataset: str = ""
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    becomes_current: bool = False


def _nothing(spec: Spec, workspace: Workspace) -> str:
    return ""


def _unknown(spec: Spec, workspace: Workspace) -> Estimated | None:
    return None


def _same(spec: Any) -> Any:
    return spec


def _nowhere(spec: Spec, result: Mapping[str, Any]) -> Opens | None:
    return None


@dataclass(frozen=True)
class JobKind(Generic[S]):
    """One kind of job. Registering it in `goracs_core.jobs.kinds` is all that queue, pages and command line need.

    Args:
        name: What the queue calls it; never changed, since rows of the queue outlive the program.
        title: What people read, like "Select a coreset".
        spec: What it is asked.
        run: Does the work: from spec, workspace and progress to a JSON-able result. It may raise GoracsError with a
            sentence for the user, or JobCancelled, and then leaves nothing half-written. See `imported`.
        done: The sentence when it is done.
        reused: Added to `done` where the result says `reused`.
        kept_on_cancel: What a cancelled job leaves behind, as a sentence.
        describe: What it is done to, so that two jobs of one kind can be told apart; "" for nothing.
        estimate: Seconds and memory; None when they are unknown.
        opens: Where its result is shown, or None.
        shorten: The same job without what is at its default: what its command says.
        command: How the command line calls it; the name when empty.
        command_extras: Options that its command needs besides the spec, like an output folder.
    """

    name: str
    title: str
    spec: type[S]
    run: Run[S]
    done: str
    reused: str = ""
    kept_on_cancel: str = NOTHING_KEPT
    describe: Callable[[S, Workspace], str] = _nothing
    estimate: Callable[[S, Workspace], Estimated | None] = _unknown
    opens: Callable[[S, Mapping[str, Any]], Opens | None] = _nowhere
    shorten: Callable[[S], S] = _same
    command: tuple[str, ...] = ()
    command_extras: tuple[str, ...] = ()

    def read(self, spec: S | Mapping[str, Any]) -> S:
        """A spec of this kind, from plain values where it is not one yet.

        Raises:
            ConfigError: Plain values that are no spec of this kind.
        """
        return spec if isinstance(spec, self.spec) else self.spec.from_dict(spec)  # pyright: ignore[reportArgumentType]

    def estimated(self, spec: S | Mapping[str, Any], workspace: Workspace) -> str:
        """The estimate as a sentence; "" where nothing can be told."""
        try:
            found = self.estimate(self.read(spec), workspace)
        except GoracsError:  # the job itself says what is wrong
            return ""
        return "" if found is None else found.sentence

    def said_when_done(self, result: Mapping[str, Any]) -> str:
        """The sentence about a finished job."""
        return f"{self.done} {self.reused}" if self.reused and result.get("reused") else self.done


def imported(place: str) -> Callable[..., Any]:
    """A function that is imported when it is called first: a kind is registered without loading what does the work.

    Args:
        place: Module and function, like "goracs_core.jobs.sweep.job:sweep_job".
    """
    module, _, name = place.partition(":")

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments, **options)

    call.__name__, call.__doc__ = name, f"`{name}` of `{module}`."
    return call


def one_of(spec: Spec, *names: str) -> str:
    """The name among these that the spec gives.

    Raises:
        ConfigError: None of them, or several.
    """
    given = [name for name in names if getattr(spec, name) not in (None, False, "")]
    if len(given) == 1:
        return given[0]
    told = " and ".join(given) if given else "none of them"
    raise ConfigError(
        f"the job {spec.job} takes one of {', '.join(names)}, and {told} was given; give one",
        code="one-of",
        fields={"job": spec.job, "names": list(names), "given": given},
    )
