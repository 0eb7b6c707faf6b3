"""Columns guessed by name and content, and what speaks against a guess."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goracs_core.data.loaders.guess import doubt, guess_columns
from goracs_core.data.loaders.preview import table_head
from goracs_core.data.loaders.registry import load_source
from goracs_core.data.loaders.source import ColumnMapping, SourceOptions
from goracs_core.data.report import InputError
from tests.data.sources import interactions as read
from tests.refusals import told


def log(rows: int = 200) -> pd.DataFrame:
    """Who bought what when, under names that say nothing."""
    rng = np.random.default_rng(0)
    items = rng.integers(0, 15, rows)
    return pd.DataFrame(
        {
            "q": [f"{user:04}x" for user in rng.integers(0, 30, rows)],
            "r": [f"it-{item}" for item in items],
            "s": 1_600_000_000 + 3600 * rng.permutation(rows),
            "t": [f"The great book {item}" for item in items],
            "v": rng.integers(1, 6, rows),
        }
    ).astype(str)


def guessed(head: pd.DataFrame) -> dict[str, str]:
    return {role: guess.column for role, guess in guess_columns(head).items() if guess.column}


@pytest.mark.parametrize("order", ["qrstv", "vtsrq", "rqvts"])
def test_content_tells_the_columns_in_any_order(order: str) -> None:
    found = guess_columns(log().reindex(columns=list(order)))
    expected = {"user": "q", "item": "r", "time": "s", "title": "t", "rating": "v"}
    assert {role: guess.column for role, guess in found.items() if guess.column} == expected
    assert all(found[role].by_content and not found[role].doubt for role in expected)


@pytest.mark.parametrize(
    "times",
    [
        lambda t: t * 1000,
        lambda t: pd.to_datetime(t, unit="s").dt.strftime("%Y-%m-%d %H:%M:%S"),
        lambda t: pd.to_datetime(t, unit="s").dt.strftime("%Y%m%d"),
    ],
)
def test_times_in_any_form(times) -> None:
    head = log()
    head["s"] = times(head["s"].astype(int)).astype(str)
    assert guessed(head)["time"] == "s"


def test_a_name_counts_for_more_than_content() -> None:
    head = log().rename(columns={"v": "user_id", "q": "position"})
    found = guess_columns(head)
    assert found["user"].column == "user_id"
    assert not found["user"].by_content


@pytest.mark.parametrize(
    ("role", "values", "plausible"),
    [
        ("time", "1600000000", True),
        ("time", "5000000000", False),
        ("time", "-5", False),
        ("time", "some day", False),
        ("time", "2150-01-01", False),
        ("time", "20170715", True),
        ("rating", "good", False),
        ("rating", "4.5", True),
        ("split", "train", True),
        ("split", "later", False),
    ],
)
def test_what_speaks_against_a_column(role: str, values: str, plausible: bool) -> None:
    head = pd.DataFrame({"x": [values] * 50})
    assert (doubt(head, role, ColumnMapping(**{role: "x"})) == "") is plausible


def test_ids_repeat_and_titles_do_not_vary() -> None:
    head = pd.DataFrame({"user": [str(n) for n in range(50)], "item": ["a", "b"] * 25, "title": ["A", "B"] * 25})
    mapping = ColumnMapping(user="user", item="item", title="title")
    assert doubt(head, "user", mapping)
    assert not doubt(head, "item", mapping)
    assert not doubt(head, "title", mapping)
    head["title"] = [f"Five stars {n}" for n in range(50)]
    assert doubt(head, "title", mapping)


def test_the_loader_asks_before_it_takes_a_doubtful_column_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = [f"u{n % 7},i{n % 5},{9_000_000_000 + n},Opinion {n}" for n in range(60)]
    path.write_text("user,item,time,title\n" + "\n".join(rows) + "\n")
    with pytest.raises(InputError, check=told("doubtful-column", column="time")):
        load_source(path)
    with pytest.raises(InputError, check=told("doubtful-column", column="title")):
        load_source(path, options=SourceOptions(mapping=ColumnMapping(time="time")))
    taken = read(path, SourceOptions(mapping=ColumnMapping(time="time", title="title")))
    assert taken.times is not None
    assert taken.titles[0].startswith("Opinion")
    left = read(path, SourceOptions(mapping=ColumnMapping(time="time", title="")))
    assert left.titles[0] == left.item_ids[0]


def test_numbers_that_are_dates_are_read_as_dates(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    days = ["20170715", "20170716", "20171231", "20180101"]
    path.write_text("user,item,date\n" + "".join(f"u{n % 2},i{n % 3},{day}\n" for n, day in enumerate(days)))
    times = read(path).times
    assert times is not None
    assert sorted(times) == [datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp() for day in days]
    path.write_text(
        "user,item,time\n" + "".join(f"u{n % 2},i{n % 3},{time}\n" for n, time in enumerate([20170715, 20170799]))
    )
    times = read(path).times
    assert times is not None
    assert sorted(times) == [20170715, 20170799], "one that is no date: seconds"


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet"])
def test_the_head_of_a_table_is_the_same_in_every_format(tmp_path: Path, name: str) -> None:
    frame, path = log(30), tmp_path / name
    writers = {
        "csv": lambda: frame.to_csv(path, index=False),
        "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "parquet": lambda: frame.to_parquet(path, index=False),
    }
    writers[name.rpartition(".")[2]]()
    pd.testing.assert_frame_equal(table_head(path, rows=10), frame.head(10), check_dtype=False)


def test_a_head_costs_little_whatever_the_file_claims(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 5000), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"title": column}), path)
    head = table_head(path)
    assert head["title"].str.len().max() == 300
    assert len(head) == 1000
    assert table_head(tmp_path / "nowhere.csv").empty


def test_a_header_that_freezes_sniffers_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "frozen.csv"
    path.write_text("user,item," + ",".join(f"'c{n}{'x' * 145}" for n in range(4000)) + "\nu1,i1\n")
    started = time.perf_counter()
    assert list(table_head(path).columns[:2]) == ["user", "item"]
    assert time.perf_counter() - started < 10


def test_many_columns_are_read_in_one_go(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(20_000)) + "\n" + "1," * 19_999 + "1\n")
    with pytest.raises(InputError, check=told("column-missing")):
        load_source(path)
    assert table_head(path).shape == (1, 20_000)
