"""The first screen of a run: one sentence, POO between bound and random coresets, its terms, three ways on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import popularity as popularity_charts
from goracs_core.charts import standing as charts
from goracs_core.evaluation.standing import Standing, verdict
from goracs_core.jobs.weights import recorded_weighting
from pages._ui import blocks, cache, lambda_cursor, popularity_view, proof, routes, samples, text

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run
    from pages._ui.samples import View
    from pages._ui.state import DatasetRef

WORST = 5
_VERDICT_HELP = f"{glossary.tooltip('below_random')}\n\n{proof.GAP_HELP}"


def standing(run: Run, ref: DatasetRef) -> Standing | None:
    """The run beside random coresets, when these are cheap or were asked for."""
    return None if ask_for_random(run) else _beside_random(run, ref)


def ask_for_random(*runs: Run) -> set[str]:
    """The runs whose random coresets are neither cheap nor were asked for, with a button that asks for them."""
    asked: set[str] = st.session_state.setdefault("random_asked", set())
    costly = [run for run in runs if not cache.random_is_cheap(run.config.budget, run.selection.num_validation)]
    waiting = {run.id for run in costly} - asked
    if waiting:
        clicked = st.button(
            f"Compare with {cache.RANDOM_DRAWS} random coresets of the same size",
            icon=":material/casino:",
            help="Solves one exact transport problem per random coreset, which takes a while for data of this size.",
        )
        if clicked:
            asked |= waiting
            st.rerun()
    return waiting


def standings(runs: Sequence[Run], ref: DatasetRef) -> list[Standing | None]:
    """Each run beside random coresets, as `standing`."""
    waiting = ask_for_random(*runs)
    return [None if run.id in waiting else _beside_random(run, ref) for run in runs]


def _beside_random(run: Run, ref: DatasetRef) -> Standing:
    problem = cache.problem(ref, half_life=recorded_weighting(run.inputs).get("half_life"))
    return Standing.of(run.selection, *cache.random_terms(problem, run.config.budget))


def show(run: Run, found: Standing) -> None:
    """Sentence and both charts."""
    first, second = verdict(found, None if found.gap is None else proof.share(found.gap))
    st.subheader(text.escape(first), anchor=False, help=_VERDICT_HELP)
    st.markdown(text.escape(second), help=blocks.GRADIENT_HELP)
    peers = [
        peer
        for peer in cache.runs(run.dataset.fingerprint)
        if peer.id != run.id
        and not peer.damaged
        and peer.problem_fingerprint == run.selection.problem_fingerprint
        and (peer.budget, peer.lambda_) == (run.config.budget, run.config.lambda_)
    ]
    others = np.array([peer.poo for peer in peers], np.float64)
    values = found.random_poo
    lines = [("this coreset", found.poo), *((f"random, seed {seed}", value) for seed, value in enumerate(values))]
    lines += [] if found.lower_bound is None else [("proven lower bound", found.lower_bound)]
    lines += [(peer.name, peer.poo) for peer in peers]
    blocks.chart(
        charts.poo_axis(found, others=others, names=tuple(peer.name for peer in peers)),
        key="poo_axis",
        alt=f"POO {found.poo:.5f} of this coreset; random coresets from {values.min():.5f} to {values.max():.5f}; "
        + ("no proven bound." if found.lower_bound is None else f"proven lower bound {found.lower_bound:.5f}."),
        table=pd.DataFrame(lines, columns=pd.Index(["coreset", "POO"])),
        compact=True,
    )
    blocks.chart(
        charts.terms(found),
        key="poo_terms",
        alt=f"Transport term {found.transport_term:.5f} and λ times gradient term "
        f"{found.lambda_ * found.gradient_term:.5f}; random: {found.random_transport.mean():.5f} and "
        f"{found.lambda_ * found.random_gradient.mean():.5f}.",
        table=pd.DataFrame(
            {
                "coreset": ["this coreset", "random, mean"],
                "transport term": [found.transport_term, found.random_transport.mean()],
                "λ · gradient term": found.lambda_ * np.array([found.gradient_term, found.random_gradient.mean()]),
            }
        ),
        compact=True,
    )


def leads(seen: View, run: Run) -> None:
    """Three small pictures that lead on: the map, the worst covered samples, head and tail."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.markdown("**Where is it?**")
        lambda_cursor.picture(seen.ref, run, key="small_map", height=230, legend=False)
        blocks.link(routes.EMBEDDING_MAP, routes.EMBEDDING_MAP.title)
    with middle:
        st.markdown("**Worst covered validation samples**")
        costs = samples.coverage(run).column_costs * seen.distance_scale
        lines = []
        for row in np.argsort(-costs)[:WORST]:
            title = text.escape(text.shorten(seen.title(seen.num_pool + int(row)), 44))
            lines.append(f"- {costs[row]:.3f} {title}")
        st.markdown("\n".join(lines), help=glossary.tooltip("mean_distance"))
        blocks.link(routes.TRANSPORT_PLAN, routes.TRANSPORT_PLAN.title)
    with right:
        st.markdown("**Head, mid, tail**")
        report = popularity_view.report(seen.ref, run, None)
        head, mid, tail = next(iter(report.coresets.values())).class_shares
        blocks.chart(
            popularity_charts.small_class_shares(report),
            key="small_shares",
            alt=f"Head {head:.0%}, mid {mid:.0%}, tail {tail:.0%} of the coreset, with the interval of random ones.",
            still=True,
        )
        blocks.link(routes.POPULARITY, routes.POPULARITY.title)
