"""What is noted while a dataset is prepared, and the parts it ends in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from goracs_core.data.dataset import Interactions, Items, Samples, Split
from goracs_core.data.options import PARTS, PrepareOptions
from goracs_core.data.report import ReportEntry
from goracs_core.data.sampling import popularity_strata, sampling_sentence, stratified_sample
from goracs_core.data.splits import SplitMethod
from goracs_core.types import IndexArray


@dataclass
class Ledger:
    """What was done on the way: counts after each step, sampling sentences, findings."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    sampling: list[str] = field(default_factory=list)
    entries: list[ReportEntry] = field(default_factory=list)
    samples: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, step: str, **counts: int) -> None:
        """Note the counts after a step."""
        self.steps.append({"step": step, **counts})


@dataclass(frozen=True, eq=False)
class Prepared:
    """The parts of a dataset, and how they were split (never auto)."""

    items: Items
    interactions: Interactions
    samples: tuple[Samples, Samples, Samples]
    split: SplitMethod


def draw(
    target_popularity: IndexArray,
    labels: IndexArray | None,
    *,
    part: Split,
    options: PrepareOptions,
    ledger: Ledger,
    each: int = 1,
) -> IndexArray:
    """Which samples of `part` stay under its limit, in order; the draw is announced in the ledger.

    Args:
        target_popularity: Training interactions of each sample's target; shape [n].
        labels: Label of each sample (click prediction; then the strata), or None; shape [n].
        part: Which part; each has its own random stream.
        options: Limits and seed.
        ledger: Where counts and the sampling sentence go.
        each: Samples that every one drawn here becomes; the limit and the counts are of those.
    """
    limit, available = options.limit(part), len(target_popularity)
    limit = None if limit is None else limit // each
    chosen = np.arange(available)
    if limit is not None and limit < available:
        strata = popularity_strata(target_popularity) if labels is None else labels
        chosen = stratified_sample(strata, limit, rng=np.random.default_rng([options.seed, PARTS.index(part)]))
        stratum = "popularity decile" if labels is None else "label"
        ledger.sampling.append(
            sampling_sentence(limit * each, available * each, what=str(part), stratum=stratum, seed=options.seed)
        )
    ledger.samples[str(part)] = {"available": available * each, "kept": len(chosen) * each}
    return chosen
