"""Euclidean distances between embeddings, accurate also where points nearly coincide."""

from __future__ import annotations

import numpy as np

from goracs_core.types import AnyFloatArray, FloatArray

# Below this share of the points' squared norms, |x|^2 + |y|^2 - 2 x.y has lost the digits that matter to cancellation.
_CANCELLATION = 1e-6


def euclidean(rows: AnyFloatArray, columns: AnyFloatArray) -> FloatArray:
    """Euclidean distance of each row to each column point; shape [rows, columns].

    One matrix product; entries that cancellation would spoil (near duplicates) are recomputed from differences, so
    that duplicates have distance exactly 0.

    Args:
        rows: Shape [a, d].
        columns: Shape [b, d].
    """
    rows = np.asarray(rows, dtype=np.float64)
    columns = np.asarray(columns, dtype=np.float64)
    row_norms = np.einsum("id,id->i", rows, rows)
    column_norms = np.einsum("jd,jd->j", columns, columns)
    squared = rows @ columns.T  # [a, b]
    squared *= -2.0
    squared += row_norms[:, None]
    squared += column_norms[None, :]
    floor = _CANCELLATION * (row_norms[:, None] + column_norms.max(initial=0.0))
    suspects = np.flatnonzero(squared.min(axis=1, initial=np.inf) < floor[:, 0])  # few rows have close points at all
    close_rows, close_columns = np.nonzero(squared[suspects] < floor[suspects])
    close_rows = suspects[close_rows]
    for start in range(0, len(close_rows), 65536):
        i, j = close_rows[start : start + 65536], close_columns[start : start + 65536]
        squared[i, j] = ((rows[i] - columns[j]) ** 2).sum(axis=1)
    np.maximum(squared, 0.0, out=squared)
    return np.sqrt(squared, out=squared)
