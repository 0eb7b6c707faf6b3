"""Item graphs of DCRec: which items follow each other, and which are touched by the same users."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse
import torch

from goracs_core.surrogate.model import PAD
from goracs_core.surrogate.sequences import TrainingSequences
from goracs_core.types import IndexArray

SparseMatrix = Any  # scipy.sparse.csr_matrix, of which the type checker knows too little

# Items this far apart in a window still count as touched together: without a limit, long windows would make a graph
# of all pairs.
_TOGETHER = 10
_NEIGHBOURS = 20


def transition_counts(sequences: TrainingSequences, num_items: int) -> SparseMatrix:
    """How often two items stood next to each other, either way round; token by token, shape [v + 1, v + 1]."""
    before, after = sequences.tokens[:, :-1], sequences.tokens[:, 1:]
    counted = (before != PAD) & sequences.predicted[:, 1:]
    return _symmetric(before[counted], after[counted], num_items)


def together_similarity(sequences: TrainingSequences, num_items: int) -> SparseMatrix:
    """Cosine of two items' windows, for the most similar ones of each item; token by token, shape [v + 1, v + 1]."""
    tokens = sequences.tokens
    pairs = []
    for apart in range(1, min(_TOGETHER, tokens.shape[1] - 1) + 1):
        before, after = tokens[:, :-apart], tokens[:, apart:]
        both = (before != PAD) & (before != after)
        pairs.append((before[both], after[both]))
    counts = _symmetric(*(np.concatenate(side) for side in zip(*pairs, strict=True)), num_items=num_items)
    frequency = np.bincount(tokens.reshape(-1), minlength=num_items + 1).astype(np.float32)
    frequency[PAD] = 0
    return _strongest(_scaled(counts, frequency), _NEIGHBOURS)


def propagation(graph: SparseMatrix) -> SparseMatrix:
    """The step of a graph convolution: D^-1/2 (A + I) D^-1/2, symmetric (Kipf and Welling, arXiv 1609.02907)."""
    looped = (graph + sparse.identity(graph.shape[0], format="csr").astype(np.float32)).tocsr()
    return _scaled(looped, np.asarray(looped.sum(axis=1)).reshape(-1))


class Propagate(torch.autograd.Function):
    """A symmetric sparse matrix times a dense one; the matrix is a constant, and its own transpose.

    SciPy multiplies: torch's sparse matrices are not finished, and say so with a warning.
    """

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, matrix: SparseMatrix) -> torch.Tensor:
        """The product; shapes [v + 1, v + 1] and [v + 1, d]."""
        ctx.matrix = matrix
        return torch.from_numpy(matrix @ values.detach().numpy())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[Any, None]:
        """The gradient of the dense matrix."""
        return Propagate.apply(gradients[0], ctx.matrix), None


def _symmetric(before: IndexArray, after: IndexArray, num_items: int) -> SparseMatrix:
    ones = np.ones(2 * len(before), np.float32)
    places = (np.concatenate([before, after]), np.concatenate([after, before]))
    return sparse.coo_matrix((ones, places), shape=(num_items + 1, num_items + 1)).tocsr()


def _scaled(matrix: SparseMatrix, degrees: np.ndarray) -> SparseMatrix:
    """Every entry over the square root of its row's and its column's degree."""
    roots = np.zeros(len(degrees), np.float32)
    roots[degrees > 0] = 1 / np.sqrt(degrees[degrees > 0])
    diagonal = sparse.diags(roots, format="csr")
    return (diagonal @ matrix @ diagonal).tocsr()


def _strongest(matrix: SparseMatrix, most: int) -> SparseMatrix:
    """Each row's `most` largest entries, and what other rows keep of this one, so that it stays symmetric."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    place = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))
    kept = order[place < most]
    chosen = sparse.coo_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape).tocsr()
    return chosen.maximum(chosen.T).tocsr()
