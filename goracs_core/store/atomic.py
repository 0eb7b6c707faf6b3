"""Files and folders that are written whole or not at all.

New content is written into a hidden sibling, flushed to the disk, and then takes its place by one rename. A folder that
is replaced is exchanged with the new one in one step where the system can do that; elsewhere the old one is set aside
first, and `recover` puts it back should the process have been killed in between. What killed processes leave behind
lies in hidden folders of known names; `remove_leftovers` finds them.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from goracs_core.errors import RecordExistsError, StoreError

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None

LEFTOVER_SECONDS = 3600.0

_WRITING, _REPLACED, _DELETED = ".writing-", ".replaced-", ".deleted-"
_FORMER = (".scores-", ".chunk-", ".small-", ".surrogate-")  # names that earlier versions gave to unfinished files
_DEPTH = 3  # folders below a workspace in which something is written: cache/chunks/ab is the deepest
_ATTEMPTS = 100  # that another process may spoil by replacing or removing the same path
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_CANNOT_EXCHANGE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EXDEV, errno.EPERM}
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EISDIR}


@contextmanager
def staged(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Where to write a file or a folder that takes the place of `path`, in one step, when the block ends.

    Yields a path beside `path` at which nothing is yet. When the block raises, `path` stays as it was.

    Args:
        path: The file or folder to make or to replace.
        replace: Whether one that exists may be replaced.

    Raises:
        RecordExistsError: `path` exists, and `replace` is False.
        StoreError: It cannot be written.
    """
    path = Path(path)
    box: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        box = Path(tempfile.mkdtemp(prefix=_WRITING, dir=path.parent))
        yield box / path.name
        _sync_tree(box / path.name)
        _put_in_place(box / path.name, path, replace=replace)
        _sync(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror or error})", code="cannot-write", fields={"path": str(path)}
        ) from error
    finally:
        if box is not None:
            shutil.rmtree(box, ignore_errors=True)


def write_file(path: Path, content: bytes) -> None:
    """Make or replace a file; a reader sees the old content or the new, never a part.

    Raises:
        StoreError: It cannot be written.
    """
    with staged(path) as staging:
        staging.write_bytes(content)


