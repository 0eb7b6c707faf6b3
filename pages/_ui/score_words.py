"""The numbers per pool sample that a run has: names and definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
_EFFORT = (
    r"**Effort**, $\lVert\nabla_\phi L_{\mathrm{LLM}}(s)\rVert_2$: norm of the language model's adapter gradient, "
    "that is, the gradient norm of the features (DEALRec, arXiv 2401.17197). It measures how much the sample would "
    "change the model; loss per unit of weight."
)
_WORDS = {
    "influence_score": ScoreWords(
        "Influence",
        "Influence (change of the surrogate's loss)",
        r"**Influence**, $\frac{1}{n^2}\nabla L(s)^\top H^{-1}\frac{1}{n}\sum_i\nabla L(s_i)$: change of the "
        "surrogate's mean training loss if the sample were removed, estimated from its gradient and the damped "
        "Hessian of one layer (DEALRec, arXiv 2401.17197, section 3.2). In nats; only order and proportions are "
        "meaningful.",
        "%.3e",
    ),
    "effort_score": ScoreWords("Effort", "Effort (gradient norm)", _EFFORT),
    "overall_score": ScoreWords(
        "Overall score",
        "Overall score (no unit)",
        "**Overall score**: influence scaled to 0 … 1 plus the effort weight times effort scaled to 0 … 1 (DEALRec, "
        "arXiv 2401.17197, equation 9). The method ranks by this score: the highest scores are excluded, and the "
        "other samples are drawn by strata.",
    ),
    "el2n": ScoreWords(
        "EL2N",
        "EL2N (0 to √2)",
        r"**EL2N**: mean over the answer's tokens of $\lVert p-y\rVert_2$, the distance between the predicted "
        "probabilities and the true token. 0 means a confident and correct prediction (arXiv 2107.07075).",
    ),
    "entropy": ScoreWords(
        "Entropy",
        "Entropy (nats)",
        r"**Entropy**: mean over the answer's tokens of $-\sum_v p_v\log p_v$. High values mean that the language "
        "model is uncertain (arXiv 1906.11829). In nats.",
    ),
    "grand": ScoreWords(
        "GraNd",
        "GraNd (gradient norm)",
        "**GraNd**: norm of the adapter gradient at initialization, averaged over several initializations of the "
        "adapters (arXiv 2107.07075). Loss per unit of weight.",
    ),
    NORM: ScoreWords(
        "Gradient norm", "Gradient norm", "**Gradient norm**: g, as used by GORACS; loss per unit of weight."
    ),
    "spread_score": ScoreWords(
        "Spread score",
        "Spread score (no unit)",
        "**Spread score**: difficulty scaled to 0 … 1 plus that of the nearest neighbors, weighted by distance "
        "(arXiv 2310.07931). Each selected sample reduces the scores of its neighbors; the values shown are those "
        "before selection.",
    ),
    POPULARITY: ScoreWords(
        "Popularity", "Popularity of the target (interactions)", "Training interactions of the target item."
    ),
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
