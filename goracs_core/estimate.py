"""What a piece of work will take, told before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.quantities import duration, memory


@dataclass(frozen=True)
class Estimate:
    """Time and memory of a job. Where nothing can be told there is None instead.

    Args:
        seconds: Time on this machine when it has nothing else to do.
        memory_bytes: Largest memory in use.
        basis: What the figures rest on, in words.
    """

    seconds: float
    memory_bytes: int
    basis: str

    @property
    def sentence(self) -> str:
        """Time and memory in one sentence."""
        basis = f" ({self.basis})" if self.basis else ""
        return f"About {duration(self.seconds)} and {memory(self.memory_bytes)} memory{basis}."
