"""Features computed elsewhere are read without unpickling, and refused with a sentence when they are no features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from goracs_core.data.precomputed import (
    check_lengths,
    load_embeddings,
    load_gradient_norms,
    load_label_pair,
)
from goracs_core.data.report import InputError
from tests.refusals import told

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3) / 7


def save(path: Path, values: np.ndarray, name: str = "embeddings") -> Path:
    match path.suffix:
        case ".npy":
            np.save(path, values)
        case ".npz":
            np.savez(path, **{name: values, "other": np.zeros(2)})
        case _:
            save_file({name: values, "other": np.zeros(2)}, path)
    return path


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_format_and_width(tmp_path: Path, suffix: str, dtype: Any):
    values = VALUES.astype(dtype)
    loaded = load_embeddings(save(tmp_path / f"e{suffix}", values))
    assert np.array_equal(loaded.values, values)
    assert loaded.values.dtype == (np.float64 if dtype is np.float64 else np.float32)
    assert loaded.encoder == "precomputed"


def test_norms_and_labels(tmp_path: Path):
    assert load_gradient_norms(save(tmp_path / "g.npy", np.array([[1.0], [0.0]]))).values.tolist() == [1.0, 0.0]
    for values, numbers in (
        (np.array([2, 0, 2], np.uint8), [1, 0, 1]),
        (np.array([True, False]), [1, 0]),
        (np.array([1.0, 3.0]), [0, 1]),
        (np.array([[7], [5]]), [1, 0]),
    ):
        path = save(tmp_path / "l.npy", values)
        assert load_label_pair(path, path).pool.tolist() == numbers


def test_text_labels_need_both_sides(tmp_path: Path):
    pool = save(tmp_path / "p.npy", np.array(["cat", "ant", "cat"]))
    validation = save(tmp_path / "v.npy", np.array(["cat", "bee"]))
    pair = load_label_pair(pool, validation)
    assert pair.names == ("ant", "bee", "cat")
    assert (pair.pool.tolist(), pair.validation.tolist()) == ([2, 0, 2], [2, 1])
    with pytest.raises(InputError, check=told("labels-mixed", file="v.npy")):
        load_label_pair(save(tmp_path / "n.npy", np.array([1, 2])), validation)


def test_an_array_can_be_named(tmp_path: Path):
    path = tmp_path / "many.npz"
    np.savez(path, first=VALUES, second=VALUES + 1)
    assert load_embeddings(path, array="second").values[0, 0] == 1
    with pytest.raises(InputError, check=told("array-missing")):
        load_embeddings(path)
    with pytest.raises(InputError, check=told("array-missing")):
        load_embeddings(path, array="third")


def spoiled(value: float) -> np.ndarray:
    values = VALUES.copy()
    values[2, 1] = value
    return values


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        (spoiled(np.nan), "row 2 has NaN or infinity"),
        (spoiled(np.inf), "row 2 has NaN or infinity"),
        (np.zeros(5, np.float32), r"shape \(5,\)"),
        (np.zeros((2, 2, 2), np.float32), r"shape \(2, 2, 2\)"),
        (np.zeros((0, 3), np.float32), r"non-empty.*shape \(0, 3\)"),
        (np.zeros((2, 2), bool), "got bool"),
    ],
)
def test_not_embeddings(tmp_path: Path, suffix: str, values: np.ndarray, words: str):
    with pytest.raises(InputError, match=words) as caught:
        load_embeddings(save(tmp_path / f"e{suffix}", values))
    assert caught.value.entry.file == f"e{suffix}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([{"a": 1}], dtype=object), "Python objects.*never unpickled"),
        (np.array([["a", "b"]]), "got <U1"),
        (np.array([[1j]]), "got complex128"),
    ],
)
def test_not_numbers(tmp_path: Path, suffix: str, values: np.ndarray, words: str):
    with pytest.raises(InputError, match=words):
        load_embeddings(save(tmp_path / f"e{suffix}", values))


def test_bad_norms_and_labels(tmp_path: Path):
    for values, words in (
        (np.array([1.0, -1.0]), "row 1 is -1.0"),
        (np.array([1.0, np.nan]), "row 1 is nan"),
        (np.zeros((2, 2)), "one number per pool sample"),
        (np.array(["1"]), "must be numbers"),
    ):
        with pytest.raises(InputError, match=words):
            load_gradient_norms(save(tmp_path / "g.npy", values))
    for values, words in (
        (np.array([0.0, 0.5]), "row 2: 0.5 is no class"),
        (np.array([0.0, np.nan]), "row 2: nan is no class"),
        (np.zeros((2, 2), int), "one per sample"),
        (np.array([1j]), "whole numbers or texts"),
        (np.empty(0, int), "one per sample"),
    ):
        with pytest.raises(InputError, match=words):
            load_label_pair(*[save(tmp_path / "l.npy", values)] * 2)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
def test_damaged_files(tmp_path: Path, suffix: str):
    path = save(tmp_path / f"e{suffix}", np.random.default_rng(0).random((50, 8)))
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], whole[:20], b"", b"hello", b"\x93NUMPY\x01\x00\xff\xff"):
        path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            load_embeddings(path)
        assert "\n" not in str(caught.value)
        assert path.name in str(caught.value)
    with pytest.raises(InputError, check=told("path-missing")):
        load_embeddings(tmp_path / "nowhere.npy")
    with pytest.raises(InputError, check=told("is-folder")):
        load_embeddings(tmp_path)


def test_a_header_that_promises_too_much_takes_no_memory(tmp_path: Path):
    path = tmp_path / "e.npy"
    np.save(path, VALUES)
    path.write_bytes(path.read_bytes().replace(b"(4, 3), }  ", b"(4000000000, 300), }"[:20]))
    with pytest.raises(InputError, check=told("file-damaged")):
        load_embeddings(path)


def test_formats_numpy_lacks(tmp_path: Path):
    import torch
    from safetensors.torch import save_file as save_torch

    path = tmp_path / "e.safetensors"
    save_torch({"embeddings": torch.zeros(2, 2, dtype=torch.bfloat16)}, path)
    with pytest.raises(InputError, check=told("bad-dtype")):
        load_embeddings(path)


def test_lengths():
    check_lengths(3, 3, file="g.npy", reference="e.npy")
    with pytest.raises(InputError, check=told("rows-unequal", file="g.npy")):
        check_lengths(3, 4, file="g.npy", reference="e.npy")
