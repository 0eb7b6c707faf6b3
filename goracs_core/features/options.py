"""What the user chooses about features."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

from goracs_core.checks import check_choice, check_known, check_text, check_whole
from goracs_core.features.encoder import DEFAULT_ENCODER
from goracs_core.llm.options import Adapters, Loss, NormOptions
from goracs_core.llm.tuning.options import TITLES_MODEL
from goracs_core.option import option

SMALL_MODEL = "small"
NO_MODEL = "none"
# Trained here on the dataset at hand, so that name, dataset and seed decide them.
MADE_HERE = (SMALL_MODEL, TITLES_MODEL)


@dataclass(frozen=True)
class FeatureOptions:
    """How embeddings and gradient norms are computed; the fields say what each option does."""

    encoder: str = option(
        DEFAULT_ENCODER,
        help="Sentence encoder: a name or a folder. The default comes with the installation and needs no network.",
        label="Sentence encoder",
        metavar="NAME",
    )
    model: str = option(
        SMALL_MODEL,
        help="Language model whose gradients are measured: small (trained here on titles and pool, about a minute), "
        "small-titles (trained here on titles alone; the model that is fine-tuned by default), none (no gradient "
        "norms: only lambda 0 can be selected), a Hugging Face name or a folder.",
        label="Language model",
        metavar="NAME",
    )
    loss: Loss = option(
        "answer",
        help="Loss that is differentiated: the mean cross-entropy over the answer's tokens (of Yes against No for "
        "click prediction), or over prompt and answer.",
        label="Loss",
        choices={"answer": "Of the answer", "sequence": "Of prompt and answer"},
    )
    adapters: Adapters = option(
        "last-v",
        help="Adapters whose gradients are measured: the last layer's value adapter, as the authors measure, or all.",
        label="Adapters",
        choices={"last-v": "Last layer, value (as the authors)", "all": "All layers"},
    )
    seed: int = option(0, help="Random seed of the small models and the adapters.", label="Seed", high=2**31 - 1)

    def __post_init__(self) -> None:
        for name in ("encoder", "model"):
            check_text(name, getattr(self, name), "give a name or a folder")
        check_choice("loss", self.loss, get_args(Loss))
        check_choice("adapters", self.adapters, get_args(Adapters))
        check_whole("seed", self.seed, least=0)

    def norms(self, draw: int = 0) -> NormOptions:
        """Which gradients are measured: the features' own, or another draw of the adapters."""
        return NormOptions(loss=self.loss, adapters=self.adapters, seed=self.seed + draw)

    def to_dict(self) -> dict[str, Any]:
        """Plain values under their field names."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FeatureOptions:
        """The inverse of `to_dict`; options that are not given keep their defaults.

        Raises:
            ConfigError: An unknown option or a value that is not allowed.
        """
        check_known(values, [field.name for field in fields(cls)], "features")
        return cls(**values)
