"""What is open now: the dataset and the run, kept in the address (?dataset=…&run=…) and through page changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from goracs_core.data.demo import demo_directory
from goracs_core.data.store import MANIFEST, read_manifest
from goracs_core.errors import StoreError
from goracs_core.jobs.select.store import RunStore
from goracs_core.workspace import Workspace
from pages._ui.picker import Picker

DEMO, DEMO_LAMBDA = "demo", 0.05
OPEN_VARIABLE = "GORACS_OPEN"
DATASETS = Picker("dataset", optional=True)
RUNS = Picker("run", optional=True)


@dataclass(frozen=True)
class DatasetRef:
    """A dataset that can be opened, known by its manifest only.

    Args:
        name: What the address and the picker call it: "demo" or its folder's name.
        directory: Its folder.
        fingerprint: Of its contents.
        manifest: The dataset.json: name, task, counts, provenance.
    """

    name: str
    directory: Path
    fingerprint: str
    manifest: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def title(self) -> str:
        """The name its maker gave it."""
        return str(self.manifest["name"])

    @property
    def task(self) -> str:
        """The task: seqrec or ctr."""
        return str(self.manifest["task"])

    @property
    def counts(self) -> Mapping[str, int]:
        """Sizes: items, users, interactions, pool, validation, test."""
        return self.manifest["counts"]

    @property
    def sampling_notes(self) -> tuple[str, ...]:
        """Sentences that announce any sampling; to be shown wherever the data is shown."""
        return tuple(self.manifest["provenance"].get("sampling", ()))


def workspace() -> Workspace:
    """The workspace of this server, its folders made."""
    return Workspace.default()


def dataset_names() -> tuple[str, ...]:
    """All datasets: the demo first, then those of the workspace by name."""
    demo = (DEMO,) if (demo_directory() / MANIFEST).is_file() else ()
    return demo + tuple(folder.name for folder in workspace().dataset_directories() if folder.name != DEMO)


def reference(name: str) -> DatasetRef:
    """The dataset called `name`.

    Raises:
        StoreError: There is none, or its manifest is damaged.
    """
    if name not in dataset_names():
        raise StoreError(f"there is no dataset {name!r} in this workspace; choose another one in the bar at the top")
    directory = demo_directory() if name == DEMO else workspace().datasets / name
    manifest = _manifest(str(directory), (directory / MANIFEST).stat().st_mtime_ns)
    missing = [entry for entry in ("name", "task", "fingerprint", "counts", "provenance") if entry not in manifest]
    if missing:
        raise StoreError(f"the dataset {name!r} is damaged ({MANIFEST} has no {missing[0]!r}); prepare it again")
    return DatasetRef(name, directory, str(manifest["fingerprint"]), manifest)


def name_of(directory: Path) -> str | None:
    """The name under which a dataset's folder can be opened; None when it is neither the demo nor in the workspace."""
    if directory.resolve() == demo_directory().resolve():
        return DEMO
    return directory.name if directory.resolve().parent == workspace().datasets.resolve() else None


@st.cache_resource(max_entries=64, show_spinner=False)
def _manifest(directory: str, modified: int) -> dict[str, Any]:
    return read_manifest(Path(directory))


def dataset() -> DatasetRef | None:
    """The current dataset, or None when none is open.

    Raises:
        StoreError: The address names one that is missing or damaged.
    """
    name = DATASETS.current
    return reference(name) if name else None


def run_id() -> str | None:
    """The current run's id, or None."""
    return RUNS.current


def set_dataset(name: str | None) -> None:
    """Open a dataset; closes the current run when it belongs to another one. Takes effect at the next rerun."""
    if name != DATASETS.current:
        RUNS.open(None)
    DATASETS.open(name)


def set_run(run: str | None, dataset: str | None = None) -> None:
    """Open a run, and its dataset when given."""
    if dataset is not None:
        DATASETS.open(dataset)
    RUNS.open(run)


def query(**changes: str | None) -> dict[str, str]:
    """Query parameters for a link that keeps what is open, with `changes`; None removes one."""
    values = {"dataset": DATASETS.current, "run": RUNS.current, **changes}
    return {name: value for name, value in values.items() if value}


def synchronise() -> None:
    """Bring address and session together; called once at the start of each script run.

    An address that changed since it was last seen wins (a link, a typed address); one that lost its parameters (the
    navigation drops them) is filled in again. A new visitor without an address finds the dataset open that the
    environment variable GORACS_OPEN names (`make run` names the demo).
    """
    opening = os.environ.get(OPEN_VARIABLE)
    if "visited" not in st.session_state:
        st.session_state["visited"] = True
        if opening in dataset_names() and DATASETS.name not in st.query_params:
            DATASETS.open(opening)
    before = DATASETS.current
    if DATASETS.synchronise() and DATASETS.current != before:
        RUNS.forget()
    RUNS.synchronise()
    if DATASETS.current == DEMO and RUNS.current is None and not st.session_state.get("demo_run_opened"):
        RUNS.open(_demo_run())
    st.session_state["demo_run_opened"] = DATASETS.current == DEMO or st.session_state.get("demo_run_opened")


@st.cache_resource(max_entries=1, show_spinner=False)
def _demo_run() -> str | None:
    """The run that the demo opens with: of those that are shipped, the one of the default λ."""
    found = [run for run in RunStore(workspace()).list(shipped=True) if RunStore(workspace()).is_shipped(run.id)]
    return next((run.id for run in found if run.lambda_ == DEMO_LAMBDA), None)
