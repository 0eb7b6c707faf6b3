"""A second run to compare the open one with: the picker, and the names of both in charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from goracs_core.charts.palette import STYLES, Role
from goracs_core.charts.points import PointColor
from pages._ui import cache, proof, text
from pages._ui.picker import Picker
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run, RunSummary

_PICKER = Picker("second", optional=True)


def picker(ref: DatasetRef, run: Run, **look: Any) -> Run | None:
    """Another run on the same data, or None; kept in the address as `?second=<run id>` and through page changes.

    Not bound to the address by Streamlit: that would put the run's name there, which is neither unique nor lasting.

    Args:
        ref: The dataset.
        run: The open run.
        **look: Of the select box: width, label_visibility.
    """
    others = {one.id: _label(one) for one in cache.runs(ref.fingerprint) if one.id != run.id and not one.damaged}
    current = _PICKER.opened(others)
    more = {"disabled": not others, "placeholder": "Compare with another run" if others else "No other run yet"} | look
    _PICKER.box(others, current, label="Compare with", help="Shows a second coreset together with the first.", **more)
    return None if current is None else cache.run(current)


def _label(run: RunSummary) -> str:
    gap = "" if run.gap is None else f" · gap {proof.share(run.gap)}"
    return f"{text.shorten(run.name, 60)}{gap}"


def names(*runs: Run | None) -> dict[str, Run]:
    """Names of the runs in charts: "Coreset" for a single one, else "A: …" and "B: …" with the names of the runs."""
    given = [run for run in runs if run is not None]
    if len(given) == 1:
        return {"Coreset": given[0]}
    return {f"{letter}: {text.shorten(run.name or run.id, 30)}": run for letter, run in zip("AB", given, strict=False)}


def membership(num_pool: int, first: Run, second: Run) -> PointColor:
    """In which of two coresets each pool sample is."""
    mine, theirs = (np.isin(np.arange(num_pool), run.selection.indices) for run in (first, second))
    codes = np.select([mine & theirs, mine, theirs], [1, 2, 3], default=0)
    looks = (Role.POOL, Role.HIGHLIGHT, Role.CORESET, Role.SECOND_CORESET)
    names = ("in neither", "in both", "only in A", "only in B")
    return PointColor("Membership", codes, names, colors=tuple(STYLES[role].color for role in looks))
