"""Tables in any of the formats give the same interactions; columns are guessed or mapped."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goracs_core.data.loaders.columns import guess_mapping
from goracs_core.data.loaders.registry import detect_kind, load_source
from goracs_core.data.loaders.source import ColumnMapping, SourceOptions
from goracs_core.data.loaders.table_files import table_columns
from goracs_core.errors import ConfigError
from goracs_core.progress import Progress
from tests.data.sources import dealrec_folder, interactions, shop_log, triples
from tests.refusals import told


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return shop_log(tmp_path / "log.csv")


@pytest.mark.parametrize("form", ["tsv", "semicolon", "gzip", "parquet", "jsonl", "json", "bom", "crlf"])
def test_every_format_gives_the_same_interactions(tmp_path: Path, log: Path, form: str):
    frame = pd.read_csv(log)
    copy = tmp_path / "copy"
    copy.mkdir()
    path = copy / "log.csv"
    match form:
        case "tsv":
            frame.to_csv(path, sep="\t", index=False)
        case "semicolon":
            frame.to_csv(path, sep=";", index=False)
        case "gzip":
            path = copy / "log.csv.gz"
            path.write_bytes(gzip.compress(log.read_bytes()))
        case "parquet":
            path = copy / "log.parquet"
            frame.to_parquet(path)
        case "jsonl":
            path = copy / "log.jsonl"
            frame.to_json(path, orient="records", lines=True)
        case "json":
            path = copy / "log.json"
            frame.to_json(path, orient="records")
        case "bom":
            path.write_text(log.read_text(), encoding="utf-8-sig")
        case _:
            path.write_bytes(log.read_bytes().replace(b"\n", b"\r\n"))
    expected, found = interactions(log), interactions(path)
    assert triples(found) == triples(expected)
    assert found.times is not None
    assert expected.times is not None
    assert found.times.tolist() == expected.times.tolist()
    assert found.categories == expected.categories


def test_rows_come_in_user_and_time_order(log: Path):
    content = interactions(log)
    assert content.times is not None
    assert (np.diff(content.users) >= 0).all()
    same = np.diff(content.users) == 0
    assert (np.diff(content.times)[same] >= 0).all()


def test_columns_are_guessed_by_obvious_names():
    guessed = guess_mapping(("reviewer_id", "Timestamp", "movieId", "stars", "Movie Title", "genres", "note"))
    assert guessed == ColumnMapping("reviewer_id", "movieId", "Timestamp", "stars", "Movie Title", "genres", "", "")
    assert guess_mapping(("userId", "parent_asin", "asin")).item == "parent_asin"
    assert guess_mapping(("user", "item", "time"), ColumnMapping(time="")).time == ""
    assert guess_mapping(("user", "item", "label"), ColumnMapping(category="label")).rating == ""


def test_mapping_decides(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("a,b,user,item\nann,x1,9,9\nbob,x2,9,9\n")
    options = SourceOptions(mapping=ColumnMapping(user="a", item="b"))
    content = interactions(path, options)
    assert content.user_ids == ("ann", "bob")
    assert content.item_ids == ("x1", "x2")


def test_catalogue_beside_the_log_or_named(tmp_path: Path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "interactions.csv").write_text("user_id,item_id\nu,1\nu,2\n")
    (folder / "items.csv").write_text("item_id,title,genre\n1,One,A|B\n2,,C\n")
    source = load_source(folder)
    assert source.kind == "tables"
    content = interactions(folder)
    assert content.titles == ("One", "2")
    assert content.categories == ("A", "C")
    assert any("1 of 2 items have no title" in entry.sentence for entry in source.report.warnings)
    (folder / "items.csv").rename(tmp_path / "catalogue.csv")
    assert interactions(folder / "interactions.csv").titles == ("1", "2")
    named = SourceOptions(items=tmp_path / "catalogue.csv")
    assert interactions(folder / "interactions.csv", named).titles == ("One", "2")


def test_given_split_and_position_decide_the_order(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("user,item,split,position\nu,c,test,0\nu,b,train,1\nu,a,train,0\nu,d,valid,0\n")
    content = interactions(path)
    assert [content.item_ids[i] for i in content.items] == ["a", "b", "d", "c"]
    assert content.splits is not None
    assert content.splits.tolist() == [0, 0, 1, 2]


def test_no_time_column_is_announced(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("user,item\nu,a\nu,b\n")
    assert "order of the rows is taken as the order in time" in load_source(path).report.warnings[0].sentence


@pytest.mark.parametrize(
    "values",
    [
        [1_577_836_800, 1_577_836_801.5],
        [1_577_836_800_000, 1_577_836_801_500],
        [1_577_836_800_000_000, 1_577_836_801_500_000],
        ["2020-01-01", "2020-01-01T00:00:01.5Z"],
        ["2020-01-01 00:00:00", "2020-01-01 01:00:01.5+01:00"],
    ],
)
def test_times_in_any_unit_become_seconds(tmp_path: Path, values: list[object]):
    path = tmp_path / "log.csv"
    pd.DataFrame({"user": ["u", "u"], "item": ["a", "b"], "time": values}).to_csv(path, index=False)
    times = interactions(path).times
    assert times is not None
    assert times.tolist() == [1_577_836_800, 1_577_836_801.5]


def test_parquet_times_and_whole_float_ids(tmp_path: Path):
    path = tmp_path / "log.parquet"
    times = pd.to_datetime(["2020-01-02", "2020-01-01"])
    pd.DataFrame({"user": [1.0, 1.0], "item": [7, 8], "when": times}).to_parquet(path)
    content = interactions(path, SourceOptions(mapping=ColumnMapping(time="when")))
    assert content.user_ids == ("1",)
    assert [content.item_ids[i] for i in content.items] == ["8", "7"]


def test_quoted_values_and_ids_with_leading_zeros_stay_as_they_are(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text('user,item,title\n007,"a,1","Say ""hi"", then\n leave"\n')
    content = interactions(path)
    assert (content.user_ids, content.item_ids) == (("007",), ("a,1",))
    assert content.titles == ('Say "hi", then leave',)


def test_table_columns_reads_the_header_of_each_format(tmp_path: Path, log: Path):
    frame = pd.read_csv(log)
    frame.to_parquet(tmp_path / "log.parquet")
    frame.to_json(tmp_path / "log.jsonl", orient="records", lines=True)
    for path in (log, tmp_path / "log.parquet", tmp_path / "log.jsonl"):
        assert table_columns(path) == ("user", "item", "time", "rating", "title", "category")
        assert detect_kind(path) == "tables"


def test_progress_reaches_the_end(log: Path):
    seen: list[tuple[str, int, int]] = []
    load_source(log, progress=Progress(lambda stage, done, total, detail="": seen.append((stage, done, total))))
    assert seen[-1] == ("read log.csv", log.stat().st_size, log.stat().st_size)


def test_source_options_survive_their_dictionary():
    options = SourceOptions(kind="tables", mapping=ColumnMapping(user="a"), items=Path("items.csv"))
    assert SourceOptions.from_dict(options.to_dict()) == options


def test_options_that_a_kind_would_not_look_at_are_refused(tmp_path: Path):
    folder = dealrec_folder(tmp_path / "shop")
    for options, name in (
        (SourceOptions(mapping=ColumnMapping(user="u")), "mapping"),
        (SourceOptions(delimiter=";"), "delimiter"),
        (SourceOptions(items=tmp_path / "items.csv"), "items"),
    ):
        with pytest.raises(ConfigError, check=told("idle-option", option=name, kind="dealrec")):
            load_source(folder, options=options)


def test_delimiter_can_be_named(tmp_path: Path):
    path = tmp_path / "log.csv"
    path.write_text("user item a,b\nu1 i1 x\nu1 i2 y\n")
    assert interactions(path, SourceOptions(delimiter=" ")).item_ids == ("i1", "i2")
