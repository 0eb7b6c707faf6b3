"""SASRec: self-attention over the items so far (Kang and McAuley, ICDM 2018, arXiv 1808.09781)."""

from __future__ import annotations

from torch import nn

from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.surrogate.options import SurrogateOptions


class SASRec(SequenceModel):
    """Causal blocks with ReLU; every place predicts the item after it, scored by the item embeddings.

    Departures from the paper: the softmax over items in place of one sampled negative (`losses`; arXiv 2309.07602
    finds it far better), normalisation before each part and places counted from the oldest item (`blocks`).
    """

    def __init__(self, options: SurrogateOptions, num_items: int) -> None:
        super().__init__(options, num_items, activation=nn.ReLU, causal=True)
