"""Scatter plots of samples: what colours the points, which are drawn of many, and what hovering says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goracs_core.charts.layout import escape
from goracs_core.charts.palette import CATEGORIES
from goracs_core.types import FloatArray, IndexArray

MAX_SELECTABLE = 25_000  # a lasso sends about 130 bytes per point, and 25 MB end the connection
MAX_TEXTS = 5_000


@dataclass(frozen=True, eq=False)
class PointColor:
    """What colours the points.

    Args:
        title: Name and unit, for the legend and hover.
        values: Number or code per pool sample; shape [n].
        names: Names of the codes, most important first; empty for numbers.
        log: Colour numbers by log10(1 + value).
        colors: One per code; when there are fewer, the last stands for all further codes.
    """

    title: str
    values: FloatArray | IndexArray
    names: tuple[str, ...] = ()
    log: bool = False
    colors: tuple[str, ...] = CATEGORIES

    @property
    def categorical(self) -> bool:
        """Whether values are codes of `names`."""
        return bool(self.names)


def drawn_rows(num_pool: int, chosen: IndexArray, *, limit: int = MAX_SELECTABLE) -> IndexArray:
    """Pool rows that are drawn as points: all, or a seeded random sample with every chosen row in it; sorted.

    Args:
        num_pool: Pool samples (n).
        chosen: Rows that must be there.
        limit: Points altogether.
    """
    if num_pool <= limit:
        return np.arange(num_pool)
    others = np.setdiff1d(np.arange(num_pool), chosen)
    extra = np.random.default_rng(0).choice(others, max(min(limit - len(chosen), len(others)), 0), replace=False)
    return np.union1d(chosen, extra)


def hover_texts(titles: Sequence[str], rows: IndexArray) -> NDArray[np.str_] | None:
    """Hover texts where there are few enough: as many texts as points would make a slow and heavy figure."""
    if not len(titles) or len(rows) > MAX_TEXTS:
        return None
    return np.array([escape(titles[int(row)], 90) for row in rows], dtype=np.str_)


def colorbar(color: PointColor) -> dict[str, Any]:
    """The legend of a colour axis, with the values' own numbers where they are coloured by their logarithm."""
    bar: dict[str, Any] = {
        "title": {"text": escape(color.title), "side": "right"},
        "thickness": 12,
        "outlinewidth": 0,
        "len": 0.9,
    }
    if color.log:
        top = float(color.values.max(initial=0))
        ticks = [0, *(10.0**power for power in range(int(np.log10(top + 1)) + 1))]
        bar |= {
            "tickvals": [float(np.log10(1 + tick)) for tick in ticks],
            "ticktext": [f"{tick:,.0f}" for tick in ticks],
        }
    return bar
