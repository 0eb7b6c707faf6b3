"""Which column of a table holds what: guessed by name, then by content, each guess checked on the first rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from goracs_core.data.loaders.columns import SPLIT_WORDS, as_times, guess_mapping
from goracs_core.data.loaders.faults import FileFaults
from goracs_core.data.loaders.source import ColumnMapping
from goracs_core.types import FloatArray

YEAR_2100 = 4_102_444_800.0  # seconds since 1970

_EARLIEST_SURE = 500_000_000.0  # seconds, 1985: smaller numbers in a column without a telling name may be anything
_LEAST_ROWS = 20  # fewer say nothing about repeats
_FEW_VALUES = 21  # as 0 to 10 in halves
_MOST = 0.95
_SEVERAL = 0.3  # of the items: a renamed product or a wrong row is no doubt yet
_USERS = re.compile(r"user|cust|client|member|account|visitor|session|person|reader|viewer|buyer|player|listener", re.I)
_ITEMS = re.compile(r"item|sku|product|article|isbn|asin|track|song|game|movie|film|book|video|course|content", re.I)


@dataclass(frozen=True)
class Guess:
    """What a column was taken for.

    Args:
        column: Its name; "" for none.
        doubt: Why it may be wrong, as a clause with "its values"; "" where it passed its check.
        by_content: Whether the values told it, not the name.
    """

    column: str
    doubt: str = ""
    by_content: bool = False


def guess_columns(head: pd.DataFrame) -> dict[str, Guess]:
    """A guess for every role of `ColumnMapping`.

    Args:
        head: The first rows as texts, see `goracs_core.data.loaders.preview.table_head`.
    """
    named = guess_mapping(tuple(str(column) for column in head.columns))
    chosen: dict[str, str] = {role.name: getattr(named, role.name) or "" for role in fields(ColumnMapping)}
    by_name = {role for role, column in chosen.items() if column}
    for role, find in _FINDERS:
        if not chosen[role]:
            free = [str(column) for column in head.columns if column not in chosen.values()]
            chosen[role] = find(head, free, chosen)
    found = {}
    for role, column in chosen.items():
        found[role] = Guess(column, doubt(head, role, ColumnMapping(**chosen)), bool(column) and role not in by_name)
    return found


def doubt(head: pd.DataFrame, role: str, mapping: ColumnMapping) -> str:
    """Why a column may not be what it is taken for, as a clause; "" where nothing speaks against it.

    Args:
        head: The first rows as texts.
        role: Name of a field of `ColumnMapping`.
        mapping: All roles.
    """
    column = getattr(mapping, role)
    if not column or column not in head or not len(head):
        return ""
    values = _given(head, column)
    if not len(values):
        return "the first rows hold no values"
    if role == "time" and np.isnan(_times(values)).mean() > 1 - _MOST:
        return f"its values are no times, such as {values.iloc[0]!r}"
    if role in ("rating", "position") and _share_of_numbers(values) < _MOST:
        return f"its values are no numbers, such as {values.iloc[0]!r}"
    if role == "split" and values.str.strip().str.lower().isin(SPLIT_WORDS).mean() < _MOST:
        return "it holds other words than train, valid and test"
    if role in ("user", "item") and len(values) >= _LEAST_ROWS and values.is_unique:
        return "no value occurs twice in the first rows"
    return implausible(head, role, mapping)


def implausible(head: pd.DataFrame, role: str, mapping: ColumnMapping) -> str:
    """What speaks against a column whose values can be read as what it is taken for; as `doubt`."""
    column = getattr(mapping, role)
    if not column or column not in head:
        return ""
    if role == "time":
        times = _times(_given(head, column))
        outside = (times < 0) | (times > YEAR_2100)
        return "its values lie outside 1970 to 2100" if outside.any() else ""
    if role == "title":
        return _several_titles(head, column, mapping.item)
    return ""


def _several_titles(head: pd.DataFrame, column: str, item: str | None) -> str:
    if not item or item not in head:
        return ""
    per_item = _titles_per_item(head, column, item)
    if len(per_item) and (per_item > 1).mean() > _SEVERAL:
        most = int(per_item.to_numpy().argmax())
        return f"items have several of its values, {per_item.index[most]!r} has {per_item.iloc[most]}"
    return ""


def _titles_per_item(head: pd.DataFrame, column: str, item: str) -> pd.Series:
    """Number of different titles of each item that occurs twice or more with a title."""
    both = head.loc[(head[column] != "") & (head[item] != ""), [item, column]]
    groups = both.groupby(item)[column]
    return groups.nunique()[groups.size() > 1]


def _given(head: pd.DataFrame, column: str) -> pd.Series:
    """The values of a column that are not blank."""
    values = pd.Series(head[column])
    return values.loc[values.str.strip() != ""]


def _share_of_numbers(values: pd.Series) -> float:
    return float(pd.Series(pd.to_numeric(values, errors="coerce")).notna().mean())


def _times(values: pd.Series) -> FloatArray:
    """Seconds since 1970; NaN where a value is no time; shape [rows]."""
    return as_times(values, FileFaults(""))


def _find_time(head: pd.DataFrame, free: list[str], chosen: dict[str, str]) -> str:
    def fits(values: pd.Series) -> bool:
        times = _times(values)
        sure = (times >= _EARLIEST_SURE) & (times <= YEAR_2100)
        return not chosen["position"] and bool(np.mean(sure) >= _MOST)

    return _first(head, free, fits)


def _find_title(head: pd.DataFrame, free: list[str], chosen: dict[str, str]) -> str:
    def fits(values: pd.Series) -> bool:
        several_words = values.str.strip().str.contains(r"\s", regex=True).mean() >= 0.5
        return bool(several_words) and values.nunique() > 1 and _share_of_numbers(values) < 0.5

    found = [column for column in free if len(_given(head, column)) and fits(_given(head, column))]
    item = chosen["item"]
    constant = [one for one in found if not _several_titles(head, one, item)]
    return next(iter(constant), "")


def _find_ids(head: pd.DataFrame, free: list[str], chosen: dict[str, str], *, hint: re.Pattern[str]) -> str:
    def fits(values: pd.Series) -> bool:
        short = values.str.fullmatch(r"\S{1,64}").mean() >= _MOST
        whole = values.str.fullmatch(r"[-+]?\d*\.\d+").mean() < 0.5
        return bool(short and whole) and 1 < values.nunique() < len(values)

    found = [column for column in free if len(_given(head, column)) and fits(_given(head, column))]
    found.sort(key=lambda column: _like_ratings(_given(head, column)))
    hinted = [column for column in found if hint.search(column)]
    other = _ITEMS if hint is _USERS else _USERS
    return next(iter([*hinted, *(column for column in found if not other.search(column))]), "")


def _find_told_item(head: pd.DataFrame, free: list[str], chosen: dict[str, str]) -> str:
    """An id that tells the title, where there is one."""
    title = chosen["title"]
    told = [
        one
        for one in free
        if title and len(_titles_per_item(head, title, one)) and not _several_titles(head, title, one)
    ]
    return _find_ids(head, told, chosen, hint=_ITEMS)


def _find_item(head: pd.DataFrame, free: list[str], chosen: dict[str, str]) -> str:
    return _find_ids(head, free, chosen, hint=_ITEMS)


def _find_user(head: pd.DataFrame, free: list[str], chosen: dict[str, str]) -> str:
    return _find_ids(head, free, chosen, hint=_USERS)


def _find_rating(head: pd.DataFrame, free: list[str], chosen: dict[str, str]) -> str:
    return _first(head, free, _like_ratings)


def _like_ratings(values: pd.Series) -> bool:
    if _share_of_numbers(values) < _MOST:
        return False
    numbers = pd.Series(pd.to_numeric(values, errors="coerce")).dropna()
    return 1 < numbers.nunique() <= _FEW_VALUES and float(numbers.min()) >= -10 and float(numbers.max()) <= 100


def _first(head: pd.DataFrame, free: Iterable[str], fits: Callable[[pd.Series], bool]) -> str:
    return next((column for column in free if len(_given(head, column)) and fits(_given(head, column))), "")


_FINDERS: tuple[tuple[str, Callable[[pd.DataFrame, list[str], dict[str, str]], str]], ...] = (
    ("time", _find_time),
    ("title", _find_title),
    ("item", _find_told_item),
    ("user", _find_user),
    ("item", _find_item),
    ("rating", _find_rating),
)
