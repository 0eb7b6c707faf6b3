"""The results of a proxy experiment on the page, from the finished trainings: in words, as figures, and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from goracs_core.charts import proxy as charts
from goracs_core.charts import residuals as first_charts
from goracs_core.evaluation.correlation import Coefficient, Estimate
from goracs_core.evaluation.proxy import POO, ProxyPoints, ProxyReport
from goracs_core.evaluation.proxy_reading import (
    NAMES,
    SYMBOLS,
    curve_reading,
    interval,
    proxy_label,
    proxy_verdict,
)
from goracs_core.jobs.experiment.points import proxy_points, undone
from goracs_core.jobs.train.record import WHOLE_POOL
from pages._ui import blocks, cache, columns, state, text, widgets
from pages._ui.proxy import data as proxy_data
from pages._ui.proxy import form as proxy_form
from pages._ui.proxy import points as proxy_points_view
from pages._ui.state import DatasetRef
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from goracs_core.jobs.experiment.record import Experiment
    from goracs_core.types import FloatArray

_ROW = 35  # pixels of a table's row


def show(experiment: Experiment, ref: DatasetRef) -> None:
    """Everything about an experiment, from the entries that are finished now."""
    points = proxy_points(experiment)
    if not len(points):
        st.info(
            "No training is finished yet. Results appear one by one, coefficients from the fifth on.",
            icon=":material/hourglass_empty:",
        )
        return
    words, control = st.columns([3, 2], gap="medium")
    with control:
        kind = _kind()
    report = proxy_data.report(points, experiment, kind)
    if report.line(POO).overall is not None and report.several_sizes:
        words.subheader(text.escape(proxy_verdict(report)[0]), anchor=False)
        _first_screen(ref, points, report)
    _details(experiment, ref, points, report)


def _details(experiment: Experiment, ref: DatasetRef, points: ProxyPoints, report: ProxyReport) -> None:
    _verdict(experiment, report, ref)
    _figures(report)
    parts = {"Test loss against the proxy": lambda: proxy_points_view.show(experiment, ref, points, report.kind)}
    if report.line(POO).overall is not None:
        parts |= {
            "All proxies": lambda: _lines(report),
            "Other values of λ": lambda: _curve(experiment, points, report.kind),
        }
    blocks.tabs(parts, key="proxy_tab")
    blocks.provenance(*_provenance(experiment, ref))


def _first_screen(ref: DatasetRef, points: ProxyPoints, report: ProxyReport) -> None:
    """The points without the effect of size, and every proxy's coefficient."""
    left, right = st.columns([3, 2], gap="medium")
    values = points.proxies(report.lambda_)[POO]
    title, mark = f"POO at λ {report.lambda_:g}", _mark(ref, points, values)
    with left:
        blocks.chart(
            first_charts.residuals(points, values, title=title, mark=mark),
            key="proxy_residuals",
            alt=f"Test loss against POO of {len(points)} coresets, both less the mean of their size.",
            table=pd.DataFrame(
                {
                    "arm": points.arms,
                    "k": points.budgets,
                    "POO less mean": points.without_size(values),
                    "loss less mean": points.without_size(points.loss),
                }
            ),
            compact=True,
        )
    with right:
        lines = [line for line in report.lines if line.within_size is not None]
        lines.sort(key=lambda line: -line.within_size.value)  # pyright: ignore[reportOptionalMemberAccess]
        blocks.chart(
            first_charts.forest(lines, [proxy_label(line.name) for line in lines], symbol=SYMBOLS[report.kind]),
            key="proxy_forest",
            alt=f"Mean {NAMES[report.kind]} within sizes of {len(lines)} proxies with test loss, with 95 % intervals.",
            table=lines_table(report),
            compact=True,
        )


def _mark(ref: DatasetRef, points: ProxyPoints, values: FloatArray) -> float | None:
    """POO of the open run less the mean of the experiment's coresets of its size; None where none is comparable."""
    run = next((one for one in cache.runs(ref.fingerprint) if one.id == state.run_id() and not one.damaged), None)
    same = None if run is None else points.budgets == run.budget
    if run is None or same is None or not same.any():
        return None
    return run.poo - float(values[same].mean())


def _kind() -> Coefficient:
    help_ = "\n\n".join(proxy_data.COEFFICIENT_HELP.values())
    more = {"format_func": lambda one: NAMES[Coefficient(one)], "help": help_, **LINKED}
    return Coefficient(
        widgets.choice("Coefficient", Coefficient, key="proxy_kind", default=Coefficient.SPEARMAN, **more)
    )


def _verdict(experiment: Experiment, report: ProxyReport, ref: DatasetRef) -> None:
    methods = sum(arm.method != WHOLE_POOL for arm in experiment.arms)
    conditions = (
        f"This holds for {experiment.model or 'one model'}, trained with these options on coresets of {methods} arms "
        f"of {ref.title} and tested on {len(experiment.outcomes.rows):,} samples; other models, datasets or methods "
        "may give other results."
    )
    found = undone(experiment)
    sentences = [*proxy_verdict(report), *([found] if found else []), conditions]
    blocks.summary(map(text.escape, sentences), title="Summary" if experiment.finished else "Summary so far")


