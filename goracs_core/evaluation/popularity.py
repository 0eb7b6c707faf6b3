"""Popularity bias of a coreset: how its target items spread over the catalogue, against the pool and against chance.

Every quantity is measured on the items that the samples ask the model to learn (their targets), with an item's
popularity counted over all training interactions before any sampling. A coreset is judged against random coresets of
its own size, because size matters: Gini and coverage of 100 samples can never look like those of 10,000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import rel_entr

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.popularity_scale import CLASS_NAMES, PopularityScale, popularity_scale
from goracs_core.types import FloatArray, IndexArray, readonly

LORENZ_POINTS = 101
# The numbers of a group of samples that tables show, those against the validation or the pool apart.
MEASURES = ("arp", "head_share", "tail_share", "coverage", "gini")
_BLOCK = 4_000_000  # numbers held at once while random coresets are drawn


@dataclass(frozen=True, eq=False)
class PopularityMeasures:
    """One group of samples, measured. Shares are fractions of the group's samples.

    Args:
        size: Samples in the group.
        histogram: Share of samples per popularity bin; shape [bins].
        class_shares: Share of samples with a head, mid and tail target; shape [3].
        arp: Average recommendation popularity: mean popularity of the targets (arXiv 1901.07555, section 4.2).
        gini: Gini coefficient of samples per catalogue item: 0 all items equally often, towards 1 one item only.
        coverage: Share of the catalogue that occurs as a target.
        lorenz: Share of samples held by the least used x of the catalogue, x = 0, 0.01, ..., 1; shape [101].
        decile_shares: Share of samples per popularity decile of the pool; shape [deciles].
        lift: `decile_shares` over the pool's; 1 is neutral; shape [deciles].
        js_pool: Jensen-Shannon divergence (base 2, 0 to 1) of `histogram` to the pool's.
        js_validation: The same to the validation's.
        category_shares: Share of samples per category; shape [categories].
        category_js: Jensen-Shannon divergence of `category_shares` to the validation's.
    """

    size: int
    histogram: FloatArray
    class_shares: FloatArray
    arp: float
    gini: float
    coverage: float
    lorenz: FloatArray
    decile_shares: FloatArray
    lift: FloatArray
    js_pool: float
    js_validation: float
    category_shares: FloatArray
    category_js: float

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if np.ndim(value):
                object.__setattr__(self, entry.name, readonly(value, np.float64))

    @property
    def head_share(self) -> float:
        """Share of samples with a head item as target."""
        return float(self.class_shares[CLASS_NAMES.index("head")])

    @property
    def tail_share(self) -> float:
        """Share of samples with a tail item as target."""
        return float(self.class_shares[CLASS_NAMES.index("tail")])


@dataclass(frozen=True, eq=False)
class RandomReference:
    """What random coresets of one size measure: mean and percentile interval over seeded draws from the pool."""

    draws: int
    seed: int
    level: float
    low: PopularityMeasures
    mean: PopularityMeasures
    high: PopularityMeasures

    def place(self, measures: PopularityMeasures, name: str) -> int:
        """-1, 0 or 1: the number `name` of `measures` lies below, inside or above the interval."""
        value = getattr(measures, name)
        return int(value > getattr(self.high, name)) - int(value < getattr(self.low, name))


@dataclass(frozen=True, eq=False)
class PopularityReport:
    """Pool, validation and coresets on one scale; `random` holds one reference per coreset size."""

    scale: PopularityScale
    pool: PopularityMeasures
    validation: PopularityMeasures
    coresets: Mapping[str, PopularityMeasures]
    random: Mapping[int, RandomReference]

    def random_for(self, coreset: str) -> RandomReference:
        """The random reference of the named coreset's size."""
        return self.random[self.coresets[coreset].size]


@dataclass(frozen=True, eq=False)
class _References:
    """The distributions that every group is compared to."""

    pool_histogram: FloatArray
    validation_histogram: FloatArray
    pool_deciles: FloatArray
    validation_categories: FloatArray


