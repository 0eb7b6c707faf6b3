"""Titles become the encoder's vectors, once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Task
from goracs_core.features.encoder import Encoder, load_encoder
from goracs_core.features.grounding import title_grounding
from goracs_core.progress import Progress
from tests.features.datasets import TITLES, make_dataset
from tests.llm.tiny import save_encoder


def test_titles_and_other_texts_share_a_space_and_titles_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = save_encoder(tmp_path / "tiny")
    dataset = make_dataset(task=Task.SEQREC)
    told: list[str] = []

    def progress(stage: str, done: int, total: int, detail: str = "") -> None:
        told.append(stage)

    first = title_grounding(dataset, str(folder), cache=tmp_path / "cache", progress=Progress(progress))
    encoder = load_encoder(str(folder))
    assert np.allclose(first.titles, encoder.encode(TITLES), atol=1e-6)
    assert first.texts == TITLES
    other = first.vectors(["Alpha Beta", TITLES[3]])
    assert np.allclose(other[0], encoder.encode(["Alpha Beta"])[0], atol=1e-6)
    assert (other[1] == first.titles[3]).all()
    assert first.distances(other[1:]).argmin() == 3
    assert {"Loading the encoder", "Embedding titles", "Embedding what was written"} <= set(told)

    def refuse(self: Encoder, texts: object, **_: object) -> np.ndarray:
        raise AssertionError("embedded again")

    monkeypatch.setattr(Encoder, "encode", refuse)
    again = title_grounding(dataset, str(folder), cache=tmp_path / "cache")
    assert (again.titles == first.titles).all()
