"""Uploads: kept apart, unpacked with suspicion, deleted after use."""

from __future__ import annotations

import os
import stat
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import DataError
from goracs_core.workspace import Workspace
from pages._ui import uploads


@dataclass
class File:
    """What the uploader hands over."""

    name: str
    content: bytes

    def getbuffer(self) -> memoryview:
        return memoryview(self.content)


def archive(tmp_path: Path, members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> File:
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return File("data.zip", path.read_bytes())


@pytest.fixture
def space(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace).ensure()


def everything_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_one_file_gives_that_file(space: Workspace) -> None:
    path = uploads.keep([File("ratings.csv", b"user,item\n1,2\n")], space)
    assert path.name == "ratings.csv"
    assert path.read_bytes() == b"user,item\n1,2\n"
    assert space.uploads in path.parents
    uploads.discard(path, space)
    assert everything_under(space.uploads) == []


def test_several_files_give_their_folder(space: Workspace) -> None:
    path = uploads.keep([File("interactions.csv", b"a"), File("items.csv", b"b")], space)
    assert everything_under(path) == ["interactions.csv", "items.csv"]


def test_an_archive_gives_its_inner_folder_without_litter(space: Workspace, tmp_path: Path) -> None:
    members = {"ml-100k/u.data": b"1\t2\t3\t4", "ml-100k/u.item": b"x", "__MACOSX/._u.data": b"?", ".DS_Store": b"?"}
    path = uploads.keep([archive(tmp_path, members)], space)
    assert path.name == "ml-100k"
    assert everything_under(path) == ["u.data", "u.item"]
    uploads.discard(path, space)
    assert everything_under(space.uploads) == []


@pytest.mark.parametrize(
    "name", ["../outside.csv", "/etc/outside.csv", "a/../../outside.csv", "..\\outside.csv", "C:\\x.csv"]
)
def test_no_member_leaves_the_folder(name: str, space: Workspace, tmp_path: Path) -> None:
    before = everything_under(tmp_path)
    made = archive(tmp_path, {"fine.csv": b"a", name: b"b"})
    (tmp_path / "made.zip").unlink()
    with pytest.raises(DataError, match="lies outside of its folder"):
        uploads.keep([made], space)
    assert everything_under(tmp_path) == before


def test_links_are_refused(space: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w") as opened:
        link = zipfile.ZipInfo("ratings.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="lies outside of its folder"):
        uploads.keep([File("data.zip", path.read_bytes())], space)
    assert everything_under(space.uploads) == []


def test_bombs_are_refused_by_ratio_and_by_size(space: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not plausible for data"):
        uploads.keep([archive(tmp_path, {"zeros.csv": bytes(80 * 2**20)})], space)
    with pytest.raises(DataError, match="at most"):
        uploads.keep([archive(tmp_path, {"a.csv": os.urandom(2000)})], space, max_unpacked=1000)
    assert everything_under(space.uploads) == []


def test_claimed_sizes_are_not_believed(space: Workspace, tmp_path: Path) -> None:
    """The directory of the archive says 10 bytes, the member holds many more."""
    made = archive(tmp_path, {"a.csv": b"x" * 5000}, compression=zipfile.ZIP_STORED)
    lying = made.content.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != made.content
    with pytest.raises(DataError):
        uploads.keep([File("data.zip", lying)], space, max_unpacked=100)
    assert everything_under(space.uploads) == []


@pytest.mark.parametrize(
    ("content", "said"), [(b"PK\x03\x04 cut", "damaged"), (b"", "damaged"), (b"user,item\n", "damaged")]
)
def test_a_damaged_archive_is_a_sentence(content: bytes, said: str, space: Workspace) -> None:
    with pytest.raises(DataError, match=said):
        uploads.keep([File("data.zip", content)], space)
    assert everything_under(space.uploads) == []


def test_an_empty_or_encrypted_archive_is_a_sentence(space: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="contains no files"):
        uploads.keep([archive(tmp_path, {})], space)
    made = bytearray(archive(tmp_path, {"a.csv": b"abc"}).content)
    made[6] |= 1  # the flag of encryption, once before the member and once in the directory
    made[made.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="encrypted"):
        uploads.keep([File("data.zip", bytes(made))], space)


def test_equal_names_are_a_sentence(space: Workspace) -> None:
    with pytest.raises(DataError, match="two uploaded files"):
        uploads.keep([File("a.csv", b"1"), File("x/a.csv", b"2")], space)


def test_discard_leaves_everything_else_alone(space: Workspace, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("mine")
    for path in (own, space.uploads, space.root, space.datasets):
        uploads.discard(path, space)
    assert own.exists()
    assert space.uploads.is_dir()


def test_sweep_takes_only_what_is_old(space: Workspace) -> None:
    old, new = (uploads.keep([File("a.csv", b"1")], space).parents[1] for _ in range(2))
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    uploads.sweep(space)
    assert [folder.name for folder in space.uploads.iterdir()] == [new.name]


@given(name=st.text(max_size=300))
def test_a_safe_name_is_one_plain_file_name(name: str) -> None:
    safe = uploads.safe_name(name)
    assert safe
    assert len(safe) <= 120
    assert "/" not in safe
    assert "\\" not in safe
    assert safe not in (".", "..")
    assert "\0" not in safe
