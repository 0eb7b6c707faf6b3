"""What an output may replace: an earlier result of the same command, and anything by force."""

from __future__ import annotations

from pathlib import Path

import pytest

from goracs_core.errors import StoreError
from goracs_core.jobs.outputs import check_file, check_folder
from tests.refusals import told


def test_a_file_is_replaced_only_if_the_same_command_wrote_it(tmp_path: Path) -> None:
    output = tmp_path / "table.csv"
    check_file(output, endings=(".csv",))
    output.write_bytes(b"method,budget\n")
    check_file(output, earlier=(b"# other", b"method,"))
    check_file(output, force=True)
    for earlier in ((), (b"budget,",)):
        with pytest.raises(StoreError, check=told("output-exists", output=str(output))):
            check_file(output, earlier=earlier)


def test_a_file_needs_an_ending_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, check=told("wrong-ending")):
        check_file(tmp_path / "table.txt", endings=(".csv", ".md"), force=True)
    with pytest.raises(StoreError, check=told("output-is-folder")):
        check_file(tmp_path, force=True)
    with pytest.raises(StoreError, check=told("no-output-folder")):
        check_file(tmp_path / "nowhere" / "table.csv", force=True)


def test_a_folder_may_hold_an_earlier_result_and_nothing_else(tmp_path: Path) -> None:
    def check(output: Path, *, force: bool = False) -> None:
        check_folder(output, always={"a.csv"}, written={"a.csv", "more"}, force=force)

    check(tmp_path / "new")
    check(tmp_path)
    (tmp_path / "more").mkdir()
    with pytest.raises(StoreError, check=told("output-not-empty", foreign="more")):
        check(tmp_path)
    (tmp_path / "a.csv").touch()
    check(tmp_path)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, check=told("output-not-empty", foreign="thesis.tex")):
        check(tmp_path)
    check(tmp_path, force=True)
    with pytest.raises(StoreError, check=told("output-is-file")):
        check(tmp_path / "a.csv")
