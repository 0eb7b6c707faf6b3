"""Rows that cannot be used: every loader lists all of them at stop, and reads the others at drop."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import main
from goracs_core.data.loaders.registry import load_source, loaders
from goracs_core.data.loaders.source import BadRows, Source, SourceInstructions, SourceOptions
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.report import InputError, RowsError, Severity
from goracs_core.data.store import load_dataset
from goracs_core.errors import ConfigError
from goracs_core.types import Ragged
from tests.data.sources import save_titles, shop_log
from tests.refusals import told

Put = Callable[[Path, bool], Path]
Found = set[tuple[str, str, str | None, int, int]]


@dataclass(frozen=True)
class Case:
    """A source with and without bad rows.

    Args:
        kind: Of the loader.
        put: Writes it into a folder, with the bad rows or without, and gives its path.
        found: Code, file, column, first row and number of rows of each problem.
        rows: Bad rows, each once.
    """

    kind: str
    put: Put
    found: Found
    rows: int


def text(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def mixed(good: list[str], bad: dict[int, str], *, with_bad: bool) -> list[str]:
    """The good lines, with bad ones put so that each stands in the row that it is given under, from 1."""
    lines = list(good)
    for row in sorted(bad) if with_bad else []:
        lines.insert(row - 1, bad[row])
    return lines


def table(folder: Path, with_bad: bool) -> Path:
    good = ["user,item,time,rating,title"] + [f"u{n % 3},i{n % 4},{n},{n % 5},T{n % 4}" for n in range(12)]
    bad = {
        2: ",i9,5,1,Only here",
        4: "u1,i1,soon,1,T1",
        5: "u1,i1,7,1,T1,more",
        6: "u1,,9,nice,T1",
        9: "u1,i1,8,2,T1,much,more",
        10: ",i2,,2,T2",
    }
    return text(folder / "log.csv", mixed(good, bad, with_bad=with_bad))


TABLE: Found = {
    ("missing-id", "log.csv", "user", 2, 2),
    ("bad-number", "log.csv", "time", 4, 1),
    ("rows-unequal", "log.csv", None, 5, 2),
    ("missing-id", "log.csv", "item", 6, 1),
    ("bad-number", "log.csv", "rating", 6, 1),
    ("missing-number", "log.csv", "time", 10, 1),
}


def json_lines(folder: Path, with_bad: bool) -> Path:
    good = [json.dumps({"user": f"u{n % 3}", "item": n % 4, "time": f"2024-05-{n + 1:02}"}) for n in range(12)]
    bad = {
        1: "no json",
        4: '{"user": "u1", "item": {"a": 1}, "time": "2024-05-01"}',
        6: "[1, 2]",
        7: '{"user": "u1", "item": 1, "time": "May"}',
        8: '{"user": ',
        9: '{"item": 1}',
    }
    return text(folder / "log.jsonl", mixed(good, bad, with_bad=with_bad))


JSON_LINES: Found = {
    ("not-json", "log.jsonl", None, 1, 2),
    ("bad-id", "log.jsonl", "item", 4, 1),
    ("not-an-object", "log.jsonl", None, 6, 1),
    ("bad-time", "log.jsonl", "time", 7, 1),
    ("missing-id", "log.jsonl", "user", 9, 1),
    ("missing-time", "log.jsonl", "time", 9, 1),
}


def parquet(folder: Path, with_bad: bool) -> Path:
    rows: list[tuple[Any, Any, Any]] = [(n % 3, f"i{n % 4}", float(n)) for n in range(12)]
    if with_bad:
        rows.insert(1, (None, "i1", 5.0))
        rows.insert(3, (2, None, float("inf")))
        rows.insert(4, (2, "i2", float("nan")))
    frame = pd.DataFrame(rows, columns=pd.Index(["user", "item", "time"])).astype({"user": "Int64"})
    frame.to_parquet(folder / "log.parquet", index=False)
    return folder / "log.parquet"


PARQUET: Found = {
    ("missing-id", "log.parquet", "user", 2, 1),
    ("missing-id", "log.parquet", "item", 4, 1),
    ("bad-number", "log.parquet", "time", 4, 1),
    ("missing-number", "log.parquet", "time", 5, 1),
}


def with_items(folder: Path, with_bad: bool) -> Path:
    good = ["user,item,split"] + [f"u{n % 3},i{n % 4},{'train' if n < 9 else 'valid'}" for n in range(12)]
    text(folder / "interactions.csv", mixed(good, {3: "u1,i1,later"}, with_bad=with_bad))
    good = ["item_id,title,category"] + [f"i{n},T{n},c" for n in range(4)]
    text(folder / "items.csv", mixed(good, {3: ",Nothing,c", 6: "i1,Again,c"}, with_bad=with_bad))
    return folder


WITH_ITEMS: Found = {
    ("bad-split", "interactions.csv", "split", 3, 1),
    ("missing-id", "items.csv", "item_id", 3, 1),
    ("id-repeated", "items.csv", "item_id", 6, 1),
}


def amazon(folder: Path, with_bad: bool) -> Path:
    def review(**fields: Any) -> str:
        return json.dumps(fields)

    good = [review(reviewerID=f"u{n % 3}", asin=f"b{n % 4}", overall=5, unixReviewTime=n) for n in range(12)]
    bad = {
        2: review(reviewerID="u1", asin="b1", unixReviewTime=1),
        3: "{",
        5: review(reviewerID="u1", asin=["b1"], overall=5, unixReviewTime=1),
        6: review(reviewerID=" ", asin="b1", overall="good", unixReviewTime=1),
        7: review(asin="b1", overall=3),
    }
    text(folder / "Games.json", mixed(good, bad, with_bad=with_bad))
    good = [json.dumps({"asin": f"b{n}", "title": f"T{n}"}) for n in range(4)]
    text(folder / "meta_Games.json", mixed(good, {2: '{"title": "x"}', 4: "what?"}, with_bad=with_bad))
    return folder


AMAZON: Found = {
    ("field-missing", "Games.json", "overall", 2, 1),
    ("not-json", "Games.json", None, 3, 1),
    ("bad-id", "Games.json", "asin", 5, 1),
    ("missing-id", "Games.json", "reviewerID", 6, 1),
    ("bad-number", "Games.json", "overall", 6, 1),
    ("field-missing", "Games.json", "reviewerID", 7, 1),
    ("field-missing", "Games.json", "unixReviewTime", 7, 1),
    ("field-missing", "meta_Games.json", "asin", 2, 1),
    ("not-json", "meta_Games.json", None, 4, 1),
}


def movielens_100k(folder: Path, with_bad: bool) -> Path:
    good = [f"{n % 3}\t{n % 4}\t5\t{n}" for n in range(12)]
    bad = {1: "1\t1\tfive\t1", 4: "1\t1\t5\t1\t9", 5: "\t1\t5\t1"}
    text(folder / "u.data", mixed(good, bad, with_bad=with_bad))
    good = [f"{n}|Film {n}|||" + "|0" * 19 for n in range(4)]
    bad = {2: "7|Film", 3: good[0]}
    text(folder / "u.item", mixed(good, bad, with_bad=with_bad))
    return folder


MOVIELENS_100K: Found = {
    ("bad-number", "u.data", "rating", 1, 1),
    ("rows-unequal", "u.data", None, 4, 1),
    ("missing-id", "u.data", "user", 5, 1),
    ("rows-unequal", "u.item", None, 2, 1),
    ("id-repeated", "u.item", "movie", 3, 1),
}


def movielens_1m(folder: Path, with_bad: bool) -> Path:
    good = [f"{n % 3}::{n % 4}::5::{n}" for n in range(12)]
    bad = {2: "1::1::5::", 3: "1::1::5::7::8"}
    text(folder / "ratings.dat", mixed(good, bad, with_bad=with_bad))
    text(folder / "movies.dat", [f"{n}::Film {n}::Drama" for n in range(4)])
    return folder


MOVIELENS_1M: Found = {
    ("missing-number", "ratings.dat", "time", 2, 1),
    ("rows-unequal", "ratings.dat", None, 3, 1),
}


def dealrec(folder: Path, with_bad: bool) -> Path:
    text(folder / "sequential_train.txt", mixed(["1 1 2 3", "2 2 3"], {2: "1 3", 4: "2 1 1"}, with_bad=with_bad))
    text(folder / "sequential_valid.txt", mixed(["1 1", "2"], {2: "1 2"}, with_bad=with_bad))
    text(folder / "sequential_test.txt", ["1", "2 1"])
    titles: dict[Any, Any] = {"1": "One", "9": 5, 1: "Again"} if with_bad else {"1": "One"}
    save_titles(folder / "title_maps.npy", {"seqid2title": titles | {"2": "Two", "3": "Three"}})
    return folder


DEALREC: Found = {
    ("user-repeated", "sequential_train.txt", None, 2, 2),
    ("user-repeated", "sequential_valid.txt", None, 2, 1),
    ("bad-title", "title_maps.npy", "seqid2title", 2, 1),
    ("id-repeated", "title_maps.npy", "seqid2title", 3, 1),
}


def titles(folder: Path, with_bad: bool) -> Path:
    def sample(given: object, output: object) -> str:
        return json.dumps({"instruction": "Next?", "input": given, "output": output})

    good = [sample(f'"A", "B{n % 3}"', f'"C{n % 2}"') for n in range(9)]
    bad = {1: sample('"A"', "Yes"), 3: sample('"A"', None), 4: "nothing", 6: sample(5, '"C"'), 7: sample('"New"', " ")}
    return text(folder / "samples.jsonl", mixed(good, bad, with_bad=with_bad))


TITLES: Found = {
    ("tasks-mixed", "samples.jsonl", "output", 1, 1),
    ("field-missing", "samples.jsonl", "output", 3, 1),
    ("not-json", "samples.jsonl", None, 4, 1),
    ("field-missing", "samples.jsonl", "input", 6, 1),
    ("empty-answer", "samples.jsonl", "output", 7, 1),
}

CASES = {
    "table": Case("tables", table, TABLE, 6),
    "JSON Lines": Case("tables", json_lines, JSON_LINES, 6),
    "Parquet": Case("tables", parquet, PARQUET, 3),
    "folder": Case("tables", with_items, WITH_ITEMS, 3),
    "Amazon": Case("amazon", amazon, AMAZON, 7),
    "MovieLens 100K": Case("movielens", movielens_100k, MOVIELENS_100K, 5),
    "MovieLens 1M": Case("movielens", movielens_1m, MOVIELENS_1M, 2),
    "DEALRec": Case("dealrec", dealrec, DEALREC, 5),
    "instructions": Case("instructions", titles, TITLES, 5),
}


def content(source: Source) -> dict[str, Any]:
    """Everything that was read; of samples without their rows, which other rows move."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(source.content):
        value = getattr(source.content, field.name)
        if isinstance(value, Ragged):
            value = [value.values.tolist(), value.offsets.tolist()]
        if not (isinstance(source.content, SourceInstructions) and field.name == "ids"):
            values[field.name] = value.tolist() if isinstance(value, np.ndarray) else value
    return values


