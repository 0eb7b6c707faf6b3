"""The DEALRec folder: sequences with a given split, titles by sequence id."""

from __future__ import annotations

from pathlib import Path

from goracs_core.data.dataset import Task
from goracs_core.data.prepare import PrepareOptions, prepare
from tests.data.sources import dealrec_folder, interactions, save_titles, triples


def test_parts_follow_each_other(tmp_path: Path):
    content = interactions(dealrec_folder(tmp_path / "shop"))
    assert [(user, title) for user, title, _ in triples(content)] == [
        ("1", "One"), ("1", "Two"), ("1", "Three"), ("1", "One"), ("2", "Two"), ("2", "Three"), ("2", "One"),
    ]  # fmt: skip
    assert content.splits is not None
    assert content.splits.tolist() == [0, 0, 0, 1, 0, 0, 2]


def test_a_plain_map_of_whole_numbers_will_do(tmp_path: Path):
    folder = dealrec_folder(tmp_path / "shop")
    save_titles(folder / "title_maps.npy", {1: "Uno", 2: "Due", 3: "Tre"})
    assert interactions(folder).titles == ("Uno", "Due", "Tre")


def test_samples_see_the_earlier_parts_only(tmp_path: Path):
    dataset, report = prepare(dealrec_folder(tmp_path / "shop"), PrepareOptions(task=Task.SEQREC))
    assert dataset.pool.ids == ("1@1", "1@2", "2@1")
    assert dataset.validation.ids == ("1@3",)
    assert dataset.validation.histories[0].tolist() == [0, 1, 2]
    assert dataset.test.histories[0].tolist() == [1, 2]
    assert dataset.items.popularity.tolist() == [1, 2, 2], "training part only"
    assert dataset.provenance["split"] == "given"
    assert any("k-core 1" in entry.message for entry in report.entries)
