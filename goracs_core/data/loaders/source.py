"""What a loader is asked and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goracs_core.checks import bad_option, check_choice, check_known
from goracs_core.data.report import ValidationReport
from goracs_core.option import option
from goracs_core.types import FloatArray, IndexArray, Ragged, protect


@dataclass(frozen=True)
class ColumnMapping:
    """Which column of a table holds what. None: guess by name; "": the table has none.

    `split` holds train / valid / test; `position` orders the rows of a user (within a split) when there is no time.
    """

    user: str | None = None
    item: str | None = None
    time: str | None = None
    rating: str | None = None
    title: str | None = None
    category: str | None = None
    split: str | None = None
    position: str | None = None


class BadRows(StrEnum):
    """What becomes of rows that cannot be used.

    stop: nothing is read, and all of them are named. drop: they are left out, and the report counts them.
    """

    STOP = "stop"
    DROP = "drop"


_BAD_ROWS = {BadRows.STOP: "Stop and list them", BadRows.DROP: "Leave them out"}


@dataclass(frozen=True)
class SourceOptions:
    """How to read a source; the fields say what each option does."""

    kind: str | None = option(
        None, help="Name of the format, see below.", label="Format", unset="detected", metavar="KIND"
    )
    mapping: ColumnMapping = option(
        ColumnMapping(), help="Which column of a table holds what.", label="Assign the columns"
    )
    items: Path | None = option(
        None,
        help="File with the catalogue (item, title, category), when it does not lie beside the interactions.",
        label="Catalogue",
        unset="beside the interactions",
        metavar="FILE",
    )
    encoding: str = option(
        "utf-8", help="Encoding of text files, such as utf-8 or latin-1.", label="Text encoding", metavar="NAME"
    )
    delimiter: str | None = option(
        None, help="Column separator of text tables.", label="Column separator", unset="detected", metavar="CHAR"
    )
    bad_rows: BadRows = option(
        BadRows.STOP,
        help="Rows that cannot be used: stop and list all of them, or drop them, which the report then counts.",
        label="Rows with errors",
        choices=_BAD_ROWS,
    )

    def __post_init__(self) -> None:
        if self.items is not None:
            object.__setattr__(self, "items", Path(self.items))
        check_choice("bad_rows", self.bad_rows, [str(one) for one in BadRows])
        object.__setattr__(self, "bad_rows", BadRows(self.bad_rows))
        if self.delimiter is not None and len(self.delimiter) != 1:
            message = f"delimiter is {self.delimiter!r}, but it must be one character such as , or ;"
            raise bad_option("delimiter", self.delimiter, message)

    def given(self) -> tuple[str, ...]:
        """Names of the options about reading that differ from the default; the kind is none of them."""
        return tuple(
            option.name
            for option in fields(self)
            if option.name in SOURCE_OPTIONS and getattr(self, option.name) != option.default
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, the inverse of `from_dict`."""
        return asdict(self) | {
            "items": None if self.items is None else str(self.items),
            "bad_rows": str(self.bad_rows),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SourceOptions:
        """The inverse of `to_dict`.

        Raises:
            ConfigError: An unknown option.
        """
        mapping = values.get("mapping") or {}
        for given, kind in ((values, cls), (mapping, ColumnMapping)):
            check_known(given, [field.name for field in fields(kind)], "reading a source")
        options: dict[str, Any] = {**values, "mapping": ColumnMapping(**mapping)}
        return cls(**options)


SOURCE_OPTIONS = tuple(option.name for option in fields(SourceOptions) if option.name != "kind")


@dataclass(frozen=True, eq=False)
class SourceInteractions:
    """Checked interactions, ordered by user (first appearance) and time.

    Args:
        item_ids, titles, categories: The catalogue; length v.
        user_ids: Length u.
        users, items: Rows of `user_ids` and of the catalogue; shape [r].
        times: Seconds since 1970, or None when the source has only an order.
        ratings: NaN where missing, or None when the source has none.
        splits: POOL, VALIDATION or TEST, or None when the source has no split.
    """

    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[str, ...]
    user_ids: tuple[str, ...]
    users: IndexArray
    items: IndexArray
    times: FloatArray | None
    ratings: FloatArray | None
    splits: NDArray[np.int8] | None

    def __post_init__(self) -> None:
        protect(self, users=np.int64, items=np.int64, times=np.float64, ratings=np.float64, splits=np.int8)


@dataclass(frozen=True, eq=False)
class SourceInstructions:
    """Checked instruction samples, in file order.

    Args:
        ids: "<file>:<row>"; length n.
        prompts, answers: Texts as they are in the file; length n.
        titles: The catalogue built from the quoted titles; length v.
        histories: Rows of `titles`.
        history_labels: 1 liked, 0 disliked (click prediction), or None.
        targets: Row of `titles`; shape [n].
        labels: 1 yes, 0 no, or None for sequential recommendation; shape [n].
        splits: POOL, VALIDATION or TEST, or None when one file holds everything.
    """

    ids: tuple[str, ...]
    prompts: tuple[str, ...]
    answers: tuple[str, ...]
    titles: tuple[str, ...]
    histories: Ragged
    history_labels: Ragged | None
    targets: IndexArray
    labels: IndexArray | None
    splits: NDArray[np.int8] | None


@dataclass(frozen=True, eq=False)
class Source:
    """One source, read and checked.

    Args:
        name: Short name taken from the path.
        kind: Name of its loader.
        files: Names of the files read.
        domain: What the items are called in prompts unless the user says otherwise.
        content: Interactions or instruction samples.
        report: What was found on the way; no errors (those abort).
    """

    name: str
    kind: str
    files: tuple[str, ...]
    domain: str
    content: SourceInteractions | SourceInstructions
    report: ValidationReport
