"""Pieces that look the same on every page: empty states, errors, the objective's terms, charts with a table behind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from goracs_core import glossary
from goracs_core.charts.layout import name_in_hover
from pages._ui import routes, state
from pages._ui.guard import guarded

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure
    from streamlit.delta_generator import DeltaGenerator

    from goracs_core.selection.result import Selection

POO_HELP = glossary.tooltip("poo")
TRANSPORT_HELP = glossary.tooltip("transport")
GRADIENT_HELP = glossary.tooltip("gradient")
LAMBDA_HELP = glossary.tooltip("lambda")
PASS_HELP = glossary.tooltip("pass_at_1")


def empty_state(
    title: str, body: str, *, route: routes.Route | None = None, label: str = "", demo: bool = False
) -> None:
    """What a page shows when something is missing: why, and a way on.

    Args:
        title: What is missing, in a few words.
        body: What to do; Markdown.
        route: Page that provides it.
        label: Text of the link to `route`.
        demo: Also offer the demo.
    """
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader(title, anchor=False, text_alignment="center")
        st.markdown(body, text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            if demo:
                demo_button()
            if route is not None:
                link(route, label or f"Open {route.title}")


def demo_button(*, key: str = "open_demo") -> None:
    """One click to the demo dataset."""
    available = state.DEMO in state.dataset_names()
    clicked = st.button(
        "Open the demo",
        key=key,
        type="primary",
        icon=":material/play_arrow:",
        disabled=not available,
        help="A synthetic shop with precomputed features; works offline."
        if available
        else "The demo files are missing.",
    )
    if clicked:
        state.set_dataset(state.DEMO)
        st.rerun()


def link(
    route: routes.Route, label: str, *, icon: str | None = None, help: str | None = None, **query: str | None
) -> None:
    """A link to another page that keeps the open dataset and run; `query` changes them (see `state.query`)."""
    st.page_link(route.script, label=label, icon=icon or route.icon, help=help, query_params=state.query(**query))


def objective_terms(selection: Selection) -> None:
    """POO and its two terms apart, and pass@1 where exchanges were tried; each defined on hover."""
    trace = selection.trace
    passed = trace.pass_at_1
    shown: list[tuple[str, str, str | None, str]] = [
        ("POO(S) ↓", f"{selection.poo:.5f}", None, POO_HELP),
        ("Transport term", f"{selection.transport_term:.5f}", None, TRANSPORT_HELP),
        ("Gradient term", f"{selection.gradient_term:.5f}", None, GRADIENT_HELP),
        ("λ", f"{selection.config.lambda_:g}", None, LAMBDA_HELP),
    ]
    if passed is not None:
        shown.append(("pass@1", f"{passed:.0%}", None if trace.exchanges else "no exchange accepted", PASS_HELP))
    for column, (label, value, delta, help_) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value, delta, delta_color="off", delta_arrow="off", help=help_, border=True)


def chart(
    figure: Figure,
    *,
    key: str,
    alt: str,
    table: pd.DataFrame | None = None,
    note: str = "",
    compact: bool = False,
    still: bool = False,
    on_select: Any = "ignore",
    selection_mode: Sequence[Literal["points", "box", "lasso"]] = ("points", "box", "lasso"),
) -> Any:
    """A plotly figure with alt text, the numbers behind it as a table, and clean SVG / PNG download.

    Args:
        figure: From goracs_core.charts. Keep it constant between reruns where people select on it.
        key: Unique on the page; also the name of downloaded files.
        alt: What the chart shows and its main finding, for people who cannot see it.
        table: The same numbers; shown and downloadable behind "Table".
        note: Provenance or reading help, one line of Markdown.
        compact: The table is behind a small button, where the first screen has no room for more.
        still: A small picture without hover, zoom and buttons.
        on_select: As in st.plotly_chart.
        selection_mode: As in st.plotly_chart.

    Returns:
        What st.plotly_chart returns: the selection when `on_select` is not "ignore".
    """
    config = {
        "displaylogo": False,
        "showSendToCloud": False,
        "responsive": True,
        "toImageButtonOptions": {"format": figure_format(), "filename": key, "scale": 2},
        "staticPlot": still,
        "displayModeBar": False if still else "hover",
    }
    event = st.plotly_chart(
        name_in_hover(figure),
        key=key,
        alt=alt,
        config=config,
        on_select=on_select,
        selection_mode=selection_mode,
        width="stretch",
    )
    if note:
        st.caption(note)
    if table is not None:
        words = "Show the numbers as a table"

        def numbers() -> None:
            st.dataframe(table, hide_index=True, key=f"{key}_table", alt=f"Data of the chart: {alt}")

        label = "Table" if compact else words
        folded(numbers, label=label, key=f"{key}_numbers", icon=":material/table:", small=compact, help=words)
    return event


@st.fragment
@guarded
def folded(
    body: Callable[[], None], *, label: str, key: str, icon: str, small: bool = False, help: str | None = None
) -> None:
    """A part that is made and sent when it is opened: what nobody looks at costs the first screen nothing.

    Args:
        body: Draws the part.
        label: What the part is.
        key: Of the part; its value in the session state says whether it is open.
        icon: Beside the label.
        small: A small button that opens it over the page, instead of a line that unfolds.
        help: Shown when the pointer is on the button.
    """
    more: Any = {"icon": icon, "key": key, "on_change": "rerun"}
    place = st.popover(label, type="tertiary", help=help, **more) if small else st.expander(label, **more)
    if place.open:
        with place:
            body()


def figure_format() -> str:
    """Format of the camera button above charts: "svg" or "png", as chosen in the bar at the top."""
    return str(st.session_state.get("figure_format") or "svg")


def metrics(values: Mapping[str, str | tuple[str, str]], *, per_row: int = 4) -> None:
    """A grid of labelled numbers; a tuple adds the definition shown on hover."""
    entries = list(values.items())
    rows = math.ceil(len(entries) / per_row)
    for row in range(rows):
        shown = entries[row * per_row : (row + 1) * per_row]
        for column, (label, value) in zip(st.columns(per_row), shown, strict=False):
            number, definition = (value, None) if isinstance(value, str) else value
            column.metric(label, number, help=definition, border=True)


def tabs(parts: Mapping[str, Callable[[], None]], *, key: str, default: str | None = None) -> None:
    """Parts of which one is in sight, and is the only one that is made.

    Args:
        parts: What draws each part, by its label.
        key: Of the row of labels.
        default: Label of the part that is open at first; None for the first one.
    """
    places = st.tabs(list(parts), key=key, default=default, on_change="rerun")
    for draw, tab in zip(parts.values(), places, strict=True):
        if tab.open:
            with tab:
                draw()


def form_place(title: str, *, folded: bool) -> DeltaGenerator | None:
    """Where a form is drawn: folded away under `title` where there are results to see, else in a frame.

    Returns:
        The place; None while it is folded away, when nothing of the form is to be made.
    """
    if not folded:
        return st.container(border=True)
    place = st.expander(title, icon=":material/add:", key=title.lower().replace(" ", "_"), on_change="rerun")
    return place if place.open else None


def form_and_result(title: str, *, folded: bool) -> tuple[DeltaGenerator | None, DeltaGenerator, DeltaGenerator]:
    """Where a page draws its form, the progress of what the form started, and its results.

    Args:
        title: Of the drawer that holds the form where there are results; without any it stands beside them.
        folded: Whether there are results.

    Returns:
        The places; None for the form while it is folded away, when nothing of it is to be made.
    """
    if folded:
        return form_place(title, folded=True), st.container(), st.container()
    left, right = st.columns([1, 2.2], gap="medium")
    return left.container(border=True), left.container(), right.container()


def summary(sentences: Iterable[str], *, title: str = "Summary", help: str | None = None) -> None:
    """What the results say, one sentence per point (Markdown; escape user data with `text.escape`)."""
    with st.container(border=True):
        st.markdown(f"**{title}**", help=help)
        st.markdown("\n".join(f"- {sentence}" for sentence in sentences))


def provenance(*lines: str) -> None:
    """Where the numbers come from: small grey lines (Markdown; escape user data with `text.escape`)."""
    st.caption("  \n".join(lines))
