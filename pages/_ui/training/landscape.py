"""How training with AdamW differs from the theorem: the loss landscape of the coreset, measured on request."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import landscape as charts
from goracs_core.errors import GoracsError
from goracs_core.jobs.kinds import LANDSCAPE
from goracs_core.jobs.landscape.estimate import estimate_landscape
from goracs_core.jobs.landscape.kind import WHOLE_POOL_SAMPLES
from goracs_core.jobs.landscape.store import LandscapeStore
from goracs_core.llm.landscape import LandscapeOptions, verdict
from pages._ui import blocks, cache, guard, jobs, state, text, training_pick, widgets
from pages._ui.picker import Picker
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.jobs.landscape.store import KeptLandscape
    from goracs_core.jobs.select.run import RunSummary

_OPEN = "landscape_open"
_PICKER = Picker("landscape")

_WHY = (
    "GORACS (arXiv 2506.04015) bounds the test loss by the training loss and a transport distance, and replaces the "
    "training loss by the gradient norms before training. This step uses the **descent lemma**: if the gradient is "
    "Lipschitz continuous with constant $L$, gradient descent with learning rate $1/L$ decreases the loss by at least "
    "$\\lVert g\\rVert^2/(2L)$, and no learning rate below $2/L$ increases it. In practice, including the authors' "
    "code, models are trained with **AdamW**. Here both optimizers start from the same model and use all samples in "
    "every step, so only the update rule differs. Training with batches adds noise."
)
L_HELP = glossary.tooltip("smoothness")
OVERSHOOT_HELP = glossary.tooltip("overshoot")
_STABLE_HELP = "Largest learning rate of gradient descent that is stable at the start of training."
LEMMA_HELP = r"Steps of gradient descent that decreased the loss by at least $\lVert g\rVert^2/(2L)$."


def show(ref: DatasetRef, run: RunSummary | None) -> None:
    """The section: explanation, the button with its cost, and the results.

    Args:
        ref: The dataset.
        run: The open run on it; without one, the pool's first samples are taken.
    """
    kept = LandscapeStore(state.workspace()).list(ref.fingerprint)
    busy = bool(jobs.active(LANDSCAPE, dataset=ref.directory))
    if busy:
        st.session_state[_OPEN] = ref.fingerprint  # and when the job has ended its result is in sight
    opened = st.session_state.get(_OPEN) == ref.fingerprint
    with st.expander("Loss landscape: AdamW and the theorem of GORACS", icon=":material/landscape:", expanded=opened):
        st.markdown(_WHY)
        _form(ref, run)
        jobs.watch(LANDSCAPE, dataset=ref.directory)
        if kept:
            _result(_pick(ref, kept))
        elif not busy:
            st.caption("No measurement on this data yet.")


def _form(ref: DatasetRef, run: RunSummary | None) -> None:
    places = st.columns(4)
    usual = LandscapeOptions
    help_ = "As in the form above; the default is the small model trained on titles."
    model = widgets.line("Model", usual.model, key="landscape_model", place=places[0], help=help_, **KEPT)
    more = {"place": places[1], "help": "Maximum number of samples of the coreset, evenly spaced.", **KEPT}
    samples = widgets.whole("Samples", 2, 1024, usual.samples, key="landscape_samples", **more)
    more = {"place": places[2], "help": "Of AdamW, and of gradient descent.", **KEPT}
    steps = widgets.whole("Steps", 2, 200, usual.steps, key="landscape_steps", **more)
    more = {"place": places[3], "help": "Steps of AdamW, the first and last included, with an eigenvalue.", **KEPT}
    checkpoints = widgets.whole("Checkpoints", 2, 20, usual.checkpoints, key="landscape_places", **more)
    asked = None
    try:
        asked = LandscapeOptions(model=model, samples=samples, steps=steps, checkpoints=checkpoints)
    except GoracsError as error:
        guard.error(error)
    with st.container(horizontal=True, vertical_alignment="center"):
        icon = ":material/landscape:"
        clicked = st.button("Measure the landscape", icon=icon, key="landscape", disabled=asked is None)
        if asked is not None:
            st.caption(_cost(ref, run, asked), width="stretch")
    if clicked and asked is not None:
        default = LandscapeOptions().to_dict()
        changed = {name: value for name, value in asked.to_dict().items() if value != default[name]}
        rows: dict[str, Any] = {"run": run.id} if run is not None else {"whole_pool": True}
        spec = {"dataset": str(ref.directory), **rows, **({"options": changed} if changed else {})}
        jobs.submit(LANDSCAPE, spec)
        st.session_state[_OPEN] = ref.fingerprint
        st.rerun()


def _cost(ref: DatasetRef, run: RunSummary | None, asked: LandscapeOptions) -> str:
    there = run.budget if run is not None else min(WHOLE_POOL_SAMPLES, ref.counts["pool"])
    rows = "the open coreset" if run is not None else f"the first {there:,} of the pool (no run is open)"
    return f"Uses {rows}: {estimate_landscape(there, asked, cache.training_sizes(ref).tokens).sentence}"


def _pick(ref: DatasetRef, kept: tuple[KeptLandscape, ...]) -> KeptLandscape:
    by_id = {one.id: one for one in kept}
    names = training_pick.run_names(ref)

    def label(one: KeptLandscape) -> str:
        rows = text.shorten(names.get(one.run, one.run), 44) if one.run else "first samples of the pool"
        return (
            f"{rows} · {one.landscape.samples:,} samples · {one.landscape.practice.steps} steps · {one.model} · "
            f"{text.moment(one.created)}"
        )

    left, right = st.columns([8, 1.8], vertical_alignment="bottom")
    _PICKER.follow("newest", kept[0].id, kept[0].id)
    current = _PICKER.opened(by_id)
    labels = {name: label(one) for name, one in by_id.items()}
    help_ = "All measurements on this data, newest first."
    _PICKER.box(labels, current, label="Landscape", place=left, help=help_)
    found = kept[0] if current is None else by_id[current]
    widgets.delete_popover("Delete this measurement?", _delete, found.id, key="delete_landscape", place=right)
    return found


def _delete(landscape: str) -> None:
    try:
        LandscapeStore(state.workspace()).delete(landscape)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def _result(kept: KeptLandscape) -> None:
    found = kept.landscape
    answer, *details = verdict(found)
    st.markdown(f"**{text.escape(answer)}**")
    blocks.metrics(
        {
            "L before training": (f"{found.smoothness:.3g}", L_HELP),
            "Stable step 2 / L": (f"{2 / found.smoothness:.3g}", _STABLE_HELP),
            "Step of AdamW": (f"{median(found.overshoot):.2g} × stable", OVERSHOOT_HELP),
            "Lemma holds": (f"{found.kept} of {found.theory.steps} steps", LEMMA_HELP),
        }
    )
    practice, theory = found.practice, found.theory
    left, right = st.columns(2)
    with left:
        adam = pd.DataFrame({"step": range(practice.steps + 1), "AdamW": practice.losses})
        descent = pd.DataFrame({"step": range(theory.steps + 1), "gradient descent": theory.losses})
        blocks.chart(
            charts.losses(found),
            key="landscape_losses",
            alt=f"Loss of AdamW falls to {practice.losses[-1]:.3f}, of gradient descent to {theory.losses[-1]:.3f}.",
            table=adam.merge(descent, how="outer", on="step"),
            note="The same number of steps from the same start.",
        )
    with right:
        effective = {"step": range(1, practice.steps + 1), "effective learning rate": practice.effective_steps}
        blocks.chart(
            charts.steps(found),
            key="landscape_steps_chart",
            alt="Effective learning rate of AdamW, the largest stable one, and 1 / L of the theorem.",
            table=pd.DataFrame(effective | {"relative to the stable one": found.overshoot}),
            note="Shaded: learning rates at which gradient descent is stable. AdamW has one learning rate per weight; "
            "the curve shows the single learning rate with steps of the same length.",
        )
    names = ["step", "loss", "largest eigenvalue", "residual", "Hessian-vector products", "random directions"]
    rows = [(one.step, one.loss, one.sharpness, one.residual, one.rounds, max(one.random)) for one in found.places]
    blocks.chart(
        charts.curvature(found),
        key="landscape_curvature",
        alt=f"Largest eigenvalue from {found.places[0].sharpness:.3g} to {found.places[-1].sharpness:.3g} along AdamW.",
        table=pd.DataFrame(rows, columns=pd.Index(names)),
        note="Star: largest eigenvalue of the Hessian, the largest possible change of the gradient per unit length. "
        "Lines: its measured change along each step. The lemma with L applies where no line is above L.",
    )
    st.markdown("\n".join(f"- {text.escape(line)}" for line in details))
    blocks.provenance(
        f"Measured {text.moment(kept.created)} on {found.samples:,} samples ({found.tokens:,} tokens): "
        f"{text.escape(kept.model)}, {found.trained:,} of {found.parameters:,} weights, AdamW with learning rate "
        f"{found.practice.learning_rate:g}, seed {kept.options.get('seed', 0)}, in {text.duration(found.seconds)} on "
        f"{text.escape(kept.machine.get('processor', 'an unknown processor'))}",
        "Largest eigenvalues are lower bounds: they come from a limited number of Hessian-vector products.",
    )
