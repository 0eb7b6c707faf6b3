"""What the browser is told about the map: addresses of arrays, and the few numbers that fit beside them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts.palette import CATEGORIES, CIVIDIS, STYLES, Role
from goracs_core.data.sample_set import sample_set
from goracs_core.evaluation.coverage import entry_costs
from goracs_core.evaluation.density import Density, density, missing
from goracs_core.evaluation.map_labels import map_labels
from goracs_core.evaluation.neighbourhood import neighbour_lists
from goracs_core.evaluation.overlap import jaccard
from goracs_core.features.neighbours import nearest_neighbours
from goracs_core.types import fingerprint
from pages._ui import arrays, samples, second_run
from pages._ui.map import columns, export

if TYPE_CHECKING:
    from goracs_core.evaluation.projection import Projection
    from goracs_core.jobs.select.run import Run
    from goracs_core.types import IndexArray
    from pages._ui.arrays import Served
    from pages._ui.samples import View

NEIGHBOURS = 8
WORST = 10
_ROLES = (Role.POOL, Role.VALIDATION, Role.CORESET, Role.SECOND_CORESET, Role.HIGHLIGHT)
_COLORS = {
    "roles": {role.name.lower(): STYLES[role].color for role in _ROLES},
    "categories": list(CATEGORIES),
    "numbers": list(CIVIDIS),
}


@dataclass(frozen=True, eq=False)
class Part:
    """Some of what the browser is told, and the values whose addresses it holds.

    Args:
        facts: Goes to the browser with each run of the page.
        held: Offered as long as this is held.
    """

    facts: dict[str, Any]
    held: tuple[Any, ...]


def place_key(place: Projection) -> str:
    """Identifies the coordinates."""
    return f"{place.key} {place.method} {place.note}"


def _contours(one: Density) -> tuple[dict[str, Any], Served]:
    served = arrays.serve_numbers(one.values)
    side = one.values.shape[0]
    facts = {"address": served.address, "side": side, "low": one.low, "width": one.width, "levels": one.levels}
    return facts, served


def _points(place: Projection) -> np.ndarray:
    return np.concatenate([place.pool, place.validation])  # [n + m, 2]


def _targets(seen: View) -> IndexArray:
    return np.concatenate([seen.dataset.pool.targets, seen.dataset.validation.targets])  # [n + m]


@st.cache_resource(max_entries=6, show_spinner="Preparing the map …")
def _samples(dataset: str, coordinates: str, _seen: View, _place: Projection) -> Part:
    """Where the samples lie, and what they are called."""
    items, points = _seen.dataset.items, _points(_place)
    targets = _targets(_seen)
    places = arrays.serve_numbers(points.T)
    of_items = arrays.serve(targets.astype(np.int32))
    texts = arrays.serve_json({"titles": items.titles, "categories": items.categories if any(items.categories) else ()})
    ids = arrays.serve_json([*_seen.dataset.pool.ids, *_seen.dataset.validation.ids])
    contours, grid = _contours(density(_place.pool, points))
    facts = {
        "key": fingerprint(dataset, coordinates),
        "pool": len(_place.pool),
        "validation": len(_place.validation),
        "places": places.address,
        "targets": of_items.address,
        "items": texts.address,
        "ids": ids.address,
        "density": contours,
        "labels": [asdict(label) for label in map_labels(points, targets, items.titles)],
    }
    return Part(facts, (places, of_items, texts, ids, grid))


@st.cache_resource(max_entries=16, show_spinner=False)
def _coreset(run: str, selection: str, coordinates: str, _seen: View, _place: Projection) -> Part:
    """The chosen rows, the plan's entries, and where the coreset is missing."""
    assert _seen.run is not None
    chosen, plan = _seen.run.selection, _seen.run.selection.plan
    distances = entry_costs(plan, plan.rows, plan.columns) * _seen.distance_scale
    rows = arrays.serve(chosen.indices.astype(np.int32))
    ends = arrays.serve(np.stack([chosen.indices[plan.rows], plan.columns + _seen.num_pool]).astype(np.int32))
    amounts = arrays.serve_numbers(np.stack([plan.mass, distances]))
    gap = missing(_place.validation, _place.pool[chosen.indices], _points(_place))
    contours, grid = _contours(gap)
    facts = {
        "rows": rows.address,
        "chosen": len(chosen.indices),
        "flows": {"ends": ends.address, "amounts": amounts.address, "count": len(plan.mass)},
        "missing": {**contours, "share": float(np.maximum(gap.values, 0).sum())},
        "worst": (samples.coverage(_seen.run).worst_columns(WORST) + _seen.num_pool).tolist(),
    }
    return Part(facts, (rows, ends, amounts, grid))


