"""What the Embedding map page shows: the fixed coordinates, their colors, the figure, and the linked details.

The figure must not change between reruns, because it would lose the lasso; everything that a click changes is in the
fragment below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts import map as charts
from goracs_core.charts.map import MapFlows
from goracs_core.evaluation.projection import Projection, ProjectionMethod, pca_2d
from goracs_core.jobs.kinds import PROJECTION
from goracs_core.jobs.projection.job import find_projection, projection_directory
from goracs_core.transport.plan import top_flows
from pages._ui import blocks, guard, jobs, map_colors, sample_card, samples, second_run, selection, state, widgets
from pages._ui.samples import View
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

FLOWS = 300
SELECTED = "map_selected"
FRAGMENT = "map_details"
TABLE_ROWS = 2_000
METHODS = {ProjectionMethod.UMAP: "UMAP", ProjectionMethod.PCA: "PCA"}
_MAP_HELP = (
    "UMAP preserves neighborhoods and is computed once per dataset. PCA is available immediately and preserves large "
    "distances. Both are fitted on pool and validation together, so the positions are the same for all runs."
)
_UMAP_HELP = "Runs in the background, about one minute for 20,000 samples. It is needed once per dataset."


def projection(seen: View, method: ProjectionMethod) -> Projection | None:
    """The coordinates: PCA at once; UMAP when it was computed before, else None."""
    if method is ProjectionMethod.PCA:
        return _pca(seen.features.pool.fingerprint, seen.features.validation.fingerprint, seen)
    return _stored(seen)


@st.cache_resource(max_entries=4, show_spinner="Computing the principal components …")
def _pca(pool_fingerprint: str, validation_fingerprint: str, _seen: View) -> Projection:
    return pca_2d(_seen.features.pool, _seen.features.validation)


def _stored(seen: View) -> Projection | None:
    return _umap(seen.features.pool.fingerprint, seen.features.validation.fingerprint, _stamp(seen), seen)


def _stamp(seen: View) -> str:
    """Changes when a map appears in the dataset's folder or in the cache."""
    folders = (seen.ref.directory, projection_directory(state.workspace(), seed=0))
    files = [file for folder in folders for file in sorted(folder.rglob("[!.]*.npz"))]
    return ";".join(f"{file}:{file.stat().st_mtime_ns}" for file in files)


@st.cache_resource(max_entries=8, show_spinner="Loading the map …")
def _umap(pool_fingerprint: str, validation_fingerprint: str, stamp: str, _seen: View) -> Projection | None:
    return find_projection(_seen.ref.directory, state.workspace(), features=_seen.features)


def choose_projection(seen: View) -> Projection | None:
    """PCA or UMAP as chosen; None while UMAP is not there yet."""
    method = widgets.choice("Map", METHODS, key="map", format_func=METHODS.get, help=_MAP_HELP, **LINKED)
    return projection(seen, ProjectionMethod(method))


def await_umap(seen: View) -> Projection:
    """A button that starts UMAP, or its progress; and the PCA map meanwhile."""
    if jobs.watch(PROJECTION, dataset=seen.ref.directory):
        st.caption("The PCA map is shown until the UMAP map is ready.")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            icon = ":material/bubble_chart:"
            started = st.button("Compute the UMAP map", type="primary", icon=icon, help=_UMAP_HELP)
            st.caption("There is no UMAP map of this dataset yet; the PCA map is shown below.", width="stretch")
        if started:
            spec = {"dataset": str(seen.ref.directory), "method": "umap", "label": seen.ref.title}
            jobs.submit(PROJECTION, spec)
            st.rerun()
    return _pca(seen.features.pool.fingerprint, seen.features.validation.fingerprint, seen)


def figure(seen: View, second: Run | None, place: Projection, *, color: str, flows: bool, found: np.ndarray) -> None:
    """The map; a lasso, box or click selects samples for the details."""
    coresets = second_run.names(seen.run, second)
    n, m = seen.num_pool, len(seen.dataset.validation)
    place_key, runs = f"{place.key}-{place.method}-{place.note}", tuple((name, r.id) for name, r in coresets.items())
    keys = (place_key, seen.ref.fingerprint, runs, color, flows, found.tobytes())
    built, share = _figure(keys, seen, second, place, found)
    key = f"map_chart_{st.session_state.get('map_epoch', 0)}"
    drawn = charts.drawn_pool_rows(n, m, np.empty(0, np.int64))
    few = f" {len(drawn):,} of {n:,} pool samples are shown as points (a random sample with all selected ones), the "
    sampled = "" if len(drawn) == n else f"{few}others as shading."
    carried = f" Arrows: the {FLOWS} largest flows, {share:.0%} of the mass." if flows and share is not None else ""
    top = f"; {len(seen.run.selection.indices):,} selected samples on top." if seen.run else "."
    blocks.chart(
        built,
        key=key,
        alt=f"Map of {n:,} pool and {m:,} validation samples{top}",
        note=f"{place.note} Trustworthiness {place.trustworthiness:.2f}.{sampled}{carried}",
        on_select=selection.keeper(key, SELECTED, FRAGMENT),
    )


@st.cache_resource(max_entries=12, show_spinner="Drawing the map …")
def _figure(keys: tuple, _seen: View, _second: Run | None, _place: Projection, _found: np.ndarray) -> tuple:
    *_, color, flows, _ = keys
    arrows = None
    if flows and _seen.run is not None:
        flow = top_flows(_seen.run.selection.plan, FLOWS)
        arrows = MapFlows(flow.columns, _seen.run.selection.indices[flow.rows], flow.share)
    built = charts.embedding_map(
        _place,
        {name: run.selection.indices for name, run in second_run.names(_seen.run, _second).items()},
        color=map_colors.color(color, _seen, _second),
        flows=arrows,
        highlight=_found,
        titles=samples.titles(_seen),
    )
    return built, None if arrows is None else arrows.share


@st.fragment(key=FRAGMENT)
@guard.guarded
def details(seen: View, found: np.ndarray, num_found: int) -> None:
    """The selected (or found) samples as a table, and one of them in detail."""
    selected = [one for one in st.session_state.get(SELECTED) or [] if seen.exists(one)]
    listed = np.array(selected, dtype=np.int64) if selected else found
    total = seen.num_pool + len(seen.dataset.validation)
    with st.container(horizontal=True, vertical_alignment="center"):
        heading = f"Found {num_found:,} of {total:,}" if len(found) else "Nothing selected"
        heading = f"Selected {len(selected):,} of {total:,}" if selected else heading
        st.markdown(f"**{heading}**", width="content")
        icon, none = ":material/close:", not len(listed)
        st.button("Clear", icon=icon, type="tertiary", on_click=clear, disabled=none, key="map_clear")
    if not len(listed):
        if st.session_state.get("find", "").strip():
            st.info("No title contains all these words, and no sample has this id.", icon=":material/search_off:")
        st.caption("Draw a lasso or a box on the map, click a point, or search by title or id.")
        return
    left, right = st.columns([3, 2], gap="large")
    shown = listed[:TABLE_ROWS]
    with left:
        table, key = samples.table(seen, shown), f"map_table_{hash(shown.tobytes())}"
        picked = samples.pick(table, shown, key=key, alt="The selected samples", total=len(listed))
    with right, st.container(border=True):
        sample_card.show(seen, picked, key="map_card")


def clear() -> None:
    """Forget the selection and the search; a new figure drops the drawn lasso."""
    st.session_state[SELECTED] = []
    st.session_state["find"] = ""
    st.session_state["map_epoch"] = st.session_state.get("map_epoch", 0) + 1
    st.rerun()
