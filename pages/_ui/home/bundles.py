"""Run bundles that an export wrote, read again."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from goracs_core.errors import GoracsError
from pages._ui import blocks, guard, routes, state, text

_HELP = "A run bundle (zip) from Run / Export or `runs export --format bundle`. Its dataset must be in this workspace."
_KEPT = "imported_run"


def button() -> None:
    """The button that opens the form."""
    with st.popover("Import", icon=":material/upload_file:", help=_HELP):
        given = st.file_uploader("Run bundle", ["zip"], key="bundle_file", help=_HELP, max_upload_size=256)
        clicked = st.button(
            "Import the run", key="import_bundle", type="primary", icon=":material/upload:", disabled=given is None
        )
        if clicked and given is not None:
            st.session_state[_KEPT] = _take(given.getvalue(), given.name)
            st.rerun()  # the table above has one more row
        _said()


def _take(content: bytes, name: str) -> tuple[str, GoracsError | None, str | None]:
    """Id of the run or the error, and the dataset's name."""
    from goracs_core.jobs.select.bundle import import_bundle  # reads selections, which need the solver's libraries

    try:
        run = import_bundle(content, state.workspace(), file=name)
    except GoracsError as error:
        return "", error, None
    return run.id, None, state.name_of(Path(run.dataset.directory)) if run.dataset.directory else None


def _said() -> None:
    """What became of the last import."""
    run, error, dataset = st.session_state.get(_KEPT, ("", None, None))
    if error is not None:
        guard.error(error)
    elif run:
        st.success(f"Imported {text.escape(run)}.", icon=":material/task_alt:")
        if dataset is not None:
            blocks.link(routes.RUN, "Open the run", dataset=dataset, run=run)
