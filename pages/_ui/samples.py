"""Samples on the pages: found by title or id, listed in tables, picked one by one.

A sample is known by one whole number: its pool row, or the number of pool samples plus its validation row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.evaluation.coverage import coverage as plan_coverage
from pages._ui import cache, columns, selection, widgets
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset, Samples
    from goracs_core.evaluation.coverage import Coverage
    from goracs_core.features.value import Features
    from goracs_core.jobs.select.run import Run
    from goracs_core.types import BoolArray, FloatArray, IndexArray

FOUND_LIMIT = 200


@dataclass(frozen=True, eq=False)
class View:
    """One dataset with its features, seen through a run where one is open."""

    ref: DatasetRef
    dataset: Dataset
    features: Features
    run: Run | None

    @property
    def num_pool(self) -> int:
        """Pool samples (n): ids from here on are validation samples."""
        return len(self.dataset.pool)

    def part(self, sample: int) -> tuple[Samples, int]:
        """The samples that `sample` belongs to and its row there."""
        of_pool = sample < self.num_pool
        return (self.dataset.pool, sample) if of_pool else (self.dataset.validation, sample - self.num_pool)

    def title(self, sample: int) -> str:
        """Title of the sample's target item."""
        samples, row = self.part(sample)
        return self.dataset.items.titles[int(samples.targets[row])]

    def exists(self, sample: int | None) -> bool:
        """Whether `sample` is a sample of this dataset."""
        return sample is not None and 0 <= sample < self.num_pool + len(self.dataset.validation)

    @property
    def distance_scale(self) -> float:
        """max(d): what the plan's scaled distances are multiplied by."""
        return float(self.run.metrics["distance_scale"]) if self.run is not None else 1.0

    @property
    def norms(self) -> FloatArray | None:
        """Gradient norm per pool sample, or None where none were computed; shape [n]."""
        known = self.features.gradient_norms
        return None if known is None else known.values

    @property
    def prices(self) -> FloatArray | None:
        """Price per validation sample in the run's proof, in units of d / max(d); None without a proof; shape [m]."""
        certificate = None if self.run is None else self.run.selection.certificate
        return None if certificate is None else certificate.prices

    def position(self, sample: int) -> int | None:
        """Place of a pool sample in the coreset, 0-based, or None."""
        if self.run is None or sample >= self.num_pool:
            return None
        found = np.flatnonzero(self.run.selection.indices == sample)
        return int(found[0]) if len(found) else None


def view(ref: DatasetRef, run: Run | None) -> View:
    """Everything about the open dataset and run."""
    return View(ref, cache.dataset(ref), cache.features(ref), run)


