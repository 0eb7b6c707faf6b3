"""Progress: what a part reports reaches the whole as it should, and whoever listens can stop the work."""

from __future__ import annotations

import pytest

from goracs_core.errors import JobCancelled
from goracs_core.progress import Progress, silent


def test_a_part_passes_its_stages_and_bounds_on_behind_its_label() -> None:
    heard: list[tuple[object, ...]] = []
    whole = Progress(lambda *report: heard.append(report), bounds=lambda *bounds: heard.append(bounds))
    part = whole.within("label 3")
    part("greedy", 2, 5, "row 7")
    part.bounds(0.1, 0.2)
    assert heard == [("label 3: greedy", 2, 5, "row 7"), (0.1, 0.2)]


def test_a_counted_part_becomes_the_detail_of_the_whole_and_keeps_its_bounds() -> None:
    heard: list[tuple[object, ...]] = []
    whole = Progress(lambda *report: heard.append(report), bounds=lambda *bounds: heard.append(bounds))
    part = whole.within("k 256", stage="sweep", done=3, of=6)
    part("greedy", 1, 4, "row 7")
    part.bounds(0.1, 0.2)
    part("")
    assert heard == [("sweep", 3, 6, "k 256: greedy 25%, row 7"), ("sweep", 3, 6, "k 256")]


def test_parts_of_parts_and_cancelling_from_the_outside() -> None:
    def stop(stage: str, done: int, total: int, detail: str) -> None:
        if "inner" in detail:
            raise JobCancelled

    part = Progress(stop).within("outer", stage="all", done=0, of=1).within("inner")
    Progress(stop)("all")
    with pytest.raises(JobCancelled):
        part("work", 0, 1)


def test_nobody_listens_to_silent() -> None:
    silent("stage", 1, 2)
    silent.bounds(0.0, 1.0)
    silent.within("part")("stage")
