"""Where everything a user makes lives on disk: datasets, runs, caches and uploads."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from goracs_core.errors import ConfigError, StoreError
from goracs_core.store.atomic import recover

ENVIRONMENT_VARIABLE = "GORACS_WORKSPACE"

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


def project_directory() -> Path:
    """The folder that holds goracs_core: the top level of a checkout, or site-packages."""
    return Path(__file__).resolve().parent.parent


def is_checkout() -> bool:
    """Whether this is a copy of the project, not an installed package."""
    return (project_directory() / "pyproject.toml").is_file()


def workspace_root() -> Path:
    """The folder that GORACS_WORKSPACE names; else data/workspace in a checkout, once installed the user's folder."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().resolve()
    return project_directory() / "data" / "workspace" if is_checkout() else _user_data() / "goracs"


def _user_data() -> Path:
    """Where programs of this platform keep what their user makes."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    named = os.environ.get("XDG_DATA_HOME", "")  # must be absolute, or is to be ignored
    return Path(named) if os.path.isabs(named) else Path.home() / ".local" / "share"


@dataclass(frozen=True)
class Workspace:
    """The folders of one workspace; nothing is created until `ensure`.

    Args:
        root: The workspace's top folder.
    """

    root: Path

    @classmethod
    def default(cls) -> Workspace:
        """The workspace that `workspace_root` names, with its folders made."""
        return cls(workspace_root()).ensure()

    @property
    def datasets(self) -> Path:
        """One folder per prepared dataset."""
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        """The index and one folder per run."""
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        """What can be computed again: feature chunks, language models, projections."""
        return self.root / "cache"

    @property
    def uploads(self) -> Path:
        """Files that came in through the browser."""
        return self.root / "uploads"

    @property
    def index(self) -> Path:
        """The SQLite file with the index of the runs and the job queue."""
        return self.runs / "index.sqlite"

    @property
    def worker_lock(self) -> Path:
        """Held by the one worker of this workspace for as long as it lives."""
        return self.root / "worker.lock"

    @property
    def worker_log(self) -> Path:
        """What the worker printed, tracebacks included."""
        return self.root / "worker.log"

    def ensure(self) -> Workspace:
        """Make the folders.

        Raises:
            StoreError: The folder cannot be written.
        """
        try:
            for folder in (self.datasets, self.runs, self.cache, self.uploads):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the workspace {self.root} cannot be written ({error.strerror}); "
                f"set {ENVIRONMENT_VARIABLE} to a folder that can",
                code="cannot-write",
                fields={"folder": str(self.root)},
            ) from error
        return self

    def dataset_directory(self, name: str) -> Path:
        """The folder of the dataset called `name`: its name with everything but letters, digits, . - _ replaced.

        Raises:
            ConfigError: Nothing is left of the name.
        """
        folder = _NOT_IN_NAMES.sub("-", name).strip("-.")[:80]
        if not folder:
            raise ConfigError(
                f"{name!r} cannot be a dataset's name; use letters and digits", code="bad-name", fields={"name": name}
            )
        return self.datasets / folder

    def dataset_directories(self) -> tuple[Path, ...]:
        """Folders that hold a prepared dataset, by name."""
        if not self.datasets.is_dir():
            return ()
        recover(self.datasets)
        return tuple(sorted(manifest.parent for manifest in self.datasets.glob("[!.]*/dataset.json")))
