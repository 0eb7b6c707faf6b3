"""The form of a proxy experiment: which coresets are trained on, how, how long it will take; one button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from goracs_core.budget import parse_budgets
from goracs_core.data.dataset import Task
from goracs_core.errors import ConfigError, DataError, GoracsError
from goracs_core.jobs.command import command_line
from goracs_core.jobs.experiment.plan import default_spec, experiment_id, planned
from goracs_core.jobs.kinds import EXPERIMENT
from goracs_core.jobs.lists import parse_lambdas
from goracs_core.jobs.sweep.grid import check_grid
from goracs_core.methods import METHODS, CertifiedConfig
from goracs_core.methods.method import Method
from goracs_core.methods.registry import short_name
from pages._ui import blocks, experiment_estimate
from pages._ui import experiment_training as proxy_training
from pages._ui.state import DatasetRef

_LAMBDA = CertifiedConfig.lambda_


def experiment_methods() -> dict[str, Method[Any]]:
    """The methods by the name that an experiment's spec has for them: a solver that is not the default by its own."""
    return {short_name(method): method for method in METHODS.values()}


def form(ref: DatasetRef, *, has_norms: bool, width: int) -> dict[str, Any] | None:
    """The widgets, what they will cost, and the button; the job's spec when it was pressed, else None.

    Args:
        ref: The dataset.
        has_norms: Without gradient norms every λ is 0.
        width: Numbers per embedding.
    """
    spec, told = None, None
    with st.container(border=True):
        try:
            spec = _spec(ref, has_norms)
            plan = planned(spec, Task(ref.task), num_pool=ref.counts["pool"])
            if not ref.counts["test"]:
                raise DataError("this dataset has no test samples to measure a loss on; prepare it with a test share")
            told = experiment_estimate.estimate(ref, plan, experiment_id(spec), width=width)
        except GoracsError as error:
            blocks.error(error)
        with st.container(horizontal=True, vertical_alignment="center"):
            clicked = st.button(
                "Run", type="primary", icon=":material/science:", shortcut="Ctrl+Enter", key="run_proxy",
                disabled=told is None,
            )  # fmt: skip
            if told is not None:
                st.caption(told.sentence, width="stretch")
        if spec is not None and told is not None:
            with st.expander("The same on the command line", icon=":material/terminal:"):
                st.code(command_line(EXPERIMENT, spec), language="bash", wrap_lines=True)
    return spec if clicked and told is not None else None


def _spec(ref: DatasetRef, has_norms: bool) -> dict[str, Any]:
    usual = default_spec("proxy", ref.directory)
    methods = experiment_methods()
    left, middle, right = st.columns([5, 1.4, 1.6])
    chosen = left.multiselect(
        "Methods", list(methods), usual["methods"], key="proxy_methods", bind="query-params",
        format_func=lambda name: "GORACS" if name == "goracs" else methods[name].label,
        help="Ways to choose the coresets. Good ones and bad ones are wanted: where all do alike, nothing can be "
        "learned about what predicts the difference.",
    )  # fmt: skip
    seeds = int(middle.number_input(
        "Seeds", 1, 100, usual["seeds"], key="proxy_seeds", bind="query-params",
        help="Coresets per size of the methods that draw at random, each with a training seed of its own; the others "
        "have one coreset per size. They show how much of a difference is chance.",
    ))  # fmt: skip
    lambda_ = _poo_lambda(right, has_norms)
    first, second, third = st.columns([3, 3, 2], vertical_alignment="bottom")
    lambdas = _goracs_lambdas(first, has_norms, usual["lambdas"])
    budgets = second.text_input(
        "Budgets k (samples)", ", ".join(map(str, _budgets(ref, usual["budgets"]))), key="proxy_budgets",
        bind="query-params",
        help="Sizes of the coresets, or shares of the pool like 2%. Several let you see that size alone moves POO and "
        "loss; at each, five coresets or more are needed for a coefficient.",
    )  # fmt: skip
    whole = third.toggle(
        "Whole pool", False, key="proxy_whole_pool", persist_state="session",
        help=f"Once, on all {ref.counts['pool']:,} samples, as a reference line. It takes as long as many coresets.",
    )  # fmt: skip
    with st.expander("Training and test"):
        trained = proxy_training.training_form(ref)
    if not chosen:
        raise ConfigError("no method is chosen; take at least one, such as random")
    chosen_budgets = parse_budgets(budgets, ref.counts["pool"])
    grid = check_grid(parse_lambdas(lambdas), chosen_budgets, whose="an experiment")
    spec = {**usual, "methods": list(chosen), "lambdas": grid[0], "budgets": grid[1], "seeds": seeds, **trained}
    spec |= {"whole_pool": True} if whole else {}
    return spec | ({} if lambda_ == _LAMBDA else {"lambda_": lambda_})


def _poo_lambda(place: Any, has_norms: bool) -> float:
    if not has_norms:
        place.number_input("λ of POO", 0.0, 0.0, 0.0, disabled=True, key="proxy_lambda_without_norms",
                           help="These features have no gradient norms, so POO is the transport term.")  # fmt: skip
        return 0.0
    return float(place.number_input(
        "λ of POO", 0.0, 1000.0, _LAMBDA, step=0.05, format="%.3f", key="proxy_lambda", bind="query-params",
        help="Of the POO that is compared with test loss, for all coresets alike, however they were chosen. Fix it "
        "beforehand: a λ picked afterwards has seen the test.",
    ))  # fmt: skip


def _goracs_lambdas(place: Any, has_norms: bool, usual: list[float]) -> str:
    if not has_norms:
        place.text_input("λ of GORACS", "0", disabled=True, key="proxy_lambdas_without_norms",
                         help="These features have no gradient norms, so only λ = 0 makes sense.")  # fmt: skip
        return "0"
    return str(place.text_input(
        "λ of GORACS", ", ".join(f"{value:g}" for value in usual), key="proxy_lambdas", bind="query-params",
        help="One GORACS coreset per size for each of these; they differ in both terms, as the check needs it.",
    ))  # fmt: skip


def _budgets(ref: DatasetRef, usual: list[int]) -> list[int]:
    """The usual ones up to half of the pool; of a small pool an eighth, a quarter and a half."""
    pool = ref.counts["pool"]
    fitting = [budget for budget in usual if 2 * budget <= pool]
    return fitting if len(fitting) > 1 else sorted({max(pool // part, 1) for part in (8, 4, 2)})


def options_in_words(options: Mapping[str, Any]) -> str:
    """Trained weights, epochs and batch of an experiment, in few words."""
    lora = f"LoRA r {options['rank']}" if options.get("weights") == "lora" else "all weights"
    rate = options.get("learning_rate")
    return f"{lora}, up to {options.get('epochs', '?')} epochs, batch {options.get('batch', '?')}" + (
        "" if rate is None else f", learning rate {rate:g}"
    )
