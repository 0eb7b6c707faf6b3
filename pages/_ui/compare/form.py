"""The form of a comparison: which methods, budgets and seeds, and what is trained."""

from __future__ import annotations

from typing import Any

import streamlit as st

from goracs_core.budget import parse_budgets
from goracs_core.errors import DataError
from goracs_core.jobs.experiment.kinds import KINDS, kinds_of_page
from goracs_core.jobs.experiment.plan import default_spec
from goracs_core.jobs.lists import parse_half_lives, parse_lambdas
from goracs_core.llm.tuning.options import MeasureOptions
from goracs_core.methods import CertifiedConfig
from pages._ui import cache, controls, experiment_form, routes, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT, LINKED

_LAMBDA = CertifiedConfig.lambda_


def form(ref: DatasetRef, *, has_norms: bool, width: int, folded: bool) -> dict[str, Any] | None:
    """The form; the job's spec when the button was pressed, else None.

    Args:
        ref: The dataset.
        has_norms: Without gradient norms every λ is 0.
        width: Numbers per embedding.
        folded: Whether there are results, before which the form is folded away.
    """
    more = {"key": "run_compare", "icon": ":material/leaderboard:", "width": width, "folded": folded}
    return experiment_form.form(ref, lambda: _spec(ref, has_norms), **more)


def _spec(ref: DatasetRef, has_norms: bool) -> dict[str, Any]:
    kind = _kind()
    usual = default_spec(kind, ref.directory)
    spec = {**usual, "methods": _methods(kind, usual["methods"])}
    first, second, third, fourth, fifth = st.columns([2, 2, 1.6, 2, 2], vertical_alignment="bottom")
    budget = str(controls.default_budget(ref.counts["pool"]))
    budgets = controls.budgets_line(ref, budget, key="compare_budgets", place=first)
    lambdas = usual.get("lambdas", [_LAMBDA])
    lambdas = experiment_form.goracs_lambdas(has_norms, lambdas, key=f"compare_lambdas_{kind}", place=second)
    help_ = "Trainings per method and budget, with seeds 0, 1, … A single seed cannot show the variation between seeds."
    seeds = usual.get("seeds", 1)
    spec["seeds"] = widgets.whole("Seeds", 1, 100, seeds, key="compare_seeds", place=third, help=help_, **LINKED)
    half_lives = _half_lives(fourth, usual["half_lives"]) if "half_lives" in usual else None
    whole = bool(usual.get("whole_pool"))
    spec["whole_pool"] = experiment_form.whole_pool(ref, whole, key=f"compare_whole_pool_{kind}", place=fifth)
    measure = dict(usual.get("measure", {}))
    if "ranked_samples" in measure:
        measure = _ranked(fourth, ref, measure)
    spec = _with_training(ref, spec, measure, has_norms)
    # Read last, so that a mistake in a list takes no widget away.
    spec |= {"budgets": parse_budgets(budgets, ref.counts["pool"]), "lambdas": parse_lambdas(lambdas)}
    if half_lives is not None:
        if cache.dataset(ref).test.times is None or cache.dataset(ref).validation.times is None:
            raise DataError("this dataset has no times, so that its samples have no order; prepare it with times")
        spec["half_lives"] = parse_half_lives(half_lives)
    return spec


def _kind() -> str:
    kinds = kinds_of_page(routes.COMPARE.url_path)
    help_ = "  \n".join(f"**{KINDS[one].question}** {KINDS[one].summary}." for one in kinds)
    more = {"label_visibility": "collapsed", "format_func": lambda one: KINDS[one].question, "help": help_, **KEPT}
    return widgets.choice("Question", kinds, key="compare_kind", **more)


def _methods(kind: str, usual: list[str]) -> list[str]:
    help_ = (
        "Each is compared with random selection, which always takes part. The p-values are corrected for the number of "
        "comparisons."
    )
    return experiment_form.methods(usual, key=f"compare_methods_{kind}", help=help_)


def _half_lives(place: Any, usual: list[float]) -> str:
    help_ = (
        "GORACS arms in which the weight of a validation sample halves for every half-life that it is older than the "
        "newest one."
    )
    shown = ", ".join(f"{value:g}" for value in usual)
    return widgets.line("Half-lives (days)", shown, key="compare_half_lives", place=place, help=help_, **LINKED)


def _ranked(place: Any, ref: DatasetRef, measure: dict[str, Any]) -> dict[str, Any]:
    if ref.task == "ctr":
        return {name: value for name, value in measure.items() if name != "ranked_samples"}
    most = ref.counts["test"]
    help_ = "Test samples with a ranking (HR, NDCG). Generating titles takes time; 0 measures the loss only."
    usual = min(measure["ranked_samples"], most)
    more = {"key": "compare_ranked", "place": place, "help": help_, **LINKED}
    return {**measure, "ranked_samples": widgets.whole("Ranked test samples", 0, max(most, 1), usual, **more)}


def _with_training(ref: DatasetRef, spec: dict[str, Any], measure: dict[str, Any], has_norms: bool) -> dict[str, Any]:
    with st.expander("Training and test"):
        trained = experiment_form.training(ref, tests=measure.get("test_samples", MeasureOptions.test_samples))
        lambda_ = 0.0
        if has_norms:
            help_ = "Of the POO in the table, the same for all arms."
            place = st.columns(4)[0]
            lambda_ = widgets.lambda_field(
                True, key="compare_lambda", help=help_, label="λ of POO", place=place, **LINKED
            )
    measure |= trained.pop("measure", {})
    spec = {name: value for name, value in {**spec, **trained}.items() if name != "measure"}
    spec |= {"measure": measure} if measure else {}
    return spec | ({} if lambda_ == _LAMBDA else {"lambda_": lambda_})
