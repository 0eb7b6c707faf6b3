"""How a source becomes a dataset: every choice in one frozen value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from goracs_core.data.dataset import Split, Task
from goracs_core.data.splits import SplitMethod, check_shares
from goracs_core.errors import ConfigError

PARTS = (Split.POOL, Split.VALIDATION, Split.TEST)
DEFAULT_K_CORE = 5


class Negatives(StrEnum):
    """Where the No samples of click prediction come from.

    none: from ratings. uniform: for every Yes one item, drawn uniformly from those that its user never touched.
    popular: the same, drawn in proportion to the items' training interactions.
    """

    NONE = "none"
    UNIFORM = "uniform"
    POPULAR = "popular"


@dataclass(frozen=True)
class PrepareOptions:
    """How a source becomes a dataset.

    Args:
        task: What the recommender is asked.
        k_core: Minimum number of interactions of every user and item that is kept; 1 keeps all. None: 5, or 1 when the
            source's own split is used, whose users and items were chosen already. Instruction files have no users: only
            None or 1.
        max_history: Maximum number of previous items in a prompt.
        min_history: Minimum number of previous items of a sample.
        split: See SplitMethod.
        validation_share, test_share: Share of the samples (of each user's sequence for per-user-last); unused when
            the split is given.
        rating_threshold: Above it a rating means liked (click prediction).
        negatives: See Negatives; for click prediction on sources without ratings, where every interaction is a Yes.
        max_pool, max_validation, max_test: Maximum number of samples of each part, drawn by popularity decile or by
            label; None keeps all.
        seed: Seed of every draw.
        name: Name of the dataset; None takes the source's.
        domain: What the items are called in prompts, in the plural; None takes the source's.
    """

    task: Task = Task.SEQREC
    k_core: int | None = None
    max_history: int = 10
    min_history: int = 1
    split: SplitMethod = SplitMethod.AUTO
    validation_share: float = 0.1
    test_share: float = 0.1
    rating_threshold: float = 3.0
    negatives: Negatives = Negatives.NONE
    max_pool: int | None = None
    max_validation: int | None = None
    max_test: int | None = None
    seed: int = 0
    name: str | None = None
    domain: str | None = None

    def __post_init__(self) -> None:
        for name, kind in (("task", Task), ("split", SplitMethod), ("negatives", Negatives)):
            try:
                object.__setattr__(self, name, kind(getattr(self, name)))
            except ValueError:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(kind)}") from None
        for name, least in (
            ("k_core", 1),
            ("max_history", 1),
            ("min_history", 0),
            ("max_pool", 1),
            ("max_validation", 1),
            ("max_test", 0),
            ("seed", 0),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"{name} is {value}, but it must be {least} or more")
        if self.min_history > self.max_history:
            raise ConfigError(
                f"min_history is {self.min_history}, but no history is longer than max_history, {self.max_history}"
            )
        if not np.isfinite(self.rating_threshold):
            raise ConfigError(f"rating_threshold is {self.rating_threshold}, but it must be a finite number")
        check_shares(self.validation_share, self.test_share)
        self._check_negatives()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form, the inverse of `PrepareOptions(**values)`."""
        return asdict(self) | {"task": str(self.task), "split": str(self.split), "negatives": str(self.negatives)}

    def limit(self, part: Split) -> int | None:
        """Maximum number of samples of `part`; None for no limit."""
        return {Split.POOL: self.max_pool, Split.VALIDATION: self.max_validation, Split.TEST: self.max_test}[part]

    def _check_negatives(self) -> None:
        if self.negatives is Negatives.NONE:
            return
        if self.task is not Task.CTR:
            raise ConfigError(
                f"negatives are {str(self.negatives)!r}, but the task {self.task} has no No samples; "
                "choose task ctr, or leave negatives at none"
            )
        for name in ("max_pool", "max_validation", "max_test"):
            if getattr(self, name) == 1:
                raise ConfigError(f"{name} is 1, which has no room for a Yes and its No; give 2 or more")
