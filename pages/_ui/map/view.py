"""What the Embedding map page shows: the fixed coordinates, what colours them, the figure, and the linked details.

The figure people lasso on must not change between reruns (it would lose the selection), so everything that a click
changes is in the fragment beneath it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts import map as charts
from goracs_core.charts.map import MapFlows
from goracs_core.evaluation.projection import Projection, ProjectionMethod
from goracs_core.jobs.kinds import PROJECTION
from pages._ui import blocks, guard, jobs, map_colors, sample_card, samples, second_run, selection, state
from pages._ui.samples import View

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

FLOWS = 300
SELECTED = "map_selected"
FRAGMENT = "map_details"
TABLE_ROWS = 2_000
METHODS = {ProjectionMethod.UMAP: "UMAP", ProjectionMethod.PCA: "PCA"}


def projection(seen: View, method: ProjectionMethod) -> Projection | None:
    """The coordinates: PCA at once; UMAP when it was laid out before, else None."""
    if method is ProjectionMethod.PCA:
        return _pca(seen.features.pool.fingerprint, seen.features.validation.fingerprint, seen)
    return _stored(seen)


@st.cache_resource(max_entries=4, show_spinner="Computing the principal components …")
def _pca(pool_fingerprint: str, validation_fingerprint: str, _seen: View) -> Projection:
    from goracs_core.evaluation.projection import pca_2d

    return pca_2d(_seen.features.pool, _seen.features.validation)


def _stored(seen: View) -> Projection | None:
    return _umap(seen.features.pool.fingerprint, seen.features.validation.fingerprint, _stamp(seen), seen)


def _stamp(seen: View) -> str:
    """Changes when a map appears in the dataset's folder or in the cache."""
    from goracs_core.jobs.projection.job import projection_directory

    folders = (seen.ref.directory, projection_directory(state.workspace(), seed=0))
    return ";".join(
        f"{file}:{file.stat().st_mtime_ns}" for folder in folders for file in sorted(folder.rglob("[!.]*.npz"))
    )


@st.cache_resource(max_entries=8, show_spinner="Loading the map …")
def _umap(pool_fingerprint: str, validation_fingerprint: str, stamp: str, _seen: View) -> Projection | None:
    from goracs_core.jobs.projection.job import find_projection

    return find_projection(_seen.ref.directory, state.workspace(), features=_seen.features)


def choose_projection(seen: View) -> Projection | None:
    """PCA or UMAP as chosen; None while UMAP is not there yet."""
    method = st.segmented_control(
        "Map", list(METHODS), default=ProjectionMethod.UMAP, required=True, key="map", bind="query-params",
        format_func=lambda name: METHODS[name],
        help=
            "UMAP preserves neighborhoods and is computed once per dataset. PCA is available immediately and "
            "preserves large distances. Both are fitted on pool and validation together, so the positions are the "
            "same for all runs.",
    )  # fmt: skip
    return projection(seen, ProjectionMethod(method or ProjectionMethod.PCA))


def await_umap(seen: View) -> Projection:
    """A button that starts UMAP, or its progress; and the PCA map meanwhile."""
    if jobs.watch(PROJECTION, dataset=seen.ref.directory):
        st.caption("The PCA map is shown until the UMAP map is ready.")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            started = st.button("Compute the UMAP map", type="primary", icon=":material/bubble_chart:", help=(
                "Runs in the background, about one minute for 20,000 samples. The result is stored, so this is "
                "needed only once per dataset."))  # fmt: skip
            st.caption("There is no UMAP map of this dataset yet; the PCA map is shown below.", width="stretch")
        if started:
            spec = {"dataset": str(seen.ref.directory), "method": "umap", "label": seen.ref.title}
            jobs.submit(PROJECTION, spec)
            st.rerun()
    return _pca(seen.features.pool.fingerprint, seen.features.validation.fingerprint, seen)


