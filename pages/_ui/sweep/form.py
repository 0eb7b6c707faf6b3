"""The form of a sweep: which λ, which budgets, how long it will take; its values live in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from goracs_core.budget import parse_budgets
from goracs_core.errors import GoracsError
from goracs_core.jobs.inputs import has_times
from goracs_core.jobs.lists import parse_lambdas
from goracs_core.jobs.sweep.estimate import SweepEstimate, estimate_sweep, solved_points
from goracs_core.jobs.sweep.grid import check_budgets, check_grid
from goracs_core.methods import CertifiedConfig, own_options
from goracs_core.methods.cost import Sizes
from pages._ui import blocks, cache, controls, guard, method_options, state, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import LINKED

PRESETS = {
    "Around 0.05": "0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2",
    "0 to 1": "0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1",
}
_OPTIONS = {one.name: one for one in own_options(CertifiedConfig)}


@dataclass(frozen=True)
class Asked:
    """What the form asks for.

    Args:
        spec: The job's spec.
        estimate: Time and memory.
    """

    spec: Mapping[str, Any]
    estimate: SweepEstimate


def form(ref: DatasetRef, *, has_norms: bool, width: int) -> Asked | None:
    """The widgets, and what they ask for; None when it cannot be done, which is said then.

    Args:
        ref: The dataset.
        has_norms: Without gradient norms λ stays 0.
        width: Numbers per embedding.
    """
    num_pool = ref.counts["pool"]
    left, middle, right = st.columns([6, 4, 3])
    with left:
        lambdas = _lambdas(has_norms)
    default = str(controls.default_budget(num_pool))
    budgets = controls.budgets_line(ref, default, key="sweep_budgets", place=middle)
    gap = method_options.widget(_OPTIONS["gap"], place=right, prefix="sweep_")
    options, half_life = _advanced(ref.task == "ctr", has_times=has_times(cache.dataset(ref)))
    try:
        grid = check_grid(parse_lambdas(lambdas), parse_budgets(budgets, num_pool))
        check_budgets(grid[1], num_pool)
    except GoracsError as error:
        guard.error(error)
        return None
    config = {"gap": gap, **options}
    spec = {"dataset": str(ref.directory), "config": config, "lambdas": grid[0], "budgets": grid[1]}
    if half_life is not None:
        spec["half_life"] = half_life
    runs, sizes = cache.runs(ref.fingerprint), Sizes(num_pool, ref.counts["validation"], width)
    there = solved_points(state.workspace(), spec, runs)
    return Asked(spec, estimate_sweep(*grid, sizes, label_aware=options["label_aware"], runs=runs, there=there))


def _lambdas(has_norms: bool) -> str:
    def fill_in() -> None:
        if st.session_state["sweep_preset"]:
            st.session_state["sweep_lambdas"] = PRESETS[st.session_state["sweep_preset"]]

    def own() -> None:
        st.session_state["sweep_preset"] = None

    default, help_ = PRESETS["Around 0.05"], f"{blocks.LAMBDA_HELP}\n\nA list such as 0, 0.05, 0.1."
    given = widgets.lambdas_field("λ values", has_norms, default, key="sweep_lambdas", on_change=own, help=help_)
    if has_norms:
        help_ = "Inserts a list of λ values, which you can edit."
        more = {"key": "sweep_preset", "on_change": fill_in, "label_visibility": "collapsed", "help": help_}
        st.segmented_control("Fill in", list(PRESETS), **more)
    return given


def _advanced(has_labels: bool, *, has_times: bool) -> tuple[dict[str, Any], float | None]:
    """Options of the solver, and the half-life of validation weights in days, None for equal weights."""
    help_ = "Seed of the initial sample of rows used to price a large pool."
    with st.expander("Advanced options"):
        left, right = st.columns(2)
        rounds = method_options.widget(_OPTIONS["max_rounds"], place=left, prefix="sweep_")
        seed = widgets.whole("Seed", 0, 2**31 - 1, 0, key="sweep_seed", place=right, help=help_, **LINKED)
        label_aware = has_labels and controls.label_toggle(True, prefix="sweep_")
        days = controls.half_life(has_times, key="sweep_half_life", place=left)
    return {"max_rounds": rounds, "seed": seed, "label_aware": label_aware}, days
