"""The convergence of a run: the proof, the greedy stage, the exchanges, and the time per stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from goracs_core.charts import trace as charts
from goracs_core.methods import CertifiedConfig, method_of
from pages._ui import blocks, columns, proof, routes, widgets

if TYPE_CHECKING:
    import numpy as np

    from goracs_core.jobs.select.run import Run


_STAGES = {
    "Seconds": columns.number(format="%.2f", width="small", help="Wall-clock seconds"),
    "Share": columns.share(format="percent", min_value=0.0, max_value=1.0, width="small", help="Of the stages listed"),
    "Description": columns.words(width="large"),
}


def show(run: Run, chance: np.ndarray | None) -> None:
    """The run step by step.

    Args:
        run: The run.
        chance: POO of random coresets of the same size, or None; shape [draws].
    """
    trace = run.selection.trace
    method = method_of(run.config)
    if not method.by_objective:
        st.markdown(method.decided)
        if run.selection.scores is not None:
            blocks.link(routes.SCORES, routes.SCORES.title)
    proof.history(run)
    if len(trace.greedy_values):
        _greedy(run)
    if chance is not None and not method.by_objective:
        _against_random(run, chance)
    elif trace.tried_pairs or chance is not None:
        _exchanges(run, chance)
    if trace.stages:
        _stages(run)


def _greedy(run: Run) -> None:
    values = run.selection.trace.greedy_values
    use = " The certified solver takes its initial prices from it." if isinstance(run.config, CertifiedConfig) else ""
    st.markdown("**Greedy stage**")
    blocks.chart(
        charts.greedy_curve(run.selection.trace),
        key="greedy_curve",
        alt=f"Relaxed cost decreases from {values[0]:.4f} to {values[-1]:.4f} while {len(values)} samples are added.",
        table=pd.DataFrame({"samples": range(1, len(values) + 1), "cost": values}),
        note=f"Relaxed p-median cost after each added sample.{use}",
    )


def _exchanges(run: Run, chance: np.ndarray | None) -> None:
    trace = run.selection.trace
    steps = [(0, trace.start_value), *((i + 1, step.value) for i, step in enumerate(trace.exchanges))]
    if isinstance(run.config, CertifiedConfig):
        start = "best coreset of the dual ascent"
        words = "Refinement, starting from the best coreset of the dual ascent"
    else:
        start, words = "start set", "Exchange stage"
    tried = f"{trace.tried_pairs:,} pairs evaluated by exact transport, {len(trace.exchanges):,} exchanges accepted"
    random = " Random coresets of the same size, for comparison." if chance is not None else ""
    st.markdown("**Exchanges**")
    blocks.chart(
        charts.exchange_curve(trace, random_values=chance, start=start),
        key="exchange_curve",
        alt=f"POO from {trace.start_value:.5f} to {run.selection.poo:.5f} in {len(trace.exchanges)} exchanges.",
        table=pd.DataFrame(steps, columns=["exchanges", "POO"]),
        note=f"{words}; {tried}.{random}",
    )


def _against_random(run: Run, chance: np.ndarray) -> None:
    poo = run.selection.poo
    st.markdown("**Comparison with random coresets**")
    blocks.chart(
        charts.against_random(poo, chance),
        key="against_random",
        alt=f"POO {poo:.5f} of this run compared with {len(chance)} random coresets from {chance.min():.5f} to "
        f"{chance.max():.5f}.",
        table=pd.DataFrame({"coreset": ["this run"] + ["random"] * len(chance), "POO": [poo, *chance]}),
        note="Random coresets of the same size, for comparison.",
    )


def _stages(run: Run) -> None:
    stages, words = run.selection.trace.stages, method_of(run.config).stages
    whole = sum(seconds for _, seconds in stages) or 1.0
    rows = [(name.capitalize(), seconds, seconds / whole, words.get(name, "")) for name, seconds in stages]
    table = pd.DataFrame(rows, columns=pd.Index(["Stage", "Seconds", "Share", "Description"]))
    st.markdown("**Time per stage**")
    if run.config.needed_scores:
        st.caption("Scores are listed with their original computation time, even if they were cached.")
    widgets.table(table, key="stages", alt="Seconds per stage", columns=_STAGES)