def coverage(run: Run) -> Coverage:
    """Costs and partners of each sample in the run's plan."""
    return _coverage(run.id, run.fingerprint, run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _coverage(run_id: str, fingerprint: str, _run: Run) -> Coverage:
    return plan_coverage(_run.selection.plan)


def titles(seen: View) -> tuple[list[str], list[str]]:
    """Title of the target per pool and per validation sample."""
    return _titles(seen.ref.fingerprint, seen)


@st.cache_resource(max_entries=4, show_spinner=False)
def _titles(fingerprint: str, _seen: View) -> tuple[list[str], list[str]]:
    names = _seen.dataset.items.titles
    pool, validation = (part.targets.tolist() for part in (_seen.dataset.pool, _seen.dataset.validation))
    return [names[target] for target in pool], [names[target] for target in validation]


def find(seen: View, query: str, *, limit: int = FOUND_LIMIT) -> tuple[IndexArray, int]:
    """Samples with every word of `query` in their title, or `query` as id: at most `limit`, and how many there are."""
    wanted = query.strip().casefold()
    if not wanted:
        return np.empty(0, np.int64), 0
    folded, ids = _search_index(seen.ref.fingerprint, seen)
    words = wanted.split()
    hits = [n for n, title in enumerate(folded) if ids[n] == wanted or all(word in title for word in words)]
    return np.array(hits[:limit], dtype=np.int64), len(hits)


@st.cache_resource(max_entries=4, show_spinner=False)
def _search_index(fingerprint: str, _seen: View) -> tuple[list[str], list[str]]:
    pool, validation = titles(_seen)
    ids = (*_seen.dataset.pool.ids, *_seen.dataset.validation.ids)
    return [title.casefold() for title in (*pool, *validation)], [one.casefold() for one in ids]


def chosen_mask(seen: View) -> BoolArray:
    """Whether each sample (pool, then validation) is in the coreset; shape [n + m]."""
    mask = np.zeros(seen.num_pool + len(seen.dataset.validation), dtype=bool)
    if seen.run is not None:
        mask[seen.run.selection.indices] = True
    return mask


def per_sample(seen: View, of_rows: FloatArray | IndexArray, of_columns: FloatArray | IndexArray) -> FloatArray:
    """A number of the plan's rows and columns laid out over all samples; NaN where there is none; shape [n + m]."""
    values = np.full(seen.num_pool + len(seen.dataset.validation), np.nan)
    if seen.run is not None:
        values[seen.run.selection.indices] = of_rows
    values[seen.num_pool :] = of_columns
    return values


PRICE_HELP = glossary.tooltip("price")
COLUMNS: dict[str, Any] = {
    "Title": columns.TITLE,
    "Popularity": columns.POPULARITY,
    "Gradient norm": columns.NORM,
    "Mass": columns.number(format="%.5f", help=glossary.tooltip("mass")),
    "Partners": columns.number(help=glossary.tooltip("partners")),
    "Mean distance": columns.number(format="%.4f", help=glossary.tooltip("mean_distance")),
    "Price": columns.number(format="%.4f", help=PRICE_HELP),
    "Distance": columns.number(format="%.4f", help=glossary.tooltip("distance")),
}


def table(seen: View, samples: Sequence[int] | IndexArray) -> pd.DataFrame:
    """The samples as a table, one row each, in the order given; without the columns that one of them has no value for.

    Prices are those of validation samples, gradient norms those of pool samples, mass and partners those of samples in
    the plan.
    """
    picked = np.asarray(samples, dtype=np.int64)
    pool, validation = seen.dataset.pool, seen.dataset.validation
    targets = np.concatenate([pool.targets, validation.targets])[picked]
    items = seen.dataset.items
    chosen = chosen_mask(seen)[picked]
    found: dict[str, Any] = {
        "Part": np.where(picked >= seen.num_pool, "validation", np.where(chosen, "coreset", "pool")),
        "Title": [items.titles[int(target)] for target in targets],
    }
    if any(items.categories):
        found["Category"] = [items.categories[int(target)] for target in targets]
    found["Popularity"] = items.popularity[targets]
    if seen.norms is not None:
        found["Gradient norm"] = np.append(seen.norms, np.full(len(validation), np.nan))[picked]
    if seen.run is not None:
        plan, covered = seen.run.selection.plan, coverage(seen.run)
        of_rows = np.bincount(plan.rows, plan.mass, minlength=len(seen.run.selection.indices))
        of_columns = np.bincount(plan.columns, plan.mass, minlength=len(validation))
        found["Mass"] = per_sample(seen, of_rows, of_columns)[picked]
        found["Partners"] = per_sample(seen, covered.row_partners, covered.column_partners)[picked]
        distances = per_sample(seen, covered.row_costs, covered.column_costs) * seen.distance_scale
        found["Mean distance"] = distances[picked]
    if seen.prices is not None:
        found["Price"] = np.append(np.full(seen.num_pool, np.nan), seen.prices)[picked]
    parts = [seen.part(int(sample)) for sample in picked]
    found |= {"Row": [row for _, row in parts], "Id": [part.ids[row] for part, row in parts]}
    return pd.DataFrame(found).dropna(axis="columns")


def pick(
    listed: pd.DataFrame,
    shown: IndexArray,
    *,
    key: str,
    alt: str,
    total: int,
    columns: dict[str, Any] | None = None,
    height: int = 460,
    where: str = "on the right",
    **more: Any,
) -> int:
    """A table of samples in which one is selected; the first one until then.

    Args:
        listed: The table, one row per sample.
        shown: The samples; shape [rows].
        key: Of the table.
        alt: What it shows.
        total: How many samples there are, where not all are listed.
        columns: Words and format of its columns.
        height: In pixels.
        where: Where the details of the selected one are.
        **more: As for `st.dataframe`.
    """
    more = {"on_select": "rerun", **more, "height": height, "selection_mode": "single-row"}
    event = widgets.table(listed, key=key, alt=alt, columns=COLUMNS if columns is None else columns, **more)
    rest = "" if len(shown) == total else f" The first {len(shown):,} of {total:,} are listed."
    st.caption(f"Select a row to show its details {where}.{rest}")
    row = selection.picked_row(event)
    return int(shown[row if row is not None and row < len(shown) else 0])
