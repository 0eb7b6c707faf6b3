"""What methods share that stand for the validation or for the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from goracs_core.checks import check_choice
from goracs_core.methods.config import SelectionConfig
from goracs_core.methods.option import option

Target = Literal["validation", "pool"]


@dataclass(frozen=True)
class TargetConfig(SelectionConfig):
    """Abstract: methods that represent a target of one's choice. Only its subclasses are used."""

    target: Target = option(
        "validation",
        help="Whom the chosen samples shall stand for: the validation samples, or the whole pool.",
        label="To represent",
        choices={"validation": "Validation", "pool": "Pool"},
        advanced=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("target", self.target, get_args(Target))
