"""The frame around every page: sidebar with pickers and jobs, header with what is open, footer with versions."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING

import streamlit as st

import goracs_core
from goracs_core.errors import GoracsError
from pages._ui import cache, guard, jobs, methods, proof, state, text, widgets
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

    from goracs_core.jobs.select.run import RunSummary

_SHOWN_VERSIONS = ("streamlit", "numpy", "POT", "torch", "sentence-transformers")

# Streamlit's own small text has a contrast below 4.5:1 in two places (WCAG 2.2, 1.4.3): shortcuts on colored buttons,
# and the chosen tab or segment on a dark background, where the primary color has to carry white text as well.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding-top: 3rem; padding-bottom: 4rem; }
kbd { color: inherit !important; opacity: 1 !important; }
button[data-selected="true"] p, [role="tab"][aria-selected="true"] p { color: light-dark(#1f5fa8, #9cc5f5) !important; }
/* On narrow pages columns wrap before what is in them is cut; below 641 pixels Streamlit stacks them anyway. */
@media (min-width: 641px) {
  [data-testid="stMainBlockContainer"] { padding-left: 3rem; padding-right: 3rem; }
  [data-testid="stMain"] [data-testid="stColumn"] {
    &:has([data-testid="stNumberInput"]) { min-width: 7.5rem; }
    &:has([data-testid="stTextInput"]) { min-width: 8rem; }
    &:has([data-testid="stPopover"]) { min-width: 7rem; }
    &:has([data-testid="stCheckbox"]) { min-width: 9rem; }
    &:has([data-testid="stSelectbox"]) { min-width: 10rem; }
    &:has([data-testid="stMetric"]) { min-width: 8.5rem; }
  }
  [data-testid="stMain"] [data-testid="stHorizontalBlock"]:not(:has(> :nth-child(5))) > [data-testid="stColumn"] {
    &:has([data-testid="stButtonGroup"]) { min-width: 14rem; }
    &:has([data-testid="stMetric"]) { min-width: 11rem; }
  }
  [data-testid="stMain"] [data-testid="stHorizontalBlock"]:not(:has(> :nth-child(3)))
    > [data-testid="stColumn"]:has([data-testid="stPlotlyChart"]) { min-width: 20rem; }
  .st-key-experiment_row > [data-testid="stElementContainer"]:has([data-testid="stSelectbox"]) { min-width: 24rem; }
}
</style>"""


def show(page: Page) -> None:
    """Run `page` inside the frame: sidebar, the page with its errors as sentences, footer. Called by app.py only."""
    state.synchronise()
    st.html(_STYLE)
    with st.sidebar, guard.sentences("The sidebar"):
        _sidebar()
    with suppress(guard.PageEnds), guard.sentences():
        page.run()
    _footer()


def begin(title: str, question: str) -> None:
    """First call of a page: its title, the one question it answers, and what is open.

    Args:
        title: Name of the page.
        question: One sentence that ends with a question mark.
    """
    st.title(title, anchor=False)
    st.markdown(question)
    try:
        ref = state.dataset()
    except GoracsError:
        return  # the page itself asks for the dataset and reports what is wrong with it
    if ref is not None:
        _context(ref)


def _context(ref: state.DatasetRef) -> None:
    counts = ref.counts
    with st.container(horizontal=True, gap="small"):
        st.badge(text.escape(text.shorten(ref.title, 40)), icon=":material/database:", help="The open dataset")
        st.badge(f"{counts['pool']:,} pool", color="gray", help="n: samples available for selection")
        st.badge(f"{counts['validation']:,} validation", color="gray", help="m: samples to be covered by the coreset")
        st.badge("next title" if ref.task == "seqrec" else "click: yes or no", color="gray", help=f"Task: {ref.task}")
        short, help_ = text.short_fingerprint(ref.fingerprint), f"Fingerprint of the data: {ref.fingerprint}"
        st.badge(short, color="gray", icon=":material/fingerprint:", help=help_)
        current = _open_run(ref)
        if current is not None:
            st.badge(
                f"{current.budget:,} selected by {methods.method_name(current.config or {})}",
                icon=":material/play_circle:",
                color="green",
                help=f"Open run: {text.escape(current.name)}",
            )
            if current.gap is not None:
                gap = f"gap {proof.share(current.gap)}"
                st.badge(gap, icon=":material/verified:", color="green", help=proof.GAP_HELP)
    if ref.sampling_notes:
        st.caption(":material/filter_alt: " + text.escape("; ".join(ref.sampling_notes)))


def _open_run(ref: state.DatasetRef) -> RunSummary | None:
    return next((run for run in cache.runs(ref.fingerprint) if run.id == state.run_id()), None)


def _sidebar() -> None:
    _dataset_picker()
    _run_picker()
    jobs.panel()
    with st.popover("Settings", icon=":material/settings:", type="tertiary"):
        help_ = "File format of the camera button above each chart."
        widgets.choice("Chart format", ["svg", "png"], key="figure_format", format_func=str.upper, help=help_, **KEPT)


def _dataset_picker() -> None:
    names = {name: "Demo" if name == state.DEMO else name for name in state.dataset_names()}
    current = state.DATASETS.current
    more = {"placeholder": "None open" if names else "None prepared yet", "disabled": not names}
    shown = current if current in names else None
    state.DATASETS.box(names, shown, label="Dataset", opens=state.set_dataset, **more)
    if current and current not in names:
        st.warning(f"There is no dataset named {text.escape(current)} in this workspace.", icon=":material/help:")


def _run_picker() -> None:
    name, current = state.DATASETS.current, state.RUNS.current
    if not name or name not in state.dataset_names():
        return
    try:
        fingerprint = state.reference(name).fingerprint
    except GoracsError:
        return  # the page reports it
    runs = {run.id: run.name for run in cache.runs(fingerprint)}
    more = {"placeholder": "None open" if runs else "No runs yet", "disabled": not runs}
    state.RUNS.box(runs, current if current in runs else None, label="Run", **more)
    if current and current not in runs:
        st.warning("The run in this address does not exist or belongs to another dataset.", icon=":material/help:")


def _footer() -> None:
    st.divider()
    parts = [f"GORACS Explorer {goracs_core.__version__}", f"Python {platform.python_version()}", *_versions()]
    parts.append(f"{os.cpu_count()} CPU cores")
    with guard.sentences("The footer"):
        try:
            ref = state.dataset()
        except GoracsError:
            ref = None
        if ref is not None:
            parts.append(f"data {text.short_fingerprint(ref.fingerprint)}")
            run = _open_run(ref)
            if run is not None:
                parts += [f"seed {run.seed}", f"coreset {text.short_fingerprint(run.fingerprint)}"]
        st.caption(" · ".join(parts))


@st.cache_resource(show_spinner=False)
def _versions() -> tuple[str, ...]:
    """Installed versions, read without importing anything heavy."""
    found = []
    for name in _SHOWN_VERSIONS:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    return tuple(found)
