"""Questions to answer with the playground, with folded answers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st


@dataclass(frozen=True)
class Question:
    """A question, settings to try it with, and its answer; Markdown."""

    text: str
    settings: dict[str, str]
    answer: str


QUESTIONS = (
    Question(
        "Raise λ on *Outliers* from 0 to 1. Which points enter, and what happens to the transport term?",
        {"points": "outliers", "lambda": "0", "k": "8"},
        "The outliers enter: they have the largest gradient norms, and λ rewards these. The transport term rises, "
        "because mass must travel from the outliers to the validation points. POO falls all the same: the least POO "
        "can only fall as λ rises. A lower POO at a larger λ is therefore no better coreset.",
    ),
    Question(
        "On *Two clusters*, three quarters of the pool are left, but most validation points are right. Where are the "
        "chosen points at λ = 0, and where would random ones be?",
        {"points": "clusters", "lambda": "0", "k": "10"},
        "Transport follows the validation points. Each chosen point carries mass 1/k, and 70 % of the validation "
        "points are right: so are 7 of the 10 chosen points. Random points follow the pool and lie mostly left. The "
        "validation set must therefore look like the data on which the model will be used.",
    ),
    Question(
        "On *Long tail*, how many of the small groups have a chosen point of their own at budget 4, and at budget 30?",
        {"points": "tail", "lambda": "0", "k": "4"},
        "At budget 4, each point carries a quarter of the mass and goes where many validation points are; small groups "
        "are served from afar. A group gets a point of its own once its share of the validation points is about 1/k.",
    ),
    Question(
        "Step through the solver. Why does the value fall while the bound rises, and what does it mean when they meet?",
        {"points": "outliers", "k": "6", "lambda": "0.03", "mode": "step", "step": "0"},
        "The value belongs to one coreset, and better coresets are found. The bound holds for every coreset of this "
        "size, and better prices raise it. Where both are equal, the coreset is optimal. The gap says how much a "
        "better coreset could gain at most, whoever finds it.",
    ),
    Question(
        "Choose points by hand. Can you beat the solver? Can you get below the bound?",
        {"points": "clusters", "k": "5", "lambda": "0", "mode": "hand"},
        "Where a gap is left, beating the solver may be possible: it is a heuristic with a proof. Nobody gets below "
        "the bound. Here the gap is about 13 %: 18 of the 60 validation points are left, which is the mass of one and "
        "a half chosen points, so that one point must serve both clusters. The bound is that of a relaxation in which "
        "a point may be chosen in part.",
    ),
    Question(
        "Move one validation point far away from all others. Do the scaled distances of the other points change?",
        {"points": "clusters", "lambda": "0.05", "k": "10"},
        "Yes. Distances are divided by the largest distance between pool and validation. One far point makes this "
        "number larger: all other scaled distances shrink, and λ weighs more against them. Look for outliers in a "
        "dataset before you compare values of λ between datasets.",
    ),
)


def show() -> None:
    """The questions; nothing where only the element is wanted."""
    if st.context.is_embedded:
        return
    st.subheader("Questions to answer", anchor=False)
    st.caption("For slides, add `&embed=true` to the address: it then shows the picture alone, with all keys.")
    for number, question in enumerate(QUESTIONS, 1):
        st.markdown(f"**{number}.** {question.text} [Set it up](?{urlencode(question.settings)})")
        with st.expander("Show the answer"):
            st.markdown(question.answer)
