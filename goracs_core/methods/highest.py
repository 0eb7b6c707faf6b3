"""What methods have in common that take the samples of the highest score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from goracs_core.methods import words
from goracs_core.methods.baseline import baseline
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import pass_seconds
from goracs_core.methods.method import Group, Method, Rows
from goracs_core.progress import Progress, silent
from goracs_core.scores import ScoreKind, Scores, ScoreTrace

if TYPE_CHECKING:
    from goracs_core.objective import Problem

_USUAL = {
    "looks_at": "the language model's answers on the pool; at no validation sample",
    "decided": "The language model gave each pool sample a number, and the highest ones were taken.",
    "score_seconds": pass_seconds,
}


@dataclass(frozen=True)
class HighestConfig(SelectionConfig):
    """Abstract: methods that take the samples of the highest score. A subclass names its `kind`."""

    kind: ClassVar[ScoreKind]

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """The score that it ranks by."""
        return (self.kind,)


C = TypeVar("C", bound=HighestConfig)


def highest(config: type[C], **more: Any) -> Method[C]:
    """A method that takes the samples of the highest score.

    Args:
        config: Its options.
        **more: label, summary and reference, see `Method`; `looks_at` and `score_seconds` where the score takes
            another thing than one pass of the language model over the pool.
    """
    return baseline(
        config,
        group=Group.SCORE,
        embeddings="none",
        seeded=False,
        stages={"ranking": "Selection of the highest scores", **words.MODEL_STAGES},
        select=take_highest,
        scores=(config.kind,),
        **(_USUAL | more),
    )


def take_highest(problem: Problem, config: HighestConfig, scores: Scores, *, progress: Progress = silent) -> Rows:
    """The rows of the highest score, highest first; of equal scores the first row.

    Raises:
        ConfigError: The score is not known.
    """
    progress("ranking")
    found = scores.get(config.kind, problem.num_pool)
    rows = np.argsort(-found.values, kind="stable")[: config.budget]
    reason = f"the {config.budget:,} highest scores by {found.kind} were taken"
    return Rows(rows, reason, scores=ScoreTrace.of(found))
