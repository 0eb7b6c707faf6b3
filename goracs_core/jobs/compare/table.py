"""A comparison as a table: one line per method and budget, means over the seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from goracs_core.data.dataset import Dataset
from goracs_core.evaluation.popularity import MEASURES
from goracs_core.jobs.compare.plan import Comparison, Entry, OverSeeds
from goracs_core.jobs.popularity import popularity_of
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.tables import MISSING, Column, Table
from goracs_core.selection.result import relative_gap

POPULARITY = (*MEASURES, "js_validation")


def _range(row: Mapping[str, Any]) -> str:
    return f"{row['poo_min']:.5f}-{row['poo_max']:.5f}" if row["seeds"] > 1 else MISSING


COLUMNS = (
    Column("method", "method", left=True),
    Column("solver"),
    Column("budget", "budget", "{:,}"),
    Column("seeds"),
    Column("poo", "POO", "{:.5f}"),
    Column("poo_min", "min-max", _range),
    Column("poo_max"),
    Column("transport_term", "transport", "{:.5f}"),
    Column("gradient_term", "gradient", "{:.5f}"),
    Column("lower_bound"),
    Column("gap", "gap", "{:.2%}"),
    Column("arp", "ARP", "{:.1f}"),
    Column("head_share", "head", "{:.1%}"),
    Column("tail_share", "tail", "{:.1%}"),
    Column("coverage", "cover", "{:.1%}"),
    Column("gini", "Gini", "{:.3f}"),
    Column("js_validation", "JS val", "{:.4f}"),
    Column("seconds", "seconds", "{:.1f}"),
    Column("runs"),
    Column("note"),
)


def compare_table(
    comparison: Comparison, entries: Iterable[Entry], runs: Mapping[str, Run], dataset: Dataset | None = None
) -> Table:
    """One line per budget, rising, and arm; see `COLUMNS`.

    `poo`, its two terms, popularity and `seconds` are means over the runs of a line, `poo_min` and `poo_max` their
    range. `lower_bound` is the best that any run of this budget has proven, and `gap` how far the mean lies above it,
    as a share of the mean transport term: what can at most be gained over it. Both are None where nothing is proven.
    Label-aware runs are compared by their label-aware value. `note` holds the sentence of a method that refused.

    Args:
        comparison: What is compared.
        entries: Its entries as far as they came.
        runs: Their runs, by id.
        dataset: Their dataset; without it no popularity.
    """
    popularity = {}
    if dataset is not None:
        popularity = popularity_of(dataset, {id_: run.selection.indices for id_, run in runs.items()}, POPULARITY)
    bounds = _best_bounds(runs.values())
    groups: dict[tuple[int, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.budget, entry.arm), []).append(entry)
    rows: list[dict[str, Any]] = []
    for (budget, arm), group in sorted(groups.items(), key=lambda item: item[0][0]):
        mine = [runs[entry.run] for entry in group if entry.run]
        row: dict[str, Any] = {"method": arm, "solver": comparison.arm(arm).config["solver"], "budget": budget}
        row |= {"seeds": len(mine), **_values(mine, bounds.get(budget))}
        if popularity:
            found = [popularity[run.id] for run in mine]
            row |= {name: _mean(one[name] for one in found) for name in POPULARITY}
        row["seconds"] = _mean(run.seconds for run in mine)
        row["runs"] = " ".join(run.id for run in mine)
        row["note"] = " ".join(dict.fromkeys(entry.refusal for entry in group if entry.refusal))
        rows.append(row)
    notes = [f"{row['method']} {row['budget']:,}: {row['note']}" for row in rows if row["note"]]
    return Table(COLUMNS, tuple(rows), tuple(notes))


def best_first(table: Table) -> Table:
    """The same table with the lowest POO of each budget first, methods that refused last."""
    rows = sorted(table.rows, key=lambda row: (row["budget"], row["poo"] is None, row["poo"] or 0.0))
    return replace(table, rows=tuple(rows))


def _values(runs: Sequence[Run], bound: float | None) -> dict[str, float | None]:
    """POO, its terms and what is proven about it, over the runs of one line; None where there is none."""
    poo = OverSeeds.of(_value(run) for run in runs)
    transport = _mean(run.selection.transport_term for run in runs)
    row = {
        "poo": _known(poo.mean),
        "poo_min": _known(poo.low),
        "poo_max": _known(poo.high),
        "transport_term": transport,
        "gradient_term": _mean(run.selection.gradient_term for run in runs),
        "lower_bound": None,
        "gap": None,
    }
    if bound is None or transport is None:
        return row
    own = runs[0].selection.certificate if len(runs) == 1 else None
    gap = own.gap if own is not None and own.lower_bound >= bound else relative_gap(poo.mean, bound, transport)
    return row | {"lower_bound": bound, "gap": gap}


def _value(run: Run) -> float:
    """What a run's own bound, if it has one, speaks of."""
    label_aware = run.selection.label_aware_poo
    return run.selection.poo if label_aware is None else label_aware


def _mean(values: Iterable[float]) -> float | None:
    return _known(OverSeeds.of(values).mean)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _best_bounds(runs: Iterable[Run]) -> dict[int, float]:
    """Highest proven lower bound per budget."""
    best: dict[int, float] = {}
    for run in runs:
        if run.selection.certificate is not None:
            budget = run.config.budget
            best[budget] = max(best.get(budget, -math.inf), run.selection.certificate.lower_bound)
    return best
