"""Bad input ends in one clear sentence that names file, row and column; never in a traceback or half a dataset."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goracs_core.data.loaders.registry import load_source
from goracs_core.data.loaders.source import ColumnMapping, SourceOptions
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.report import InputError
from goracs_core.errors import ConfigError, DataError, GoracsError
from tests.data.sources import dealrec_folder, interactions, save_titles

GOOD = "user,item,time,rating\nu1,i1,1,5\nu1,i2,2,4\nu2,i1,3,1\n"


def refused(path: Path, options: SourceOptions | None = None) -> InputError:
    """The error that loading `path` ends in; checks what holds for all of them."""
    with pytest.raises(InputError) as caught:
        load_source(path, options=options or SourceOptions())
    error = caught.value
    assert isinstance(error, DataError)
    assert "\n" not in str(error)
    assert error.entry.file, str(error)
    assert str(error).startswith(error.entry.file)
    return error


def text(tmp_path: Path, content: str | bytes, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_good_file_loads(tmp_path: Path):
    source = load_source(text(tmp_path, GOOD))
    assert source.kind == "tables"


def test_path_missing(tmp_path: Path):
    error = refused(tmp_path / "nowhere.csv")
    assert "does not exist" in str(error)


@pytest.mark.parametrize(
    ("content", "row", "column", "words"),
    [
        ("item,time\ni1,1\n", 1, "user", "looks like the user"),
        ("user,time\nu1,1\n", 1, "item", "looks like the item"),
        ("", 1, None, "is empty"),
        ("\n\n", 1, None, "is empty"),
        ("user,item\n", None, None, "holds no interactions"),
        ("user,\ritem\nu1,i1\n", 1, None, "the header cannot be read"),
        ("user,user,item\nu1,u1,i1\n", 1, "user", "twice"),
        ("user,item,time\nu1,i1,1\n,i2,2\n", 3, "user", "id is missing"),
        ("user,item,time\nu1,i1,1\nu1,,2\nu2,,3\n", 3, "item", "2 such rows"),
        ("user,item,time\nu1,i1,1\nu1,i2,NaN\n", 3, "time", "missing"),
        ("user,item,time\nu1,i1,1\nu1,i2,soon\n", 3, "time", "'soon' is not a finite number"),
        ("user,item,time\nu1,i1,2024-05-01\nu1,i2,May\n", 3, "time", "'May' is no time"),
        ("user,item,time\nu1,i1,1\nu1,i2,inf\n", 3, "time", "'inf' is not a finite number"),
        ("user,item,rating\nu1,i1,5\nu1,i2,good\n", 3, "rating", "'good' is not a finite number"),
        ("user,item,split\nu1,i1,train\nu1,i2,later\n", 3, "split", "'later' is no split"),
        ("user,item,position\nu1,i1,0\nu1,i2,\n", 3, "position", "missing"),
        ("user,item\nu1,i1\nu1,i2,i3\n", None, None, "Expected 2 fields in line 3, saw 3"),
        ('user,item\nu1,i1\nu1,"i2\n', None, None, "do not fit the header"),
    ],
)
def test_tables_name_row_and_column(tmp_path: Path, content: str, row: int | None, column: str | None, words: str):
    error = refused(text(tmp_path, content))
    assert words in str(error)
    assert error.entry.row == row
    assert error.entry.column == column
    if row is not None:
        assert f"row {row}" in str(error)
    if column is not None:
        assert repr(column) in str(error)


def test_blank_lines_do_not_shift_the_rows(tmp_path: Path):
    assert refused(text(tmp_path, "user,item,rating\nu1,i1,1\n\n\nu1,i2,bad\n")).entry.row == 5


def test_column_of_the_mapping_missing(tmp_path: Path):
    options = SourceOptions(mapping=ColumnMapping(user="who"))
    error = refused(text(tmp_path, GOOD), options)
    assert "no column 'who' to be the user" in str(error)
    assert "'item', 'time', 'rating'" in str(error)


def test_duplicate_item_ids(tmp_path: Path):
    text(tmp_path, GOOD, "interactions.csv")
    text(tmp_path, "item_id,title\ni1,One\ni2,Two\ni1,Again\n", "items.csv")
    error = refused(tmp_path)
    assert "item id 'i1' is already in row 2" in str(error)
    assert (error.entry.file, error.entry.row, error.entry.column) == ("items.csv", 4, "item_id")


def test_no_known_item(tmp_path: Path):
    text(tmp_path, GOOD, "interactions.csv")
    text(tmp_path, "item_id,title\nx1,One\n", "items.csv")
    error = refused(tmp_path)
    assert "no interaction names an item of items.csv, for example 'i1'" in str(error)


def test_unknown_items_are_dropped_and_counted(tmp_path: Path):
    text(tmp_path, GOOD, "interactions.csv")
    text(tmp_path, "item_id,title\ni1,One\n", "items.csv")
    source = load_source(tmp_path)
    (found,) = source.report.warnings
    assert (found.file, found.row, found.count) == ("interactions.csv", 3, 1)
    assert "1 interactions of unknown items dropped; the first names 'i2'" in found.sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD.encode("utf-16"), "UTF-16"),
        (GOOD.encode("utf-16-le"), "NUL characters"),
        ("user,item,title\nu1,i1,Pokémon\n".encode("latin-1"), "byte 0xe9 is not UTF-8 text"),
        (b"\x00\x01\x02\x03binary", "NUL characters"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1 but nothing else", "not a readable Parquet file"),
    ],
)
def test_not_text(tmp_path: Path, content: bytes, words: str):
    assert words in str(refused(text(tmp_path, content)))


def test_wrong_encoding_names_the_row_and_can_be_named(tmp_path: Path):
    path = text(tmp_path, "user,item,title\nu0,i0,Plain\nu1,i1,Pokémon\n".encode("latin-1"))
    assert refused(path).entry.row == 3
    content = load_source(path, options=SourceOptions(encoding="latin-1")).content
    assert "Pokémon" in content.titles
    assert "unknown text encoding 'klingon'" in str(refused(path, SourceOptions(encoding="klingon")))


def test_truncated_gzip(tmp_path: Path):
    whole = gzip.compress("".join([GOOD, *(f"u{i},i{i},{i},1\n" for i in range(20_000))]).encode())
    assert "ends too early" in str(refused(text(tmp_path, whole[: len(whole) // 2], "log.csv.gz")))
    assert "ends too early" in str(refused(text(tmp_path, whole[:9], "log.csv.gz")))


def test_damaged_gzip(tmp_path: Path):
    whole = bytearray(gzip.compress(GOOD.encode() * 1000))
    whole[-8] ^= 0xFF  # the checksum
    assert "damaged" in str(refused(text(tmp_path, bytes(whole), "log.csv.gz")))


def test_gzip_is_told_by_content_not_name(tmp_path: Path):
    assert len(interactions(text(tmp_path, GOOD, "log.csv.gz")).users) == 3
    assert len(interactions(text(tmp_path, gzip.compress(GOOD.encode()), "log.csv")).users) == 3


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "sequential_train.txt"])
def test_single_line_of_100_megabytes(tmp_path: Path, name: str):
    path = tmp_path / name
    start = b'user,item\nu1,"' if name.endswith("csv") else b'{"user": "'
    path.write_bytes(start + b"a" * 100_000_000)
    if name.startswith("seq"):
        (tmp_path / "sequential_valid.txt").write_text("1\n")
        (tmp_path / "sequential_test.txt").write_text("1\n")
        save_titles(tmp_path / "title_maps.npy", {"seqid2title": {"1": "One"}})
        path = tmp_path
    tracemalloc.start()
    try:
        error = refused(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "longer than 10 million characters" in str(error)
    assert error.entry.row == (2 if name.endswith("csv") else 1)
    assert peak < 50_000_000, "the line must be refused before it is read"


def test_gzip_bomb_of_one_line(tmp_path: Path):
    path = text(tmp_path, gzip.compress(b"user,item\n" + b"a" * 200_000_000, compresslevel=1), "bomb.csv.gz")
    assert "longer than 10 million characters" in str(refused(path))


def test_long_single_line_json_array_is_fine_but_a_long_element_is_not(tmp_path: Path):
    records = [{"user": f"u{i % 9}", "item": f"i{i % 7}", "note": "x" * 1000} for i in range(12_000)]
    path = text(tmp_path, json.dumps(records), "log.json")
    assert path.stat().st_size > 10_000_000
    assert len(interactions(path).users) == 12_000
    bad = text(tmp_path, '[{"user": "u", "item": "i"}, {"user": "' + "x" * 30_000_000 + '"}]', "long.json")
    assert refused(bad).entry.row == 2


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        ("", None, "is empty"),
        ("[]", None, "empty JSON array"),
        ("\x0b", 1, "not valid JSON"),
        ('{"user": "u", "item": "i"}\n{"user": \n', 2, "not valid JSON"),
        ('{"user": "u", "item": "i"}\n[1, 2]\n', 2, "holds a JSON list"),
        ('[{"user": "u", "item": "i"}, 5]', 2, "holds a JSON int"),
        ('[{"user": "u", "item": "i"} {"user": "u"}]', 1, "cut off or lacks a comma"),
        ('[{"user": "u", "item": "i"}, {"user": ', 2, "not valid JSON"),
        ('[{"user": "u", "item": "i"}', 1, "cut off"),
        ("[" * 100_000, 1, "not valid JSON"),
        ('{"user": "u", "item": "i"}\n' + "[" * 100_000, 2, "nested too deeply"),
        ('{"user": {"id": 1}, "item": "i"}', 1, "is no id"),
        ('{"user": "u", "item": "i", "rating": [1]}', 1, "not a finite number"),
        ('{"user": "u", "item": null}', 1, "id is missing"),
    ],
)
def test_bad_json(tmp_path: Path, content: str, row: int | None, words: str):
    error = refused(text(tmp_path, content, "log.json"))
    assert words in str(error)
    assert error.entry.row == row


def test_half_characters_in_json_are_made_harmless(tmp_path: Path):
    lines = [
        f'{{"user": "u{i % 2}\\ud800", "item": "i{i % 3}", "title": "T\\udfff{i % 3}", "time": {i}}}' for i in range(12)
    ]
    path = text(tmp_path, "\n".join(lines), "log.jsonl")
    dataset, _ = prepare(path, PrepareOptions(k_core=1))
    assert all(title.encode() for title in dataset.items.titles)


def test_bad_parquet(tmp_path: Path):
    path = tmp_path / "log.parquet"
    pd.DataFrame({"user": ["u1", None], "item": [1, 2]}).to_parquet(path)
    error = refused(path)
    assert (error.entry.row, error.entry.column) == (2, "user")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "not a readable Parquet file" in str(refused(path))
    pd.DataFrame({"user": [1.0, 1.5], "item": [1, 2]}).to_parquet(path)
    assert "1.5 is no id" in str(refused(path))
    pd.DataFrame({"user": [1, 2], "item": [1, 2], "time": [1.0, np.nan]}).to_parquet(path)
    assert (refused(path).entry.row, refused(path).entry.column) == (2, "time")


def test_unknown_folder_and_file(tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "folder is empty" in str(refused(empty))
    text(tmp_path, "hello", "notes.md")
    error = refused(tmp_path / "notes.md")
    assert "ending is not known" in str(error)
    assert "DEALRec folder" in str(error)
    (empty / "holiday.jpg").write_bytes(b"\xff\xd8")
    assert "holiday.jpg, which is no known layout" in str(refused(empty))


def test_prepared_folder_is_recognised(tmp_path: Path):
    text(tmp_path, "{}", "dataset.json")
    assert "already prepared" in str(refused(tmp_path))


@pytest.fixture
def dealrec(tmp_path: Path) -> Path:
    return dealrec_folder(tmp_path / "shop")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: (d / "sequential_valid.txt").unlink(), "lacks sequential_valid.txt"),
        (lambda d: (d / "title_maps.npy").unlink(), "lacks title_maps.npy"),
        (lambda d: (d / "sequential_train.txt").write_text(""), "is empty"),
        (lambda d: (d / "sequential_train.txt").write_text("1 1\n2 1\n1 2\n"), "row 3: user '1' is already in row 1"),
        (lambda d: (d / "title_maps.npy").write_bytes(b"no numpy"), "not a NumPy .npy file"),
        (lambda d: np.save(d / "title_maps.npy", np.arange(3)), "holds an array of int64"),
        (lambda d: save_titles(d / "title_maps.npy", {"other": 1}), "'seqid2title'"),
        (lambda d: save_titles(d / "title_maps.npy", {"seqid2title": {"1": 5}}), "leads to a int"),
        (lambda d: save_titles(d / "title_maps.npy", {"seqid2title": {"1": "a", 1: "b"}}), "occurs twice"),
        (lambda d: save_titles(d / "title_maps.npy", {"seqid2title": {"9": "Nine"}}), "no interaction names an item"),
    ],
)
def test_damaged_dealrec_folder(dealrec: Path, damage: Callable[[Path], object], words: str):
    assert load_source(dealrec).kind == "dealrec"
    damage(dealrec)
    assert words in str(refused(dealrec))


def test_one_file_of_a_dealrec_folder(dealrec: Path):
    assert "give the folder" in str(refused(dealrec / "sequential_train.txt"))


def test_options_that_do_not_fit_the_source(tmp_path: Path):
    path = text(tmp_path, "user,item\nu1,i1\nu1,i2\nu1,i3\nu1,i4\n")
    for options, words in (
        (PrepareOptions(task="ctr"), "has no ratings"),  # pyright: ignore[reportArgumentType]
        (PrepareOptions(split="given"), "has no given split"),  # pyright: ignore[reportArgumentType]
        (PrepareOptions(split="global-time"), "has no times"),  # pyright: ignore[reportArgumentType]
        (PrepareOptions(split="shuffle"), "instruction files only"),  # pyright: ignore[reportArgumentType]
        (PrepareOptions(k_core=50), "the 50-core is empty"),
    ):
        with pytest.raises(GoracsError, match=words):
            prepare(path, options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"task": "nextitem"}, "choose one of seqrec, ctr"),
        ({"split": "monthly"}, "choose one of auto, global-time"),
        ({"k_core": 0}, "k_core is 0"),
        ({"max_history": 0}, "max_history is 0"),
        ({"min_history": 11}, "no history is longer than max_history, 10"),
        ({"max_pool": 0}, "max_pool is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"validation_share": 0.6, "test_share": 0.5}, "leave something for the pool"),
        ({"validation_share": 0.0}, "validation above 0"),
        ({"rating_threshold": float("nan")}, "rating_threshold is nan"),
    ],
)
def test_bad_options(options: dict[str, object], words: str):
    with pytest.raises(ConfigError, match=words):
        PrepareOptions(**options)  # pyright: ignore[reportArgumentType]


def test_bad_source_options(tmp_path: Path):
    with pytest.raises(ConfigError, match="'netflix' is not known"):
        load_source(text(tmp_path, GOOD), options=SourceOptions(kind="netflix"))
    with pytest.raises(ConfigError, match="one character"):
        SourceOptions(delimiter="::")
    with pytest.raises(ConfigError, match="'colour'"):
        SourceOptions.from_dict({"colour": "red"})


def test_ratings_all_on_one_side(tmp_path: Path):
    path = text(tmp_path, GOOD)
    with pytest.raises(InputError, match=r"every rating is above the threshold 0 \(they run from 1 to 5\)"):
        prepare(path, PrepareOptions(task="ctr", k_core=1, rating_threshold=0))  # pyright: ignore[reportArgumentType]
