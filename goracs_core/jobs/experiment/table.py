"""An experiment as a table: one line per arm and budget, means and spreads over the seeds."""

from __future__ import annotations

import math
from typing import Any

from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.replicates import means
from goracs_core.jobs.tables import Column, Table

_VALUES = (
    Column("poo", "POO", "{:.4f}", spread="poo_sd"),
    Column("gap", "gap", "{:.2%}", spread="gap_sd"),
    Column("test_loss", "test loss", "{:.4f}", spread="test_loss_sd"),
    Column("ndcg@10", "NDCG@10", "{:.4f}", spread="ndcg@10_sd"),
    Column("sampled_ndcg@10", "NDCG@10 sampled", "{:.4f}", spread="sampled_ndcg@10_sd"),
    Column("auc", "AUC", "{:.4f}", spread="auc_sd"),
    Column("select_seconds", "select s", "{:.1f}", spread="select_seconds_sd"),
    Column("train_seconds", "train s", "{:.1f}", spread="train_seconds_sd"),
    Column("test_seconds", "test s", "{:.1f}", spread="test_seconds_sd"),
)
_COLUMNS = (
    Column("arm", "arm", left=True),
    Column("budget", "budget", "{:,}"),
    Column("seeds", "seeds", "{} of {planned}"),
    *_VALUES,
)


def experiment_table(experiment: Experiment) -> Table:
    """One line per arm and budget, budgets rising; the notes say what was refused and why."""
    groups: dict[tuple[int, str], list[Entry]] = {}
    for entry in experiment.entries:
        groups.setdefault((entry.budget, entry.arm), []).append(entry)
    values = {column: means(experiment, column.name) for column in _VALUES}
    rows: list[dict[str, Any]] = []
    notes = []
    for (budget, arm), entries in sorted(groups.items(), key=lambda group: group[0][0]):
        seeds = sum(entry.done for entry in entries)
        row: dict[str, Any] = {"arm": arm, "budget": budget, "seeds": seeds, "planned": len(entries)}
        for column, found in values.items():
            row[column.name], row[column.spread] = found.get((arm, budget), (math.nan, math.nan))
        rows.append(row)
        if refusals := " ".join(dict.fromkeys(entry.refusal for entry in entries if entry.refusal)):
            notes.append(f"{arm} {budget:,}: {refusals}")
    return Table(_COLUMNS, tuple(rows), tuple(notes))
