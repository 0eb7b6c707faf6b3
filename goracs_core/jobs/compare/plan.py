"""Several methods on the same problem: one run per method, budget and seed, each kept as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from goracs_core.errors import ConfigError, GoracsError
from goracs_core.methods import METHODS, SelectionConfig, config_to_dict, method_names, method_of, own_options
from goracs_core.methods.registry import is_default, short_name
from goracs_core.progress import Progress, silent
from goracs_core.workspace import Workspace

MOST_ATTEMPTS = 1000


@dataclass(frozen=True)
class Comparison:
    """What is compared with what.

    Args:
        methods: Names of methods, or of a solver that is not its method's default; the order of the table.
        budgets: Numbers of samples to choose.
        seeds: Seeds 0, 1, ... of each method that draws at random; the others choose once.
        lambda_: Weight of the gradient term for all of them; the default of the configs where None.
        label_aware: Whether all of them choose within each label. Never some of them: their values would not compare.
        options: Own options of some methods: a value counts for each compared method that has such an option. A name
            like "ccs.strata" counts for one method only.
    """

    methods: tuple[str, ...]
    budgets: tuple[int, ...]
    seeds: int = 3
    lambda_: float | None = None
    label_aware: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """One selection of a comparison.

    Args:
        name: The method as it was asked for.
        config: Its options.
    """

    name: str
    config: SelectionConfig


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt.

    Args:
        attempt: Which one.
        run: The run's id; "" when the method refused.
        reused: Whether the run was there already.
        refusal: The sentence that says why there is none; "" when there is.
    """

    attempt: Attempt
    run: str = ""
    reused: bool = False
    refusal: str = ""


def plan(comparison: Comparison) -> list[Attempt]:
    """All selections of a comparison: method after method, budgets rising, then seeds.

    Raises:
        ConfigError: An unknown method or option, a value that is not allowed, or too many selections.
    """
    kinds = [_kind(name) for name in dict.fromkeys(comparison.methods)]
    budgets = sorted(set(comparison.budgets))
    if not kinds or not budgets:
        raise ConfigError("a comparison needs at least one method and one budget; give --methods and --budgets")
    if comparison.seeds < 1:
        raise ConfigError(f"seeds is {comparison.seeds}, but each method chooses at least once; give 1 or more")
    own = _own_options(kinds, comparison.options)
    shared: dict[str, Any] = {"label_aware": comparison.label_aware}
    if comparison.lambda_ is not None:
        shared["lambda_"] = comparison.lambda_
    attempts: list[Attempt] = []
    for name, kind in zip(dict.fromkeys(comparison.methods), kinds, strict=True):
        for budget in budgets:
            for seed in range(comparison.seeds if method_of(kind).seeded else 1):
                values = {"budget": budget, "seed": seed, **shared, **own[kind]}
                config = kind(**values)  # refuses what is not allowed before any work is done
                attempts.append(Attempt(name, config))
    if len(attempts) > MOST_ATTEMPTS:
        raise ConfigError(
            f"the comparison has {len(attempts):,} selections, but at most {MOST_ATTEMPTS:,} are made; take fewer "
            "methods, budgets or seeds"
        )
    return attempts


def compare(
    attempts: Sequence[Attempt], spec: Mapping[str, Any], workspace: Workspace, progress: Progress = silent
) -> Iterator[Outcome]:
    """Make the selections one after the other and yield what became of each; finished runs are reused.

    A method that refuses yields its sentence and the others go on. What was selected before a stop is kept.

    Args:
        attempts: From `plan`.
        spec: What to choose from, as for a select job; `fresh` selects again.
        workspace: Where the runs are kept.
        progress: Told which selection it is; may raise JobCancelled.
    """
    from goracs_core.jobs.select.job import select_job
    from goracs_core.jobs.select.kind import SelectSpec

    for place, attempt in enumerate(attempts, start=1):
        config = attempt.config
        seed = f" seed {config.seed}" if method_of(config).seeded else ""
        where = f"{attempt.name} {config.budget:,}{seed}"
        part = progress.within(where, stage="comparing", done=place - 1, of=len(attempts))
        unused = () if config.needed_scores else ("scores",)  # given scores are for the methods that rank by some

        try:
            inputs = {name: value for name, value in spec.items() if name not in unused}
            result = select_job(SelectSpec.from_dict({**inputs, "config": config_to_dict(config)}), workspace, part)
        except GoracsError as error:
            yield Outcome(attempt, refusal=str(error))
        else:
            yield Outcome(attempt, result["run"], result["reused"])


def compared_names() -> list[str]:
    """What `Comparison.methods` may hold: every method, then the solvers that are not their method's default."""
    return [*method_names(), *(one.solver for one in METHODS.values() if not is_default(one))]


def _kind(name: str) -> type[SelectionConfig]:
    for one in METHODS.values():
        if name == short_name(one):
            return one.config
    raise ConfigError(f"there is no method {name!r} to compare; there are {', '.join(compared_names())}")


def _own_options(
    kinds: Sequence[type[SelectionConfig]], given: Mapping[str, str]
) -> dict[type[SelectionConfig], dict[str, Any]]:
    """The options of each config, read as the type of their default."""
    own: dict[type[SelectionConfig], dict[str, Any]] = {kind: {} for kind in kinds}
    # General ones first, so that one for a method alone wins whatever the order.
    for name, text in sorted(given.items(), key=lambda entry: "." in entry[0]):
        method, _, option = name.rpartition(".")
        option = option.replace("-", "_")
        wanted = [_kind(method)] if method else kinds
        takers = [kind for kind in wanted if kind in own and option in _options_of(kind)]
        if not takers:
            raise ConfigError(
                f"no method that is compared has an option {name!r}; "
                "`methods NAME` shows the options of a method"
            )  # fmt: skip
        for kind in takers:
            own[kind][option] = _read(name, text, _options_of(kind)[option])
    return own


def _options_of(kind: type[SelectionConfig]) -> dict[str, Any]:
    """Own options with their defaults."""
    return {one.name: one.default for one in own_options(kind)}


def _read(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise ConfigError(f"the option {name} is {text!r}, but it must be true or false")
        return text.lower() == "true"
    try:
        return type(default)(text)
    except ValueError as error:
        what = "a whole number" if isinstance(default, int) else "a number"
        raise ConfigError(f"the option {name} is {text!r}, but it must be {what}") from error
