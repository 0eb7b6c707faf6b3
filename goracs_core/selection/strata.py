"""Draws that spread a budget evenly over bands of a score (CCS, arXiv 2210.15809, algorithm 1; DEALRec likewise)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.scores import PRUNED
from goracs_core.types import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class StratifiedDraw:
    """Rows drawn from bands of a score.

    Args:
        rows: Pool rows, stratum after stratum in the order in which they were served; shape [k].
        strata: Stratum of each pool row, `PRUNED` for those dropped; shape [n].
        edges: Borders of the strata; shape [strata + 1].
        pruned: Rows dropped before the draw.
        wanted: Rows that the hard pruning asked to drop; more than `pruned` where the budget needs them.
    """

    rows: IndexArray
    strata: IndexArray
    edges: FloatArray
    pruned: int
    wanted: int

    @property
    def stop_reason(self) -> str:
        """How the budget was spent, in one sentence."""
        spent = f"the budget was spent over {len(np.unique(self.strata[self.rows]))} strata"
        if self.pruned == self.wanted:
            return spent
        return f"{spent}; only {self.pruned} instead of {self.wanted} samples were dropped, the budget needs the others"


def draw_by_strata(
    scores: FloatArray, budget: int, *, hard_prune_fraction: float, num_strata: int, rng: np.random.Generator
) -> StratifiedDraw:
    """Drop the highest scores, cut the others into bands of equal width, and spend the budget evenly over them.

    Args:
        scores: Shape [n]; finite.
        budget: k, at most n.
        hard_prune_fraction: Share of the highest scores to drop; less where the budget needs them.
        num_strata: Number of bands; some may be empty.
        rng: Source of randomness.

    Raises:
        ConfigError: Fewer distinct scores than strata are left.
    """
    wanted = int(np.floor(hard_prune_fraction * len(scores)))
    pruned = min(wanted, len(scores) - budget)
    # Of equal scores the later rows are dropped: the order of a stable sort decides, not chance.
    kept = np.sort(np.argsort(scores, kind="stable")[: len(scores) - pruned])
    distinct = len(np.unique(scores[kept]))
    if distinct < num_strata:
        raise ConfigError(
            f"the number of distinct scores is {distinct}, too few for {num_strata} strata; give at most "
            f"--strata {distinct}",
            code="too-few-values",
            fields={"distinct": distinct, "strata": num_strata},
        )
    edges = np.linspace(scores[kept].min(), scores[kept].max(), num_strata + 1)
    strata = np.full(len(scores), PRUNED)
    strata[kept] = assign_strata(scores[kept], edges)
    return StratifiedDraw(spend(strata, budget, rng=rng), strata, edges, pruned, wanted)


def assign_strata(scores: FloatArray, edges: FloatArray) -> IndexArray:
    """Band of each score, lowest first; every score falls in exactly one, rounding of the outer edges or not."""
    return np.searchsorted(edges[1:-1], scores, side="left").astype(np.int64)


def spend(strata: IndexArray, budget: int, *, rng: np.random.Generator) -> IndexArray:
    """Draw `budget` rows: the smallest stratum first, from each min(size, floor(budget left / strata left)); shape [k].

    The budget is spent exactly whenever the strata hold as many rows: a stratum that gives all it has leaves more for
    the larger ones after it.

    Args:
        strata: Stratum of each row; negative for rows that take no part; shape [n].
        budget: k.
        rng: Source of randomness.
    """
    names, sizes = np.unique(strata[strata >= 0], return_counts=True)
    order = np.argsort(sizes, kind="stable")
    drawn, left = [], budget
    for place, number in enumerate(order):
        quota = min(int(sizes[number]), left // (len(order) - place))
        drawn.append(rng.choice(np.flatnonzero(strata == names[number]), size=quota, replace=False))
        left -= quota
    return np.concatenate(drawn)
