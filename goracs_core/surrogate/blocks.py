"""What the three surrogates share: transformer blocks over item tokens, cut open at the last feed-forward.

Blocks normalise what they read (pre-norm), and a last normalisation makes the state. A feed-forward is as wide as the
model, so that its second layer is the d x d layer whose influence is measured.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from goracs_core.surrogate.model import PAD
from goracs_core.surrogate.options import SurrogateOptions

_INITIAL_SPREAD = 0.02


class Block(nn.Module):
    """Self-attention and a point-wise feed-forward, each beside a residual.

    Args:
        options: Width, heads and dropout.
        activation: Between the two layers of the feed-forward.
    """

    def __init__(self, options: SurrogateOptions, activation: type[nn.Module]) -> None:
        super().__init__()
        width = options.width
        self.heads, self.rate = options.heads, options.dropout
        self.before_attention, self.before_forward = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.activation, self.dropout = activation(), nn.Dropout(options.dropout)

    def forward(self, states: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
        """The next states, shape [b, t, d]; `visible` [b, 1, t, t] says which place may look at which."""
        hidden, residual = self.open(states, visible)
        return residual + self.dropout(self.second(hidden))

    def open(self, states: torch.Tensor, visible: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the second layer of the feed-forward reads, and what is added to what it writes; [b, t, d] both."""
        residual = states + self.dropout(self._attention(self.before_attention(states), visible))
        hidden = self.activation(self.first(self.before_forward(residual)))
        return self.dropout(hidden), residual

    def _attention(self, states: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
        b, t, width = states.shape
        parts = self.queries_keys_values(states).view(b, t, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)  # [b, heads, t, d / heads] each
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=visible, dropout_p=self.rate if self.training else 0.0
        )
        return self.mixed(mixed.transpose(1, 2).reshape(b, t, width))


class SequenceModel(nn.Module):
    """Item and place embeddings, blocks, and scores by the item embeddings: the frame of a surrogate.

    Causal models count places from the oldest item that is read: a short history looks the same to them as the
    beginning of a long one did in training. The others count from the latest one back: what they predict at the
    end depends most on the items just before it. Either way padding changes nothing.

    Args:
        options: The shape.
        num_items: Items of the catalogue (v).
        extra_tokens: Tokens after the items' own (BERT4Rec's mask).
        activation: Of the feed-forwards.
        causal: Whether a place sees only itself and what stands before it.
        spread: Standard deviation of the linear layers' first weights.
    """

    def __init__(
        self,
        options: SurrogateOptions,
        num_items: int,
        *,
        extra_tokens: int = 0,
        activation: type[nn.Module] = nn.ReLU,
        causal: bool = True,
        spread: float = _INITIAL_SPREAD,
    ) -> None:
        super().__init__()
        self.options, self.num_items, self.causal = options, num_items, causal
        self.items = nn.Embedding(num_items + 1 + extra_tokens, options.width, padding_idx=PAD)
        self.places = nn.Embedding(options.length + 1, options.width)
        self.dropout = nn.Dropout(options.dropout)
        self.blocks = nn.ModuleList(Block(options, activation) for _ in range(options.layers))
        self.last_norm = nn.LayerNorm(options.width)
        self.apply(partial(_initialise, spread=spread))
        with torch.no_grad():
            self.items.weight[PAD] = 0

    @property
    def influence_layer(self) -> nn.Linear:
        """The second layer of the last block's feed-forward."""
        return self._last_block.second

    @property
    def _last_block(self) -> Block:
        block = self.blocks[-1]
        assert isinstance(block, Block)
        return block

    def open_states(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the influence layer reads at every place, and what `finish` adds; [b, t, d] both."""
        real = tokens != PAD  # [b, t]
        counted = real.cumsum(dim=1) if self.causal else real.flip(1).cumsum(dim=1).flip(1)
        places = (counted - 1).clamp_min(0)
        states = self.items(tokens) * self.options.width**0.5 + self.places(places)
        states = self.dropout(states)
        visible = _visible(real, causal=self.causal)
        for block in self.blocks[:-1]:
            states = block(states, visible)
        return self._last_block.open(states, visible)

    def layer_inputs(self, histories: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `SurrogateModel`."""
        inputs, residual = self.open_states(histories)
        return inputs[:, -1], residual[:, -1]

    def finish(self, output: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """See `SurrogateModel`."""
        return self.last_norm(residual + self.dropout(output))

    def item_scores(self, states: torch.Tensor) -> torch.Tensor:
        """See `SurrogateModel`."""
        # A slice and not a list of all tokens: a view of the embeddings, no copy.
        return self.candidate_scores(states, slice(1, self.num_items + 1))

    def candidate_scores(self, states: torch.Tensor, tokens: torch.Tensor | slice) -> torch.Tensor:
        """Logits of some items, given as c tokens; shape [b, c]."""
        return states @ self.items.weight[tokens].T

    def target_scores(self, states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Logit of one item per state, given as tokens of shape [b]; shape [b]."""
        return (states * self.items.weight[tokens]).sum(dim=1)

    def forward(self, histories: torch.Tensor) -> torch.Tensor:
        """The state that scores the next item; shape [b, d]."""
        inputs, residual = self.layer_inputs(histories)
        return self.finish(self.influence_layer(inputs), residual)

    def begin_epoch(self, tokens: torch.Tensor, epoch: int) -> None:
        """Told the training windows before an epoch; for what is computed once for all of them."""

    def training_states(
        self, tokens: torch.Tensor, predicted: torch.Tensor, rows: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """States that are to predict, what they are to predict, and a loss of the model's own beside that.

        Args:
            tokens: Windows, padded on the left; shape [b, t].
            predicted: Places that count; shape [b, t].
            rows: Which windows of the training these are; shape [b].

        Returns:
            States [p, d], tokens [p] and a scalar or None.
        """
        inputs, residual, targets, marks = self._shifted(tokens, predicted)
        return self.finish(self.influence_layer(inputs[marks]), residual[marks]), targets[marks], None

    def _shifted(
        self, tokens: torch.Tensor, predicted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Open states at every place but the last, with the token that follows and whether it counts."""
        inputs, residual = self.open_states(tokens[:, :-1])
        return inputs, residual, tokens[:, 1:], predicted[:, 1:]


def _visible(real: torch.Tensor, *, causal: bool) -> torch.Tensor:
    """Which place may look at which, shape [b, 1, t, t]: never at padding, except that every place sees itself."""
    t = real.shape[1]
    visible = real[:, None, :].expand(-1, t, -1)
    if causal:
        visible = visible & torch.ones(t, t, dtype=torch.bool).tril()
    return (visible | torch.eye(t, dtype=torch.bool))[:, None]


def _initialise(module: nn.Module, *, spread: float) -> None:
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=_INITIAL_SPREAD)
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=spread)
        nn.init.zeros_(module.bias)
