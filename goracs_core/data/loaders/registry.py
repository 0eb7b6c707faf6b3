"""Every format that can be read, and which one lies at a path.

A format is one module with one `Loader`. `register` makes it known to the command line, the pages and every message.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from goracs_core.data.loaders import amazon, dealrec, instructions, movielens, tables
from goracs_core.data.loaders.faults import RowFaults
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.source import BadRows, Source, SourceOptions
from goracs_core.data.loaders.text import existing
from goracs_core.data.report import InputError, ValidationReport
from goracs_core.errors import ConfigError
from goracs_core.progress import Progress, silent

_LOADERS: dict[str, Loader] = {}


def register(loader: Loader) -> None:
    """Make a format known; of two that match equally well, the one registered first is taken.

    Raises:
        ConfigError: The name is taken.
    """
    if loader.name in _LOADERS:
        message = f"there is a loader called {loader.name!r} already; give another name"
        raise ConfigError(message, code="loader-exists", fields={"loader": loader.name})
    _LOADERS[loader.name] = loader


for _module in (dealrec, movielens, amazon, tables, instructions):
    register(_module.LOADER)


def loaders() -> tuple[Loader, ...]:
    """Every known format, in the order of registration."""
    return tuple(_LOADERS.values())


def find_loader(name: str) -> Loader:
    """The loader called `name`.

    Raises:
        ConfigError: There is none.
    """
    if name not in _LOADERS:
        message = f"source kind {name!r} is not known; choose one of {', '.join(_LOADERS)}, or leave it out"
        raise ConfigError(message, code="unknown-kind", fields={"kind": name})
    return _LOADERS[name]


def known_layouts() -> str:
    """The layouts of all known formats, as a phrase that completes "give ..."."""
    *others, last = (loader.layout for loader in loaders())
    return f"{', '.join(others)}, or {last}"


def known_endings() -> tuple[str, ...]:
    """Endings of the files of all known formats, without the dot; compressed ones end in gz."""
    return (*dict.fromkeys(ending for loader in loaders() for ending in loader.endings), "gz")


def detect_kind(path: Path) -> str:
    """Name of the format of a file or folder, told by file names and the first record.

    The best match is taken. A file that cannot be read counts for more than a match by the ending alone.

    Raises:
        InputError: Nothing there, or nothing known.
    """
    path = existing(Path(path))
    if path.is_dir():
        _check_folder(path)
    found: list[tuple[Match, Loader]] = []
    faults: list[InputError] = []
    for loader in loaders():
        try:
            found.append((loader.detect(path), loader))
        except InputError as error:
            faults.append(error)
    match, loader = max(found, key=lambda pair: pair[0], default=(Match.NO, None))
    if faults and match <= Match.ENDING:
        raise faults[0]
    if loader is None or match is Match.NO:
        raise _unknown(path)
    return loader.name


def load_source(path: Path, *, options: SourceOptions = SourceOptions(), progress: Progress = silent) -> Source:  # noqa: B008
    """Read and check one source.

    Args:
        path: File or folder.
        options: Its kind (None detects it), columns, encoding, and what becomes of rows that cannot be used.
        progress: Called with the stage "read <file>".

    Raises:
        RowsError: Rows that cannot be used, all of them; unless they are to be left out, which the report then says.
        InputError: The source cannot be read as that kind; one sentence with file, row and column.
        ConfigError: The kind is not known, or an option does not apply to it.
    """
    path = existing(Path(path))
    loader = find_loader(options.kind or detect_kind(path))
    loader.check(options)
    faults = RowFaults()
    stop = options.bad_rows is BadRows.STOP
    try:
        source = loader.load(path, options=options, faults=faults, progress=progress)
    except InputError as error:
        if faults and stop:
            raise faults.error(error) from error
        raise
    if faults and stop:
        raise faults.error()
    return replace(source, report=ValidationReport((*faults.left_out(), *source.report.entries)))


def _check_folder(folder: Path) -> None:
    names = {entry.name.lower() for entry in folder.iterdir()}
    if not names:
        raise InputError(f"the folder is empty; give {known_layouts()}", "empty-folder", file=folder.name)
    if "dataset.json" in names:
        message = "the folder is a dataset that was already prepared; open it instead of preparing it"
        raise InputError(message, "prepared-already", file=folder.name)


def _unknown(path: Path) -> InputError:
    if not path.is_dir():
        return InputError(f"the file's ending is not known; give {known_layouts()}", "unknown-layout", file=path.name)
    names = sorted(entry.name.lower() for entry in path.iterdir())
    shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
    return InputError(
        f"the folder holds {shown}, which is no known layout; give {known_layouts()}", "unknown-layout", file=path.name
    )
