"""A catalogue of invented titles from the shop's grammar: unique, readable, many of them in series."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from goracs_core.data.synthetic.words import TASTES, TRADE_SHELF, Shelf
from goracs_core.errors import ConfigError
from goracs_core.types import IndexArray, protect

TRADE = len(TASTES)  # the trade counter's number among the tastes; ordinary customers never buy there
TASTE_NAMES: tuple[str, ...] = (*(taste.name for taste in TASTES), TRADE_SHELF.name)

_SERIES_SHARE = 0.6  # share of titles that a shelf tries to put into series
_EDITION_SHARE = 0.08
_TRADE_SHARE = 0.04
_MAX_DRAWS = 2_000


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Titles and how they hang together.

    Args:
        titles: Unique; length v.
        categories: Shelf name per title; length v.
        tastes: Number of the taste; `TRADE` for the trade counter; shape [v].
        stems: Which series or stand-alone title (with its editions) an item belongs to; shape [v].
        parts: Position within its series, 1 first; 0 outside a series; shape [v].
    """

    titles: tuple[str, ...]
    categories: tuple[str, ...]
    tastes: IndexArray
    stems: IndexArray
    parts: IndexArray

    def __post_init__(self) -> None:
        protect(self, tastes=np.int64, stems=np.int64, parts=np.int64)

    def __len__(self) -> int:
        return len(self.titles)


def make_catalogue(num_items: int, *, rng: np.random.Generator) -> Catalogue:
    """`num_items` unique titles, about as many of every taste, a few of them at the trade counter.

    Raises:
        ConfigError: The grammar does not hold that many titles.
    """
    num_trade = max(1, round(_TRADE_SHARE * num_items))
    plan = [(number, taste.shelves) for number, taste in enumerate(TASTES)] + [(TRADE, (TRADE_SHELF,))]
    writer = _Writer(rng)
    rows: list[tuple[str, str, int, int, int]] = []
    for number, shelves in plan:
        wanted = num_trade if number == TRADE else _share(num_items - num_trade, number, len(TASTES))
        for place, shelf in enumerate(shelves):
            first_stem = rows[-1][3] + 1 if rows else 0
            for title, stem, part in writer.fill(shelf, _share(wanted, place, len(shelves))):
                rows.append((title, shelf.name, number, first_stem + stem, part))
    titles, categories, tastes, stems, parts = zip(*rows, strict=True)
    return Catalogue(titles, categories, np.array(tastes), np.array(stems), np.array(parts))


def _share(total: int, place: int, places: int) -> int:
    return total // places + (place < total % places)


class _Writer:
    """Draws titles and remembers those already given."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._taken: set[str] = set()
        self._stems: set[tuple[str, ...]] = set()

    def fill(self, shelf: Shelf, wanted: int) -> list[tuple[str, int, int]]:
        """(title, stem within the shelf, part) rows: series first, then stand-alone titles and later editions."""
        rows: list[tuple[str, int, int]] = []
        stem = 0
        while len(rows) < _SERIES_SHARE * wanted and (start := self._new_series(shelf)) is not None:
            pattern, fixed = start
            longest = min(int(self._rng.integers(2, shelf.longest_series + 1)), wanted - len(rows))
            rows += [(self._write(shelf, (pattern,), fixed, part), stem, part) for part in range(1, longest + 1)]
            stem += 1
        while len(rows) < wanted:
            title = self._write(shelf, shelf.singles, {}, 0)
            rows.append((title, stem, 0))
            if len(rows) < wanted and self._rng.random() < _EDITION_SHARE:
                edition = f"{title} ({self._pick(shelf.editions)})"
                self._taken.add(edition)
                rows.append((edition, stem, 0))
            stem += 1
        return rows

    def _new_series(self, shelf: Shelf) -> tuple[str, dict[str, str]] | None:
        """A pattern and its words for the whole series; None when no new ones are left."""
        for _ in range(50):
            pattern = self._pick(shelf.series)
            fixed = {slot: self._pick(shelf.words[slot]) for slot in re.findall(r"\[(\w+)\]", pattern)}
            # Two patterns that number alike ("..., Book 1") would read as one series with two first parts.
            kind = pattern.split("#")[0].split()[-1] if "#" in pattern else pattern
            key = (shelf.name, kind, *fixed.values())
            if key not in self._stems:
                self._stems.add(key)
                return pattern, fixed
        return None

    def _write(self, shelf: Shelf, patterns: tuple[str, ...], fixed: dict[str, str], part: int) -> str:
        for _ in range(_MAX_DRAWS):
            title = pattern = self._pick(patterns)
            for slot, word in fixed.items():
                title = title.replace(f"[{slot}]", word)
            used: set[str] = set()
            for slot in re.findall(r"\{(\w+)\}", pattern):
                word = self._pick([word for word in shelf.words[slot] if word not in used])
                used.add(word)
                title = title.replace(f"{{{slot}}}", word, 1)
            title = _capitals(title.replace("#", str(part)))
            if title not in self._taken:
                self._taken.add(title)
                return title
        message = f"the grammar has no more new titles for {shelf.name!r}; ask for fewer items"
        raise ConfigError(message, code="no-more-titles", fields={"shelf": shelf.name})

    def _pick(self, choices: tuple[str, ...] | list[str]) -> str:
        return choices[int(self._rng.integers(len(choices)))]


def _capitals(title: str) -> str:
    """First letters at the start and after a colon are capitals ("the Far Belt" -> "The Far Belt")."""
    return re.sub(r"(^|: )(\w)", lambda match: match[1] + match[2].upper(), title)
