"""A Run: one finished selection with everything that explains it; and the line that stands for it in a list."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from goracs_core.methods import SelectionConfig
from goracs_core.types import FloatArray, IndexArray, readonly

if TYPE_CHECKING:  # the selection package brings the solver's libraries along; a list of runs needs none of them
    from goracs_core.selection.result import Selection


@dataclass(frozen=True)
class DatasetReference:
    """Which dataset a run was made on; all texts empty for runs on bare arrays.

    Args:
        name: The dataset's name.
        task: "seqrec" or "ctr".
        fingerprint: The dataset's fingerprint.
        directory: Where it lay when the run was made.
        sampling: Sentences that announce any sampling of the data.
    """

    name: str = ""
    task: str = ""
    fingerprint: str = ""
    directory: str = ""
    sampling: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """Where a run comes from that was not made in this workspace.

    Args:
        run: Its id where it was made.
        version: Version of this program that made it.
        at: When it was imported, in seconds since 1970.
    """

    run: str
    version: str
    at: float


def imported_words(imported: Imported, created: float) -> str:
    """When a run was imported, and by which version it was made when."""
    made, came = (time.strftime("%Y-%m-%d", time.localtime(moment)) for moment in (created, imported.at))
    return f"imported {came}; made {made} by version {imported.version or 'unknown'}"


@dataclass(frozen=True, eq=False)
class RowScores:
    """Per chosen row, in the order chosen.

    Args:
        gradient_norms: Gradient norm as given (not scaled); zeros when unknown; shape [k].
        served: Validation samples that the row sends mass to in the plan; shape [k].
        mean_distances: Mass-weighted mean distance, as given (not scaled), to what it serves; shape [k].
    """

    gradient_norms: FloatArray
    served: IndexArray
    mean_distances: FloatArray

    def __post_init__(self) -> None:
        for name in ("gradient_norms", "mean_distances"):
            object.__setattr__(self, name, readonly(getattr(self, name), "float64"))
        object.__setattr__(self, "served", readonly(self.served, "int64"))


@dataclass(frozen=True, eq=False)
class Run:
    """A finished selection.

    Args:
        id: The run's folder name: time of creation and the start of the selection's fingerprint.
        name: What the user calls it.
        notes: The user's notes.
        created: Seconds since 1970.
        dataset: The dataset, or an empty reference for runs on bare arrays.
        inputs: Fingerprints (and names) of what went in: features, embeddings, gradient norms, labels, problem.
        config: Method and options.
        selection: The chosen rows with values, plan and trace.
        scores: Per-row scores of the chosen rows.
        metrics: Plain numbers and texts: num_pool, num_validation, distance_scale, gradient_scale,
            has_gradient_norms, pass_at_1, label_aware_poo (label-aware runs only).
        seconds: Wall-clock seconds of the selection, its final evaluation included, and those of the scores it ranks by
            when they were made.
        versions: Version of Python and of each library that the result depends on, and the platform.
        key: What makes it reusable: problem, config and the code that computes them (`jobs.reuse.run_key`).
        imported: Where it comes from; None for a run of this workspace.
    """

    id: str
    name: str
    notes: str
    created: float
    dataset: DatasetReference
    inputs: dict[str, str]
    config: SelectionConfig
    selection: Selection
    scores: RowScores
    metrics: dict[str, Any]
    seconds: float
    versions: dict[str, str]
    key: str
    imported: Imported | None = None

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the chosen rows in their order."""
        return self.selection.fingerprint


@dataclass(frozen=True)
class RunSummary:
    """A run as a list shows it; read from the index without loading arrays.

    Args:
        id: The run's folder name.
        name: What the user calls it.
        notes: The user's notes.
        created: Seconds since 1970.
        dataset_name: Name of its dataset; "" for bare arrays.
        dataset_fingerprint: Fingerprint of its dataset; "" for bare arrays.
        problem_fingerprint: Runs with the same one compare.
        config: Method, solver and options as plain values.
        poo: Objective value; smaller is better.
        transport_term: OT(d_S) / max(d).
        gradient_term: mean over S of g / max(g).
        pass_at_1: Share of accepted exchanges whose first pair was accepted; 0 where pairs were tried and none was
            accepted, None where none was tried.
        lower_bound: Proven lower bound on the optimum, or None.
        gap: Proven gap as a share of the transport term, or None.
        seconds: Wall-clock seconds of the selection.
        stop_reason: Why the algorithm ended.
        fingerprint: Fingerprint of the chosen rows in their order.
        key: See `Run.key`.
        imported: Where it comes from, in a few words; "" for a run of this workspace.
        damaged: "" or the sentence that says what is wrong with the folder; then only id, name, created and key
            can be trusted.
    """

    id: str
    name: str
    notes: str = ""
    created: float = 0.0
    dataset_name: str = ""
    dataset_fingerprint: str = ""
    problem_fingerprint: str = ""
    config: dict[str, Any] | None = None
    poo: float = float("nan")
    transport_term: float = float("nan")
    gradient_term: float = float("nan")
    pass_at_1: float | None = None
    lower_bound: float | None = None
    gap: float | None = None
    seconds: float = 0.0
    stop_reason: str = ""
    fingerprint: str = ""
    key: str = ""
    imported: str = ""
    damaged: str = ""

    @property
    def budget(self) -> int:
        """Number of chosen samples; 0 for a damaged run."""
        return 0 if self.config is None else int(self.config["budget"])

    @property
    def method(self) -> str:
        """The method's name; "" for a damaged run."""
        return "" if self.config is None else str(self.config["method"])

    @property
    def lambda_(self) -> float:
        """Weight of the gradient term; NaN for a damaged run."""
        return float("nan") if self.config is None else float(self.config["lambda_"])

    @property
    def seed(self) -> int:
        """The seed; 0 for a damaged run."""
        return 0 if self.config is None else int(self.config["seed"])
