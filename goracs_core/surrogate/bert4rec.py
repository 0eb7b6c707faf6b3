"""BERT4Rec: items are hidden and told from both sides (Sun et al., CIKM 2019, arXiv 1904.06690)."""

from __future__ import annotations

import torch
from torch import nn

from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.surrogate.model import PAD
from goracs_core.surrogate.options import SurrogateOptions

_MASKED_SHARE = 0.3
_ONLY_LAST_SHARE = 0.5
_COPIES = 2  # times that each window is read in an epoch, each time with other places hidden


class BERT4Rec(SequenceModel):
    """Blocks with GELU that see both sides; a mask token at the end of a history asks for the next item.

    In training half of the windows are Cloze tests: places are hidden at random and told from all others. The others
    end at a random place that is hidden, which is how the model is asked later (the paper adds such windows too).
    Departures from the paper: feed-forwards as wide as the model instead of four times (`blocks`), and no layer between
    the last block and the item embeddings, which would first have to learn that an item's embedding means that item on
    both ends: on 15,000 samples of Games five epochs lead to an NDCG@10 of 0.0096 without it and 0.0058 with it. First
    weights are larger than SASRec's: a mask's state holds nothing of the history but what attention brings it.
    """

    def __init__(self, options: SurrogateOptions, num_items: int) -> None:
        super().__init__(
            options, num_items, extra_tokens=1, activation=nn.GELU, causal=False, spread=options.width**-0.5
        )
        self.mask_token = num_items + 1
        self.item_bias = nn.Parameter(torch.zeros(num_items + 2))

    def layer_inputs(self, histories: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `SurrogateModel`."""
        asked = torch.full((len(histories), 1), self.mask_token)
        return super().layer_inputs(torch.cat([histories, asked], dim=1))

    def candidate_scores(self, states: torch.Tensor, tokens: torch.Tensor | slice) -> torch.Tensor:
        """Logits of some items, given as c tokens; shape [b, c]."""
        return super().candidate_scores(states, tokens) + self.item_bias[tokens]

    def target_scores(self, states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Logit of one item per state, given as tokens of shape [b]; shape [b]."""
        return super().target_scores(states, tokens) + self.item_bias[tokens]

    def training_states(
        self, tokens: torch.Tensor, predicted: torch.Tensor, rows: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """States at hidden places with the items that were there; see `SequenceModel`."""
        tokens, predicted = tokens.repeat(_COPIES, 1), predicted.repeat(_COPIES, 1)
        b, t = tokens.shape
        chance = torch.rand(b, t)
        last = chance.masked_fill(~predicted, -1.0).argmax(dim=1, keepdim=True)  # [b, 1]: hidden in any case
        places = torch.arange(t)
        hidden = (places == last) | (predicted & (torch.rand(b, t) < _MASKED_SHARE))
        ends = torch.rand(b, 1) < _ONLY_LAST_SHARE
        hidden = torch.where(ends, places == last, hidden)
        seen = tokens.masked_fill(hidden, self.mask_token).masked_fill(ends & (places > last), PAD)
        inputs, residual = self.open_states(seen)
        return self.finish(self.influence_layer(inputs[hidden]), residual[hidden]), tokens[hidden], None
