"""What popularity means in one catalogue: bins, head / mid / tail and deciles that all groups of samples share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import IndexArray, readonly

HEAD_SHARE = 0.2
MAX_BINS = 16
NUM_DECILES = 10
CLASS_NAMES = ("head", "mid", "tail")
UNKNOWN_CATEGORY = "(none)"


@dataclass(frozen=True, eq=False)
class PopularityScale:
    """Popularity of the items and the classes derived from it.

    Args:
        popularity: Training interactions per item; shape [v].
        bin_edges: Whole numbers; bin b holds `bin_edges[b] <= popularity < bin_edges[b + 1]`; shape [bins + 1].
        item_bin: Bin of each item; shape [v].
        item_class: 0 head, 1 mid, 2 tail; shape [v]; see `item_classes`.
        item_decile: Tenth of the pool's samples, least popular first; shape [v]; see `pool_deciles`.
        num_deciles: Deciles that exist; fewer than ten when one popularity fills several.
        item_category: Row of `categories` per item; shape [v].
        categories: Names, most frequent in the pool first.
    """

    popularity: IndexArray
    bin_edges: IndexArray
    item_bin: IndexArray
    item_class: IndexArray
    item_decile: IndexArray
    num_deciles: int
    item_category: IndexArray
    categories: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("popularity", "bin_edges", "item_bin", "item_class", "item_decile", "item_category"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int64))

    @property
    def num_bins(self) -> int:
        return len(self.bin_edges) - 1

    @property
    def bin_labels(self) -> tuple[str, ...]:
        """The bins in words ("0", "1", "3–5"); length bins."""
        edges = self.bin_edges.tolist()
        return tuple(_range_label(low, high - 1) for low, high in pairwise(edges))

    @property
    def decile_labels(self) -> tuple[str, ...]:
        """The popularity range that each decile covers, in words; length deciles."""
        members = (self.popularity[self.item_decile == decile] for decile in range(self.num_deciles))
        return tuple(_range_label(int(own.min()), int(own.max())) for own in members)


def popularity_scale(popularity: IndexArray, pool: IndexArray, categories: Sequence[str] = ()) -> PopularityScale:
    """The scale of a catalogue.

    Args:
        popularity: Training interactions per item; shape [v].
        pool: Target items of the pool; shape [n].
        categories: Category per item; length v, or empty when unknown.

    Raises:
        ShapeError: Popularity is empty or negative, or there are not as many categories as items.
    """
    popularity = readonly(popularity, np.int64)
    if popularity.ndim != 1 or len(popularity) == 0 or popularity.min() < 0:
        raise ShapeError(
            f"item popularity must be one count >= 0 per item, got an array of shape {popularity.shape}",
            code="bad-popularity",
            fields={"shape": popularity.shape},
        )
    if categories and len(categories) != len(popularity):
        raise ShapeError(
            f"{len(categories)} categories for {len(popularity)} items; give one per item, or none at all",
            code="categories-unequal",
            fields={"categories": len(categories), "items": len(popularity)},
        )
    edges = log_bin_edges(int(popularity.max()))
    item_decile, num_deciles = pool_deciles(popularity, pool)
    names, item_category = _category_codes(categories, pool, len(popularity))
    return PopularityScale(
        popularity=popularity,
        bin_edges=edges,
        item_bin=np.searchsorted(edges, popularity, side="right") - 1,
        item_class=item_classes(popularity),
        item_decile=item_decile,
        num_deciles=num_deciles,
        item_category=item_category,
        categories=names,
    )


def log_bin_edges(largest: int, max_bins: int = MAX_BINS) -> IndexArray:
    """Whole-numbered edges at about equal log distances: one bin for 0, then 1 up to `largest`; shape [bins + 1].

    Rounding keeps each edge a whole number, so that no bin is empty by construction (counts have no 2.5).
    """
    upper = np.geomspace(1, max(largest, 1) + 1, max_bins)
    return np.concatenate([[0], np.unique(np.round(upper).astype(np.int64))])


def item_classes(popularity: IndexArray, share: float = HEAD_SHARE) -> IndexArray:
    """Head (0), mid (1) or tail (2) of each item; shape [v].

    Head are the most popular items that together hold about `share` of all interactions, tail the least popular ones
    that hold about `share`, mid the rest (arXiv 2103.06364, section 4). Items of equal popularity share a class: a
    popularity belongs to the head when the middle of its own interactions lies in the first `share` of them. The most
    and the least popular always are head and tail, unless all items are equally popular: then all are mid.
    """
    levels, level_of = np.unique(popularity, return_inverse=True)  # [levels], [v]
    if len(levels) == 1:
        return np.ones(len(popularity), dtype=np.int64)
    held = np.bincount(level_of, weights=popularity)
    below = np.cumsum(held) - held
    middle = (below + held / 2) / held.sum()
    classes = np.where(middle > 1 - share, 0, np.where(middle < share, 2, 1))
    classes[-1], classes[0] = 0, 2
    return classes[level_of].astype(np.int64)


def pool_deciles(popularity: IndexArray, pool: IndexArray, count: int = NUM_DECILES) -> tuple[IndexArray, int]:
    """Popularity bands that hold about a tenth of the pool's samples each, least popular first.

    Bands are cut between popularities, never through one, so a band can be missing where one popularity fills it.

    Returns:
        Band of each item (items outside the pool fall in the band of their popularity), shape [v]; number of bands.
    """
    of_samples = np.sort(popularity[pool])
    cuts = of_samples[(np.arange(1, count) * len(of_samples)) // count]
    band = np.searchsorted(np.unique(cuts), popularity, side="right")  # [v], with gaps where no pool sample falls
    present = np.unique(band[pool])
    return np.clip(np.searchsorted(present, band), 0, len(present) - 1).astype(np.int64), len(present)


def _category_codes(categories: Sequence[str], pool: IndexArray, num_items: int) -> tuple[tuple[str, ...], IndexArray]:
    if not any(categories):
        return (), np.zeros(num_items, dtype=np.int64)
    names, codes = np.unique([name or UNKNOWN_CATEGORY for name in categories], return_inverse=True)
    frequency = np.bincount(codes[pool], minlength=len(names))
    order = np.lexsort((np.arange(len(names)), -frequency))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return tuple(str(names[i]) for i in order), rank[codes]


def _range_label(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
