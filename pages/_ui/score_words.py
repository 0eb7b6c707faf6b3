"""The numbers per pool sample that a run has: names and definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from goracs_core import glossary

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run
    from goracs_core.scores import ScoreTrace
    from goracs_core.types import FloatArray
    from pages._ui.samples import View


@dataclass(frozen=True)
class ScoreWords:
    """A score in words.

    Args:
        name: Short.
        title: With its unit, for axes.
        help: Definition, unit and source; Markdown.
        format: Of its numbers in tables, in printf style.
    """

    name: str
    title: str
    help: str
    format: str = "%.4g"


POPULARITY, NORM = "popularity", "gradient-norm"
_WORDS = {
    key: ScoreWords(glossary.term(term).name, title, glossary.tooltip(term), form)
    for key, term, title, form in (
        ("influence_score", "influence_score", "Influence (change of the surrogate's loss)", "%.3e"),
        ("effort_score", "effort_score", "Effort (gradient norm)", "%.4g"),
        ("overall_score", "overall_score", "Overall score (no unit)", "%.4g"),
        ("el2n", "el2n", "EL2N (0 to √2)", "%.4g"),
        ("entropy", "entropy", "Entropy (nats)", "%.4g"),
        ("grand", "grand", "GraNd (gradient norm)", "%.4g"),
        (NORM, "gradient_norm", "Gradient norm", "%.4g"),
        ("spread_score", "spread_score", "Spread score (no unit)", "%.4g"),
        (POPULARITY, "popularity", "Popularity of the target (interactions)", "%.4g"),
    )
}


def words(column: str) -> ScoreWords:
    """The words for a column; its own name where it is not known."""
    known = _WORDS.get(column)
    plain = column.replace("_", " ").replace("-", " ").capitalize()
    return known or ScoreWords(plain, plain, f"The score {plain.lower()}; larger values mean harder samples.")


def columns(seen: View, trace: ScoreTrace, second: Run | None = None) -> dict[str, FloatArray]:
    """Every number per pool sample for an axis: the trace's, gradient norm, popularity, the score of B.

    Args:
        seen: The dataset.
        trace: Of the open run.
        second: A second run; its ranking score is added as "B: …".
    """
    found = dict(trace.columns)
    if seen.norms is not None and "effort_score" not in found:
        found.setdefault(NORM, seen.norms)
    found[POPULARITY] = seen.dataset.items.popularity[seen.dataset.pool.targets].astype(np.float64)
    theirs = None if second is None else second.selection.scores
    if theirs is not None and len(theirs.values) == len(trace.values):
        found[f"B: {theirs.ranked_by}"] = theirs.values
    return found


def name(column: str) -> str:
    """What a column is called, short."""
    return f"B: {words(column[3:]).name}" if column.startswith("B: ") else words(column).name


def title(column: str) -> str:
    """What a column is called, with its unit."""
    return f"B: {words(column[3:]).title}" if column.startswith("B: ") else words(column).title
