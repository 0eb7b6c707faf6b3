"""The tree of all semantic ids: which codes may follow which, so that whatever is written is an item."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from goracs_core.llm.tiger.ids import SemanticIds
from goracs_core.types import IndexArray

PAD, START, END = 0, 1, 2
_SPECIAL = 3  # tokens that are no codes


@dataclass(frozen=True, eq=False)
class Trie:
    """Semantic ids as tokens, and the tree of their beginnings.

    Nodes of one depth are counted in the order of their codes, so that the children of a node stand side by side. Depth
    0 has the root alone, depth l one node per distinct beginning of l codes, and depth `length` one per item.

    Args:
        tokens: The id of each item in tokens: the codes of all columns have numbers of their own, after padding, start
            and end; shape [v, length].
        nodes: Node of each item's beginning of 0, 1, ... `length` codes; shape [v, length + 1].
        leaves: Item of each leaf; shape [v].
        first: Per depth but the last, the first child of each node.
        counts: Per depth but the last, the children of each node.
        written: Per depth but the first, the token that leads to each node (entry 0 belongs to depth 1).
        vocabulary: Number of tokens.
    """

    tokens: torch.Tensor
    nodes: torch.Tensor
    leaves: torch.Tensor
    first: tuple[torch.Tensor, ...]
    counts: tuple[torch.Tensor, ...]
    written: tuple[torch.Tensor, ...]
    vocabulary: int

    @property
    def length(self) -> int:
        """Tokens per id."""
        return self.tokens.shape[1]

    def children(self, depth: int, nodes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The children of nodes of one depth, as numbers and tokens, and which of the places hold one.

        Args:
            depth: Of the nodes.
            nodes: Any shape [...].

        Returns:
            Three tensors of shape [..., w], where w is the most children of one of the nodes.
        """
        counts = self.counts[depth][nodes][..., None]
        places = torch.arange(int(counts.max()))
        real = places < counts
        children = torch.where(real, self.first[depth][nodes][..., None] + places, 0)
        return children, self.written[depth][children], real


def build_trie(ids: SemanticIds) -> Trie:
    """The tree of the given ids."""
    tokens = ids.codes + _SPECIAL + np.concatenate([[0], np.cumsum(ids.sizes)[:-1]])
    order = np.lexsort(tokens.T[::-1])
    ordered = tokens[order]  # [v, length]
    depths = [_prefix_numbers(ordered, depth) for depth in range(ids.length + 1)]
    first, counts, written = [], [], []
    for depth, (above, below) in enumerate(pairwise(depths)):
        begins = np.flatnonzero(np.diff(below, prepend=-1))  # where each node of the lower depth begins
        parents = above[begins]
        first.append(torch.from_numpy(np.flatnonzero(np.diff(parents, prepend=-1))))
        counts.append(torch.from_numpy(np.bincount(parents)))
        written.append(torch.from_numpy(ordered[begins, depth]))
    nodes = np.empty((len(ids), ids.length + 1), np.int64)
    nodes[order] = np.stack(depths, axis=1)
    return Trie(
        tokens=torch.from_numpy(tokens),
        nodes=torch.from_numpy(nodes),
        leaves=torch.from_numpy(order),
        first=tuple(first),
        counts=tuple(counts),
        written=tuple(written),
        vocabulary=_SPECIAL + int(ids.sizes.sum()),
    )


def _prefix_numbers(ordered: IndexArray, depth: int) -> IndexArray:
    """Number of each row's beginning of `depth` codes, in order; shape [v]."""
    new = (np.diff(ordered[:, :depth], axis=0, prepend=-1) != 0).any(axis=1)
    return np.cumsum(new) - 1 if depth else np.zeros(len(ordered), np.int64)
