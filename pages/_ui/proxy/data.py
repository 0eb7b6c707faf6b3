"""The reports that the Proxy check page shows of an experiment, computed once per state of it; their definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core import glossary
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
    Coefficient.PEARSON: glossary.tooltip("pearson"),
    Coefficient.SPEARMAN: glossary.tooltip("spearman"),
    Coefficient.KENDALL: glossary.tooltip("kendall"),
}
GIVEN_HELP = glossary.tooltip("partial")
WITHIN_HELP = glossary.tooltip("within")
INTERVAL_HELP = glossary.tooltip("interval")


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
