"""Which items a trained TIGER would write: beams over the tree of ids, and exact scores of given items."""

from __future__ import annotations

import torch

from goracs_core.llm.tiger.model import Histories, IdWriter
from goracs_core.llm.tiger.trie import START


def best_items(writer: IdWriter, histories: Histories, *, beams: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The likeliest items of each history, found by beam search: every beam is the beginning of an existing id.

    With as many beams as there are items nothing is cut off, and the order is that of all items' exact scores.

    transformers' `generate` with `prefix_allowed_tokens_fn` searches alike, but asks Python for every beam of every
    sample at every token and keeps a copy of the encoder's states per beam. Ids have a handful of tokens, so that
    reading a beginning again costs less than keeping what was read.

    Args:
        writer: The network with its ids.
        histories: b histories.
        beams: Beginnings that are followed at once.

    Returns:
        Items, best first, and the log-probabilities of their whole ids; both of shape [b, c] with c at most `beams`.
        Where a history has fewer, its last scores are -inf.
    """
    trie, b = writer.trie, len(histories)
    nodes = torch.zeros(b, 1, dtype=torch.long)
    paths = torch.full((b, 1, 1), START)
    scores = torch.zeros(b, 1)
    for depth in range(trie.length):
        children, chances = writer.next_log_chances(histories, depth, nodes, paths)  # [b, c, w]
        reached = (scores[..., None] + chances).flatten(1)
        scores, chosen = reached.topk(min(beams, reached.shape[1]), dim=1)
        width = max(1, int((scores > -torch.inf).sum(dim=1).max()))  # beams that at least one history has
        scores, chosen = scores[:, :width], chosen[:, :width]
        parents = (chosen // children.shape[2])[..., None].expand(-1, -1, depth + 1)
        nodes = children.flatten(1).gather(1, chosen)
        paths = torch.cat([paths.gather(1, parents), trie.written[depth][nodes][..., None]], dim=2)
    return trie.leaves[nodes], scores


def item_scores(writer: IdWriter, histories: Histories, items: torch.Tensor) -> torch.Tensor:
    """Log-probability of the whole ids of given items; shape [b, c].

    Args:
        writer: The network with its ids.
        histories: b histories.
        items: c items per history; shape [b, c].
    """
    return writer.log_chances(histories, items).sum(dim=2)
