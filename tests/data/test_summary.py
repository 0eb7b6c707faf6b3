"""The summary counts what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.summary import dataset_summary
from tests.data.sources import dealrec_folder, shop_log


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return prepare(shop_log(tmp_path / "log.csv"), PrepareOptions(task=Task.CTR, k_core=1, max_pool=30))[0]


def test_counts(dataset: Dataset):
    summary = dataset_summary(dataset)
    assert (summary.num_users, summary.num_items, summary.num_interactions) == (40, 15, 480)
    assert summary.density == pytest.approx(480 / 600)
    assert summary.num_samples["pool"] == 30
    assert summary.popularity_counts.sum() == dataset.items.popularity.sum()
    assert (np.diff(summary.popularity_counts) <= 0).all()
    assert len(summary.popularity_counts) + summary.num_untrained_items == 15
    assert summary.head_share == pytest.approx(summary.popularity_counts[0] / summary.popularity_counts.sum())
    assert summary.activity[12] == 40
    assert summary.activity.sum() == 40
    assert summary.categories == (("c0", 5), ("c1", 5), ("c2", 5))


def test_distributions(dataset: Dataset):
    summary = dataset_summary(dataset)
    for part, samples in dataset.parts():
        assert samples.labels is not None
        assert samples.times is not None
        lengths = summary.history_lengths[str(part)]
        assert lengths.sum() == len(samples)
        assert lengths @ np.arange(len(lengths)) == samples.histories.lengths.sum()
        assert summary.label_shares[str(part)] == pytest.approx(samples.labels.mean())
        assert summary.part_times[str(part)] == (samples.times.min(), samples.times.max())
    times = dataset.interactions.times
    assert times is not None
    assert (summary.first_time, summary.last_time) == (times.min(), times.max())
    pairs = set(zip(dataset.interactions.users.tolist(), dataset.interactions.items.tolist(), strict=True))
    assert summary.repeat_share == pytest.approx(1 - len(pairs) / 480)


def test_without_times_labels_or_repeats(tmp_path: Path):
    summary = dataset_summary(prepare(dealrec_folder(tmp_path / "shop"), PrepareOptions())[0])
    assert summary.first_time is summary.last_time is None
    assert summary.part_times == summary.label_shares == {}
    assert summary.categories == ()
    assert summary.repeat_share == pytest.approx(1 / 7)
