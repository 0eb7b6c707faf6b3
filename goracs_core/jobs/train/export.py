"""A training to take away: its outcomes sample by sample, and the command that trains it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.jobs.command import command_line
from goracs_core.jobs.spec import changed
from goracs_core.jobs.train.kind import TRAIN, TrainSpec
from goracs_core.jobs.train.record import Training
from goracs_core.llm.tuning.options import MeasureOptions, Recommender, default_recommender, training_options
from goracs_core.ranking import RankPositions
from goracs_core.types import FloatArray

if TYPE_CHECKING:
    import pandas as pd


def outcomes_table(training: Training, dataset: Dataset) -> pd.DataFrame:
    """One row per test sample that was measured or ranked: the right item, the loss, its place, what was written.

    Args:
        training: A training on `dataset`; columns that it has no numbers for are left out.
        dataset: Whose test it was measured on.
    """
    import pandas as pd

    tested, test, items = training.tested, dataset.test, dataset.items
    rows = tested.losses.rows
    if tested.rankings is not None:
        rows = np.union1d(rows, tested.rankings.rows)
    targets = test.targets[rows]
    columns: dict[str, Any] = {
        "test_row": rows,
        "id": [test.ids[row] for row in rows],
        "title": [items.titles[target] for target in targets],
        "popularity": items.popularity[targets],
        "loss": _at(rows, tested.losses.rows, tested.losses.values),
    }
    if tested.start_losses is not None:
        columns["loss_before"] = _at(rows, tested.losses.rows, tested.start_losses.values)
    if tested.choices is not None:
        columns["chance_of_yes"] = _at(rows, tested.choices.rows, tested.choices.chances)
        columns["label"] = _at(rows, tested.choices.rows, tested.choices.labels.astype(np.float64))
    if tested.rankings is not None:
        ranked = tested.rankings
        columns["place"] = _at(rows, ranked.rows, places(ranked.full))
        columns["place_among_negatives"] = _at(rows, ranked.rows, places(ranked.sampled))
        if ranked.written:
            said = dict(zip(ranked.rows.tolist(), ranked.written, strict=True))
            columns["written"] = [said.get(row, "") for row in rows.tolist()]
    return pd.DataFrame(columns)


def places(positions: RankPositions) -> FloatArray:
    """Places of the right items from 1, expected over the order of ties; shape [m]."""
    return 1 + positions.better + positions.equal / 2


def _at(rows: np.ndarray, known: np.ndarray, values: FloatArray) -> FloatArray:
    """Values of some rows laid out over `rows`; NaN where there is none."""
    found = dict(zip(known.tolist(), values.tolist(), strict=True))
    return np.array([found.get(row, np.nan) for row in rows.tolist()], np.float64)


def train_command(training: Training, dataset: Dataset, name: str) -> str:
    """The command that makes the same training.

    Args:
        training: Which.
        dataset: Its task says which recommender need not be named.
        name: What the command line calls the dataset.
    """
    usual = default_recommender(dataset.task)
    spec = TrainSpec(
        dataset=name,
        run=training.run or None,
        whole_pool=not training.run,
        recommender=None if training.recommender is usual else str(training.recommender),
        options=changed_options(training.recommender, training.options) or None,
        measure=changed(training.measure, MeasureOptions().to_dict()) or None,
    )
    return command_line(TRAIN, spec)


def changed_options(recommender: Recommender, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a training that are not the defaults."""
    usual = training_options(recommender, {}).to_dict()
    return {name: value for name, value in options.items() if value != usual.get(name)}
