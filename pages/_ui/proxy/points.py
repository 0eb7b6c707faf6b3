"""The coresets of a proxy experiment as points: a proxy against test loss, with λ as a slider, and a picked coreset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts import proxy as charts
from goracs_core.evaluation.correlation import Coefficient
from goracs_core.evaluation.proxy import POO, ProxyPoints, proxy_report
from goracs_core.evaluation.proxy_reading import SYMBOLS, interval, proxy_label, say
from goracs_core.jobs.experiment import proxy_answer
from goracs_core.jobs.experiment.points import start_loss, whole_pool_loss
from goracs_core.jobs.report.comparison import experiment_report
from goracs_core.jobs.select.export import to_csv
from pages._ui import blocks, columns, experiments, guard, routes, selection, text, training_pick, widgets
from pages._ui.proxy import data as proxy_data
from pages._ui.state import DatasetRef
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from goracs_core.evaluation.proxy import ProxyReport
    from goracs_core.jobs.experiment.record import Experiment
    from goracs_core.types import FloatArray

_PICKED = "proxy_picked"
_FEW_DRAWS = 500  # for the λ that is being moved


def show(experiment: Experiment, ref: DatasetRef, points: ProxyPoints, kind: Coefficient) -> None:
    """Scatter, panels of each size, the picked coreset and the table; a fragment of its own."""
    st.fragment(_show)(experiment, ref, points, kind)


@guard.guarded
def _show(experiment: Experiment, ref: DatasetRef, points: ProxyPoints, kind: Coefficient) -> None:
    name, lambda_, fits = _controls(experiment, points)
    values = points.proxies(lambda_)[name]
    title = f"POO at λ {lambda_:g}" if name == POO else proxy_label(name)
    report = _moved(experiment, points, name, lambda_, kind)
    line = report.line(POO)
    found = f"Over all points {say(line.overall, kind)}" if line.overall else "Too few points for a coefficient"
    within = f", within sizes {say(line.within_size, kind)}" if line.within_size else ""
    levels = {"whole pool": whole_pool_loss(experiment), "before training": start_loss(experiment)}
    references = {name: level for name, level in levels.items() if level is not None}
    axis = f"{title} (smaller predicts a lower loss)"
    blocks.chart(
        charts.scatter(points, values, title=axis, references=references, fits=fits),
        key="proxy_scatter",
        alt=f"Test loss of {len(points)} coresets against {title}, from {points.loss.min():.3f} to "
        f"{points.loss.max():.3f} nats. {found}{within}.",
        note=f"{text.escape(found + within)}. Bars: one standard error over the test samples; it hardly affects the "
        "differences, because all coresets have the same test samples. Click a point to show its coreset.",
        on_select=_picker("proxy_scatter", points),
        selection_mode=("points",),
    )
    _card(experiment, ref, points)
    if len(points.sizes) > 1:
        _panels(points, values, title, kind, report)
    label, icon = "All coresets as a table", ":material/table:"
    blocks.folded(lambda: _table(experiment, points), label=label, key="proxy_all_points", icon=icon)


def _controls(experiment: Experiment, points: ProxyPoints) -> tuple[str, float, bool]:
    """The proxy, λ, and whether to draw fitted lines."""
    names = list(points.proxies(experiment.lambda_))
    left, middle, right = st.columns([3, 4, 2], vertical_alignment="bottom")
    help_ = "The proxy of the test loss: POO, one of its terms, size, or another proxy."
    name = left.selectbox("Proxy", names, key="proxy_across", format_func=proxy_label, help=help_, **LINKED)
    name = str(name) if name in names else POO
    lambda_ = experiment.lambda_
    if name == POO and points.gradient.any():
        help_ = f"Changes POO in this figure only; summary and tables use the λ of the experiment, {lambda_:g}."
        key, high = f"proxy_moved_lambda_{experiment.id}", max(1.0, lambda_)
        lambda_ = float(middle.slider("λ of POO", 0.0, high, lambda_, 0.01, key=key, help=help_))
    fits = right.toggle("Fit lines", False, key="proxy_fits", help="Least-squares line for the coresets of each size.")
    return name, lambda_, fits


def _moved(experiment: Experiment, points: ProxyPoints, name: str, lambda_: float, kind: Coefficient) -> ProxyReport:
    """The report in which the shown proxy stands in POO's place."""
    if name == POO and lambda_ == experiment.lambda_:
        return proxy_data.report(points, experiment, kind)
    return _moved_report(experiment.id, experiment.started, points.trainings, name, lambda_, kind, points)


