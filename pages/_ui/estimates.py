"""What a selection will cost, told before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.config import ItraConfig, SelectionConfig
from goracs_core.runs.memory import available_bytes, selection_bytes
from goracs_core.runs.run import RunSummary
from pages._ui import text
from pages._ui.state import DatasetRef

# Measured on two cores with prompts of a real shop; good to a factor of about three, and said so.
_SECONDS_PER_CELL = 1.2e-7  # distances, screening and greedy, per pool x validation pair
_SECONDS_PER_SOLVE_CELL = 1.5e-6  # one exact transport, per budget x validation pair
_SOLVES = 20
_START_SECONDS = 4.0


@dataclass(frozen=True)
class SelectionEstimate:
    """Time and memory of a selection.

    Args:
        seconds: Expected wall-clock time.
        basis: Where the time comes from, as the rest of a sentence.
        memory: Bytes needed at the peak.
        available: Bytes that are free, or None when unknown.
    """

    seconds: float
    basis: str
    memory: int
    available: int | None

    @property
    def fits(self) -> bool:
        """Whether the memory is there."""
        return self.available is None or self.memory <= self.available

    @property
    def sentence(self) -> str:
        """Time and memory in one line."""
        free = "" if self.available is None else f" of {text.memory(self.available)} free"
        return f"About {text.duration(self.seconds)} ({self.basis}) and {text.memory(self.memory)}{free} memory."


def selection(
    ref: DatasetRef, config: SelectionConfig, runs: tuple[RunSummary, ...], *, width: int
) -> SelectionEstimate:
    """Estimate from earlier runs of the same method on this data, or else from the sizes alone.

    Args:
        ref: The dataset.
        config: What is to be run.
        runs: Finished runs on this dataset.
        width: Numbers per embedding.
    """
    n, m, k = ref.counts["pool"], ref.counts["validation"], config.budget
    memory = selection_bytes(config, n, m, width)
    alike = [run for run in runs if run.method == config.method and not run.damaged and run.seconds > 0]
    if alike:
        nearest = min(alike, key=lambda run: abs(run.budget - k))
        seconds = nearest.seconds * max(k / nearest.budget, 0.25)
        samples = "1 sample" if nearest.budget == 1 else f"{nearest.budget:,} samples"
        basis = f"the run with {samples} took {text.duration(nearest.seconds)}"
        return SelectionEstimate(seconds, basis, memory, available_bytes())
    solves = _SOLVES if isinstance(config, ItraConfig) and config.max_exchanges else 1
    seconds = _START_SECONDS + _SECONDS_PER_CELL * n * m + solves * _SECONDS_PER_SOLVE_CELL * k * m
    return SelectionEstimate(seconds, "a rough guess from the sizes", memory, available_bytes())
