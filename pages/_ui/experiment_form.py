"""The form of an experiment, for pages that have one: what is selected, what is trained, and what it will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from goracs_core.data.dataset import Task
from goracs_core.errors import ConfigError, DataError, GoracsError
from goracs_core.jobs.command import command_line
from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.estimate import estimate_experiment, kept_experiment, selecting_seconds
from goracs_core.jobs.experiment.plan import ExperimentPlan, planned
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.kinds import EXPERIMENT
from goracs_core.jobs.train.estimate import Work, earlier_pace
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, default_recommender
from goracs_core.methods import METHODS
from goracs_core.methods.cost import Sizes
from goracs_core.methods.method import Method
from goracs_core.methods.registry import short_name
from pages._ui import blocks, cache, estimates, guard, state, training_fields, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT, LINKED


def form(
    ref: DatasetRef, make_spec: Callable[[], dict[str, Any]], *, key: str, icon: str, width: int, folded: bool
) -> dict[str, Any] | None:
    """The widgets, what the experiment will take, and the button; the job's spec when it was pressed, else None.

    Args:
        ref: The dataset.
        make_spec: Draws the widgets and makes the spec.
        key: Of the button.
        icon: Of the button.
        width: Numbers per embedding.
        folded: Whether there are results, before which the form is folded away.
    """
    spec, sentence = None, ""
    place = blocks.form_place("New experiment", folded=folded)
    if place is None:
        return None
    with place:
        try:
            asked = make_spec()
            if not asked["methods"]:
                raise ConfigError("no method is selected; select at least one, such as goracs", code="no-method")
            if not ref.counts["test"]:
                raise DataError("this dataset has no test samples to measure a loss on; prepare it with a test share")
            plan = planned(asked, Task(ref.task), num_pool=ref.counts["pool"])
            sentence = _estimate(ref, asked, plan, width)
            spec = asked
        except GoracsError as error:
            guard.error(error)
        clicked = widgets.start("Run", sentence, key=key, icon=icon, disabled=spec is None)
        if spec is not None:
            widgets.command_expander(command_line(EXPERIMENT, spec))
    return spec if clicked else None


def known_methods() -> dict[str, Method[Any]]:
    """The methods by the name that an experiment's spec has for them: a solver that is not the default by its own."""
    return {short_name(method): method for method in METHODS.values()}


def methods(default: list[str], *, key: str, help: str, place: Any = st) -> list[str]:
    """The methods to compare; none where all were taken out."""
    known = known_methods()

    def named(name: str) -> str:
        return "GORACS" if name == "goracs" else known[name].label

    return list(place.multiselect("Methods", list(known), default, key=key, format_func=named, help=help, **LINKED))


def goracs_lambdas(has_norms: bool, default: list[float], *, key: str, place: Any) -> str:
    """The values of λ for GORACS, as a list to be read."""
    usual = ", ".join(f"{value:g}" for value in default)
    help_ = "Each value is an arm of its own, such as GORACS λ=0 and GORACS λ=0.05."
    return widgets.lambdas_field("λ of GORACS", has_norms, usual, key=key, place=place, help=help_)


def whole_pool(ref: DatasetRef, default: bool, *, key: str, place: Any) -> bool:
    """Whether the whole pool takes part."""
    help_ = f"One training on all {ref.counts['pool']:,} pool samples, as a reference."
    return place.toggle("Whole pool", default, key=key, help=help_, **LINKED)


def training(ref: DatasetRef, *, tests: int = MeasureOptions.test_samples) -> dict[str, Any]:
    """What is trained and how it is tested, and what that adds to the spec: what differs from the defaults.

    Args:
        ref: The dataset.
        tests: Test samples of the kind's defaults; 0 for all.
    """
    first, second, third, fourth = st.columns(4)
    chosen = training_fields.recommender(ref, key="proxy", place=first)
    kind = training_fields.kind_of(chosen)
    usual = training_fields.defaults(kind)
    most = max(ref.counts["test"], 1)
    usual_tests = min(tests or most, most)
    measured = widgets.whole(
        "Test samples",
        1,
        most,
        usual_tests,
        key="proxy_tests" if tests else "proxy_tests_all",
        place=third,
        help="Samples whose loss is measured, evenly spaced over the test set and the same for every coreset. Four "
        "times as many halve the standard error.",
        **KEPT,
    )
    options: dict[str, Any] = {"epochs": training_fields.epochs(kind, key="proxy", place=fourth)}
    if kind == "tiger":
        options["learning_rate"] = training_fields.learning_rate(kind, key="proxy", place=st.columns(4)[0])
    else:
        options |= _model_options(second)
    options = {name: value for name, value in options.items() if value != getattr(usual, name)}
    return {
        **({} if chosen is default_recommender(Task(ref.task)) else {"recommender": str(chosen)}),
        **({"options": options} if options else {}),
        **({} if measured == usual_tests else {"measure": {"test_samples": measured}}),
    }


def _model_options(place: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"model": training_fields.model(key="proxy", place=place)}
    first, second = st.columns(2)
    options["weights"] = training_fields.weights(key="proxy", place=first)
    options["learning_rate"] = training_fields.learning_rate("tuned", key="proxy", place=second)
    if options["weights"] == "lora":
        options |= training_fields.numbers(training_fields.LORA, FineTuneOptions(), "proxy_tuned")
    return options


def _estimate(ref: DatasetRef, spec: dict[str, Any], plan: ExperimentPlan, width: int) -> str:
    """Time of what is still to be selected and trained, in one sentence."""
    store, sizes = TrainingStore(state.workspace()), Sizes(ref.counts["pool"], ref.counts["validation"], width)
    pace = earlier_pace(store, store.list(ref.fingerprint), plan.recommender, plan.options)
    work = Work(plan.recommender, plan.options, plan.measure, cache.training_sizes(ref), pace)
    scored = [str(run.config.get("method")) for run in cache.runs(ref.fingerprint) if run.config]

    def selecting(left: Iterable[Entry]) -> float:
        scores = partial(estimates.score_seconds, ref=ref, width=width)
        return selecting_seconds(plan, left, sizes, scored=scored, scores=scores)

    kept = kept_experiment(ExperimentStore(state.workspace()), spec, ref.fingerprint)
    return estimate_experiment(plan, work, kept, selecting=selecting).sentence
