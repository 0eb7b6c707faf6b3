"""A format as a value: how it is recognised, which options it takes, how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from goracs_core.data.loaders.faults import RowFaults
from goracs_core.data.loaders.source import SOURCE_OPTIONS, Source, SourceOptions
from goracs_core.errors import ConfigError
from goracs_core.progress import Progress


class Match(IntEnum):
    """How surely a path holds a format."""

    NO = 0
    ENDING = 1  # the name of the file ends like that of any such file
    CONTENT = 2  # the first record has the fields of the format
    NAMES = 3  # files are called as in the format


class Load(Protocol):
    """Reads and checks one source.

    A row that cannot be used is noted in `faults` and passed over; what becomes of it is decided afterwards, see
    `load_source`.

    Raises:
        InputError: The source cannot be used; the message names file, row and column where there are any.
    """

    def __call__(self, path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress) -> Source:
        """Read what lies at `path`; `progress` is told the stage "read <file>"."""
        ...


@dataclass(frozen=True)
class Loader:
    """One format of sources. It is known everywhere once it is registered.

    Args:
        name: What `--kind` and a dataset's provenance call it.
        title: What a list of formats shows.
        layout: The files it consists of, as a phrase that completes "give ...".
        endings: Endings of the names of these files, without the dot or a further .gz; other files cannot be uploaded.
        options: Names of the fields of SourceOptions that change how it is read; any other is refused.
        detect: How surely the format lies at an existing path. An InputError says that a file which would tell cannot
            be read, or that the path is only a part of such a source.
        load: Reads it.
    """

    name: str
    title: str
    layout: str
    endings: tuple[str, ...]
    options: frozenset[str]
    detect: Callable[[Path], Match]
    load: Load

    def __post_init__(self) -> None:
        unknown = sorted(self.options - set(SOURCE_OPTIONS))
        if unknown:
            message = (
                f"the loader {self.name!r} takes {unknown[0]!r}, which is no source option; "
                f"choose from {', '.join(SOURCE_OPTIONS)}"
            )
            raise ConfigError(message, code="unknown-option", fields={"option": unknown[0]})

    def check(self, options: SourceOptions) -> None:
        """No option may be given that this format does not look at.

        Raises:
            ConfigError: One is.
        """
        for name in options.given():
            if name not in self.options:
                message = f"the option {name!r} does not apply to a source of kind {self.name!r}; leave it out"
                raise ConfigError(message, code="idle-option", fields={"option": name, "kind": self.name})
