"""Being built."""

from __future__ import annotations

from typing import Any

from goracs_core.types import Progress, silent
from goracs_core.workspace import Workspace

# What an entry of an experiment may hold, by name.
VALUES = {
    "poo": "POO at the experiment's lambda: transport_term - lambda * gradient_term",
    "transport_term": "OT(d_S) / max(d), with all validation samples alike",
    "gradient_term": "mean over S of g / max(g)",
    "gap": "proven gap of the selection, where it has one",
    "select_seconds": "selection, scores and models it needs included",
    "train_seconds": "training, validation included",
    "test_seconds": "measuring on the test",
    "tokens": "tokens trained on, padding not counted",
    "epochs": "passes over the coreset",
    "test_loss": "mean loss on the test samples in nats",
    "test_loss_se": "standard error of test_loss over the test samples",
    "start_loss": "test loss before training",
    "hr@5": "and hr@10, hr@20, ndcg@5, ndcg@10, ndcg@20: among the whole catalogue",
    "sampled_hr@5": "and the other five: among sampled negatives",
    "auc": "click prediction: area under the ROC curve of P(Yes); and log_loss, accuracy, ece",
    "arp": "mean popularity of the coreset's target items; and head_share, tail_share, coverage, gini",
    "proxy:NAME": "another proxy of test loss measured on the coreset (goracs_core.evaluation.other_proxies)",
}


def experiment_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Being built."""
    raise NotImplementedError
