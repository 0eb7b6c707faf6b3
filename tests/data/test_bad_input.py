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

from goracs_core.data.loaders.registry import known_layouts, load_source
from goracs_core.data.loaders.source import ColumnMapping, SourceOptions
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.report import InputError
from goracs_core.errors import ConfigError, DataError, GoracsError
from tests.data.sources import dealrec_folder, interactions, save_titles
from tests.refusals import told

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
    assert refused(tmp_path / "nowhere.csv").code == "path-missing"


@pytest.mark.parametrize(
    ("content", "row", "column", "code"),
    [
        ("item,time\ni1,1\n", 1, "user", "column-missing"),
        ("user,time\nu1,1\n", 1, "item", "column-missing"),
        ("", 1, None, "empty-file"),
        ("\n\n", 1, None, "empty-file"),
        ("user,item\n", None, None, "no-interactions"),
        ("user,\ritem\nu1,i1\n", 1, None, "bad-header"),
        ("user,user,item\nu1,u1,i1\n", 1, "user", "column-repeated"),
        ("user,item,time\nu1,i1,1\n,i2,2\n", 3, "user", "missing-id"),
        ("user,item,time\nu1,i1,1\nu1,,2\nu2,,3\n", 3, "item", "missing-id"),
        ("user,item,time\nu1,i1,1\nu1,i2,NaN\n", 3, "time", "missing-number"),
        ("user,item,time\nu1,i1,1\nu1,i2,soon\n", 3, "time", "bad-number"),
        ("user,item,time\nu1,i1,2024-05-01\nu1,i2,May\n", 3, "time", "bad-time"),
        ("user,item,time\nu1,i1,1\nu1,i2,inf\n", 3, "time", "bad-number"),
        ("user,item,rating\nu1,i1,5\nu1,i2,good\n", 3, "rating", "bad-number"),
        ("user,item,split\nu1,i1,train\nu1,i2,later\n", 3, "split", "bad-split"),
        ("user,item,position\nu1,i1,0\nu1,i2,\n", 3, "position", "missing-number"),
        ("user,item\nu1,i1\nu1,i2,i3\n", 3, None, "rows-unequal"),
        ('user,item\nu1,i1\nu1,"i2\n', None, None, "rows-unequal"),
    ],
)
def test_tables_name_row_and_column(tmp_path: Path, content: str, row: int | None, column: str | None, code: str):
    error = refused(text(tmp_path, content))
    assert error.code == code
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
    assert (error.code, error.entry.column) == ("column-missing", "who")


def test_duplicate_item_ids(tmp_path: Path):
    text(tmp_path, GOOD, "interactions.csv")
    text(tmp_path, "item_id,title\ni1,One\ni2,Two\ni1,Again\n", "items.csv")
    error = refused(tmp_path)
    assert error.code == "id-repeated"
    assert (error.entry.file, error.entry.row, error.entry.column) == ("items.csv", 4, "item_id")


def test_no_known_item(tmp_path: Path):
    text(tmp_path, GOOD, "interactions.csv")
    text(tmp_path, "item_id,title\nx1,One\n", "items.csv")
    assert refused(tmp_path).code == "items-unknown"


def test_unknown_items_are_dropped_and_counted(tmp_path: Path):
    text(tmp_path, GOOD, "interactions.csv")
    text(tmp_path, "item_id,title\ni1,One\n", "items.csv")
    source = load_source(tmp_path)
    (found,) = source.report.warnings
    assert (found.file, found.row, found.count) == ("interactions.csv", 3, 1)
    assert "1 interactions of unknown items dropped; the first names 'i2'" in found.sentence


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD.encode("utf-16"), "wrong-encoding"),
        (GOOD.encode("utf-16-le"), "binary-file"),
        ("user,item,title\nu1,i1,Pokémon\n".encode("latin-1"), "wrong-encoding"),
        (b"\x00\x01\x02\x03binary", "binary-file"),
        (b"PK\x03\x04rest", "other-format"),
        (b"%PDF-1.7", "other-format"),
        (b"PAR1 but nothing else", "file-damaged"),
    ],
)
def test_not_text(tmp_path: Path, content: bytes, code: str):
    assert refused(text(tmp_path, content)).code == code


