"""What reports draw from: a run with its data, as far as that is there, and random coresets beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from goracs_core.errors import GoracsError
from goracs_core.evaluation.popularity import PopularityReport, popularity_report
from goracs_core.evaluation.projection import pca_2d
from goracs_core.evaluation.standing import Standing
from goracs_core.features.store import load_features
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.projection.job import find_projection
from goracs_core.jobs.reference import ReferenceStore
from goracs_core.jobs.select.export import find_dataset_folder
from goracs_core.jobs.weights import recorded_weighting

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.evaluation.projection import Projection
    from goracs_core.jobs.inputs import SelectInputs
    from goracs_core.jobs.select.run import Run
    from goracs_core.objective import Problem
    from goracs_core.types import FloatArray
    from goracs_core.workspace import Workspace

_CELLS = 4_000_000  # largest transport problem that is solved for random coresets


@dataclass(frozen=True, eq=False)
class Material:
    """A run and what it was made from.

    Args:
        run: The run.
        workspace: Where its data and maps may lie.
    """

    run: Run
    workspace: Workspace

    @cached_property
    def inputs(self) -> SelectInputs | None:
        """Dataset and features; None where they are gone or were bare arrays."""
        folder = find_dataset_folder(self.run, self.workspace)
        if folder is None:
            return None
        spec = {"dataset": str(folder)}
        half_life = recorded_weighting(self.run.inputs).get("half_life")
        try:
            return load_inputs(spec if half_life is None else {**spec, "half_life": half_life})
        except GoracsError:  # features that were removed or made anew in another form
            return None

    @property
    def dataset(self) -> Dataset | None:
        """The dataset; None where it is gone."""
        return None if self.inputs is None else self.inputs.dataset

    @cached_property
    def problem(self) -> Problem | None:
        """What the run was selected on; None where its features are others by now."""
        if self.inputs is None:
            return None
        found = self.inputs.problem()
        return found if found.fingerprint == self.run.selection.problem_fingerprint else None

    @cached_property
    def random_terms(self) -> tuple[FloatArray, FloatArray] | None:
        """Transport and gradient terms of random coresets, shapes [draws]; None without data or where it takes long."""
        if self.problem is None or self.run.config.budget * self.problem.num_validation > _CELLS:
            return None
        found = ReferenceStore(self.workspace).make(self.problem, self.run.config.budget)
        return found.transport, found.gradient

    @property
    def standing(self) -> Standing | None:
        """The run beside random coresets; None where these are missing."""
        terms = self.random_terms
        return None if terms is None else Standing.of(self.run.selection, *terms)

    @cached_property
    def projection(self) -> Projection | None:
        """The UMAP map where it was computed before, else PCA; None without data."""
        folder = find_dataset_folder(self.run, self.workspace)
        if folder is None or self.inputs is None:
            return None
        found = find_projection(folder, self.workspace, features=load_features(folder))
        return found or pca_2d(self.inputs.pool, self.inputs.validation)


def popularity(named: dict[str, Run], dataset: Dataset) -> PopularityReport:
    """Popularity bias of some coresets of one dataset, by name."""
    return popularity_report(
        dataset.items.popularity,
        {name: dataset.pool.targets[run.selection.indices] for name, run in named.items()},
        pool=dataset.pool.targets,
        validation=dataset.validation.targets,
        categories=dataset.items.categories,
    )
