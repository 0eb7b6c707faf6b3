"""How decayed validation weights change the coresets themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.select.store import RunStore
from pages._ui import state, text, widgets
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.types import IndexArray

_HELP = (
    "The coresets before any training. **Overlap**: Jaccard overlap with the coreset without decay. **Effective "
    "samples**: effective number of validation samples with these weights. **Late transport term**: transport to the "
    "late samples only; smaller is better. The other terms use equal weights."
)


def show(experiment: Experiment, ref: DatasetRef, later: DatasetRef, *, base: str, budget: int) -> None:
    """A line per half-life of one method, from the runs of the experiment; nothing where they are gone.

    Args:
        experiment: Whose runs.
        ref: Its dataset.
        later: The dataset that has the later validation samples; `ref` where there is none.
        base: The arm without decay.
        budget: Which coresets.
    """
    runs = _runs(experiment, base, budget)
    if None not in runs or len(runs) < 2:
        return
    st.markdown("**Effect of decay on the selection**", help=_HELP)
    try:
        table, late = _table(tuple(runs.items()), experiment.lambda_, ref.fingerprint, later.fingerprint, ref, later)
    except GoracsError as error:
        st.caption(f"Not available: {text.escape(str(error))}")
        return
    widgets.table(table, key="shift_decay", alt="Overlap, transport terms and POO of the coresets by half-life")
    whose = "the latest quarter of the validation"
    if later is not ref:
        whose = f"the validation samples of {text.escape(later.title)} that came after the early ones"
    st.caption(f"Late samples: {late:,}, {whose}. λ = {experiment.lambda_:g} in POO.")


def _runs(experiment: Experiment, base: str, budget: int) -> dict[float | None, str]:
    """Run of the first seed by half-life."""
    config = experiment.arm(base).config
    found: dict[float | None, str] = {}
    for arm in experiment.arms:
        mine = [entry for entry in experiment.entries if entry.arm == arm.name and entry.budget == budget and entry.run]
        if arm.config == config and mine:
            found[arm.half_life] = mine[0].run
    return found


@st.cache_resource(max_entries=16, show_spinner="Measuring the coresets …")
def _table(
    runs: tuple[tuple[float | None, str], ...],
    lambda_: float,
    fingerprint: str,
    later_fingerprint: str,
    _ref: DatasetRef,
    _later: DatasetRef,
) -> tuple[pd.DataFrame, int]:
    from goracs_core.evaluation.decay import decay_points
    from goracs_core.jobs.decay.job import late_problem
    from goracs_core.jobs.inputs import load_inputs

    inputs = load_inputs({"dataset": str(_ref.directory)})
    assert inputs.dataset is not None
    times = inputs.dataset.validation.times
    assert times is not None
    problem = inputs.problem()
    folder = None if _later.fingerprint == _ref.fingerprint else Path(_later.directory)
    late = late_problem(inputs, problem, later=folder)
    points = decay_points(problem, late, {days: _rows(run) for days, run in runs}, times, lambda_=lambda_)
    table = {
        "half-life": ["no decay" if point.half_life is None else f"{point.half_life:g} days" for point in points],
        "overlap": [round(point.jaccard, 3) for point in points],
        "effective samples": [round(point.effective) for point in points],
        "late transport term": [round(point.late_term, 5) for point in points],
        "transport term": [round(point.transport_term, 5) for point in points],
        "gradient term": [round(point.gradient_term, 5) for point in points],
        "POO": [round(point.poo, 5) for point in points],
    }
    return pd.DataFrame(table), late.num_validation


def _rows(run: str) -> IndexArray:
    try:
        return RunStore(state.workspace()).get(run).selection.indices
    except StoreError as error:
        raise StoreError("a run of this experiment is not in this workspace; make the experiment again") from error