def test_every_loader_takes_part() -> None:
    assert {case.kind for case in CASES.values()} == {loader.name for loader in loaders()}
    assert all("bad_rows" in loader.options for loader in loaders())


@pytest.mark.parametrize("name", CASES)
def test_all_problems_are_listed_at_once(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = case.put(tmp_path, True)
    with pytest.raises(RowsError) as caught:
        load_source(path)
    error = caught.value
    problems = error.fields["problems"]
    found = {(one["code"], one["file"], one["column"], one["row"], one["count"]) for one in problems}
    assert found == case.found
    assert len(problems) == len(case.found)
    assert error.fields["rows"] == case.rows
    assert error.entry.row == problems[0]["row"]
    assert error.code == problems[0]["code"]
    assert len(error.details) == len(problems)
    assert all("\n" not in sentence for sentence in (str(error), *error.details))


@pytest.mark.parametrize("name", CASES)
def test_dropping_reads_the_file_without_these_rows(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    for folder in ("bad", "good"):
        (tmp_path / folder).mkdir()
    dropped = load_source(case.put(tmp_path / "bad", True), options=SourceOptions(bad_rows=BadRows.DROP))
    good = load_source(case.put(tmp_path / "good", False))
    assert content(dropped) == content(good)
    assert not [entry for entry in good.report.entries if "left out" in entry.message]
    told_of = [entry for entry in dropped.report.entries if "left out" in entry.message]
    assert all(entry.severity is Severity.WARNING for entry in told_of)
    totals = [entry for entry in told_of if entry.row is None]
    assert sum(entry.count for entry in totals) == case.rows
    each = {(entry.file, entry.column, entry.row, entry.count) for entry in told_of if entry.row is not None}
    assert each == {place[1:3] + place[3:] for place in case.found}


def test_a_group_names_its_rows(tmp_path: Path) -> None:
    rows = "".join(f"{'' if n % 2 else 'u1'},i{n}\n" for n in range(30))
    path = tmp_path / "log.csv"
    path.write_text(f"user,item\n{rows}")
    with pytest.raises(RowsError) as caught:
        load_source(path)
    assert caught.value.entry.count == 15
    assert "15 such rows: 3, 5, 7" in str(caught.value)
    assert caught.value.details == ()


def test_a_quote_that_stays_open_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text('user,item\nu1,i1,i2\nu1,"i2\nu1,i3\n')
    for bad_rows in BadRows:
        with pytest.raises(InputError, check=told("rows-unequal", row=None if bad_rows is BadRows.DROP else 2)):
            load_source(path, options=SourceOptions(bad_rows=bad_rows))


def test_when_all_rows_are_bad_nothing_is_left_to_read(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,item\n,i1\n,i2\n")
    with pytest.raises(RowsError, check=told("missing-id", count=2, rows=2)):
        load_source(path)
    with pytest.raises(InputError, check=told("no-interactions")):
        load_source(path, options=SourceOptions(bad_rows=BadRows.DROP))


def test_what_ends_the_reading_is_listed_last(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text('[{"user": "u", "item": "i"}, 5, {"user": "u", "item": "i"}, {"user": ')
    with pytest.raises(RowsError) as caught:
        load_source(path)
    assert [one["code"] for one in caught.value.fields["problems"]] == ["not-an-object", "not-json"]


def test_the_choice_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, check=told("bad-option", option="bad_rows")):
        SourceOptions.from_dict({"bad_rows": "mend"})


def test_prepare_counts_them_in_the_report_and_the_command_line_lists_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shop_log(tmp_path / "log.csv")
    lines = path.read_text().splitlines()
    text(path, [*lines[:5], ",i1,5,1,T,c", *lines[5:9], "u1,i1,soon,1,T,c", *lines[9:]])
    words = ["prepare", "--source", str(path), "--task", "seqrec", "--output", str(tmp_path / "shop")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "row 6, column 'user'" in said
    assert "row 11, column 'time'" in said
    assert not (tmp_path / "shop").exists()
    assert main([*words, "--bad-rows", "drop"]) == 0
    assert "2 rows left out" in capsys.readouterr().out
    kept = load_dataset(tmp_path / "shop")
    assert kept.provenance["source_options"]["bad_rows"] == "drop"
    assert [entry["count"] for entry in kept.provenance["report"][:3]] == [2, 1, 1]
    text(path, lines)
    whole, _ = prepare(path, PrepareOptions())
    assert kept.fingerprint == whole.fingerprint
