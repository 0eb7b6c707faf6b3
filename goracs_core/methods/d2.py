"""D2 pruning: difficulty spread over a graph of nearest neighbours; each choice discounts its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.cost import HEAP_ENTRY_BYTES, PRODUCT, Sizes, held_bytes, transport_seconds
from goracs_core.methods.difficulty import KINDS, DifficultyConfig, difficulty_seconds
from goracs_core.methods.method import Group, Later
from goracs_core.option import option

_EDGE_BYTES = 64


@dataclass(frozen=True)
class D2Config(DifficultyConfig):
    """D2 pruning: difficulty spread over a graph of nearest neighbours; each choice discounts its neighbours.

    `forward_decay` is the paper's gamma_f, `reverse_decay` its gamma_r.
    """

    method = "d2"

    neighbours: int = option(
        10,
        help="Number of nearest neighbours of each sample in the graph.",
        label="Neighbours",
        low=1,
        high=1000,
        advanced=False,
        key="d2_neighbours",
    )
    forward_decay: float = option(
        1.0,
        help="Decay with distance of the difficulty collected from neighbours; 0 for no decay.",
        label="Forward decay (γf)",
        step=0.1,
        format="%g",
    )
    reverse_decay: float = option(
        1.0,
        help="Decay with distance of the discount that a selected sample gives its neighbours; 0 for no decay.",
        label="Reverse decay (γr)",
        step=0.1,
        format="%g",
    )


def _seconds(config: D2Config, sizes: Sizes) -> float:
    return transport_seconds(config, sizes) + PRODUCT * sizes.pool * sizes.pool * sizes.width


def _memory(config: D2Config, sizes: Sizes) -> int:
    """The screen's copy of the embeddings, then the edges while they are sorted."""
    edges = 2 * sizes.pool * min(config.neighbours, sizes.pool)
    return held_bytes(config, sizes, max(sizes.copy_bytes, _EDGE_BYTES * edges) + HEAP_ENTRY_BYTES * sizes.pool)


METHOD = baseline(
    D2Config,
    label="D2 pruning",
    group=Group.SCORE,
    summary="difficulty and diversity by message passing between nearest neighbors",
    reference="arXiv 2310.07931",
    looks_at="one score of difficulty and the pool's embeddings",
    decided="Difficulty was gathered from neighbours; each sample taken lowered the score of those near it.",
    embeddings="pool",
    seeded=False,
    scores=KINDS,
    select=Later("goracs_core.selection.d2", "select_d2"),
    seconds=_seconds,
    score_seconds=difficulty_seconds,
    memory=_memory,
    stages={
        **words.MODEL_STAGES,
        "neighbours": "Nearest neighbors of each pool sample",
        "messages": "Propagation of scores from neighbors, then greedy selection",
    },
)
