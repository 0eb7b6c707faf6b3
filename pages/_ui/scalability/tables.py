"""Tables of a measurement: every run, seconds by stage, growth by stage."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from goracs_core.charts.scalability import TOTAL
from goracs_core.evaluation.scaling import LEVEL, Extrapolation
from goracs_core.jobs.scalability.store import Scalability
from goracs_core.methods import certified, itra

MEANINGS = {
    "scales": "The largest distance between the sample and the validation samples, used to scale POO",
    **certified.METHOD.stages,
    **itra.METHOD.stages,
    "evaluation": "The exact value of the result, and everything not listed elsewhere",
}

_SECONDS = "seconds of wall-clock time"
_RUN_COLUMNS = {
    "n": st.column_config.NumberColumn("Samples n", help="Number of pool samples available to the run"),
    "k": st.column_config.NumberColumn("Chosen k", help="Budget of the run"),
    "seed": st.column_config.NumberColumn("Seed", help="Seed of the sample and of the selection"),
    "seconds": st.column_config.NumberColumn("Seconds", format="%.3f", help=_SECONDS),
    "poo": st.column_config.NumberColumn(
        "POO ↓",
        format="%.5f",
        help="Transport term − λ × gradient term; no unit. Scaled by the whole pool, so that values of different "
        "sizes are comparable: a larger pool gives a better coreset.",
    ),
    "transport_term": st.column_config.NumberColumn("Transport term", format="%.5f", help="OT(d) / max(d); no unit"),
    "gradient_term": st.column_config.NumberColumn("Gradient term", format="%.5f", help="Mean g / max(g); no unit"),
    "gap": st.column_config.NumberColumn(
        "Proven gap (%)",
        format="%.3f",
        help="No coreset of this size can be better by more than this share of the transport term",
    ),
    "memory_mb": st.column_config.NumberColumn(
        "Memory (MB)",
        format="%.0f",
        help="Largest increase of the worker's memory during the run; memory freed by an earlier run is reused and "
        "not counted",
    ),
    "stopped": st.column_config.TextColumn("Stop reason", width="large"),
}


def runs(record: Scalability) -> None:
    """Every measured run, with a download."""
    table = _runs(record)
    st.dataframe(table, hide_index=True, column_config=_RUN_COLUMNS, key="scale_runs", alt="Every measured run")
    st.download_button(
        "Download runs (CSV)",
        runs_csv(record),
        f"scalability-{record.id}.csv",
        "text/csv",
        icon=":material/download:",
        key="scale_csv",
        help="All runs with the seconds per stage.",
    )


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
        table[f"{name} (s)"] = [round(float(mean), 6) for mean in times.means(seconds)]
    table["whole run (s)"] = [round(float(mean), 6) for mean in times.means(times.total)]
    return pd.DataFrame(table)


def growth(record: Scalability, found: Extrapolation, target: int) -> pd.DataFrame:
    """Exponent and extrapolated seconds of the whole and of every stage."""
    sizes = list(dict.fromkeys([record.num_pool, 10 * record.num_pool, target]))
    rows = []
    for name, fit in {TOTAL: found.total, **found.fits}.items():
        row: dict[str, str | float | None] = {"Stage": name}
        if fit is not None:
            row |= {"Exponent of n": fit.exponent.expected, "from": fit.exponent.low, "to": fit.exponent.high}
            best = fit.best
            row["Best model"] = (
                "power of n" if best.pure else f"constant {best.constant:.3g} s plus n^{best.exponent:g}"
            )
            prediction = fit.predict(sizes)
            for position, size in enumerate(sizes):
                at = prediction.at(position)
                row[f"{size:,}: seconds"] = at.expected
                row[f"{size:,}: {LEVEL:.0%} from"], row[f"{size:,}: to"] = at.low, at.high
        else:
            row["Best model"] = "ran at fewer than three sizes"
        rows.append(row)
    return pd.DataFrame(rows).round(4)
