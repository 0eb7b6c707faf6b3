"""What is to be trained on which samples, how it is tested, and what that will cost, told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.data.dataset import Task
from goracs_core.errors import GoracsError
from goracs_core.jobs.train.estimate import STOPS, TrainingEstimate, Work, earlier_pace, estimate_training
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import (
    MeasureOptions,
    Recommender,
    TrainingOptions,
    default_recommender,
    training_options,
)
from pages._ui import blocks, cache, guard, routes, state, text, training_fields, widgets
from pages._ui.state import DatasetRef
from pages._ui.training_fields import Kind
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import RunSummary

RUN, WHOLE = "run", "whole"

_RANKED_HELP = (
    "Test samples with a ranking (HR, NDCG). BIGRec generates a title for each, which takes longer than the loss. "
    "Click prediction ranks nothing."
)
_SEED_HELP = (
    "Decides the order of the samples and the first weights. Results vary with it: train with several seeds, or use "
    "Validate / Compare."
)


@dataclass(frozen=True)
class Asked:
    """A filled-in form.

    Args:
        budget: Samples trained on.
        recommender: What is trained.
        options: Of the training.
        measure: Of the test.
        spec: The job's spec, without what is at its default.
    """

    budget: int
    recommender: Recommender
    options: TrainingOptions
    measure: MeasureOptions
    spec: dict[str, Any]


@dataclass(frozen=True)
class Filled:
    """The form as it stands.

    Args:
        estimate: What the training would take; None for options that do not do.
        spec: The job's spec when the button was pressed, else None.
    """

    estimate: TrainingEstimate | None
    spec: dict[str, Any] | None


def form(ref: DatasetRef, run: RunSummary | None) -> Filled:
    """The options, their cost and the button.

    Args:
        ref: The dataset.
        run: The open run on it, or None.
    """
    asked, estimate = None, None
    if run is None:
        st.caption("No run is open, so only training on the whole pool is available.")
        blocks.link(routes.RUN, "Select a coreset")
    try:
        asked = _options(ref, run)
        estimate = _estimate(ref, asked)
    except GoracsError as error:
        guard.error(error)
    help_ = "Trains in the background; tests on held-out samples."
    icon = ":material/model_training:"
    sentence = "" if estimate is None else f"{estimate.sentence} {STOPS}"
    clicked = widgets.start("Train and test", sentence, key="train", icon=icon, disabled=asked is None, help=help_)
    return Filled(estimate, asked.spec if clicked and asked is not None else None)


def preview(estimate: TrainingEstimate | None, ref: DatasetRef) -> None:
    """What a training would do and what the page then shows, before there is one."""
    st.subheader("No training yet", anchor=False)
    if estimate is not None:
        epochs = f"{estimate.epochs} epoch{'s' if estimate.epochs > 1 else ''}"
        tokens = "–" if estimate.tokens is None else text.count(int(round(estimate.tokens, -3)))
        took = "–" if estimate.seconds is None else text.duration(estimate.seconds)
        memory = "–" if estimate.memory is None else text.memory(estimate.memory)
        blocks.metrics(
            {
                "Training samples": (text.count(estimate.budget), f"Read at most {epochs}."),
                "Tokens": (tokens, f"Of {epochs} at most, without padding; from the mean length of a sample."),
                "Time": (took, f"Test included; {estimate.basis}."),
                "Memory": (memory, "At the peak."),
            }
        )
    st.markdown(
        f"**Train and test** (Ctrl + Enter) fine-tunes the recommender on these samples and tests it before and after "
        f"on up to {ref.counts['test']:,} held-out samples. The page then shows the change of the test loss with its "
        "interval, the loss curve, the ranking beside popularity, and generated answers."
    )


def _estimate(ref: DatasetRef, asked: Asked) -> TrainingEstimate:
    store = TrainingStore(state.workspace())
    pace = earlier_pace(store, store.list(ref.fingerprint), asked.recommender, asked.options)
    work = Work(asked.recommender, asked.options, asked.measure, cache.training_sizes(ref), pace)
    return estimate_training(asked.budget, work)


def _options(ref: DatasetRef, run: RunSummary | None) -> Asked:
    usual = default_recommender(Task(ref.task))
    of_run, budget = _rows(ref, run)
    first, second, third = st.columns(3)
    recommender = training_fields.recommender(ref, key="train", place=first)
    kind = training_fields.kind_of(recommender)
    given: dict[str, Any] = {}
    if kind == "tiger":
        help_ = "TIGER trains its own small encoder and decoder from random weights."
        second.text_input("Model", "from random weights", disabled=True, key="train_model_tiger", help=help_)
    else:
        given["model"] = training_fields.model(key="train", place=second)
    ranked = _ranked(ref, recommender, third)
    given |= _few(kind)
    measure_given: dict[str, Any] = {"ranked_samples": ranked}
    with st.expander("Further options", icon=":material/tune:"):
        given |= training_fields.further(kind, given, key="train")
        measure_given |= training_fields.measure(recommender, key="train")
    options = training_options(recommender, given)
    measure = MeasureOptions.from_dict(measure_given)
    spec: dict[str, Any] = {"dataset": str(ref.directory)}
    spec |= {"run": of_run} if of_run else {"whole_pool": True}
    spec |= {"recommender": str(recommender)} if recommender is not usual else {}
    spec |= _unusual("options", options, type(options)())
    spec |= _unusual("measure", measure, MeasureOptions())
    return Asked(budget, recommender, options, measure, spec)


def _rows(ref: DatasetRef, run: RunSummary | None) -> tuple[str, int]:
    """The run to train on, "" for the whole pool, and how many samples that is."""
    names = {WHOLE: f"Whole pool ({ref.counts['pool']:,})"}
    if run is not None:
        names = {RUN: f"Open run ({run.budget:,})"} | names
    help_ = "The coreset of the open run, or all pool samples for comparison. Open a run in the bar at the top."
    key = f"train_rows_{run is not None}"
    chosen = widgets.choice("Train on", names, key=key, format_func=names.get, help=help_, **KEPT)
    return (run.id, run.budget) if run is not None and chosen == RUN else ("", ref.counts["pool"])


def _ranked(ref: DatasetRef, recommender: Recommender, place: Any) -> int:
    ranks, most = recommender is not Recommender.TALLREC, ref.counts["test"]
    more = {"disabled": not ranks, "place": place, "help": _RANKED_HELP, **KEPT}
    usual = min(100, most) if ranks else 0
    given = widgets.whole("Ranked test samples", 0, most, usual, key=f"train_ranked_{recommender}", **more)
    return given if ranks else 0


def _few(kind: Kind) -> dict[str, Any]:
    """The options that matter first."""
    first, second, third, fourth = st.columns([2, 2, 4, 3])
    given: dict[str, Any] = {"epochs": training_fields.epochs(kind, key="train", place=first)}
    rate = training_fields.learning_rate(kind, key="train", place=second)
    given |= {} if rate is None else {"learning_rate": rate}
    if kind == "tuned":
        given["weights"] = training_fields.weights(key="train", place=third)
    given["seed"] = widgets.whole("Seed", 0, 2**31 - 1, 0, key="train_seed", place=fourth, help=_SEED_HELP, **KEPT)
    return given


def _unusual(name: str, values: TrainingOptions | MeasureOptions, usual: Any) -> dict[str, Any]:
    """What is not at its default, under `name`; nothing where everything is."""
    default = usual.to_dict()
    changed = {field: value for field, value in values.to_dict().items() if value != default[field]}
    return {name: changed} if changed else {}
