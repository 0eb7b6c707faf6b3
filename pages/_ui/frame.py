"""The frame around every page: one bar with navigation, title, what is open and what runs; footer with versions."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING

import streamlit as st

import goracs_core
from goracs_core.errors import GoracsError
from pages._ui import blocks, cache, guard, jobs, methods, proof, state, text, widgets
from pages._ui.style import STYLE
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

    from goracs_core.jobs.select.run import RunSummary

_SHOWN_VERSIONS = ("streamlit", "numpy", "POT", "torch", "sentence-transformers")
_TITLE = "frame_title"


def show(page: Page) -> None:
    """Run `page` inside the frame: bar, the page with its errors as sentences, footer. Called by app.py only.

    An address with ?embed=true shows the page alone, for slides and for other pages that hold it.
    """
    state.synchronise()
    st.html(STYLE)
    if st.context.is_embedded:
        with suppress(guard.PageEnds), guard.sentences():
            page.run()
        return
    with st.container(key="frame_bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.session_state[_TITLE] = st.empty()
        with guard.sentences("The bar"):
            _bar()
    with suppress(guard.PageEnds), guard.sentences():
        page.run()
    _footer()


def begin(title: str, question: str) -> None:
    """First call of a page: its title, which stands in the bar, and the one question it answers.

    Args:
        title: Name of the page.
        question: One sentence that ends with a question mark.
    """
    if st.context.is_embedded:
        return
    st.session_state[_TITLE].title(title, anchor=False, width="content")
    st.caption(question)


def _bar() -> None:
    jobs.panel()
    _dataset_picker()
    _run_picker()
    ref = None
    with suppress(GoracsError):  # the page reports what is wrong with the dataset
        ref = state.dataset()
    label = "Sampled" if ref is not None and ref.sampling_notes else "Info"

    def info() -> None:
        with guard.sentences("The details"):
            _details(ref)
        help_ = "File format of the camera button above each chart."
        widgets.choice("Chart format", ["svg", "png"], key="figure_format", format_func=str.upper, help=help_, **KEPT)

    told = "Open data, sampling, proof; chart format"
    blocks.folded(info, label=label, key="info", icon=":material/info:", small=True, help=told)


def _details(ref: state.DatasetRef | None) -> None:
    """What is open, in full."""
    if ref is None:
        st.markdown("No dataset is open.")
        return
    counts = ref.counts
    task = "next title" if ref.task == "seqrec" else "click: yes or no"
    st.markdown(
        f"**{text.escape(text.shorten(ref.title, 60))}**: {counts['pool']:,} pool, {counts['validation']:,} validation "
        f"and {counts['test']:,} test samples · task: {task} · fingerprint {text.short_fingerprint(ref.fingerprint)}"
    )
    for note in ref.sampling_notes:
        st.caption(":material/filter_alt: " + text.escape(note))
    current = _open_run(ref)
    if current is not None:
        proven = "no proof" if current.gap is None else f"proven gap {proof.share(current.gap)}"
        method = text.escape(methods.method_name(current.config or {}))
        st.markdown(
            f"**{text.escape(current.name)}**: {current.budget:,} samples by {method}, {proven}", help=proof.GAP_HELP
        )


def _open_run(ref: state.DatasetRef) -> RunSummary | None:
    return next((run for run in cache.runs(ref.fingerprint) if run.id == state.run_id()), None)


def _dataset_picker() -> None:
    names = {name: "Demo" if name == state.DEMO else name for name in state.dataset_names()}
    current = state.DATASETS.current
    more = {"placeholder": "No dataset" if names else "None prepared yet", "disabled": not names, "width": 150}
    shown = current if current in names else None
    more["label_visibility"] = "collapsed"
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
    found = cache.runs(fingerprint)
    runs = {run.id: run.name for run in found}
    more = {"placeholder": "No run open" if runs else "No runs yet", "disabled": not runs, "width": 230}
    more["label_visibility"] = "collapsed"
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