def write_folder(path: Path, contents: Mapping[str, bytes], *, replace: bool = True) -> None:
    """Make or replace a folder with the given files and no others.

    Args:
        path: The folder.
        contents: Bytes by file name, which may lie in folders inside.
        replace: Whether one that exists may be replaced.

    Raises:
        RecordExistsError: `path` exists, and `replace` is False.
        StoreError: It cannot be written.
    """
    with staged(path, replace=replace) as staging:
        staging.mkdir()
        for name, content in contents.items():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).write_bytes(content)


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put files into a folder of the user's: a new one is made whole; in one that exists, each file is made whole.

    Other files of the folder stay, and so does the folder itself, in which a shell may stand.

    Raises:
        StoreError: It cannot be written.
    """
    if not Path(folder).exists():
        with suppress(RecordExistsError):  # made by someone else in the meantime
            write_folder(folder, contents, replace=False)
            return
    for name, content in contents.items():
        write_file(Path(folder) / name, content)


def remove(path: Path) -> None:
    """Remove a file or folder in one step: from the first moment on a reader finds nothing of it.

    Raises:
        FileNotFoundError: There is none.
        StoreError: It cannot be removed.
    """
    try:
        recover(path.parent)
        for old in _set_aside(path):  # an older state must not come back
            shutil.rmtree(old.parent, ignore_errors=True)
        box = Path(tempfile.mkdtemp(prefix=_DELETED, dir=path.parent))
        try:
            os.rename(path, box / path.name)
        finally:
            shutil.rmtree(box, ignore_errors=True)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be removed ({error.strerror or error})", code="cannot-remove", fields={"path": str(path)}
        ) from error


@contextmanager
def set_aside(path: Path) -> Iterator[None]:
    """Work as if nothing were at `path`: what the block makes there stays, and what was there is removed.

    When the block raises, or the process is killed and `recover` is called, what was there comes back.
    """
    box = Path(tempfile.mkdtemp(prefix=_REPLACED, dir=path.parent))
    try:
        with suppress(FileNotFoundError):
            os.rename(path, box / path.name)
        yield
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        recover(path.parent)
        raise
    finally:
        shutil.rmtree(box, ignore_errors=True)


def recover(folder: Path) -> None:
    """Put back what was set aside by a process that was killed while it replaced something in `folder`.

    Cheap where there is nothing to do; whoever lists or opens what lies in `folder` calls it first.
    """
    with suppress(OSError):
        for old in [path for box in Path(folder).glob(f"{_REPLACED}*") for path in box.iterdir()]:
            target = Path(folder) / old.name
            if not os.path.lexists(target):
                with suppress(OSError):  # another process was faster
                    os.rename(old, target)


def remove_leftovers(root: Path, *, older_than: float = LEFTOVER_SECONDS) -> int:
    """Remove what killed processes left in a workspace's folders; returns how many pieces.

    Args:
        root: The workspace's folder.
        older_than: Seconds since the last change; younger ones may belong to a process that is still writing.
    """
    removed = 0
    for folder in list(_folders(Path(root), _DEPTH)):
        recover(folder)
        for path in _entries(folder):
            if path.name.startswith((_WRITING, _REPLACED, _DELETED, *_FORMER)) and _age(path) > older_than:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
                removed += 1
    return removed


def _put_in_place(staging: Path, path: Path, *, replace: bool) -> None:
    for _ in range(_ATTEMPTS):
        try:
            if not replace and os.path.lexists(path):
                raise RecordExistsError(
                    f"{path} exists already; give another name or delete it first",
                    code="record-exists",
                    fields={"path": str(path)},
                )
            if not path.is_dir() and not staging.is_dir():
                os.replace(staging, path)
            elif not os.path.lexists(path):
                os.rename(staging, path)
            elif not _exchange(staging, path):
                with _locked(path.parent):
                    _swap_by_two_renames(staging, path)
            return
        except OSError as error:
            if error.errno not in _TAKEN or not os.path.lexists(staging):
                raise  # else another process made or removed `path` between two of these lines
    raise StoreError(
        f"{path} is replaced by other processes all the time; try again", code="busy", fields={"path": str(path)}
    )


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; False where the system cannot."""
    call = _renameat2()
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


@functools.cache
def _renameat2() -> Callable[..., int] | None:
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return None
    call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return call


def _swap_by_two_renames(staging: Path, path: Path) -> None:
    aside = Path(tempfile.mkdtemp(prefix=_REPLACED, dir=path.parent))
    try:
        os.rename(path, aside / path.name)
        try:
            os.rename(staging, path)
        except OSError:
            recover(path.parent)
            raise
    finally:
        if os.path.lexists(path) or not os.path.lexists(aside / path.name):  # else it is the only one there is
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One thread or process at a time; where the system locks no folders, a leftover may stay of those that collide."""
    with ExitStack() as opened:
        if fcntl is not None:
            with suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY)
                opened.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _set_aside(path: Path) -> list[Path]:
    return [old for box in path.parent.glob(f"{_REPLACED}*") if os.path.lexists(old := box / path.name)]


def _sync_tree(path: Path) -> None:
    """Flush a file, or every file and folder in a folder, to the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            _sync_tree(inner)
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folders(root: Path, depth: int) -> Iterator[Path]:
    yield root
    for path in _entries(root) if depth else ():
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _folders(path, depth - 1)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _age(path: Path) -> float:
    """Seconds since anything in it changed."""
    changed = [0.0]
    for each in [path, *(path.rglob("*") if path.is_dir() else ())]:
        with suppress(OSError):
            changed.append(each.lstat().st_mtime)
    return time.time() - max(changed)
