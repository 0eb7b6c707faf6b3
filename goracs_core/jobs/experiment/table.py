"""An experiment as a table: one line per arm and budget, means and spreads over the seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from goracs_core.jobs.experiment.record import Entry, Experiment

# Column of the table, the entry's value behind it, its short title, and how it is written.
_SHOWN = (
    ("poo", "POO", "{:.4f}"),
    ("gap", "gap", "{:.2%}"),
    ("test_loss", "test loss", "{:.4f}"),
    ("ndcg@10", "NDCG@10", "{:.4f}"),
    ("sampled_ndcg@10", "NDCG@10 sampled", "{:.4f}"),
    ("auc", "AUC", "{:.4f}"),
    ("select_seconds", "select s", "{:.1f}"),
    ("train_seconds", "train s", "{:.1f}"),
    ("test_seconds", "test s", "{:.1f}"),
)


def experiment_table(experiment: Experiment) -> pd.DataFrame:
    """One line per arm and budget in the order of the entries: `seeds`, then mean (and `_sd` over seeds) of each value.

    A value is missing where no entry has it; `note` holds the sentences of entries that were refused.
    """
    groups: dict[tuple[int, str], list[Entry]] = {}
    for entry in experiment.entries:
        groups.setdefault((entry.budget, entry.arm), []).append(entry)
    names = list(dict.fromkeys(name for entry in experiment.entries for name in entry.values))
    lines = []
    for (budget, arm), entries in sorted(groups.items(), key=lambda group: group[0][0]):
        done = [entry for entry in entries if entry.done]
        line: dict[str, object] = {"arm": arm, "budget": budget, "seeds": len(done), "planned": len(entries)}
        for name in names:
            mean, spread = _mean(entry.values[name] for entry in done if name in entry.values)
            line[name], line[f"{name}_sd"] = mean, spread
        line["note"] = " ".join(dict.fromkeys(entry.refusal for entry in entries if entry.refusal))
        lines.append(line)
    return pd.DataFrame(lines)


def table_lines(experiment: Experiment) -> list[str]:
    """The table for people: aligned, spread over seeds behind ±; below it the sentences of what was refused."""
    rows, notes = table_cells(experiment_table(experiment))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for name, *numbers in rows:
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells]))
    return [*lines, *notes]


def table_cells(table: pd.DataFrame) -> tuple[list[list[str]], list[str]]:
    """Head and cells as people read them, and the sentences of what was refused."""
    known = set(table.columns[table.notna().any()])
    shown = [entry for entry in _SHOWN if entry[0] in known]
    rows = [["arm", "budget", "seeds", *(title for _, title, _ in shown)]]
    notes = []
    for line in table.to_dict(orient="records"):
        cells = [_cell(line[name], line[f"{name}_sd"], form) for name, _, form in shown]
        rows.append([str(line["arm"]), f"{line['budget']:,}", f"{line['seeds']} of {line['planned']}", *cells])
        if line["note"]:
            notes.append(f"{line['arm']} {line['budget']:,}: {line['note']}")
    return rows, notes


def _cell(mean: float, spread: float, form: str) -> str:
    if not math.isfinite(mean):
        return "-"
    return form.format(mean) + (f" ± {form.format(spread)}" if math.isfinite(spread) and spread > 0 else "")


def _mean(values: Iterable[float]) -> tuple[float, float]:
    """Mean and standard deviation over seeds; NaN where there are none, or too few."""
    found = np.array([value for value in values if math.isfinite(value)])
    if not len(found):
        return math.nan, math.nan
    return float(found.mean()), float(found.std(ddof=1)) if len(found) > 1 else math.nan
