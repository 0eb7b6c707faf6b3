"""What decides a surrogate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from goracs_core.errors import ConfigError
from goracs_core.methods import SurrogateName
from goracs_core.methods.config import check_choice


@dataclass(frozen=True)
class SurrogateOptions:
    """Shape and training of a surrogate (arXiv 2401.17197, section 4.1: width 64, 2 layers, 2 heads, length 50).

    Dropout, learning rate and batch are what did best on Games in little time (docs/surrogates.md).

    Args:
        name: sasrec, bert4rec or dcrec.
        seed: Decides the initial weights, the order of the batches, dropout and masks.
        epochs: Maximum number of passes over the pool.
        patience: Passes without a better validation NDCG@10 after which training stops; four times as many while the
            surrogate is not yet clearly better than popularity.
        width: Numbers per item and state (d).
        layers: Transformer blocks.
        heads: Attention heads per block.
        length: Maximum number of items of a history that are read, the latest.
        dropout: Share of activations dropped in training.
        learning_rate: Learning rate of Adam.
        batch: Maximum number of sequences per step; a small pool is cut into about 16 steps.
    """

    name: SurrogateName = "sasrec"
    seed: int = 0
    epochs: int = 100
    patience: int = 5
    width: int = 64
    layers: int = 2
    heads: int = 2
    length: int = 50
    dropout: float = 0.4
    learning_rate: float = 2e-3
    batch: int = 128

    def __post_init__(self) -> None:
        check_choice("surrogate", self.name, get_args(SurrogateName))
        if self.seed < 0:
            raise ConfigError(
                f"the surrogate's seed is {self.seed}, but it must be a whole number >= 0",
                code="bad-option",
                fields={"option": "seed", "value": self.seed},
            )
        for name in ("epochs", "patience", "width", "layers", "heads", "length", "batch"):
            if getattr(self, name) < 1:
                raise ConfigError(
                    f"the surrogate's {name} is {getattr(self, name)}, but it must be 1 or more",
                    code="bad-option",
                    fields={"option": name, "value": getattr(self, name)},
                )
        if self.width % self.heads:
            raise ConfigError(
                f"a width of {self.width} cannot be split over {self.heads} heads; give a multiple",
                code="bad-option",
                fields={"option": "heads", "width": self.width, "value": self.heads},
            )
        if not 0 <= self.dropout < 1 or not self.learning_rate > 0:
            raise ConfigError(
                f"a dropout of {self.dropout} and a learning rate of {self.learning_rate} do not do; give a dropout of "
                "0 or more and below 1, and a learning rate above 0",
                code="bad-option",
                fields={
                    "option": "learning_rate" if 0 <= self.dropout < 1 else "dropout",
                    "dropout": self.dropout,
                    "learning_rate": self.learning_rate,
                },
            )
