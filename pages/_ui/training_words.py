"""Names and definitions around trainings; each number is defined once and for all pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from goracs_core import glossary
from goracs_core.jobs.train.record import RECOMMENDER_NAMES
from goracs_core.llm.tuning.options import TITLES_MODEL, Recommender
from pages._ui import text

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training, TrainingSummary

WEIGHTS = {"full": "All", "lora": "LoRA adapters"}

RECOMMENDER_HELP = (
    "**BIGRec**: a language model generates the next title, and the nearest titles of the catalogue are the ranking "
    "(arXiv 2308.08434).  \n"
    "**TALLRec**: a language model answers Yes or No (arXiv 2305.00447).  \n"
    "**TIGER**: an encoder-decoder, trained from random weights, generates the semantic id of the next item (arXiv "
    "2305.05065)."
)
MODEL_HELP = (
    f"**{TITLES_MODEL}**: trained here in two to four minutes on the titles of the catalogue and on random lists of "
    "titles, not on histories.  \n"
    "**small**: the model of the gradient norms; it was trained on the pool, so a coreset can teach it little.  \n"
    "Or the folder or Hugging Face name of a causal language model; without a GPU, more than about 100 million weights "
    "take hours."
)
WEIGHTS_HELP = (
    "**All**: every weight of the model is trained.  \n"
    "**LoRA adapters**: two low-rank matrices per attention query and value projection (arXiv 2106.09685); needs much "
    "less memory for large models."
)
RATE_HELP = "Peak learning rate, reached after the warm-up, followed by cosine decay to zero."
USUAL_RATE = " If empty: 0.0003 for models up to 50 million weights (0.003 for their adapters), 0.0002 for larger ones."
TEST_LOSS_HELP = glossary.tooltip("test_loss")
BEFORE_HELP = glossary.tooltip("start_loss")
CHANGE_HELP = glossary.tooltip("change")
HELPED_HELP = glossary.tooltip("helped")
TOKENS_HELP = "Tokens processed in training, without padding."
PACE_HELP = (
    "Training tokens per second (validation included) and core: one core for models under 10 million weights, all "
    "cores for larger ones."
)
TRAINED_HELP = "Weights changed by training, of all weights of the model."
HR_HELP = glossary.tooltip("hr")
NDCG_HELP = glossary.tooltip("ndcg")
AUC_HELP = glossary.tooltip("auc")
LOG_LOSS_HELP = glossary.tooltip("log_loss")
ACCURACY_HELP = glossary.tooltip("accuracy")
ECE_HELP = glossary.tooltip("ece")


def recommender(name: Recommender | str) -> str:
    """The name as it is written in the literature."""
    return RECOMMENDER_NAMES[Recommender(name)]


def rows_name(run: str, run_names: dict[str, str]) -> str:
    """What was trained on, in few words (plain text).

    Args:
        run: As a training names it: a run's id, the name of a file, "" for the whole pool.
        run_names: Names of the runs by id; a run that was deleted goes by its id.
    """
    return run_names.get(run, Path(run).stem) if run else "whole pool"


def label(training: Training | TrainingSummary, run_names: dict[str, str]) -> str:
    """A training in one line, for pickers (plain text).

    Args:
        training: Which.
        run_names: Names of the runs by id; a run that was deleted goes by its id.
    """
    rows = text.shorten(rows_name(training.run, run_names), 44)
    loss = training.metrics.get("test_loss", float("nan"))
    seed = int(training.options.get("seed", 0))
    return (
        f"{recommender(training.recommender)} on {rows} · k = {training.budget:,} · seed {seed} · test loss {loss:.3f}"
        f" · {text.moment(training.created)}"
    )
