"""What every method's config has, and the checks that several share."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import ClassVar

from goracs_core.errors import ConfigError
from goracs_core.methods.option import NamedOption, option, options_of
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class SelectionConfig:
    """Abstract: the options that every method has. Only its subclasses are used.

    A subclass names its `method` and `solver` and adds options of its own, each made with `option`.
    """

    method: ClassVar[str]
    solver: ClassVar[str]

    budget: int = option(help="Number of samples to choose (k).", label="Budget k (samples)", low=1)
    lambda_: float = option(
        0.05,
        help="Weight of the gradient term, >= 0; 0 is pure transport. GORACS chooses by it; for every other method it "
        "only enters the value that is reported.",
        label="λ",
        high=1000.0,
        step=0.05,
        format="%.3f",
        key="lambda",
    )
    seed: int = option(0, help="Seed of everything random in the choice.", label="Seed", high=2**31 - 1)
    label_aware: bool = option(
        False,
        help="Choose within each label, with budgets in proportion to the labels of the validation.",
        label="Choose within each label",
    )

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise ConfigError(
                f"budget is {self.budget}, but a coreset has at least 1 sample; give a budget of 1 or more"
            )
        if not math.isfinite(self.lambda_) or self.lambda_ < 0:
            raise ConfigError(
                f"lambda is {self.lambda_}, but it weighs the gradient term and must be a finite number >= 0"
            )
        if self.seed < 0:
            raise ConfigError(f"seed is {self.seed}, but it must be a whole number >= 0")

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
            ConfigError: The budget is larger than the pool.
        """
        if self.budget > num_pool:
            raise ConfigError(
                f"the budget is {self.budget}, but the pool has only {num_pool} samples; "
                f"give a budget of at most {num_pool}"
            )

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
                "use transport only with --lambda 0"
            )


COMMON_OPTIONS = tuple(entry.name for entry in fields(SelectionConfig))


def own_options(config: type[SelectionConfig]) -> list[NamedOption]:
    """The options that a config has beyond those of every method, in the order of its fields."""
    return [one for one in options_of(config) if one.name not in COMMON_OPTIONS]


def strata_option() -> int:
    """The number of score bands, for a config that draws by strata; see `check_strata`."""
    return option(
        50,
        help="Bands of equal width that the score is cut into (K); the budget is spent evenly over them.",
        label="Strata",
        low=1,
        high=10_000,
    )


def hard_prune_option() -> float:
    """The share of highest scores that is dropped before a draw by strata; see `check_hard_prune`."""
    return option(
        0.1,
        help="Share of the samples with the highest scores that is left out as noise before the draw; less where the "
        "budget needs them.",
        label="Highest dropped (%)",
        high=99.0,
        step=1.0,
        format="%.1f",
        percent=True,
        key="hard_prune",
    )


def check_hard_prune(fraction: float) -> None:
    """Insist on a share of samples to drop.

    Raises:
        ConfigError: Not between 0 and 1.
    """
    if not 0 <= fraction < 1:
        raise ConfigError(f"hard_prune_fraction is {fraction}, but it is a share; give 0 or more and less than 1")


def check_strata(strata: int, num_pool: int | None = None) -> None:
    """Insist on at least one stratum, and on a sample for each where the size of the pool is known.

    Raises:
        ConfigError: Fewer strata, or fewer samples than strata.
    """
    if strata < 1:
        raise ConfigError(f"strata is {strata}, but scores are cut into at least 1 stratum; give --strata 1 or more")
    if num_pool is not None and strata > num_pool:
        raise ConfigError(
            f"the scores of a pool of {num_pool} samples cannot be cut into {strata} strata; "
            f"give --strata {num_pool} or fewer"
        )
