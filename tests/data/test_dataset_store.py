"""A saved dataset comes back whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Task
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.store import load_dataset, read_manifest, save_dataset
from goracs_core.errors import GoracsError, StoreError
from goracs_core.types import Ragged
from goracs_core.workspace import Workspace
from tests.data.sources import shop_log
from tests.jobs.made import shop
from tests.refusals import told

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """Any dataset the types allow."""
    task = draw(st.sampled_from(list(Task)))
    v, num_users = draw(st.integers(1, 5)), draw(st.integers(0, 4))
    timed, rated = draw(st.booleans()), draw(st.booleans())
    r = draw(st.integers(0, 8)) if num_users else 0
    rng = np.random.default_rng(draw(st.integers(0, 99)))

    def samples(size: int, what: str) -> Samples:
        histories = Ragged.from_rows([rng.integers(0, v, rng.integers(0, 4)) for _ in range(size)])
        ctr = task is Task.CTR
        return Samples(
            ids=tuple(f"{what}{i}" for i in range(size)),
            prompts=tuple(draw(texts) for _ in range(size)),
            answers=tuple(draw(texts) for _ in range(size)),
            users=rng.integers(-1, max(num_users, 1), size),
            histories=histories,
            history_labels=Ragged(rng.integers(0, 2, len(histories.values)), histories.offsets) if ctr else None,
            targets=rng.integers(0, v, size),
            labels=rng.integers(0, 2, size) if ctr else None,
            times=rng.random(size) if timed else None,
        )

    return Dataset(
        name=draw(texts),
        task=task,
        items=Items(
            tuple(f"i{n}" for n in range(v)),
            tuple(draw(texts) for _ in range(v)),
            tuple(draw(texts) for _ in range(v)),
            rng.integers(0, 9, v),
        ),
        interactions=Interactions(
            np.sort(rng.integers(0, max(num_users, 1), r)),
            rng.integers(0, v, r),
            np.sort(rng.random(r)) if timed else None,
            rng.random(r) if rated else None,
            tuple(f"u{n}" for n in range(num_users)),
        ),
        pool=samples(draw(st.integers(1, 4)), "p"),
        validation=samples(draw(st.integers(1, 3)), "v"),
        test=samples(draw(st.integers(0, 3)), "t"),
        provenance={"sampling": [draw(texts)], "nested": {"a": [1, None, 0.5]}},
    )


@given(dataset=datasets())
@settings(max_examples=40)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset):
    folder = tmp_path_factory.mktemp("store") / "set"
    save_dataset(dataset, folder)
    loaded = load_dataset(folder)
    assert loaded.fingerprint == dataset.fingerprint
    assert (loaded.name, loaded.task, loaded.provenance) == (dataset.name, dataset.task, dataset.provenance)
    for (_, one), (_, two) in zip(loaded.parts(), dataset.parts(), strict=True):
        assert one.content() == two.content()
        assert one.prompts == two.prompts
    assert read_manifest(folder)["counts"]["pool"] == len(dataset.pool)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    dataset, _ = prepare(shop_log(tmp_path / "log.csv"), PrepareOptions(task=Task.CTR))
    save_dataset(dataset, tmp_path / "set")
    return tmp_path / "set"


def test_any_changed_table_is_noticed(saved: Path):
    for path in sorted(saved.glob("*.parquet")):
        whole = path.read_bytes()
        for column in pd.read_parquet(path).columns:
            frame = pd.read_parquet(path)
            values = frame[column].tolist()
            values[0], values[-1] = values[-1], values[0]
            if all(np.array_equal(a, b) for a, b in zip(values, frame[column], strict=True)):
                continue
            frame[column] = values
            frame.to_parquet(path, index=False)
            with pytest.raises(GoracsError):
                load_dataset(saved)
        path.write_bytes(whole)
        load_dataset(saved)
        for damaged in (whole[: len(whole) // 2], b""):
            path.write_bytes(damaged)
            with pytest.raises(StoreError, check=told("dataset-damaged")):
                load_dataset(saved)
        path.unlink()
        with pytest.raises(StoreError, check=told("dataset-damaged")):
            load_dataset(saved)
        path.write_bytes(whole)


def test_a_changed_manifest_is_noticed(saved: Path):
    path = saved / "dataset.json"
    manifest = json.loads(path.read_text())
    for change, words in (
        ({"fingerprint": "0" * 32}, "does not match its fingerprint"),
        ({"format": 99}, "format 99"),
        ({"task": "poetry"}, "damaged"),
    ):
        path.write_text(json.dumps(manifest | change))
        with pytest.raises(StoreError, match=words):
            load_dataset(saved)
    path.write_text("{")
    with pytest.raises(StoreError, check=told("dataset-damaged")):
        load_dataset(saved)
    path.unlink()
    with pytest.raises(StoreError, check=told("no-dataset")):
        load_dataset(saved)


def test_another_folder_is_not_overwritten(saved: Path, tmp_path: Path):
    dataset = load_dataset(saved)
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.txt").write_text("dear")
    with pytest.raises(StoreError, check=told("not-a-dataset-folder")):
        save_dataset(dataset, other)
    assert (other / "chapter1.txt").read_text() == "dear"


def test_features_survive_the_same_dataset_only(saved: Path, tmp_path: Path):
    dataset = load_dataset(saved)
    (saved / "features").mkdir()
    (saved / "features" / "x").write_text("1")
    save_dataset(dataset, saved)
    assert (saved / "features" / "x").exists()
    changed, _ = prepare(tmp_path / "log.csv", PrepareOptions(task=Task.CTR, seed=1, max_pool=20))
    save_dataset(changed, saved)
    assert not (saved / "features").exists()
    assert load_dataset(saved).fingerprint == changed.fingerprint
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_a_dataset_that_was_being_replaced_when_the_process_was_killed_is_put_back(tmp_path: Path) -> None:
    """The state between the two renames of systems that cannot exchange folders."""
    dataset = shop()
    save_dataset(dataset, tmp_path / "datasets" / "shop")
    aside = tmp_path / "datasets" / ".replaced-x"
    aside.mkdir()
    (tmp_path / "datasets" / "shop").rename(aside / "shop")
    assert [path.name for path in Workspace(tmp_path).dataset_directories()] == ["shop"]
    assert load_dataset(tmp_path / "datasets" / "shop").fingerprint == dataset.fingerprint


def test_a_failed_write_leaves_the_dataset_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = shop()
    save_dataset(dataset, tmp_path / "shop")

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(StoreError, check=told("cannot-write")):
        save_dataset(dataset, tmp_path / "shop")
    assert load_dataset(tmp_path / "shop").fingerprint == dataset.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
