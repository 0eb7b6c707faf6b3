"""A second run beside the open one: the picker and the names both go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import cache, text
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.runs.run import Run


def picker(ref: DatasetRef, run: Run, *, key: str = "second") -> Run | None:
    """Another run on the same data, or None; kept in the address as `?second=`."""
    others = {other.id: other for other in cache.runs(ref.fingerprint) if other.id != run.id and not other.damaged}
    chosen = st.selectbox(
        "Compare with", list(others), index=None, key=key, bind="query-params", disabled=not others,
        placeholder="Another run" if others else "No other run yet",
        format_func=lambda other: f"{text.shorten(others[other].name, 50)}" if other in others else str(other),
        help="Lays a second coreset over the first, on the same axes.",
    )  # fmt: skip
    return cache.run(chosen) if chosen in others else None


def names(*runs: Run | None) -> dict[str, Run]:
    """The runs by the name people gave them; the id is added where two share one."""
    named: dict[str, Run] = {}
    for run in runs:
        if run is not None:
            label = text.shorten(run.name or run.id, 40)
            named[label if label not in named else f"{label} ({run.id})"] = run
    return named
