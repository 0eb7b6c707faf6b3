"""A lesson of 20 minutes with the demo and the playground."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages._ui import blocks, routes, state


@dataclass(frozen=True)
class Step:
    """A part of the lesson.

    Args:
        minutes: How long it takes.
        title: Of the part.
        do: What the teacher does.
        ask: What the class is asked before it is shown.
        answer: What is seen then.
        pages: Addresses of the pages, the first one that is there is linked.
    """

    minutes: int
    title: str
    do: str
    ask: str
    answer: str
    pages: tuple[str, ...]


STEPS = (
    Step(
        3,
        "The task",
        "Open the demo. Show a sample as the model reads it, then the popularity curve.",
        "A model costs 12 times as much to train on 3,000 samples as on 256. Which 256 would you take?",
        "Collect ideas: random, popular, diverse, difficult. Each is a method under Select / Run.",
        ("dataset",),
    ),
    Step(
        5,
        "Transport by hand",
        "Set λ to 0 in the playground, two clusters. Let somebody choose k points by hand.",
        "Can you beat the certificate?",
        "Nobody gets below the lower bound. The lines show who serves whom: capacity forces long ways.",
        ("playground", "transport-plan"),
    ),
    Step(
        4,
        "What λ does",
        "Drag λ slowly to its end; then show the sweep of the demo.",
        "Which points will be taken at large λ, and what happens to the distances?",
        "Large gradients win wherever they are; the transport term rises, and overlap with λ = 0 falls.",
        ("playground", "sweep"),
    ),
    Step(
        4,
        "Proof and chance",
        "Run GORACS on the demo with budget 256 and λ 0.05 (about 5 seconds).",
        "How sure are we that no better coreset exists? How much of it is luck?",
        "The gap says at most half a percent; 20 random coresets are all far above.",
        ("run",),
    ),
    Step(
        4,
        "Does it help the model?",
        "Open Proxy check and Compare, which hold experiments on the demo.",
        "Does a lower POO mean a lower test loss here?",
        "Not shown within sizes on the demo: the interval includes 0. GORACS with small λ is better than random in "
        "test loss; ranking metrics do not tell the methods apart.",
        ("proxy",),
    ),
)


def show() -> None:
    """The plan, part by part, with links."""
    st.header("A lesson of 20 minutes", anchor="lesson")
    st.markdown(
        "For a class that knows gradient descent. Ask before you show; each answer is a picture on a page. Everything "
        "works offline."
    )
    if state.DATASETS.current != state.DEMO:
        blocks.demo_button(key="lesson_demo")
    start = 0
    for step in STEPS:
        with st.container(border=True):
            left, right = st.columns([4, 1.2], gap="medium")
            with left:
                st.subheader(f"Minutes {start} to {start + step.minutes} · {step.title}", anchor=False)
                st.markdown(f"**Do.** {step.do}  \n**Ask.** *{step.ask}*  \n**Then.** {step.answer}")
            with right:
                for route in filter(None, map(routes.named, step.pages)):
                    blocks.link(route, route.title, dataset=state.DEMO)
        start += step.minutes
    st.markdown("Afterwards, the *three checks of understanding* in this guide take five minutes.")