def test_wrong_encoding_names_the_row_and_can_be_named(tmp_path: Path):
    path = text(tmp_path, "user,item,title\nu0,i0,Plain\nu1,i1,Pokémon\n".encode("latin-1"))
    assert refused(path).entry.row == 3
    content = load_source(path, options=SourceOptions(encoding="latin-1")).content
    assert "Pokémon" in content.titles
    assert refused(path, SourceOptions(encoding="klingon")).code == "unknown-encoding"


def test_truncated_gzip(tmp_path: Path):
    whole = gzip.compress("".join([GOOD, *(f"u{i},i{i},{i},1\n" for i in range(20_000))]).encode())
    for length in (len(whole) // 2, 9):
        assert refused(text(tmp_path, whole[:length], "log.csv.gz")).code == "file-cut-off"


def test_damaged_gzip(tmp_path: Path):
    whole = bytearray(gzip.compress(GOOD.encode() * 1000))
    whole[-8] ^= 0xFF  # the checksum
    assert refused(text(tmp_path, bytes(whole), "log.csv.gz")).code == "file-damaged"


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
    assert error.code == "line-too-long"
    assert error.entry.row == (2 if name.endswith("csv") else 1)
    assert peak < 50_000_000, "the line must be refused before it is read"


def test_gzip_bomb_of_one_line(tmp_path: Path):
    path = text(tmp_path, gzip.compress(b"user,item\n" + b"a" * 200_000_000, compresslevel=1), "bomb.csv.gz")
    assert refused(path).code == "line-too-long"


def test_long_single_line_json_array_is_fine_but_a_long_element_is_not(tmp_path: Path):
    records = [{"user": f"u{i % 9}", "item": f"i{i % 7}", "note": "x" * 1000} for i in range(12_000)]
    path = text(tmp_path, json.dumps(records), "log.json")
    assert path.stat().st_size > 10_000_000
    assert len(interactions(path).users) == 12_000
    bad = text(tmp_path, '[{"user": "u", "item": "i"}, {"user": "' + "x" * 30_000_000 + '"}]', "long.json")
    assert refused(bad).entry.row == 2


@pytest.mark.parametrize(
    ("content", "row", "code"),
    [
        ("", None, "empty-file"),
        ("[]", None, "empty-file"),
        ("\x0b", 1, "not-json"),
        ('{"user": "u", "item": "i"}\n{"user": \n', 2, "not-json"),
        ('{"user": "u", "item": "i"}\n[1, 2]\n', 2, "not-an-object"),
        ('[{"user": "u", "item": "i"}, 5]', 2, "not-an-object"),
        ('[{"user": "u", "item": "i"} {"user": "u"}]', 1, "file-cut-off"),
        ('[{"user": "u", "item": "i"}, {"user": ', 2, "not-json"),
        ('[{"user": "u", "item": "i"}', 1, "file-cut-off"),
        ("[" * 100_000, 1, "not-json"),
        ('{"user": "u", "item": "i"}\n' + "[" * 100_000, 2, "not-json"),
        ('{"user": {"id": 1}, "item": "i"}', 1, "bad-id"),
        ('{"user": "u", "item": "i", "rating": [1]}', 1, "bad-number"),
        ('{"user": "u", "item": null}', 1, "missing-id"),
    ],
)
def test_bad_json(tmp_path: Path, content: str, row: int | None, code: str):
    error = refused(text(tmp_path, content, "log.json"))
    assert error.code == code
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
    assert refused(path).code == "file-damaged"
    pd.DataFrame({"user": [1.0, 1.5], "item": [1, 2]}).to_parquet(path)
    assert refused(path).code == "bad-id"
    pd.DataFrame({"user": [1, 2], "item": [1, 2], "time": [1.0, np.nan]}).to_parquet(path)
    assert (refused(path).entry.row, refused(path).entry.column) == (2, "time")


def test_unknown_folder_and_file(tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(empty).code == "empty-folder"
    text(tmp_path, "hello", "notes.md")
    error = refused(tmp_path / "notes.md")
    assert error.code == "unknown-layout"
    assert known_layouts() in str(error)
    (empty / "holiday.jpg").write_bytes(b"\xff\xd8")
    assert refused(empty).code == "unknown-layout"


def test_prepared_folder_is_recognised(tmp_path: Path):
    text(tmp_path, "{}", "dataset.json")
    assert refused(tmp_path).code == "prepared-already"


@pytest.fixture
def dealrec(tmp_path: Path) -> Path:
    return dealrec_folder(tmp_path / "shop")


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda d: (d / "sequential_valid.txt").unlink(), "file-missing"),
        (lambda d: (d / "title_maps.npy").unlink(), "file-missing"),
        (lambda d: (d / "sequential_train.txt").write_text(""), "empty-file"),
        (lambda d: (d / "sequential_train.txt").write_text("1 1\n2 1\n1 2\n"), "user-repeated"),
        (lambda d: (d / "title_maps.npy").write_bytes(b"no numpy"), "not-numpy"),
        (lambda d: np.save(d / "title_maps.npy", np.arange(3)), "no-titles"),
        (lambda d: save_titles(d / "title_maps.npy", {"other": 1}), "bad-title"),
        (lambda d: save_titles(d / "title_maps.npy", {"seqid2title": {"1": 5}}), "bad-title"),
        (lambda d: save_titles(d / "title_maps.npy", {"seqid2title": {"1": "a", 1: "b"}}), "id-repeated"),
        (lambda d: save_titles(d / "title_maps.npy", {"seqid2title": {"9": "Nine"}}), "items-unknown"),
    ],
)
def test_damaged_dealrec_folder(dealrec: Path, damage: Callable[[Path], object], code: str):
    assert load_source(dealrec).kind == "dealrec"
    damage(dealrec)
    assert refused(dealrec).code == code


