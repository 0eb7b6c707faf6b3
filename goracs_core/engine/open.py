"""Which engine holds the distances of a problem."""

from __future__ import annotations

from goracs_core.dense_limit import dense_fits
from goracs_core.engine.dense import DenseRows
from goracs_core.engine.gpu import TorchRows, cuda_device
from goracs_core.engine.protocol import DistanceRows
from goracs_core.engine.streamed import StreamedRows
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent


def open_rows(problem: Problem, *, progress: Progress = silent) -> DistanceRows:
    """The distances of a problem: on a GPU where there is one, in memory where they fit, else recomputed."""
    device = cuda_device()
    if device is not None:
        return TorchRows(problem, device)
    if dense_fits(problem.num_pool, problem.num_validation):
        return DenseRows(problem.scaled_distances(progress))
    return StreamedRows(problem)
