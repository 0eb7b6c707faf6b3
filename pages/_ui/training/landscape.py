"""How far practice is from the theorem: the loss landscape of the coreset, measured when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.kinds import LANDSCAPE
from goracs_core.jobs.landscape.job import WHOLE_POOL_SAMPLES
from goracs_core.jobs.landscape.store import LandscapeStore
from goracs_core.llm.landscape import LandscapeOptions, verdict
from pages._ui import blocks, cache, jobs, state, text, training_pick
from pages._ui.picker import Picker
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.landscape.store import KeptLandscape
    from goracs_core.jobs.select.run import RunSummary

_OPEN = "landscape_open"
_PICKER = Picker("landscape")
_KEEP: Any = {"persist_state": "session"}
# Seconds of one gradient per token, and what a Hessian-vector product costs beside it.
_GRADIENT, _PRODUCT = 1 / 11_000, 3.8
_FIRST, _PRODUCTS = 7, 2.5  # products at the first checkpoint, and at a later one

_WHY = (
    "GORACS (arXiv 2506.04015) bounds the test loss by the training loss and a transport distance, and lets gradient "
    "norms from before training stand for the training loss. Such a step rests on the **descent lemma**: where the "
    "gradient changes by at most $L$ per unit of way (it is Lipschitz), plain gradient descent with step size $1/L$ "
    "lowers the loss by at least $\\lVert g\\rVert^2/(2L)$, and steps below $2/L$ never raise it. Practice, the "
    "authors' own code included, trains with **AdamW**. Here both start from the same model on the same samples; every "
    "step sees all of them, so that only the rule of the step differs. Real training adds the noise of its batches."
)
L_HELP = (
    r"**L**: largest eigenvalue of the Hessian of the training loss before training (Lanczos: power iteration that "
    r"keeps its directions, on Hessian-vector products by double differentiation). The least constant that bounds how "
    r"fast the gradient changes at this point."
)
OVERSHOOT_HELP = (
    "Median over AdamW's steps of (length of the step / gradient norm) divided by 2 / largest eigenvalue there: above "
    "1, gradient descent could not step as far without its loss rising along the sharpest direction."
)
_STABLE_HELP = "Longest step size of gradient descent that is stable where training starts."
KEPT_HELP = r"Steps of gradient descent that lowered the loss by at least $\lVert g\rVert^2/(2L)$."


def show(ref: DatasetRef, run: RunSummary | None) -> None:
    """The section: why, the button with its cost, and what was measured.

    Args:
        ref: The dataset.
        run: The open run on it; without one, the pool's first samples are taken.
    """
    kept = LandscapeStore(state.workspace()).list(ref.fingerprint)
    busy = bool(jobs.active(LANDSCAPE, dataset=ref.directory))
    if busy:
        st.session_state[_OPEN] = ref.fingerprint  # and when the job has ended its result is in sight
    opened = st.session_state.get(_OPEN) == ref.fingerprint
    with st.expander("How far is practice from the theorem?", icon=":material/landscape:", expanded=opened):
        st.markdown(_WHY)
        _form(ref, run)
        jobs.watch(LANDSCAPE, dataset=ref.directory)
        if kept:
            _result(_pick(ref, kept))
        elif not busy:
            st.caption("Nothing measured yet on this data.")


def _form(ref: DatasetRef, run: RunSummary | None) -> None:
    first, second, third, fourth = st.columns([2, 2, 2, 2])
    model = first.text_input("Model", LandscapeOptions.model, key="landscape_model", **_KEEP,
                             help="As in the form above; the default is the small model made here.")  # fmt: skip
    samples = second.number_input("Samples", 2, 1024, LandscapeOptions.samples, key="landscape_samples", **_KEEP,
                                  help="At most so many samples of the coreset, spread evenly over it.")  # fmt: skip
    steps = third.number_input("Steps", 2, 200, LandscapeOptions.steps, key="landscape_steps", **_KEEP,
                               help="Of AdamW, and of gradient descent.")  # fmt: skip
    places = fourth.number_input(
        "Checkpoints", 2, 20, LandscapeOptions.checkpoints, key="landscape_places", **_KEEP,
        help="Points on AdamW's way, first and last included, where the largest eigenvalue is measured.",
    )  # fmt: skip
    try:
        asked: LandscapeOptions | None = LandscapeOptions(
            model=str(model or ""), samples=int(samples), steps=int(steps), checkpoints=int(places)
        )
    except GoracsError as error:
        blocks.error(error)
        asked = None
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Walk the landscape", icon=":material/landscape:", key="landscape", disabled=asked is None)
        if asked is not None:
            st.caption(_cost(ref, run, asked), width="stretch")
    if clicked and asked is not None:
        usual = LandscapeOptions().to_dict()
        changed = {name: value for name, value in asked.to_dict().items() if value != usual[name]}
        rows: dict[str, Any] = {"run": run.id} if run is not None else {"whole_pool": True}
        spec = {"dataset": str(ref.directory), **rows, **({"options": changed} if changed else {})}
        jobs.submit(LANDSCAPE, spec)
        st.session_state[_OPEN] = ref.fingerprint
        st.rerun()


def _cost(ref: DatasetRef, run: RunSummary | None, asked: LandscapeOptions) -> str:
    there = run.budget if run is not None else min(WHOLE_POOL_SAMPLES, ref.counts["pool"])
    count = min(there, asked.samples)
    gradients = 2 * (asked.steps + 1) + asked.checkpoints * asked.directions
    products = min(_FIRST, asked.rounds) + _PRODUCTS * (asked.checkpoints - 1)
    rows = "the open run's coreset" if run is not None else f"the pool's first {there:,}, as no run is open"
    said = f"{count:,} samples of {rows}"
    if asked.model != LandscapeOptions.model:
        return f"{said}; how long this model takes is known after its first gradient."
    seconds = (gradients + _PRODUCT * products) * count * cache.training_sizes(ref).tokens * _GRADIENT
    return f"{said}: about {text.duration(seconds + 5)}, an estimate."


def _pick(ref: DatasetRef, kept: tuple[KeptLandscape, ...]) -> KeptLandscape:
    by_id = {one.id: one for one in kept}
    names = training_pick.run_names(ref)

    def label(one: KeptLandscape) -> str:
        rows = text.shorten(names.get(one.run, one.run), 44) if one.run else "the pool's first samples"
        return (
            f"{rows} · {one.landscape.samples:,} samples · {one.landscape.practice.steps} steps · {one.model} · "
            f"{text.moment(one.created)}"
        )

    left, right = st.columns([8, 1.8], vertical_alignment="bottom")
    _PICKER.follow("newest", kept[0].id, kept[0].id)
    current = _PICKER.opened(by_id)
    _PICKER.box(
        {name: label(one) for name, one in by_id.items()}, current, label="Landscape", place=left,
        help="All landscapes measured on this data, newest first.",
    )  # fmt: skip
    found = kept[0] if current is None else by_id[current]
    with right.popover("Delete", icon=":material/delete:"):
        st.markdown("Forget this landscape?")
        st.button("Delete it", key="delete_landscape", on_click=_delete, args=(found.id,))
    return found


def _delete(landscape: str) -> None:
    try:
        LandscapeStore(state.workspace()).delete(landscape)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def _result(kept: KeptLandscape) -> None:
    from statistics import median

    import pandas as pd

    from goracs_core.charts import landscape as charts

    found = kept.landscape
    answer, *details = verdict(found)
    st.markdown(f"**{text.escape(answer)}**")
    blocks.metrics(
        {
            "L before training": (f"{found.smoothness:.3g}", L_HELP),
            "Stable step 2 / L": (
                f"{2 / found.smoothness:.3g}",
                _STABLE_HELP,
            ),
            "AdamW's step": (f"{median(found.overshoot):.2g} × stable", OVERSHOOT_HELP),
            "Promises kept": (f"{found.kept} of {found.theory.steps}", KEPT_HELP),
        },
        per_row=4,
    )
    left, right = st.columns(2)
    with left:
        blocks.chart(
            charts.losses(found), key="landscape_losses", note="Equal numbers of steps from the same start.",
            alt=f"Loss of AdamW falls to {found.practice.losses[-1]:.3f}, of gradient descent to "
            f"{found.theory.losses[-1]:.3f}.",
            table=pd.DataFrame({"step": range(found.practice.steps + 1), "AdamW": found.practice.losses})
            .merge(pd.DataFrame({"step": range(found.theory.steps + 1), "gradient descent": found.theory.losses}),
                   how="outer", on="step"),
        )  # fmt: skip
    with right:
        blocks.chart(
            charts.steps(found), key="landscape_steps_chart",
            note="Shaded: step sizes that are stable for gradient descent. AdamW has one per weight; drawn is the one "
            "that would go as far.",
            alt="AdamW's effective step size, the longest stable one, and the theorem's 1 / L.",
            table=pd.DataFrame({
                "step": range(1, found.practice.steps + 1), "effective step": found.practice.effective_steps,
                "times the stable one": found.overshoot,
            }),
        )  # fmt: skip
    blocks.chart(
        charts.curvature(found), key="landscape_curvature",
        note="Star: largest eigenvalue of the Hessian, the most the gradient can change per unit at that point. Lines: "
        "how much it did change along each step. A lemma with L holds where no line is above L.",
        alt=f"Largest eigenvalue from {found.places[0].sharpness:.3g} to {found.places[-1].sharpness:.3g} along AdamW.",
        table=pd.DataFrame([
            {"step": one.step, "loss": one.loss, "largest eigenvalue": one.sharpness, "residual": one.residual,
             "Hessian-vector products": one.rounds, "largest in random directions": max(one.random)}
            for one in found.places
        ]),
    )  # fmt: skip
    st.markdown("\n".join(f"- {text.escape(line)}" for line in details))
    blocks.provenance(
        f"Measured {text.moment(kept.created)} on {found.samples:,} samples ({found.tokens:,} tokens): "
        f"{text.escape(kept.model)}, {found.trained:,} of {found.parameters:,} weights, AdamW with learning rate "
        f"{found.practice.learning_rate:g}, seed {kept.options.get('seed', 0)}, in {text.duration(found.seconds)} on "
        f"{text.escape(kept.machine.get('processor', 'an unknown processor'))}",
        "Largest eigenvalues are lower bounds: they come from a limited number of Hessian-vector products.",
    )
