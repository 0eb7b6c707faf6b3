"""What the Embedding map page shows: the fixed coordinates, the map as an element of the browser, and a sample's card.

The browser gets coordinates and values by their own addresses (`pages._ui.arrays`) and keeps them; a rerun of the page
tells it addresses only. What it tells back is small: the coloring, the clicked sample, slow columns that it wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.evaluation.projection import Projection, ProjectionMethod, pca_2d
from goracs_core.jobs.kinds import PROJECTION
from goracs_core.jobs.projection.job import find_projection, projection_directory
from pages._ui import frontend, guard, jobs, sample_card, state, widgets
from pages._ui.map import columns, data
from pages._ui.samples import View
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

METHODS = {ProjectionMethod.UMAP: "UMAP", ProjectionMethod.PCA: "PCA"}
COLOR, SAMPLE = "color", "sample"  # in the address, too
ROLE = "role"
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
    look = {"label_visibility": "collapsed", "width": "content", "help": _MAP_HELP}
    method = widgets.choice("Map", METHODS, key="map", format_func=METHODS.get, **look, **LINKED)
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


@st.fragment
@guard.guarded
def show(seen: View, second: Run | None, place: Projection) -> None:
    """The map with its panel, and the card of the clicked sample."""
    key = f"embedding_map_{seen.ref.fingerprint[:8]}"
    told: dict[str, Any] = dict(st.session_state.get(key) or {})
    color, sample = _color(seen, told), _sample(seen, told)
    wanted = {color, *(one for one in told.get("wanted") or [] if one in columns.KINDS)}
    content = data.manifest(seen, second, place, wanted=wanted, sample=sample)

    def keep(name: str) -> Any:
        return lambda: _link(name, dict(st.session_state.get(key) or {}).get(name))

    frontend.element("map")(
        key=key,
        data=content | {"color": color, "sample": sample},
        default={"color": color, "sample": sample, "wanted": []},
        on_color_change=keep(COLOR),
        on_sample_change=keep(SAMPLE),
        on_wanted_change=lambda: None,
        on_stale_change=lambda: None,
    )
    if sample is not None:
        with st.container(border=True):
            sample_card.show(seen, sample, key="map_card")
    st.caption(
        f"{place.note} Trustworthiness {place.trustworthiness:.2f}. Selections, filters and files use all samples, "
        "also where the browser draws only some of the pool as dots."
    )


def _link(name: str, value: Any) -> None:
    """Keep in the address what the browser tells."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value)


def _color(seen: View, told: dict[str, Any]) -> str:
    """What colors the map: as chosen, else as in the address (a key or a title), else the coverage."""
    offered = {key: key for key, kind in columns.KINDS.items() if kind.offered(seen)}
    named = {columns.KINDS[key].title.casefold(): key for key in offered} | offered | {ROLE: ROLE}
    for given in (told.get(COLOR), st.query_params.get(COLOR)):
        if str(given).casefold() in named:
            return named[str(given).casefold()]
    return "distance" if seen.run is not None else ROLE


def _sample(seen: View, told: dict[str, Any]) -> int | None:
    """The clicked sample, or the one in the address; None without one that exists."""
    given = told[SAMPLE] if SAMPLE in told else st.query_params.get(SAMPLE)
    text = str(given)
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        return None
    return int(text) if seen.exists(int(text)) else None