def popularity_report(
    item_popularity: IndexArray,
    coresets: Mapping[str, IndexArray],
    *,
    pool: IndexArray,
    validation: IndexArray,
    categories: Sequence[str] = (),
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> PopularityReport:
    """Measure the popularity bias of coresets.

    Args:
        item_popularity: Training interactions per item; shape [v].
        coresets: Target items of each coreset, by name; shapes [k].
        pool: Target items of the pool; shape [n]. Random coresets are drawn from it without replacement.
        validation: Target items of the validation samples; shape [m].
        categories: Category per item; length v, or empty when unknown.
        draws: Random coresets per size.
        seed: Seed of the draws.
        level: Share of the draws that the interval holds.

    Raises:
        ShapeError: A group is empty, larger than the pool or names an unknown item.
        ConfigError: Fewer than 2 draws, or a level outside (0, 1).
    """
    if draws < 2 or not 0 < level < 1:
        raise ConfigError(
            f"{draws} draws at level {level}: an interval needs 2 draws or more and a level between 0 and 1",
            code="bad-interval",
            fields={"draws": draws, "level": level},
        )
    num_items = len(item_popularity)
    pool = _targets("pool", pool, num_items)
    validation = _targets("validation", validation, num_items)
    chosen = {name: _targets(f"coreset {name!r}", targets, num_items) for name, targets in coresets.items()}
    for name, targets in chosen.items():
        if len(targets) > len(pool):
            raise ShapeError(
                f"coreset {name!r} has {len(targets)} samples, but the pool it comes from has {len(pool)}",
                code="coreset-too-large",
                fields={"size": len(targets), "pool": len(pool)},
            )
    scale = popularity_scale(item_popularity, pool, categories)
    references = _References(
        _shares(scale.item_bin[pool][None], scale.num_bins)[0],
        _shares(scale.item_bin[validation][None], scale.num_bins)[0],
        _shares(scale.item_decile[pool][None], scale.num_deciles)[0],
        _shares(scale.item_category[validation][None], len(scale.categories))[0],
    )

    def one(targets: IndexArray) -> PopularityMeasures:
        measured = _measure(scale, targets[None], references)
        return _measures(len(targets), {name: values[0] for name, values in measured.items()})

    return PopularityReport(
        scale=scale,
        pool=one(pool),
        validation=one(validation),
        coresets={name: one(targets) for name, targets in chosen.items()},
        random={
            size: _random_reference(scale, pool, references, size=size, draws=draws, seed=seed, level=level)
            for size in sorted({len(targets) for targets in chosen.values()})
        },
    )


def gini(counts: IndexArray | FloatArray) -> FloatArray:
    """Gini coefficient along the last axis: half the mean absolute difference over the mean; shape [...].

    Raises:
        ShapeError: No items, or a row of zeros only.
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64), axis=-1)
    count = ordered.shape[-1]
    if count == 0 or (ordered[..., -1] <= 0).any():
        raise ShapeError("a Gini coefficient needs at least one item with a positive count", code="no-positive-count")
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return (ordered @ ranks) / (count * ordered.sum(axis=-1))


def lorenz(counts: IndexArray | FloatArray, points: int = LORENZ_POINTS) -> FloatArray:
    """Lorenz curve along the last axis, at `points` equal steps from 0 to 1; shape [..., points]."""
    ordered = np.sort(np.asarray(counts, dtype=np.float64), axis=-1)
    held = np.concatenate([np.zeros((*ordered.shape[:-1], 1)), np.cumsum(ordered, axis=-1)], axis=-1)
    at = np.linspace(0, ordered.shape[-1], points)
    floor = np.minimum(at.astype(np.int64), ordered.shape[-1] - 1)
    between = held[..., floor] + (at - floor) * (held[..., floor + 1] - held[..., floor])
    return between / held[..., -1:]


def js_divergence(first: FloatArray, second: FloatArray) -> FloatArray:
    """Jensen-Shannon divergence in bits along the last axis: 0 for equal distributions, 1 for disjoint ones."""
    middle = (first + second) / 2
    # scipy's jensenshannon is the root of the same sum, and NaN where rounding leaves a sum just below 0.
    parts = rel_entr(first, middle).sum(axis=-1) + rel_entr(second, middle).sum(axis=-1)  # in nats
    return np.clip(parts / (2 * np.log(2)), 0.0, 1.0)


def _targets(name: str, targets: IndexArray, num_items: int) -> IndexArray:
    targets = readonly(targets, np.int64)
    if targets.ndim != 1 or len(targets) == 0:
        raise ShapeError(
            f"{name} needs a non-empty list of target items, got shape {targets.shape}",
            code="no-targets",
            fields={"shape": targets.shape},
        )
    if targets.min() < 0 or targets.max() >= num_items:
        raise ShapeError(
            f"{name} names an item outside the catalogue of {num_items} items",
            code="unknown-item",
            fields={"items": num_items},
        )
    return targets


def _counts(codes: IndexArray, num_codes: int) -> IndexArray:
    """How often each code occurs in each row; [r, k] -> [r, codes]."""
    num_rows = len(codes)
    flat = (codes + np.arange(num_rows)[:, None] * num_codes).ravel()
    return np.bincount(flat, minlength=num_rows * num_codes).reshape(num_rows, num_codes)


def _shares(codes: IndexArray, num_codes: int) -> FloatArray:
    if num_codes == 0:
        return np.zeros((len(codes), 0))
    return _counts(codes, num_codes) / codes.shape[1]


def _measure(scale: PopularityScale, targets: IndexArray, references: _References) -> dict[str, FloatArray]:
    """All measures of r groups of equal size at once; targets [r, k] -> arrays [r, ...]."""
    per_item = _counts(targets, len(scale.popularity))  # [r, v]
    histogram = _shares(scale.item_bin[targets], scale.num_bins)
    decile_shares = _shares(scale.item_decile[targets], scale.num_deciles)
    category_shares = _shares(scale.item_category[targets], len(scale.categories))
    return {
        "histogram": histogram,
        "class_shares": _shares(scale.item_class[targets], len(CLASS_NAMES)),
        "arp": scale.popularity[targets].mean(axis=1),
        "gini": gini(per_item),
        "coverage": (per_item > 0).mean(axis=1),
        "lorenz": lorenz(per_item),
        "decile_shares": decile_shares,
        "lift": decile_shares / references.pool_deciles,
        "js_pool": js_divergence(histogram, references.pool_histogram),
        "js_validation": js_divergence(histogram, references.validation_histogram),
        "category_shares": category_shares,
        "category_js": js_divergence(category_shares, references.validation_categories),
    }


def _measures(size: int, values: Mapping[str, Any]) -> PopularityMeasures:
    plain: dict[str, Any] = {name: value if np.ndim(value) else float(value) for name, value in values.items()}
    return PopularityMeasures(size=size, **plain)


def _random_reference(
    scale: PopularityScale, pool: IndexArray, references: _References, *, size: int, draws: int, seed: int, level: float
) -> RandomReference:
    rng = np.random.default_rng([seed, size])
    per_block = max(1, _BLOCK // max(len(pool), len(scale.popularity)))
    blocks: list[dict[str, FloatArray]] = []
    for start in range(0, draws, per_block):
        keys = rng.random((min(per_block, draws - start), len(pool)), dtype=np.float32)
        rows = np.argpartition(keys, size - 1, axis=1)[:, :size]
        blocks.append(_measure(scale, pool[rows], references))
    values = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    tail = (1 - level) / 2
    low, high = ({name: np.quantile(v, q, axis=0) for name, v in values.items()} for q in (tail, 1 - tail))
    mean = {name: v.mean(axis=0) for name, v in values.items()}
    return RandomReference(draws, seed, level, _measures(size, low), _measures(size, mean), _measures(size, high))
