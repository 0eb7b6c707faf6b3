"""What methods share that rank by a difficulty of one's choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from goracs_core.errors import ConfigError
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.cost import Sizes
from goracs_core.methods.grand import GrandConfig
from goracs_core.option import option
from goracs_core.scores import ScoreKind

Difficulty = Literal["el2n", "entropy", "grand", "gradient-norm"]
KINDS = tuple(ScoreKind(name) for name in get_args(Difficulty))


@dataclass(frozen=True)
class DifficultyConfig(SelectionConfig):
    """Abstract: methods that rank by a difficulty of one's choice. Only its subclasses are used."""

    score: Difficulty = option(
        "el2n",
        help="Score used as difficulty. EL2N: error of the predicted answer tokens. Entropy: their uncertainty. GraNd: "
        "gradient norm of the language model at initialization. Gradient norm: that of the features.",
        label="Difficulty",
        choices={"el2n": "EL2N", "entropy": "Entropy", "grand": "GraNd", "gradient-norm": "Gradient norm"},
        advanced=False,
        without_norms=("el2n", "entropy", "grand"),
    )

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """The difficulty, unless it is the gradient norm of the problem."""
        kind = ScoreKind(self.score)
        return () if kind is ScoreKind.GRADIENT_NORM else (kind,)

    def check_gradient_norms(self, known: bool) -> None:
        """They may be the difficulty; see `SelectionConfig.check_gradient_norms`.

        Raises:
            ConfigError: They are, and there are none.
        """
        super().check_gradient_norms(known)
        if self.score == "gradient-norm" and not known:
            raise ConfigError(
                f"{self.method} uses the gradient norm as difficulty, but there are no gradient norms; give them "
                "with --gradient-norms, or choose another --score",
                code="no-gradient-norms",
                fields={"option": "score"},
            )


def difficulty_seconds(config: DifficultyConfig, sizes: Sizes, model_pass: float) -> float:
    """One pass of the language model over the pool, or as many as GraNd has draws; the gradient norms are there."""
    if config.score == "gradient-norm":
        return 0.0
    return model_pass * (GrandConfig.draws if config.score == "grand" else 1)
