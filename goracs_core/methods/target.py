"""What methods share that stand for the validation or for the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from goracs_core.methods.config import SelectionConfig
from goracs_core.option import option

Target = Literal["validation", "pool"]


@dataclass(frozen=True)
class TargetConfig(SelectionConfig):
    """Abstract: methods that represent a target of one's choice. Only its subclasses are used."""

    target: Target = option(
        "validation",
        help="What the chosen samples represent: the validation samples, or the whole pool.",
        label="To represent",
        choices={"validation": "Validation", "pool": "Pool"},
        advanced=False,
    )
