"""Trainings as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from goracs_core.data.demo import demo_directory
from goracs_core.jobs.train.record import Training, TrainingSummary
from goracs_core.store.kind import Head, Kind, without_nan
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace

RECORD, ARRAYS = "training.json", "outcomes.npz"
SHIPPED = "trainings"  # folder of trainings inside the demo's


class TrainingStore(RecordStore[Training]):
    """The trainings of one workspace, and those that are shipped with the demo.

    Args:
        workspace: Whose trainings.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(TRAINING, workspace.root / "trainings", shipped=demo_directory() / SHIPPED)

    def list(self, dataset_fingerprint: str | None = None, *, shipped: bool = False) -> tuple[TrainingSummary, ...]:
        """All trainings whose record can be read, newest first.

        Args:
            dataset_fingerprint: Of the dataset; None for any.
            shipped: Also those that came with the demo, after those of the workspace; times of another machine.
        """
        mine = [one for one in map(_summary, self.heads()) if dataset_fingerprint in (None, one.dataset_fingerprint)]
        came = {one.id for one in mine if self.is_shipped(one.id)}
        kept = [one for one in mine if shipped or one.id not in came]
        return tuple(sorted(kept, key=lambda one: (one.id in came, -one.created, one.id)))


def _summary(head: Head) -> TrainingSummary:
    names = [field.name for field in fields(TrainingSummary)]
    return TRAINING.codec.decode(TrainingSummary, {name: head.values[name] for name in names})


def _former(values: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """What version 1 wrote: flat arrays, null for NaN."""
    written = values.pop("written")
    log = values["log"]
    epochs = [
        {**one, **without_nan({name: one[name] for name in ("loss", "validation_loss")})} for one in log["epochs"]
    ]
    return {
        **values,
        "log": {**log, "epochs": epochs},
        "metrics": without_nan(values["metrics"]),
        "tested": _former_tested(arrays, written),
    }


def _former_tested(arrays: dict[str, np.ndarray], written: list[str]) -> dict[str, Any]:
    loss_seconds, rank_seconds = arrays["seconds"].tolist()

    def positions(name: str) -> dict[str, str]:
        arrays[f"{name}.better"], arrays[f"{name}.equal"] = arrays[name]  # [2, q]
        return {"better": f"{name}.better", "equal": f"{name}.equal"}

    def rankings(name: str, written: list[str], seconds: float) -> dict[str, Any] | None:
        if f"{name}_rows" not in arrays:
            return None
        full, sampled = positions(f"{name}_full"), positions(f"{name}_sampled")
        return {"rows": f"{name}_rows", "full": full, "sampled": sampled, "written": written, "seconds": seconds}

    start = {"rows": "test_rows", "values": "start_losses"} if "start_losses" in arrays else None
    choices: Mapping[str, str] = {"rows": "choice_rows", "chances": "chances", "labels": "labels"}
    return {
        "losses": {"rows": "test_rows", "values": "losses", "seconds": loss_seconds},
        "start_losses": start,
        "rankings": rankings("ranked", written, rank_seconds),
        "popularity": rankings("popular", [], 0.0),
        "choices": choices if "chances" in arrays else None,
        "popularity_scores": "popularity_scores" if "popularity_scores" in arrays else None,
    }


TRAINING = Kind(
    "training", lambda: Training, r"[0-9a-f]{32}", "train again", record=RECORD, arrays=ARRAYS, former=_former
)
