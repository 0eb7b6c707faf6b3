"""The real Games data: both published forms agree with each other and with the samples made from them."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from goracs_core.data.dataset import Dataset
from goracs_core.data.prepare import PrepareOptions, prepare
from goracs_core.data.summary import dataset_summary

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def games(real_data: Path) -> tuple[Dataset, Dataset]:
    """From the parquet tables, and from the authors' own files."""
    return tuple(prepare(real_data / name, PrepareOptions())[0] for name in ("games", "games-dealrec-format"))  # pyright: ignore[reportReturnType]


def test_counts_are_those_of_the_data_set(games: tuple[Dataset, Dataset]):
    for dataset in games:
        assert len(dataset.interactions) == 342_329
        assert len(dataset.interactions.user_ids) == 49_156
        assert len(dataset.items) == 17_332
        assert len(dataset.pool) == 299_987 - 49_156, "every training position but each user's first"
        assert (len(dataset.validation), len(dataset.test)) == (22_609, 19_733)
        assert dataset.items.popularity.sum() == 299_987
        assert dataset.provenance["split"] == "given"


def test_both_forms_give_the_same_samples(games: tuple[Dataset, Dataset]):
    tables, folder = games
    assert tables.items.ids == folder.items.ids
    assert tables.items.titles == folder.items.titles
    assert "PC" in tables.items.categories, "only the tables carry the platform"
    for (_, one), (_, two) in zip(tables.parts(), folder.parts(), strict=True):
        assert one.content() == two.content()


@pytest.mark.parametrize(("file", "part"), [("train.jsonl", "pool"), ("valid.jsonl", "validation")])
def test_the_published_selection_consists_of_our_samples(
    games: tuple[Dataset, Dataset], real_data: Path, file: str, part: str
):
    dataset = games[0]
    samples = {str(name): value for name, value in dataset.parts()}[part]
    ids = dataset.items.ids
    ours = Counter(
        (tuple(ids[i] for i in history), ids[target])
        for history, target in zip(samples.histories, samples.targets, strict=True)
    )
    lines = (real_data / "games-15k-5k" / file).read_text().splitlines()
    theirs = Counter((tuple(r["history"]), r["target"]) for r in map(json.loads, lines))
    assert sum(theirs.values()) == len(lines)
    assert not theirs - ours, "each of them, as often as it occurs"


def test_a_limited_dataset_is_quick_and_keeps_the_popularity_profile(games: tuple[Dataset, Dataset], real_data: Path):
    start = time.perf_counter()
    limited, _ = prepare(real_data / "games", PrepareOptions(max_pool=15_000, max_validation=2_000, max_test=2_000))
    assert time.perf_counter() - start < 20
    assert limited.sampling_notes[0] == "15,000 of 250,831 pool samples, by popularity decile, seed 0"
    whole = games[0]
    for one, two in ((whole.pool, limited.pool), (whole.validation, limited.validation)):
        mean, sampled = (whole.items.popularity[s.targets].mean() for s in (one, two))
        assert sampled == pytest.approx(mean, rel=0.05)


def test_summary_of_the_whole(games: tuple[Dataset, Dataset]):
    summary, popularity = dataset_summary(games[0]), games[0].items.popularity
    assert summary.num_untrained_items == (popularity == 0).sum()
    assert 0.3 < summary.head_share < 1
    assert len(games[0].pool.histories.lengths) == 250_831
    assert games[0].pool.histories.lengths.max() == 10
