"""Loss landscapes as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goracs_core.llm.landscape import Landscape
from goracs_core.store.kind import Kind, as_written
from goracs_core.store.records import RecordStore
from goracs_core.workspace import Workspace


@dataclass(frozen=True)
class KeptLandscape:
    """A measured landscape and where it comes from.

    Args:
        id: What decides the result, as a fingerprint: data, rows, options, model and code.
        created: Seconds since 1970.
        dataset_name, dataset_fingerprint: Whose pool the samples are from.
        run: Id of the run whose coreset it is; "" for the first samples of the pool.
        budget: Samples of that coreset; the landscape may be of fewer, see `Landscape.samples`.
        options: Plain values of `LandscapeOptions`.
        model: Name of the language model.
        landscape: What was measured.
        machine: Processor, cores, versions and so on, by name.
    """

    id: str
    created: float
    dataset_name: str
    dataset_fingerprint: str
    run: str
    budget: int
    options: Mapping[str, Any]
    model: str
    landscape: Landscape
    machine: Mapping[str, str] = field(default_factory=dict)


LANDSCAPE = Kind(
    "landscape", lambda: KeptLandscape, r"[0-9a-f]{32}", "measure again", former=as_written, former_files="{id}.json"
)


class LandscapeStore(RecordStore[KeptLandscape]):
    """The landscapes of one workspace.

    Args:
        workspace: Whose landscapes.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(LANDSCAPE, workspace.root / "landscapes")

    def list(self, dataset_fingerprint: str | None = None) -> tuple[KeptLandscape, ...]:
        """All landscapes that can be read, newest first; of one dataset when its fingerprint is given."""
        mine = [one for one in self.values() if dataset_fingerprint in (None, one.dataset_fingerprint)]
        return tuple(sorted(mine, key=lambda one: (-one.created, one.id)))
