"""The outcomes of a training as plain numbers by name."""

from __future__ import annotations

from goracs_core.evaluation.choices import auc, choice_metrics
from goracs_core.llm.tuning.outcomes import Rankings, Tested
from goracs_core.ranking import ranking_metrics


def training_metrics(tested: Tested) -> dict[str, float]:
    """Test loss, ranking and click-prediction metrics, and those of popularity, by name.

    `test_loss` and `test_loss_se` (its standard error) are in nats, `start_loss` is the loss before training. `hr@c`
    and `ndcg@c` are among the whole catalogue, with `sampled_` in front among sampled negatives, with `popularity_` in
    front those of ranking by popularity.
    """
    metrics = {"test_loss": tested.losses.mean, "test_loss_se": tested.losses.standard_error}
    if tested.start_losses is not None:
        metrics["start_loss"] = tested.start_losses.mean
    metrics |= _rankings("", tested.rankings)
    metrics |= _rankings("popularity_", tested.popularity)
    if tested.choices is not None:
        metrics |= choice_metrics(tested.choices)
        if tested.popularity_scores is not None:
            metrics["popularity_auc"] = auc(tested.popularity_scores, tested.choices.labels)
    return metrics


def _rankings(prefix: str, rankings: Rankings | None) -> dict[str, float]:
    if rankings is None:
        return {}
    full, sampled = ranking_metrics(rankings.full), ranking_metrics(rankings.sampled)
    return {f"{prefix}{name}": value for name, value in full.items()} | {
        f"{prefix}sampled_{name}": value for name, value in sampled.items()
    }
