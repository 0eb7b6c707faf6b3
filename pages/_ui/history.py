"""How a finished run came about: the proof, the greedy stage, the exchanges, and where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.methods import CertifiedConfig
from pages._ui import blocks, methods, proof, routes

if TYPE_CHECKING:
    import numpy as np

    from goracs_core.jobs.select.run import Run

# What the solvers call their stages, and what they do there.
STAGES = {
    "distances": "All pool x validation distances, where they fit into memory",
    "greedy": "Greedy choice of one sample after the other, stale gains looked at again only at the top",
    "start": "How far a price may move in one round",
    "sample": "First prices, found on a random sample of the pool",
    "full passes": "All pool samples priced; only then does a bound count",
    "dual ascent": "Price updates on the pool samples that compete",
    "candidates": "Exact transport of the sets that the prices favour",
    "exchanges": "Exchanges of single samples, by exact transport",
    "proof": "The final bound again, in double precision",
    "bound": "Dual ascent for the lower bound",
    "transport": "Exact transport of the finished choice",
    "draw": "Random draw",
    "ranking": "The highest scores",
    "language model": "The model that the scores come from: trained, or loaded",
    "el2n and entropy": "One pass of the language model over the pool, which makes both scores",
    "gradient norms": "One pass over the pool, forward and back, for each draw of the adapters",
    "surrogate training": "The small recommender learns the pool, until its validation NDCG stops rising",
    "influence": "Estimated change of the surrogate's mean training loss without each sample",
    "neighbours": "Nearest neighbours of each pool sample",
    "messages": "Difficulty gathered from neighbours, then one choice after the other",
    "medians": "Distance of each sample to the median of its class",
    "classes": "Classes: the labels, or clusters by k-means",
    "entropic transport": "Discrepancy of each sample to the class means",
    "centres": "The farthest sample, again and again",
    "herding": "The sample that moves the mean nearest to its goal, again and again",
    "clusters": "Cluster centres, by passes over the pool",
    "representatives": "The sample nearest to each centre",
    "turns": "One nearest sample per turn",
}


def show(run: Run, chance: np.ndarray | None) -> None:
    """The run step by step.

    Args:
        run: The run.
        chance: POO of random coresets of the same size, or None; shape [draws].
    """
    trace = run.selection.trace
    if run.config.method != CertifiedConfig.method:
        st.markdown(methods.of_config(run.config).decides)
        if run.selection.scores is not None:
            blocks.link(routes.SCORES, "See the scores that decided")
    proof.history(run)
    if len(trace.greedy_values):
        _greedy(run)
    if chance is not None and run.config.method != CertifiedConfig.method:
        _against_random(run, chance)
    elif trace.tried_pairs or chance is not None:
        _exchanges(run, chance)
    if trace.stages:
        _stages(run)


def _greedy(run: Run) -> None:
    import pandas as pd

    from goracs_core.charts import trace as charts

    values = run.selection.trace.greedy_values
    use = " The certified solver takes its first prices from it." if isinstance(run.config, CertifiedConfig) else ""
    st.markdown("**Greedy stage**")
    blocks.chart(
        charts.greedy_curve(run.selection.trace),
        key="greedy_curve",
        alt=f"Relaxed cost falls from {values[0]:.4f} to {values[-1]:.4f} while {len(values)} samples are added.",
        table=pd.DataFrame({"samples": range(1, len(values) + 1), "cost": values}),
        note=f"Relaxed p-median cost after each added sample.{use}",
    )


def _exchanges(run: Run, chance: np.ndarray | None) -> None:
    import pandas as pd

    from goracs_core.charts import trace as charts

    trace = run.selection.trace
    steps = [(0, trace.start_value), *((i + 1, step.value) for i, step in enumerate(trace.exchanges))]
    if isinstance(run.config, CertifiedConfig):
        start = "best coreset of the dual ascent"
        words = "Polishing: it starts from the best coreset that the dual ascent found"
    else:
        start, words = "start set", "Exchange stage"
    tried = f"{trace.tried_pairs:,} pairs tried by exact transport, {len(trace.exchanges):,} exchanged"
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
    import pandas as pd

    from goracs_core.charts import trace as charts

    poo = run.selection.poo
    st.markdown("**Against random coresets**")
    blocks.chart(
        charts.against_random(poo, chance),
        key="against_random",
        alt=f"POO {poo:.5f} of this run beside {len(chance)} random coresets from {chance.min():.5f} to "
        f"{chance.max():.5f}.",
        table=pd.DataFrame({"coreset": ["this run"] + ["random"] * len(chance), "POO": [poo, *chance]}),
        note="Random coresets of the same size, for comparison.",
    )


def _stages(run: Run) -> None:
    import pandas as pd

    stages = run.selection.trace.stages
    whole = sum(seconds for _, seconds in stages) or 1.0
    table = pd.DataFrame(
        {
            "Stage": [name.capitalize() for name, _ in stages],
            "Seconds": [seconds for _, seconds in stages],
            "Share": [seconds / whole for _, seconds in stages],
            "What it does": [STAGES.get(name, "") for name, _ in stages],
        }
    )
    st.markdown("**Where the time went**")
    if run.config.needed_scores:
        st.caption("Scores count with the time that making them took, also where they were found in the cache.")
    st.dataframe(
        table,
        hide_index=True,
        key="stages",
        alt="Seconds per stage",
        column_config={
            "Seconds": st.column_config.NumberColumn(format="%.2f", width="small", help="Wall-clock seconds"),
            "Share": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0, width="small", help="Of all these stages"
            ),
            "What it does": st.column_config.TextColumn(width="large"),
        },
    )
