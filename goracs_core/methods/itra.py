"""GORACS by its published procedure ITRA: lazy greedy, then exchange refinement (arXiv 2506.04015, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.certified import CertifiedConfig, ascent_seconds
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import DISTANCES, PRICE, WARM_SOLVE, Sizes, no_scores, transport_bytes
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.option import option

_EXCHANGE = 0.04  # seconds, whatever the size


@dataclass(frozen=True)
class ItraConfig(SelectionConfig):
    """GORACS by its published procedure ITRA: lazy greedy, then exchange refinement (arXiv 2506.04015, section 4)."""

    method = "goracs"
    solver = "itra"

    max_exchanges: int = option(
        50,
        help="Maximum number of accepted exchanges after the greedy stage (T); 0 keeps the greedy set.",
        label="Maximum exchanges (T)",
        high=10_000,
        key="exchanges",
    )
    prune_candidates: int = option(
        5,
        help="Samples kept by outer and by inner pruning (c); up to c x c pairs are evaluated per exchange.",
        label="Candidate rows (c)",
        low=1,
        high=200,
        key="candidates",
    )
    bound: bool = option(
        False,
        help="Also prove a lower bound by dual ascent, so that the gap of the published procedure is known; the "
        "coreset stays the same.",
        label="Also prove a lower bound",
    )


def _seconds(config: ItraConfig, sizes: Sizes) -> float:
    exchanges = min(config.max_exchanges, config.budget) * (_EXCHANGE + 2 * PRICE * sizes.cells)
    proof = ascent_seconds(config.budget, CertifiedConfig.max_rounds, sizes)
    solve = WARM_SOLVE * config.budget * sizes.validation
    return DISTANCES * sizes.cells + solve + exchanges + config.bound * proof


def _memory(config: ItraConfig, sizes: Sizes) -> int:
    return 4 * sizes.cells + transport_bytes(config, sizes)


METHOD = Method(
    config=ItraConfig,
    label="GORACS (ITRA, as published)",
    group=Group.GORACS,
    summary="the same objective by the published greedy selection and exchanges",
    reference="arXiv 2506.04015",
    looks_at=f"{words.BOTH}, and gradient norms",
    decided=words.TRANSPORT_DECIDED,
    needs=Needs(embeddings="pool and validation", gradient_norms=True, scores=()),
    by_objective=True,
    seeded=False,
    seed_decides="The published procedure draws nothing at random; only the lower bound of a large pool does.",
    select=Later("goracs_core.selection.itra", "select_itra"),
    seconds=_seconds,
    score_seconds=no_scores,
    memory=_memory,
    stages={
        **words.DISTANCES_STAGE,
        **words.GREEDY_STAGE,
        **words.EXCHANGES_STAGE,
        "bound": "Dual ascent for the lower bound",
    },
)
