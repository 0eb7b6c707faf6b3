"""How features come about: computed here by a job, or uploaded as arrays."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import streamlit as st

from goracs_core.data.precomputed import load_embeddings, load_gradient_norms
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.estimate import estimate_features
from goracs_core.features.options import NO_MODEL, SMALL_MODEL, TITLES_MODEL, FeatureOptions
from goracs_core.features.store import save_features
from goracs_core.jobs.kinds import FEATURES
from goracs_core.jobs.memory import available_bytes
from goracs_core.llm.options import Adapters, Loss
from pages._ui import cache, guard, jobs, state, text, uploads, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

_OTHER = "other"
_MODELS = {
    SMALL_MODEL: "Small model, trained on this catalogue",
    TITLES_MODEL: "Small model, trained on titles only",
    _OTHER: "Another model, by name or folder",
    NO_MODEL: "None: transport only (λ = 0)",
}
_LOSSES = {"answer": "Answer tokens only", "sequence": "Prompt and answer (as in the authors' code)"}
_ADAPTERS = {"last-v": "Value adapter of the last layer (as in the paper)", "all": "All adapters"}
_ARRAYS = ("npy", "npz", "safetensors")
_ENCODER_HELP = "Name of a sentence-transformers model or a folder. The default is included and works offline."
_SOURCE_HELP = (
    "Language model used to compute per-sample gradient norms. The model trained on titles only is also the default "
    "model for fine-tuning."
)
_MODEL_HELP = "A Hugging Face model that is already on this machine, or a folder."


def computed(ref: DatasetRef) -> None:
    """Options, the estimate, and the button that starts the job."""
    options = _options()
    with guard.sentences("The estimate"):
        fits = _estimate(ref, options)
        if ref.name == state.DEMO:
            st.caption("The shipped demo is not modified: its new features are saved in a copy in the workspace.")
        icon = ":material/play_arrow:"
        if widgets.start("Compute features", "", key="compute_features", icon=icon, disabled=not fits):
            jobs.submit(FEATURES, {"dataset": str(ref.directory), "options": options.to_dict()})
            st.rerun()


def _options() -> FeatureOptions:
    defaults = FeatureOptions()
    left, right = st.columns(2)
    more = {"place": left, "help": _ENCODER_HELP, **KEPT}
    encoder = widgets.line("Sentence encoder", defaults.encoder, key="encoder", **more)
    more = {"format_func": lambda name: _MODELS[name], "key": "norm_source", "help": _SOURCE_HELP, **KEPT}
    model = source = right.selectbox("Gradient norms from", list(_MODELS), **more)
    if source == _OTHER:
        more = {"place": right, "placeholder": "name or folder", "help": _MODEL_HELP, **KEPT}
        model = widgets.line("Language model", key="norm_model", **more)
    loss, adapters, seed = defaults.loss, defaults.adapters, defaults.seed
    if source != NO_MODEL:
        first, second, third = st.columns([2, 2, 1])
        more = {"key": "norm_loss", "help": "The loss that is differentiated.", **KEPT}
        loss = first.selectbox("Loss", list(get_args(Loss)), format_func=lambda name: _LOSSES[name], **more)
        more = {"key": "norm_adapters", "help": "Parameters with respect to which the gradient is computed.", **KEPT}
        adapters = second.selectbox(
            "Adapters", list(get_args(Adapters)), format_func=lambda name: _ADAPTERS[name], **more
        )
        more = {"place": third, "help": "Random seed of the small models and the adapters.", **KEPT}
        seed = widgets.whole("Seed", 0, 2**31 - 1, 0, key="feature_seed", **more)
    # An empty name is refused here, where it is typed.
    return FeatureOptions(encoder=encoder, model=model or " ", loss=loss, adapters=adapters, seed=seed)


def _estimate(ref: DatasetRef, options: FeatureOptions) -> bool:
    """Show time and memory; whether the memory is there."""
    estimate = estimate_features(cache.dataset(ref), options)
    free = available_bytes()
    known = "" if free is None else f" of {text.memory(free)} available"
    st.markdown(
        f":material/timer: About **{text.duration(estimate.seconds)}** and "
        f"**{text.memory(estimate.memory_bytes)}**{known} memory."
    )
    st.caption(text.escape(estimate.basis))
    fits = free is None or estimate.memory_bytes <= free
    advice = "Choose a smaller encoder or model, or prepare a smaller sample of the data (Prepare / Dataset)."
    widgets.memory_warning(fits, advice)
    return fits


def precomputed(ref: DatasetRef) -> None:
    """Embeddings and gradient norms that were computed elsewhere."""
    if ref.name == state.DEMO:
        st.markdown("The shipped demo is not modified. Open a dataset of your own to upload features.")
        return
    st.markdown(
        f"One row per sample, in the order of the dataset: **{ref.counts['pool']:,}** pool and "
        f"**{ref.counts['validation']:,}** validation embeddings of equal dimension, and one gradient norm per pool "
        "sample. Files: .npy, .npz or .safetensors."
    )
    with st.form("precomputed", border=False):
        pool = st.file_uploader("Pool embeddings *", _ARRAYS, key="upload_pool")
        validation = st.file_uploader("Validation embeddings *", _ARRAYS, key="upload_validation")
        norms = st.file_uploader("Gradient norms (optional)", _ARRAYS, key="upload_norms")
        submitted = st.form_submit_button("Use these files", icon=":material/upload:", key="use_precomputed")
    if not submitted:
        return
    if pool is None or validation is None:
        st.warning("Upload the pool and the validation embeddings.", icon=":material/help:")
        return
    with guard.sentences("The upload"):
        _keep(ref, pool, validation, norms)
        st.rerun()


def _keep(ref: DatasetRef, pool: uploads.Upload, validation: uploads.Upload, norms: uploads.Upload | None) -> None:
    """Check the arrays and put them beside the dataset; the uploaded files are deleted in any case."""
    kept: list[Path] = []

    def path(file: uploads.Upload) -> Path:
        kept.append(uploads.keep([file], state.workspace()))
        return kept[-1]

    try:
        features = features_from_arrays(
            cache.dataset(ref),
            load_embeddings(path(pool)),
            load_embeddings(path(validation)),
            None if norms is None else load_gradient_norms(path(norms)),
        )
        save_features(features, ref.directory)
    finally:
        for file in kept:
            uploads.discard(file, state.workspace())
