"""The summary counts what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.summary import category_counts, dataset_summary
from tests.data.sources import dealrec_folder, shop_log


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return prepare(shop_log(tmp_path / "log.csv"), PrepareOptions(task=Task.CTR, k_core=1, max_pool=30))[0]


def test_counts(dataset: Dataset):
    summary, counts = dataset_summary(dataset), dataset.items.popularity
    assert summary.density == pytest.approx(480 / 600)
    assert summary.num_untrained_items == (counts == 0).sum()
    assert summary.head_share == pytest.approx(counts.max() / counts.sum())
    assert summary.categories == (("c0", 5), ("c1", 5), ("c2", 5))
    times = dataset.interactions.times
    assert times is not None
    assert (summary.first_time, summary.last_time) == (times.min(), times.max())
    pairs = set(zip(dataset.interactions.users.tolist(), dataset.interactions.items.tolist(), strict=True))
    assert summary.repeat_share == pytest.approx(1 - len(pairs) / 480)


def test_categories_are_counted_most_frequent_first():
    assert category_counts(["b", "", "a", "b", "c", "c"]) == [("b", 2), ("c", 2), ("a", 1)]
    assert category_counts([]) == []


def test_without_times_labels_or_repeats(tmp_path: Path):
    summary = dataset_summary(prepare(dealrec_folder(tmp_path / "shop"), PrepareOptions())[0])
    assert summary.first_time is summary.last_time is None
    assert summary.categories == ()
    assert summary.repeat_share == pytest.approx(1 / 7)
