"""The form of a measurement: solver, budget and sample sizes, and what the measurement will take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.errors import ConfigError, GoracsError
from goracs_core.jobs.scalability.estimate import ScalabilityEstimate, estimate_scalability
from goracs_core.jobs.scalability.sizes import MeasuredConfig, check_sizes, default_sizes
from goracs_core.jobs.scalability.store import Scalability
from goracs_core.methods import CertifiedConfig, ItraConfig, config_to_dict
from goracs_core.methods.cost import Sizes
from pages._ui import blocks, controls, guard, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.features.value import Features

_SOLVERS = {CertifiedConfig.solver: "Certified", ItraConfig.solver: "ITRA"}
_SAME, _PROPORTIONAL = "Fixed", "Proportional"
_SOLVER_HELP = "**Certified**: with a proven gap. **ITRA**: as published. Other options have their default values."
_RULE_HELP = (
    "**Fixed**: k samples for every pool size, for a given training budget.  \n**Proportional**: the same share of the "
    "pool for every size; exact transport problems then grow as well, and the time grows faster."
)


@dataclass(frozen=True)
class Asked:
    """A filled-in form.

    Args:
        config: What to run, with the budget of the whole pool.
        sizes: Sample sizes.
        repeats: Runs per size.
        proportional: Whether smaller samples get a smaller budget.
    """

    config: MeasuredConfig
    sizes: tuple[int, ...]
    repeats: int
    proportional: bool

    def spec(self, ref: DatasetRef) -> dict[str, Any]:
        """The job's spec."""
        config = config_to_dict(self.config)
        if ref.task == "ctr":  # chosen within each label, as Select / Run does by default
            config["label_aware"] = True
        spec: dict[str, Any] = {"dataset": str(ref.directory), "config": config, "sizes": list(self.sizes)}
        return spec | {"repeats": self.repeats, "proportional": self.proportional}


@dataclass(frozen=True)
class Filled:
    """The form as it stands.

    Args:
        asked: What it asks for; None for options that do not do.
        clicked: Whether the button was pressed.
    """

    asked: Asked | None
    clicked: bool


def form(ref: DatasetRef, features: Features, earlier: tuple[Scalability, ...]) -> Filled:
    """The options, their cost and the button.

    Args:
        ref: The dataset.
        features: Its features.
        earlier: Measurements of this machine on them, for the estimate.
    """
    asked = None
    try:
        asked = _options(ref, features)
    except GoracsError as error:
        guard.error(error)
    told = None if asked is None else _estimate(ref, features, asked, earlier)
    sentence, fits = ("", False) if told is None else (told.sentence, told.fits)
    help_ = "Do not use the machine for other work during the measurement, because this affects the times."
    clicked = widgets.start("Measure", sentence, key="measure", icon=":material/timer:", disabled=not fits, help=help_)
    widgets.memory_warning(asked is None or fits, "Use smaller sample sizes, or close other programs.")
    return Filled(asked, clicked)


def _options(ref: DatasetRef, features: Features) -> Asked:
    n = ref.counts["pool"]
    first, second, third, fourth = st.columns([3, 2, 2, 3])
    more = {"place": first, "format_func": _SOLVERS.get, "help": _SOLVER_HELP, **KEPT}
    solver = widgets.choice("Solver", _SOLVERS, key="scale_solver", **more)
    more = {"place": second, "help": "Number of samples to select from the whole pool.", **KEPT}
    budget = widgets.whole("Budget k (samples)", 1, None, controls.default_budget(n), key="scale_budget", **more)
    has_norms = features.gradient_norms is not None
    lambda_ = widgets.lambda_field(has_norms, key="scale_lambda", help=blocks.LAMBDA_HELP, place=third, **KEPT)
    more = {"place": fourth, "help": _RULE_HELP, **KEPT}
    proportional = (
        widgets.choice("Budget of smaller samples", [_SAME, _PROPORTIONAL], key="scale_rule", **more) == _PROPORTIONAL
    )
    if budget >= n:
        raise ConfigError(f"the budget is {budget:,}, but the pool has only {n:,} samples; choose less than {n:,}")
    left, right = st.columns([5, 2])
    help_ = (
        f"Three or more numbers of pool samples, at most {n:,}, separated by spaces. If empty, a geometric sequence up "
        "to the whole pool is used. Each sample preserves the shares of the popularity deciles; all validation samples "
        "are used."
    )
    usual = _usual(n, budget, proportional)
    typed = widgets.line("Sample sizes", key="scale_sizes", place=left, placeholder=usual, help=help_, **KEPT)
    more = {"place": right, "help": "Each run uses its own sample and seed. More runs give narrower intervals.", **KEPT}
    repeats = widgets.whole("Runs per size", 1, 20, 2, key="scale_repeats", **more)
    sizes = parse_sizes(typed) or default_sizes(n, budget, proportional=proportional)
    kind = ItraConfig if solver == ItraConfig.solver else CertifiedConfig
    sizes = check_sizes(sizes, n, budget, proportional=proportional)
    return Asked(kind(budget=budget, lambda_=lambda_), sizes, repeats, proportional)


def _usual(num_pool: int, budget: int, proportional: bool) -> str:
    try:
        return "  ".join(str(size) for size in default_sizes(num_pool, budget, proportional=proportional))
    except ConfigError:
        return ""


def parse_sizes(typed: str) -> tuple[int, ...]:
    """Whole numbers from a line of text: "500 1,000; 2000" is three sizes.

    Raises:
        ConfigError: A word that is no whole number.
    """
    sizes = []
    # A comma before three digits belongs to the number, any other one stands between numbers.
    for word in re.split(r"[\s;]+|,(?!\d{3}(?!\d))", typed.strip()):
        digits = word.replace(",", "").replace("_", "")
        if not digits:
            continue
        if not digits.isdecimal() or len(digits) > 12:
            raise ConfigError(
                f"{word[:20]!r} is not a sample size; give whole numbers separated by spaces, such as 500 1000 2000"
            )
        sizes.append(int(digits))
    return tuple(sizes)


def _estimate(
    ref: DatasetRef, features: Features, asked: Asked, earlier: tuple[Scalability, ...]
) -> ScalabilityEstimate:
    whole = Sizes(ref.counts["pool"], ref.counts["validation"], int(features.pool.values.shape[1]))
    more = {"proportional": asked.proportional, "earlier": earlier}
    return estimate_scalability(asked.config, asked.sizes, asked.repeats, whole, **more)
