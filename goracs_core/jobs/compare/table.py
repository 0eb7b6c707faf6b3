"""A comparison as a table: one line per method and budget, means over the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from goracs_core.data.dataset import Dataset
from goracs_core.evaluation.popularity import popularity_report
from goracs_core.jobs.compare.plan import Outcome
from goracs_core.jobs.select.run import Run
from goracs_core.selection.result import relative_gap

POPULARITY = ("arp", "head_share", "tail_share", "coverage", "gini", "js_validation")

COLUMNS = (
    "method", "solver", "budget", "seeds", "poo", "poo_min", "poo_max", "transport_term", "gradient_term",
    "lower_bound", "gap", *POPULARITY, "seconds", "runs", "note",
)  # fmt: skip


def compare_table(outcomes: Sequence[Outcome], runs: Mapping[str, Run], dataset: Dataset | None = None) -> pd.DataFrame:
    """One line per budget, rising, and method, in the order of the outcomes; see `COLUMNS`.

    `poo`, its two terms, popularity and `seconds` are means over the runs of a line, `poo_min` and `poo_max` their
    range. `lower_bound` is the best that any run of this budget has proven, and `gap` how far the mean lies above it,
    as a share of the mean transport term: what can at most be gained over it. Both are empty where nothing is proven.
    Label-aware runs are compared by their label-aware value. `note` holds the sentence of a method that refused.

    Args:
        outcomes: Of one comparison, finished or not.
        runs: The runs of the outcomes, by id.
        dataset: Their dataset; without it no popularity.
    """
    made = {outcome.run: runs[outcome.run] for outcome in outcomes if outcome.run}
    popularity = _popularity(made, dataset)
    bounds = _best_bounds(made.values())
    groups: dict[tuple[str, int], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.attempt.name, outcome.attempt.config.budget), []).append(outcome)
    lines = []
    for (name, budget), group in sorted(groups.items(), key=lambda entry: entry[0][1]):
        line: dict[str, object] = {
            "method": name,
            "solver": group[0].attempt.config.solver,
            "budget": budget,
            "seeds": sum(bool(outcome.run) for outcome in group),
            "note": " ".join(dict.fromkeys(outcome.refusal for outcome in group if outcome.refusal)),
            "runs": " ".join(outcome.run for outcome in group if outcome.run),
        }
        mine = [made[outcome.run] for outcome in group if outcome.run]
        if mine:
            line |= _values(mine, bounds.get(budget))
            if popularity:
                line |= {name: float(np.mean([popularity[run.id][name] for run in mine])) for name in POPULARITY}
        lines.append(line)
    table = pd.DataFrame(lines, columns=pd.Index(COLUMNS))
    numbers = [column for column in COLUMNS if column not in ("method", "solver", "budget", "seeds", "runs", "note")]
    table = table.astype(dict.fromkeys(numbers, "float64"))
    return table if popularity else table.drop(columns=list(POPULARITY))


def _values(runs: Sequence[Run], bound: float | None) -> dict[str, float]:
    """POO, its terms, what is proven about it and the time, over the runs of one line."""
    values = np.array([_value(run) for run in runs])
    transport = float(np.mean([run.selection.transport_term for run in runs]))
    line = {
        "poo": float(values.mean()),
        "poo_min": float(values.min()),
        "poo_max": float(values.max()),
        "transport_term": transport,
        "gradient_term": float(np.mean([run.selection.gradient_term for run in runs])),
        "seconds": float(np.mean([run.seconds for run in runs])),
    }
    if bound is None:
        return line
    own = runs[0].selection.certificate if len(runs) == 1 else None
    gap = own.gap if own is not None and own.lower_bound >= bound else relative_gap(line["poo"], bound, transport)
    return line | {"lower_bound": bound, "gap": gap}


def _value(run: Run) -> float:
    """What a run's own bound, if it has one, speaks of."""
    label_aware = run.selection.label_aware_poo
    return run.selection.poo if label_aware is None else label_aware


def _best_bounds(runs: Iterable[Run]) -> dict[int, float]:
    """Highest proven lower bound per budget."""
    best: dict[int, float] = {}
    for run in runs:
        if run.selection.certificate is not None:
            budget = run.config.budget
            best[budget] = max(best.get(budget, -np.inf), run.selection.certificate.lower_bound)
    return best


def _popularity(runs: Mapping[str, Run], dataset: Dataset | None) -> dict[str, dict[str, float]]:
    if dataset is None or not runs:
        return {}
    report = popularity_report(
        dataset.items.popularity,
        {name: dataset.pool.targets[run.selection.indices] for name, run in runs.items()},
        pool=dataset.pool.targets,
        validation=dataset.validation.targets,
        draws=2,  # the random reference is not asked for here: random is one of the methods
    )
    return {
        name: {measure: float(getattr(measures, measure)) for measure in POPULARITY}
        for name, measures in report.coresets.items()
    }
