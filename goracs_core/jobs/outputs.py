"""Where results are written: other people's files and folders are not replaced."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from goracs_core.errors import StoreError


def check_file(
    output: Path, *, endings: Collection[str] = (), earlier: tuple[bytes, ...] = (), force: bool = False
) -> None:
    """Refuse a file that cannot be written, or must not be replaced.

    Args:
        output: The file; it need not exist.
        endings: What its name may end with; anything where empty.
        earlier: How a file begins that may be replaced, because the same command wrote it.
        force: Replace any file.

    Raises:
        StoreError: Another ending, a folder, a file in no folder, or another file.
    """
    fields = {"output": str(output)}
    if endings and output.suffix not in endings:
        told = " or ".join(endings)
        message = f"{output} does not end with {told}; give another --output"
        raise StoreError(message, code="wrong-ending", fields=fields)
    if output.is_dir():
        message = f"{output} is a folder, and the output is one file; give another --output"
        raise StoreError(message, code="output-is-folder", fields=fields)
    if not output.parent.is_dir():
        message = f"there is no folder {output.parent}; make it first or give another --output"
        raise StoreError(message, code="no-output-folder", fields=fields)
    if not output.exists() or force:
        return
    with output.open("rb") as file:
        start = file.read(max(map(len, earlier), default=0))
    if not earlier or not start.startswith(earlier):
        message = f"{output} exists and is no earlier result; give another --output, or --force to replace it"
        raise StoreError(message, code="output-exists", fields=fields)


def check_folder(output: Path, *, always: Collection[str], written: Collection[str], force: bool = False) -> None:
    """Refuse a folder that holds something else than an earlier result.

    Args:
        output: The folder; it need not exist.
        always: Names in the folder of an earlier result.
        written: These, and names that may be there besides.
        force: Accept any folder.

    Raises:
        StoreError: It is a file, or holds something else.
    """
    if not output.exists():
        return
    if not output.is_dir():
        raise StoreError(
            f"{output} is a file, and the output is a folder; give another folder",
            code="output-is-file",
            fields={"output": str(output)},
        )
    names = {path.name for path in output.iterdir()}
    if names and not force and not set(always) <= names <= set(written):
        foreign = (sorted(names - set(written)) or sorted(names))[0]
        raise StoreError(
            f"{output} is not empty and is no earlier result (it holds {foreign}); give another folder, or force "
            "writing into it (--force)",
            code="output-not-empty",
            fields={"output": str(output), "foreign": foreign},
        )
