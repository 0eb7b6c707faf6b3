"""Formats in: one small module per layout behind `load_source`."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from goracs_core.data.loaders.detect import KNOWN_LAYOUTS, detect_kind
from goracs_core.data.loaders.source import (
    ColumnMapping,
    Source,
    SourceInstructions,
    SourceInteractions,
    SourceKind,
    SourceOptions,
)
from goracs_core.data.loaders.text import existing
from goracs_core.progress import Progress, silent

__all__ = [
    "KNOWN_LAYOUTS", "ColumnMapping", "Source", "SourceInstructions", "SourceInteractions", "SourceKind",
    "SourceOptions", "detect_kind", "load_source",
]  # fmt: skip


def load_source(path: Path, *, options: SourceOptions = SourceOptions(), progress: Progress = silent) -> Source:  # noqa: B008
    """Read and check one source; all of it or nothing.

    Args:
        path: File or folder.
        options: Its kind (None detects it), columns, encoding.
        progress: Called with the stage "read <file>".

    Raises:
        InputError: The source cannot be read as that kind; one sentence with file, row and column.
        ConfigError: An option does not apply to that kind.
    """
    path = existing(Path(path))
    kind = options.kind or detect_kind(path)
    options.check(kind)
    match kind:
        case SourceKind.DEALREC:
            from goracs_core.data.loaders.dealrec import load_dealrec as load
        case SourceKind.TABLES:
            from goracs_core.data.loaders.tables import load_tables as load
        case SourceKind.AMAZON:
            from goracs_core.data.loaders.amazon import load_amazon as load
        case SourceKind.MOVIELENS:
            from goracs_core.data.loaders.movielens import load_movielens as load
        case SourceKind.INSTRUCTIONS:
            from goracs_core.data.loaders.instructions import load_instructions as load
        case _:
            assert_never(kind)
    return load(path, options=options, progress=progress)
