"""What can be computed again: what comes back is what went in, and nothing that is damaged comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core.errors import StoreError
from goracs_core.scores import SampleScores, ScoreKind
from goracs_core.store.cache import Cache

KEY, OTHER = "a" * 32, "b" * 32
SCORES = SampleScores(
    ScoreKind.EL2N,
    np.array([0.1, 1 / 3, 2.0]),
    "the small language model",
    {"model": {"name": "small", "parts": [1, 2.5, None]}, "word": "größer"},
    (("language model", 1.25), ("el2n and entropy", 1 / 3)),
)


@pytest.fixture
def cache(tmp_path: Path) -> Cache[SampleScores]:
    return Cache(tmp_path / "scores", SampleScores)


def test_values_come_back_as_they_were_kept(cache: Cache[SampleScores]) -> None:
    assert cache.get(KEY) is None
    cache.put(KEY, SCORES)
    found = cache.get(KEY)
    assert found is not None
    assert found.fingerprint == SCORES.fingerprint
    assert (found.kind, found.source, found.details, found.seconds) == (
        SCORES.kind,
        SCORES.source,
        SCORES.details,
        SCORES.seconds,
    )
    assert cache.get(OTHER) is None
    assert [path.name for path in cache.folder.iterdir()] == [f"{KEY}.npz"]


def test_a_value_is_made_once(cache: Cache[SampleScores]) -> None:
    made: list[int] = []

    def make() -> SampleScores:
        made.append(1)
        return SCORES

    first, second = cache.get_or_make(KEY, make), cache.get_or_make(KEY, make)
    assert first.fingerprint == second.fingerprint
    assert made == [1]
    cache.path(KEY).write_bytes(b"damaged")
    cache.get_or_make(KEY, make)
    assert made == [1, 1]
    assert cache.get(KEY) is not None


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "renamed"])
def test_damaged_files_count_as_absent(cache: Cache[SampleScores], damage: str) -> None:
    cache.put(KEY, SCORES)
    path = cache.path(KEY)
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        place = content.index(SCORES.values.tobytes())
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "renamed":
        path.rename(cache.path(OTHER))
    assert cache.get(OTHER if damage == "renamed" else KEY) is None
    cache.put(KEY, SCORES)
    assert cache.get(KEY) is not None


def test_values_of_another_type_count_as_absent(cache: Cache[SampleScores]) -> None:
    Cache(cache.folder, dict[str, int]).put(KEY, {"one": 1})
    assert cache.get(KEY) is None


def test_bare_arrays_and_mappings_can_be_kept(tmp_path: Path) -> None:
    arrays: Cache[np.ndarray] = Cache(tmp_path, np.ndarray)
    arrays.put(KEY, np.arange(6.0).reshape(2, 3))
    assert np.array_equal(arrays.get_or_make(KEY, lambda: np.zeros(1)), np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("key", ["", "../x", "a/b", ".", "x" * 200, "a\n"])
def test_keys_cannot_leave_the_folder(cache: Cache[SampleScores], key: str) -> None:
    with pytest.raises(StoreError):
        cache.get(key)
    with pytest.raises(StoreError):
        cache.put(key, SCORES)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        Cache(tmp_path / "cache" / "scores", SampleScores).put(KEY, SCORES)
