"""What every method's config has, and the options that several share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from goracs_core.errors import ConfigError
from goracs_core.option import NamedOption, option, options_of
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class SelectionConfig:
    """Abstract: the options that every method has. Only its subclasses are used.

    A subclass names its `method`, and its `solver` where the method has several. It adds options of its own, each made
    with `option`, whose range and choices are checked here.
    """

    method: ClassVar[str]
    solver: ClassVar[str]

    budget: int = option(help="Number of samples to choose (k).", label="Budget k (samples)", low=1, within_pool=True)
    lambda_: float = option(
        0.05,
        help="Weight of the gradient term, >= 0; 0 is transport only. GORACS minimizes with it; for other methods it "
        "affects only the reported value.",
        label="λ",
        high=1000.0,
        step=0.05,
        format="%.3f",
        key="lambda",
    )
    seed: int = option(0, help="Seed of all random draws.", label="Seed", high=2**31 - 1)
    label_aware: bool = option(
        False,
        help="Select within each label, with budgets in proportion to the weights of the labels in the validation set.",
        label="Choose within each label",
    )

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "method" in vars(cls) and "solver" not in vars(cls):
            cls.solver = cls.method

    def __post_init__(self) -> None:
        for one in options_of(type(self)):
            one.check(getattr(self, one.name))

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """Scores that must be known before the method can choose; see `goracs_core.jobs.select.scoring`."""
        return ()

    @property
    def idle_options(self) -> tuple[str, ...]:
        """Options that change nothing beside the others as they are."""
        return tuple(
            one.name
            for one in own_options(type(self))
            if one.words.only_with is not None and getattr(self, one.words.only_with[0]) != one.words.only_with[1]
        )

    def check_pool(self, num_pool: int) -> None:
        """Refuse a pool that the method cannot choose from, as far as its size tells.

        Raises:
            ConfigError: An option, like the budget, is larger than the pool.
        """
        for one in options_of(type(self)):
            one.check_pool(getattr(self, one.name), num_pool)

    def check_gradient_norms(self, known: bool) -> None:
        """Insist on gradient norms where the method has a use for them.

        Args:
            known: Whether there are some.

        Raises:
            ConfigError: There are none; the message says what to change.
        """
        if self.lambda_ > 0 and not known:
            raise ConfigError(
                f"lambda is {self.lambda_:g}, but there are no gradient norms; give them with --gradient-norms, or "
                "use transport only with --lambda 0",
                code="no-gradient-norms",
                fields={"option": "lambda"},
            )


COMMON_OPTIONS = tuple(entry.name for entry in fields(SelectionConfig))


def own_options(config: type[SelectionConfig]) -> list[NamedOption]:
    """The options that a config has beyond those of every method, in the order of its fields."""
    return [one for one in options_of(config) if one.name not in COMMON_OPTIONS]


def strata_option() -> int:
    """The number of score bands, for a config that draws by strata."""
    return option(
        50,
        help="Number of score bands of equal width (K); the budget is divided evenly over them.",
        label="Strata",
        low=1,
        high=10_000,
        within_pool=True,
    )


def hard_prune_option() -> float:
    """The share of highest scores that is dropped before a draw by strata."""
    return option(
        0.1,
        help="Share of the samples with the highest scores that is dropped as noise before the draw; fewer are dropped "
        "when the budget needs them.",
        label="Highest dropped (%)",
        high=99.0,
        step=1.0,
        format="%.1f",
        percent=True,
        key="hard_prune",
    )
