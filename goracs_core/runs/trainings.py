"""Being built."""

from __future__ import annotations

from typing import Any

from goracs_core.types import Progress, silent
from goracs_core.workspace import Workspace


def train_job(spec: dict[str, Any], workspace: Workspace, progress: Progress = silent) -> dict[str, Any]:
    """Being built."""
    raise NotImplementedError
