"""Rows of distances on a CUDA device by torch; the same results as on the processor, to rounding."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from goracs_core.dense_limit import dense_fits
from goracs_core.engine.protocol import SINGLE, Fill, Priced
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.types import Float32Array, FloatArray, IndexArray

if TYPE_CHECKING:
    import torch

_BLOCK_BYTES = 512 * 2**20
_DRIVER = "/proc/driver/nvidia"  # importing torch only to learn that there is no GPU would cost seconds


@functools.cache
def cuda_device() -> str | None:
    """Name of the CUDA device to use, or None; `GORACS_GPU=0` says none."""
    if os.environ.get("GORACS_GPU") == "0":
        return None
    if os.name == "posix" and not os.path.exists(_DRIVER) and not os.path.exists("/dev/nvidiactl"):
        return None
    import torch

    return "cuda" if torch.cuda.is_available() else None


class TorchRows:
    """Distances on a torch device: kept there when they fit, else recomputed block by block.

    Args:
        problem: Whose distances.
        device: A torch device, such as "cuda" or "cpu".
        rows: Only these pool rows; None for all.
    """

    cheap = True

    def __init__(self, problem: Problem, device: str, *, rows: IndexArray | None = None) -> None:
        import torch

        self._torch, self._device, self._problem = torch, device, problem
        centre = problem.validation.mean(axis=0, dtype=np.float64)
        points = problem.pool if rows is None else problem.pool[rows]
        self._points = self._tensor((points - centre).astype(np.float32))
        self._columns = self._tensor((problem.validation - centre).astype(np.float32))
        self._block = max(1, _BLOCK_BYTES // (4 * problem.num_validation))
        keep = rows is not None or dense_fits(problem.num_pool, problem.num_validation)
        self._kept = self._distances(slice(None)) if keep else None
        self._rows = np.arange(problem.num_pool) if rows is None else rows

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(self._points)

    @property
    def error(self) -> float:
        """Largest difference of a distance from its exact value."""
        width = self._columns.shape[1]
        norms = float((self._points**2).sum(1).max() + (self._columns**2).sum(1).max())
        return float(np.sqrt(SINGLE * (width + 8) * norms)) / self._problem.distance_scale + 4 * SINGLE

    def price(
        self, prices: FloatArray, fill: Fill, *, only: IndexArray | None = None, progress: Progress = silent
    ) -> Priced:
        """Price every row, or `only` some; the others then cost infinity."""
        count = self.num_rows if only is None else len(only)
        costs, thresholds = np.empty(count), np.empty(count, np.float32)
        for start in range(0, count, self._block):
            block = slice(start, min(start + self._block, count))
            rows = block if only is None else self._torch.as_tensor(only[block], device=self._device)
            values, masses = self._cheapest(rows, prices, fill)
            costs[block] = (values.double() * masses).sum(1).cpu().numpy()
            last = (masses > 0).sum(1, keepdim=True) - 1
            thresholds[block] = values.gather(1, last)[:, 0].cpu().numpy()
            progress("pricing all rows" if only is None else "pricing the rows left", block.stop, count)
        priced = Priced(costs, thresholds)
        return priced if only is None else priced.among(only, self.num_rows)

    def load(self, prices: FloatArray, fill: Fill, priced: Priced, rows: IndexArray) -> FloatArray:
        """Mass that the given rows put on each column at these prices; shape [m]."""
        total = self._torch.zeros(len(prices), dtype=self._torch.int64, device=self._device)
        for start in range(0, len(rows), self._block):
            chosen = self._torch.as_tensor(rows[start : start + self._block], device=self._device)
            order, units = self._cheapest_columns(self._reduced(chosen, prices), fill)
            total.index_add_(0, order.reshape(-1), units.reshape(-1))  # whole units: any order gives the same
        return fill.share(total.cpu().numpy())

    def take(self, rows: IndexArray) -> Float32Array:
        """The distances of some rows; shape [rows, m]."""
        return self._distances(self._torch.as_tensor(rows, device=self._device)).cpu().numpy()

    def subset(self, rows: IndexArray) -> TorchRows:
        """Some rows, kept on the device."""
        return TorchRows(self._problem, self._device, rows=self._rows[rows])

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return self._torch.tensor(values, device=self._device)

    def _distances(self, rows: Any) -> torch.Tensor:
        points = self._points[rows]
        squared = (points**2).sum(1)[:, None] + (self._columns**2).sum(1)[None] - 2 * (points @ self._columns.T)
        return squared.clamp_(min=0).sqrt_().div_(self._problem.distance_scale)

    def _reduced(self, rows: Any, prices: FloatArray) -> torch.Tensor:
        distances = self._kept[rows] if self._kept is not None else self._distances(rows)
        return distances - self._tensor(prices.astype(np.float32))

    def _cheapest_columns(self, reduced: torch.Tensor, fill: Fill) -> tuple[torch.Tensor, torch.Tensor]:
        """Columns that fill each row, cheapest first, and the units taken of each; shapes [rows, most]."""
        most = min(reduced.shape[1], -(-fill.capacity_units // int(fill.mass_units.min())))
        order = self._torch.topk(reduced, most, dim=1, largest=False, sorted=True).indices
        units = self._tensor(fill.mass_units)[order]
        before = units.cumsum(1) - units
        return order, (fill.capacity_units - before).clamp(min=0).minimum(units)

    def _cheapest(self, rows: Any, prices: FloatArray, fill: Fill) -> tuple[torch.Tensor, torch.Tensor]:
        reduced = self._reduced(rows, prices)
        order, units = self._cheapest_columns(reduced, fill)
        return reduced.gather(1, order), units.double() / float(fill.mass_units.sum())
