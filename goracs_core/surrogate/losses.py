"""Losses of training: the softmax over the catalogue, or over a fair sample of it, and likes and dislikes."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from goracs_core.surrogate.blocks import SequenceModel

# Measured on two cores: up to here the whole softmax costs less than what sampling loses.
WHOLE_CATALOGUE = 2048
NEGATIVES = 1024


def next_item_loss(model: SequenceModel, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats of the right item against the catalogue.

    A large catalogue is stood in for by `NEGATIVES` items, drawn evenly without replacement and shared by the whole
    batch. Each stands for (v - 1) / NEGATIVES others, which is added to its logit as a logarithm, so that the sum in
    the softmax is right on average (sampled softmax with its correction, Jean et al. 2015, arXiv 1412.2007).

    Args:
        model: Scores items.
        states: Shape [p, d].
        targets: Tokens to predict; shape [p].
    """
    v = model.num_items
    if v <= WHOLE_CATALOGUE:
        return functional.cross_entropy(model.item_scores(states), targets - 1)
    drawn = torch.randperm(v)[:NEGATIVES] + 1
    others = model.candidate_scores(states, drawn) + math.log((v - 1) / NEGATIVES)
    others = others.masked_fill(drawn == targets[:, None], -torch.inf)
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
