"""Entropy: the samples on whose answer tokens the language model is least certain."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods.highest import HighestConfig, highest
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class EntropyConfig(HighestConfig):
    """Entropy: the samples on whose answer tokens the language model is least certain."""

    method = "entropy"
    kind = ScoreKind.ENTROPY


METHOD = highest(
    EntropyConfig,
    label="Entropy",
    summary="the samples with the least certain answers of the language model",
    reference="arXiv 1906.11829",
)
