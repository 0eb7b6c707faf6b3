"""Amazon reviews of every year come out alike; metadata give titles and categories."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from goracs_core.data.loaders.registry import detect_kind, load_source
from goracs_core.data.loaders.source import SourceOptions
from goracs_core.data.report import InputError
from tests.data.sources import interactions, triples, write_lines
from tests.refusals import told

EVENTS = [("A1", "B1", 5.0, 1_400_000_000), ("A2", "B1", 2.0, 1_400_000_100), ("A1", "B2", 4.0, 1_300_000_000)]
EXPECTED = [("A1", "Tetris & Co", 4.0), ("A1", "Pong", 5.0), ("A2", "Pong", 2.0)]


def old_reviews(path: Path) -> Path:
    return write_lines(
        path,
        [{"reviewerID": u, "asin": i, "overall": r, "unixReviewTime": t, "reviewText": "…"} for u, i, r, t in EVENTS],
    )


def new_reviews(path: Path) -> Path:
    return write_lines(
        path,
        [
            {"user_id": u, "asin": i + "-red", "parent_asin": i, "rating": r, "timestamp": t * 1000}
            for u, i, r, t in EVENTS
        ],
    )


def test_2014_with_metadata_of_python_literals(tmp_path: Path):
    old_reviews(tmp_path / "reviews_Video_Games_5.json.gz")
    lines = [
        "{'asin': 'B1', 'title': 'Pong', 'categories': [['Video Games', 'PC', 'Games']]}",
        "{'asin': 'B2', 'title': 'Tetris &amp; Co', 'categories': [['Video Games', 'Xbox']]}",
        "{'asin': 'B9', 'title': 'Never reviewed'}",
    ]
    (tmp_path / "meta_Video_Games.json.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    assert detect_kind(tmp_path) == "amazon"
    content = interactions(tmp_path)
    assert triples(content) == EXPECTED
    assert sorted(zip(content.item_ids, content.categories, strict=True)) == [("B1", "PC"), ("B2", "Xbox")]


def test_2018(tmp_path: Path):
    old_reviews(tmp_path / "Video_Games_5.json")
    write_lines(
        tmp_path / "meta_Video_Games.json",
        [
            {"asin": "B1", "title": "Pong", "category": ["Video Games", "PC"]},
            {"asin": "B2", "title": "Tetris &amp; Co", "category": []},
            {"asin": "B1", "title": "Pong again", "category": []},
        ],
    )
    source = load_source(tmp_path)
    assert triples(interactions(tmp_path)) == EXPECTED
    assert [entry.count for entry in source.report.warnings] == [1]
    assert "first listing was kept" in source.report.warnings[0].sentence


def test_2023_counts_milliseconds_and_joins_on_the_parent(tmp_path: Path):
    new_reviews(tmp_path / "Video_Games.jsonl.gz")
    write_lines(
        tmp_path / "meta_Video_Games.jsonl.gz",
        [
            {"parent_asin": "B1", "title": "Pong", "main_category": "Computers", "categories": []},
            {"parent_asin": "B2", "title": "Tetris & Co", "main_category": "Toys", "categories": ["Games", "Puzzles"]},
        ],
    )
    content = interactions(tmp_path)
    assert triples(content) == EXPECTED
    assert content.times is not None
    assert content.times.max() == 1_400_000_100
    assert sorted(content.categories) == ["Computers", "Puzzles"]


def test_without_metadata_ids_stand_in_and_a_named_file_helps(tmp_path: Path):
    path = old_reviews(tmp_path / "games.json")
    source = load_source(path)
    assert set(interactions(path).titles) == {"B1", "B2"}
    assert "no item has a title" in source.report.warnings[0].sentence
    other = tmp_path / "elsewhere"
    other.mkdir()
    meta = write_lines(other / "meta.json", [{"asin": "B1", "title": "Pong"}])
    found = load_source(path, options=SourceOptions(items=meta))
    assert any("1 interactions of unknown items dropped" in entry.sentence for entry in found.report.warnings)


def test_exact_repeats_are_dropped_and_counted(tmp_path: Path):
    records = [{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": t} for t in (1, 1, 2)]
    path = write_lines(tmp_path / "games.json", records)
    source = load_source(path)
    assert len(interactions(path).users) == 2
    assert "row 2: 1 reviews that repeat an earlier one exactly dropped" in source.report.warnings[0].sentence


@pytest.mark.parametrize(
    ("record", "column", "words"),
    [
        ({"reviewerID": "A", "asin": "B", "overall": 5}, "unixReviewTime", "field is missing"),
        ({"reviewerID": "A", "overall": 5, "unixReviewTime": 1}, "asin", "field is missing"),
        ({"reviewerID": "A", "asin": "B", "overall": "best", "unixReviewTime": 1}, "overall", "'best' is not a finite"),
        ({"reviewerID": "A", "asin": "B", "overall": float("nan"), "unixReviewTime": 1}, "overall", "missing"),
        ({"reviewerID": "", "asin": "B", "overall": 5, "unixReviewTime": 1}, "reviewerID", "id is missing"),
    ],
)
def test_a_bad_review_is_named(tmp_path: Path, record: dict[str, object], column: str, words: str):
    good = {"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": 1}
    path = write_lines(tmp_path / "games.json.gz", [good, record])
    with pytest.raises(InputError, match=words) as caught:
        load_source(path)
    assert (caught.value.entry.row, caught.value.entry.column) == (2, column)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{'asin': __import__('os').mkdir('executed')}", "not one JSON object"),
        ("{broken", "not one JSON object"),
        ("{'title': 'no id'}", "needs asin"),
        ("{'asin': 'other'}", "describes none of the reviewed products"),
    ],
)
def test_bad_metadata(tmp_path: Path, line: str, words: str):
    old_reviews(tmp_path / "reviews.json")
    (tmp_path / "meta.json").write_text(line)
    with pytest.raises(InputError, match=words):
        load_source(tmp_path)


def test_two_review_files(tmp_path: Path):
    old_reviews(tmp_path / "a.json")
    new_reviews(tmp_path / "b.json")
    with pytest.raises(InputError, check=told("several-files")):
        load_source(tmp_path)
