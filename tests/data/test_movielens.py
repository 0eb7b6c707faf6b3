"""The MovieLens layouts of all sizes give the same interactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from goracs_core.data.loaders.registry import detect_kind, load_source
from goracs_core.data.report import InputError
from tests.data.sources import interactions, triples
from tests.refusals import told

RATINGS = [("1", "10", "5", "100"), ("1", "20", "3", "50"), ("2", "10", "1", "70")]
EXPECTED = [("1", "Amélie: Uncut (2001)", 3.0), ("1", "Toy Story (1995)", 5.0), ("2", "Toy Story (1995)", 1.0)]


def layout(folder: Path, size: str) -> Path:
    folder.mkdir()
    match size:
        case "100k":
            (folder / "u.data").write_text("".join("\t".join(row) + "\n" for row in RATINGS))
            lines = [
                "10|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0",
                "20|Amélie: Uncut (2001)|01-Jan-2001||http://x|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0",
            ]
            (folder / "u.item").write_bytes("\n".join(lines).encode("latin-1"))
        case "1m" | "10m":
            (folder / "ratings.dat").write_text("".join("::".join(row) + "\n" for row in RATINGS))
            lines = "10::Toy Story (1995)::Animation|Comedy\n20::Amélie: Uncut (2001)::(no genres listed)\n"
            (folder / "movies.dat").write_bytes(lines.encode("latin-1" if size == "1m" else "utf-8"))
        case _:
            header = "userId,movieId,rating,timestamp\n"
            (folder / "ratings.csv").write_text(header + "".join(",".join(row) + "\n" for row in RATINGS))
            (folder / "movies.csv").write_text(
                "movieId,title,genres\n10,Toy Story (1995),Animation|Comedy\n"
                '20,"Amélie: Uncut (2001)",(no genres listed)\n',
                encoding="utf-8",
            )
    return folder


@pytest.mark.parametrize("size", ["100k", "1m", "10m", "25m"])
def test_every_layout(tmp_path: Path, size: str):
    folder = layout(tmp_path / "ml", size)
    assert detect_kind(folder) == "movielens"
    content = interactions(folder)
    assert triples(content) == EXPECTED
    assert dict(zip(content.item_ids, content.categories, strict=True)) == {"10": "Animation", "20": ""}
    assert content.times is not None
    assert content.times.tolist() == [50.0, 100.0, 70.0]
    ratings = next(p for p in sorted(folder.iterdir()) if p.name.startswith(("u.data", "ratings")))
    assert triples(interactions(ratings)) == EXPECTED
    assert load_source(folder).domain == "movies"


@pytest.mark.parametrize(
    ("size", "file", "content", "words"),
    [
        ("100k", "u.data", "1\t10\t5\t100\n1\t20\tx\t3\n", "u.data, row 2, column 'rating': 'x' is not"),
        ("100k", "u.data", "1\t10\t5\n", "u.data, row 1, column 'time': the number is missing"),
        ("100k", "u.data", "1\t10\t5\t1\t9\n", "u.data, row 1: has 5 values"),
        ("100k", "u.data", "", "u.data: holds no ratings"),
        ("100k", "u.item", "10|Toy\n", "u.item, row 1: has 2 fields"),
        ("100k", "u.item", "", "u.item: is empty"),
        ("1m", "ratings.dat", "1::10::5::100\n::10::5::1\n", "ratings.dat, row 2, column 'user': the id is missing"),
        ("1m", "movies.dat", "10::A::B\n10::A::B\n", "movies.dat, row 2, column 'movie': item id '10' is already"),
        ("25m", "ratings.csv", "userId,movieId,rating\n1,10,5\n", "ratings.csv, row 1, column 'timestamp'"),
        ("25m", "movies.csv", "movieId,title,genres\n", "movies.csv: lists no movies"),
    ],
)
def test_damage_is_named(tmp_path: Path, size: str, file: str, content: str, words: str):
    folder = layout(tmp_path / "ml", size)
    (folder / file).write_text(content)
    with pytest.raises(InputError) as caught:
        load_source(folder)
    assert words in str(caught.value)


def test_missing_movies(tmp_path: Path):
    folder = layout(tmp_path / "ml", "1m")
    (folder / "movies.dat").unlink()
    with pytest.raises(InputError, check=told("file-missing")):
        load_source(folder)
