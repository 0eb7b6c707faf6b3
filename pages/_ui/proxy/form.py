"""The form of a proxy experiment: which coresets are trained on, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from goracs_core.budget import parse_budgets
from goracs_core.jobs.experiment.plan import default_spec
from goracs_core.jobs.lists import parse_lambdas
from goracs_core.jobs.sweep.grid import check_grid
from goracs_core.methods import CertifiedConfig
from pages._ui import controls, experiment_form, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import LINKED

_LAMBDA = CertifiedConfig.lambda_
_METHODS_HELP = (
    "Methods that select the coresets. Include good and bad ones: if all coresets have a similar loss, no proxy can be "
    "judged."
)
_SEEDS_HELP = (
    "Coresets per size of the methods that draw at random, each with its own training seed; the others have one "
    "coreset per size."
)
_LAMBDA_HELP = (
    "λ of the POO that is compared with test loss, the same for all coresets. Fix it in advance: a λ that is chosen "
    "afterwards is fitted to the test set."
)


def form(ref: DatasetRef, *, has_norms: bool, width: int, folded: bool) -> dict[str, Any] | None:
    """The form; the job's spec when the button was pressed, else None.

    Args:
        ref: The dataset.
        has_norms: Without gradient norms every λ is 0.
        width: Numbers per embedding.
        folded: Whether there are results, before which the form is folded away.
    """
    more = {"key": "run_proxy", "icon": ":material/science:", "width": width, "folded": folded}
    return experiment_form.form(ref, lambda: _spec(ref, has_norms), **more)


def _spec(ref: DatasetRef, has_norms: bool) -> dict[str, Any]:
    usual = default_spec("proxy", ref.directory)
    left, middle, right = st.columns([5, 1.4, 1.6])
    chosen = experiment_form.methods(usual["methods"], key="proxy_methods", help=_METHODS_HELP, place=left)
    more = {"key": "proxy_seeds", "place": middle, "help": _SEEDS_HELP, **LINKED}
    seeds = widgets.whole("Seeds", 1, 100, usual["seeds"], **more)
    lambda_ = widgets.lambda_field(
        has_norms, key="proxy_lambda", help=_LAMBDA_HELP, label="λ of POO", place=right, **LINKED
    )
    first, second, third = st.columns([3, 3, 2], vertical_alignment="bottom")
    lambdas = experiment_form.goracs_lambdas(has_norms, usual["lambdas"], key="proxy_lambdas", place=first)
    sizes = ", ".join(map(str, _budgets(ref, usual["budgets"])))
    budgets = controls.budgets_line(ref, sizes, key="proxy_budgets", place=second)
    whole = experiment_form.whole_pool(ref, False, key="proxy_whole_pool", place=third)
    with st.expander("Training and test"):
        trained = experiment_form.training(ref)
    grid = check_grid(parse_lambdas(lambdas), parse_budgets(budgets, ref.counts["pool"]), whose="an experiment")
    spec = {**usual, "methods": chosen, "lambdas": grid[0], "budgets": grid[1], "seeds": seeds, **trained}
    spec |= {"whole_pool": True} if whole else {}
    return spec | ({} if lambda_ == _LAMBDA else {"lambda_": lambda_})


def _budgets(ref: DatasetRef, usual: list[int]) -> list[int]:
    """The usual ones up to half of the pool; of a small pool an eighth, a quarter and a half."""
    pool = ref.counts["pool"]
    fitting = [budget for budget in usual if 2 * budget <= pool]
    return fitting if len(fitting) > 1 else sorted({max(pool // part, 1) for part in (8, 4, 2)})


def options_in_words(options: Mapping[str, Any]) -> str:
    """Trained weights, epochs, batch and learning rate of an experiment, in few words."""
    lora = f"LoRA r {options['rank']}" if options.get("weights") == "lora" else "all weights"
    rate = options.get("learning_rate")
    told = f"{lora}, up to {options.get('epochs', '?')} epochs, batch size {options.get('batch', '?')}"
    return told if rate is None else f"{told}, learning rate {rate:g}"
