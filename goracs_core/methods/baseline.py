"""What baselines have in common: they do not choose by POO, weigh no gradient norms, and prove no bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import held_bytes, no_scores, transport_seconds
from goracs_core.methods.method import Method, Needs
from goracs_core.scores import ScoreKind

C = TypeVar("C", bound=SelectionConfig)

_USUAL = {"seconds": transport_seconds, "score_seconds": no_scores, "memory": held_bytes}


def baseline(
    config: type[C],
    *,
    embeddings: Literal["none", "pool", "pool and validation"],
    seeded: bool,
    stages: Mapping[str, str],
    scores: tuple[ScoreKind, ...] = (),
    **more: Any,
) -> Method[C]:
    """A baseline as a Method.

    Args:
        config: Its options.
        embeddings: Whose embeddings it looks at.
        seeded: Whether it draws at random.
        stages: What each of its stages does; the exact transport of the choice is added.
        scores: Kinds of scores that it may rank by; then it needs `score_seconds`, too.
        **more: label, group, summary, reference, looks_at, decided and select, see `Method`; `seconds` and `memory`
            where the choice takes longer or holds more than its exact transport.
    """
    return Method(
        config=config,
        needs=Needs(embeddings=embeddings, gradient_norms=False, scores=scores),
        by_objective=False,
        seeded=seeded,
        seed_decides=words.EVERY_DRAW if seeded else "",
        stages={**stages, **words.TRANSPORT_STAGE},
        **(_USUAL | more),
    )
