"""A second run beside the open one: the picker and the names both go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import cache, proof, text
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run, RunSummary

PARAMETER = "second"
_PICKER = "second_picker"


def picker(ref: DatasetRef, run: Run) -> Run | None:
    """Another run on the same data, or None; kept in the address as `?second=<run id>` and through page changes.

    Not bound to the address by Streamlit: that would put the run's name there, which is neither unique nor lasting.
    """
    others = {other.id: other for other in cache.runs(ref.fingerprint) if other.id != run.id and not other.damaged}
    labels = text.distinct({other: _label(run) for other, run in others.items()})
    given = st.query_params.get(PARAMETER)
    if given and given != st.session_state.get("seen_second"):  # a link or a typed address wins
        st.session_state["current_second"] = given
    current = st.session_state.get("current_second")
    current = current if current in others else None
    _keep(current)
    st.session_state[_PICKER] = current
    st.selectbox(
        "Compare with", list(others), index=None, key=_PICKER, disabled=not others,
        placeholder="Another run" if others else "No other run yet",
        format_func=lambda other: labels.get(other, str(other)),
        on_change=lambda: _keep(st.session_state[_PICKER]), help="Lays a second coreset over the first.",
    )  # fmt: skip
    return None if current is None else cache.run(current)


def _label(run: RunSummary) -> str:
    gap = "" if run.gap is None else f" · gap {proof.share(run.gap)}"
    return f"{text.shorten(run.name, 60)}{gap}"


def _keep(second: str | None) -> None:
    st.session_state["current_second"] = st.session_state["seen_second"] = second
    if second is None:
        st.query_params.pop(PARAMETER, None)
    elif st.query_params.get(PARAMETER) != second:
        st.query_params[PARAMETER] = second


def names(*runs: Run | None) -> dict[str, Run]:
    """What charts call the runs: "Coreset" when it is alone, else "A: …" and "B: …" with the names people gave them."""
    given = [run for run in runs if run is not None]
    if len(given) == 1:
        return {"Coreset": given[0]}
    return {f"{letter}: {text.shorten(run.name or run.id, 30)}": run for letter, run in zip("AB", given, strict=False)}
