"""DCRec: a sequence transformer beside two item graphs (Yang et al., WWW 2023, arXiv 2303.11780).

The idea: an interaction may follow the crowd or a taste. Views are pulled together by contrast, weighted by how much
the last item's use agrees with what others did around it (conformity).

Departures from the authors' code, for a core of two processors: every place of a window predicts (their transformer
sees a whole history and predicts at its end); conformity is measured once an epoch, without a gradient and so without
their divergence term that shapes its distribution; what an item is without the user's own transitions is taken over
one step of the graph; the attention over the three views reads the sequence's state before the last feed-forward.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.surrogate.graphs import Propagate, propagation, together_similarity, transition_counts
from goracs_core.surrogate.model import PAD
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.surrogate.sequences import TrainingSequences

_GRAPH_LAYERS = 2
_TEMPERATURE = 0.8
_CONTRAST = 0.1  # weight of the contrastive loss
_MEAN_CONFORMITY = 0.5
_MOST_LEAN = 3.0  # bound on the logarithm of a graph view's weight over the sequence's


class DCRec(SequenceModel):
    """Causal blocks, and graph convolutions over item transitions and over items touched together.

    Args:
        options: The shape.
        num_items: Items of the catalogue (v).
        sequences: The pool's, which the graphs are made of.
    """

    def __init__(self, options: SurrogateOptions, num_items: int, sequences: TrainingSequences) -> None:
        super().__init__(options, num_items, activation=nn.GELU, causal=True)
        self.view_score = nn.Linear(options.width, 1, bias=False)
        nn.init.zeros_(self.view_score.weight)
        self._counts = transition_counts(sequences, num_items)
        self._transitions = propagation(self._counts)
        self._together = propagation(together_similarity(sequences, num_items))
        self._conformity = torch.empty(0)

    def open_states(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `SequenceModel`; the graph views of each place's item are part of what is added."""
        inputs, residual = super().open_states(tokens)
        return inputs, self._fused(residual, tokens, self._views())

    def begin_epoch(self, tokens: torch.Tensor, epoch: int) -> None:
        """Measure the conformity of each window's last item before its target."""
        with torch.no_grad():
            self._conformity = self._agreement(tokens)

    def training_states(
        self, tokens: torch.Tensor, predicted: torch.Tensor, rows: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """States that predict, and the contrast between the views of each window's last item; see `SequenceModel`."""
        histories, views = tokens[:, :-1], self._views()
        inputs, residual = super().open_states(histories)
        marks = predicted[:, 1:]
        fused = self._fused(residual, histories, views)
        states = self.finish(self.influence_layer(inputs[marks]), fused[marks])
        last = histories[:, -1]
        sequence = residual[:, -1] + self.influence_layer(inputs[:, -1])
        contrast = self._contrast(sequence, views, last, self._conformity[rows])
        return states, tokens[:, 1:][marks], contrast

    def _views(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Items as their neighbours make them, by transitions and by being touched together; [v + 1, d] each."""
        items = self.dropout(self.items.weight)
        return self._convolved(items, self._transitions), self._convolved(items, self._together)

    def _convolved(self, items: torch.Tensor, matrix: object) -> torch.Tensor:
        """Mean over 0 to 2 steps, on the scale of the sequence's inputs."""
        layers = [items]
        for _ in range(_GRAPH_LAYERS):
            layers.append(Propagate.apply(layers[-1], matrix))  # type: ignore[arg-type]
        return torch.stack(layers).mean(dim=0) * self.options.width**0.5

    def _fused(
        self, residual: torch.Tensor, tokens: torch.Tensor, views: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """The residual with the two graph views added.

        Attention would weigh all three by a softmax; the normalisation in `finish` forgets a common factor, so that
        the sequence can keep weight 1 and the views have exp(their score - its score).
        """
        own = self.view_score(residual)
        real = (tokens != PAD)[..., None]
        for view in views:
            seen = view[tokens]
            lean = (self.view_score(seen) - own).clamp(-_MOST_LEAN, _MOST_LEAN)
            residual = residual + real * lean.exp() * seen
        return residual

    def _contrast(
        self, sequence: torch.Tensor, views: tuple[torch.Tensor, torch.Tensor], last: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor | None:
        real = last != PAD
        if int(real.sum()) < 2:
            return None
        last, weight = last[real], weight[real]
        by_transitions, by_users = views[0][last], views[1][last]
        crowd = _matched(sequence[real], by_transitions, last)
        taste = _matched(by_transitions, by_users, last)
        return _CONTRAST * (weight * crowd + (weight.max() - weight) * taste).mean()

    def _agreement(self, tokens: torch.Tensor) -> torch.Tensor:
        """How much what others did around an item agrees with what this user did; one number per window, shape [s].

        The mean of three cosines, squashed, stretched to begin at 0 and scaled to a mean of one half. Where nobody
        else had the item next to another one, one half.
        """
        items = self.items.weight.detach()
        whole = self._convolved(items, self._transitions)
        before = tokens[:, -3] if tokens.shape[1] > 2 else torch.zeros_like(tokens[:, 0])
        last, after = tokens[:, -2], tokens[:, -1]
        degrees = torch.from_numpy(self._counts.sum(axis=1)).reshape(-1)
        own_count = (before != PAD).float() + 1  # [s]
        others = degrees[last] - own_count
        known = (last != PAD) & (others > 0.5)

        def foreign(values: torch.Tensor) -> torch.Tensor:
            around = Propagate.apply(values, self._counts)[last]  # type: ignore[index]
            mine = values[before] * (before != PAD)[:, None] + values[after]
            return (around - mine) / others.clamp_min(1)[:, None]

        mine = (whole[before] * (before != PAD)[:, None] + whole[after]) / own_count[:, None]
        theirs = foreign(whole)
        cosines = [
            functional.cosine_similarity(whole[last], items[last] + foreign(items)),
            functional.cosine_similarity(whole[last], theirs),
            functional.cosine_similarity(mine, theirs),
        ]
        agreement = torch.stack(cosines).mean(dim=0).sigmoid()
        weight = torch.full_like(agreement, _MEAN_CONFORMITY)
        if known.any():
            stretched = agreement[known] - agreement[known].min()
            weight[known] = stretched * _MEAN_CONFORMITY / stretched.mean().clamp_min(1e-6)
        return weight


def _matched(first: torch.Tensor, second: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """InfoNCE: the loss of telling each row's partner from the other rows' (unless they show the same item); [b]."""
    likeness = functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T / _TEMPERATURE
    same = (items[:, None] == items) & ~torch.eye(len(items), dtype=torch.bool)
    return functional.cross_entropy(likeness.masked_fill(same, -torch.inf), torch.arange(len(items)), reduction="none")
