"""Columns as found -> ids, numbers, times, texts, splits; the series' index is the row in the file.

A row that does not do is marked in the faults of its file and gets a value that stands for none.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goracs_core.data.loaders.faults import FileFaults
from goracs_core.data.loaders.records import safe_text
from goracs_core.data.loaders.source import ColumnMapping
from goracs_core.data.splits import POOL, TEST, VALIDATION
from goracs_core.types import BoolArray, FloatArray

_NAMES = {
    "user": ("user", "userid", "reviewerid", "uid", "customerid", "memberid", "sessionid", "u"),
    "item": ("item", "itemid", "parentasin", "asin", "movieid", "productid", "bookid", "iid", "i"),
    "time": ("time", "timestamp", "unixreviewtime", "datetime", "date", "when", "ts", "createdat", "unixtime"),
    "rating": ("rating", "ratings", "overall", "score", "stars", "label"),
    "title": ("title", "itemtitle", "movietitle", "booktitle", "name", "itemname", "productname"),
    "category": ("category", "categories", "genre", "genres", "maincategory", "platform"),
    "split": ("split", "fold", "part", "subset"),
    "position": ("position", "pos", "order"),
}
SPLIT_WORDS = {
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
_DAYS = (19700101, 21001231)
_PROBE = 1000  # rows that tell numbers from dates
_LARGEST_WHOLE = 2.0**53  # from here on, two ids may be one float
_LARGEST_BITS = 1000  # of a whole number that a float can hold
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


def as_ids(values: pd.Series, faults: FileFaults) -> pd.Series:
    """Ids as texts; "" where a missing one, or one that is neither text nor number, is marked."""
    column = str(values.name)
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(np.float64)
        missing = np.isnan(numbers)
        whole = (numbers == np.floor(numbers)) & (np.abs(numbers) <= _LARGEST_WHOLE)
        _mark(missing, values, "missing-id", faults)
        _mark(~missing & ~whole, values, "bad-id", faults)
        texts = pd.Series(np.where(whole, numbers, 0).astype(np.int64), index=values.index, name=column).astype("str")
        return texts.where(pd.Series(whole, index=values.index), "")
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("str")
    nested = np.zeros(len(values), bool)
    if values.dtype == object:
        nested = values.map(lambda value: isinstance(value, (list, dict, bytes, np.ndarray))).to_numpy(bool)
        _mark(nested, values, "bad-id", faults)
        values = values.where(~pd.Series(nested, index=values.index), None).map(_plain)
    texts = values.astype("str").fillna("").str.strip()
    texts.name = column
    _mark((texts == "").to_numpy(bool) & ~nested, texts, "missing-id", faults)
    return texts


def as_numbers(values: pd.Series, faults: FileFaults, *, required: bool = False) -> FloatArray:
    """Numbers; shape [rows]. Blank ones are NaN, and marked where `required`; what is no finite number is marked.

    Works in slices, because texts become Python objects on the way, ten times their size.
    """
    slices = [values.iloc[start : start + _SLICE] for start in range(0, len(values), _SLICE)]
    return np.concatenate([_numbers(part, faults, required) for part in slices] or [np.empty(0)])


def _numbers(values: pd.Series, faults: FileFaults, required: bool) -> FloatArray:
    found = values.map(_number) if values.dtype == object else values
    blank = _blank(found)
    numbers = np.array(pd.to_numeric(found.where(~blank), errors="coerce"), np.float64)
    bad = ~blank.to_numpy(bool) & ~np.isfinite(numbers)
    _mark(bad, values, "bad-number", faults)
    if required:
        _mark(blank.to_numpy(bool), values, "missing-number", faults)
    return np.where(bad, np.nan, numbers)


def _number(value: object) -> object:
    if isinstance(value, int) and value.bit_length() > _LARGEST_BITS:
        return "too large"
    return value if isinstance(value, (int, float, np.number)) else _plain(value)


def _blank(values: pd.Series) -> pd.Series:
    return values.isna() | values.astype("str").str.strip().str.lower().isin(["", "nan", "none", "null"])


def as_times(values: pd.Series, faults: FileFaults) -> FloatArray:
    """Seconds since 1970 from seconds, milli-, micro- or nanoseconds (told by size), ISO dates, or numbers such as
    20240531; shape [rows].

    Whether they are numbers or dates, most of the values decide. A time that is missing or in another form is marked,
    and NaN.
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        numeric = pd.api.types.is_numeric_dtype(values.dtype)
        if not numeric:
            probe = values.iloc[: 10 * _PROBE]
            probe = probe.loc[~_blank(probe)].iloc[:_PROBE].map(_number)
            numeric = pd.Series(pd.to_numeric(probe, errors="coerce")).notna().mean() >= 0.5
        if numeric:
            numbers = as_numbers(values, faults, required=True)
            return scale_times(numbers) if not _are_days(numbers) else _days(numbers)
    blank = _blank(values)
    _mark(blank.to_numpy(bool), values, "missing-time", faults)
    dates = pd.Series(pd.to_datetime(values.where(~blank), errors="coerce", utc=True, format="ISO8601"))
    bad = dates.isna().to_numpy(bool)
    _mark(bad & ~blank.to_numpy(bool), values, "bad-time", faults)
    micros = dates.dt.as_unit("us").astype("int64").to_numpy(np.float64)
    return np.where(bad, np.nan, micros / 1e6)


def _are_days(numbers: FloatArray) -> bool:
    """Whether all numbers are dates such as 20240531: as seconds, they would all lie within one year."""
    known = numbers[~np.isnan(numbers)]
    low, high = _DAYS
    if not len(known) or known.min() < low or known.max() > high or (known != np.floor(known)).any():
        return False
    return not np.isnan(_days(np.unique(known))).any()


def _days(numbers: FloatArray) -> FloatArray:
    """Seconds since 1970 at the start of days such as 20240531; NaN where it is none; shape [rows]."""
    texts = pd.Series(numbers).map(lambda number: f"{number:.0f}")
    days = pd.Series(pd.to_datetime(texts, format="%Y%m%d", errors="coerce")).astype("datetime64[s]")
    return np.where(days.isna(), np.nan, days.astype("int64").to_numpy(np.float64))


def scale_times(times: FloatArray) -> FloatArray:
    """Seconds, whatever unit of a second the numbers count: a time after the year 5000 is none. NaN stays."""
    known = times[~np.isnan(times)]
    typical = float(np.median(np.abs(known))) if len(known) else 0.0
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


def as_splits(values: pd.Series, faults: FileFaults) -> NDArray[np.int8]:
    """POOL, VALIDATION or TEST, from train, valid, test and their usual variants; any other word is marked, and -1."""
    codes = values.map(lambda value: SPLIT_WORDS.get(_plain(value).strip().lower(), -1)).to_numpy(np.int8)
    _mark(codes < 0, values, "bad-split", faults)
    return codes


def _plain(value: object) -> str:
    return "" if value is None or value is pd.NaT or value != value else safe_text(value)


def _mark(bad: BoolArray, values: pd.Series, code: str, faults: FileFaults) -> None:
    faults.mark(pd.Series(bad, index=values.index), values, _REFUSALS[code], code)
