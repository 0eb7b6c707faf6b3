"""What is to be trained on which samples, how it is tested, and what that will cost, told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from goracs_core.data.dataset import Task
from goracs_core.errors import GoracsError
from goracs_core.jobs.train.estimate import STOPS, TrainingEstimate, Work, earlier_pace, estimate_training
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import (
    TITLES_MODEL,
    FineTuneOptions,
    MeasureOptions,
    Recommender,
    TigerOptions,
    TrainingOptions,
    default_recommender,
    training_options,
)
from pages._ui import blocks, cache, state, training_words
from pages._ui.state import DatasetRef
from pages._ui.training import fields as training_fields

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import RunSummary
    from goracs_core.jobs.train.record import TrainingSummary

RUN, WHOLE = "run", "whole"

_KEEP: Any = {"persist_state": "session"}
Kind = Literal["tuned", "tiger"]


@dataclass(frozen=True)
class Asked:
    """A filled-in form.

    Args:
        run: Id of the run whose coreset is trained on; "" for the whole pool.
        budget: Samples trained on.
        recommender: What is trained.
        options: Of the training.
        measure: Of the test.
        spec: The job's spec, without what is at its default.
    """

    run: str
    budget: int
    recommender: Recommender
    options: TrainingOptions
    measure: MeasureOptions
    spec: dict[str, Any]


def form(ref: DatasetRef, run: RunSummary | None, earlier: tuple[TrainingSummary, ...]) -> Asked | None:
    """The options, their cost and the button; what was asked for when the button was pressed, else None.

    Args:
        ref: The dataset.
        run: The open run on it, or None.
        earlier: Trainings on it, for the estimate.
    """
    asked = None
    with st.container(border=True):
        try:
            asked = _options(ref, run)
        except GoracsError as error:
            blocks.error(error)
        with st.container(horizontal=True, vertical_alignment="center"):
            place = st.empty()
            if asked is not None:
                st.caption(f"{_estimate(ref, asked, earlier).sentence} {STOPS}", width="stretch")
        clicked = place.button(
            "Train and test", type="primary", icon=":material/model_training:", shortcut="Ctrl+Enter",
            key="train", disabled=asked is None,
            help="Trains in the background and measures the result on test samples that took no part in anything.",
        )  # fmt: skip
    return asked if clicked else None


def _estimate(ref: DatasetRef, asked: Asked, earlier: tuple[TrainingSummary, ...]) -> TrainingEstimate:
    pace = earlier_pace(TrainingStore(state.workspace()), earlier, asked.recommender, asked.options)
    work = Work(asked.recommender, asked.options, asked.measure, cache.training_sizes(ref), pace)
    return estimate_training(asked.budget, work)


def _options(ref: DatasetRef, run: RunSummary | None) -> Asked:
    task = Task(ref.task)
    usual = default_recommender(task)
    rows = _rows(ref, run)
    second, third, fourth = st.columns(3)
    choices = [usual] if task is Task.CTR else [usual, Recommender.TIGER]
    chosen = second.selectbox(
        "Recommender", choices, key=f"train_recommender_{task}", format_func=training_words.recommender,
        help=training_words.RECOMMENDER_HELP, **_KEEP,
    )  # fmt: skip
    recommender = Recommender(chosen) if chosen else usual
    kind: Kind = "tiger" if recommender is Recommender.TIGER else "tuned"
    if kind == "tiger":
        third.text_input("Model", "from random weights", disabled=True, key="train_model_tiger",
                         help="TIGER has a small encoder and decoder of its own, and starts from nothing.")  # fmt: skip
        given: dict[str, Any] = {}
    else:
        given = {
            "model": str(
                third.text_input("Model", TITLES_MODEL, key="train_model", help=training_words.MODEL_HELP, **_KEEP)
                or ""
            ).strip()
        }
    ranks = recommender is not Recommender.TALLREC
    asked_for = fourth.number_input(
        "Ranked test samples", 0, max(ref.counts["test"], 0), min(100, ref.counts["test"]) if ranks else 0,
        key=f"train_ranked_{recommender}", disabled=not ranks, **_KEEP,
        help="Test samples for which items are ranked: HR and NDCG. BIGRec writes a title for each, which takes longer "
        "than their loss. Click prediction ranks nothing.",
    )  # fmt: skip
    ranked = int(asked_for) if ranks else 0
    given |= _few(kind)
    measure_given: dict[str, Any] = {"ranked_samples": ranked}
    with st.expander("Further options", icon=":material/tune:"):
        given |= training_fields.further(kind, given, key="train")
        measure_given |= training_fields.measure(recommender, ref.counts["test"], key="train")
    options = training_options(recommender, given)
    measure = MeasureOptions.from_dict(measure_given)
    spec: dict[str, Any] = {"dataset": str(ref.directory)}
    spec |= {"run": rows[0]} if rows[0] else {"whole_pool": True}
    spec |= {"recommender": str(recommender)} if recommender is not usual else {}
    spec |= _unusual("options", options, type(options)())
    spec |= _unusual("measure", measure, MeasureOptions())
    return Asked(*rows, recommender, options, measure, spec)


def _rows(ref: DatasetRef, run: RunSummary | None) -> tuple[str, int]:
    """The run to train on, "" for the whole pool, and how many samples that is."""
    names = {WHOLE: f"Whole pool ({ref.counts['pool']:,})"}
    if run is not None:
        names = {RUN: f"Open run ({run.budget:,})"} | names
    chosen = st.segmented_control(
        "Train on", list(names), default=next(iter(names)), required=True, key=f"train_rows_{run is not None}", **_KEEP,
        format_func=lambda one: names[one],
        help="The coreset of the open run, or all pool samples for comparison. Runs are opened in the sidebar.",
    )  # fmt: skip
    return (run.id, run.budget) if run is not None and chosen == RUN else ("", ref.counts["pool"])


def _few(kind: Kind) -> dict[str, Any]:
    """The options that matter first."""
    default = TigerOptions() if kind == "tiger" else FineTuneOptions()
    first, second, third, fourth = st.columns([2, 2, 4, 3])
    given: dict[str, Any] = {"epochs": int(first.number_input(
        "Epochs", 1, 1000, default.epochs, key=f"train_epochs_{kind}", **_KEEP,
        help="Most passes over the samples. The best epoch on the validation samples is kept, and training stops early "
        f"when {default.patience} of them in a row did not lower their loss.",
    ))}  # fmt: skip
    rate = second.number_input(
        "Learning rate", 1e-7, 1.0, default.learning_rate, step=1e-4, format="%g", key=f"train_rate_{kind}", **_KEEP,
        placeholder="usual", help=training_words.RATE_HELP + ("" if kind == "tiger" else training_words.USUAL_RATE),
    )  # fmt: skip
    if rate is not None:
        given["learning_rate"] = float(rate)
    if kind == "tuned":
        given["weights"] = third.segmented_control(
            "Trained weights", list(training_words.WEIGHTS), default="full", required=True, key="train_weights",
            format_func=lambda one: training_words.WEIGHTS[one], help=training_words.WEIGHTS_HELP, **_KEEP,
        )  # fmt: skip
    given["seed"] = int(fourth.number_input(
        "Seed", 0, 2**31 - 1, 0, key="train_seed", **_KEEP,
        help="Decides the order of the samples and first weights. Results differ a little by it: train with several, "
        "or let Validate / Compare do that.",
    ))  # fmt: skip
    return given


def _unusual(name: str, values: TrainingOptions | MeasureOptions, usual: Any) -> dict[str, Any]:
    """What is not at its default, under `name`; nothing where everything is."""
    default = usual.to_dict()
    changed = {field: value for field, value in values.to_dict().items() if value != default[field]}
    return {name: changed} if changed else {}
