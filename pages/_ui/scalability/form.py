"""What is to be measured: solver, budget, sample sizes; and what measuring will cost, told before it starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.errors import ConfigError, GoracsError
from goracs_core.evaluation.scaling import extrapolate
from goracs_core.jobs.memory import available_bytes
from goracs_core.jobs.scalability.sizes import MeasuredConfig, check_sizes, default_sizes
from goracs_core.jobs.scalability.store import Scalability, proportional_budget
from goracs_core.methods import CertifiedConfig, ItraConfig, config_to_dict
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes, selection_seconds
from pages._ui import blocks, controls, text
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.features.value import Features

_SOLVERS = {CertifiedConfig.solver: "Certified", ItraConfig.solver: "ITRA"}
_SAME, _PROPORTIONAL = "Fixed", "Proportional"
_DEFAULT_LAMBDA = 0.05
_START_SECONDS, _TRAINING_SECONDS = 4.0, 15.0


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
        if ref.task == "ctr":  # chosen within each label, as Select / Run does unless told otherwise
            config["label_aware"] = True
        return {
            "dataset": str(ref.directory), "config": config, "sizes": list(self.sizes), "repeats": self.repeats,
            "proportional": self.proportional,
        }  # fmt: skip

    def config_at(self, size: int, num_pool: int) -> MeasuredConfig:
        """What runs on a sample of this size."""
        budget = self.config.budget
        budget = proportional_budget(budget, size, num_pool) if self.proportional else budget
        return type(self.config)(budget=budget, lambda_=self.config.lambda_)


def form(ref: DatasetRef, features: Features, earlier: tuple[Scalability, ...]) -> Asked | None:
    """The options, their cost and the button; what was asked for when the button was pressed, else None."""
    asked = None
    with st.container(border=True):
        try:
            asked = _options(ref, features)
        except GoracsError as error:
            blocks.error(error)
        fits = False
        with st.container(horizontal=True, vertical_alignment="center"):
            place = st.empty()
            if asked is not None:
                fits = _cost(ref, features, asked, earlier)
        clicked = place.button(
            "Measure", type="primary", icon=":material/timer:", shortcut="Ctrl+Enter", key="measure", disabled=not fits,
            help="Do not use the machine for other work during the measurement, because this would affect the times.",
        )  # fmt: skip
    return asked if clicked else None


def _options(ref: DatasetRef, features: Features) -> Asked:
    n, keep = ref.counts["pool"], {"persist_state": "session"}
    keep_any: dict[str, Any] = keep
    first, second, third, fourth = st.columns([3, 2, 2, 3])
    solver = first.segmented_control(
        "Solver", list(_SOLVERS), default=CertifiedConfig.solver, required=True, key="scale_solver", **keep_any,
        format_func=lambda name: _SOLVERS[name],
        help="**Certified**: with a proven gap. **ITRA**: as published. Other options have their default values.",
    )  # fmt: skip
    budget = int(second.number_input(
        "Budget k (samples)", 1, None, controls.default_budget(n), key="scale_budget", **keep_any,
        help="Number of samples to select from the whole pool.",
    ))  # fmt: skip
    lambda_ = 0.0
    if features.gradient_norms is None:
        third.number_input("λ", 0.0, 0.0, 0.0, disabled=True, key="scale_lambda_none",
                           help="These features have no gradient norms, so only λ = 0 is available.")  # fmt: skip
    else:
        lambda_ = float(third.number_input("λ", 0.0, 1000.0, _DEFAULT_LAMBDA, step=0.05, format="%.3f",
                                           key="scale_lambda", help=blocks.LAMBDA_HELP, **keep_any))  # fmt: skip
    rule = fourth.segmented_control(
        "Budget of smaller samples", [_SAME, _PROPORTIONAL], default=_SAME, required=True, key="scale_rule", **keep_any,
        help=
            "**Fixed**: k samples for every pool size, for a given training budget.  \n**Proportional**: the same "
            "share of the pool for every size; exact transport problems then grow as well, and the time grows faster.",
    )  # fmt: skip
    proportional = rule == _PROPORTIONAL
    if budget >= n:
        raise ConfigError(f"the budget is {budget:,}, but the pool has only {n:,} samples; choose less than {n:,}")
    left, right = st.columns([5, 2])
    typed = left.text_input(
        "Sample sizes", key="scale_sizes", placeholder=_usual(n, budget, proportional), **keep_any,
        help=
            f"Three or more numbers of pool samples, at most {n:,}, separated by spaces. If empty, a geometric "
            "sequence up to the whole pool is used. Each sample preserves the shares of the popularity deciles; all "
            "validation samples are used.",
    )  # fmt: skip
    repeats = int(right.number_input(
        "Runs per size", 1, 20, 2, key="scale_repeats", **keep_any,
        help="Each run uses its own sample and seed. More runs give narrower intervals.",
    ))  # fmt: skip
    sizes = parse_sizes(typed or "") or default_sizes(n, budget, proportional=proportional)
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


def _cost(ref: DatasetRef, features: Features, asked: Asked, earlier: tuple[Scalability, ...]) -> bool:
    """Say time and memory; whether the memory is there."""
    n, m, width = ref.counts["pool"], ref.counts["validation"], int(features.pool.values.shape[1])
    runs = [asked.sizes[0], *[size for size in asked.sizes for _ in range(asked.repeats)]]
    seconds, basis = _from_earlier(runs, asked, earlier)
    if not basis:
        seconds = sum(selection_seconds(asked.config_at(size, n), Sizes(size, m, width)) for size in runs)
        basis = "a rough estimate from the sizes"
    memory = selection_bytes(asked.config, Sizes(asked.sizes[-1], m, width))
    free = available_bytes()
    known = "" if free is None else f" of {text.memory(free)} available"
    st.caption(
        f"{len(runs) - 1} runs and one warm-up run, then a few training steps: about "
        f"{text.duration(_START_SECONDS + seconds + _TRAINING_SECONDS)} ({basis}) and {text.memory(memory)}{known} "
        "memory.",
        width="stretch",
    )
    fits = free is None or memory <= free
    if not fits:
        st.warning(
            "The largest sample needs more memory than is available. Use smaller sizes, or close other programs.",
            icon=":material/memory:",
        )
    return fits


def _from_earlier(runs: list[int], asked: Asked, earlier: tuple[Scalability, ...]) -> tuple[float, str]:
    for record in earlier:
        same = record.config.get("solver") == asked.config.solver and record.proportional == asked.proportional
        if not same or record.config.get("budget") != asked.config.budget:
            continue
        try:
            fit = extrapolate(record.times, powers=record.powers).total
        except GoracsError:  # it was cancelled early
            continue
        return float(fit.predict(runs).expected.sum()), "as in the last measurement"
    return 0.0, ""