def figure(seen: View, second: Run | None, place: Projection, *, color: str, flows: bool, found: np.ndarray) -> None:
    """The map; lasso, box and click go to the details."""
    coresets = second_run.names(seen.run, second)
    built, share = _figure(
        f"{place.key}-{place.method}-{place.note}", seen.ref.fingerprint, tuple((n, r.id) for n, r in coresets.items()),
        color, flows, found.tobytes(), seen, second, place, found,
    )  # fmt: skip
    key = f"map_chart_{st.session_state.get('map_epoch', 0)}"
    drawn = charts.drawn_pool_rows(seen.num_pool, len(seen.dataset.validation), np.empty(0, np.int64))
    sampled = "" if len(drawn) == seen.num_pool else (
        f" {len(drawn):,} of {seen.num_pool:,} pool samples are drawn as points (a seeded random sample that "
        "includes all selected ones), the others as shading.")  # fmt: skip
    carried = f" Arrows: the {FLOWS} largest flows, {share:.0%} of the mass." if flows and share is not None else ""
    blocks.chart(
        built, key=key, on_select=selection.keeper(key, SELECTED, FRAGMENT),
        alt=f"Map of {seen.num_pool:,} pool and {len(seen.dataset.validation):,} validation samples"
        + (f"; {len(seen.run.selection.indices):,} selected samples on top." if seen.run else "."),
        note=f"{place.note} Trustworthiness {place.trustworthiness:.2f}.{sampled}{carried}",
    )  # fmt: skip


@st.cache_resource(max_entries=12, show_spinner="Drawing the map …")
def _figure(
    place_key: str, fingerprint: str, runs: tuple, color: str, flows: bool, found_bytes: bytes,
    _seen: View, _second: Run | None, _place: Projection, _found: np.ndarray,
) -> tuple:  # fmt: skip
    arrows = None
    if flows and _seen.run is not None:
        from goracs_core.transport.plan import top_flows

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
    """The selected (or found) samples as a table, and one of them looked at closely."""
    selected = [one for one in st.session_state.get(SELECTED) or [] if seen.exists(one)]
    listed = np.array(selected, dtype=np.int64) if selected else found
    total = seen.num_pool + len(seen.dataset.validation)
    with st.container(horizontal=True, vertical_alignment="center"):
        if selected:
            st.markdown(f"**Selected {len(selected):,} of {total:,}**", width="content")
        elif len(found):
            st.markdown(f"**Found {num_found:,} of {total:,}**", width="content")
        else:
            st.markdown("**Nothing selected**", width="content")
        st.button(
            "Clear", icon=":material/close:", type="tertiary", on_click=clear, disabled=not selected and not len(found),
            key="map_clear",
        )  # fmt: skip
    if not len(listed):
        if st.session_state.get("find", "").strip():
            st.info("No title contains all these words, and no sample has this id.", icon=":material/search_off:")
        st.caption("Draw a lasso or a box on the map, click a point, or search by title or id.")
        return
    left, right = st.columns([3, 2], gap="large")
    shown = listed[:TABLE_ROWS]
    with left:
        event = st.dataframe(
            samples.table(seen, shown), hide_index=True, height=460, on_select="rerun", selection_mode="single-row",
            key=f"map_table_{hash(shown.tobytes())}", column_config=samples.COLUMNS, alt="The selected samples",
        )  # fmt: skip
        rest = "" if len(shown) == len(listed) else f" The first {len(shown):,} of {len(listed):,} are listed."
        st.caption(f"Select a row to show its details on the right.{rest}")
    row = selection.picked_row(event)
    with right, st.container(border=True):
        sample_card.show(seen, int(shown[row if row is not None and row < len(shown) else 0]), key="map_card")


def clear() -> None:
    """Forget the selection and the search; a new figure drops the drawn lasso."""
    st.session_state[SELECTED] = []
    st.session_state["find"] = ""
    st.session_state["map_epoch"] = st.session_state.get("map_epoch", 0) + 1
    st.rerun()
