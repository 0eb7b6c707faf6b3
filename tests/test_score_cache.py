"""Scores on disk: what comes back is what went in, and nothing that is damaged comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core import score_cache
from goracs_core.errors import StoreError
from goracs_core.score_cache import read_scores, write_scores
from goracs_core.scores import SampleScores, ScoreKind

KEY = "a" * 32
SCORES = SampleScores(
    ScoreKind.EL2N,
    np.array([0.1, 1 / 3, 2.0]),
    "the small language model",
    {"model": {"name": "small", "parts": [1, 2.5, None]}, "word": "größer"},
    (("language model", 1.25), ("el2n and entropy", 1 / 3)),
)


def test_scores_come_back_as_they_were_kept(tmp_path: Path) -> None:
    assert read_scores(tmp_path, KEY) is None
    write_scores(tmp_path, KEY, SCORES)
    found = read_scores(tmp_path, KEY)
    assert found is not None
    assert found.fingerprint == SCORES.fingerprint
    assert (found.kind, found.source, found.details, found.seconds) == (
        SCORES.kind, SCORES.source, SCORES.details, SCORES.seconds,
    )  # fmt: skip
    assert read_scores(tmp_path, "b" * 32) is None
    assert [path.name for path in (tmp_path / "scores").iterdir()] == [f"{KEY}.npz"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "renamed", "other format"])
def test_damaged_files_count_as_absent(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if damage == "other format":
        monkeypatch.setattr(score_cache, "_FORMAT", 0)
    write_scores(tmp_path, KEY, SCORES)
    monkeypatch.undo()
    path = tmp_path / "scores" / f"{KEY}.npz"
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        place = content.index(SCORES.values.tobytes())
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "renamed":
        path.rename(path.with_name(f"{'b' * 32}.npz"))
    assert read_scores(tmp_path, "b" * 32 if damage == "renamed" else KEY) is None
    write_scores(tmp_path, KEY, SCORES)
    assert read_scores(tmp_path, KEY) is not None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        write_scores(tmp_path / "cache", KEY, SCORES)
