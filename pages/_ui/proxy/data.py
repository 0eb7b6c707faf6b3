"""What the Proxy check page shows of an experiment: its points and their report, computed once per state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.evaluation.correlation import Coefficient
from goracs_core.evaluation.other_proxies import OTHER_PROXIES
from goracs_core.evaluation.proxy import (
    GRADIENT,
    POO,
    SIZE,
    TRANSPORT,
    LambdaCurve,
    ProxyPoints,
    ProxyReport,
    lambda_curve,
    proxy_report,
)
from pages._ui import blocks, text

if TYPE_CHECKING:
    from goracs_core.jobs.experiment.record import Experiment

COEFFICIENT_HELP = {
    Coefficient.PEARSON: (
        r"**Pearson's $r$**, $\frac{\sum(x-\bar x)(y-\bar y)}{\sqrt{\sum(x-\bar x)^2\sum(y-\bar y)^2}}$: how well a "
        "straight line fits; one far-off coreset can make it or break it."
    ),
    Coefficient.SPEARMAN: (
        r"**Spearman's $\rho$**: Pearson's of the ranks, ties at their mean rank: how well any rising curve fits. What "
        "counts for choosing: does a lower POO mean a lower loss?"
    ),
    Coefficient.KENDALL: (
        r"**Kendall's $\tau_b$**, $\frac{\mathrm{concordant}-\mathrm{discordant}}{\sqrt{(N-t_x)(N-t_y)}}$ over the $N$ "
        r"pairs of coresets, $t$ of them tied: $\tau=0.5$ means that of two coresets the one of lower POO has the "
        "lower loss three times out of four."
    ),
}
GIVEN_HELP = (
    r"**Given size**, partial coefficient: $\frac{r_{xy}-r_{xz}r_{yz}}{\sqrt{(1-r_{xz}^2)(1-r_{yz}^2)}}$ with $x$ the "
    r"proxy, $y$ test loss and $z=\log k$ (for Spearman's, ranks of all three): what is left when a line on size has "
    "been taken out of both. It trusts that line; the view within sizes does not."
)
WITHIN_HELP = (
    "**Within sizes**: the coefficient at each size alone, then their mean with weights (coresets - 1); sizes of fewer "
    "than three coresets are left out. Size cannot play a part in it. The draws of its interval take from each size as "
    "many coresets as it has."
)
INTERVAL_HELP = (
    "In brackets: 95 % percentile interval of 2,000 draws of the coresets with replacement, seed 0. It takes the "
    "coresets as independent; those of one method are alike, so it is rather too narrow."
)


def proxy_help(name: str) -> str:
    """Definition of a proxy; Markdown."""
    own = {
        POO: blocks.POO_HELP,
        TRANSPORT: blocks.TRANSPORT_HELP,
        GRADIENT: f"{blocks.GRADIENT_HELP}\n\nNegated, so that smaller promises less loss, as with the others.",
        SIZE: r"**Size alone**, $-\log k$: a larger coreset promises less loss. What every proxy has to beat.",
    }
    other = OTHER_PROXIES.get(name)
    return (
        own.get(name, f"**{text.escape(name)}**")
        if other is None
        else f"**{other.label}**: {other.definition} As a share of max d."
    )


def report(points: ProxyPoints, experiment: Experiment, kind: Coefficient) -> ProxyReport:
    """Coefficients of all proxies with the experiment's test losses."""
    return _report(experiment.id, experiment.started, points.trainings, experiment.lambda_, kind, points)


@st.cache_resource(max_entries=32, show_spinner=False)
def _report(
    experiment: str, started: float, trainings: tuple[str, ...], lambda_: float, kind: Coefficient, _points: ProxyPoints
) -> ProxyReport:
    return proxy_report(_points, lambda_, kind=kind)


def curve(points: ProxyPoints, experiment: Experiment, kind: Coefficient) -> LambdaCurve | None:
    """POO's coefficient along λ."""
    return _curve(experiment.id, experiment.started, points.trainings, kind, points)


@st.cache_resource(max_entries=32, show_spinner=False)
def _curve(
    experiment: str, started: float, trainings: tuple[str, ...], kind: Coefficient, _points: ProxyPoints
) -> LambdaCurve | None:
    return lambda_curve(_points, kind=kind)
