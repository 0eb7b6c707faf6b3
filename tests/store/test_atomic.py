"""What is written is there whole or not at all, at whatever step the writing process is killed."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from goracs_core.errors import RecordExistsError, StoreError
from goracs_core.store import atomic
from tests.store.killing import killed_at_each_step

OLD = {"a.txt": b"old a", "b.txt": b"old b"}
NEW = {"a.txt": b"new a", "c.txt": b"new c"}


@pytest.fixture(params=["exchange", "two renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of replacing a folder; the second stands for systems that cannot exchange."""
    if request.param == "two renames":
        monkeypatch.setattr(atomic, "_renameat2", lambda: None)
    return request.param


def contents(folder: Path) -> dict[str, bytes] | None:
    """What a reader finds, who recovers first as readers do."""
    atomic.recover(folder.parent)
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else None


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def test_a_new_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    place, seen = tmp_path / "w" / "record", []
    steps = killed_at_each_step(
        lambda: atomic.write_folder(place, NEW),
        before=lambda: emptied(place.parent),
        after=lambda: seen.append(contents(place)),
    )
    assert steps > 5
    assert all(found in (None, NEW) for found in seen)
    assert seen[0] is None
    assert seen[-1] == NEW


def test_a_replaced_folder_is_the_old_or_the_new_one_and_never_absent(tmp_path: Path, way: str) -> None:
    place, seen = tmp_path / "w" / "record", []

    def before() -> None:
        emptied(place.parent)
        atomic.write_folder(place, OLD)

    killed_at_each_step(
        lambda: atomic.write_folder(place, NEW), before=before, after=lambda: seen.append(contents(place))
    )
    assert all(found in (OLD, NEW) for found in seen)
    assert seen[0] == OLD
    assert seen[-1] == NEW
    assert hidden(place.parent) == [], "nothing is left of a write that came to its end"


def test_without_recovery_an_exchange_still_leaves_no_gap(tmp_path: Path) -> None:
    place, seen = tmp_path / "w" / "record", []

    def before() -> None:
        emptied(place.parent)
        atomic.write_folder(place, OLD)

    killed_at_each_step(
        lambda: atomic.write_folder(place, NEW), before=before, after=lambda: seen.append(place.is_dir())
    )
    assert all(seen)


def test_a_replaced_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    place, seen = tmp_path / "w" / "file.json", []

    def before() -> None:
        emptied(place.parent)
        place.write_bytes(b"old")

    killed_at_each_step(
        lambda: atomic.write_file(place, b"new"), before=before, after=lambda: seen.append(place.read_bytes())
    )
    assert set(seen) == {b"old", b"new"}
    assert seen[-1] == b"new"


def test_a_removed_folder_is_whole_or_gone(tmp_path: Path, way: str) -> None:
    place, seen = tmp_path / "w" / "record", []

    def before() -> None:
        emptied(place.parent)
        atomic.write_folder(place, OLD)

    killed_at_each_step(lambda: atomic.remove(place), before=before, after=lambda: seen.append(contents(place)))
    assert all(found in (OLD, None) for found in seen)
    assert seen[-1] is None
    assert hidden(place.parent) == []


def test_what_was_removed_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, seen = tmp_path / "w" / "record", []
    monkeypatch.setattr(atomic, "_renameat2", lambda: None)

    def before() -> None:
        emptied(place.parent)
        atomic.write_folder(place, OLD)

    def after() -> None:
        if contents(place) is not None:
            atomic.remove(place)
        seen.append(contents(place))

    killed_at_each_step(lambda: atomic.write_folder(place, NEW), before=before, after=after)
    assert seen == [None] * len(seen)


def test_leftovers_of_killed_writes_go_when_they_are_old(tmp_path: Path, way: str) -> None:
    place, counts = tmp_path / "experiments" / "record", []

    def before() -> None:
        emptied(place.parent)
        atomic.write_folder(place, OLD)

    def after() -> None:
        left = len(hidden(place.parent))
        assert atomic.remove_leftovers(tmp_path) == 0, "it may be of a process that is still writing"
        removed = atomic.remove_leftovers(tmp_path, older_than=-1)
        assert hidden(place.parent) == []
        assert removed == left
        assert contents(place) in (OLD, NEW)
        counts.append(removed)

    killed_at_each_step(lambda: atomic.write_folder(place, NEW), before=before, after=after)
    assert max(counts) >= 1


@pytest.mark.parametrize("folder", ["", "runs", "cache/models", "cache/chunks/ab", "datasets/shop", "uploads"])
def test_leftovers_are_found_in_every_folder(tmp_path: Path, folder: str) -> None:
    box = tmp_path / folder / ".writing-abc"
    (box / "record").mkdir(parents=True)
    (box / "record" / "file").write_bytes(b"half")
    long_ago = time.time() - 2 * atomic.LEFTOVER_SECONDS
    for path in (box / "record" / "file", box / "record", box):
        os.utime(path, (long_ago, long_ago))
    (tmp_path / folder / "kept").write_bytes(b"whole")
    assert atomic.remove_leftovers(tmp_path) == 1
    assert not box.exists()
    assert (tmp_path / folder / "kept").exists()


def test_a_write_that_goes_on_is_no_leftover(tmp_path: Path) -> None:
    box = tmp_path / "runs" / ".writing-abc"
    box.mkdir(parents=True)
    long_ago = time.time() - 2 * atomic.LEFTOVER_SECONDS
    (box / "file").write_bytes(b"just now")
    os.utime(box, (long_ago, long_ago))
    assert atomic.remove_leftovers(tmp_path) == 0


def test_a_failed_write_changes_nothing(tmp_path: Path, way: str) -> None:
    place = tmp_path / "record"
    atomic.write_folder(place, OLD)

    def fail() -> None:
        with atomic.staged(place) as staging:
            staging.mkdir()
            (staging / "a.txt").write_bytes(b"half")
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert contents(place) == OLD
    assert hidden(tmp_path) == []


def test_replacing_may_be_refused(tmp_path: Path) -> None:
    place = tmp_path / "record"
    atomic.write_folder(place, OLD, replace=False)
    with pytest.raises(RecordExistsError):
        atomic.write_folder(place, NEW, replace=False)
    assert contents(place) == OLD
    assert hidden(tmp_path) == []


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot be written"):
        atomic.write_file(tmp_path / "file" / "inside", b"new")


def test_files_of_others_stay_in_a_folder_of_the_user(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    atomic.write_files(folder, OLD)
    (folder / "notes.txt").write_bytes(b"mine")
    inode = folder.stat().st_ino
    atomic.write_files(folder, NEW)
    assert contents(folder) == {**OLD, **NEW, "notes.txt": b"mine"}
    assert folder.stat().st_ino == inode, "a shell may stand in it"


def test_replacing_at_the_same_time_leaves_one_of_them_whole(tmp_path: Path, way: str) -> None:
    place = tmp_path / "record"
    versions = [{"a": bytes([number]) * 100, "b": bytes([number]) * 100} for number in range(4)]
    faults: list[BaseException] = []

    def write(version: dict[str, bytes]) -> None:
        try:
            for _ in range(15):
                atomic.write_folder(place, version)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert contents(place) in versions
    assert hidden(tmp_path) == []


def test_removing_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic.remove(tmp_path / "nothing")
