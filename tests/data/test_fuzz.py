"""Damaged files of every format either load or end in one of our own sentences; nothing else ever comes out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from goracs_core.data.loaders.registry import load_source
from goracs_core.data.precomputed import load_embeddings, load_gradient_norms, load_label_pair
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.errors import GoracsError
from tests.data.sources import dealrec_folder, shop_log

edits = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.floats(0, 1), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.floats(0, 1), st.integers(1, 40)),
        st.tuples(st.just("repeat"), st.floats(0, 1), st.integers(1, 40)),
        st.tuples(st.just("end"), st.floats(0, 1), st.just(0)),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, changes: list[tuple[str, float, int]]) -> bytes:
    for what, where, amount in changes:
        at = int(where * len(data))
        match what:
            case "set":
                data = data[:at] + bytes([amount]) + data[at + 1 :]
            case "cut":
                data = data[:at] + data[at + amount :]
            case "repeat":
                data = data[: at + amount] + data[at:]
            case _:
                data = data[:at]
    return data


def survives(load: Callable[[], object]) -> None:
    message = ""
    try:
        load()
    except GoracsError as error:
        message = str(error)
    assert "\n" not in message


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small good file per format."""
    folder = tmp_path_factory.mktemp("originals")
    log = shop_log(folder / "log.csv", users=4, items=3, events=4)
    frame = pd.read_csv(log)
    frame.to_parquet(folder / "log.parquet")
    frame.to_json(folder / "log.jsonl", orient="records", lines=True)
    (folder / "log.csv.gz").write_bytes(gzip.compress(log.read_bytes()))
    samples = [{"instruction": "Next?", "input": f'"A", "B{i}"', "output": '"C"'} for i in range(9)]
    (folder / "instructions.json").write_text(json.dumps(samples))
    reviews = [{"reviewerID": f"u{i % 3}", "asin": "b", "overall": 5, "unixReviewTime": i} for i in range(9)]
    (folder / "reviews.json").write_text("\n".join(map(json.dumps, reviews)))
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize(
    "name", ["log.csv", "log.csv.gz", "log.parquet", "log.jsonl", "instructions.json", "reviews.json"]
)
@given(changes=edits)
@settings(max_examples=60)
def test_sources(originals: dict[str, Path], name: str, changes: list[tuple[str, float, int]]):
    path = originals[name].parent / f"damaged-{name}"
    path.write_bytes(damaged(originals[name].read_bytes(), changes))
    survives(lambda: prepare(path, PrepareOptions(k_core=1)))


@pytest.mark.parametrize("name", ["sequential_train.txt", "title_maps.npy"])
@given(changes=edits)
@settings(max_examples=80)
def test_dealrec(tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[str, float, int]]):
    folder = dealrec_folder(tmp_path_factory.mktemp("dealrec") / "shop")
    (folder / name).write_bytes(damaged((folder / name).read_bytes(), changes))
    survives(lambda: load_source(folder))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
@given(changes=edits)
@settings(max_examples=60)
def test_features(tmp_path_factory: pytest.TempPathFactory, suffix: str, changes: list[tuple[str, float, int]]):
    path = tmp_path_factory.mktemp("features") / f"e{suffix}"
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    match suffix:
        case ".npy":
            np.save(path, values)
        case ".npz":
            np.savez_compressed(path, embeddings=values)
        case _:
            save_file({"embeddings": values}, path)
    path.write_bytes(damaged(path.read_bytes(), changes))
    for load in (load_embeddings, load_gradient_norms, lambda path: load_label_pair(path, path)):
        survives(lambda load=load: load(path))
