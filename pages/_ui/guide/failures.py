"""Failure signatures: what goes wrong, how to see it on which page, what to do, and whether the shown run has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from goracs_core.methods import CertifiedConfig
from pages._ui import blocks, proof, routes
from pages._ui.guide.shown import Shown, find
from pages._ui.routes import Route

State = tuple[bool, str]  # whether the run has it, and the numbers that say so


@dataclass(frozen=True)
class Failure:
    """One signature.

    Args:
        name: What is seen.
        see: Where, and how it looks.
        means: What it means.
        do: What to change.
        route: The page that shows it.
        check: Whether a run has it; None where it cannot be told, or where the number is on another page only.
    """

    name: str
    see: str
    means: str
    do: str
    route: Route
    check: Callable[[Shown], State | None] = lambda _: None


def _no_exchange(shown: Shown) -> State | None:
    trace = shown.run.selection.trace
    if trace.pass_at_1 is None:
        return None
    return trace.pass_at_1 == 0, f"pass@1 {trace.pass_at_1:.0%}, {trace.tried_pairs:,} pairs tried"


def _head_heavy(shown: Shown) -> State | None:
    found = shown.popularity()
    mine, random = found.coresets["coreset"].head_share, found.random_for("coreset")
    return mine > random.high.head_share, f"head share {mine:.1%}, random at most {random.high.head_share:.1%}"


def _open_gap(shown: Shown) -> State | None:
    certificate, config = shown.run.selection.certificate, shown.run.config
    if certificate is None or not isinstance(config, CertifiedConfig):
        return None
    asked = f"requested {proof.share(config.gap)}" if config.gap else "no gap requested"
    return certificate.gap > max(config.gap, 0.01), f"gap {proof.share(certificate.gap)}, {asked}"


def _too_large(shown: Shown) -> State | None:
    random, one = shown.random_terms(), shown.run.selection
    if random is None:
        return None
    told = f"transport term {one.transport_term:.4f}, random {random[0].mean():.4f}"
    return one.config.lambda_ > 0 and one.transport_term > random[0].min(), told


def _no_use_of_gradients(shown: Shown) -> State | None:
    random, one = shown.random_terms(), shown.run.selection
    if random is None or one.config.lambda_ == 0:
        return None
    told = f"gradient term {one.gradient_term:.4f}, random {random[1].min():.4f} to {random[1].max():.4f}"
    return one.gradient_term <= random[1].max(), told


def _like_random(shown: Shown) -> State | None:
    values, one = shown.random_values(), shown.run.selection
    if values is None:
        return None
    return one.poo >= values.min(), f"POO {one.poo:.4f}, random {values.min():.4f} to {values.max():.4f}"


def _tied(shown: Shown) -> State | None:
    trace = shown.run.selection.scores
    if trace is None:
        return None
    values = np.asarray(trace.values)
    distinct = len(np.unique(values))
    return distinct < 0.9 * len(values), f"{distinct:,} different scores of {len(values):,} samples"


FAILURES = (
    Failure(
        "pass@1 = 0 %, no exchange accepted",
        "Run: the tile pass@1 says *no exchange accepted*.",
        "Either the start set is already locally optimal for the pairs tried, or the estimate ranks pairs poorly or "
        "ranks too few.",
        "Raise the number of candidates in the advanced options. If nothing changes and the proven gap is small, the "
        "start was good. If the gap is large, check the embeddings for duplicates.",
        routes.RUN,
        _no_exchange,
    ),
    Failure(
        "Head-heavy coreset",
        "Popularity bias: head share above the random interval, low coverage, large JS to validation.",
        "The coreset teaches popular items. With λ > 0 this comes from gradient norms that grow with popularity, with "
        "λ = 0 from a validation set that is head-heavy itself.",
        "Lower λ; compare with *stratified random*; make the validation set stand for the test (Dataset).",
        routes.POPULARITY,
        _head_heavy,
    ),
    Failure(
        "Selection slower than training",
        "Scalability, *Selection time against training time*: the break-even time per training sample is above your "
        "model's.",
        "Features and selection together cost more than training on everything.",
        "Use a smaller encoder, larger requested gap or time limit, or train on the whole pool. Features are computed "
        "once: many coresets share their cost.",
        routes.SCALABILITY,
    ),
    Failure(
        "The gap stays above what was requested",
        "Run: the proven gap is above the requested one; Convergence: two flat curves apart.",
        "The bound is that of a relaxation. Either it is not tight, or the coreset is not the best: nobody can tell.",
        "Below 1 % it hardly matters for training. Else raise the maximum of iterations, or the budget: small budgets "
        "leave more room between relaxation and optimum.",
        routes.RUN,
        _open_gap,
    ),
    Failure(
        "Tied scores",
        "Scores: few different values, a histogram with single tall bars, strata that are empty.",
        "Where samples tie, order decides, not the score: the method is random selection in disguise.",
        "Look at how the score was made: a surrogate that is not better than popularity, or a loss that is zero "
        "everywhere, gives no ranking.",
        routes.SCORES,
        _tied,
    ),
    Failure(
        "λ too large",
        "Sweep: the transport term rises above that of random coresets; overlap with λ = 0 falls to random's.",
        "The largest gradients are taken wherever they are: outliers and label noise, not coverage.",
        "Take the λ at the knee of the Pareto front. Do not choose it by the test loss.",
        routes.SWEEP,
        _too_large,
    ),
    Failure(
        "λ without effect",
        "Run: the gradient term is within that of random coresets although λ > 0.",
        "λ times the gradient term is small beside the transport term, often because one outlier stretches max g.",
        "Look at the gradient norms (Features): if a few are far above the rest, raise λ or remove them.",
        routes.FEATURES,
        _no_use_of_gradients,
    ),
    Failure(
        "Not better than random",
        "Run: POO within the range of random coresets.",
        "The embeddings do not separate samples, or the method does not look at the validation samples.",
        "Check nearest neighbors (Features): if they look arbitrary, use a stronger encoder.",
        routes.FEATURES,
        _like_random,
    ),
    Failure(
        "A better POO, but not a better model",
        "Proxy check: ρ within sizes has an interval that includes 0. Compare: *not significant*.",
        "POO is a proxy. On this data and this model its promise is not shown.",
        "Use more seeds and test samples before you conclude; prefer small λ; report random selection beside it.",
        routes.PROXY,
    ),
)


def show() -> None:
    """All signatures; those that can be checked on the shown run with their state."""
    st.header("Failure signatures", anchor="failures")
    shown = find()
    where = "" if shown is None else f" Checked where possible on {shown.words}."
    st.markdown(f"What goes wrong in practice, how it looks, and what to do.{where}")
    for failure in FAILURES:
        found = None if shown is None else failure.check(shown)
        with st.container(border=True):
            left, right = st.columns([4, 1.3], gap="medium")
            with left:
                st.subheader(failure.name, anchor=False)
                st.markdown(
                    f"**See it.** {failure.see}  \n**Meaning.** {failure.means}  \n**What to do.** {failure.do}"
                )
            with right:
                if found is None:
                    st.badge("not checked here", color="gray")
                elif found[0]:
                    st.badge("this run has it", icon=":material/warning:", color="orange")
                else:
                    st.badge("not in this run", icon=":material/check:", color="green")
                if found is not None:
                    st.caption(found[1])
                blocks.link(failure.route, failure.route.title)
