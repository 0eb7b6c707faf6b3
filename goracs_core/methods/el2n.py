"""EL2N: the largest errors of the language model's predicted answer tokens."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods.highest import HighestConfig, highest
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class El2nConfig(HighestConfig):
    """EL2N: the largest mean distance between the language model's predicted and the true answer tokens."""

    method = "el2n"
    kind = ScoreKind.EL2N


METHOD = highest(
    El2nConfig,
    label="EL2N",
    summary="the largest errors of the language model's predicted answer tokens",
    reference="arXiv 2107.07075",
)
