"""What a loader is asked and what it returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goracs_core.data.report import ValidationReport
from goracs_core.errors import ConfigError
from goracs_core.types import FloatArray, IndexArray, Ragged, readonly


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


@dataclass(frozen=True)
class SourceOptions:
    """How to read a source.

    Args:
        kind: Name of its loader; None detects it.
        mapping: Which column of a table holds what.
        items: File with the catalogue (item, title, category), when it does not lie beside the interactions.
        encoding: Text encoding of tables and JSON.
        delimiter: Column separator of text tables; None detects it.
    """

    kind: str | None = None
    mapping: ColumnMapping = ColumnMapping()
    items: Path | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None

    def __post_init__(self) -> None:
        if self.items is not None:
            object.__setattr__(self, "items", Path(self.items))
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ConfigError(f"delimiter is {self.delimiter!r}, but it must be one character such as , or ;")

    def given(self) -> tuple[str, ...]:
        """Names of the options about reading that differ from the default; the kind is none of them."""
        return tuple(
            option.name
            for option in fields(self)
            if option.name in SOURCE_OPTIONS and getattr(self, option.name) != option.default
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, the inverse of `from_dict`."""
        return asdict(self) | {"items": None if self.items is None else str(self.items)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SourceOptions:
        """The inverse of `to_dict`.

        Raises:
            ConfigError: An unknown option.
        """
        mapping = values.get("mapping") or {}
        for given, kind in ((values, cls), (mapping, ColumnMapping)):
            unknown = sorted(set(given) - {field.name for field in fields(kind)})
            if unknown:
                raise ConfigError(f"unknown source option {unknown[0]!r}")
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
        dtypes = {"users": np.int64, "items": np.int64, "times": np.float64, "ratings": np.float64, "splits": np.int8}
        for name, dtype in dtypes.items():
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else readonly(value, dtype))


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
