"""`surrogate`: a table for people, one JSON object for programs, sentences for mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from goracs_core.cli import main
from goracs_core.data.store import save_dataset
from tests.cli.calls import last_json, refused
from tests.surrogate.shops import dataset_of, walking_shop, walks


def test_it_trains_compares_and_finds_the_surrogate_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_dataset(walking_shop(12), tmp_path / "data")
    call = ["surrogate", "--dataset", str(tmp_path / "data"), "--model", "all", "--epochs", "2", "--seed", "1"]
    assert main(call) == 0
    first = capsys.readouterr().out
    for words in ("NDCG@20", "validation SASRec", "test BERT4Rec", "test DCRec", "validation popularity", "of 2"):
        assert words in first
    result = last_json(first)
    assert set(result["surrogates"]) == {"sasrec", "bert4rec", "dcrec"}
    assert set(result["surrogates"]["dcrec"]["metrics"]["test"]) == {"surrogate", "popularity"}
    assert main(call) == 0
    assert last_json(capsys.readouterr().out) == result, "with the seconds of the first time"


def test_mistakes_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = walking_shop()
    save_dataset(dataset_of(walks(1, seed=0), shop.validation, shop.test), tmp_path / "one")
    assert "single user" in refused(capsys, "surrogate", "--dataset", str(tmp_path / "one"))
    assert "no folder" in refused(capsys, "surrogate", "--dataset", str(tmp_path / "none"))
    assert "epochs is 0" in refused(capsys, "surrogate", "--dataset", str(tmp_path / "one"), "--epochs", "0")
    assert "nonsense" in refused(capsys, "surrogate", "--dataset", str(tmp_path / "one"), "--model", "nonsense")
