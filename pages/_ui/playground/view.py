"""The playground's element with what it needs from the server: colours, and points of the open dataset on request."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from goracs_core.charts.palette import GRID, STYLES, Role
from goracs_core.evaluation.projection import pca_2d
from pages._ui import blocks, cache, guard, routes, samples, state
from pages._ui.frontend import element
from pages._ui.samples import View

KEY = "playground"
POOL_POINTS, VALIDATION_POINTS = 300, 80
# What the element calls the roles of the palette.
_ROLES = {
    "pool": Role.POOL,
    "validation": Role.VALIDATION,
    "coreset": Role.CORESET,
    "second": Role.SECOND_CORESET,
    "random": Role.RANDOM,
    "highlight": Role.HIGHLIGHT,
}


@st.fragment
@guard.guarded
def show() -> None:
    """The element. It asks for the open dataset's points when they are chosen; nothing else comes to the server.

    Where the address names these points already, they are sent at once.
    """
    ref = state.dataset()
    offers = ref is not None and cache.has_features(ref)
    wanted = st.query_params.get("points") == "own" or bool((st.session_state.get(KEY) or {}).get("own"))
    data: dict[str, Any] = {
        "colors": {name: STYLES[role].color for name, role in _ROLES.items()} | {"grid": GRID},
        "offers": offers,
        "own": own_points(samples.view(ref, None)) if ref is not None and offers and wanted else None,
        "embed": st.context.is_embedded,
    }
    element("playground")(key=KEY, data=data, default={"own": False}, on_own_change=lambda: None)
    if st.context.is_embedded or offers:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if ref is None:
            st.caption("To play with points of your own data, open a dataset.", width="content")
            blocks.demo_button()
        else:
            st.caption("To play with points of this dataset, compute its features.", width="content")
            blocks.link(routes.FEATURES, "Compute features")


def own_points(seen: View) -> dict[str, Any]:
    """At most 300 pool and 80 validation samples of a dataset, at random, on its first two principal components.

    Returns:
        Pool as [x, y, norm / largest norm], validation as [x, y], titles of both, a note on what they are, and a key
        that tells them from those of other data.
    """
    features = seen.features
    return _own_points(features.fingerprint, seen)


@st.cache_resource(max_entries=4, show_spinner=False)
def _own_points(fingerprint: str, _seen: View) -> dict[str, Any]:
    features = _seen.features
    projection = pca_2d(features.pool, features.validation)
    n, m = len(projection.pool), len(projection.validation)
    rng = np.random.default_rng(0)
    pool = np.sort(rng.choice(n, size=min(n, POOL_POINTS), replace=False))
    validation = np.sort(rng.choice(m, size=min(m, VALIDATION_POINTS), replace=False))
    norms = np.zeros(n) if _seen.norms is None else _seen.norms
    scaled = norms[pool] / (norms[pool].max() or 1.0)
    titles = samples.titles(_seen)
    unknown = "" if _seen.norms is not None else " No gradient norms are known: they count as 0."
    return {
        "key": fingerprint,
        "pool": np.column_stack([projection.pool[pool], scaled]).astype(float).tolist(),
        "validation": projection.validation[validation].astype(float).tolist(),
        "titles": {
            "pool": [titles[0][row] for row in pool.tolist()],
            "validation": [titles[1][row] for row in validation.tolist()],
        },
        "note": f"{_seen.ref.title}: {len(pool)} of {n:,} pool and {len(validation)} of {m:,} validation samples, "
        f"drawn at random (seed 0). {projection.note}{unknown}",
    }
