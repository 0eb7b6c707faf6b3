"""What every method's config has, and the checks that several share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from goracs_core.errors import ConfigError
from goracs_core.scores import ScoreKind


@dataclass(frozen=True)
class MethodConfig:
    """Abstract: the options that every method has. Only its subclasses are used.

    Args:
        budget: Number of samples to choose (k).
        lambda_: Weight of the gradient term, >= 0; 0 is pure transport. GORACS chooses by it; for every other method it
            only enters the value that is reported.
        seed: Seed of everything random in the choice.
        label_aware: Select within each label, budgets proportional to the validation's label shares.
    """

    method: ClassVar[str]
    solver: ClassVar[str]
    summary: ClassVar[str]  # one line for a list of methods
    reference: ClassVar[str]  # where it was published
    seeded: ClassVar[bool] = False  # whether another seed gives another coreset

    budget: int
    lambda_: float = 0.05
    seed: int = 0
    label_aware: bool = False

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
        return ()

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


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Insist on one of a few names.

    Raises:
        ConfigError: Another one.
    """
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}, but it must be one of {', '.join(allowed)}")
