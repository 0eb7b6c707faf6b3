"""What a piece of work will take, told before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.quantities import duration, memory


@dataclass(frozen=True)
class Estimate:
    """Time and memory of a job.

    Args:
        seconds: Time on this machine when it has nothing else to do.
        memory_bytes: Largest memory in use.
        basis: What the figures rest on, in words.
        available_bytes: Memory that is free, or None when unknown.
    """

    seconds: float
    memory_bytes: int
    basis: str
    available_bytes: int | None = None

    @property
    def fits(self) -> bool:
        """Whether the memory is free, as far as is known."""
        return self.available_bytes is None or self.memory_bytes <= self.available_bytes

    @property
    def sentence(self) -> str:
        """Time and memory in one sentence."""
        free = "" if self.available_bytes is None else f" of {memory(self.available_bytes)} available"
        basis = f" ({self.basis})" if self.basis else ""
        return f"About {duration(self.seconds)} and {memory(self.memory_bytes)}{free} memory{basis}."
