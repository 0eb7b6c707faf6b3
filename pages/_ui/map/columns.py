"""What the samples on the map are colored and filtered by: one value per sample, sent to the browser when needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from goracs_core import glossary
from goracs_core.evaluation.neighbourhood import NEIGHBOURS, kept_neighbours
from goracs_core.evaluation.popularity_scale import CLASS_NAMES, UNKNOWN_CATEGORY, item_classes
from goracs_core.scores import PRUNED
from pages._ui import arrays, clusters, samples
from pages._ui.score_words import words

if TYPE_CHECKING:
    from goracs_core.evaluation.projection import Projection
    from goracs_core.types import FloatArray, IndexArray
    from pages._ui.arrays import Served
    from pages._ui.samples import View

CLUSTERS = 7  # as many as can be told apart by colour
MOST_NAMES = 500
UNKNOWN = 65_535  # the code of samples without a value
_QUANTILES = (0.01, 0.99)  # the ends of a colour scale, so that one outlier does not make all others look alike


@dataclass(frozen=True, eq=False)
class Column:
    """One value per sample.

    Args:
        values: Number or code per sample, pool first; shape [n + m]. NaN where there is none.
        names: Names of the codes, most frequent first; empty for numbers.
        scale: How numbers are colored: "linear", "log" (of 1 + value) or "time" (days since 1970).
    """

    values: FloatArray
    names: tuple[str, ...] = ()
    scale: str = "linear"

    def of(self, ids: IndexArray) -> FloatArray | list[str]:
        """What a table says of some samples: numbers, or names where the column has them."""
        values = self.values[ids]
        if not self.names:
            return values
        return [self.names[int(code)] if np.isfinite(code) else "" for code in values]


@dataclass(frozen=True)
class Kind:
    """A column that the map may offer.

    Args:
        title: With unit.
        help: Definition; plain text.
        make: Its values.
        offered: Whether this data and run have it.
        slow: Computed only when somebody asks for it.
        reverse: Dark stands for large values.
    """

    title: str
    help: str
    make: Callable[[View, Projection], Column]
    offered: Callable[[View], bool] = lambda seen: True
    slow: bool = False
    reverse: bool = False


def _both(seen: View, pool: Any, validation: Any) -> FloatArray:
    """Values of pool and validation laid out over all samples, NaN for what is None; shape [n + m]."""
    sizes = (seen.num_pool, len(seen.dataset.validation))
    parts = zip((pool, validation), sizes, strict=True)
    return np.concatenate([np.full(size, np.nan) if part is None else part for part, size in parts]).astype(np.float64)


def _of_items(seen: View, values: Any) -> FloatArray:
    return _both(seen, values[seen.dataset.pool.targets], values[seen.dataset.validation.targets])


def _distance(seen: View, place: Projection) -> Column:
    assert seen.run is not None
    covered = samples.coverage(seen.run)
    return Column(samples.per_sample(seen, covered.row_costs, covered.column_costs) * seen.distance_scale)


def _mass(seen: View, place: Projection) -> Column:
    assert seen.run is not None
    plan = seen.run.selection.plan
    of_rows = np.bincount(plan.rows, plan.mass, minlength=len(seen.run.selection.indices))
    of_columns = np.bincount(plan.columns, plan.mass, minlength=len(seen.dataset.validation))
    return Column(samples.per_sample(seen, of_rows, of_columns))


def _categories(seen: View, place: Projection) -> Column:
    names, codes = np.unique([name or UNKNOWN_CATEGORY for name in seen.dataset.items.categories], return_inverse=True)
    order = np.argsort(-np.bincount(codes[seen.dataset.pool.targets], minlength=len(names)), kind="stable")
    return _named(_of_items(seen, np.argsort(order)[codes]), tuple(str(names[one]) for one in order))


def _named(codes: FloatArray, names: tuple[str, ...]) -> Column:
    """Codes with names; what is rarer than the first few hundred is one group."""
    if len(names) > MOST_NAMES:
        codes, names = np.minimum(codes, MOST_NAMES - 1), (*names[: MOST_NAMES - 1], "all others")
    return Column(codes, names)


def _tier(seen: View, place: Projection) -> Column:
    return Column(_of_items(seen, item_classes(seen.dataset.items.popularity)), CLASS_NAMES)


def _days(seen: View, place: Projection) -> Column:
    pool, validation = seen.dataset.pool.times, seen.dataset.validation.times
    return Column(_both(seen, pool, validation) / 86_400, scale="time")


def _score(seen: View, place: Projection) -> Column:
    trace = None if seen.run is None else seen.run.selection.scores
    return Column(_both(seen, None if trace is None else trace.values, None))


def _stratum(seen: View, place: Projection) -> Column:
    trace = None if seen.run is None else seen.run.selection.scores
    strata = None if trace is None else np.where(trace.strata == PRUNED, np.nan, trace.strata)
    return Column(_both(seen, strata, None))


def _cluster(seen: View, place: Projection) -> Column:
    grouped = clusters.clusters(seen, CLUSTERS)
    return Column(_both(seen, grouped.pool, grouped.validation), grouped.names)


def _trust(seen: View, place: Projection) -> Column:
    values = np.concatenate([seen.features.pool.values, seen.features.validation.values])
    return Column(kept_neighbours(values, np.concatenate([place.pool, place.validation])))


def _has_strata(seen: View) -> bool:
    trace = None if seen.run is None else seen.run.selection.scores
    return trace is not None and len(trace.strata) > 0


def _brief(name: str) -> str:
    """Definition from the glossary as plain text."""
    return glossary.brief(name).replace("**", "")


KINDS: dict[str, Kind] = {
    "distance": Kind(
        "Transport distance",
        _brief("mean_distance"),
        _distance,
        offered=lambda seen: seen.run is not None,
        reverse=True,
    ),
    "popularity": Kind(
        "Popularity",
        "Training interactions of the target item",
        lambda seen, place: Column(_of_items(seen, seen.dataset.items.popularity), scale="log"),
    ),
    "norm": Kind(
        "Gradient norm",
        "Gradient norm of a pool sample, not scaled",
        lambda seen, place: Column(_both(seen, seen.norms, None)),
        offered=lambda seen: seen.norms is not None,
    ),
    "price": Kind(
        "Price",
        _brief("price"),
        lambda seen, place: Column(_both(seen, None, seen.prices)),
        offered=lambda seen: seen.prices is not None,
        reverse=True,
    ),
    "cluster": Kind("Cluster", "k-means of the embeddings, named by typical words", _cluster, slow=True),
    "category": Kind(
        "Category",
        "Category of the target item",
        _categories,
        offered=lambda seen: any(seen.dataset.items.categories),
    ),
    "tier": Kind(
        "Popularity class",
        "Head: the most popular items, which hold a fifth of all interactions; tail: the least popular ones likewise",
        _tier,
    ),
    "time": Kind(
        "Time", "Time of the target interaction", _days, offered=lambda seen: seen.dataset.pool.times is not None
    ),
    "label": Kind(
        "Label",
        "Whether the answer is yes or no",
        lambda seen, place: Column(
            _both(seen, seen.dataset.pool.labels, seen.dataset.validation.labels), names=("no", "yes")
        ),
        offered=lambda seen: seen.dataset.pool.labels is not None,
    ),
    "score": Kind(
        "Ranking score",
        "The score by which the method ranks pool samples",
        _score,
        offered=lambda seen: seen.run is not None and seen.run.selection.scores is not None,
    ),
    "stratum": Kind("Stratum", "Stratum of the ranking score; excluded samples have none", _stratum, _has_strata),
    "mass": Kind(
        "Mass",
        _brief("mass"),
        _mass,
        offered=lambda seen: seen.run is not None,
    ),
    "trust": Kind(
        "Trust in the map",
        f"Of the {NEIGHBOURS} nearest samples on the map, the share that is nearest in the embedding space, too",
        _trust,
        slow=True,
    ),
}


def title(key: str, seen: View) -> str:
    """Name of a column, with its unit."""
    trace = None if seen.run is None else seen.run.selection.scores
    return words(trace.ranked_by).title if key == "score" and trace is not None else KINDS[key].title


@dataclass(frozen=True, eq=False)
class Offer:
    """A column ready for the browser.

    Args:
        column: The values.
        served: Where the browser finds them.
        facts: How to read them: type, names, scale, ends of the colour scale.
    """

    column: Column
    served: Served
    facts: dict[str, Any]


def made(key: str, seen: View, place: Projection) -> Offer:
    """The values of a column; computed once per data, run and map."""
    run = "" if seen.run is None else f"{seen.run.id} {seen.run.fingerprint}"
    layout = f"{place.key} {place.method} {place.note}" if key == "trust" else ""
    return _made(key, seen.ref.fingerprint, seen.features.fingerprint, run, layout, seen, place)


@st.cache_resource(max_entries=64, show_spinner=False)
def _made(key: str, dataset: str, features: str, run: str, layout: str, _seen: View, _place: Projection) -> Offer:
    column = KINDS[key].make(_seen, _place)
    if column.names:
        codes = np.where(np.isnan(column.values), UNKNOWN, column.values).astype(np.uint16)
        return Offer(column, arrays.serve(codes), {"type": "codes", "names": list(column.names)})
    known = column.values[np.isfinite(column.values)]
    low, high = np.quantile(known, _QUANTILES) if len(known) else (0.0, 1.0)
    ends = {"low": float(low), "high": float(high), "least": float(known.min()) if len(known) else 0.0}
    ends |= {"most": float(known.max()) if len(known) else 1.0}
    return Offer(column, arrays.serve_numbers(column.values), {"type": "numbers", "scale": column.scale, **ends})


def manifest(seen: View, place: Projection, wanted: set[str]) -> list[dict[str, Any]]:
    """What the browser may color by, with the addresses of the columns; of slow ones only those that are wanted."""
    found = []
    for key, kind in KINDS.items():
        if kind.offered(seen):
            entry = {"key": key, "title": title(key, seen), "help": kind.help, "reverse": kind.reverse}
            if not kind.slow or key in wanted:
                offer = made(key, seen, place)
                entry |= {"address": offer.served.address, **offer.facts}
            found.append(entry)
    return found
