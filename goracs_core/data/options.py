"""How a source becomes a dataset: every choice in one frozen value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from goracs_core.checks import bad_option, check_choice, check_known, check_number
from goracs_core.data.dataset import Split, Task
from goracs_core.data.splits import SplitMethod, check_shares
from goracs_core.option import option, options_of

PARTS = (Split.POOL, Split.VALIDATION, Split.TEST)
DEFAULT_K_CORE = 5
_WHOLE = ("k_core", "max_history", "min_history", "max_pool", "max_validation", "max_test", "seed")


class Negatives(StrEnum):
    """Where the No samples of click prediction come from.

    none: from ratings. uniform: for every Yes one item, drawn uniformly from those that its user never touched.
    popular: the same, drawn in proportion to the items' training interactions.
    """

    NONE = "none"
    UNIFORM = "uniform"
    POPULAR = "popular"


_TASKS = {Task.SEQREC: "Next title (SeqRec)", Task.CTR: "Click: yes or no (CTR)"}
_SPLITS = {
    SplitMethod.AUTO: "Detect automatically",
    SplitMethod.GLOBAL_TIME: "By time, one split point for all users",
    SplitMethod.PER_USER_LAST: "Last interactions of each user",
    SplitMethod.GIVEN: "As provided by the source",
    SplitMethod.SHUFFLE: "Shuffled (instruction files)",
    SplitMethod.ORDER: "In file order (instruction files)",
}
_NEGATIVES = {
    Negatives.NONE: "None, use ratings",
    Negatives.UNIFORM: "Uniformly sampled items",
    Negatives.POPULAR: "Sampled by popularity",
}


def _limit(part: Split, *, low: int = 1) -> int | None:
    words = f"Maximum number of {part} samples; of more, some are drawn by popularity decile (or by label)."
    return option(
        None, help=words, label=f"Maximum {part} samples", low=low, high=1e9, unset="all", advanced=False, metavar="N"
    )


@dataclass(frozen=True)
class PrepareOptions:
    """How a source becomes a dataset; the fields say what each option does.

    Of `rating_threshold` and `negatives` only click prediction makes use, of the shares only a split that is not given.
    """

    task: Task = option(
        Task.SEQREC,
        help="What the recommender predicts: the next title (seqrec), or whether a title will be liked (ctr).",
        label="Task",
        choices=_TASKS,
        advanced=False,
    )
    k_core: int | None = option(
        None,
        help="Minimum number of interactions of every user and item that is kept; 1 keeps all.",
        label="k-core",
        low=1,
        high=1000,
        unset="5; 1 with a given split",
        metavar="K",
    )
    max_history: int = option(
        10, help="Maximum number of previous items in a prompt.", label="Maximum history", low=1, high=200, metavar="N"
    )
    min_history: int = option(
        1, help="Samples with fewer previous items are excluded.", label="Minimum history", high=200, metavar="N"
    )
    split: SplitMethod = option(
        SplitMethod.AUTO,
        help="How pool, validation and test come about; shuffle and order are for instruction files.",
        label="Split",
        choices=_SPLITS,
    )
    validation_share: float = option(
        0.1,
        help="Share of the samples for validation (of each user's sequence with per-user-last).",
        label="Validation share",
        low=0.001,
        high=0.9,
        step=0.05,
        format="%.3f",
        metavar="X",
    )
    test_share: float = option(
        0.1,
        help="Share of the samples for test (of each user's sequence with per-user-last).",
        label="Test share",
        high=0.9,
        step=0.05,
        format="%.3f",
        metavar="X",
    )
    rating_threshold: float = option(
        3.0,
        help="Click prediction: ratings above this value count as Yes.",
        label="Liked above rating",
        low=-1e6,
        step=0.5,
        format="%.2f",
        metavar="R",
    )
    negatives: Negatives = option(
        Negatives.NONE,
        help="Click prediction without ratings: every interaction counts as Yes, and for each one a No is sampled from "
        "the items that the user never interacted with.",
        label="Negative sampling",
        choices=_NEGATIVES,
    )
    max_pool: int | None = _limit(Split.POOL)
    max_validation: int | None = _limit(Split.VALIDATION)
    max_test: int | None = _limit(Split.TEST, low=0)
    seed: int = option(
        0, help="Random seed of sampling and shuffling.", label="Seed", high=2**31 - 1, advanced=False, metavar="S"
    )
    name: str | None = option(
        None, help="Name under which the dataset is listed.", label="Name", unset="from the source", advanced=False
    )
    domain: str | None = option(
        None,
        help='Plural noun used in prompts, such as "video games".',
        label="Word for items",
        unset="from the source",
        advanced=False,
    )

    def __post_init__(self) -> None:
        for name, kind in (("task", Task), ("split", SplitMethod), ("negatives", Negatives)):
            check_choice(name, getattr(self, name), [str(one) for one in kind])
            object.__setattr__(self, name, kind(getattr(self, name)))
        for one in options_of(PrepareOptions):
            if one.name in _WHOLE:
                one.check(getattr(self, one.name))
        if self.min_history > self.max_history:
            message = (
                f"min_history is {self.min_history}, but no history is longer than max_history, {self.max_history}"
            )
            raise bad_option("min_history", self.min_history, message, max_history=self.max_history)
        check_number("rating_threshold", self.rating_threshold, least=-math.inf)
        check_shares(self.validation_share, self.test_share)
        self._check_negatives()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PrepareOptions:
        """The inverse of `to_dict`; options that are not given keep their defaults.

        Raises:
            ConfigError: An unknown option or a value that is not allowed.
        """
        check_known(values, [field.name for field in fields(cls)], "preparing a dataset")
        return cls(**values)

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
            message = (
                f"negatives are {str(self.negatives)!r}, but the task {self.task} has no No samples; "
                "choose task ctr, or leave negatives at none"
            )
            raise bad_option("negatives", str(self.negatives), message, task=str(self.task))
        for name in ("max_pool", "max_validation", "max_test"):
            if getattr(self, name) == 1:
                raise bad_option(name, 1, f"{name} is 1, which has no room for a Yes and its No; give 2 or more")
