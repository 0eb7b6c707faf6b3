"""The run store: what goes in comes out, damage stays where it is, folders are the truth."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import StoreError
from goracs_core.jobs.select import files
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import DealRecConfig, El2nConfig, ItraConfig, RandomConfig, StratifiedRandomConfig
from goracs_core.scores import ScoreTrace
from goracs_core.store.atomic import write_folder
from goracs_core.store.codec import dump
from goracs_core.store.kind import digest, digest_of, encode, read
from goracs_core.workspace import Workspace, project_directory
from tests.jobs.made import inputs, run_of

CSV = b"index\n1\n"


@pytest.fixture
def store(own_workspace: Path) -> RunStore:
    return RunStore(Workspace(own_workspace).ensure())


def assert_same(first: Run, second: Run) -> None:
    """Every field, every byte of every array."""
    for field in dataclasses.fields(Run):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if field.name == "selection":
            assert one.fingerprint == other.fingerprint
            for name in ("indices",):
                assert np.array_equal(getattr(one, name), getattr(other, name))
            for name in ("rows", "columns", "mass", "row_potentials", "column_potentials", "value"):
                assert np.array_equal(getattr(one.plan, name), getattr(other.plan, name))
            assert one.trace.exchanges == other.trace.exchanges
            assert one.trace.stages == other.trace.stages
            assert np.array_equal(one.trace.greedy_values, other.trace.greedy_values)
            scalars = (
                "poo",
                "transport_term",
                "gradient_term",
                "label_aware_poo",
                "stop_reason",
                "problem_fingerprint",
            )
            assert [getattr(one, name) for name in scalars] == [getattr(other, name) for name in scalars]
            assert_same_scores(one.scores, other.scores)
        elif field.name == "scores":
            for name in ("gradient_norms", "served", "mean_distances"):
                assert np.array_equal(getattr(one, name), getattr(other, name))
        else:
            assert one == other, field.name


def assert_same_scores(one: ScoreTrace | None, other: ScoreTrace | None) -> None:
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    assert list(one.columns) == list(other.columns)
    assert all(np.array_equal(one.columns[name], other.columns[name]) for name in one.columns)
    assert np.array_equal(one.strata, other.strata)
    assert np.array_equal(one.edges, other.edges)
    assert (one.ranked_by, dict(one.sources), dict(one.details)) == (
        other.ranked_by,
        dict(other.sources),
        dict(other.details),
    )


@given(
    seed=st.integers(0, 50),
    budget=st.integers(1, 12),
    method=st.sampled_from([ItraConfig, RandomConfig, StratifiedRandomConfig, DealRecConfig, El2nConfig]),
    lambda_=st.sampled_from([0.0, 0.05, 1 / 3]),
    text=st.text(max_size=30),
)
def test_a_run_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, seed: int, budget: int, method: type, lambda_: float, text: str
) -> None:
    text = text.encode("utf-8", "replace").decode()  # lone surrogates are no text
    config = method(budget, lambda_=lambda_, seed=seed)
    if isinstance(config, DealRecConfig):
        config = dataclasses.replace(config, strata=6)
    run = run_of(config, source=inputs(seed=seed), name=f"run {text}")
    folder = tmp_path_factory.mktemp("run") / run.id
    write_folder(folder, encode(files.RUN_KIND, run, {files.CORESET: CSV}))
    assert_same(run, read(files.RUN_KIND, folder))


def test_saved_runs_are_listed_newest_first_and_can_be_read(store: RunStore) -> None:
    older, newer = run_of(name="older"), dataclasses.replace(run_of(name="newer"), created=4e9)
    store.save(newer, CSV)
    store.save(older, CSV)
    assert [summary.name for summary in store.list()] == ["newer", "older"]
    summary = store.list()[1]
    assert (summary.poo, summary.budget, summary.method) == (older.selection.poo, 5, "goracs")
    assert summary.pass_at_1 == older.selection.trace.pass_at_1
    assert_same(older, store.get(older.id))


def test_older_records_without_pass_at_1_are_listed_with_0_where_no_tried_pair_was_accepted(store: RunStore) -> None:
    failed = run_of(ItraConfig(4, prune_candidates=2), source=inputs(60, 20, seed=0))
    assert (failed.selection.trace.tried_pairs > 0, failed.selection.trace.exchanges) == (True, ())
    for run in (failed, run_of(RandomConfig(4))):
        store.save(dataclasses.replace(run, metrics=run.metrics | {"pass_at_1": None}), CSV)
    assert {summary.method: summary.pass_at_1 for summary in store.list()} == {"goracs": 0.0, "random": None}


def test_names_and_notes_change_and_stay(store: RunStore) -> None:
    run = run_of(name="first")
    store.save(run, CSV)
    store.rename(run.id, name="  second  ")
    store.rename(run.id, notes="tail-heavy")
    read = store.get(run.id)
    assert (read.name, read.notes) == ("second", "tail-heavy")
    assert (store.list()[0].name, store.list()[0].notes) == ("second", "tail-heavy")
    assert np.array_equal(read.selection.indices, run.selection.indices)


def test_delete_removes_folder_and_line(store: RunStore) -> None:
    run = run_of()
    store.save(run, CSV)
    store.delete(run.id)
    assert store.list() == ()
    assert not any(path.is_dir() for path in store.workspace.runs.iterdir())
    for action in (store.get, store.delete, store.rename):
        with pytest.raises(StoreError, match="no run"):
            action(run.id)


def test_find_returns_the_newest_run_with_the_key(store: RunStore) -> None:
    assert store.find("k1") is None
    store.save(dataclasses.replace(run_of(key="k1", name="old"), created=1.0), CSV)
    store.save(dataclasses.replace(run_of(key="k1", name="new"), created=2.0), CSV)
    store.save(run_of(key="k2"), CSV)
    found = store.find("k1")
    assert found is not None
    assert found.name == "new"


def cut_short(folder: Path) -> None:
    path = folder / files.SELECTION
    path.write_bytes(path.read_bytes()[:-20])


def flip_one_byte(folder: Path) -> None:
    path = folder / files.SELECTION
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def break_json(folder: Path) -> None:
    (folder / files.RUN).write_text('{"format": 1, ')


def empty_record(folder: Path) -> None:
    (folder / files.RUN).write_text('{"format": 1}')


def other_format(folder: Path) -> None:
    (folder / files.RUN).write_text('{"format": 99}')


def lose_record(folder: Path) -> None:
    (folder / files.RUN).unlink()


def lose_arrays(folder: Path) -> None:
    (folder / files.SELECTION).unlink()


def other_coreset(folder: Path) -> None:
    (folder / files.CORESET).write_text("index\n7\n")


DAMAGES = (cut_short, flip_one_byte, break_json, empty_record, other_format, lose_record, lose_arrays, other_coreset)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("seen_before", [False, True])
def test_a_damaged_run_is_listed_as_such_and_harms_no_other(store: RunStore, damage, seen_before: bool) -> None:
    good, bad = run_of(name="good", key="k"), run_of(name="bad", key="k")
    for run in (good, bad):
        store.save(run, CSV)
    if seen_before:
        assert [summary.damaged for summary in store.list()] == ["", ""]
    damage(store.directory(bad.id))
    listed = {summary.id: summary for summary in store.list()}
    assert listed[good.id].damaged == ""
    assert bad.id in listed[bad.id].damaged
    assert (listed[bad.id].budget, listed[bad.id].method) == (0, "")
    with pytest.raises(StoreError):
        store.get(bad.id)
    found = store.find("k")
    assert found is not None
    assert found.id == good.id
    store.delete(bad.id)
    assert [summary.id for summary in store.list()] == [good.id]


def test_pickled_arrays_are_refused(store: RunStore, tmp_path: Path) -> None:
    trap = tmp_path / "executed"

    class Trap:
        def __reduce__(self) -> tuple:
            return (Path.touch, (trap,))

    run = run_of()
    store.save(run, CSV)
    folder = store.directory(run.id)
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"selection.indices": np.array([Trap()], dtype=object)}
    np.savez(buffer, **arrays)
    (folder / files.SELECTION).write_bytes(buffer.getvalue())
    record = json.loads((folder / files.RUN).read_text())
    contents = {files.SELECTION: digest(buffer.getvalue()), files.CORESET: digest(CSV)}
    forged = {**record, "files": contents, "digest": digest_of(record["record"], contents)}
    (folder / files.RUN).write_bytes(dump(forged))  # digests guard against accidents only
    with pytest.raises(StoreError, match="damaged"):
        store.get(run.id)
    assert not trap.exists()


def test_the_index_is_made_anew_from_the_folders(store: RunStore) -> None:
    runs = [run_of(name=f"run {number}") for number in range(3)]
    for run in runs:
        store.save(run, CSV)
    before = store.list()
    for path in store.workspace.runs.glob("index.sqlite*"):
        path.unlink()
    assert store.list() == before
    assert len(before) == 3


def test_folders_that_come_and_go_are_noticed(store: RunStore, tmp_path: Path) -> None:
    run = run_of()
    store.save(run, CSV)
    shutil.move(store.directory(run.id), tmp_path / "elsewhere")
    assert store.list() == ()
    shutil.move(tmp_path / "elsewhere", store.directory(run.id))
    assert [summary.id for summary in store.list()] == [run.id]


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_a_broken_index_is_set_aside_and_rebuilt(store: RunStore, content: bytes) -> None:
    run = run_of()
    store.save(run, CSV)
    for path in store.workspace.runs.glob("index.sqlite-*"):
        path.unlink()
    store.workspace.index.write_bytes(content)
    assert [summary.id for summary in store.list()] == [run.id]
    assert bool(list(store.workspace.runs.glob("index.sqlite.damaged-*"))) == bool(content)


def test_damage_inside_the_index_is_a_sentence_and_then_gone(store: RunStore) -> None:
    run = run_of(name="x" * 500)
    for number in range(30):
        store.save(dataclasses.replace(run, id=f"{run.id}-{number}"), CSV)
    with sqlite3.connect(store.workspace.index) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(store.workspace.index.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    store.workspace.index.write_bytes(bytes(content))
    with pytest.raises(StoreError, match="damaged"):
        store.list()
    assert len(store.list()) == 30


def test_an_index_of_a_newer_version_is_left_alone(store: RunStore) -> None:
    store.save(run_of(), CSV)
    connection = sqlite3.connect(store.workspace.index)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="schema 99"):
        store.list()


def test_a_workspace_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="GORACS_WORKSPACE"):
        Workspace(tmp_path / "file" / "inside").ensure()


WRITER = """
import sys
from pathlib import Path
from goracs_core.jobs.select.store import RunStore
from goracs_core.scores import ScoreTrace
from goracs_core.workspace import Workspace
from tests.jobs.made import run_of

store = RunStore(Workspace(Path(sys.argv[1])))
for number in range(8):
    run = run_of(name=f"{sys.argv[2]} {number}")
    store.save(run, b"index\\n1\\n")
    store.rename(run.id, notes="renamed")
    store.list()
"""


def test_two_processes_write_at_once(own_workspace: Path) -> None:
    # Nothing exists yet: both also race to make the index.
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(own_workspace), name], cwd=project_directory(), stderr=subprocess.PIPE
        )
        for name in ("first", "second")
    ]
    complaints = [writer.communicate(timeout=120)[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], complaints
    listed = RunStore(Workspace(own_workspace)).list()
    assert sorted(summary.name for summary in listed) == sorted(
        f"{w} {i}" for w in ("first", "second") for i in range(8)
    )
    assert {(summary.notes, summary.damaged) for summary in listed} == {("renamed", "")}
    assert json.loads(json.dumps([dataclasses.asdict(summary) for summary in listed]))
