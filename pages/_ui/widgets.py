"""Widgets of forms and tables: values that are never None, kept between pages (`KEPT`) or in the address (`LINKED`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

T = TypeVar("T")

KEPT: Any = {"persist_state": "session"}
LINKED: Any = {"bind": "query-params"}

WITHOUT_NORMS = "These features have no gradient norms, so only λ = 0 (transport only) is available."
_MIME = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/octet-stream",
    ".zip": "application/zip",
}


def whole(label: str, low: int, high: int | None, default: int, *, key: str, place: Any = st, **more: Any) -> int:
    """A whole number from `low` to `high`; further arguments as for `st.number_input`."""
    return int(place.number_input(label, low, high, default, key=key, **more))


def real(label: str, low: float, high: float, default: float, *, key: str, place: Any = st, **more: Any) -> float:
    """A number from `low` to `high`; further arguments as for `st.number_input`."""
    return float(place.number_input(label, low, high, default, key=key, **more))


def line(label: str, default: str = "", *, key: str, place: Any = st, **more: Any) -> str:
    """A line of text without the blanks at its ends; further arguments as for `st.text_input`."""
    return str(place.text_input(label, default, key=key, **more) or "").strip()


def choice(label: str, options: Iterable[T], *, key: str, default: T | None = None, place: Any = st, **more: Any) -> T:
    """One of a few values, as a row of buttons.

    Args:
        label: Of the row.
        options: The values.
        key: Of the widget.
        default: Chosen at first; None for the first value.
        place: Column or container.
        **more: As for `st.segmented_control`.
    """
    values = list(options)
    first = values[0] if default is None else default
    chosen = place.segmented_control(label, values, default=first, required=True, key=key, **more)
    return chosen if chosen in values else first


def budget_choice(budgets: Sequence[int], *, key: str, label: str = "Budget", default: int = -1, **more: Any) -> int:
    """One of the budgets that there are; nothing is shown where there is only one.

    Args:
        budgets: In rising order, at least one.
        key: Of the widget.
        label: Of the widget.
        default: Place of the one that is chosen at first, or when the chosen one has gone.
        **more: Column or container (`place`), help.
    """
    if len(budgets) == 1:
        return budgets[0]
    if st.session_state.get(key) not in budgets:
        st.session_state[key] = budgets[default]
    place = more.pop("place", st)
    chosen = place.segmented_control(
        label, budgets, required=True, key=key, format_func=lambda budget: f"k {budget:,}", **more
    )
    return budgets[default] if chosen is None else int(chosen)


def lambda_field(has_norms: bool, *, key: str, help: str, label: str = "λ", place: Any = st, **more: Any) -> float:
    """The weight of the gradient term; 0, and disabled, where there are no gradient norms."""
    if not has_norms:
        place.number_input(label, 0.0, 0.0, 0.0, disabled=True, key=f"{key}_without_norms", help=WITHOUT_NORMS)
        return 0.0
    return real(label, 0.0, 1000.0, 0.05, key=key, place=place, step=0.05, format="%.3f", help=help, **more)


def lambdas_field(label: str, has_norms: bool, default: str, *, key: str, place: Any = st, **more: Any) -> str:
    """A list of weights of the gradient term; "0", and disabled, where there are no gradient norms."""
    if not has_norms:
        place.text_input(label, "0", disabled=True, key=f"{key}_without_norms", help=WITHOUT_NORMS)
        return "0"
    return line(label, default, key=key, place=place, **LINKED, **more)


def start(label: str, sentence: str, *, key: str, icon: str, disabled: bool = False, help: str | None = None) -> bool:
    """The button that starts a job (Ctrl + Enter), and beside it what the job will take; whether it was pressed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button(
            label, type="primary", icon=icon, shortcut="Ctrl+Enter", key=key, disabled=disabled, help=help
        )
        if sentence:
            st.caption(sentence, width="stretch")
    return clicked


def memory_warning(fits: bool, advice: str) -> None:
    """What to do where a job needs more memory than is available; nothing where it fits."""
    if not fits:
        st.warning(f"This needs more memory than is available. {advice}", icon=":material/memory:")


def download(label: str, data: Any, file_name: str, *, key: str, help: str) -> None:
    """A button that downloads a file; the page is not run again.

    Args:
        label: Of the button.
        data: Text or bytes, or a function that makes them when the button is pressed.
        file_name: Its ending decides the type.
        key: Of the button.
        help: What the file contains.
    """
    mime = _MIME[PurePath(file_name).suffix]
    icon = ":material/download:"
    st.download_button(label, data, file_name, mime, key=key, help=help, icon=icon, on_click="ignore")


def report(make: Callable[[], bytes], file_name: str, *, key: str) -> None:
    """A button that downloads a self-contained HTML report.

    Args:
        make: Makes it when the button is pressed.
        file_name: Ends with .html.
        key: Of the button.
    """
    help_ = "One file with live figures, numbers, settings, versions and fingerprints; it opens without a network."
    download("HTML report", make, file_name, key=key, help=help_)


def command(code: str, title: str = "Command line", *, language: str = "bash") -> None:
    """A command, or lines of Python, to copy."""
    st.markdown(f"**{title}**")
    st.code(code, language=language, wrap_lines=True)


def command_expander(code: str) -> None:
    """The command that does the same as a form, folded away."""
    place = st.expander("Command line", icon=":material/terminal:", key="command_line", on_change="rerun")
    if place.open:
        place.code(code, language="bash", wrap_lines=True)


def table(frame: pd.DataFrame, *, key: str, alt: str, columns: dict[str, Any] | None = None, **more: Any) -> Any:
    """A table without row numbers.

    Args:
        frame: The numbers.
        key: Of the table.
        alt: What it shows, for people who cannot see it.
        columns: Words and format of its columns.
        **more: As for `st.dataframe`.

    Returns:
        What `st.dataframe` returns: the selection when rows can be selected.
    """
    return st.dataframe(frame, hide_index=True, key=key, alt=alt, column_config=columns, **more)


def delete_popover(question: str, on_click: Callable[..., None], *args: Any, key: str, place: Any = st, **more: Any):
    """A button that asks before it deletes.

    Args:
        question: What is asked; Markdown.
        on_click: Deletes.
        *args: Of `on_click`.
        key: Of the button that deletes.
        place: Column or container.
        **more: As for `st.popover`: disabled, help.
    """
    with place.popover("Delete", icon=":material/delete:", **more):
        st.markdown(question)
        st.button("Delete", key=key, on_click=on_click, args=args)
