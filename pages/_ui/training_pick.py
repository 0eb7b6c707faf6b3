"""Which training is shown, which one is laid beside it, and what else was trained on this data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.queue.job import JobKind, JobState
from goracs_core.jobs.train.store import ARRAYS, RECORD, TrainingStore
from goracs_core.workspace import Workspace
from pages._ui import blocks, cache, jobs, state, text, training_words
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training, TrainingSummary

PARAMETER = "training"
_CURRENT, _SEEN, _PICKER, _SECOND = "current_training", "seen_training", "training_picker", "second_training"
_RUN = "run_of_training"


def store() -> TrainingStore:
    """The trainings of this workspace."""
    return TrainingStore(state.workspace())


def run_names(ref: DatasetRef) -> dict[str, str]:
    """Names of this data's runs by id."""
    return {run.id: run.name for run in cache.runs(ref.fingerprint)}


def pick(ref: DatasetRef, kept: tuple[TrainingSummary, ...]) -> tuple[Training | None, Training | None]:
    """The training to show, and the one to compare it with; None for a damaged one, which is said and can be deleted.

    The one that just ended is open, then the one in the address or chosen here; where another run was opened, the
    newest of that run; else the newest.

    Args:
        ref: The dataset.
        kept: Trainings on it, newest first, at least one.
    """
    by_id = {one.id: one for one in kept}
    current = _current(ref, by_id)
    names = text.distinct({one.id: training_words.label(one, run_names(ref)) for one in kept})
    left, middle, right = st.columns([5, 4, 1.6], vertical_alignment="bottom")
    st.session_state[_PICKER] = current
    left.selectbox(
        "Training", list(by_id), key=_PICKER, format_func=lambda one: names.get(one, str(one)),
        on_change=lambda: _keep(st.session_state[_PICKER]), help="All trainings on this data, newest first.",
    )  # fmt: skip
    others = [one for one in by_id if one != current]
    if st.session_state.get(_SECOND) not in others:
        st.session_state[_SECOND] = None
    second = middle.selectbox(
        "Compare with", others, index=None, key=_SECOND, format_func=lambda one: names.get(one, str(one)),
        placeholder="Another training" if others else "No other training yet", disabled=not others,
        help="Lays its curves over this one's, and compares the test losses sample by sample.",
    )  # fmt: skip
    with right.popover("Delete", icon=":material/delete:"):
        st.markdown("Forget this training? Its run stays.")
        st.button("Delete it", key="delete_training", on_click=_delete, args=(current,))
    return _read(current), None if second is None else _read(second)


def _current(ref: DatasetRef, by_id: dict[str, TrainingSummary]) -> str:
    given = st.query_params.get(PARAMETER)
    if given and given != st.session_state.get(_SEEN):  # a link or a typed address wins
        st.session_state[_CURRENT] = given
        if given not in by_id:
            blocks.error(GoracsError("the training in this address does not exist, or belongs to other data"))
    elif (finished := _just_finished(ref)) in by_id:
        st.session_state[_CURRENT] = finished
    elif st.session_state.get(_RUN) != state.run_id():
        of_run = [one.id for one in by_id.values() if one.run and one.run == state.run_id()]
        st.session_state[_CURRENT] = of_run[0] if of_run else st.session_state.get(_CURRENT)
    st.session_state[_RUN] = state.run_id()
    current = st.session_state.get(_CURRENT)
    current = current if current in by_id else next(iter(by_id))
    _keep(current)
    return current


def _just_finished(ref: DatasetRef) -> str | None:
    """The training of the newest finished job on this data, once."""
    done = [
        job for job in jobs.queue().list()
        if job.kind is JobKind.TRAIN and job.state is JobState.DONE
        and Path(str(job.spec.get("dataset", ""))) == ref.directory
    ]  # fmt: skip
    shown = st.session_state.setdefault("shown_train_jobs", {})
    newest = max((job.id for job in done), default=0)
    if newest <= shown.get(ref.name, 0):
        return None
    shown[ref.name] = newest
    return next(str(job.result.get("training")) for job in done if job.id == newest)


def _keep(training: str | None) -> None:
    st.session_state[_CURRENT] = st.session_state[_SEEN] = training
    if training is None:
        st.query_params.pop(PARAMETER, None)
    elif st.query_params.get(PARAMETER) != training:
        st.query_params[PARAMETER] = training


def _delete(training: str) -> None:
    try:
        store().delete(training)
        st.toast("Deleted the training.", icon=":material/delete:")
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    _keep(None)


def _read(training: str) -> Training | None:
    """A training with its arrays; None where it is damaged, which is said."""
    try:
        folder = store().directory / training
        stamp = (folder / RECORD).stat().st_mtime_ns, (folder / ARRAYS).stat().st_mtime_ns
        return _training(str(state.workspace().root), training, stamp)
    except (OSError, GoracsError) as error:
        blocks.error(error if isinstance(error, GoracsError) else GoracsError(f"the training {training} is gone"))
        return None


@st.cache_resource(max_entries=16, show_spinner=False)
def _training(root: str, training: str, modified: tuple[int, int]) -> Training:
    return TrainingStore(Workspace(Path(root))).get(training)


def table(ref: DatasetRef, kept: tuple[TrainingSummary, ...]) -> None:
    """All trainings on this data, one row each."""
    import pandas as pd

    names = run_names(ref)
    metrics = {"Test loss": "test_loss", "±": "test_loss_se", "Before": "start_loss", "HR@10": "hr@10", "AUC": "auc"}
    shown = pd.DataFrame([
        {
            "Trained": text.moment(one.created),
            "On": names.get(one.run, one.run) if one.run else "whole pool",
            "k": one.budget,
            "Recommender": training_words.recommender(one.recommender),
            "Model": one.model,
            "Seed": int(one.options.get("seed", 0)),
            **{name: one.metrics.get(metric, float("nan")) for name, metric in metrics.items()},
        }
        for one in kept
    ])  # fmt: skip
    shown = shown.dropna(axis="columns", how="all")
    number = {name: st.column_config.NumberColumn(format="%.4f") for name in metrics}
    number["Test loss"] = st.column_config.NumberColumn(format="%.4f", help=training_words.TEST_LOSS_HELP)
    number["HR@10"] = st.column_config.NumberColumn(format="%.4f", help=training_words.HR_HELP)
    number["AUC"] = st.column_config.NumberColumn(format="%.4f", help=training_words.AUC_HELP)
    st.dataframe(
        shown, hide_index=True, key="trainings", column_config=number,
        alt="All trainings on this data with their test losses",
    )  # fmt: skip
