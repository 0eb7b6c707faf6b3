"""Tables of a measurement: every run, seconds by stage, growth by stage."""

from __future__ import annotations

import pandas as pd

from goracs_core import glossary
from goracs_core.charts.scalability import TOTAL
from goracs_core.evaluation.outlook import WIDEST
from goracs_core.evaluation.scaling import LEVEL, Extrapolation
from goracs_core.jobs.scalability.store import Scalability
from goracs_core.methods import certified, itra
from goracs_core.methods.phases import stage_name
from pages._ui import columns, widgets

MEANINGS = {
    "scales": "The largest distance between the sample and the validation samples, used to scale POO",
    **certified.METHOD.stages,
    **itra.METHOD.stages,
    "evaluation": "The exact value of the result, and everything not listed elsewhere",
}

_POO_HELP = (
    f"{glossary.tooltip('poo')}\n\nScaled by the whole pool, so that values of different sizes are comparable: a "
    "larger pool gives a better coreset."
)
_MEMORY_HELP = (
    "Largest increase of the worker's memory during the run; memory freed by an earlier run is reused and not counted"
)
_RUN_COLUMNS = {
    "n": columns.number("n", help="Number of pool samples available to the run", format="localized"),
    "k": columns.BUDGET,
    "seed": columns.number("Seed", help="Seed of the sample and of the selection"),
    "seconds": columns.number("Seconds", format="%.3f", help="Wall-clock seconds"),
    "poo": columns.number("POO", format="%.5f", help=_POO_HELP),
    "transport_term": columns.TRANSPORT,
    "gradient_term": columns.GRADIENT,
    "gap": columns.GAP,
    "memory_mb": columns.number("Memory (MB)", format="%.0f", help=_MEMORY_HELP),
    "stopped": columns.words("Stop reason", width="large"),
}


def runs(record: Scalability) -> None:
    """Every measured run, with a download."""
    widgets.table(_runs(record), key="scale_runs", alt="Every measured run", columns=_RUN_COLUMNS)
    name, help_ = f"scalability-{record.id}.csv", "All runs with the seconds per stage."
    widgets.download("Runs (CSV)", lambda: runs_csv(record), name, key="scale_csv", help=help_)


def runs_csv(record: Scalability) -> str:
    """Every run with the seconds of each stage, one line per run."""
    stages = pd.DataFrame([{f"seconds_{name.replace(' ', '_')}": s for name, s in run.stages} for run in record.runs])
    return pd.concat([_runs(record), stages.fillna(0.0)], axis=1).to_csv(index=False)


def _runs(record: Scalability) -> pd.DataFrame:
    table = pd.DataFrame(
        [
            {
                "n": run.size,
                "k": run.budget,
                "seed": run.seed,
                "seconds": run.seconds,
                "poo": run.poo,
                "transport_term": run.transport_term,
                "gradient_term": run.gradient_term,
                "gap": None if run.gap is None else 100 * run.gap,
                "memory_mb": None if run.peak_bytes is None else run.peak_bytes / 1e6,
                "stopped": run.stop_reason,
            }
            for run in record.runs
        ]
    )
    return table.dropna(axis=1, how="all")


def stage_seconds(record: Scalability) -> pd.DataFrame:
    """Mean seconds by size and stage."""
    times = record.times
    table: dict[str, list[float] | list[int]] = {"Samples n": [int(size) for size in times.distinct]}
    for name, seconds in times.stages.items():
        table[f"{stage_name(name)} (s)"] = [round(float(mean), 6) for mean in times.means(seconds)]
    table["whole run (s)"] = [round(float(mean), 6) for mean in times.means(times.total)]
    return pd.DataFrame(table)


def growth(record: Scalability, found: Extrapolation, target: int) -> pd.DataFrame:
    """Exponent and extrapolated seconds of the whole and of every stage."""
    sizes = list(dict.fromkeys([record.num_pool, 10 * record.num_pool, target]))
    rows = []
    for name, fit in {TOTAL: found.total, **found.fits}.items():
        row: dict[str, str | float | None] = {"Stage": stage_name(name)}
        if fit is not None:
            row |= {"Exponent of n": fit.exponent.expected, "from": fit.exponent.low, "to": fit.exponent.high}
            best = fit.best
            row["Best model"] = (
                "power of n" if best.pure else f"constant {best.constant:.3g} s plus n^{best.exponent:g}"
            )
            prediction = fit.predict(sizes)
            for position, size in enumerate(sizes):
                at = prediction.at(position)
                row[f"{size:,}: seconds"] = at.expected if at.high <= WIDEST * at.low else None
                row[f"{size:,}: {LEVEL:.0%} from"], row[f"{size:,}: to"] = at.low, at.high
        else:
            row["Best model"] = "ran at fewer than three sizes"
        rows.append(row)
    return pd.DataFrame(rows).round(4)
