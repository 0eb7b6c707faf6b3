"""How much memory distances may take."""

from __future__ import annotations

import os

_DEFAULT_MIB = 1024
_LEAST_HELD = 64


def dense_limit_bytes() -> int:
    """Memory for a dense block of distances: `GORACS_DENSE_MIB`, else 1 GiB."""
    asked = os.environ.get("GORACS_DENSE_MIB", "")
    return (int(asked) if asked.isdigit() else _DEFAULT_MIB) * 2**20


def dense_fits(num_pool: int, num_validation: int) -> bool:
    """Whether all distances in single precision (4 n m bytes) stay within the limit."""
    return 4 * num_pool * num_validation <= dense_limit_bytes()


def held_rows(num_rows: int, num_target: int) -> int:
    """Rows of distances in single precision to `num_target` samples that stay within the limit; at least a few."""
    return min(num_rows, max(_LEAST_HELD, dense_limit_bytes() // (4 * num_target)))
