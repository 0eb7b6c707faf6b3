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
    "**BIGRec**: a language model writes the next title; the catalogue's nearest titles are its ranking (arXiv "
    "2308.08434).  \n"
    "**TALLRec**: a language model answers Yes or No (arXiv 2305.00447).  \n"
    "**TIGER**: an encoder-decoder writes the next item's semantic id, from random weights (arXiv 2305.05065)."
)
MODEL_HELP = (
    f"**{TITLES_MODEL}**: made here in two to four minutes; it has read the catalogue's titles and made-up lists of "
    "titles alike, but nobody's history. "
    "**small**: the one that gave the gradient norms; it has read the pool, too, so that coresets can teach it little. "
    "Or the folder or Hugging Face name of a causal language model; on a processor, more than about 100 million "
    "weights take hours."
)
WEIGHTS_HELP = (
    "**All**: every weight of the model is trained.  \n"
    "**LoRA adapters**: two thin matrices beside each attention query and value projection (arXiv 2106.09685); what "
    "large models have memory for."
)
RATE_HELP = "Largest step size, reached after the warm-up; then it falls to zero as a cosine."
USUAL_RATE = (
    " Left empty, it is the usual one: 0.0003 up to 50 million weights (0.003 for their adapters), 0.0002 above."
)
TEST_LOSS_HELP = (
    "**Test loss**, in nats: mean over the test samples of each sample's cross-entropy. Next title: a mean over the "
    "tokens of the right title and its end. Yes or No: of the right answer against the other one. Smaller is better. "
    "±: standard error, how far the mean would move with other test samples."
)
BEFORE_HELP = "The same samples with the model as it was before training."
CHANGE_HELP = (
    "Test loss after training minus before, sample by sample (paired), with a 95 % confidence interval over the test "
    "samples. It does not know how much another seed would change; Validate / Compare does."
)
HELPED_HELP = "Share of the test samples whose loss is lower after training than before."
TOKENS_HELP = "Tokens that went through the model in training, padding not counted."
PACE_HELP = (
    "Tokens of training divided by its seconds (validation included) and by the cores it could use: one for models "
    "under 10 million weights, all of them for larger ones."
)
TRAINED_HELP = "Weights that training may change, of all weights of the model."
HR_HELP = "HR@c: share of the ranked test samples whose right item is among the first c."
NDCG_HELP = (
    "NDCG@c: 1 / log2(place + 1) where the right item is among the first c, else 0; mean over the ranked samples. With "
    "one right item per sample the ideal is 1."
)
AUC_HELP = (
    "Share of (Yes, No) pairs of test samples in which the Yes has the higher P(Yes); equal ones count half. Guessing "
    "gives 0.5."
)
LOG_LOSS_HELP = "Mean of -log of the right answer's chance, in nats; always answering one half gives 0.693."
ACCURACY_HELP = "Share of right answers when the likelier of Yes and No is given."
ECE_HELP = (
    "Expected calibration error: mean distance of P(Yes) from the share that came true, over ten bins. 0: chances mean "
    "what they say."
)


def recommender(name: Recommender | str) -> str:
    """How people write it."""
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
