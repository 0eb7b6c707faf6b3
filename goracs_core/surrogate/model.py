"""What every surrogate can do: read a history into a state, score all items by it, and name its influence layer.

Influence needs the last linear layer in the open (DEALRec takes one 64 x 64 layer of the last block): everything below
it is fixed while the layer's Hessian is applied, so it is computed once.

    inputs, residual = model.layer_inputs(histories)      # all that does not depend on the layer
    state = model.finish(model.influence_layer(inputs), residual)
    logits = model.item_scores(state)                     # one per item of the catalogue
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

    from goracs_core.surrogate.options import SurrogateOptions

PAD = 0  # item row r is token r + 1; padding stands on the left


class SurrogateModel(Protocol):
    """A trained surrogate in evaluation mode (no dropout). b samples, t tokens, d width, v items."""

    @property
    def influence_layer(self) -> torch.nn.Linear:
        """The layer whose weights' influence is measured: d x d, the last of the last block."""
        ...

    def layer_inputs(self, histories: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the influence layer reads at the position that is scored, and what `finish` adds to its output.

        Args:
            histories: Item tokens, padded on the left with `PAD`; whole numbers of shape [b, t], t >= 1. A row of
                nothing but padding is an empty history.

        Returns:
            The layer's inputs, shape [b, in_features], and the residual, shape [b, d].
        """
        ...

    def finish(self, output: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
        """The state from the layer's output of shape [b, out_features]; shape [b, d]. Each row stands alone."""
        ...

    def item_scores(self, states: torch.Tensor) -> torch.Tensor:
        """A logit for each item row of the catalogue (padding left out); shape [b, v]."""
        ...

    def parameters(self) -> Any:
        """Its weights, as of a torch module."""
        ...


@dataclass(frozen=True, eq=False)
class TrainedSurrogate:
    """A surrogate with what is known of its training.

    Args:
        model: The model, in evaluation mode.
        options: What decided it.
        record: JSON-able: losses and validation NDCG@10 per epoch, best epoch, why it stopped, number of parameters,
            ranking metrics on validation (and test where there is one) with those of popularity beside them.
        seconds: Training time, whenever that was.
        fingerprint: Hash of the trained weights.
    """

    model: SurrogateModel
    options: SurrogateOptions
    record: dict[str, Any]
    seconds: float
    fingerprint: str
