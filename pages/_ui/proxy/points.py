"""The coresets of a proxy experiment as points: POO or another proxy against test loss, λ by hand, one looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.charts import proxy as charts
from goracs_core.evaluation.correlation import Coefficient
from goracs_core.evaluation.proxy import POO, ProxyPoints, proxy_report
from goracs_core.evaluation.proxy_reading import SYMBOLS, interval, proxy_label, say
from goracs_core.jobs.experiment import proxy_answer
from goracs_core.jobs.experiment.points import start_loss, whole_pool_loss
from pages._ui import blocks, experiment_links, guard, routes, selection, text, training_pick
from pages._ui.proxy import data as proxy_data
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.experiment.record import Experiment

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
    references = {"whole pool": whole_pool_loss(experiment), "before training": start_loss(experiment)}
    blocks.chart(
        charts.scatter(
            points, values, title=f"{title} (smaller promises less loss)",
            references={name: level for name, level in references.items() if level is not None}, fits=fits,
        ),
        key="proxy_scatter", on_select=_picker("proxy_scatter", points), selection_mode=("points",),
        alt=f"Test loss of {len(points)} coresets against {title}, from {points.loss.min():.3f} to "
        f"{points.loss.max():.3f} nats. {found}{within}.",
        note=f"{text.escape(found + within)}. Bars: one standard error over the test samples, which all coresets share "
        "and which is therefore hardly in their differences. Click a point to look at it.",
    )  # fmt: skip
    _card(experiment, ref, points)
    if len(points.sizes) > 1:
        _panels(points, values, title, kind, report)
    with st.expander("All coresets as a table", icon=":material/table:"):
        _table(experiment, points)


def _controls(experiment: Experiment, points: ProxyPoints) -> tuple[str, float, bool]:
    """Which proxy, which λ, lines or not."""
    names = list(points.proxies(experiment.lambda_))
    left, middle, right = st.columns([3, 4, 2], vertical_alignment="bottom")
    name = left.selectbox(
        "Across", names, key="proxy_across", format_func=proxy_label, bind="query-params",
        help="What is to predict test loss. POO, one of its terms alone, mere size, or another proxy.",
    )  # fmt: skip
    name = str(name) if name in names else POO
    lambda_ = experiment.lambda_
    key = f"proxy_moved_lambda_{experiment.id}"
    if name == POO and points.gradient.any():
        lambda_ = float(middle.slider(
            "λ of POO", 0.0, max(1.0, experiment.lambda_), experiment.lambda_, 0.01, key=key,
            help=f"Moves the points; the coresets stay the same. The experiment was made for λ {experiment.lambda_:g}, "
            "and the verdict, the figures above and the table below stay with it.",
        ))  # fmt: skip
    fits = right.toggle("Fit lines", False, key="proxy_fits", help="Least squares through the coresets of each size.")
    return name, lambda_, fits


def _moved(experiment: Experiment, points: ProxyPoints, name: str, lambda_: float, kind: Coefficient):
    """The report in which the shown proxy stands in POO's place."""
    if name == POO and lambda_ == experiment.lambda_:
        return proxy_data.report(points, experiment, kind)
    return _moved_report(experiment.id, experiment.started, points.trainings, name, lambda_, kind, points)


@st.cache_resource(max_entries=128, show_spinner=False)
def _moved_report(
    experiment: str, started: float, trainings: tuple, name: str, lambda_: float, kind: Coefficient,
    _points: ProxyPoints,
):  # fmt: skip
    from dataclasses import replace

    import numpy as np

    values = _points.proxies(lambda_)[name]
    known = np.isfinite(values)
    alone = replace(_points.take(known), transport=values[known], others={})
    return proxy_report(alone, 0.0, kind=kind, draws=_FEW_DRAWS)


