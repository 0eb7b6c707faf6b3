"""The reports that the Proxy check page shows of an experiment, computed once per state of it; their definitions."""

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
        r"**Pearson's $r$**, $\frac{\sum(x-\bar x)(y-\bar y)}{\sqrt{\sum(x-\bar x)^2\sum(y-\bar y)^2}}$: strength of a "
        "linear relation; sensitive to outliers."
    ),
    Coefficient.SPEARMAN: (
        r"**Spearman's $\rho$**: Pearson's $r$ of the ranks (ties have their mean rank), the strength of a monotone "
        "relation: does a lower POO mean a lower loss?"
    ),
    Coefficient.KENDALL: (
        r"**Kendall's $\tau_b$**, $\frac{\mathrm{concordant}-\mathrm{discordant}}{\sqrt{(N-t_x)(N-t_y)}}$ over the $N$ "
        r"pairs of coresets, $t$ of them tied. $\tau=0.5$: of two coresets, the one with the lower POO has the lower "
        "loss in three of four cases."
    ),
}
GIVEN_HELP = (
    r"**Given size**, partial coefficient: $\frac{r_{xy}-r_{xz}r_{yz}}{\sqrt{(1-r_{xz}^2)(1-r_{yz}^2)}}$ with $x$ the "
    r"proxy, $y$ test loss and $z=\log k$ (ranks of all three for Spearman's $\rho$): the relation that remains after "
    "removing a linear effect of size from both. The view within sizes does not assume a linear effect."
)
WITHIN_HELP = (
    "**Within sizes**: the mean of the coefficients at each size with weights (coresets - 1); sizes with fewer than "
    "three coresets are not included. It does not depend on size. Its interval draws coresets within each size."
)
INTERVAL_HELP = (
    "In brackets: 95 % bootstrap interval (percentiles of 2,000 draws of the coresets, seed 0). It assumes independent "
    "coresets; those of one method are similar, so the interval tends to be too narrow."
)


def proxy_help(name: str) -> str:
    """Definition of a proxy; Markdown."""
    own = {
        POO: blocks.POO_HELP,
        TRANSPORT: blocks.TRANSPORT_HELP,
        GRADIENT: f"{blocks.GRADIENT_HELP}\n\nNegated, so that smaller values predict a lower loss, as for the others.",
        SIZE: r"**Size alone**, $-\log k$: a larger coreset predicts a lower loss. Every proxy should be better.",
    }
    other = OTHER_PROXIES.get(name)
    if other is not None:
        return f"**{other.label}**: {other.definition} As a share of max d."
    return own.get(name, f"**{text.escape(name)}**")


def report(points: ProxyPoints, experiment: Experiment, kind: Coefficient) -> ProxyReport:
    """Coefficients of all proxies with the experiment's test losses."""
    return _report(experiment.id, experiment.started, points.trainings, experiment.lambda_, kind, points)


@st.cache_resource(max_entries=32, show_spinner=False)
def _report(
    experiment: str, started: float, trainings: tuple[str, ...], lambda_: float, kind: Coefficient, _points: ProxyPoints
) -> ProxyReport:
    return proxy_report(_points, lambda_, kind=kind)


def curve(points: ProxyPoints, experiment: Experiment, kind: Coefficient) -> LambdaCurve | None:
    """The coefficient of POO as a function of λ."""
    return _curve(experiment.id, experiment.started, points.trainings, kind, points)


@st.cache_resource(max_entries=32, show_spinner=False)
def _curve(
    experiment: str, started: float, trainings: tuple[str, ...], kind: Coefficient, _points: ProxyPoints
) -> LambdaCurve | None:
    return lambda_curve(_points, kind=kind)
