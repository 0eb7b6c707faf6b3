"""Where rows of distances live: in memory, recomputed block by block, or on a GPU, behind one interface."""

from goracs_core.engine.rows import DenseRows, DistanceRows, Fill, StreamedRows, open_rows

__all__ = ["DenseRows", "DistanceRows", "Fill", "StreamedRows", "open_rows"]
