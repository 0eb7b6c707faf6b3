"""What decides a surrogate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from goracs_core.checks import bad_option, check_choice, check_number, check_share, check_whole
from goracs_core.scores import SurrogateName

SURROGATE_TITLES: dict[SurrogateName, str] = {"sasrec": "SASRec", "bert4rec": "BERT4Rec", "dcrec": "DCRec"}


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
        check_whole("seed", self.seed, least=0)
        for name in ("epochs", "patience", "width", "layers", "heads", "length", "batch"):
            check_whole(name, getattr(self, name), least=1)
        if self.width % self.heads:
            message = f"a width of {self.width} cannot be split over {self.heads} heads; give a multiple"
            raise bad_option("heads", self.heads, message, width=self.width)
        check_share("dropout", self.dropout)
        check_number("learning_rate", self.learning_rate, above=0)
