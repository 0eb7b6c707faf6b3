"""A run bundle read again: the zip that the export wrote becomes a run of this workspace, and nothing in it is trusted.

Nothing is unpacked to where a name in the archive says, nothing is unpickled, and every size is counted while it is
read: what an archive claims may be a lie. Texts of coreset.csv are written anew from the dataset.
"""

from __future__ import annotations

import io
import math
import tempfile
import time
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.data.store import load_dataset
from goracs_core.errors import GoracsError, RecordExistsError, StoreError
from goracs_core.jobs.select import files
from goracs_core.jobs.select.export import BUNDLE, coreset_table, find_dataset_folder, to_csv
from goracs_core.jobs.select.run import Imported, Run
from goracs_core.jobs.select.store import RunStore
from goracs_core.store.kind import read
from goracs_core.workspace import Workspace

MAX_BYTES = 256 * 2**20

_CHUNK = 1 << 20
_NEEDED = (files.RUN, files.SELECTION, files.CORESET)
_UNREADABLE = (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError, RuntimeError, ValueError)


def import_bundle(content: bytes, workspace: Workspace, *, file: str = "the bundle", max_bytes: int = MAX_BYTES) -> Run:
    """Keep the run of a bundle in the workspace, as what it was when it was made.

    Args:
        content: The bytes of the zip file.
        workspace: Where it is kept; its dataset must lie there, unless the run was made on bare arrays.
        file: What the bundle is called in messages.
        max_bytes: How much it may hold, unpacked.

    Returns:
        The run as it is kept.

    Raises:
        RecordExistsError: It is here already.
        StoreError: No bundle, a damaged one, or one of a dataset that is not in the workspace.
    """
    run = read_bundle(content, file=file, max_bytes=max_bytes)
    dataset = _dataset(run, workspace, file)
    store = RunStore(workspace)
    _refuse_twin(run, store)
    folder = find_dataset_folder(run, workspace)
    kept = replace(
        run,
        dataset=replace(run.dataset, directory="" if folder is None else str(folder)),
        imported=Imported(run.id, run.versions.get("goracs_core", ""), time.time()),
    )
    store.save(kept, to_csv(coreset_table(kept, dataset)))
    return kept


def read_file(path: Path) -> bytes:
    """The bytes of a bundle on this machine.

    Raises:
        StoreError: No such file, or one that is too large for a bundle.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            message = f"{path.name} is larger than {MAX_BYTES / 2**20:.0f} MiB, which no run bundle is; it is not read"
            raise _refused(message, "bundle-too-large", path.name)
        return path.read_bytes()
    except OSError as error:
        message = f"{path.name} cannot be read ({error.strerror}); give the zip file that an export wrote"
        raise _refused(message, "cannot-read", path.name) from error


def read_bundle(content: bytes, *, file: str = "the bundle", max_bytes: int = MAX_BYTES) -> Run:
    """The run of a bundle, every byte checked.

    Args:
        content: The bytes of the zip file.
        file: What the bundle is called in messages.
        max_bytes: How much it may hold, unpacked.

    Raises:
        StoreError: No bundle, a damaged one, or one that is too large.
    """
    members = _members(content, file, max_bytes)
    _check_arrays(members[files.SELECTION], file, max_bytes)
    with tempfile.TemporaryDirectory() as folder:
        for name in _NEEDED:
            (Path(folder) / name).write_bytes(members[name])
        try:
            return read(files.RUN_KIND, Path(folder), named=False)
        except Exception as error:  # whatever a file from elsewhere makes the reader stumble over
            own = isinstance(error, GoracsError) and Path(folder).name not in str(error)
            message = f"{file} is damaged or was changed{f' ({error})' if own else ''}; export the run again"
            raise _refused(message, "bundle-damaged", file) from error


def _members(content: bytes, file: str, max_bytes: int) -> dict[str, bytes]:
    """The files of the archive by name; only those that an export writes."""
    found: dict[str, bytes] = {}
    left = max_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [member.filename for member in archive.infolist()]
            if not set(_NEEDED) <= set(names) <= set(BUNDLE) or len(set(names)) < len(names):
                raise _refused(
                    f"{file} is no run bundle: it must hold {', '.join(_NEEDED)} and nothing that an export does not "
                    "write; choose the format bundle when exporting",
                    "no-bundle",
                    file,
                )
            for member in archive.infolist():
                with archive.open(member) as source:
                    found[member.filename] = _read(source, left, file, max_bytes)
                left -= len(found[member.filename])
    except _UNREADABLE as error:
        raise _refused(f"{file} is no readable zip file; export the run again", "bundle-damaged", file) from error
    return found


def _read(source: Any, most: int, file: str, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    while chunk := source.read(min(_CHUNK, most + 1)):
        most -= len(chunk)
        parts.append(chunk)
        if most < 0:
            raise _refused(
                f"{file} holds more than {max_bytes / 2**20:.0f} MiB, which no run bundle does; it is not read",
                "bundle-too-large",
                file,
            )
    return b"".join(parts)


def _check_arrays(content: bytes, file: str, max_bytes: int) -> None:
    """Insist on plain arrays that are as large as they say, and not too large together."""
    left = max_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                with archive.open(member) as source:
                    array = _read(source, left, file, max_bytes)
                left -= len(array)
                _check_array(array)
    except _UNREADABLE as error:
        raise _refused(
            f"{files.SELECTION} in {file} is damaged or holds something else than plain arrays; export the run again",
            "bundle-damaged",
            file,
        ) from error


def _check_array(content: bytes) -> None:
    """Insist on the bytes of one array: a header may claim any size, and memory for it would be taken at once."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"arrays of version {version} are not read")
    shape, _, dtype = readers[version](stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise ValueError("the array is not what its header says")


def _dataset(run: Run, workspace: Workspace, file: str) -> Dataset | None:
    """The dataset that the run was made on, from the workspace; None for bare arrays."""
    if not run.dataset.fingerprint:
        return None
    folder = find_dataset_folder(replace(run, dataset=replace(run.dataset, directory="")), workspace)
    if folder is None:
        raise _refused(
            f"{file} belongs to the dataset {run.dataset.name!r} (fingerprint {run.dataset.fingerprint[:8]}), which is "
            "not in this workspace; prepare the same dataset here first",
            "other-dataset",
            file,
            dataset=run.dataset.name,
            fingerprint=run.dataset.fingerprint,
        )
    dataset = load_dataset(folder)
    if run.selection.num_pool != len(dataset.pool) or run.selection.num_validation != len(dataset.validation):
        raise _refused(
            f"{file} says {run.selection.num_pool} pool and {run.selection.num_validation} validation samples, but the "
            f"dataset {run.dataset.name!r} has {len(dataset.pool)} and {len(dataset.validation)}; export the run again",
            "bundle-damaged",
            file,
        )
    return dataset


def _refuse_twin(run: Run, store: RunStore) -> None:
    """A run is imported once, and none takes the place of another."""
    store.directory(run.id)  # a StoreError where it is no id
    if any(run.id == one.id for one in store.list(shipped=True)):
        raise RecordExistsError(
            f"the run {run.name or run.id!r} is in this workspace already; delete it to import it again",
            code="record-exists",
            fields={"run": run.id},
        )


def _refused(message: str, code: str, file: str, **fields: Any) -> StoreError:
    return StoreError(message, code=code, fields={"file": file, **fields})