def _figures(report: ProxyReport) -> None:
    symbol, line = SYMBOLS[report.kind], report.line(POO)
    sizes = ", ".join(f"{count} of {size:,}" for size, count in report.counts.items())
    shown = {
        "Coresets": (f"{report.n}", f"With a finished training, by size: {sizes}; without the whole pool."),
        f"{symbol} over all": (_number(line.overall), proxy_data.COEFFICIENT_HELP[report.kind]),
        f"{symbol} given size": (_number(line.given_size), proxy_data.GIVEN_HELP),
        f"{symbol} within sizes": (_number(line.within_size), proxy_data.WITHIN_HELP),
    }
    if not report.several_sizes:
        shown = dict(list(shown.items())[:2])
    help_ = f"{blocks.POO_HELP}\n\n{proxy_data.INTERVAL_HELP}"
    st.markdown(f"**Correlation of POO at λ {report.lambda_:g} with test loss**", help=help_)
    blocks.metrics(shown, per_row=len(shown))
    drawn = [one for one in (line.overall, line.given_size, line.within_size) if one is not None]
    if drawn:
        views = [f"{name} {interval(one)}" for name, one in zip(list(shown)[1:], drawn, strict=False)]
        st.caption(f"95 % intervals: {', '.join(views)}. 1: the same order; 0: no relation; n = {report.n}.")


def _number(found: Estimate | None) -> str:
    return "–" if found is None else f"{found.value:.2f}"


def _lines(report: ProxyReport) -> None:
    names = [proxy_label(line.name) for line in report.lines]
    best = max((line for line in report.lines if line.overall), key=lambda line: line.overall.value)  # pyright: ignore[reportOptionalMemberAccess]
    blocks.chart(
        charts.coefficient_dots(report.lines, names, symbol=SYMBOLS[report.kind]),
        key="proxy_coefficients",
        alt=f"{NAMES[report.kind]} of {len(names)} proxies with test loss, with 95 % intervals; over all points "
        f"{proxy_label(best.name)} has the largest.",
        note="The sign of each proxy is chosen so that smaller values predict a lower loss: good proxies are on the "
        "right. A correlation is not significant if its interval crosses 0.",
    )
    alt = "Coefficients of all proxies with test loss"
    height = _ROW * (len(report.lines) + 1) + 3
    widgets.table(lines_table(report), key="proxy_lines", alt=alt, columns=_line_columns(report), height=height)

    def definitions() -> None:
        for line in report.lines:
            st.markdown(proxy_data.proxy_help(line.name))

    label, icon = "Definitions of the proxies", ":material/menu_book:"
    blocks.folded(definitions, label=label, key="proxy_definitions", icon=icon)


def lines_table(report: ProxyReport) -> pd.DataFrame:
    """One row per proxy: coefficients with intervals, as text."""

    def told(found: Estimate | None, sign: str = "") -> str:
        return "–" if found is None else f"{found.value:{sign}.2f} {interval(found)}"

    found: dict[str, list] = {
        "proxy": [proxy_label(line.name) for line in report.lines],
        "overall": [told(line.overall) for line in report.lines],
        "given size": [told(line.given_size) for line in report.lines],
        "within sizes": [told(line.within_size) for line in report.lines],
        "POO minus this": [told(line.behind_poo, "+") for line in report.lines],
        "n": [line.n for line in report.lines],
    }
    if not report.several_sizes:
        del found["given size"], found["within sizes"]
    return pd.DataFrame(found)


def _line_columns(report: ProxyReport) -> dict:
    where = "within sizes" if report.several_sizes else "over all points"
    behind = (
        f"Coefficient of POO minus that of this proxy, {where}, on the same draws. Above 0, POO ranks the coresets "
        "better; not significant if the interval contains 0."
    )
    return {
        "proxy": columns.words("Proxy", help="Definitions below"),
        "overall": columns.words("Over all points", help="Mainly the effect of size if sizes differ"),
        "given size": columns.words("Given size", help=proxy_data.GIVEN_HELP),
        "within sizes": columns.words("Within sizes", help=proxy_data.WITHIN_HELP),
        "POO minus this": columns.words("POO minus this", help=behind),
        "n": columns.number("n", help="Number of coresets with this proxy", width="small"),
    }


def _curve(experiment: Experiment, points: ProxyPoints, kind: Coefficient) -> None:
    found = proxy_data.curve(points, experiment, kind)
    if found is None:
        st.caption("There is no gradient term, so that λ has no effect.")
        return
    low, high = found.best
    blocks.chart(
        charts.lambda_lines(found, lambda_=experiment.lambda_, symbol=SYMBOLS[kind]),
        key="proxy_curve",
        alt=f"{NAMES[kind]} of POO with test loss for λ from 0 to 1; largest at λ {low:g} to {high:g}.",
        table=curve_table(found),
        note=f":material/warning: {text.escape(curve_reading(found, experiment.lambda_, kind))}",
    )


def curve_table(found) -> pd.DataFrame:
    """The numbers of the curve."""
    shown = {"λ": found.lambdas, "over all points": found.overall}
    return pd.DataFrame(shown | ({} if found.within_size is None else {"within sizes": found.within_size})).round(4)


def _provenance(experiment: Experiment, ref: DatasetRef) -> list[str]:
    seeds = sorted({entry.seed for entry in experiment.entries})
    machine = {name: text.escape(value) for name, value in experiment.machine.items()}
    known = [machine.get("processor", ""), f"{machine['cores']} cores" if "cores" in machine else ""]
    return [
        f"Test losses: {text.escape(experiment.model or 'no model yet')}, "
        f"{text.escape(proxy_form.options_in_words(experiment.options))}, seeds {', '.join(map(str, seeds))}, "
        f"the same {len(experiment.outcomes.rows):,} test samples of {text.escape(ref.title)}; "
        f"on {', '.join(part for part in known if part) or 'an unknown machine'}.",
        "POO, its terms and the other proxies use pool and validation samples only; test samples are used for the loss "
        f"only. Started {text.moment(experiment.started)}, experiment `{experiment.id}`.",
    ]
