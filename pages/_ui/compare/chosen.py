"""Which runs are compared: in the address (?runs=a,b), through page changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from goracs_core.jobs.select.side_by_side import MOST
from pages._ui.picker import Picker

RUNS = Picker("runs", optional=True)


def query(runs: Iterable[str]) -> dict[str, str]:
    """What the address of the page says to open with these runs."""
    return {RUNS.name: ",".join(runs)}


def opened(known: Sequence[str]) -> tuple[list[str], int]:
    """The runs to compare, and how many that were asked for are not among them; the newest two where none were.

    Args:
        known: Ids of the runs there are, newest first.
    """
    asked = known[:2] if RUNS.current is None else [run for run in dict.fromkeys(RUNS.current.split(",")) if run]
    chosen = [run for run in asked if run in known][:MOST]
    return chosen, len(asked) - len(chosen)


def choose(runs: Sequence[str]) -> None:
    """Keep these runs in the address; also none, which is another thing than not having been asked."""
    RUNS.open(",".join(runs) or ",")
