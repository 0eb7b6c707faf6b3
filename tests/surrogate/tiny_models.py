"""Surrogates with a few dozen weights in double precision, so that everything can be checked against autograd."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from goracs_core.surrogate.hessian import LabelledHistories

ITEMS = 7


class TinyModel(nn.Module):
    """The mean of the items' embeddings, a linear layer, a bent finish, scores with a bias."""

    def __init__(self, *, seed: int = 0, width: int = 4, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.items, self.others = nn.Embedding(ITEMS + 1, width), nn.Embedding(ITEMS + 1, width)
        self.layer, self.head = nn.Linear(width, width), nn.Linear(width, width)
        self.norm, self.bias = nn.LayerNorm(width), nn.Parameter(torch.zeros(ITEMS))
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
        self.to(dtype).eval()

    @property
    def influence_layer(self) -> nn.Linear:
        return self.layer

    def layer_inputs(self, histories: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        real = (histories > 0)[..., None]
        return torch.tanh((self.items(histories) * real).sum(dim=1)), (self.others(histories) * real).sum(dim=1)

    def finish(self, output: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        return self.norm(torch.tanh(self.head(output)) + residual)

    def item_scores(self, states: torch.Tensor) -> torch.Tensor:
        return states @ self.items.weight[1:].T + self.bias


class SoftmaxRegression(nn.Module):
    """The influence layer is the only weight: it turns fixed features of a history into the logits. Convex."""

    def __init__(self, features: np.ndarray, weights: np.ndarray) -> None:
        super().__init__()
        self.features = torch.from_numpy(features)
        self.layer = nn.Linear(features.shape[1], weights.shape[0], bias=False, dtype=torch.float64)
        with torch.no_grad():
            self.layer.weight.copy_(torch.from_numpy(weights))

    @property
    def influence_layer(self) -> nn.Linear:
        return self.layer

    def layer_inputs(self, histories: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.features[histories[:, -1]]
        return features, torch.zeros(len(features), 0)

    def finish(self, output: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        return output

    def item_scores(self, states: torch.Tensor) -> torch.Tensor:
        return states


def questions(count: int, *, ctr: bool = False, seed: int = 1) -> LabelledHistories:
    """Random histories of up to five items with random answers."""
    rng = np.random.default_rng(seed)
    histories = rng.integers(1, ITEMS + 1, size=(count, 5))
    histories[np.arange(5) < rng.integers(0, 6, size=(count, 1))] = 0
    labels = rng.integers(0, 2, count) if ctr else None
    return LabelledHistories(histories, rng.integers(0, ITEMS, count), labels)
