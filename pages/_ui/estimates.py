"""The estimate of a selection on a dataset of the workspace, from cached sizes."""

from __future__ import annotations

import streamlit as st

from goracs_core.estimate import Estimate
from goracs_core.features.estimate import model_pass_seconds
from goracs_core.features.options import FeatureOptions
from goracs_core.jobs.select.estimate import estimate_selection, needs_model
from goracs_core.jobs.select.estimate import score_seconds as seconds_of_scores
from goracs_core.jobs.select.run import RunSummary
from goracs_core.methods import SelectionConfig
from goracs_core.methods.cost import Sizes
from pages._ui import cache
from pages._ui.state import DatasetRef


def selection(ref: DatasetRef, config: SelectionConfig, runs: tuple[RunSummary, ...], *, width: int) -> Estimate:
    """Estimate from an earlier run of the same solver on this data, or else from the sizes alone.

    Args:
        ref: The dataset.
        config: What is to be run.
        runs: Finished runs on this dataset.
        width: Numbers per embedding.
    """
    return estimate_selection(config, _sizes(ref, width), runs=runs, model_pass=_pass_seconds(config, ref))


def score_seconds(config: SelectionConfig, ref: DatasetRef, *, width: int) -> float:
    """Seconds that making the needed scores takes when nothing of them is in the cache."""
    return seconds_of_scores(config, _sizes(ref, width), _pass_seconds(config, ref))


def _sizes(ref: DatasetRef, width: int) -> Sizes:
    return Sizes(ref.counts["pool"], ref.counts["validation"], width)


def _pass_seconds(config: SelectionConfig, ref: DatasetRef) -> float:
    if not needs_model(config):
        return 0.0
    return _model_pass_seconds(ref.fingerprint, cache.features(ref).fingerprint, ref)


@st.cache_resource(max_entries=16, show_spinner=False)
def _model_pass_seconds(fingerprint: str, features_fingerprint: str, _ref: DatasetRef) -> float:
    options = FeatureOptions.from_dict(cache.features(_ref).meta.get("options", {}))
    return model_pass_seconds(cache.dataset(_ref), options)
