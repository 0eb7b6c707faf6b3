"""Datasets by what people call them: a folder, the name of one in the workspace, or `demo`."""

from __future__ import annotations

from pathlib import Path

from goracs_core.data.demo import demo_directory
from goracs_core.errors import StoreError
from goracs_core.workspace import Workspace

DEMO = "demo"


def dataset_folder(given: str, workspace: Workspace) -> Path:
    """The folder of a prepared dataset: a path, the name of one in the workspace, or `demo`.

    Raises:
        StoreError: None of these.
    """
    path = Path(given).expanduser()
    if path.exists():
        return path
    if given == DEMO:
        return demo_directory()
    named = [folder for folder in workspace.dataset_directories() if folder.name == given]
    if named:
        return named[0]
    message = f"there is no folder {given} and no dataset of that name; `prepare` it first, or use the dataset demo"
    raise StoreError(message, code="no-such-dataset", fields={"given": given})
