"""What transport does here, and what a two-dimensional map cannot tell."""

from __future__ import annotations

import numpy as np
import streamlit as st

from goracs_core.transport import solve_uniform
from pages._ui import blocks, routes, text
from pages._ui.guide.shown import find


def transport() -> None:
    """Transport in four steps, with a problem small enough to solve by hand."""
    st.header("What transport does here", anchor="transport")
    st.markdown(
        "A coreset is trained on instead of the pool, so it should look like the data that the model will be tested "
        "on. Optimal transport measures how far it is from that: it moves all of the coreset's mass to the validation "
        "samples, over the shortest total distance."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            "1. **Mass.** Each of the $k$ selected samples holds $1/k$, each of the $m$ validation samples needs "
            "$1/m$. Nobody can serve more than it holds.\n"
            "2. **Plan.** $P_{ij}$ says how much goes from $i$ to $j$. Of all plans, the cheapest one counts.\n"
            "3. **Value.** The mean distance over which mass travels, as a share of the largest distance: the "
            "transport term.\n"
            "4. **Choice.** GORACS looks for the $k$ samples with the smallest value, minus $\\lambda$ times their "
            "mean gradient norm."
        )
        st.markdown(
            "**Why not the nearest samples?** A sample that is nearest to many validation samples can serve only "
            "$m/k$ of them. So the group counts: a second sample beside the first one helps where many validation "
            "samples are, and an isolated sample helps where nobody else is."
        )
    with right:
        _by_hand()
    _on_the_run()


def _by_hand() -> None:
    """Three validation samples on a line, two coresets of one and of two samples."""
    validation = np.array([0.0, 1.0, 9.0])  # [m]
    pool = np.array([0.5, 8.0, 4.0])  # [n]
    distances = np.abs(pool[:, None] - validation[None])  # [n, m]
    rows: list[str] = []
    for name, chosen in (("A", [0, 1]), ("B", [0, 2]), ("C", [2])):
        nearest = distances[chosen].min(axis=0).mean()
        value = solve_uniform(distances[chosen], np.full(3, 1 / 3)).value
        places = "\u00a0and\u00a0".join(f"{pool[i]:g}" for i in chosen)
        rows.append(f"| {name} | {places} | {nearest:.3f} | {value:.3f} |")
    st.markdown("**By hand.** Validation samples on a line at 0, 1 and 9; pool at 0.5, 8 and 4.")
    st.markdown("\n".join(["| coreset | at | mean distance to the nearest | transport |", "|---|---|--:|--:|", *rows]))
    st.caption(
        "Solved now, by the program's own solver. In A the sample at 8 holds half of the mass, but only a third is "
        "wanted at 9: the rest must travel from 8 to 1. The nearest distance does not see that."
    )


def _on_the_run() -> None:
    shown = find()
    if shown is None:
        return
    one, random = shown.run.selection, shown.random_terms()
    st.subheader("On your data", anchor=False)
    beside = "" if random is None else f" Random coresets of this size: {random[0].mean():.4f}."
    st.markdown(
        f"In {shown.words}, {len(one):,} samples serve {one.num_validation:,} validation samples through "
        f"{len(one.plan.mass):,} flows. The mean distance is {one.transport_term:.4f} of the largest one.{beside}"
    )
    blocks.link(routes.TRANSPORT_PLAN, "See the plan")


_CANNOT = (
    ("Distances between groups", "are not preserved. Two clusters side by side may be as far apart as any other two."),
    ("Size and density of a cluster", "mean little: UMAP evens out densities, so a rare niche can look large."),
    ("Empty space between clusters", "is made by the layout; samples between them are pulled to one side."),
    ("An outlier", "can be drawn inside a cluster, because every point is given neighbors."),
    ("Axes", "have no unit and no direction: a rotated map says the same."),
    ("Whether a validation sample is covered", "depends on distances in the embedding space and on capacity, and the "
     "map shows neither."),
)  # fmt: skip
_INSTEAD = (
    ("How far is it really?", "Distances in tables, tooltips and the transport plan are those of the embedding space."),
    ("Who covers this sample?", "Transport plan: its partners with mass and distance."),
    ("Where is the coreset missing?", "Color the map by transport distance, or sort the plan by the worst covered."),
    ("Is a cluster real?", "Look whether it also stands apart in the PCA map, which keeps large distances, and "
     "whether its samples are each other's nearest neighbors (Prepare / Features)."),
)  # fmt: skip


def maps() -> None:
    """What UMAP cannot tell, and where the answer is."""
    st.header("What UMAP cannot tell", anchor="maps")
    st.markdown(
        "UMAP draws the embedding space so that *neighbors stay neighbors*. A space of hundreds of dimensions does not "
        "fit into two, so something must give. The map is good for finding samples, and no evidence of anything else."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Do not read off the map", anchor=False)
        st.markdown("\n".join(f"- **{what}** {why}" for what, why in _CANNOT))
    with right:
        st.subheader("Ask instead", anchor=False)
        st.markdown("\n".join(f"- **{what}** {where}" for what, where in _INSTEAD))
        for route in (routes.EMBEDDING_MAP, routes.TRANSPORT_PLAN, routes.FEATURES):
            blocks.link(route, route.title)
    _measured()


def _measured() -> None:
    from pages._ui.guide import examples

    shown = find()
    if shown is None:
        return
    found = examples.of(("pca", "trust"), shown)
    st.subheader("How much two dimensions hold", anchor=False)
    st.markdown(
        f"The two main directions of {text.escape(shown.ref.title)} hold **{found['pca'].value}** of the variance; "
        f"trustworthiness of that map: **{found['trust'].value}** (1 would be a map on which all neighbors are true)."
    )
