"""Names and definitions around trainings; each number is defined once and for all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
TEST_LOSS_HELP = (
    "**Test loss**, in nats: mean cross-entropy over the test samples; smaller is better. Next title: mean over the "
    "tokens of the target's title and the end token. Yes or No: of the correct answer relative to the other one. ±: "
    "standard error over the test samples."
)
BEFORE_HELP = "Test loss of the same samples before training."
CHANGE_HELP = (
    "Test loss after training minus before, paired by sample, with a 95 % confidence interval over the test samples. "
    "The interval does not include the variation between seeds; see Validate / Compare."
)
HELPED_HELP = "Share of the test samples whose loss is lower after training than before."
TOKENS_HELP = "Tokens processed in training, without padding."
PACE_HELP = (
    "Training tokens per second (validation included) and core: one core for models under 10 million weights, all "
    "cores for larger ones."
)
TRAINED_HELP = "Weights changed by training, of all weights of the model."
HR_HELP = "HR@c: share of the ranked test samples whose target is among the first c items."
NDCG_HELP = "NDCG@c: mean of 1 / log2(rank + 1) if the target is among the first c items, else 0."
AUC_HELP = (
    "Share of (Yes, No) pairs of test samples in which the Yes has the higher P(Yes); ties count half. Random: 0.5."
)
LOG_LOSS_HELP = (
    "Mean of -log of the probability of the correct answer, in nats; P(Yes) = 0.5 for all samples gives 0.693."
)
ACCURACY_HELP = "Share of correct answers when the more probable of Yes and No is given."
ECE_HELP = "Expected calibration error: mean distance between P(Yes) and the share of Yes, over ten bins; 0 is best."


def recommender(name: Recommender | str) -> str:
    """The name as it is written in the literature."""
    return RECOMMENDER_NAMES[Recommender(name)]


def label(training: Training | TrainingSummary, run_names: dict[str, str]) -> str:
    """A training in one line, for pickers (plain text).

    Args:
        training: Which.
        run_names: Names of the runs by id; a run that was deleted goes by its id.
    """
    rows = text.shorten(run_names.get(training.run, training.run), 44) if training.run else "whole pool"
    loss = training.metrics.get("test_loss", float("nan"))
    seed = int(training.options.get("seed", 0))
    return (
        f"{recommender(training.recommender)} on {rows} · k = {training.budget:,} · seed {seed} · test loss {loss:.3f}"
        f" · {text.moment(training.created)}"
    )
