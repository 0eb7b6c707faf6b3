"""Clusters of the open dataset's samples: one clustering per dataset, shared by map and plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.evaluation.clusters import cluster_samples
from pages._ui import samples
from pages._ui.samples import View

if TYPE_CHECKING:
    from goracs_core.evaluation.clusters import Clusters

COUNTS = (12, 24, 40)
DEFAULT = 24


def clusters(seen: View, count: int = DEFAULT) -> Clusters:
    """The clustering; the same for every run on these features."""
    return _clusters(seen.features.fingerprint, seen.ref.fingerprint, count, seen)


@st.cache_resource(max_entries=8, show_spinner="Clustering the embeddings …")
def _clusters(features_fingerprint: str, dataset_fingerprint: str, count: int, _seen: View) -> Clusters:
    features, (pool, validation) = _seen.features, samples.titles(_seen)
    more = {"num_clusters": count, "pool_titles": pool, "validation_titles": validation}
    return cluster_samples(features.pool, features.validation, **more)
