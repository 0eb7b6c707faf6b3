"""What a page needs before it can show anything; each shows the empty state and ends the page when it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from goracs_core.errors import GoracsError
from pages._ui import blocks, cache, guard, routes, state
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run


def dataset() -> DatasetRef:
    """The current dataset; without one: how to get one."""
    ref = state.dataset()
    if ref is None:
        blocks.empty_state(
            "No dataset is open",
            "Open the demo with one click, or load your own data. The dataset stays open on all pages.",
            route=routes.DATASET,
            label="Load your own data",
            demo=True,
        )
        raise guard.PageEnds
    return ref


def features(ref: DatasetRef) -> None:
    """Features of the dataset exist; without them: where to compute them."""
    if not cache.has_features(ref):
        blocks.empty_state(
            "This dataset has no features yet",
            "Selection requires embeddings and gradient norms. They are computed once per dataset.",
            route=routes.FEATURES,
            label="Compute features",
        )
        raise guard.PageEnds


def run(ref: DatasetRef) -> Run:
    """The current run on this dataset; without one: pick a finished one in the bar at the top or make one."""
    current = state.run_id()
    if current is None:
        finished = cache.runs(ref.fingerprint)
        more = (
            "Open a completed run in the bar at the top, or select a new coreset." if finished else "Select one first."
        )
        _select("No coreset is open", f"This page shows one coreset. {more}")
    found = cache.run(current)
    if found.dataset.fingerprint != ref.fingerprint:
        _select(
            "This run belongs to another dataset",
            "The open run was made on another dataset, or on an earlier version of this one. Open another run in the "
            "bar at the top, or select a new coreset.",
        )
    return found


def opened_run(ref: DatasetRef) -> Run | None:
    """The current run on this dataset; None where none is open, or what is open does not do (`run` says why)."""
    current = state.run_id()
    try:
        found = None if current is None else cache.run(current)
    except GoracsError:
        return None
    return found if found is not None and found.dataset.fingerprint == ref.fingerprint else None


def _select(title: str, body: str) -> NoReturn:
    blocks.empty_state(title, body, route=routes.RUN, label="Select a coreset")
    raise guard.PageEnds
