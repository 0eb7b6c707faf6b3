"""Text helpers: titles are user data and are escaped, numbers are formatted."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping

from goracs_core.quantities import duration as duration
from goracs_core.quantities import memory as memory

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^])")
# Bare addresses become links whatever is escaped; an invisible word joiner in them is what stops that.
_ADDRESS = re.compile(r"(https?:|www(?=\.)|@)", re.IGNORECASE)


def escape(text: str) -> str:
    """`text` as plain words inside Markdown: no links, formulas, colours, headings or line breaks."""
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub("\\1\u2060", " ".join(text.split())))


def shorten(text: str, length: int = 80) -> str:
    """`text` with its middle cut out when it is longer than `length` characters."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[-(length - 1 - head) :]}"


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Names by id, with the end of the id added where several have the same name.

    A select box identifies its options by their labels: of two with one name it would open the other.
    """
    often = Counter(names.values())
    return {key: name if often[name] == 1 else f"{name} · {key[-4:]}" for key, name in names.items()}


def short_fingerprint(value: str) -> str:
    """The first eight characters: enough to compare by eye."""
    return value[:8]


def count(number: int) -> str:
    """A whole number with separators."""
    return f"{number:,}"


def number(value: float | None, digits: int = 4) -> str:
    """A measured number, or a dash when there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def moment(timestamp: float) -> str:
    """Seconds since 1970 as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(timestamp))


def place(rank: int, total: int) -> str:
    """A place in an order that begins with the worst: worst of 600, 2nd worst of 600, best of 600.

    >>> place(1, 600), place(22, 600), place(598, 600)
    ('worst of 600', '22nd worst of 600', '3rd best of 600')
    """
    end, from_end = ("worst", rank) if 2 * rank <= total + 1 else ("best", total + 1 - rank)
    return f"{ordinal(from_end)} {end} of {total:,}" if from_end > 1 else f"{end} of {total:,}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
