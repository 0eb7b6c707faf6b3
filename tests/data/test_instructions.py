"""Instruction samples: prompts as they are, histories and items from the titles in quotes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Task
from goracs_core.data.loaders.instructions import quoted_titles
from goracs_core.data.loaders.registry import detect_kind, load_source
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.report import InputError
from goracs_core.errors import ConfigError
from tests.data.sources import instructions, write_lines
from tests.refusals import told


def next_title(*titles: str) -> dict[str, str]:
    listed = ", ".join(f'"{title}"' for title in titles[:-1])
    return {
        "instruction": "Given games a user played, name the next.",
        "input": f"The user has played the following video games before: {listed}\n",
        "output": f'"{titles[-1]}"\n',
    }


def judged(liked: list[str], disliked: list[str], target: str, answer: str) -> dict[str, str]:
    one, two = (", ".join(f'"{title}"' for title in titles) for titles in (liked, disliked))
    return {
        "instruction": 'Say whether the user will like the target movie, "Yes." or "No.".',
        "input": f'User Preference: {one}\nUser Unpreference: {two}\nWhether the user will like the movie "{target}"?',
        "output": answer,
    }


SEQREC = [next_title(f"Game {i}", f"Game {i + 1}", f"Game {(i * 7) % 12}") for i in range(40)]


def test_sequential_samples(tmp_path: Path):
    path = write_lines(tmp_path / "train.jsonl", [next_title("A", "B", "C"), next_title("B", "A")])
    assert detect_kind(path) == "instructions"
    content = instructions(path)
    assert content.titles == ("A", "B", "C")
    assert [h.tolist() for h in content.histories] == [[0, 1], [1]]
    assert content.targets.tolist() == [2, 0]
    assert content.labels is None
    assert content.answers == ('"C"', '"A"')
    first = next_title("A", "B", "C")
    assert content.prompts[0] == f"{first['instruction']}\n{first['input'].strip()}\n"
    assert content.ids == ("train:1", "train:2")


def test_judged_samples(tmp_path: Path):
    path = tmp_path / "train.json"
    path.write_text(
        json.dumps([judged(["A (1990)"], ["B"], "C", "Yes."), judged([], ["A (1990)"], "B", "No.")], indent=4)
    )
    content = instructions(path)
    assert [h.tolist() for h in content.histories] == [[0, 1], [0]]
    assert content.history_labels is not None
    assert [h.tolist() for h in content.history_labels] == [[1, 0], [0]]
    assert content.labels is not None
    assert content.labels.tolist() == [1, 0]
    assert content.targets.tolist() == [2, 1]
    assert content.answers == ("Yes", "No")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('"A", "B"', [("A", 1), ("B", 1)]),
        ('"The "Burbs" (1989)", "B"?', [('The "Burbs" (1989)', 1), ("B", 1)]),
        ('likes "I dislike you", dislikes "Love, actually".', [("I dislike you", 1), ("Love, actually", 0)]),
        ('did not like "A"; liked "B"', [("A", 0), ("B", 1)]),
        ("no quotes", []),
    ],
)
def test_quoted_titles(text: str, titles: list[tuple[str, int]]):
    assert quoted_titles(text) == titles


def test_a_folder_keeps_its_split(tmp_path: Path):
    for name, records in (("train.json", SEQREC[:20]), ("valid_5000.json", SEQREC[20:30]), ("test.json", SEQREC[30:])):
        (tmp_path / name).write_text(json.dumps(records))
    dataset, _ = prepare(tmp_path, PrepareOptions())
    assert (len(dataset.pool), len(dataset.validation), len(dataset.test)) == (20, 10, 10)
    assert dataset.provenance["split"] == "given"
    assert dataset.validation.ids[0] == "valid_5000:1"
    assert dataset.items.popularity.sum() == 20
    assert (dataset.pool.users == -1).all()
    assert len(dataset.interactions) == 0


def test_one_file_is_shuffled_by_seed_or_cut_in_order(tmp_path: Path):
    path = write_lines(tmp_path / "all.jsonl", SEQREC)

    def pool(split: str, seed: int = 0) -> tuple[str, ...]:
        return prepare(path, PrepareOptions(split=split, seed=seed))[0].pool.ids  # pyright: ignore[reportArgumentType]

    assert pool("order") == tuple(f"all:{row}" for row in range(1, 33))
    assert pool("auto") == pool("shuffle") != pool("order")
    assert pool("shuffle") != pool("shuffle", seed=1)
    assert len(pool("shuffle")) == 32


def test_options_without_effect_are_announced(tmp_path: Path):
    path = write_lines(tmp_path / "all.jsonl", SEQREC)
    assert prepare(path, PrepareOptions())[1].warnings == ()
    (entry,) = prepare(path, PrepareOptions(max_history=3, domain="games"))[1].warnings
    assert entry.message.startswith("max_history and domain not applied")


def test_quotes_without_end_take_no_time(tmp_path: Path):
    start = time.perf_counter()
    assert quoted_titles('"x' * 40_000 + "\n") == []
    assert time.perf_counter() - start < 20


def test_limits_and_history_length(tmp_path: Path):
    path = write_lines(tmp_path / "all.jsonl", [*SEQREC, next_title("Game 1", "Game 2")])
    dataset, report = prepare(path, PrepareOptions(min_history=2, max_pool=10))
    assert len(dataset.pool) == 10
    assert dataset.sampling_notes[0].startswith("10 of ")
    assert any("1 samples with fewer than 2 earlier titles" in entry.message for entry in report.entries)


def test_ctr_limits_keep_label_shares(tmp_path: Path):
    records = [judged(["A"], ["B"], f"T{i % 9}", "Yes." if i % 4 == 0 else "No.") for i in range(200)]
    path = write_lines(tmp_path / "all.jsonl", records)
    dataset, _ = prepare(path, PrepareOptions(task=Task.CTR, max_pool=40))
    assert dataset.pool.labels is not None
    whole, _ = prepare(path, PrepareOptions(task=Task.CTR))
    assert whole.pool.labels is not None
    assert abs(dataset.pool.labels.mean() - whole.pool.labels.mean()) < 1 / 40
    assert "by label" in dataset.sampling_notes[0]


@pytest.mark.parametrize(
    ("records", "row", "column", "words"),
    [
        ([next_title("A", "B"), {"instruction": "x", "input": "y"}], 2, "output", "is missing"),
        ([next_title("A", "B"), {"instruction": "x", "input": 5, "output": "y"}], 2, "input", "is a int"),
        ([next_title("A", "B"), {"instruction": "x", "input": "y", "output": " "}], 2, "output", "answer is empty"),
        ([next_title("A", "B"), judged(["A"], [], "B", "Yes.")], 2, "output", "either titles or Yes and No"),
    ],
)
def test_bad_samples_are_named(tmp_path: Path, records: list[dict[str, object]], row: int, column: str, words: str):
    with pytest.raises(InputError, match=words) as caught:
        load_source(write_lines(tmp_path / "train.jsonl", records))
    assert (caught.value.entry.row, caught.value.entry.column) == (row, column)


def test_task_split_and_filters_must_fit(tmp_path: Path):
    path = write_lines(tmp_path / "all.jsonl", SEQREC)
    with pytest.raises(InputError, check=told("wrong-task")):
        prepare(path, PrepareOptions(task=Task.CTR))
    with pytest.raises(InputError, check=told("no-split")):
        prepare(path, PrepareOptions(split="given"))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, check=told("split-needs-interactions", split="global-time")):
        prepare(path, PrepareOptions(split="global-time"))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, check=told("bad-option", option="k_core")):
        prepare(path, PrepareOptions(k_core=5))
    folder = tmp_path / "folder"
    folder.mkdir()
    write_lines(folder / "train.jsonl", SEQREC)
    with pytest.raises(InputError, check=told("file-missing")):
        prepare(folder, PrepareOptions())


def test_histories_unknown_is_a_warning(tmp_path: Path):
    path = write_lines(tmp_path / "a.jsonl", [{"instruction": "Next?", "input": "A then B", "output": "C"}])
    assert "1 samples have no titles in quotes" in load_source(path).report.warnings[0].sentence
    assert np.array_equal(instructions(path).histories.lengths, [0])
