"""Experiments as they are kept, and those that are shipped with the demo."""

from __future__ import annotations

from typing import Any

import numpy as np

from goracs_core.data.demo import demo_directory
from goracs_core.jobs.experiment.record import Experiment, TestOutcomes
from goracs_core.store.kind import Kind, without_nan
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace

SHIPPED = "experiments"  # folder of finished experiments inside the demo's


class ExperimentStore(RecordStore[Experiment]):
    """The experiments of one workspace, and those that are shipped with the demo.

    Args:
        workspace: Whose experiments.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(EXPERIMENT, workspace.root / "experiments", shipped=demo_directory() / SHIPPED)

    def list(self, dataset_fingerprint: str | None = None, *, kind: str | None = None) -> tuple[Experiment, ...]:
        """All experiments that can be read, the last started first; of one dataset and kind when given."""
        mine = [
            one
            for one in self.values()
            if dataset_fingerprint in (None, one.dataset_fingerprint) and kind in (None, one.kind)
        ]
        return tuple(sorted(mine, key=lambda one: (self.is_shipped(one.id), -one.started, one.id)))


def _former(values: dict[str, Any], _: dict[str, np.ndarray]) -> dict[str, Any]:
    """What version 1 wrote: null for NaN, the outcomes' arrays under the names of their fields."""
    entries = [{**entry, "values": without_nan(entry["values"])} for entry in values["entries"]]
    return {**values, "entries": entries, "outcomes": {name: name for name in TestOutcomes.__dataclass_fields__}}


EXPERIMENT = Kind(
    "experiment",
    lambda: Experiment,
    r"[0-9a-f]{16}",
    "run it again",
    record="experiment.json",
    arrays="outcomes.npz",
    former=_former,
)
