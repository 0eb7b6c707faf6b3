"""What an experiment trains and how it is tested, as widgets; what is left at its default stays out of the spec."""

from __future__ import annotations

from typing import Any

import streamlit as st

from goracs_core.data.dataset import Task
from goracs_core.llm.tuning.options import (
    TITLES_MODEL,
    FineTuneOptions,
    MeasureOptions,
    Recommender,
    TigerOptions,
    default_recommender,
)
from pages._ui import training_words
from pages._ui.state import DatasetRef

_KEEP: Any = {"persist_state": "session"}


def training_form(ref: DatasetRef, *, tests: int = MeasureOptions.test_samples) -> dict[str, Any]:
    """The widgets, and what they add to an experiment's spec: recommender, options, measure.

    Args:
        ref: The dataset.
        tests: Test samples of the kind's defaults, which stay out of the spec; 0 for all.
    """
    task = Task(ref.task)
    usual = default_recommender(task)
    choices = [usual] if task is Task.CTR else [usual, Recommender.TIGER]
    first, second, third, fourth = st.columns(4)
    chosen = first.selectbox(
        "Recommender", choices, key=f"proxy_recommender_{task}", format_func=training_words.recommender,
        help=training_words.RECOMMENDER_HELP, **_KEEP,
    )  # fmt: skip
    recommender = Recommender(chosen) if chosen else usual
    most = max(ref.counts["test"], 1)
    usual_tests = min(tests or most, most)
    measured = int(third.number_input(
        "Test samples", 1, most, usual_tests, key="proxy_tests" if tests else "proxy_tests_all", **_KEEP,
        help="Test samples whose loss is measured, spread evenly over the test, the same for every coreset. Four times "
        "as many halve the standard error.",
    ))  # fmt: skip
    tiger = recommender is Recommender.TIGER
    usual_epochs = TigerOptions.epochs if tiger else FineTuneOptions.epochs
    epochs = int(fourth.number_input(
        "Epochs", 1, 1000, usual_epochs, key=f"proxy_epochs_{'tiger' if tiger else 'tuned'}", **_KEEP,
        help="Most passes over the coreset. Training stops earlier when validation loss has not fallen for "
        f"{TigerOptions.patience if tiger else FineTuneOptions.patience} epochs; the best epoch counts.",
    ))  # fmt: skip
    options: dict[str, Any] = {} if epochs == usual_epochs else {"epochs": epochs}
    if tiger:
        rate = st.columns(4)[0].number_input(
            "Learning rate", 1e-6, 1.0, TigerOptions.learning_rate, format="%.0e", key="proxy_rate_tiger", **_KEEP,
            help="Largest step size.",
        )  # fmt: skip
        options |= {} if rate == TigerOptions.learning_rate else {"learning_rate": rate}
    else:
        options |= _model_options(second)
    return {
        **({} if recommender is usual else {"recommender": str(recommender)}),
        **({"options": options} if options else {}),
        **({} if measured == usual_tests else {"measure": {"test_samples": measured}}),
    }


def _model_options(place: Any) -> dict[str, Any]:
    model = str(
        place.text_input("Model", TITLES_MODEL, key="proxy_model", help=training_words.MODEL_HELP, **_KEEP) or ""
    ).strip()
    first, second, third, fourth = st.columns([3, 2, 2, 2])
    weights = first.segmented_control(
        "Weights", list(training_words.WEIGHTS), default="full", required=True, key="proxy_weights", **_KEEP,
        format_func=lambda one: training_words.WEIGHTS[one], help=training_words.WEIGHTS_HELP,
    )  # fmt: skip
    rate = second.number_input(
        "Learning rate", 1e-7, 1.0, None, step=1e-4, format="%g", key="proxy_rate", **_KEEP,
        placeholder="usual", help=training_words.RATE_HELP + training_words.USUAL_RATE,
    )  # fmt: skip
    options: dict[str, Any] = {} if model == TITLES_MODEL else {"model": model}
    options |= {} if rate is None else {"learning_rate": float(rate)}
    if weights == "lora":
        rank = int(third.number_input("LoRA rank r", 1, 512, FineTuneOptions.rank, key="proxy_rank", **_KEEP,
                                      help="Rank of the adapters."))  # fmt: skip
        alpha = float(fourth.number_input("LoRA alpha", 0.1, 4096.0, FineTuneOptions.alpha, key="proxy_alpha", **_KEEP,
                                          help="Adapters' outputs are multiplied by alpha / r."))  # fmt: skip
        options |= {"weights": "lora"}
        options |= {} if rank == FineTuneOptions.rank else {"rank": rank}
        options |= {} if alpha == FineTuneOptions.alpha else {"alpha": alpha}
    return options
