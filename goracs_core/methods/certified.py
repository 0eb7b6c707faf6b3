"""GORACS by the certified solver: a coreset with a proof of how much better another one could be at most."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.dense_limit import dense_fits, dense_limit_bytes
from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import DISTANCES, PRICE, WARM_SOLVE, Sizes, no_scores, transport_bytes
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.option import option

_STREAM = 2e-11  # seconds: computing distances again, per pool x validation pair and number of an embedding
_ROUND, _POLISH = 2e-3, 2.0  # seconds, whatever the size
_DENSE_PASSES, _STREAMED_PASSES, _CANDIDATES = 18, 7, 3


@dataclass(frozen=True)
class CertifiedConfig(SelectionConfig):
    """GORACS with a proof: dual ascent on validation prices, the best sets found on the way, polished by exchanges."""

    method = "goracs"
    solver = "certified"

    gap: float = option(
        0.001,
        help="Stop once no coreset of this size can be better by more than this share of the transport term; 0 never "
        "stops early.",
        label="Requested gap (%)",
        high=99.0,
        step=0.05,
        format="%.3f",
        percent=True,
    )
    max_rounds: int = option(
        200,
        help="Maximum number of iterations of the dual ascent (price updates). More iterations give a slightly better "
        "bound and take longer.",
        label="Maximum iterations",
        low=1,
        high=100_000,
        key="rounds",
    )
    max_seconds: float = option(
        0.0,
        help="Stop after this many seconds and keep the bound proven so far; 0 for no limit. With a limit, repeated "
        "runs can give different coresets.",
        label="Time limit (s)",
        high=86_400.0,
        step=10.0,
        format="%.0f",
        key="seconds",
    )


def active_rows(budget: int, num_pool: int) -> int:
    """Rows that the solver prices in most rounds, at most."""
    return min(num_pool, max(3 * budget, budget + 1000))


def first_rows(budget: int, num_pool: int, num_validation: int) -> int:
    """Rows that the solver finds its first prices on where the distances of all do not fit into memory."""
    return min(num_pool, max(4 * budget, min(12_000, dense_limit_bytes() // (4 * num_validation))))


def ascent_seconds(budget: int, rounds: int, sizes: Sizes) -> float:
    """Seconds of the dual ascent and the polishing; the gap is never known beforehand, so all rounds are counted."""
    active = active_rows(budget, sizes.pool) * sizes.validation
    exact = _CANDIDATES * WARM_SOLVE * budget * sizes.validation + _POLISH
    if dense_fits(sizes.pool, sizes.validation):
        passes = (DISTANCES + _DENSE_PASSES * PRICE) * sizes.cells
        return passes + rounds * (_ROUND + PRICE * active) + exact
    first = first_rows(budget, sizes.pool, sizes.validation) * sizes.validation
    passes = _STREAMED_PASSES * _STREAM * sizes.width * sizes.cells + DISTANCES * first
    return passes + rounds * (_ROUND + PRICE * (first + active) / 2) + exact


def _seconds(config: CertifiedConfig, sizes: Sizes) -> float:
    return ascent_seconds(config.budget, config.max_rounds, sizes)


def _memory(config: CertifiedConfig, sizes: Sizes) -> int:
    """All distances in single precision where they fit, else the first sample; then the active rows."""
    active = 4 * active_rows(config.budget, sizes.pool) * sizes.validation + transport_bytes(config, sizes)
    if dense_fits(sizes.pool, sizes.validation):
        return 4 * sizes.cells + active
    return max(4 * first_rows(config.budget, sizes.pool, sizes.validation) * sizes.validation, active)


METHOD = Method(
    config=CertifiedConfig,
    label="GORACS (certified)",
    group=Group.GORACS,
    summary="optimal transport to the validation samples minus gradient norms, proven near-optimal",
    reference="arXiv 2506.04015",
    looks_at=f"{words.BOTH}, and gradient norms",
    decided=words.TRANSPORT_DECIDED,
    needs=Needs(embeddings="pool and validation", gradient_norms=True, scores=()),
    by_objective=True,
    seeded=False,
    seed_decides="Decides which samples the first prices are found on, where the distances of all do not fit into "
    "memory; a smaller pool gives the same coreset with every seed.",
    select=Later("goracs_core.selection.certified", "select_certified"),
    seconds=_seconds,
    score_seconds=no_scores,
    memory=_memory,
    stages={
        **words.DISTANCES_STAGE,
        **words.GREEDY_STAGE,
        "start": "Size of the price updates",
        "sample": "Initial prices, computed on a random sample of the pool",
        "full passes": "Pricing of all pool samples; bounds are computed only here",
        "dual ascent": "Price updates on the competing pool samples",
        "candidates": "Exact transport of the candidate sets suggested by the prices",
        **words.EXCHANGES_STAGE,
        "proof": "Final bound, recomputed in double precision",
        **words.TRANSPORT_STAGE,
    },
)
