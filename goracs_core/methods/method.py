"""A selection method as one value: everything that the command line, the pages, the estimates and the documents say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, Generic, Literal, TypeVar

from goracs_core.errors import ConfigError
from goracs_core.methods.config import SelectionConfig, own_options
from goracs_core.methods.cost import Sizes
from goracs_core.scores import ScoreKind, ScoreTrace
from goracs_core.types import IndexArray

C = TypeVar("C", bound=SelectionConfig)

_PROBE = Sizes(1000, 200, 64)  # any problem: its costs must not be 0


class Group(StrEnum):
    """What kind of thing decides."""

    GORACS = "GORACS"
    DEALREC = "DEALRec"
    REFERENCE = "Reference"
    SCORE = "Score"
    GEOMETRY = "Geometry"


@dataclass(frozen=True)
class Later:
    """A function that is imported when it is called: solvers bring numba along, and only their users shall pay for it.

    Args:
        module: Its module.
        name: Its name there.
    """

    module: str
    name: str

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Import and call it."""
        return getattr(import_module(self.module), self.name)(*args, **options)


@dataclass(frozen=True, eq=False)
class Rows:
    """What a solver returns that makes no exchanges and proves no bound: rows, whose exact transport is still to come.

    Args:
        rows: Pool rows in the order chosen; shape [k].
        stop_reason: One sentence on why it ended.
        stages: Seconds of each stage; empty for a solver of one stage, the first of its method's `stages`.
        scores: What a method that ranks by scores saw, or None.
    """

    rows: IndexArray
    stop_reason: str
    stages: tuple[tuple[str, float], ...] = ()
    scores: ScoreTrace | None = None


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a method chooses by.

    Args:
        embeddings: Whose embeddings it looks at.
        gradient_norms: Whether it weighs gradient norms, unless their weight is 0.
        scores: Kinds of scores that it may rank by, depending on its options; empty for a method without scores.
    """

    embeddings: Literal["none", "pool", "pool and validation"]
    gradient_norms: bool
    scores: tuple[ScoreKind, ...]

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        parts = [] if self.embeddings == "none" else [f"the embeddings of {self.embeddings}"]
        parts += ["gradient norms (unless their weight is 0)"] if self.gradient_norms else []
        parts += [f"one score per pool sample ({', '.join(self.scores)})"] if self.scores else []
        return ", ".join(parts) or "nothing"


@dataclass(frozen=True, kw_only=True)
class Method(Generic[C]):
    """A selection method, or one of the solvers of a method.

    Nothing has a default: what is left out would be told wrongly somewhere. Most methods are made by
    `goracs_core.methods.baseline`, which fills in what baselines have in common.

    Args:
        config: Its options; the class names the method and the solver.
        label: Its name for people.
        group: What kind of thing decides.
        summary: One line for a list of methods, in lower case.
        reference: Where it was published; "" where it was not.
        looks_at: What it looks at, as the rest of the sentence "Looks at ...".
        decided: What decided in a finished run; a sentence.
        needs: What it chooses by.
        by_objective: Whether it chooses by POO itself, so that lambda decides and labels count wherever there are some.
        seeded: Whether another seed gives another coreset.
        seed_decides: What the seed decides, a sentence; "" where it decides nothing.
        select: The solver: called with the problem and the config, with the scores too where `needs` names some, and
            with `progress`; returns `Rows`, or a `selection.result.Choice` with its trace and bound.
        seconds: Seconds of the choice and its exact transport on two cores, from the config and the sizes.
        score_seconds: Seconds of making the scores when none is cached, from the config, the sizes and the seconds of
            one pass of the language model over the pool; `cost.no_scores` for a method without scores.
        memory: Bytes held at the peak beyond `cost.problem_bytes`, from the config and the sizes.
        stages: What each stage of the trace does, by the stage's name.
    """

    config: type[C]
    label: str
    group: Group
    summary: str
    reference: str
    looks_at: str
    decided: str
    needs: Needs
    by_objective: bool
    seeded: bool
    seed_decides: str
    select: Callable[..., Any]
    seconds: Callable[[C, Sizes], float]
    score_seconds: Callable[[C, Sizes, float], float]
    memory: Callable[[C, Sizes], int]
    stages: Mapping[str, str]

    @property
    def name(self) -> str:
        """The method's name."""
        return self.config.method

    @property
    def solver(self) -> str:
        """The solver's name; that of the method where there is only one."""
        return self.config.solver

    @property
    def title(self) -> str:
        """Group, label and summary, for a list; a group of one's own name is not said twice."""
        group = "" if self.label.startswith(self.group) else f"{self.group} · "
        return f"{group}{self.label}: {self.summary}"

    @property
    def caption(self) -> str:
        """What it looks at, whether it is stochastic, and where it was published."""
        chance = "another seed, another coreset" if self.seeded else "nothing is drawn at random"
        return " · ".join(part for part in (f"Looks at {self.looks_at}", chance, self.reference) if part)

    def check(self) -> None:
        """Insist that everything that is said about the method is there.

        Raises:
            ConfigError: A config without words for an option, a cost of 0, or an empty text.
        """
        fault = next(self._faults(), None)
        if fault is not None:
            lacking, words = fault
            fields = {"method": self.name, "solver": self.solver, "lacking": lacking}
            raise ConfigError(
                f"the method {self.name} ({self.solver}) {words}", code="method-incomplete", fields=fields
            )

    def _faults(self) -> Iterator[tuple[str, str]]:
        """What is lacking, each as the name of a field and in words."""
        for one in own_options(self.config):
            if not one.words.help or not one.words.label:
                yield one.name, f"has the option {one.name!r} without a help or a label; give both"
        for text in ("label", "summary", "looks_at", "decided", "stages"):
            if not getattr(self, text):
                yield text, f"says nothing for {text!r}; give it"
        if self.seeded and not self.seed_decides:
            yield "seed_decides", "is seeded and does not say what its seed decides; give `seed_decides`"
        config = self.config(budget=50)
        if not self.seconds(config, _PROBE) > 0:
            yield "seconds", "says that it takes no time; give a model of its seconds"
        if not self.memory(config, _PROBE) > 0:
            yield "memory", "says that it holds no memory; give a model of its bytes"
        if not set(config.needed_scores) <= set(self.needs.scores):
            yield "needs", f"ranks by {config.needed_scores[0]}, which its needs do not name; name it there"
        if config.needed_scores and not self.score_seconds(config, _PROBE, 1.0) > 0:
            yield "score_seconds", "says that its scores take no time; give a model of their seconds"
