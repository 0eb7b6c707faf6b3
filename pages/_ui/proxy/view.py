"""The results of a proxy experiment on the page, as far as it came: what it says, and what that rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.charts import proxy as charts
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
from pages._ui import blocks, text
from pages._ui.proxy import data as proxy_data
from pages._ui.proxy import form as proxy_form
from pages._ui.proxy import points as proxy_points_view
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.experiment.record import Experiment

_ROW = 35  # pixels of a table's line


def show(experiment: Experiment, ref: DatasetRef) -> None:
    """Everything about an experiment, from the entries that are finished now."""
    points = proxy_points(experiment)
    if not len(points):
        st.info(
            "No coreset is trained on yet. Results appear here one by one, coefficients from the fifth on.",
            icon=":material/hourglass_empty:",
        )
        return
    kind = _kind()
    report = proxy_data.report(points, experiment, kind)
    _verdict(experiment, report, ref)
    _figures(report)
    st.subheader("Test loss against the proxy", anchor=False)
    proxy_points_view.show(experiment, ref, points, kind)
    if report.line(POO).overall is not None:
        st.subheader("POO against its terms, size and other proxies", anchor=False)
        _lines(report)
        _curve(experiment, points, kind)
    blocks.provenance(*_provenance(experiment, ref))


def _kind() -> Coefficient:
    kind = st.segmented_control(
        "Coefficient", list(Coefficient), default=Coefficient.SPEARMAN, required=True, key="proxy_kind",
        bind="query-params", format_func=lambda one: NAMES[Coefficient(one)],
        help="\n\n".join(proxy_data.COEFFICIENT_HELP.values()),
    )  # fmt: skip
    return Coefficient(kind or Coefficient.SPEARMAN)


def _verdict(experiment: Experiment, report: ProxyReport, ref: DatasetRef) -> None:
    with st.container(border=True):
        state = "" if experiment.finished else " so far"
        st.markdown(f"**Summary{state}**")
        sentences = [text.escape(sentence) for sentence in proxy_verdict(report)]
        methods = sum(arm.method != WHOLE_POOL for arm in experiment.arms)
        conditions = (
            f"All this is about {text.escape(experiment.model or 'one model')} trained as here on {methods} kinds of "
            f"coresets of {text.escape(ref.title)}, and tested on {len(experiment.outcomes.rows):,} samples; another "
            "model, dataset or mix of methods may say something else."
        )
        found = undone(experiment)
        sentences += [text.escape(found)] if found else []
        st.markdown("\n".join(f"- {sentence}" for sentence in [*sentences, conditions]))


def _figures(report: ProxyReport) -> None:
    symbol, line = SYMBOLS[report.kind], report.line(POO)
    sizes = ", ".join(f"{count} of {size:,}" for size, count in report.counts.items())
    shown = {
        "Coresets": (f"{report.n}", f"Finished ones, by size: {sizes}. The whole pool is not among them."),
        f"{symbol} over all": (_number(line.overall), proxy_data.COEFFICIENT_HELP[report.kind]),
        f"{symbol} given size": (_number(line.given_size), proxy_data.GIVEN_HELP),
        f"{symbol} within sizes": (_number(line.within_size), proxy_data.WITHIN_HELP),
    }
    if not report.several_sizes:
        shown = dict(list(shown.items())[:2])
    st.markdown(
        f"**POO at λ {report.lambda_:g} and test loss**", help=f"{blocks.POO_HELP}\n\n{proxy_data.INTERVAL_HELP}"
    )
    blocks.metrics(shown, per_row=len(shown))
    drawn = [one for one in (line.overall, line.given_size, line.within_size) if one is not None]
    if drawn:
        views = [f"{name} {interval(one)}" for name, one in zip(list(shown)[1:], drawn, strict=False)]
        st.caption(f"95 % intervals: {', '.join(views)}. 1: always in the same order; 0: no relation; n = {report.n}.")


def _number(found: Estimate | None) -> str:
    return "–" if found is None else f"{found.value:.2f}"


def _lines(report: ProxyReport) -> None:
    names = [proxy_label(line.name) for line in report.lines]
    best = max((line for line in report.lines if line.overall), key=lambda line: line.overall.value)  # pyright: ignore[reportOptionalMemberAccess]
    blocks.chart(
        charts.coefficient_dots(report.lines, names, symbol=SYMBOLS[report.kind]), key="proxy_coefficients",
        alt=f"{NAMES[report.kind]} of {len(names)} proxies with test loss, with 95 % intervals; over all points "
        f"{proxy_label(best.name)} has the largest.",
        note="Each proxy is turned so that smaller promises less loss: a good one stands on the right. Intervals that "
        "cross 0 leave it open whether the proxy says anything.",
    )  # fmt: skip
    st.dataframe(
        lines_table(report), hide_index=True, key="proxy_lines", alt="Coefficients of all proxies with test loss",
        column_config=_line_columns(report), height=_ROW * (len(report.lines) + 1) + 3,
    )  # fmt: skip
    with st.expander("What each proxy is", icon=":material/menu_book:"):
        for line in report.lines:
            st.markdown(proxy_data.proxy_help(line.name))


def lines_table(report: ProxyReport) -> pd.DataFrame:
    """One line per proxy: coefficients with intervals as people read them."""
    import pandas as pd

    def told(found: Estimate | None, sign: str = "") -> str:
        return "–" if found is None else f"{found.value:{sign}.2f} {interval(found)}"

    columns: dict[str, list] = {
        "proxy": [proxy_label(line.name) for line in report.lines],
        "overall": [told(line.overall) for line in report.lines],
        "given size": [told(line.given_size) for line in report.lines],
        "within sizes": [told(line.within_size) for line in report.lines],
        "POO less this": [told(line.behind_poo, "+") for line in report.lines],
        "n": [line.n for line in report.lines],
    }
    if not report.several_sizes:
        del columns["given size"], columns["within sizes"]
    return pd.DataFrame(columns)


def _line_columns(report: ProxyReport) -> dict:
    column, where = st.column_config.TextColumn, "within sizes" if report.several_sizes else "over all points"
    return {
        "proxy": column("Proxy", help="Definitions below"),
        "overall": column("Over all points", help="Mostly size, where sizes differ"),
        "given size": column("Given size", help=proxy_data.GIVEN_HELP),
        "within sizes": column("Within sizes", help=proxy_data.WITHIN_HELP),
        "POO less this": column("POO less this", help=f"POO's coefficient less this one's, {where}, on the same draws: "
                                "above 0 POO orders the coresets better; an interval that holds 0 leaves it open."),
        "n": st.column_config.NumberColumn("n", help="Coresets that have it", width="small"),
    }  # fmt: skip


def _curve(experiment: Experiment, points: ProxyPoints, kind: Coefficient) -> None:
    found = proxy_data.curve(points, experiment, kind)
    if found is None:
        return
    st.subheader("Would another λ predict better?", anchor=False)
    low, high = found.best
    blocks.chart(
        charts.lambda_lines(found, lambda_=experiment.lambda_, symbol=SYMBOLS[kind]), key="proxy_curve",
        alt=f"{NAMES[kind]} of POO with test loss for λ from 0 to 1; largest at λ {low:g} to {high:g}.",
        table=curve_table(found),
        note=f":material/warning: {text.escape(curve_reading(found, experiment.lambda_, kind))}",
    )  # fmt: skip


def curve_table(found) -> pd.DataFrame:
    """The curve's numbers."""
    import pandas as pd

    columns = {"λ": found.lambdas, "over all points": found.overall}
    return pd.DataFrame(columns | ({} if found.within_size is None else {"within sizes": found.within_size})).round(4)


def _provenance(experiment: Experiment, ref: DatasetRef) -> list[str]:
    seeds = sorted({entry.seed for entry in experiment.entries})
    machine = {name: text.escape(value) for name, value in experiment.machine.items()}
    known = [machine.get("processor", ""), f"{machine['cores']} cores" if "cores" in machine else ""]
    return [
        f"Test losses: {text.escape(experiment.model or 'no model yet')}, "
        f"{text.escape(proxy_form.options_in_words(experiment.options))}, seeds {', '.join(map(str, seeds))}, "
        f"{len(experiment.outcomes.rows):,} test samples of {text.escape(ref.title)}, the same for all; "
        f"on {', '.join(part for part in known if part) or 'an unknown machine'}.",
        "POO, its terms and the other proxies see pool and validation only; the test is seen by nothing but the loss. "
        f"Made {text.moment(experiment.started)}, experiment `{experiment.id}`.",
    ]
