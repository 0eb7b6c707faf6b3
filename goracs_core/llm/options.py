"""Which gradients are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from goracs_core.checks import check_choice, check_number, check_whole

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
        check_choice("loss", self.loss, get_args(Loss))
        check_choice("adapters", self.adapters, get_args(Adapters))
        check_whole("rank", self.rank, least=1)
        check_number("alpha", self.alpha, above=0)
        check_whole("seed", self.seed, least=0)
        check_whole("max_tokens", self.max_tokens, least=2)

    def describe(self, *, ctr: bool) -> str:
        """Which loss this is, in words, as GradientNorms records it."""
        if self.loss == "sequence":
            return "mean token cross-entropy of prompt and answer"
        return "cross-entropy of Yes against No" if ctr else "mean token cross-entropy of the answer"
