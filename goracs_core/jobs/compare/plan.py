"""The plan of a comparison: arms, budgets and seeds, and the options of methods as they are given.

`compare` and experiments use the same plan; only experiments train on the coresets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from goracs_core.errors import ConfigError
from goracs_core.jobs.sweep.grid import rising_budgets
from goracs_core.methods import METHODS, SelectionConfig, config_from_dict, config_to_dict, find_method, method_names
from goracs_core.methods.config import own_options
from goracs_core.methods.registry import is_default, short_name
from goracs_core.option import NamedOption

MOST_ENTRIES = 1000


@dataclass(frozen=True)
class Arm:
    """One way of selecting.

    Args:
        name: What tables and charts call it; unique in a comparison.
        config: Method and options as plain values, without budget and seed; `{"method": "whole pool"}` for no choice.
        half_life: Days after which a validation sample counts half as much in the selection; None: all alike.
    """

    name: str
    config: Mapping[str, Any]
    half_life: float | None = None

    @property
    def method(self) -> str:
        """The method's name."""
        return str(self.config["method"])

    @property
    def seeded(self) -> bool:
        """Whether another seed may give another coreset."""
        return find_method(self.method, self.config.get("solver")).seeded

    def config_at(self, budget: int, seed: int) -> SelectionConfig:
        """The selection of a budget and a seed; a method that draws nothing at random keeps seed 0."""
        return config_from_dict({**self.config, "budget": budget, "seed": seed if self.seeded else 0})


@dataclass(frozen=True)
class Entry:
    """One coreset of a comparison, selected and perhaps trained on.

    Args:
        arm: Name of its arm.
        budget: Samples.
        seed: Seed of the selection (where it draws at random) and of the training.
        run: Id of its run; "" until it is selected, and for the whole pool.
        training: Id of its training; "" until it is trained.
        values: Numbers by name, as `VALUES` of `goracs_core.jobs.experiment.job` lists them: transport_term,
            gradient_term, select_seconds, test_loss, ... ; those of a step that has not been made are missing.
        refusal: The sentence that says why there is no result; "" when there is, or not yet.
    """

    arm: str
    budget: int
    seed: int
    run: str = ""
    training: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    refusal: str = ""

    @property
    def done(self) -> bool:
        """Whether it was trained and tested."""
        return bool(self.training) and not self.refusal


@dataclass(frozen=True)
class Comparison:
    """Arms at budgets with seeds, checked before any work is done.

    Args:
        arms: In the order of tables.
        budgets: Numbers of samples; kept rising, each once.
        seeds: Seeds 0, 1, ... of each arm that draws at random; the others select once.
        every_seed: Whether the others take part with each seed, too, because something else depends on it.

    Raises:
        ConfigError: No arm, no budget, no seed, an option that a method refuses, or too many entries.
    """

    arms: tuple[Arm, ...]
    budgets: tuple[int, ...]
    seeds: int = 1
    every_seed: bool = False

    def __post_init__(self) -> None:
        if not self.arms:
            raise ConfigError(
                "a comparison needs at least one method; give --methods, like goracs,random", code="no-methods"
            )
        if isinstance(self.seeds, bool) or not isinstance(self.seeds, int) or self.seeds < 1:
            raise ConfigError(
                f"seeds is {self.seeds!r}, but each method selects at least once; give 1 or more",
                code="bad-seeds",
                fields={"seeds": self.seeds},
            )
        object.__setattr__(self, "budgets", tuple(rising_budgets(self.budgets, whose="a comparison")))
        count = len(self.entries)
        if count > MOST_ENTRIES:
            raise ConfigError(
                f"the comparison has {count:,} selections, but at most {MOST_ENTRIES:,} are made; give fewer methods, "
                "budgets or seeds",
                code="too-many-entries",
                fields={"entries": count, "most": MOST_ENTRIES},
            )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """One per arm, budget and seed: all arms at all budgets with one seed before the next seed."""
        return tuple(
            Entry(arm.name, budget, seed)
            for seed in range(self.seeds)
            for budget in self.budgets
            for arm in self.arms
            if seed == 0 or self.every_seed or arm.seeded
        )

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)

    def config(self, entry: Entry) -> SelectionConfig:
        """The selection of an entry."""
        return self.arm(entry.arm).config_at(entry.budget, entry.seed)


@dataclass(frozen=True)
class OverSeeds:
    """A value over the seeds of an arm; everything is NaN where there is none.

    Args:
        mean: Its mean.
        sd: Its standard deviation (n - 1); NaN for a single one.
        low, high: Its range.
    """

    mean: float
    sd: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> OverSeeds:
        """From the values, those left out that are not finite."""
        found = np.array([value for value in values if np.isfinite(value)])
        if not len(found):
            return cls(np.nan, np.nan, np.nan, np.nan)
        sd = float(found.std(ddof=1)) if len(found) > 1 else np.nan
        return cls(float(found.mean()), sd, float(found.min()), float(found.max()))


def compared_names() -> list[str]:
    """What can be compared: every method, then the solvers that are not their method's default."""
    return [*method_names(), *(one.solver for one in METHODS.values() if not is_default(one))]


def arm_config(name: str, options: Mapping[str, Any], **shared: Any) -> dict[str, Any]:
    """The config of an arm as plain values, without budget and seed.

    Args:
        name: One of `compared_names`.
        options: Own options of the method, as `read_options` gives them.
        **shared: Options of every method: lambda_, label_aware.

    Raises:
        ConfigError: No such method, or a value that it refuses.
    """
    config = config_to_dict(_kind(name)(budget=1, **{**shared, **options}))
    return {key: value for key, value in config.items() if key not in ("budget", "seed")}


def read_options(names: Sequence[str], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Own options of each method.

    Args:
        names: The methods that are compared, from `compared_names`.
        given: Values, also as text, by name: "strata" counts for each method that has such an option, "ccs.strata" for
            one method and before the other.

    Raises:
        ConfigError: No such method, an option that none of them has, or a value of another type.
    """
    known = {name: {one.name: one for one in own_options(_kind(name))} for name in names}
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in sorted(given.items(), key=lambda entry: "." in entry[0]):
        method, _, option = key.rpartition(".")
        option = option.replace("-", "_")
        takers = [name for name in names if method in ("", name) and option in known[name]]
        if not takers:
            raise ConfigError(
                f"no method that is compared has an option {key!r}; `methods NAME` shows the options of a method",
                code="unknown-option",
                fields={"option": key, "methods": list(names)},
            )
        for name in takers:
            found[name][option] = _read(key, str(value), known[name][option])
    return found


def _kind(name: str) -> type[SelectionConfig]:
    for one in METHODS.values():
        if name == short_name(one):
            return one.config
    known = compared_names()
    raise ConfigError(
        f"there is no method {name!r} to compare; there are {', '.join(known)}",
        code="unknown-method",
        fields={"method": name, "known": known},
    )


def _read(key: str, text: str, option: NamedOption) -> Any:
    """A value as the type of the option's default."""
    kind = type(option.default)
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        choices = ", ".join(map(str, option.words.choices))
        what = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, f"one of {choices}")
        raise ConfigError(
            f"the option {key} is {text!r}, but it must be {what}",
            code="bad-option",
            fields={"option": key, "value": text},
        ) from error
