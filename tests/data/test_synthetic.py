"""The dials of the synthetic shop do what they say, and the planted truth is where it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.ground_truth import Customer, ground_truth
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic
from goracs_core.data.synthetic.shop import Behaviour, Purchases, simulate
from goracs_core.data.synthetic.titles import TASTE_NAMES, TRADE, Catalogue, make_catalogue
from goracs_core.errors import ConfigError, DataError
from goracs_core.types import FloatArray, IndexArray
from tests.refusals import told

SMALL = SyntheticOptions(num_users=800, num_items=800, max_pool=1_500, max_validation=200, max_test=200)


def gini(counts: IndexArray) -> float:
    ordered = np.sort(counts)
    ranks = 2 * np.arange(1, len(ordered) + 1) - len(ordered) - 1
    return float(ranks @ ordered / (len(ordered) * ordered.sum()))


def shop(seed: int = 0, **dials: float) -> tuple[Catalogue, Purchases]:
    rng = np.random.default_rng(seed)
    catalogue = make_catalogue(800, rng=rng)
    behaviour = Behaviour(
        num_users=1_000, popularity_bias=1.0, drift=0.5, outlier_share=0.0, sequel_share=0.5, off_taste_share=0.0
    )
    return catalogue, simulate(catalogue, replace(behaviour, **dials), rng=rng)


def purity(labels: IndexArray, truth: IndexArray) -> float:
    """Share of members that belong to their cluster's commonest true group."""
    return float(sum(np.bincount(truth[labels == label]).max() for label in np.unique(labels)) / len(labels))


def written(dataset: Dataset) -> tuple[str, str]:
    return dataset.fingerprint, json.dumps(dataset.provenance)


@pytest.mark.parametrize("task", list(Task))
def test_one_seed_gives_the_same_bytes_and_another_seed_others(task: Task) -> None:
    options = replace(SMALL, task=task)
    assert written(make_synthetic(options)) == written(make_synthetic(options))
    assert make_synthetic(options).fingerprint != make_synthetic(replace(options, seed=1)).fingerprint


def test_titles_are_unique_and_written_out() -> None:
    catalogue = make_catalogue(3_000, rng=np.random.default_rng(3))
    assert len(set(catalogue.titles)) == len(catalogue) == 3_000
    assert len(set(catalogue.categories)) == 13  # a dozen shelves and the trade counter
    for title in catalogue.titles:
        assert title == title.strip()
        assert title[0].isupper() or title[0].isdigit()
        assert not set(title) & set("[]{}#")
        assert "  " not in title
    assert len({title.split()[0] for title in catalogue.titles}) > 300  # varied, not one template with a number


@pytest.mark.parametrize("num_items", [200, 6_000])
def test_the_grammar_holds_the_smallest_and_the_largest_catalogue(num_items: int) -> None:
    for seed in range(3):
        assert len(make_catalogue(num_items, rng=np.random.default_rng(seed))) == num_items


def test_a_series_counts_its_parts() -> None:
    catalogue = make_catalogue(2_000, rng=np.random.default_rng(0))
    for stem in np.unique(catalogue.stems[catalogue.parts > 0]):
        parts = catalogue.parts[catalogue.stems == stem]
        assert parts.tolist() == list(range(1, len(parts) + 1))
    numbered = [t for t, p in zip(catalogue.titles, catalogue.parts, strict=True) if p == 2 and "Mysteries" in t]
    assert numbered
    assert all("Book 2)" in title for title in numbered)


def test_popularity_bias_makes_sales_more_unequal() -> None:
    values = []
    for bias in (0.0, 0.7, 1.4):
        catalogue, purchases = shop(popularity_bias=bias, drift=0.0)
        values.append(gini(np.bincount(purchases.items, minlength=len(catalogue))))
    assert values[1] > values[0] + 0.1
    assert values[2] > values[1] + 0.1


def test_tastes_can_be_recovered_from_what_customers_buy() -> None:
    catalogue, purchases = shop()
    bought = np.zeros((len(purchases.kinds), len(catalogue)))
    bought[purchases.users, purchases.items] = 1
    bought = bought[:, bought.sum(axis=0) > 0]
    leading = TruncatedSVD(TRADE, random_state=0)
    customers = leading.fit_transform(bought / np.sqrt(bought.sum(axis=0)))  # [users, tastes]
    customers /= np.linalg.norm(customers, axis=1, keepdims=True)
    labels = KMeans(TRADE, random_state=0).fit_predict(customers)
    chance = np.bincount(purchases.tastes).max() / len(purchases.tastes)
    assert purity(labels, purchases.tastes) > chance + 0.4


