"""What is proven about a coreset: the bounds while the solver runs, and the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import bounds as charts
from goracs_core.jobs.select.export import gap_sentence
from goracs_core.methods import CertifiedConfig, ItraConfig
from goracs_core.quantities import proven
from pages._ui import blocks, text

if TYPE_CHECKING:
    from goracs_core.jobs.queue.job import Job
    from goracs_core.jobs.select.run import Run
    from goracs_core.types import Certificate, FloatArray

Lines = Sequence[tuple[float, float | None, float | None]]

LOWER_HELP = glossary.tooltip("lower_bound")
GAP_HELP = glossary.tooltip("gap")
ROUNDS_HELP = glossary.tooltip("iterations")
PASSES_HELP = glossary.tooltip("full_passes")
_BY_LABEL = (
    "\n\nSelected within each label: the bound, the gap and the POO compared with it are mass-weighted sums over the "
    "labels, for the same number of samples per label."
)


def live(job: Job) -> None:
    """The bounds of a running selection, as far as it has reported any; drawn again at each look."""
    lines = latest(job.bounds)
    if not lines:
        return
    seconds, lower, upper = arrays(lines)
    option = charts.live(seconds, lower, upper, until=job.elapsed)
    sentence = standing(float(lower[-1]), float(upper[-1]))
    alt = f"Lower and upper bound on the best POO over time. {sentence}"
    st.echarts_chart(option, key=f"live_bounds_{job.id}", height=230, renderer="svg", alt=alt)
    by_label = bool(job.spec.get("config", {}).get("label_aware"))
    st.caption(sentence + (" Each label is selected and proven separately; the current one is shown." * by_label))


def latest(lines: Lines) -> Lines:
    """The lines of the solver run that reports now: bounds only ever close, so where they open, a new run began."""
    start = 0
    for number in range(1, len(lines)):
        (_, low_before, high_before), (_, low, high) = lines[number - 1], lines[number]
        if _or(low, -math.inf) < _or(low_before, -math.inf) or _or(high, math.inf) > _or(high_before, math.inf):
            start = number
    return lines[start:]


def arrays(lines: Lines) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Seconds, lower and upper bound; NaN where there is none yet; shapes [lines]."""
    columns = np.array([[math.nan if value is None else value for value in line] for line in lines], np.float64)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def standing(lower: float, upper: float) -> str:
    """Where two bounds stand, in words."""
    best = f"The best coreset so far has a POO of {upper:.5f}." if math.isfinite(upper) else "No coreset yet."
    if not math.isfinite(lower):
        return f"{best} There is no lower bound yet."
    proven = f"Proven: no coreset of this size has a POO below {lower:.5f}"
    possible = f", so an improvement of at most {upper - lower:.5f} is possible" if math.isfinite(upper) else ""
    return f"{best} {proven}{possible}."


def figures(run: Run) -> None:
    """Bound, gap and effort of a finished run, and what they mean; or how to get a proof."""
    certificate = run.selection.certificate
    if certificate is None:
        st.caption(_unproven(run))
        return
    more = _BY_LABEL if run.config.label_aware else ""
    blocks.metrics(
        {
            "Lower bound": (text.number(certificate.lower_bound, 5), LOWER_HELP + more),
            "Proven gap": (share(certificate.gap), GAP_HELP + more),
            "Iterations": (f"{certificate.rounds:,}", ROUNDS_HELP + more),
            "Full passes": (f"{certificate.full_passes:,}", PASSES_HELP + more),
        }
    )
    st.markdown(f"**{in_words(run, certificate)}**", help=GAP_HELP + more)


def in_words(run: Run, certificate: Certificate) -> str:
    """The gap as a sentence."""
    sentence = gap_sentence(certificate.gap, run.config.budget, label_aware=run.config.label_aware)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def share(gap: float) -> str:
    """A gap in per cent, two digits that count, rounded up: what is said must be proven."""
    return proven(gap)


def _unproven(run: Run) -> str:
    if isinstance(run.config, ItraConfig):
        way = "Enable *Also prove a lower bound* in the advanced options, or choose the method *GORACS (certified)*."
    else:
        way = "Choose the method *GORACS (certified)* for a coreset with a proof."
    return f"No lower bound was computed, so it is unknown how much better another coreset of this size could be. {way}"


def history(run: Run) -> None:
    """The convergence of the bounds, which can be replayed, and the gap on a logarithmic axis."""
    selection = run.selection
    bounds, certificate = selection.trace.bounds, selection.certificate
    if certificate is None:
        return
    st.markdown("**Convergence of the bounds**")
    if bounds is None or len(bounds) == 0:
        st.caption("Each label was selected and proven separately, so there is no common curve of the two bounds.")
        return
    if len(bounds) == 1:
        st.caption("The first coreset was proven immediately, so there is no curve to show.")
        return
    room = bounds.upper - bounds.lower
    shares = np.where(np.isfinite(room), room, np.nan) / max(selection.transport_term, 1e-15)
    asked = run.config.gap if isinstance(run.config, CertifiedConfig) else None
    since = "" if isinstance(run.config, CertifiedConfig) else " Time is measured from the start of the dual ascent."
    numbers = {"lower": bounds.lower, "upper": bounds.upper, "gap": shares}
    table = pd.DataFrame({"seconds": bounds.seconds, "iterations": bounds.rounds, **numbers})
    left, right = st.columns([3, 2], gap="medium")
    with left:
        blocks.chart(
            charts.replay(bounds.seconds, bounds.lower, bounds.upper),
            key="bounds_replay",
            alt=f"Within {bounds.seconds[-1]:.1f} seconds the lower bound increases to {certificate.lower_bound:.5f} "
            f"and the POO of the best coreset decreases to {certificate.value:.5f}.",
            table=table.replace([np.inf, -np.inf], np.nan),
            note=f"Move the slider, or press Replay to see the convergence over time.{since}",
        )
    with right:
        blocks.chart(
            charts.gap_curve(bounds.seconds, shares, asked=asked),
            key="gap_curve",
            alt=f"The gap decreases to {share(certificate.gap)} of the transport term.",
            note="The same gap relative to the transport term of the final coreset.",
        )


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