def test_one_file_of_a_dealrec_folder(dealrec: Path):
    assert refused(dealrec / "sequential_train.txt").code == "part-of-folder"


def test_options_that_do_not_fit_the_source(tmp_path: Path):
    path = text(tmp_path, "user,item\nu1,i1\nu1,i2\nu1,i3\nu1,i4\n")
    for given, code in (
        ({"task": "ctr"}, "no-ratings"),
        ({"split": "given"}, "no-split"),
        ({"split": "global-time"}, "no-times"),
        ({"split": "shuffle"}, "split-needs-instructions"),
        ({"k_core": 50}, "empty-core"),
    ):
        with pytest.raises(GoracsError, check=told(code)):
            prepare(path, PrepareOptions.from_dict(given))


@pytest.mark.parametrize(
    ("option", "options"),
    [
        ("task", {"task": "nextitem"}),
        ("split", {"split": "monthly"}),
        ("k_core", {"k_core": 0}),
        ("max_history", {"max_history": 0}),
        ("min_history", {"min_history": 11}),
        ("max_pool", {"max_pool": 0}),
        ("seed", {"seed": -1}),
        ("rating_threshold", {"rating_threshold": float("nan")}),
    ],
)
def test_bad_options(option: str, options: dict[str, object]):
    with pytest.raises(ConfigError, check=told("bad-option", option=option)):
        PrepareOptions.from_dict(options)


@pytest.mark.parametrize("shares", [(0.6, 0.5), (0.0, 0.1)])
def test_shares_leave_something_for_the_pool(shares: tuple[float, float]):
    given = {"validation_share": shares[0], "test_share": shares[1]}
    with pytest.raises(ConfigError, check=told("bad-shares", **given)):
        PrepareOptions.from_dict(given)


def test_bad_source_options(tmp_path: Path):
    with pytest.raises(ConfigError, check=told("unknown-kind", kind="netflix")):
        load_source(text(tmp_path, GOOD), options=SourceOptions(kind="netflix"))
    with pytest.raises(ConfigError, check=told("bad-option", option="delimiter", value="::")):
        SourceOptions(delimiter="::")
    for known in (SourceOptions, PrepareOptions):
        with pytest.raises(ConfigError, check=told("unknown-option", option="colour")):
            known.from_dict({"colour": "red"})


def test_ratings_all_on_one_side(tmp_path: Path):
    path = text(tmp_path, GOOD)
    with pytest.raises(InputError, check=told("labels-alike", column="rating")):
        prepare(path, PrepareOptions.from_dict({"task": "ctr", "k_core": 1, "rating_threshold": 0}))
