"""What every kind of record promises: exact, whole, checked, safe from smuggled ids and from each other."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from goracs_core.errors import RecordDamagedError, RecordExistsError, RecordFormatError, RecordMissingError, StoreError
from goracs_core.jobs.experiment.store import EXPERIMENT
from goracs_core.store import kind as kind_module
from goracs_core.store.kind import Kind, encode, read, read_head
from goracs_core.store.records import RecordStore
from tests.store.killing import killed_at_each_step
from tests.store.kinds import CASES, Case, same


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def store(case: Case, tmp_path: Path) -> RecordStore[Any]:
    return case.store(tmp_path)


def files_of(store: RecordStore[Any], identifier: str) -> list[Path]:
    return sorted(store.path(identifier).iterdir())


def test_a_round_trip_is_exact(case: Case, store: RecordStore[Any]) -> None:
    made = case.make(0)
    store.save(made, case.attached)
    assert same(made, store.get(made.id), store.kind)
    assert store.has(made.id)
    assert store.head(made.id).id == made.id
    assert {path.name for path in files_of(store, made.id)} >= {store.kind.record, *(case.attached or {})}


def test_the_same_value_is_the_same_bytes(case: Case, store: RecordStore[Any]) -> None:
    made = case.make(0)
    assert encode(store.kind, made, case.attached) == encode(store.kind, made, case.attached)


def test_records_are_listed_and_deleted(case: Case, store: RecordStore[Any]) -> None:
    assert store.ids() == ()
    made = [case.make(seed) for seed in range(3)]
    for one in made:
        store.save(one, case.attached)
    assert store.ids() == tuple(sorted(one.id for one in made))
    assert [one.id for one in store.values()] == list(store.ids())
    assert [head.id for head in store.heads()] == list(store.ids())
    store.delete(made[1].id)
    assert made[1].id not in store.ids()
    assert not store.has(made[1].id)
    for missing in (store.get, store.head, store.delete):
        with pytest.raises(RecordMissingError):
            missing(made[1].id)


def test_saving_replaces_unless_told_otherwise(case: Case, store: RecordStore[Any]) -> None:
    made, other = case.make(0), case.changed(case.make(0))
    store.save(made, case.attached)
    with pytest.raises(RecordExistsError):
        store.save(other, case.attached, replace=False)
    assert same(made, store.get(made.id), store.kind)
    store.save(other, case.attached)
    assert same(other, store.get(made.id), store.kind)
    assert not same(made, other, store.kind)


def test_damage_of_every_file_is_found(case: Case, store: RecordStore[Any]) -> None:
    made, beside = case.make(0), case.make(1)
    store.save(beside, case.attached)
    store.save(made, case.attached)
    for name in [path.name for path in files_of(store, made.id)]:
        path = store.path(made.id) / name
        whole = path.read_bytes()
        for damaged in (b"", whole[: len(whole) // 2], whole[:-2], whole + b"x", flipped(whole), None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            with pytest.raises(RecordDamagedError):
                store.get(made.id)
            assert not store.has(made.id)
            assert list(store.damaged()) == [made.id]
            assert [one.id for one in store.values()] == [beside.id]
            path.write_bytes(whole)
        assert same(made, store.get(made.id), store.kind)
    (store.path(made.id) / store.kind.record).unlink()
    store.delete(made.id)
    assert store.damaged() == {}


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_changed_values_in_the_record_are_found(case: Case, store: RecordStore[Any]) -> None:
    made = case.make(0)
    store.save(made, case.attached)
    path = store.path(made.id) / store.kind.record
    record = json.loads(path.read_text())
    for field in record["record"]:
        path.write_text(json.dumps({**record, "record": {**record["record"], field: "other"}}))
        with pytest.raises(RecordDamagedError):
            store.get(made.id)
    path.write_text(json.dumps({**record, "files": {}, "kind": "other"}))
    with pytest.raises(RecordDamagedError):
        store.head(made.id)


@pytest.mark.parametrize(("version", "word"), [(99, "newer"), (0, "delete"), (None, "delete"), ("2", "delete")])
def test_another_format_is_told(case: Case, store: RecordStore[Any], version: object, word: str) -> None:
    made = case.make(0)
    store.save(made, case.attached)
    path = store.path(made.id) / store.kind.record
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": version}))
    with pytest.raises(RecordFormatError, match=word):
        store.get(made.id)
    assert list(store.damaged()) == [made.id]


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"', "{}", '{"format": 2}', "{" * 5])
def test_foreign_json_is_no_record(case: Case, store: RecordStore[Any], content: str) -> None:
    made = case.make(0)
    store.save(made, case.attached)
    (store.path(made.id) / store.kind.record).write_text(content)
    with pytest.raises((RecordDamagedError, RecordFormatError)):
        store.get(made.id)


@pytest.mark.parametrize(
    "identifier", ["", ".", "..", "../runs", "a/b", "/etc", "a" * 300, "x\n", "é/..", ".hidden", None]
)
def test_ids_cannot_leave_the_store(case: Case, store: RecordStore[Any], identifier: Any) -> None:
    store.save(case.make(0), case.attached)
    for act in (store.get, store.head, store.delete, store.path, store.is_shipped, store.find):
        with pytest.raises(StoreError):
            act(identifier)
    assert not store.has(identifier)


def test_a_renamed_folder_is_told(case: Case, store: RecordStore[Any]) -> None:
    made, other = case.make(0), case.make(1)
    store.save(made, case.attached)
    store.path(made.id).rename(store.path(other.id))
    with pytest.raises(RecordDamagedError, match=made.id):
        store.get(other.id)
    assert list(store.values()) == []


def test_folders_of_other_names_are_no_records(case: Case, store: RecordStore[Any]) -> None:
    made = case.make(0)
    store.save(made, case.attached)
    for name in (".writing-x", "notes of mine", "\N{SNOWMAN}"):
        shutil.copytree(store.path(made.id), store.directory / name)
    (store.directory / case.make(2).id).write_text("a file")
    assert set(store.ids()) == {made.id}


def test_shipped_records_are_found_but_not_changed(case: Case, tmp_path: Path) -> None:
    own = case.store(tmp_path)
    store = RecordStore(own.kind, own.directory, shipped=tmp_path / "shipped")
    shipped = RecordStore(own.kind, tmp_path / "shipped")
    made, mine = case.make(0), case.make(1)
    shipped.save(made, case.attached)
    store.save(mine, case.attached)
    assert store.ids() == tuple(sorted([made.id, mine.id]))
    assert (store.is_shipped(made.id), store.is_shipped(mine.id)) == (True, False)
    with pytest.raises(RecordMissingError):
        store.delete(made.id)
    store.save(case.changed(made), case.attached)
    assert not store.is_shipped(made.id)
    assert same(case.changed(made), store.get(made.id), store.kind)
    store.delete(made.id)
    assert same(made, store.get(made.id), store.kind)


@pytest.mark.parametrize("name", ["note", "table", "experiment"])  # all kinds are written by the same lines
def test_a_killed_save_leaves_the_old_record_or_the_new_one(name: str, tmp_path: Path) -> None:
    case, store = CASES[name], CASES[name].store(tmp_path)
    old, new = case.make(0), case.changed(case.make(0))
    seen = []

    def before() -> None:
        shutil.rmtree(store.directory, ignore_errors=True)
        store.save(old, case.attached)

    def after() -> None:
        found = store.get(old.id)
        seen.append("old" if same(found, old, store.kind) else "new" if same(found, new, store.kind) else "neither")
        assert store.ids() == (old.id,)

    killed_at_each_step(lambda: store.save(new, case.attached), before=before, after=after)
    assert set(seen) == {"old", "new"}
    assert seen == sorted(seen, reverse=True), "first the old one, then the new one"


def test_lists_go_on_while_records_come_and_go(case: Case, store: RecordStore[Any]) -> None:
    stays, goes = case.make(0), case.make(1)
    store.save(stays, case.attached)
    stop, faults = threading.Event(), []

    def come_and_go() -> None:
        try:
            while not stop.is_set():
                store.save(goes, case.attached)
                store.save(case.changed(goes), case.attached)
                store.delete(goes.id)
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(40):
            assert stays.id in [one.id for one in store.values()]
            assert store.damaged() == {}, "what is being written is never seen half"
    finally:
        stop.set()
        thread.join()
    assert faults == []


def test_a_record_is_read_from_any_folder(case: Case, store: RecordStore[Any], tmp_path: Path) -> None:
    made = case.make(0)
    store.save(made, case.attached)
    elsewhere = tmp_path / "elsewhere" / made.id
    shutil.copytree(store.path(made.id), elsewhere)
    assert same(made, read(store.kind, elsewhere), store.kind)
    elsewhere.rename(tmp_path / "any name")
    assert read_head(store.kind, tmp_path / "any name").id == made.id


@pytest.mark.parametrize(("replaced", "tries"), [(False, 1), (True, 3)])
def test_a_damaged_record_is_read_again_only_when_it_was_replaced(
    replaced: bool, tries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks damaged may be a record that another process was replacing."""
    seen: list[Path] = []

    def damaged(kind: Kind[Any], path: Path, **_: Any) -> None:
        seen.append(path)
        raise RecordDamagedError("made up")

    stamps = itertools.count()
    monkeypatch.setattr(kind_module, "_read_once", damaged)
    monkeypatch.setattr(kind_module, "_stamp", lambda _: (next(stamps) if replaced else 0, 0))
    with pytest.raises(RecordDamagedError):
        kind_module.read(EXPERIMENT, tmp_path)
    assert len(seen) == tries


def test_damaged_records_are_all_named_when_one_is_deleted_meanwhile(
    case: Case, store: RecordStore[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = sorted(case.make(seed).id for seed in range(3))
    for seed in range(3):
        store.save(case.make(seed), case.attached)

    def get(identifier: str) -> Any:
        raise RecordMissingError("gone") if identifier == ids[0] else RecordDamagedError("torn")

    monkeypatch.setattr(store, "get", get)
    assert list(store.damaged()) == ids[1:]
