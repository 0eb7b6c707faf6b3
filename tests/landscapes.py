"""A landscape made up by hand."""

from __future__ import annotations

from typing import Any

from goracs_core.jobs.landscape.store import KeptLandscape
from goracs_core.llm.landscape import Descent, Landscape, LandscapeOptions, Place
from goracs_core.types import fingerprint


def landscape(**changes: Any) -> Landscape:
    """Sharp before training, flatter afterwards; AdamW steps ten times too far."""
    fields: dict[str, Any] = {
        "places": (Place(0, 2.0, 40.0, 7, 0.05, (0.2, 0.1)), Place(2, 1.0, 20.0, 3, 0.04, (0.1, 0.1))),
        "theory": Descent(1 / 40, (2.0, 1.9, 1.95), (2.0, 1.5, 1.4), (0.05, 0.0375), (44.0, 30.0)),
        "practice": Descent(1e-3, (2.0, 1.4, 1.0), (2.0, 1.0, 0.8), (1.0, 0.5), (6.0, 3.0)),
        "samples": 64,
        "tokens": 6_400,
        "parameters": 1_300_000,
        "trained": 1_300_000,
        "seconds": 60.0,
    }
    return Landscape(**{**fields, **changes})


def kept(dataset_fingerprint: str = "d" * 32, **changes: Any) -> KeptLandscape:
    """The same as the store keeps it."""
    fields: dict[str, Any] = {
        "id": fingerprint("landscape"),
        "created": 1_700_000_000.0,
        "dataset_name": "Shop",
        "dataset_fingerprint": dataset_fingerprint,
        "run": "",
        "budget": 64,
        "options": LandscapeOptions().to_dict(),
        "model": "small-titles",
        "landscape": landscape(),
        "machine": {"processor": "Test *CPU*"},
    }
    return KeptLandscape(**{**fields, **changes})
