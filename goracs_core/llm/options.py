"""Which gradients are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from goracs_core.errors import ConfigError

Loss = Literal["answer", "sequence"]
Adapters = Literal["last-v", "all"]


@dataclass(frozen=True)
class NormOptions:
    """The loss, the adapters and the length limit of gradient norms (algorithms: gradient norms, prompts, models).

    Args:
        loss: "answer": mean cross-entropy over the answer's tokens (seqrec), or two-way cross-entropy of the Yes and No
            logits where the answer starts (ctr); "sequence": mean cross-entropy over all tokens of prompt and answer.
        adapters: "last-v": the B matrix of the last layer's value projection; "all": every adapter matrix on the query
            and value projections. (The A matrices add nothing: B starts at zero, so their gradients are zero.)
        rank: Rank r of the adapters.
        alpha: Adapter scale; outputs are multiplied by alpha / r.
        seed: Decides the adapters' random A matrices.
        max_tokens: Longest prompt with answer; longer prompts lose their oldest part.
    """

    loss: Loss = "answer"
    adapters: Adapters = "last-v"
    rank: int = 8
    alpha: float = 16.0
    seed: int = 0
    max_tokens: int = 512

    def __post_init__(self) -> None:
        if self.loss not in get_args(Loss):
            raise ConfigError(
                f"loss is {self.loss!r}, but it must be one of {', '.join(get_args(Loss))}",
                code="bad-option",
                fields={"option": "loss", "value": self.loss},
            )
        if self.adapters not in get_args(Adapters):
            raise ConfigError(
                f"adapters is {self.adapters!r}, but it must be one of {', '.join(get_args(Adapters))}",
                code="bad-option",
                fields={"option": "adapters", "value": self.adapters},
            )
        if self.rank < 1 or not self.alpha > 0:
            raise ConfigError(
                f"adapters need a rank >= 1 and an alpha > 0, got rank {self.rank} and alpha {self.alpha}",
                code="bad-option",
                fields={"option": "rank" if self.rank < 1 else "alpha", "rank": self.rank, "alpha": self.alpha},
            )
        if self.seed < 0:
            raise ConfigError(
                f"seed is {self.seed}, but it must be a whole number >= 0",
                code="bad-option",
                fields={"option": "seed", "value": self.seed},
            )
        if self.max_tokens < 2:
            raise ConfigError(
                f"max_tokens is {self.max_tokens}, but a prompt and an answer need at least 2",
                code="bad-option",
                fields={"option": "max_tokens", "value": self.max_tokens},
            )

    def describe(self, *, ctr: bool) -> str:
        """Which loss this is, in words, as GradientNorms records it."""
        if self.loss == "sequence":
            return "mean token cross-entropy of prompt and answer"
        return "cross-entropy of Yes against No" if ctr else "mean token cross-entropy of the answer"
