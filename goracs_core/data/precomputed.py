"""Features computed elsewhere: embeddings, gradient norms and labels from .npy, .npz and .safetensors files.

Nothing is ever unpickled: object arrays are refused.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from goracs_core.data.loaders.text import existing, first_bytes
from goracs_core.data.report import InputError
from goracs_core.errors import ShapeError
from goracs_core.types import Embeddings, FloatArray, GradientNorms, IndexArray

PRECOMPUTED = "precomputed"
_FORMATS = ".npy, .npz or .safetensors"


def load_embeddings(path: Path, *, array: str | None = None) -> Embeddings:
    """Embeddings of samples, one row each; float16, 32 or 64.

    Args:
        path: A .npy, .npz or .safetensors file.
        array: Which array of a file with several.

    Raises:
        InputError: Not such a file, or not a finite [samples, width] array of numbers.
    """
    found = _read(Path(path), array, ("embeddings", "embedding", "values"))
    values = found.values.astype(np.float32) if found.values.dtype.kind in "iu" else found.values
    try:
        return Embeddings(values, PRECOMPUTED)
    except ShapeError as error:
        raise found.refused(str(error), "bad-embeddings") from error


def embeddings_shape(path: Path) -> tuple[int, int]:
    """Number of samples and width of embeddings; of a .npy file only the head is read.

    Raises:
        InputError: See `load_embeddings`.
    """
    if existing(path).is_file() and first_bytes(path, 6).startswith(b"\x93NUMPY"):
        with suppress(Exception):  # `load_embeddings` says what is wrong
            rows, width = np.load(path, mmap_mode="r", allow_pickle=False).shape
            return rows, width
    rows, width = load_embeddings(path).values.shape
    return rows, width


def load_gradient_norms(path: Path) -> GradientNorms:
    """Gradient norms, one per pool sample; [n], or [n, 1] as some tools write them.

    Raises:
        InputError: Not such a file, or not finite numbers >= 0.
    """
    found = _read(Path(path), None, ("gradient_norms", "norms", "values"))
    try:
        return GradientNorms(found.flat, PRECOMPUTED, PRECOMPUTED)
    except ShapeError as error:
        raise found.refused(str(error), "bad-norms") from error


def load_numbers(path: Path, *, what: str) -> FloatArray:
    """One finite number per sample; [m], or [m, 1] as some tools write them.

    Args:
        path: A .npy, .npz or .safetensors file.
        what: What the numbers are in messages, such as "validation weights".

    Raises:
        InputError: Not such a file, or not finite numbers.
    """
    found = _read(Path(path), None, (what.replace(" ", "_"), what.split()[-1], "values"))
    values = found.one_per_sample(what)
    if values.dtype.kind not in "biuf":
        raise found.refused(f"{what} must be numbers, got {values.dtype}", "bad-dtype")
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        message = f"{what} must be finite; row {row} is {values[row]} (of {int(bad.sum())} such rows)"
        raise found.refused(message, "not-finite")
    return values.astype(np.float64)


@dataclass(frozen=True, eq=False)
class LabelPair:
    """Labels of pool and validation in one numbering.

    Args:
        pool: Shape [n].
        validation: Shape [m].
        names: Name of each number, in ascending order of the labels.
    """

    pool: IndexArray
    validation: IndexArray
    names: tuple[str, ...]


def load_label_pair(pool: Path, validation: Path) -> LabelPair:
    """Labels of both sides, texts or whole numbers, numbered 0, 1, ... in one order.

    Raises:
        InputError: Not such files, or texts on one side and numbers on the other.
    """
    pool_values, validation_values = _read_labels(Path(pool)), _read_labels(Path(validation))
    if (pool_values.dtype.kind == "U") != (validation_values.dtype.kind == "U"):
        kinds = f"holds {_kind(validation_values)}, but {Path(pool).name} holds {_kind(pool_values)}"
        raise InputError(f"{kinds}; use one form in both", "labels-mixed", file=Path(validation).name)
    return number_labels(pool_values, validation_values)


def number_labels(pool: NDArray[Any], validation: NDArray[Any]) -> LabelPair:
    """Number the classes of both sides 0, 1, ... in one order.

    Args:
        pool: Class of each pool sample, whole numbers or texts; shape [n].
        validation: Class of each validation sample, of the same kind; shape [m].
    """
    names, codes = np.unique(np.concatenate([pool, validation]), return_inverse=True)
    codes = codes.astype(np.int64)
    return LabelPair(codes[: len(pool)], codes[len(pool) :], tuple(str(name) for name in names))


def check_lengths(length: int, expected: int, *, file: str, reference: str) -> None:
    """Two files that describe the same samples must have as many rows.

    Args:
        length: Rows of `file`.
        expected: Rows of `reference`.
        file: Its name, for the message.
        reference: Likewise.

    Raises:
        InputError: They differ.
    """
    if length != expected:
        message = (
            f"has {length:,} rows, but {reference} has {expected:,}; "
            "both must describe the same samples in the same order"
        )
        raise InputError(message, "rows-unequal", file=file)


@dataclass(frozen=True, eq=False)
class _Found:
    """An array of a file, and its name in a file of several."""

    values: NDArray[Any]
    file: str
    name: str | None = None

    @property
    def flat(self) -> NDArray[Any]:
        """One value per sample where the array is a single column."""
        values = self.values
        return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values

    def one_per_sample(self, what: str) -> NDArray[Any]:
        """The values, which must be one per sample; shape [n]."""
        values = self.flat
        if values.ndim != 1 or not len(values):
            raise self.refused(f"{what} must be one per sample, got an array of shape {values.shape}", "bad-shape")
        return values

    def refused(self, message: str, code: str, row: int | None = None) -> InputError:
        return InputError(message, code, file=self.file, row=row, column=self.name)


def _read_labels(path: Path) -> NDArray[Any]:
    found = _read(path, None, ("labels", "label", "values"))
    values = found.one_per_sample("labels")
    if values.dtype.kind == "f":
        bad = ~np.isfinite(values) | (values != np.floor(values))
        if bad.any():
            row = int(bad.argmax())
            raise found.refused(f"{values[row]} is no class; labels must be whole numbers", "bad-label", row + 1)
    if values.dtype.kind not in "biufU":
        raise found.refused(f"labels must be whole numbers or texts, got {values.dtype}", "bad-dtype")
    return values


def _kind(values: NDArray[Any]) -> str:
    return "texts" if values.dtype.kind == "U" else "numbers"


def _read(path: Path, array: str | None, usual: tuple[str, ...]) -> _Found:
    path = existing(path)
    if path.is_dir():
        raise InputError(f"is a folder; give a {_FORMATS} file", "is-folder", file=path.name)
    wanted = usual if array is None else (array,)
    if path.suffix == ".safetensors":
        return _read_safetensors(path, wanted, named=array is not None)
    head = first_bytes(path, 6)
    if not head.startswith((b"PK", b"\x93NUMPY")):
        what = "is empty" if not head else "is not a NumPy file"
        raise InputError(f"{what}; give a {_FORMATS} file", "not-numpy", file=path.name)
    try:
        if head.startswith(b"PK"):
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                name = _choose(path, list(archive.files), wanted, named=array is not None)
                return _Found(archive[name], path.name, name)
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # mapping checks the length before memory is taken
        return _Found(np.array(mapped), path.name)
    except InputError:
        raise
    except Exception as error:  # a damaged header, a Python literal, or an archive's directory can fail in any way
        raise _unreadable(path, error) from error


def _read_safetensors(path: Path, wanted: tuple[str, ...], *, named: bool) -> _Found:
    try:
        with safe_open(path, framework="numpy") as file:
            name = _choose(path, list(file.keys()), wanted, named=named)
            return _Found(file.get_tensor(name), path.name, name)
    except TypeError as error:  # bfloat16 and 8-bit floats are unknown to NumPy
        message = "holds a number format that NumPy lacks (such as bfloat16); save it as float16 or float32"
        raise InputError(message, "bad-dtype", file=path.name) from error
    except (SafetensorError, OSError, ValueError, MemoryError) as error:
        message = "is not a readable safetensors file; it is damaged or of another format"
        raise InputError(message, "file-damaged", file=path.name) from error


def _choose(path: Path, names: list[str], wanted: tuple[str, ...], *, named: bool) -> str:
    """Which array is taken: a wanted one, or the only one unless one was `named`."""
    found = [name for name in wanted if name in names]
    if found or (len(names) == 1 and not named):
        return (found or names)[0]
    missing = f"no array {wanted[0]!r}" if named else f"no array called {wanted[0]!r}"
    there = ", ".join(sorted(names)) or "nothing"
    raise InputError(f"holds {missing}, only {there}; rename it, or name one", "array-missing", file=path.name)


def _unreadable(path: Path, error: Exception) -> InputError:
    if any(sign in str(error) for sign in ("allow_pickle", "Object arrays", "Python object")):
        message = "holds Python objects instead of numbers, which are never unpickled; save it with a numeric dtype"
        return InputError(message, "python-objects", file=path.name)
    return InputError("the NumPy data is damaged or cut off; write the file again", "file-damaged", file=path.name)
