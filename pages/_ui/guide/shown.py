"""The run whose numbers the guide shows: the open one, else one of the demo, which is selected where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.evaluation.popularity import popularity_report
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.select.making import make_run, prepare
from goracs_core.methods import CertifiedConfig, config_to_dict
from goracs_core.progress import silent
from pages._ui import cache, state, text

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.evaluation.popularity import PopularityReport
    from goracs_core.jobs.select.run import Run
    from goracs_core.objective import Problem
    from goracs_core.types import FloatArray
    from pages._ui.state import DatasetRef

BUDGET, LAMBDA = 256, 0.05


@dataclass(frozen=True, eq=False)
class Shown:
    """A run with its data.

    Args:
        ref: The dataset.
        run: The run.
        is_open: It is the open run.
    """

    ref: DatasetRef
    run: Run
    is_open: bool

    @property
    def words(self) -> str:
        """Which run this is; Markdown."""
        config = self.run.config
        what = f"k {config.budget:,}, λ {config.lambda_:g}"
        return f"the open run ({text.escape(self.run.name)})" if self.is_open else f"a run on the demo ({what})"

    @property
    def dataset(self) -> Dataset:
        """Its dataset."""
        return cache.dataset(self.ref)

    @property
    def problem(self) -> Problem:
        """What it was selected on."""
        return cache.problem(self.ref)

    def random_values(self) -> FloatArray | None:
        """POO of random coresets of the same size, shape [draws]; None where that takes long."""
        terms = self.random_terms()
        return None if terms is None else terms[0] - self.run.config.lambda_ * terms[1]

    def random_terms(self) -> tuple[FloatArray, FloatArray] | None:
        """Transport and gradient terms of random coresets, shapes [draws]; None where that takes long."""
        if not cache.random_is_cheap(self.run.config.budget, self.run.selection.num_validation):
            return None
        return cache.random_terms(self.problem, self.run.config.budget)

    def popularity(self) -> PopularityReport:
        """Its popularity bias beside pool, validation and random coresets."""
        return _popularity(self.ref.fingerprint, self.run.fingerprint, self)


def find() -> Shown | None:
    """The open run; else the newest one on the demo; else one that is selected now. None without the demo."""
    own = _open()
    return own or _of_demo()


def _open() -> Shown | None:
    try:
        ref, current = state.dataset(), state.run_id()
        if ref is None or current is None:
            return None
        run = cache.run(current)
    except GoracsError:  # the pages that need it report it
        return None
    return Shown(ref, run, is_open=True) if run.dataset.fingerprint == ref.fingerprint else None


def _of_demo() -> Shown | None:
    if state.DEMO not in state.dataset_names():
        return None
    ref = state.reference(state.DEMO)
    usual = [one for one in cache.runs(ref.fingerprint) if not one.damaged and one.gap is not None]
    best = next((one for one in usual if (one.budget, one.lambda_) == (BUDGET, LAMBDA)), usual[0] if usual else None)
    return Shown(ref, _selected(ref.fingerprint, ref) if best is None else cache.run(best.id), is_open=False)


@st.cache_resource(max_entries=2, show_spinner="Selecting an example on the demo …")
def _selected(fingerprint: str, _ref: DatasetRef) -> Run:
    inputs = load_inputs({"dataset": _ref.directory})
    config = config_to_dict(CertifiedConfig(BUDGET, lambda_=LAMBDA))
    work = prepare(inputs, config, cache=state.workspace().cache, progress=silent)
    selection, seconds = work.select(silent)
    return make_run(inputs, work.problem, selection, seconds=seconds, key=work.key, name="Example of the guide")


@st.cache_resource(max_entries=8, show_spinner=False)
def _popularity(dataset: str, coreset: str, _shown: Shown) -> PopularityReport:
    found, rows = _shown.dataset, _shown.run.selection.indices
    return popularity_report(
        found.items.popularity,
        {"coreset": found.pool.targets[np.asarray(rows)]},
        pool=found.pool.targets,
        validation=found.validation.targets,
        categories=found.items.categories,
    )
