"""What the stages of the GORACS solvers are called in the field, and the four kinds of work that they make up."""

from __future__ import annotations

# Keys as in the traces of the solvers.
STAGE_NAMES: dict[str, str] = {
    "scales": "distance scale",
    "distances": "distance matrix",
    "greedy": "greedy selection",
    "exchanges": "exchanges",
    "start": "step size",
    "sample": "initial prices",
    "full passes": "pricing of the pool",
    "dual ascent": "dual ascent",
    "bound": "dual ascent for the bound",
    "proof": "certificate",
    "candidates": "transport of candidate sets",
    "transport": "transport of the coreset",
    "evaluation": "evaluation",
}

PHASES: dict[str, tuple[str, ...]] = {
    "Distances": ("scales", "distances"),
    "Greedy and exchanges": ("greedy", "exchanges"),
    "Lower bound": ("start", "sample", "full passes", "dual ascent", "bound", "proof"),
    "Exact transport": ("candidates", "transport", "evaluation"),
}
OTHER = "Other"  # stages of none of these kinds


def stage_name(stage: str) -> str:
    """The field's word for a stage; its own name where there is none."""
    return STAGE_NAMES.get(stage, stage)
