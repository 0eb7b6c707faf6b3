"""What methods other than GORACS will take: scores by a model first, then a choice. Rough, and said so."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

import goracs_core.methods as c
from goracs_core.methods import SelectionConfig
from goracs_core.scores import ScoreKind
from pages._ui import cache
from pages._ui.state import DatasetRef

# Measured on two cores with the demo; the order of magnitude is what counts.
_EPOCH = 4e-4  # training a surrogate, per pool sample and epoch
_USUAL_EPOCHS = 20  # after so many the validation NDCG has stopped rising, mostly
_INFLUENCE = 1.3e-3  # conjugate gradients and inner products, per pool sample
_RECURSION_STEP = 2e-3  # one random sample of the authors' recursion
_PRODUCT = 4e-11  # one multiplication of a large matrix product, memory included
_SCAN = 2e-10  # one multiplication where the whole pool is read for each sample taken
_HEAP = 5e-8  # facility location: one pool sample against one target


def score_seconds(config: SelectionConfig, ref: DatasetRef) -> float:
    """Seconds that making the needed scores takes when nothing of them is in the cache.

    Args:
        config: What is to be run.
        ref: The dataset, with features.
    """
    if not config.needed_scores:
        return 0.0
    if isinstance(config, c.DealRecConfig):
        n = ref.counts["pool"]
        solve = _RECURSION_STEP * config.recursion_steps if config.influence_solver == "recursion" else 0.0
        return n * (_EPOCH * min(config.surrogate_epochs, _USUAL_EPOCHS) + _INFLUENCE) + solve
    whole = _language_model_seconds(ref.fingerprint, cache.features(ref).fingerprint, ref)
    draws = config.draws if isinstance(config, c.GrandConfig) else 1
    if config.needed_scores[0] is ScoreKind.GRAND and not isinstance(config, c.GrandConfig):
        draws = c.GrandConfig.draws
    return whole * draws


@st.cache_resource(max_entries=16, show_spinner=False)
def _language_model_seconds(fingerprint: str, features_fingerprint: str, _ref: DatasetRef) -> float:
    """Getting the language model and one pass over the pool: what features cost beyond the embeddings."""
    from goracs_core.features.estimate import estimate_features
    from goracs_core.features.options import NO_MODEL, SMALL_MODEL, FeatureOptions

    dataset, meta = cache.dataset(_ref), cache.features(_ref).meta
    options = FeatureOptions.from_dict(meta.get("options", {}))
    if options.model.strip() == NO_MODEL:
        options = replace(options, model=SMALL_MODEL)
    without = replace(options, model=NO_MODEL)
    return estimate_features(dataset, options).seconds - estimate_features(dataset, without).seconds


def choice_seconds(config: SelectionConfig, num_pool: int, num_validation: int, width: int) -> float:
    """Seconds of the choice itself, beyond the exact transport of the result.

    Args:
        config: What is to be run.
        num_pool: Number of pool samples, n.
        num_validation: Number of validation samples, m.
        width: Numbers per embedding, d.
    """
    n, m, k = num_pool, num_validation, config.budget
    match config:
        case c.KCentreConfig() | c.HerdingConfig():
            return _SCAN * n * k * width
        case c.KMeansConfig():
            return _PRODUCT * n * k * width * config.passes
        case c.FacilityLocationConfig():
            targets = m if config.target == "validation" else n
            return (_PRODUCT * width + _HEAP) * n * targets
        case c.RoundRobinConfig():
            return (_PRODUCT * width + _HEAP) * n * m
        case c.D2Config():
            return _PRODUCT * n * n * width
        case c.ModerateConfig() | c.FdmatConfig():
            return _SCAN * n * width * 10
        case _:
            return 0.0
