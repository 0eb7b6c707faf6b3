"""A table as text, Markdown and CSV: the same rows, each in its own form."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from goracs_core.jobs.tables import Column, Table, number

COLUMNS = (
    Column("name", "name", left=True),
    Column("loss", "loss", "{:.2f}", spread="loss_sd"),
    Column("seeds", "seeds", "{} of {planned}"),
    Column("gap", "gap", "{:.1%}"),
    Column("note"),
    Column("arp", "ARP"),
)
ROWS = (
    {"name": "a", "loss": 1.005, "loss_sd": 0.2, "seeds": 3, "planned": 4, "gap": None, "note": "=1+1"},
    {"name": "b|c", "loss": math.nan, "loss_sd": math.nan, "seeds": 10, "planned": 4, "gap": 0.25, "note": ""},
    {"name": "d\x1b[2J\ne", "loss": 3.0, "loss_sd": 0.0, "seeds": 1, "planned": 1, "gap": None, "note": ""},
)
TABLE = Table(COLUMNS, ROWS, ("a: why",))


def test_text_is_aligned_and_holds_no_control_characters() -> None:
    assert TABLE.lines() == [
        "name            loss    seeds    gap",
        "a        1.00 ± 0.20   3 of 4      -",
        "b|c                -  10 of 4  25.0%",
        "d [2J e         3.00   1 of 1      -",
        "a: why",
    ]


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert TABLE.markdown().splitlines() == [
        "| name | loss | seeds | gap |",
        "| --- | --: | --: | --: |",
        "| a | 1.00 ± 0.20 | 3 of 4 | - |",
        "| b\\|c | - | 10 of 4 | 25.0% |",
        "| d [2J e | 3.00 | 1 of 1 | - |",
        "",
        "* a: why",
    ]


def test_csv_has_full_precision_and_no_formulas() -> None:
    assert TABLE.csv().decode().splitlines()[:3] == ["name,loss,seeds,gap,note", "a,1.005,3,,'=1+1", "b|c,,10,0.25,"]
    assert Table(COLUMNS, ({"name": "a", "gap": None},)).frame()["gap"].dtype == "float64"


def test_a_table_without_rows_keeps_its_heads() -> None:
    empty = Table(COLUMNS, ())
    assert empty.lines() == ["name  loss  seeds  gap  ARP"]
    assert empty.markdown().splitlines()[0] == "| name | loss | seeds | gap | ARP |"
    pd.testing.assert_frame_equal(empty.frame(), pd.DataFrame({}))


def test_cells_become_a_table_whose_first_column_is_left() -> None:
    assert Table.of_cells(["what", "n"], [["x", "10"], ["long", "2"]]).lines() == ["what   n", "x     10", "long   2"]


@pytest.mark.parametrize(("value", "text"), [(1.25, "1.2"), (math.nan, "-"), (math.inf, "-")])
def test_a_number_that_is_not_known_is_a_dash(value: float, text: str) -> None:
    assert number(value, 1) == text
