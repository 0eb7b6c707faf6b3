"""Files that came in through the browser: kept in the workspace's uploads until they were used; archives unpacked
with suspicion.
"""

from __future__ import annotations

import re
import shutil
import stat
import time
import uuid
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from goracs_core.errors import DataError
from goracs_core.workspace import Workspace

MAX_MEMBERS = 2_000
MAX_UNPACKED = 8 * 2**30
MAX_RATIO = 200  # a text table shrinks by 5 to 30; bombs by 1,000 and more

_RATIO_MATTERS_FROM = 64 * 2**20
_CHUNK = 1 << 20
_NOT_IN_NAMES = re.compile(r"[^\w.+ -]+")
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db")


class Upload(Protocol):
    """What st.file_uploader returns, as far as it is needed here."""

    name: str

    def getbuffer(self) -> memoryview:
        """The file's bytes."""
        ...


def keep(files: Sequence[Upload], workspace: Workspace, *, max_unpacked: int = MAX_UNPACKED) -> Path:
    """Write uploads into a fresh folder of the workspace, archives unpacked; the path to prepare from.

    A single file gives that file, anything else its folder (the inner folder when an archive holds just one).

    Raises:
        DataError: An archive that is damaged, too large or reaches outside of its folder; nothing is left then.
    """
    folder = workspace.ensure().uploads / uuid.uuid4().hex
    inner = folder / "my-data"  # what files uploaded together are called, in messages and as a dataset
    inner.mkdir(parents=True)
    try:
        for file in files:
            target = inner / safe_name(file.name)
            if target.exists():
                raise DataError(f"two uploaded files are called {target.name!r}; give them different names")
            target.write_bytes(file.getbuffer())
            if target.suffix.lower() == ".zip":
                unpack(target, inner, max_unpacked=max_unpacked)
                target.unlink()
        return _innermost(inner)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def discard(path: Path, workspace: Workspace) -> None:
    """Delete what `keep` wrote; anything outside of the uploads is left alone."""
    uploads = workspace.uploads.resolve()
    for folder in (path.resolve(), *path.resolve().parents):
        if folder.parent == uploads:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(workspace: Workspace, *, older_than: float = 24 * 3600) -> None:
    """Delete uploads that nobody used within a day (their browser tab was closed)."""
    if not workspace.uploads.is_dir():
        return
    for folder in workspace.uploads.iterdir():
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > older_than:
                shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """The last part of a file name, with odd characters replaced."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    cleaned = _NOT_IN_NAMES.sub("_", last).strip(" .")[-120:]
    return cleaned or "upload"


def unpack(archive: Path, folder: Path, *, max_unpacked: int = MAX_UNPACKED) -> None:
    """Unpack a zip file into `folder`, every member checked first and its bytes counted while it is written.

    Raises:
        DataError: Damaged, encrypted, too large, or a member that is a link or would lie outside of `folder`.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir() and not _litter(member.filename)]
            targets = [(member, folder / _inside(archive, member)) for member in members]
            _check_sizes(archive, members, max_unpacked)
            left = max_unpacked
            for member, target in targets:
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, target.open("xb") as sink:
                    left -= _copy(archive, source, sink, left)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError) as error:
        raise DataError(
            f"the archive {archive.name} is damaged or has an unknown format ({error}); create it again as a plain "
            "zip file"
        ) from error


def _check_sizes(archive: Path, members: Sequence[zipfile.ZipInfo], max_unpacked: int) -> None:
    if not members:
        raise DataError(f"the archive {archive.name} contains no files; add the data files")
    if len(members) > MAX_MEMBERS:
        raise DataError(
            f"the archive {archive.name} contains {len(members):,} files, but at most {MAX_MEMBERS:,} are allowed"
        )
    total = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if total > max_unpacked:
        raise DataError(
            f"the archive {archive.name} unpacks to {total / 2**30:.1f} GiB, but at most {max_unpacked / 2**30:.1f} "
            "GiB are allowed; unpack it on the server and enter the folder's path"
        )
    if total > _RATIO_MATTERS_FROM and total / packed > MAX_RATIO:
        raise DataError(
            f"the archive {archive.name} would expand by a factor of {total // packed}, which is not plausible for "
            "data; it is not unpacked"
        )


def _inside(archive: Path, member: zipfile.ZipInfo) -> Path:
    """Where a member goes, relative to the folder; refuses everything that could lead out of it."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    mode = member.external_attr >> 16
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or (mode and stat.S_ISLNK(mode)):
        raise DataError(
            f"the archive {archive.name} contains {member.filename!r}, which lies outside of its folder; it is not "
            "unpacked"
        )
    if member.flag_bits & 0x1:
        raise DataError(f"the archive {archive.name} is encrypted; create it without a password")
    return Path(*(safe_name(part) for part in path.parts))


def _copy(archive: Path, source: IO[bytes], sink: IO[bytes], most: int) -> int:
    """Copy, counting real bytes: the sizes that an archive claims may be lies."""
    written = 0
    while chunk := source.read(_CHUNK):
        written += len(chunk)
        if written > most:
            raise DataError(f"the archive {archive.name} unpacks to more than it declares or is allowed; it is refused")
        sink.write(chunk)
    return written


def _litter(name: str) -> bool:
    return any(part in _LITTER for part in PurePosixPath(name.replace("\\", "/")).parts)


def _innermost(folder: Path) -> Path:
    while True:
        entries = list(folder.iterdir())
        if len(entries) != 1:
            return folder
        if entries[0].is_file():
            return entries[0]
        folder = entries[0]
