"""A kind of experiment as a value: its question, its defaults, and how its answer is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from goracs_core.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment

_NAME = re.compile(r"[a-z][a-z-]*")
_TAKEN = frozenset({"list", "show", "delete", "report", "landscape"})  # other words after `experiment`


@dataclass(frozen=True, kw_only=True)
class ExperimentKind:
    """What planning, the command line, reports and pages need to know of a kind of experiment.

    Args:
        name: How specs, records and the command line call it.
        title: What pages call an experiment of this kind, like "proxy check".
        question: What it answers; heading of its section in a report.
        summary: What is trained to answer it; the command line's help.
        page: Last part of the address of the page that shows it; a page may show several kinds.
        defaults: The spec's entries besides `dataset` and `kind`.
        reference: Method that always takes part, because the others are compared with it; "" for none.
        every_seed: Whether a method that draws nothing at random is trained with each seed too, not only once.
        reading: The answer in sentences, from an experiment as far as it came.
        section: The answer as blocks of Markdown, below the heading.
        table: The answer as one table with full precision.

    Raises:
        ConfigError: A name that the command line could not tell from its other words.
    """

    name: str
    title: str
    question: str
    summary: str
    page: str
    defaults: Mapping[str, Any]
    reference: str
    every_seed: bool
    reading: Callable[[Experiment], Sequence[str]]
    section: Callable[[Experiment], Sequence[str]]
    table: Callable[[Experiment], pd.DataFrame]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in _TAKEN:
            raise ConfigError(
                f"a kind of experiment cannot be called {self.name!r}; take lower-case letters and hyphens, and none "
                f"of {', '.join(sorted(_TAKEN))}",
                code="bad-name",
                fields={"name": self.name},
            )
