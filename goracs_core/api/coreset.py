"""`select`: one call from arrays or a dataset to a Coreset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from goracs_core.api.given import from_arrays, from_dataset, one_per_sample
from goracs_core.api.options import config_values, heard
from goracs_core.budget import Budget
from goracs_core.data.dataset import Dataset
from goracs_core.errors import ConfigError
from goracs_core.jobs.inputs import with_scores
from goracs_core.jobs.select import files
from goracs_core.jobs.select.export import coreset_table, to_csv
from goracs_core.jobs.select.making import Prepared, make_run, prepare
from goracs_core.jobs.select.run import Run
from goracs_core.methods import SelectionConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress, Report
from goracs_core.selection import Selection
from goracs_core.store.atomic import write_files
from goracs_core.store.kind import encode
from goracs_core.types import Certificate, IndexArray
from goracs_core.workspace import Workspace, workspace_root


@dataclass(frozen=True, eq=False, repr=False)
class Coreset:
    """The chosen samples with what is known about them.

    Args:
        selection: Rows, values, transport plan, certificate and trace.
        work: What they were chosen from, and how.
        seconds: Wall-clock seconds of the selection, and of its scores when they were made.
    """

    selection: Selection
    work: Prepared
    seconds: float

    @property
    def problem(self) -> Problem:
        """Distances, gradient norms and their scales."""
        return self.work.problem

    @property
    def indices(self) -> IndexArray:
        """Pool rows in the order chosen; shape [k]."""
        return self.selection.indices

    @property
    def poo(self) -> float:
        """Proxy optimization objective, transport_term - lambda * gradient_term; smaller is better."""
        return self.selection.poo

    @property
    def transport_term(self) -> float:
        """OT(d) / max(d), in [0, 1]."""
        return self.selection.transport_term

    @property
    def gradient_term(self) -> float:
        """Mean of g / max(g), in [0, 1]; 0 without gradient norms. Not multiplied by lambda."""
        return self.selection.gradient_term

    @property
    def certificate(self) -> Certificate | None:
        """What is proven about every other coreset of this size (gap, lower_bound, prices); None without a proof."""
        return self.selection.certificate

    @property
    def config(self) -> SelectionConfig:
        """Method and options."""
        return self.selection.config

    @property
    def dataset(self) -> Dataset | None:
        """The dataset, or None for bare arrays."""
        return self.work.inputs.dataset

    @cached_property
    def run(self) -> Run:
        """The coreset as the workspace and `save` keep it."""
        return make_run(self.work.inputs, self.problem, self.selection, seconds=self.seconds, key=self.work.key)

    def to_frame(self) -> pd.DataFrame:
        """One line per chosen sample, in the order chosen.

        Columns: index (pool row), order, with a dataset id, user, item, title, category, popularity, prompt and answer,
        gradient_norm where known, scores of a method that ranks by scores, served (validation samples it sends mass
        to), mean_distance (to these, in the space of the embeddings).
        """
        return coreset_table(self.run, self.dataset)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write coreset.csv, run.json and selection.npz, as `select --output` does; returns the folder.

        Args:
            folder: A new or empty folder, or one with an earlier result.
            force: Write into a folder that holds other files, too.

        Raises:
            StoreError: The folder holds something else, or cannot be written.
        """
        output = Path(folder).expanduser()
        files.check_output(output, force=force)
        write_files(output, encode(files.RUN_KIND, self.run, {files.CORESET: to_csv(self.to_frame())}))
        return output

    def __len__(self) -> int:
        return len(self.selection)

    def __repr__(self) -> str:
        config, proof = self.config, self.certificate
        how = config.method if config.solver == config.method else f"{config.method} ({config.solver})"
        return (
            f"Coreset({len(self):,} of {self.problem.num_pool:,} pool samples by {how}, poo={self.poo:.6g}, "
            f"transport_term={self.transport_term:.6g}, gradient_term={self.gradient_term:.6g}, "
            f"lambda_={config.lambda_:g}, gap={'None' if proof is None else f'{proof.gap:.2g}'})"
        )


def select(
    pool: ArrayLike | str | Path | Dataset,
    validation: ArrayLike | None = None,
    *,
    budget: Budget,
    method: str = "goracs",
    lambda_: float | None = None,
    gradient_norms: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    validation_labels: ArrayLike | None = None,
    validation_weights: ArrayLike | None = None,
    half_life: float | None = None,
    scores: ArrayLike | None = None,
    progress: Progress | Report | None = None,
    **options: Any,
) -> Coreset:
    """Choose the pool samples that represent the validation samples best.

    Nothing is written to disk, but for scores and models that a method like dealrec computes from a dataset: these stay
    in the cache of the workspace. The same inputs, options and seed give the same coreset.

    Args:
        pool: Pool embeddings, shape [n, d]; or a dataset: its folder, its name in the workspace, "demo", or the Dataset
            that `load_dataset` returned.
        validation: Validation embeddings, shape [m, d], of the same encoder; None with a dataset.
        budget: How many to choose: a number of samples, or a share of the pool like 0.02 or "2%".
        method: Name of a method, see `methods`.
        lambda_: Weight of the gradient term, >= 0. By default that of the method (0.05) where there are gradient norms,
            and 0, pure transport, where there are none.
        gradient_norms: Gradient norm of each pool sample, >= 0; shape [n].
        labels: Class of each pool sample, whole numbers or texts; shape [n].
        validation_labels: Class of each validation sample; shape [m].
        validation_weights: How much each validation sample counts, > 0; shape [m].
        half_life: Days after which a validation sample of a dataset counts half as much.
        scores: One number per pool sample for a method that ranks by scores, instead of its own; shape [n].
        progress: Called with stage, done, total and detail as the work goes on.
        **options: seed, label_aware, solver, and every option of the method (`methods` lists them).

    Raises:
        GoracsError: Arrays, a budget or options that do not do, in one sentence: ShapeError, ConfigError, StoreError.
    """
    told = heard(progress)
    arrays = {
        "gradient_norms": gradient_norms,
        "labels": labels,
        "validation_labels": validation_labels,
        "validation_weights": validation_weights,
    }
    if isinstance(pool, str | Path | Dataset):
        inputs = from_dataset(pool, {"validation": validation, **arrays}, half_life)
    elif half_life is not None:
        raise ConfigError(
            "a half-life needs the times of a dataset; give validation_weights with arrays",
            code="no-times",
            fields={"option": "half_life"},
        )
    else:
        inputs = from_arrays(pool, validation, **arrays)
    if scores is not None:
        inputs = with_scores(inputs, one_per_sample("scores", scores, len(inputs.pool)))
    if lambda_ is None and inputs.gradient_norms is None:
        lambda_ = 0.0
    values = config_values(method, budget, {**options, **({} if lambda_ is None else {"lambda_": lambda_})})
    work = prepare(inputs, values, cache=Workspace(workspace_root()).cache, progress=told)
    selection, seconds = work.select(told)
    return Coreset(selection, work, seconds)