@st.cache_resource(max_entries=16, show_spinner=False)
def _rows(run: str, selection: str, _run: Run) -> Part:
    rows = arrays.serve(_run.selection.indices.astype(np.int32))
    return Part({"rows": rows.address, "chosen": len(_run.selection.indices)}, (rows,))


@st.cache_resource(max_entries=16, show_spinner=False)
def _exporter(name: str, _seen: View, _place: Projection) -> export.Exporter:
    points, pool, validation = _points(_place), _seen.dataset.pool, _seen.dataset.validation
    chosen, targets = samples.chosen_mask(_seen), _targets(_seen)
    kinds = [key for key, kind in columns.KINDS.items() if kind.offered(_seen) and not kind.slow]
    offers = {columns.title(key, _seen): columns.made(key, _seen, _place).column for key in kinds}

    def table(ids: IndexArray) -> pd.DataFrame:
        of_pool = ids < _seen.num_pool
        rows = np.where(of_pool, ids, ids - _seen.num_pool)
        found: dict[str, Any] = {
            "set": np.where(of_pool, np.where(chosen[ids], "coreset", "pool"), "validation"),
            "row": rows,
            "id": [(pool if inside else validation).ids[row] for inside, row in zip(of_pool, rows, strict=True)],
            "title": [_seen.dataset.items.titles[target] for target in targets[ids]],
            "x": points[ids, 0],
            "y": points[ids, 1],
        }
        return pd.DataFrame(found | {name: column.of(ids) for name, column in offers.items()})

    def details(ids: IndexArray) -> pd.DataFrame:
        parts = [_seen.part(int(sample)) for sample in ids]
        found: dict[str, Any] = {"text": [f"{part.prompts[row]}\n{part.answers[row]}" for part, row in parts]}
        values = np.concatenate([_seen.features.pool.values, _seen.features.validation.values])[ids]
        near = neighbour_lists(values)
        return pd.DataFrame(found if near is None else found | {"neighbors": near})

    def named_set(ids: IndexArray, name: str) -> bytes:
        return sample_set(_seen.dataset, ids, name)

    return export.offer(export.Exporter(name, len(points), table, details, named_set))


def _near(seen: View, sample: int | None) -> dict[str, Any] | None:
    """The samples of the same set that are nearest to a sample in the embedding space."""
    if sample is None or not seen.exists(sample):
        return None
    of_pool = sample < seen.num_pool
    offset = 0 if of_pool else seen.num_pool
    embeddings = seen.features.pool if of_pool else seen.features.validation
    near = nearest_neighbours(embeddings, sample - offset, NEIGHBOURS)
    return {"sample": sample, "ids": (near.rows + offset).tolist(), "distances": near.distances.tolist()}


def manifest(
    seen: View, second: Run | None, place: Projection, *, wanted: set[str], sample: int | None
) -> dict[str, Any]:
    """Everything that the browser is told.

    Args:
        seen: Dataset, features and run.
        second: A run to compare with.
        place: Where the samples lie.
        wanted: Slow columns that somebody has asked for.
        sample: Whose neighbours are asked for.
    """
    coordinates = place_key(place)
    facts = dict(_samples(seen.ref.fingerprint, coordinates, seen, place).facts)
    run = "" if seen.run is None else f"{seen.run.id} {seen.run.fingerprint}"
    runs = []
    for name, one in second_run.names(seen.run, second).items():
        more = _coreset(one.id, one.fingerprint, coordinates, seen, place) if one is seen.run else None
        part = _rows(one.id, one.fingerprint, one) if more is None else more
        runs.append({"name": name, **part.facts})
    if seen.run is not None and second is not None:
        facts["jaccard"] = jaccard(seen.run.selection.indices, second.selection.indices)
    exporter = _exporter(fingerprint(seen.ref.fingerprint, seen.features.fingerprint, run, coordinates), seen, place)
    return facts | {
        "runs": runs,
        "columns": columns.manifest(seen, place, wanted),
        "near": _near(seen, sample),
        "export": exporter.address,
        "trustworthiness": place.trustworthiness,
        "note": place.note,
        "colors": _COLORS,
    }