def test_sequels_follow_their_first_part() -> None:
    catalogue, purchases = shop()
    for user in range(len(purchases.kinds)):
        items = purchases.items[purchases.users == user].tolist()
        assert len(set(items)) == len(items)
        bought: dict[int, int] = {}
        for item in items:
            part = int(catalogue.parts[item])
            if part:
                stem = int(catalogue.stems[item])
                assert part == bought.get(stem, 0) + 1
                bought[stem] = part


def test_sequel_share_makes_the_next_purchase_a_sequel_more_often() -> None:
    def followed(share: float) -> float:
        catalogue, purchases = shop(sequel_share=share)
        same = purchases.users[1:] == purchases.users[:-1]
        stems, parts = catalogue.stems[purchases.items], catalogue.parts[purchases.items]
        sequel = same & (stems[1:] == stems[:-1]) & (parts[1:] == parts[:-1] + 1)
        return float(sequel.sum() / same.sum())

    assert followed(0.0) + 0.1 < followed(0.5) < followed(1.0) - 0.1


def taste_shift(drift: float, seed: int) -> float:
    """Total variation between the tastes bought from in the first 80 % of the time and in the rest."""
    catalogue, purchases = shop(seed, drift=drift)
    late = purchases.times > np.quantile(purchases.times, 0.8)
    tastes = catalogue.tastes[purchases.items]
    shares: list[FloatArray] = [np.bincount(tastes[part], minlength=TRADE) / part.sum() for part in (~late, late)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def test_drift_moves_tastes_between_pool_and_validation() -> None:
    still, drifting = (np.array([taste_shift(drift, seed) for seed in range(3)]) for drift in (0.0, 1.0))
    assert drifting.min() > still.max()
    assert drifting.mean() > 2 * still.mean()


def test_drift_brings_new_titles() -> None:
    def unseen(drift: float) -> float:
        dataset = make_synthetic(replace(SMALL, drift=drift))
        return float((dataset.items.popularity[dataset.validation.targets] == 0).mean())

    assert unseen(1.0) > unseen(0.0) + 0.02


def test_exactly_the_asked_share_of_pool_answers_is_wrong() -> None:
    clean = make_synthetic(replace(SMALL, label_noise_share=0.0))
    noisy = make_synthetic(replace(SMALL, label_noise_share=0.2))
    truth = ground_truth(noisy)
    assert truth is not None
    wrong = clean.pool.targets != noisy.pool.targets
    np.testing.assert_array_equal(wrong, truth.pool.noise)
    assert wrong.sum() == round(0.2 * len(noisy.pool))
    assert clean.pool.prompts == noisy.pool.prompts
    titles = noisy.items.titles
    assert noisy.pool.answers == tuple(titles[target] for target in noisy.pool.targets)
    assert not truth.validation.noise.any()
    assert not truth.test.noise.any()
    assert clean.validation.content() == noisy.validation.content()


def test_label_noise_flips_click_labels() -> None:
    options = replace(SMALL, task=Task.CTR)
    clean = make_synthetic(replace(options, label_noise_share=0.0))
    noisy = make_synthetic(replace(options, label_noise_share=0.1))
    truth = ground_truth(noisy)
    assert truth is not None
    assert clean.pool.labels is not None
    assert noisy.pool.labels is not None
    np.testing.assert_array_equal(clean.pool.labels != noisy.pool.labels, truth.pool.noise)
    assert truth.pool.noise.sum() == round(0.1 * len(noisy.pool))
    assert noisy.pool.answers == tuple("Yes" if label else "No" for label in noisy.pool.labels)


def test_click_data_has_ratings_that_follow_taste() -> None:
    dataset = make_synthetic(replace(SMALL, task=Task.CTR, label_noise_share=0.0, outlier_share=0.0))
    truth = ground_truth(dataset)
    assert truth is not None
    assert dataset.interactions.ratings is not None
    assert set(np.unique(dataset.interactions.ratings)) == {1, 2, 3, 4, 5}
    labels = np.asarray(dataset.pool.labels)
    assert 0.3 < labels.mean() < 0.8
    shelf_tastes = category_tastes()
    targets = zip(dataset.pool.targets, truth.pool.tastes, strict=True)
    on_taste = np.array([shelf_tastes[dataset.items.categories[target]] == taste for target, taste in targets])
    assert labels[on_taste].mean() > labels[~on_taste].mean() + 0.3


def category_tastes() -> dict[str, int]:
    catalogue = make_catalogue(200, rng=np.random.default_rng(0))
    return dict(zip(catalogue.categories, catalogue.tastes.tolist(), strict=True))


def test_outliers_are_as_many_as_asked_and_behave_as_described() -> None:
    catalogue, purchases = shop(outlier_share=0.2)
    assert [int((purchases.kinds == kind).sum()) for kind in Customer] == [800, 100, 100]
    kind_of = purchases.kinds[purchases.users]
    tastes = catalogue.tastes[purchases.items]
    assert (tastes[kind_of == Customer.TRADE] == TRADE).all()
    assert (tastes[kind_of != Customer.TRADE] != TRADE).all()
    distinct = {
        kind: np.mean([len(set(tastes[purchases.users == user])) for user in np.flatnonzero(purchases.kinds == kind)])
        for kind in (Customer.ORDINARY, Customer.SCATTERED)
    }
    assert distinct[Customer.SCATTERED] > distinct[Customer.ORDINARY] + 1.5
    assert (purchases.tastes[purchases.kinds == Customer.SCATTERED] == -1).all()


def test_the_outlier_dial_reaches_the_samples() -> None:
    def share(dial: float) -> float:
        truth = ground_truth(make_synthetic(replace(SMALL, outlier_share=dial)))
        assert truth is not None
        return float(truth.pool.outliers.mean())

    assert share(0.0) == 0.0
    assert 0.1 < share(0.2) < 0.35


def test_trade_accounts_are_in_the_pool_only() -> None:
    truth = ground_truth(make_synthetic(replace(SMALL, outlier_share=0.2)))
    assert truth is not None
    assert (truth.pool.customers == Customer.TRADE).any()
    for part in (truth.validation, truth.test):
        assert not (part.customers == Customer.TRADE).any()
        assert (part.customers == Customer.SCATTERED).any()


def test_parts_follow_each_other_in_time_and_limits_are_announced() -> None:
    dataset = make_synthetic(SMALL)
    pool, validation, test = (np.asarray(samples.times) for _, samples in dataset.parts())
    assert pool.max() < validation.min() <= validation.max() < test.min()
    assert [len(pool), len(validation), len(test)] == [1_500, 200, 200]
    assert len(dataset.sampling_notes) == 3
    assert dataset.pool.histories.lengths.min() == SMALL.min_history
    assert dataset.pool.histories.lengths.max() == SMALL.max_history


def test_truth_survives_the_dataset_folder(tmp_path: Path) -> None:
    dataset = make_synthetic(SMALL)
    save_dataset(dataset, tmp_path / "shop")
    before, after = ground_truth(dataset), ground_truth(load_dataset(tmp_path / "shop"))
    assert before is not None
    assert after is not None
    assert before.to_dict() == after.to_dict()
    assert before.taste_names == TASTE_NAMES
    # A customer's main taste is what most of the history comes from, for most ordinary customers.
    tastes = category_tastes()
    shelves = np.array([tastes[category] for category in dataset.items.categories])
    ordinary = np.flatnonzero(~before.pool.outliers)
    agree = [
        np.bincount(shelves[dataset.pool.histories[int(row)]]).argmax() == before.pool.tastes[row] for row in ordinary
    ]
    assert np.mean(agree) > 0.75


def with_truth(dataset: Dataset, change: dict[str, Any]) -> Dataset:
    record = {**dataset.provenance["ground_truth"], **change}
    return replace(dataset, provenance={**dataset.provenance, "ground_truth": record})


def test_truth_that_does_not_fit_is_refused() -> None:
    dataset = make_synthetic(SMALL)
    pool = dataset.provenance["ground_truth"]["pool"]
    shorter = {name: values[:-1] for name, values in pool.items()}
    for change, said in (
        ({"pool": shorter}, "1499 entries for 1500 pool samples"),
        ({"pool": {**pool, "noise": pool["noise"][:-1]}}, "one taste, one kind"),
        ({"pool": {**pool, "tastes": [99] * 1_500}}, "tastes beyond"),
        ({"pool": {**pool, "customers": [7] * 1_500}}, "kinds of customer"),
        ({"test": None}, "damaged"),
    ):
        with pytest.raises(DataError, match=said):
            ground_truth(with_truth(dataset, change))
    bare = {name: value for name, value in dataset.provenance.items() if name != "ground_truth"}
    assert ground_truth(replace(dataset, provenance=bare)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("task", "ranking"), ("seed", -1), ("num_users", 3), ("num_users", 100.5), ("num_items", 100_000),
        ("popularity_bias", -0.1), ("popularity_bias", float("nan")), ("drift", 1.2), ("outlier_share", 0.9),
        ("label_noise_share", -0.5), ("sequel_share", 2), ("min_history", 0), ("max_history", 1),
        ("validation_share", 0.0), ("test_share", 0.9), ("max_pool", 0), ("max_pool", True), ("drift", "much"),
    ],
)  # fmt: skip
def test_dials_out_of_range_are_named(name: str, value: object) -> None:
    with pytest.raises(ConfigError, check=told("bad-option", option=name)):
        SyntheticOptions(**{name: value})  # pyright: ignore[reportArgumentType]
