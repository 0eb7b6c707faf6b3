"""Three checks of understanding: answer first, then see the reason with numbers of the shown run."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages._ui.guide.shown import Shown, find
from pages._ui.widgets import KEPT


@dataclass(frozen=True)
class Check:
    """One question.

    Args:
        key: Of its widget.
        topic: What it is about.
        question: Asked.
        answers: Offered.
        right: Place of the right one.
        reason: Why; Markdown.
    """

    key: str
    topic: str
    question: str
    answers: tuple[str, ...]
    right: int
    reason: str


CHECKS = (
    Check(
        "group",
        "Transport looks at the group",
        "Two pool samples are equally near to the center of all validation samples and identical to each other. One is "
        "selected already. Is the other one worth as much?",
        (
            "Yes: both are equally near.",
            "No: what it adds depends on what the others cover already.",
            "No: identical samples are forbidden.",
        ),
        1,
        "The value belongs to the set. Each selected sample can serve only m/k validation samples, so a second copy "
        "helps exactly where the first one has no capacity left, and nowhere else. A ranking of single samples cannot "
        "see this; that is the paper's argument for selecting groups.",
    ),
    Check(
        "sign",
        "The gradient term is rewarded",
        "λ rises from 0 to 1, the budget stays. What happens to the two terms of the best coreset?",
        (
            "Both fall, because POO falls.",
            "The transport term can only rise, the gradient term can only rise.",
            "The transport term falls, the gradient term rises.",
        ),
        1,
        "POO subtracts λ times the gradient term, so POO itself falls with λ by definition and says nothing about the "
        "coreset. More weight on gradients can only buy larger gradients, and pays with distance: optima at rising λ "
        "walk along the Pareto front. Solved to a gap, they do so up to that gap.",
    ),
    Check(
        "dual",
        "Prices prove and rank",
        "A run ends with a proven gap of 0.5 %. What do you know?",
        (
            "The coreset is within 0.5 % of the best test loss.",
            "No coreset of this size has a POO that is lower by more than 0.5 % of the transport term.",
            "99.5 % of the selected samples are right.",
        ),
        1,
        "Any prices of the validation samples give a lower bound on POO for every coreset of the size; the gap is what "
        "is left between value and bound. It says nothing about the test loss: that POO predicts it is an assumption, "
        "which Validate / Proxy check puts to the test. The same potentials estimate what an exchange would gain, and "
        "pass@1 tells how often the estimate was right at once.",
    ),
)


def show() -> None:
    """The three questions with their answers."""
    st.header("Three checks of understanding", anchor="checks")
    st.markdown(
        "Transport, gradient term, dual prices: the three ideas of GORACS. Answer first; then the reason shows."
    )
    shown = find()
    right = 0
    for number, check in enumerate(CHECKS, start=1):
        with st.container(border=True):
            st.subheader(f"{number} · {check.topic}", anchor=False)
            places = range(len(check.answers))
            chosen = st.radio(
                check.question,
                places,
                index=None,
                key=f"check_{check.key}",
                format_func=lambda place, check=check: check.answers[place],
                **KEPT,
            )
            if chosen is None:
                continue
            right += chosen == check.right
            if chosen == check.right:
                st.success(check.reason, icon=":material/check:")
            else:
                st.error(f"Not quite. {check.reason}", icon=":material/close:")
            if shown is not None:
                st.caption(_number(check.key, shown))
    st.markdown(f"**{right} of {len(CHECKS)} right.**")


def _number(key: str, shown: Shown) -> str:
    one = shown.run.selection
    if key == "group":
        held = one.num_validation / len(one)
        return f"In {shown.words}, each selected sample holds the mass of {held:.2f} validation samples."
    if key == "sign":
        reward = one.config.lambda_ * one.gradient_term
        return f"In {shown.words}: transport term {one.transport_term:.4f}, λ × gradient term {reward:.4f}."
    if one.certificate is None:
        return f"{shown.words} has no lower bound."
    return f"In {shown.words}: POO {one.poo:.5f}, lower bound {one.certificate.lower_bound:.5f}."
