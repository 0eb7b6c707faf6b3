"""What selections cost in seconds and bytes: sizes, and the parts that several methods share.

Measured on two cores with prompts of a real shop; good to a factor of about three.
"""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.methods.config import SelectionConfig

LIBRARIES_BYTES = 300 * 2**20
_BLOCK_BYTES = 64 * 2**20  # as in goracs_core.objective, with its temporaries

DISTANCES = 2.5e-8  # seconds: distances and greedy choice, per pool x validation pair
PRICE = 1.2e-9  # seconds: pricing distances that are in memory, per pair
WARM_SOLVE, COLD_SOLVE = 1.5e-7, 1.5e-6  # seconds: one exact transport, per budget x validation pair
PRODUCT = 4e-11  # seconds: one multiplication of a large matrix product, memory included
SCAN = 2e-10  # seconds: one multiplication where the whole pool is read for each sample taken
HEAP = 5e-8  # seconds: one pool sample against one target, with a heap
HEAP_ENTRY_BYTES = 128  # a tuple of a float and an integer


@dataclass(frozen=True)
class Sizes:
    """Sizes of a selection problem.

    Args:
        pool: Number of pool samples, n.
        validation: Number of validation samples, m.
        width: Numbers per embedding, d.
    """

    pool: int
    validation: int
    width: int

    @property
    def cells(self) -> int:
        """Pool x validation pairs, n m."""
        return self.pool * self.validation

    @property
    def copy_bytes(self) -> int:
        """Bytes of a copy of the pool's embeddings in single precision."""
        return 4 * self.width * self.pool


def problem_bytes(sizes: Sizes) -> int:
    """Bytes of every selection, whatever the method: libraries, embeddings in single precision, blocks of distances."""
    embeddings = 4 * sizes.width * (sizes.pool + sizes.validation)
    return LIBRARIES_BYTES + embeddings + 2 * min(_BLOCK_BYTES, 8 * sizes.cells)


def transport_seconds(config: SelectionConfig, sizes: Sizes) -> float:
    """Seconds of the exact transport of a finished choice."""
    return COLD_SOLVE * config.budget * sizes.validation


def transport_bytes(config: SelectionConfig, sizes: Sizes) -> int:
    """Bytes of the exact transport of a finished choice, with what ranks the exchanges."""
    return 5 * 8 * config.budget * sizes.validation


def held_bytes(config: SelectionConfig, sizes: Sizes, choosing: int = 0) -> int:
    """Bytes of a method that is done with what it held while choosing when the exact transport comes.

    Args:
        config: What is to be run.
        sizes: Of the problem.
        choosing: Bytes held while choosing, beyond `problem_bytes`.
    """
    return max(transport_bytes(config, sizes), choosing)


def no_scores(config: SelectionConfig, sizes: Sizes, model_pass: float) -> float:
    """Seconds of the scores of a method that needs none."""
    return 0.0


def pass_seconds(config: SelectionConfig, sizes: Sizes, model_pass: float) -> float:
    """Seconds of scores that take one pass of the language model over the pool."""
    return model_pass


def scan_seconds(config: SelectionConfig, sizes: Sizes) -> float:
    """Seconds of a choice that reads the whole pool for each sample that it takes, and of its exact transport."""
    return transport_seconds(config, sizes) + SCAN * sizes.pool * config.budget * sizes.width


def passes_seconds(config: SelectionConfig, sizes: Sizes, passes: int = 10) -> float:
    """Seconds of a choice that reads the pool a few times, and of its exact transport."""
    return transport_seconds(config, sizes) + SCAN * sizes.pool * sizes.width * passes
