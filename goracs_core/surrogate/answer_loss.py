"""The loss of one sample at its answer as a function of the item logits, with its first two derivatives in them.

Sequential recommendation: cross-entropy of the target over the whole catalogue. Click prediction: binary cross-entropy
of the target's logit with the label. DEALRec's code measures with the binary cross-entropy of the target and one
sampled item instead; over the whole catalogue there is nothing to sample, so that an influence is a number, not a draw.

The derivatives are written out instead of taken from autograd: logits are by far the largest array, and this way the
softmax keeps no copies of them for a backward pass.
"""

from __future__ import annotations

import torch


def probabilities(logits: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
    """Softmax over the catalogue, or for click prediction the sigmoid of each logit; shape [b, v], no graph."""
    return torch.softmax(logits.detach(), dim=1) if labels is None else torch.sigmoid(logits.detach())


def logit_gradient_(p: torch.Tensor, targets: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
    """Gradient of each sample's loss in its logits, written into `p`; shape [b, v].

    Args:
        p: From `probabilities`; shape [b, v]. Overwritten.
        targets: Item rows; shape [b].
        labels: 1 yes, 0 no (click prediction), or None (sequential recommendation); shape [b].
    """
    rows = torch.arange(len(p))
    if labels is None:
        p[rows, targets] -= 1
        return p
    asked = p[rows, targets] - labels.to(p.dtype)
    p.zero_()
    p[rows, targets] = asked
    return p


def logit_curvature_times(
    p: torch.Tensor, direction: torch.Tensor, targets: torch.Tensor, labels: torch.Tensor | None
) -> torch.Tensor:
    """Hessian of each sample's loss in its logits, times a direction; shape [b, v].

    (diag(p) - p p^T) t over the catalogue, p (1 - p) t at the target for click prediction.

    Args:
        p: From `probabilities`; shape [b, v].
        direction: One per sample, t; shape [b, v].
        targets: Item rows; shape [b].
        labels: As in `logit_gradient_`.
    """
    if labels is None:
        product = direction * p
        return product.sub_(p * product.sum(dim=1, keepdim=True))
    rows = torch.arange(len(p))
    asked = p[rows, targets]
    product = torch.zeros_like(p)
    product[rows, targets] = asked * (1 - asked) * direction[rows, targets]
    return product
