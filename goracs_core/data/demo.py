"""The dataset that is shipped: where it lies, how to open it, whether it is what it was when it was made.

It is built by `python -m goracs_core.jobs.demo build`; see data/README.md.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from goracs_core.data.dataset import Dataset
from goracs_core.errors import StoreError
from goracs_core.workspace import is_checkout, project_directory

CHECKSUMS = "SHA256.json"


def demo_directory() -> Path:
    """The folder of the demo dataset: data/demo in a checkout, goracs_core/demo in an installed package."""
    project = project_directory()
    return project / "data" / "demo" if is_checkout() else project / "goracs_core" / "demo"


def load_demo() -> Dataset:
    """Open the demo dataset; takes a fraction of a second.

    Raises:
        StoreError: The shipped files are missing or damaged.
    """
    from goracs_core.data.store import load_dataset  # brings pandas along, which asking for the folder can do without

    return load_dataset(demo_directory())


def checksums(directory: Path) -> dict[str, str]:
    """SHA-256 of every file below `directory` except the list of checksums itself, by relative path."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path != directory / CHECKSUMS)
    return {path.relative_to(directory).as_posix(): _sha256(path) for path in files}


def write_checksums(directory: Path) -> None:
    """Record the files of `directory` as they are now."""
    (directory / CHECKSUMS).write_text(json.dumps(checksums(directory), indent=1) + "\n", encoding="utf-8")


def check_files(directory: Path) -> list[str]:
    """Compare the files of `directory` with their recorded checksums; one sentence per difference.

    Raises:
        StoreError: There is no readable list of checksums.
    """
    path = directory / CHECKSUMS
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read ({error}); get the files of the project again"
        raise StoreError(message, code="checksums-unreadable", fields={"path": str(path)}) from error
    if not isinstance(recorded, dict):
        message = f"{path} is not a list of checksums; get the files of the project again"
        raise StoreError(message, code="checksums-unreadable", fields={"path": str(path)})
    found = checksums(directory)
    return [
        *(f"{name} is missing" for name in sorted(recorded.keys() - found.keys())),
        *(f"{name} is not one of the shipped files" for name in sorted(found.keys() - recorded.keys())),
        *(f"{name} was changed" for name in sorted(recorded.keys() & found.keys()) if recorded[name] != found[name]),
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
