"""How the scores of a run were computed: models and solvers from its record, and the correlations of the scores.

Anything may be missing in the record; what is missing is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts.scores import LearningCurve, learning_curve
from goracs_core.evaluation.score_report import rank_correlations
from pages._ui import blocks, columns, copied, text, widgets
from pages._ui.samples import View
from pages._ui.score_words import columns as score_columns
from pages._ui.score_words import name, words

if TYPE_CHECKING:
    from goracs_core.scores import ScoreTrace

_GIVEN = "provided by the user, not computed here"
NDCG, HIT = "ndcg@10", "hr@10"
_RANKS_HELP = (
    f"{glossary.tooltip('spearman')}\n\nHere between two scores, on all pool samples; – if one score is constant."
)
_NDCG_HELP = (
    f"{glossary.tooltip('ndcg')}\n\nOn validation, all items ranked, c = 10. If a surrogate is not better than the "
    "most popular items, it has learned nothing, and its influence scores are meaningless."
)
_HIT_HELP = f"{glossary.tooltip('hr')}\n\nOn validation, all items ranked, c = 10."
# Key in a record to label, number format and definition.
_FACTS: dict[str, tuple[str, str, str]] = {
    "best_epoch": ("Best epoch", ",.0f", "The epoch with the highest validation NDCG; its weights were kept."),
    "iterations": (
        "Iterations",
        ",.0f",
        "Hessian products: of the pool (conjugate gradients) or one sample (recursion).",
    ),
    "residual": ("Residual", ".2e", "Norm of the residual relative to the right-hand side: 0 is an exact solution."),
    "passes": ("Passes over the pool", ",.1f", "Hessian products, expressed in passes over all pool samples."),
    "ridge": ("Ridge", "g", "Added to the diagonal of the Hessian: damping × scale."),
    "draws": ("Draws", ",.0f", "Number of adapter initializations that were averaged."),
}


def show(seen: View, trace: ScoreTrace) -> None:
    """Each part with its source and record, then the rank correlations."""
    for column in trace.columns:
        source = trace.sources.get(column, "")
        if source:
            told = _GIVEN if source == copied.PRECOMPUTED else text.escape(source)
            st.markdown(f"**{name(column)}**: {told}", help=words(column).help)
        record = trace.details.get(column) or {}
        training = _training(record)
        if training is not None:
            _surrogate(training)
        _facts(record)
    _correlations(seen, trace)


def _correlations(seen: View, trace: ScoreTrace) -> None:
    found = rank_correlations(score_columns(seen, trace))
    st.markdown(f"**Agreement of the scores.** Rank correlation, n = {seen.num_pool:,}", help=_RANKS_HELP)
    rows = [(name(one), name(other), value) for (one, other), value in found.items()]
    listed = pd.DataFrame(rows, columns=pd.Index(["Score", "Other score", "Spearman's ρ"]))
    formats = {"Spearman's ρ": columns.number(format="%.3f", help=_RANKS_HELP)}
    widgets.table(listed, key="scores_ranks", alt="Rank correlations of the scores", columns=formats)


def _surrogate(training: Mapping[str, Any]) -> None:
    """The quality of the surrogate compared with popularity, and its learning curve."""
    both = _metrics(training)
    shown: dict[str, tuple[str, str]] = {}
    for key, label, definition in ((NDCG, "NDCG@10", _NDCG_HELP), (HIT, "HR@10", _HIT_HELP)):
        for who in ("surrogate", "popularity"):
            value = _number(both.get(who, {}).get(key))
            if value is not None:
                shown[f"{label}, {who}"] = (f"{value:.4f}", definition)
    if shown:
        blocks.metrics(shown)
    own, popular = (_number(both.get(who, {}).get(NDCG)) for who in ("surrogate", "popularity"))
    if own is not None and popular is not None and own <= popular:
        st.warning(
            "The surrogate does not rank better than the most popular items, so its influence scores are "
            "meaningless. Train it for more epochs, use another surrogate, or prepare more data.",
            icon=":material/warning:",
        )
    _learning(training, popular)


def _learning(training: Mapping[str, Any], popular: float | None) -> None:
    given = training.get("epochs")
    epochs = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    losses = [_number(one.get("loss")) for one in epochs]
    ndcg = [_number(one.get("validation_ndcg@10", one.get("validation_ndcg"))) for one in epochs]
    if not epochs or None in losses or None in ndcg:
        return
    best = int(_number(training.get("best_epoch")) or 0)
    curve = LearningCurve(np.array(losses, np.float64), np.array(ndcg, np.float64), popular, best)
    stopped = text.escape(str(training.get("stopped") or ""))
    blocks.chart(
        learning_curve(curve),
        key="scores_learning",
        alt=f"Training loss from {losses[0]:.3f} to {losses[-1]:.3f} and validation NDCG@10 from {ndcg[0]:.4f} to "
        f"{max(curve.ndcg):.4f} in {len(epochs)} epochs.",
        table=pd.DataFrame({"epoch": range(1, len(epochs) + 1), "loss": losses, "NDCG@10": ndcg}),
        note=f"Stopped because {stopped}." if stopped else "",
    )


def _facts(record: Mapping[str, Any]) -> None:
    """The single numbers of the record."""
    found: dict[str, tuple[str, str]] = {}
    for part in _parts(record):
        for key, (label, unit, definition) in _FACTS.items():
            value = _number(part.get(key))
            if value is not None and label not in found:
                found[label] = (format(value, unit), definition)
    if found:
        blocks.metrics(found)


def _training(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The part of a record with epochs or ranking metrics."""
    return next((part for part in _parts(record) if isinstance(part.get("epochs"), list) or _metrics(part)), None)


def _metrics(part: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Ranking metrics on validation by who ranked; empty where there are none."""
    metrics = part.get("metrics")
    found = metrics.get("validation") if isinstance(metrics, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {str(who): values for who, values in found.items() if isinstance(values, Mapping)}


def _parts(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The record and every record inside it; not those of metrics, which are by name."""
    yield record
    for key, value in record.items():
        if isinstance(value, Mapping) and key not in ("metrics", "options"):
            yield from _parts(value)


def _number(value: Any) -> float | None:
    """A finite number, or None for anything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
    return float(value) if known else None