@st.cache_resource(max_entries=128, show_spinner=False)
def _moved_report(
    experiment: str,
    started: float,
    trainings: tuple,
    name: str,
    lambda_: float,
    kind: Coefficient,
    _points: ProxyPoints,
) -> ProxyReport:
    values = _points.proxies(lambda_)[name]
    known = np.isfinite(values)
    alone = replace(_points.take(known), transport=values[known], others={})
    return proxy_report(alone, 0.0, kind=kind, draws=_FEW_DRAWS)


def _panels(points: ProxyPoints, values: FloatArray, title: str, kind: Coefficient, report: ProxyReport) -> None:
    heads = {}
    for size in points.sizes:
        found = report.sizes.get(size)
        numbers = [f"{SYMBOLS[kind]} {found.value:.2f} {interval(found)}"] if found else []
        heads[size] = [f"k {size:,} · {report.counts.get(size, 0)} coresets", *numbers]
    told = "; ".join(", ".join(lines) for lines in heads.values())
    blocks.chart(
        charts.within_sizes(points, values, title=title, heads=heads),
        key="proxy_panels",
        alt=f"The same for each of {len(points.sizes)} sizes: {told}.",
        note="Each size separately, with the colors above; all panels have the same scales. A coefficient requires at "
        "least five coresets.",
        on_select=_picker("proxy_panels", points),
        selection_mode=("points",),
    )


def _picker(chart: str, points: ProxyPoints) -> Callable[[], None]:
    def keep() -> None:
        places = selection.ids(st.session_state.get(chart))
        if places and places[0] < len(points):
            st.session_state[_PICKED] = points.trainings[places[0]]

    return keep


def _row_picker(points: ProxyPoints) -> Callable[[], None]:
    def keep() -> None:
        row = selection.picked_row(st.session_state.get("proxy_table"))
        if row is not None and row < len(points):
            st.session_state[_PICKED] = points.trainings[row]

    return keep


def _card(experiment: Experiment, ref: DatasetRef, points: ProxyPoints) -> None:
    """The picked coreset: its numbers and links to its pages."""
    picked = st.session_state.get(_PICKED)
    if picked not in points.trainings:
        return
    place = points.trainings.index(picked)
    arm, run, poo = points.arms[place], points.runs[place], points.poo(experiment.lambda_)[place]
    with st.container(border=True):
        st.markdown(
            f"**{text.escape(arm)}, {points.budgets[place]:,} samples, seed {points.seeds[place]}**: test loss "
            f"{points.loss[place]:.4f} ± {points.loss_error[place]:.4f}, POO {poo:.5f} = {points.transport[place]:.5f} "
            f"- {experiment.lambda_:g} × {points.gradient[place]:.4f}"
        )
        with st.container(horizontal=True):
            if experiments.is_here(ref, run):
                for route in (routes.RUN, routes.EMBEDDING_MAP, routes.TRANSPORT_PLAN, routes.POPULARITY):
                    blocks.link(route, route.title, run=run)
                if training_pick.store().has(picked):
                    blocks.link(routes.TRAINING, "Training", run=run, **{training_pick.PICKER.name: picked})
            else:
                entry = next(one for one in experiment.entries if one.training == picked)
                experiments.again(experiment, entry)
                st.caption("Its run is not in this workspace: the experiment was made elsewhere, or it was deleted.")


def _table(experiment: Experiment, points: ProxyPoints) -> None:
    table = proxy_answer.table(experiment)
    alt = "All coresets with their proxies and test loss"
    more = {"on_select": _row_picker(points), "selection_mode": "single-row"}
    widgets.table(table, key="proxy_table", alt=alt, columns=_columns(points), **more)
    with st.container(horizontal=True, vertical_alignment="center"):
        help_ = "One row per coreset: arm, POO and its terms, the other proxies, test loss."
        name = f"proxy-{experiment.id}.csv"
        widgets.download("Table (CSV)", lambda: to_csv(table), name, key="proxy_csv", help=help_)
        widgets.report(lambda: experiment_report(experiment), f"proxy-{experiment.id}.html", key="proxy_report")
        st.caption("Select a row to show its coreset below the large figure.", width="stretch")


def _columns(points: ProxyPoints) -> dict:
    number, words = columns.number, columns.words
    return {
        "arm": words("Arm", help="Method, with λ where several are compared"),
        "budget": columns.BUDGET,
        "seed": number("Seed", help="Of the selection, where it is random, and of the training", width="small"),
        "poo": columns.POO,
        "transport_term": columns.TRANSPORT,
        "gradient_term": columns.GRADIENT,
        "test_loss": columns.TEST_LOSS,
        "test_loss_se": number("±", help="Standard error over the test samples", format="%.4f"),
        "run": words("Run", help="Id of the run"),
        "training": words("Training", help="Id of the training"),
        **{name: number(proxy_label(name), help=proxy_data.proxy_help(name), format="%.5f") for name in points.others},
    }
