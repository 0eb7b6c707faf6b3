"""Loaded data, one copy per server: keyed by fingerprints, never by arrays, of which only a part would be hashed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.data.store import load_dataset
from goracs_core.data.summary import dataset_summary
from goracs_core.features.store import has_features as features_exist
from goracs_core.features.store import load_features
from goracs_core.jobs.reference import DRAWS as RANDOM_DRAWS
from goracs_core.jobs.reference import ReferenceStore
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.train.estimate import TrainingSizes
from goracs_core.workspace import Workspace
from pages._ui import state
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.data.summary import DatasetSummary
    from goracs_core.features.value import Features
    from goracs_core.jobs.select.run import Run, RunSummary
    from goracs_core.objective import Problem
    from goracs_core.types import FloatArray

_CHEAP_CELLS = 400_000


def dataset(ref: DatasetRef) -> Dataset:
    """The whole dataset.

    Raises:
        StoreError: Its folder is damaged.
    """
    return _dataset(str(ref.directory), ref.fingerprint)


@st.cache_resource(max_entries=4, show_spinner="Loading the dataset …")
def _dataset(directory: str, fingerprint: str) -> Dataset:
    return load_dataset(Path(directory))


def summary(ref: DatasetRef) -> DatasetSummary:
    """Counts and distributions of the dataset."""
    return _summary(ref.fingerprint, ref)


@st.cache_resource(max_entries=16, show_spinner=False)
def _summary(fingerprint: str, _ref: DatasetRef) -> DatasetSummary:
    return dataset_summary(dataset(_ref))


def training_sizes(ref: DatasetRef) -> TrainingSizes:
    """The sizes of the dataset on which the time of trainings depends."""
    return _training_sizes(ref.fingerprint, str(state.workspace().root), ref)


@st.cache_resource(max_entries=16, show_spinner=False)
def _training_sizes(fingerprint: str, root: str, _ref: DatasetRef) -> TrainingSizes:
    return TrainingSizes.of(dataset(_ref), _ref.directory, state.workspace())


def has_features(ref: DatasetRef) -> bool:
    """Whether features lie beside the dataset; reads no array."""
    return features_exist(ref.directory)


def features(ref: DatasetRef) -> Features:
    """Embeddings and gradient norms of the dataset.

    Raises:
        StoreError: None were computed, or the files are damaged.
    """
    return _features(str(ref.directory), _stamp(ref.directory / "features"))


def _stamp(folder: Path) -> str:
    """Changes when any file of the folder is written again."""
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return ";".join(f"{file.name}:{file.stat().st_mtime_ns}:{file.stat().st_size}" for file in files)


@st.cache_resource(max_entries=4, show_spinner="Loading the features …")
def _features(directory: str, stamp: str) -> Features:
    return load_features(Path(directory))


def problem(ref: DatasetRef, *, half_life: float | None = None) -> Problem:
    """The selection problem that this dataset's features make: the same one that the worker solves.

    Args:
        ref: The dataset.
        half_life: Days in which a validation sample loses half its weight; None for equal weights.
    """
    return _problem(ref.fingerprint, features(ref).fingerprint, half_life, ref)


@st.cache_resource(max_entries=4, show_spinner="Computing the distance scale …")
def _problem(dataset_fingerprint: str, features_fingerprint: str, half_life: float | None, _ref: DatasetRef) -> Problem:
    from goracs_core.jobs.inputs import load_inputs

    return load_inputs({"dataset": str(_ref.directory), "half_life": half_life}).problem()


def run(run_id: str) -> Run:
    """A finished run with its arrays.

    Raises:
        StoreError: There is none, or its folder is damaged.
    """
    workspace = state.workspace()
    return _run(str(workspace.root), run_id, RunStore(workspace).stamp(run_id))


@st.cache_resource(max_entries=16, show_spinner="Loading the run …")
def _run(root: str, run_id: str, stamp: str) -> Run:
    return RunStore(Workspace(Path(root))).get(run_id)


def runs(dataset_fingerprint: str | None = None) -> tuple[RunSummary, ...]:
    """Finished runs, newest first; of one dataset when its fingerprint is given. Read from the index each time."""
    found = RunStore(state.workspace()).list(shipped=True)
    return tuple(run for run in found if dataset_fingerprint in (None, run.dataset_fingerprint))


def random_is_cheap(budget: int, num_validation: int) -> bool:
    """Whether the transport problems of random coresets are small enough to be solved without being asked."""
    return budget * num_validation <= _CHEAP_CELLS


def random_terms(target: Problem, budget: int, *, draws: int = RANDOM_DRAWS) -> tuple[FloatArray, FloatArray]:
    """Transport and gradient terms of random coresets of one size, which serve every λ; shapes [draws]."""
    return _random_terms(target.fingerprint, budget, draws, target)


@st.cache_resource(max_entries=64, show_spinner="Drawing random coresets for comparison …")
def _random_terms(problem_fingerprint: str, budget: int, draws: int, _target: Problem) -> tuple[FloatArray, FloatArray]:
    found = ReferenceStore(state.workspace()).make(_target, budget, draws=draws)
    return found.transport, found.gradient
