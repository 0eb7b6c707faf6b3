"""Columns as found -> ids, numbers, times, texts, splits; the series' index is the row in the file."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goracs_core.data.loaders.records import safe_text
from goracs_core.data.loaders.source import ColumnMapping
from goracs_core.data.report import InputError
from goracs_core.data.splits import POOL, TEST, VALIDATION
from goracs_core.types import FloatArray

_NAMES = {
    "user": ("user", "userid", "reviewerid", "uid", "customerid", "memberid", "sessionid", "u"),
    "item": ("item", "itemid", "parentasin", "asin", "movieid", "productid", "bookid", "iid", "i"),
    "time": ("time", "timestamp", "unixreviewtime", "datetime", "date", "ts", "createdat", "unixtime"),
    "rating": ("rating", "ratings", "overall", "score", "stars", "label"),
    "title": ("title", "itemtitle", "movietitle", "booktitle", "name", "itemname", "productname"),
    "category": ("category", "categories", "genre", "genres", "maincategory", "platform"),
    "split": ("split", "fold", "part", "subset"),
    "position": ("position", "pos", "order"),
}
_SPLITS = {
    **dict.fromkeys(("train", "training", "pool"), POOL),
    **dict.fromkeys(("valid", "validation", "val", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
_REFUSALS = {
    "missing-id": "the id is missing; give every row one, or remove the row",
    "bad-id": "{} is no id; ids must be texts or whole numbers",
    "missing-number": "the number is missing; give every row one, or remove the row",
    "bad-number": "{} is not a finite number; correct or remove the row",
    "missing-time": "the time is missing; give every row one, or remove the row",
    "bad-time": "{} is no time; use seconds since 1970 or dates such as 2024-05-31 18:00:00",
    "bad-split": "{} is no split; use train, valid or test",
}
_SLICE = 500_000  # rows
_PROBE = 1000  # rows that tell numbers from dates
_TIME_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # larger than -> parts of a second


def guess_mapping(columns: tuple[str, ...], given: ColumnMapping = ColumnMapping()) -> ColumnMapping:  # noqa: B008
    """`given` with every None filled by the column of an obvious name, or "" where there is none."""
    plain = {re.sub(r"[^a-z0-9]", "", column.lower()): column for column in reversed(columns)}
    taken = {column for column in vars(given).values() if column}
    chosen: dict[str, str] = {}
    for role, names in _NAMES.items():
        asked = getattr(given, role)
        found = next((plain[name] for name in names if name in plain and plain[name] not in taken), "")
        chosen[role] = found if asked is None else asked
        taken |= {chosen[role]}
    return ColumnMapping(**chosen)


def as_ids(values: pd.Series, *, file: str) -> pd.Series:
    """Ids as texts.

    Raises:
        InputError: A missing id, or one that is neither text nor number.
    """
    column = str(values.name)
    if pd.api.types.is_float_dtype(values.dtype):
        _refuse(values.isna(), values, "missing-id", file)
        whole = values == np.floor(values)
        _refuse(~whole, values, "bad-id", file)
        return values.astype(np.int64).astype(str)
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype(str)
    if values.dtype == object:
        nested = values.map(lambda value: isinstance(value, (list, dict, bytes, np.ndarray)))
        _refuse(nested.astype(bool), values, "bad-id", file)
        values = values.map(_plain)
    texts = values.astype("str").fillna("").str.strip()
    texts.name = column
    _refuse(texts == "", texts, "missing-id", file)
    return texts


def as_numbers(values: pd.Series, *, file: str, required: bool = False) -> FloatArray:
    """Numbers; blank ones are NaN unless `required`; shape [rows].

    Works in slices, because texts become Python objects on the way, ten times their size.

    Raises:
        InputError: Something that is not a finite number.
    """
    slices = [values.iloc[start : start + _SLICE] for start in range(0, len(values), _SLICE)]
    return np.concatenate([_numbers(part, file, required) for part in slices] or [np.empty(0)])


def _numbers(values: pd.Series, file: str, required: bool) -> FloatArray:
    if values.dtype == object:
        values = values.map(lambda value: value if isinstance(value, (int, float, np.number)) else _plain(value))
    blank = values.isna() | (values.astype("str").str.strip().str.lower().isin(["", "nan", "none", "null"]))
    numbers = pd.Series(pd.to_numeric(values.where(~blank), errors="coerce"), dtype=np.float64)
    bad = ~blank & ~pd.Series(np.isfinite(numbers), index=values.index)
    _refuse(bad, values, "bad-number", file)
    if required:
        _refuse(blank, values, "missing-number", file)
    return numbers.to_numpy(np.float64)


def as_times(values: pd.Series, *, file: str) -> FloatArray:
    """Seconds since 1970 from seconds, milli-, micro- or nanoseconds (told by size) or ISO dates; shape [rows].

    Raises:
        InputError: A missing time, or one in no known form.
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        numeric = pd.Series(pd.to_numeric(values.iloc[:_PROBE], errors="coerce"))
        if numeric.notna().mean() >= 0.5 or pd.api.types.is_numeric_dtype(values.dtype):
            return scale_times(as_numbers(values, file=file, required=True))
    missing = values.isna() | (values.astype("str").str.strip() == "")
    _refuse(missing, values, "missing-time", file)
    dates = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
    _refuse(dates.isna(), values, "bad-time", file)
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy(np.float64)


def scale_times(times: FloatArray) -> FloatArray:
    """Seconds, whatever unit of a second the numbers count: a time after the year 5000 is none."""
    typical = float(np.median(np.abs(times))) if len(times) else 0.0
    parts = next((parts for limit, parts in _TIME_UNITS if typical > limit), 1.0)
    return times / parts


def as_texts(values: pd.Series) -> list[str]:
    """Texts, "" where missing."""
    return [_plain(value) for value in values]


def first_category(value: object) -> str:
    """The first of several categories, given as a list or as a|b|c."""
    if isinstance(value, (list, tuple, np.ndarray)):
        value = value[0] if len(value) else ""
    return _plain(value).split("|")[0].strip()


def as_splits(values: pd.Series, *, file: str) -> NDArray[np.int8]:
    """POOL, VALIDATION or TEST; shape [rows].

    Raises:
        InputError: Any other word than train, valid, test and their usual variants.
    """
    codes = values.map(lambda value: _SPLITS.get(_plain(value).strip().lower(), -1)).astype(np.int8)
    _refuse(codes < 0, values, "bad-split", file)
    return codes.to_numpy(np.int8)


def _plain(value: object) -> str:
    return "" if value is None or value != value else safe_text(value)


def _refuse(bad: pd.Series, values: pd.Series, code: str, file: str) -> None:
    count = int(bad.sum())
    if not count:
        return
    at = int(bad.to_numpy().argmax())
    value = values.iloc[at]
    shown = repr(value.item() if isinstance(value, np.generic) else value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    more = f" ({count:,} such rows)" if count > 1 else ""
    message = _REFUSALS[code].replace("{}", shown) + more
    raise InputError(message, code, file=file, row=int(values.index[at]), column=str(values.name), count=count)