def _panels(points: ProxyPoints, values, title: str, kind: Coefficient, report) -> None:
    heads = {}
    for size in points.sizes:
        found = report.sizes.get(size)
        numbers = [f"{SYMBOLS[kind]} {found.value:.2f} {interval(found)}"] if found else []
        heads[size] = [f"k {size:,} · {report.counts.get(size, 0)} coresets", *numbers]
    told = "; ".join(", ".join(lines) for lines in heads.values())
    blocks.chart(
        charts.within_sizes(points, values, title=title, heads=heads), key="proxy_panels",
        on_select=_picker("proxy_panels", points), selection_mode=("points",),
        alt=f"The same for each of {len(points.sizes)} sizes alone: {told}.",
        note="Each size alone, colours as above: here size plays no part. All panels span as much in both directions. "
        "Under five coresets a size has no coefficient of its own.",
    )  # fmt: skip


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
    """The picked coreset: its numbers and where to look at it."""
    picked = st.session_state.get(_PICKED)
    if picked not in points.trainings:
        return
    place = points.trainings.index(picked)
    arm, budget, seed, run = (
        points.arms[place],
        int(points.budgets[place]),
        int(points.seeds[place]),
        points.runs[place],
    )
    with st.container(border=True):
        st.markdown(
            f"**{text.escape(arm)}, {budget:,} samples, seed {seed}**: test loss {points.loss[place]:.4f} ± "
            f"{points.loss_error[place]:.4f}, POO {points.poo(experiment.lambda_)[place]:.5f} = "
            f"{points.transport[place]:.5f} - {experiment.lambda_:g} × {points.gradient[place]:.4f}"
        )
        with st.container(horizontal=True):
            if experiment_links.is_here(ref, run):
                for route, label in (
                    (routes.RUN, "Open the coreset"), (routes.EMBEDDING_MAP, "On the map"),
                    (routes.TRANSPORT_PLAN, "Whom it serves"), (routes.POPULARITY, "Head or tail"),
                ):  # fmt: skip
                    blocks.link(route, label, run=run)
                if training_pick.store().has(picked):
                    blocks.link(routes.TRAINING, "What it taught", run=run, **{training_pick.PICKER.name: picked})
            else:
                entry = next(one for one in experiment.entries if one.training == picked)
                experiment_links.again(experiment, entry)
                st.caption("Its run is not in this workspace: the experiment came from elsewhere, or was deleted.")


def _table(experiment: Experiment, points: ProxyPoints) -> None:
    from goracs_core.jobs.select.export import to_csv

    table = proxy_answer.table(experiment)
    st.dataframe(
        table, hide_index=True, key="proxy_table", on_select=_row_picker(points), selection_mode="single-row",
        alt="All trained coresets with their proxies and test loss", column_config=_columns(points),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Table as CSV", lambda: to_csv(table), file_name=f"proxy-{experiment.id}.csv", mime="text/csv",
            icon=":material/download:", on_click="ignore", key="proxy_csv",
            help="One line per coreset: how it was chosen, POO and its terms, the other proxies, test loss.",
        )  # fmt: skip
        st.caption("Select a row to look at the coreset below the large figure.", width="stretch")


def _columns(points: ProxyPoints) -> dict:
    number, words = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "arm": words("Chosen by", help="Method, with λ where several were tried"),
        "budget": number("k", help="Budget: number of chosen samples", width="small"),
        "seed": number("Seed", help="Of the choice, where it is drawn, and of the training", width="small"),
        "poo": number("POO", help=blocks.POO_HELP, format="%.5f"),
        "transport_term": number("Transport term", help=blocks.TRANSPORT_HELP, format="%.5f"),
        "gradient_term": number("Gradient term", help=blocks.GRADIENT_HELP, format="%.4f"),
        "test_loss": number("Test loss", help="Mean over the test samples in nats", format="%.4f"),
        "test_loss_se": number("± 1 s.e.", help="Standard error of the mean over the test samples", format="%.4f"),
        "run": words("Run", help="Id of the coreset's run"),
        "training": words("Training", help="Id of the training"),
        **{name: number(proxy_label(name), help=proxy_data.proxy_help(name), format="%.5f") for name in points.others},
    }
