"""Numbers as people read them, and titles that stay plain text."""

from __future__ import annotations

import pytest

from goracs_core.jobs.queue.job import Job, JobState
from goracs_core.methods import DealRecConfig, config_to_dict
from pages._ui import jobs, text


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (185, "3 min 05 s"), (4830, "1 h 20 min")]
)
def test_durations(seconds: float, said: str) -> None:
    assert text.duration(seconds) == said


@pytest.mark.parametrize(("size", "said"), [(999, "999 bytes"), (1500, "2 kB"), (2.5e7, "25 MB"), (1.24e10, "12.4 GB")])
def test_memory(size: float, said: str) -> None:
    assert text.memory(size) == said


def test_shortening_keeps_both_ends() -> None:
    long = "beginning " + "x" * 200 + " end"
    short = text.shorten(long, 40)
    assert len(short) == 40
    assert short.startswith("beginning")
    assert short.endswith("end")
    assert text.shorten("short", 40) == "short"


@pytest.mark.parametrize("mark", list(r"\`*_{}[]()<>#+-.!|~$:&=^"))
def test_every_mark_of_markdown_is_escaped(mark: str) -> None:
    assert "\\" + mark in text.escape(f"a{mark}b")


def test_line_breaks_cannot_start_a_heading() -> None:
    assert "\n" not in text.escape("title\n# heading\r\n- list")


def test_two_of_one_name_are_told_apart_and_others_keep_theirs() -> None:
    names = {"20260101-aaaaaa-1111": "same", "20260101-bbbbbb-2222": "same", "20260101-cccccc-3333": "other"}
    assert list(text.distinct(names).values()) == ["same · 1111", "same · 2222", "other"]
    assert text.distinct({}) == {}


def test_a_selection_in_the_list_of_jobs_says_which_one_it_is() -> None:
    job = Job(1, "select", {"config": config_to_dict(DealRecConfig(64))}, JobState.QUEUED, 0.0)
    assert jobs.title(job) == "Select a coreset: DEALRec, k 64"
    assert jobs.title(Job(2, "select", {}, JobState.QUEUED, 0.0)) == "Select a coreset"
    assert jobs.title(Job(3, "features", {}, JobState.QUEUED, 0.0)) == "Compute features"


def test_places_are_counted_from_the_nearer_end() -> None:
    assert [text.place(rank, 5) for rank in range(1, 6)] == [
        "worst of 5", "2nd worst of 5", "3rd worst of 5", "2nd best of 5", "best of 5"
    ]  # fmt: skip
    assert [text.ordinal(number) for number in (3, 11, 12, 13, 21, 102, 111, 1003)] == [
        "3rd", "11th", "12th", "13th", "21st", "102nd", "111th", "1,003rd"
    ]  # fmt: skip
    assert text.place(1, 1) == "worst of 1"
