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
from pages._ui.experiments import RECOMMENDERS
from pages._ui.state import DatasetRef

_KEEP: Any = {"persist_state": "session"}
_WEIGHTS = {"full": "All", "lora": "LoRA"}
_RECOMMENDER_HELP = (
    "**BIGRec** writes the next title; its loss is the mean cross-entropy of the title's tokens (arXiv 2308.08434).  \n"
    "**TALLRec** answers Yes or No; its loss is the two-way cross-entropy of the two (arXiv 2305.00447).  \n"
    "**TIGER** writes the next item's semantic id with a model of its own, from random weights (arXiv 2305.05065)."
)
_MODEL_HELP = (
    f"**{TITLES_MODEL}**: made here in about a minute; it has read the catalogue's titles, but nobody's history. "
    "**small**: the one that gave the gradient norms; it has read the pool, too. Or the folder or Hugging Face name of "
    "a causal language model; on a processor, more than about 100 million weights take hours."
)


def training_form(ref: DatasetRef) -> dict[str, Any]:
    """The widgets, and what they add to an experiment's spec: recommender, options, measure.

    Args:
        ref: The dataset.
    """
    task = Task(ref.task)
    usual = default_recommender(task)
    choices = [usual] if task is Task.CTR else [usual, Recommender.TIGER]
    first, second, third, fourth = st.columns(4)
    chosen = first.selectbox(
        "Recommender", choices, key=f"proxy_recommender_{task}", format_func=lambda one: RECOMMENDERS[one],
        help=_RECOMMENDER_HELP, **_KEEP,
    )  # fmt: skip
    recommender = Recommender(chosen) if chosen else usual
    tests = int(third.number_input(
        "Test samples", 1, max(ref.counts["test"], 1), min(MeasureOptions.test_samples, max(ref.counts["test"], 1)),
        key="proxy_tests", **_KEEP,
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
        **({} if tests == MeasureOptions.test_samples else {"measure": {"test_samples": tests}}),
    }


def _model_options(place: Any) -> dict[str, Any]:
    model = str(place.text_input("Model", TITLES_MODEL, key="proxy_model", help=_MODEL_HELP, **_KEEP) or "").strip()
    first, second, third, fourth = st.columns(4)
    weights = first.segmented_control(
        "Weights", list(_WEIGHTS), default="full", required=True, key="proxy_weights", **_KEEP,
        format_func=lambda one: _WEIGHTS[one],
        help="**All weights**: what small models do best with. **LoRA**: low-rank adapters beside the attention's "
        "query and value projections (arXiv 2106.09685); what large models have memory for.",
    )  # fmt: skip
    rate = second.number_input(
        "Learning rate", 0.0, 1.0, 0.0, format="%g", key="proxy_rate", **_KEEP,
        help="Largest step size, reached after the warm-up. 0 takes the usual one: 0.001 up to 50 million weights, "
        "0.0002 above.",
    )  # fmt: skip
    options: dict[str, Any] = {} if model == TITLES_MODEL else {"model": model}
    options |= {"learning_rate": float(rate)} if rate > 0 else {}
    if weights == "lora":
        rank = int(third.number_input("LoRA rank r", 1, 512, FineTuneOptions.rank, key="proxy_rank", **_KEEP,
                                      help="Rank of the adapters."))  # fmt: skip
        alpha = float(fourth.number_input("LoRA alpha", 0.1, 4096.0, FineTuneOptions.alpha, key="proxy_alpha", **_KEEP,
                                          help="Adapters' outputs are multiplied by alpha / r."))  # fmt: skip
        options |= {"weights": "lora"}
        options |= {} if rank == FineTuneOptions.rank else {"rank": rank}
        options |= {} if alpha == FineTuneOptions.alpha else {"alpha": alpha}
    return options
