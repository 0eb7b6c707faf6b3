"""Questions to answer with the playground, with folded answers."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from pages._ui.routes import PLAYGROUND

# Question, settings to try it with, answer.
QUESTIONS: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "Raise λ on *Outliers* from 0 to 1. Which points enter first, and what happens to the transport term?",
        {"points": "outliers", "lambda": "0", "k": "8"},
        "The outliers enter: they have the largest gradient norms, and λ rewards these. The transport term rises, because "
        "mass must travel from the outliers to the validation points. POO falls all the same: by definition, POO of the "
        "best set can only fall as λ rises. A lower POO at a larger λ is therefore no better coreset.",
    ),
    (
        "On *Two clusters*, three quarters of the pool are left, but most validation points are right. Where are the "
        "chosen points at λ = 0, and where would random ones be?",
        {"points": "clusters", "lambda": "0", "k": "10"},
        "Transport follows the validation points: each chosen point carries mass 1/k, so that about 7 of 10 chosen points "
        "lie right. Random points follow the pool and lie mostly left. This is why the validation set must look like the "
        "data on which the model will be used.",
    ),
    (
        "On *Long tail*, how many of the small groups have a chosen point at budget 4, and at budget 30?",
        {"points": "tail", "lambda": "0", "k": "4"},
        "With few points, each one carries a large mass and goes where many validation points are: the head. Small groups "
        "are served from afar. With a larger budget, a group gets a point of its own once its share of the validation "
        "points is about 1/k.",
    ),
    (
        "Step through the solver. Why does the value fall while the bound rises, and what does it mean when they meet?",
        {"points": "outliers", "mode": "step", "step": "0"},
        "The value belongs to one coreset, and better coresets are found. The bound holds for every coreset of this size, "
        "and better prices raise it. Where both are equal, the coreset is optimal. The gap says how much a better "
        "coreset could gain at most, whoever finds it.",
    ),
    (
        "Choose points by hand. Can you beat the solver? Can you get below the bound?",
        {"points": "clusters", "k": "4", "lambda": "0", "mode": "hand"},
        "Beating the solver is possible where a gap is left: the solver is a heuristic with a proof. Nobody gets below the "
        "bound. With four points, few people come within 5 %: exact transport is hard to judge by eye, because each "
        "chosen point must serve exactly a quarter of the validation points.",
    ),
    (
        "Move one validation point far away from all others. Do the distances of the other points change? Does POO?",
        {"points": "clusters", "lambda": "0.05", "k": "10"},
        "Distances are divided by the largest distance between pool and validation. One far point makes this number "
        "larger, so that all other scaled distances shrink, and λ weighs more against them. Check a dataset for outliers "
        "before you compare values of λ.",
    ),
)


def show() -> None:
    """The questions; nothing where only the element is wanted."""
    if st.context.is_embedded:
        return
    st.subheader("Questions to answer", anchor=False)
    for number, (question, settings, answer) in enumerate(QUESTIONS, 1):
        st.markdown(f"**{number}.** {question} [Set it up](/{PLAYGROUND.url_path}?{urlencode(settings)})")
        with st.expander("Show the answer"):
            st.markdown(answer)
