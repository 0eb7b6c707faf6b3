"""Losses of training: the softmax over the catalogue, or over a fair sample of it, and likes and dislikes."""

from __future__ import annotations

import torch
from torch.nn import functional

from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.types import IndexArray

# Up to here the whole softmax costs no more than the rest of a step; on 17,000 items it costs six times as much.
WHOLE_CATALOGUE = 2048
NEGATIVES = 1024
# Negatives by the square root of their popularity: on Games a little better than evenly drawn ones.
_POPULARITY_POWER = 0.5


class NextItemLoss:
    """Mean cross-entropy in nats of the right item against the catalogue.

    A large catalogue is stood in for by `NEGATIVES` draws that the whole batch shares. A draw of probability q stands
    for 1 / (NEGATIVES q) items, which is added to its logit as a logarithm, so that the sum in the softmax is right on
    average (sampled softmax with its correction: Jean et al. 2015, arXiv 1412.2007).

    Args:
        counts: How often each item is to be predicted; shape [v].
    """

    def __init__(self, counts: IndexArray) -> None:
        weights = torch.tensor(counts + 0.5, dtype=torch.float64) ** _POPULARITY_POWER
        self.chances = weights / weights.sum()  # [v]
        self.corrections = -(self.chances * NEGATIVES).log().float()

    def __call__(self, model: SequenceModel, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss.

        Args:
            model: Scores items.
            states: Shape [p, d].
            targets: Tokens to predict; shape [p].
        """
        if model.num_items <= WHOLE_CATALOGUE:
            return functional.cross_entropy(model.item_scores(states), targets - 1)
        drawn = torch.multinomial(self.chances, NEGATIVES, replacement=True)
        others = model.candidate_scores(states, drawn + 1) + self.corrections[drawn]
        others = others.masked_fill(drawn + 1 == targets[:, None], -torch.inf)
        right = model.target_scores(states, targets)
        return (torch.logaddexp(others.logsumexp(dim=1), right) - right).mean()


def like_loss(
    model: SequenceModel, histories: torch.Tensor, targets: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """Mean binary cross-entropy in nats of liking: the target's logit after the history against its label.

    Args:
        model: In training.
        histories: Tokens; shape [b, t].
        targets: Tokens of the items asked about; shape [b].
        labels: 1 liked, 0 disliked; shape [b].
    """
    logits = model.target_scores(model(histories), targets)
    return functional.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))
