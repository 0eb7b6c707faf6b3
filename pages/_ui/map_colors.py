"""Values by which the points of the embedding map can be colored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core import glossary
from goracs_core.charts.map import MapColor
from goracs_core.charts.palette import STYLES, Role
from goracs_core.scores import PRUNED
from pages._ui import clusters, samples
from pages._ui.samples import View
from pages._ui.score_words import words
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

MAP_CLUSTERS = 8  # as many as can be told apart by colour
HELP = (
    f"{glossary.brief('price')} Prices exist only for certified runs.  \n{glossary.brief('mean_distance')}  \n"
    "**Ranking score**, **stratum**: for methods that rank by a score; samples without a stratum were excluded.  \n"
    "**Membership**: in both coresets, in only one, or in neither (with a second run)."
)


def picker(seen: View, second: Run | None) -> str:
    """What the points are colored by: "role" or a key of COLORS."""
    offered = ["role", "popularity"]
    offered += ["category"] if any(seen.dataset.items.categories) else []
    offered += ["norm"] if seen.norms is not None else []
    offered += ["price"] if seen.prices is not None else []
    offered += ["distance"] if seen.run is not None else []
    trace = None if seen.run is None else seen.run.selection.scores
    offered += ["score"] if trace is not None else []
    offered += ["stratum"] if trace is not None and len(trace.strata) else []
    offered += ["cluster"] + (["membership"] if second is not None else [])

    def named(name: str) -> str:
        return "Role" if name == "role" else COLORS[name][0]

    chosen = st.selectbox("Color by", offered, key="color", format_func=named, help=HELP, **LINKED)
    return str(chosen) if chosen in offered else "role"


def color(name: str, seen: View, second: Run | None) -> MapColor | None:
    """The values behind a name; None for "role"."""
    return None if name == "role" else COLORS[name][1](seen, second)


def _popularity(seen: View, second: Run | None) -> MapColor:
    values = seen.dataset.items.popularity
    pool, validation = values[seen.dataset.pool.targets], values[seen.dataset.validation.targets]
    return MapColor("Popularity (interactions, log)", pool, validation, log=True)


def _category(seen: View, second: Run | None) -> MapColor:
    names, codes = np.unique([name or "(none)" for name in seen.dataset.items.categories], return_inverse=True)
    pool, validation = codes[seen.dataset.pool.targets], codes[seen.dataset.validation.targets]
    order = np.argsort(-np.bincount(pool, minlength=len(names)), kind="stable")
    rank = np.argsort(order)
    return MapColor("Category", rank[pool], rank[validation], tuple(str(names[i]) for i in order))


def _norms(seen: View, second: Run | None) -> MapColor:
    return MapColor("Gradient norm", seen.norms, None)


def _score(seen: View, second: Run | None) -> MapColor | None:
    """The ranking score; validation samples have none."""
    trace = None if seen.run is None else seen.run.selection.scores
    return None if trace is None else MapColor(words(trace.ranked_by).title, trace.values, None)


def _stratum(seen: View, second: Run | None) -> MapColor | None:
    """Strata of the ranking score; excluded samples have none."""
    trace = None if seen.run is None else seen.run.selection.scores
    if trace is None or not len(trace.strata):
        return None
    return MapColor("Stratum", np.where(trace.strata == PRUNED, np.nan, trace.strata).astype(np.float64), None)


def _cluster(seen: View, second: Run | None) -> MapColor:
    grouped = clusters.clusters(seen, MAP_CLUSTERS)
    return MapColor("Cluster", grouped.pool, grouped.validation, grouped.names)


def _price(seen: View, second: Run | None) -> MapColor | None:
    """The certificate's prices of the validation samples; the pool has none."""
    return None if seen.prices is None else MapColor("Price (in units of d / max d)", None, seen.prices)


def _distance(seen: View, second: Run | None) -> MapColor | None:
    if seen.run is None:
        return None
    covered = samples.coverage(seen.run)
    values = samples.per_sample(seen, covered.row_costs, covered.column_costs) * seen.distance_scale
    return MapColor("Mean distance to partners", values[: seen.num_pool], values[seen.num_pool :])


def _membership(seen: View, second: Run | None) -> MapColor | None:
    if seen.run is None or second is None:
        return None
    mine, theirs = (np.isin(np.arange(seen.num_pool), run.selection.indices) for run in (seen.run, second))
    codes = np.select([mine & theirs, mine, theirs], [1, 2, 3], default=0)
    looks = (Role.POOL, Role.HIGHLIGHT, Role.CORESET, Role.SECOND_CORESET)
    names = ("in neither", "in both", "only in A", "only in B")
    return MapColor("Membership", codes, None, names, colors=tuple(STYLES[role].color for role in looks))


COLORS: dict[str, tuple[str, Callable[[View, Run | None], MapColor | None]]] = {
    "popularity": ("Popularity", _popularity),
    "category": ("Category", _category),
    "norm": ("Gradient norm", _norms),
    "price": ("Price", _price),
    "distance": ("Distance to partners", _distance),
    "score": ("Ranking score", _score),
    "stratum": ("Stratum", _stratum),
    "cluster": ("Cluster", _cluster),
    "membership": ("Membership", _membership),
}
