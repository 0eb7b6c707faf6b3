"""Which training is shown, which one it is compared with, and all trainings on this data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.kinds import TRAIN
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.workspace import Workspace
from pages._ui import cache, columns, guard, jobs, state, text, training_words, widgets
from pages._ui.picker import Picker
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training, TrainingSummary

PICKER = Picker("training")
_SECOND = "second_training"


def store() -> TrainingStore:
    """The trainings of this workspace and of the demo."""
    return TrainingStore(state.workspace())


def run_names(ref: DatasetRef) -> dict[str, str]:
    """Names of this data's runs by id."""
    return {run.id: run.name for run in cache.runs(ref.fingerprint)}


def pick(ref: DatasetRef, kept: tuple[TrainingSummary, ...]) -> tuple[Training | None, Training | None]:
    """The training to show, and the one to compare it with; None for a damaged one, which is said and can be deleted.

    Unless another one is chosen, it is compared with one on another coreset of the same size.

    The one that just ended is open, then the one in the address or chosen here, then the newest of a run that was
    opened since; else the newest.

    Args:
        ref: The dataset.
        kept: Trainings on it, newest first, at least one.
    """
    by_id = {one.id: one for one in kept}
    _follow(ref, by_id)
    current = PICKER.opened(by_id, explain=_explain) or kept[0].id
    labels = {one.id: training_words.label(one, run_names(ref)) for one in kept}
    left, middle, right = st.columns([5, 4, 1.6], vertical_alignment="bottom")
    PICKER.box(labels, current, label="Training", place=left, help="All trainings on this data, newest first.")
    names = text.distinct(labels)
    others = [one for one in by_id if one != current]
    if st.session_state.get(_SECOND, "") not in [None, *others]:
        st.session_state[_SECOND] = _peer(by_id, current)
    second = middle.selectbox(
        "Compare with",
        others,
        index=None,
        key=_SECOND,
        format_func=lambda one: names.get(one, str(one)),
        placeholder="Another training" if others else "No other training yet",
        disabled=not others,
        help="Adds its loss curves and compares the test losses, paired by sample.",
    )
    shipped = store().is_shipped(current)
    more = {"disabled": shipped, "help": "Trainings of the demo are kept." if shipped else None}
    question = "Delete this training? Its run is kept."
    widgets.delete_popover(question, _delete, current, key="delete_training", place=right, **more)
    return _read(current), None if second is None else _read(second)


def _peer(by_id: dict[str, TrainingSummary], current: str) -> str | None:
    """The newest training of the same recommender and model on another coreset of this size; None without one."""
    mine = by_id[current]
    same = (mine.recommender, mine.model, mine.budget)
    peers = (one for one in by_id.values() if (one.recommender, one.model, one.budget) == same)
    return next((one.id for one in peers if one.run != mine.run), None)


def _explain(training: str) -> None:
    """Why the training in the address is not shown."""
    guard.error(GoracsError("the training in this address does not exist or belongs to another dataset"))


def _follow(ref: DatasetRef, by_id: dict[str, TrainingSummary]) -> None:
    """Open the newest training of a run that was opened since, and the one whose job has ended since."""
    run = state.run_id()
    of_run = [one.id for one in by_id.values() if one.run and one.run == run]
    PICKER.follow("run", run, of_run[0] if of_run else None)
    ended = [job for job in jobs.queue().list() if job.kind == TRAIN.name and job.state is JobState.DONE]
    done = [job for job in ended if Path(str(job.spec.get("dataset", ""))) == ref.directory]
    newest = max(done, key=lambda job: job.id, default=None)
    finished = None if newest is None else str(newest.result.get("training"))
    event = 0 if newest is None else newest.id
    PICKER.follow(f"job_{ref.name}", event, finished if finished in by_id else None)


def _delete(training: str) -> None:
    try:
        store().delete(training)
        st.toast("Deleted the training.", icon=":material/delete:")
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    PICKER.open(None)


def _read(training: str) -> Training | None:
    """A training with its arrays; None where it is damaged, which is said."""
    try:
        return load(training)
    except GoracsError as error:
        guard.error(error)
        return None


def load(training: str) -> Training:
    """A training with its arrays.

    Raises:
        StoreError: There is none, or it is damaged.
    """
    return _training(str(state.workspace().root), training, store().stamp(training))


@st.cache_resource(max_entries=16, show_spinner=False)
def _training(root: str, training: str, stamp: str) -> Training:
    return TrainingStore(Workspace(Path(root))).get(training)


def table(ref: DatasetRef, kept: tuple[TrainingSummary, ...]) -> None:
    """All trainings on this data, one row each."""
    names = run_names(ref)
    metrics = {
        "Test loss": ("test_loss", training_words.TEST_LOSS_HELP),
        "±": ("test_loss_se", "Standard error over the test samples"),
        "Before": ("start_loss", training_words.BEFORE_HELP),
        "HR@10": ("hr@10", training_words.HR_HELP),
        "AUC": ("auc", training_words.AUC_HELP),
    }
    rows = [
        {
            "Trained": text.moment(one.created),
            "Trained on": training_words.rows_name(one.run, names),
            "k": one.budget,
            "Recommender": training_words.recommender(one.recommender),
            "Model": one.model,
            "Seed": int(one.options.get("seed", 0)),
            **{name: one.metrics.get(metric, float("nan")) for name, (metric, _) in metrics.items()},
        }
        for one in kept
    ]
    found = {name: columns.number(name, format="%.4f", help=help_) for name, (_, help_) in metrics.items()}
    shown = pd.DataFrame(rows).dropna(axis="columns", how="all")
    alt = "All trainings on this data with their test losses"
    widgets.table(shown, key="trainings", alt=alt, columns={"k": columns.BUDGET, **found})
