"""Derived datasets: samples, texts and features stay what they were and stay together; what cannot be is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset, Samples, Task
from goracs_core.data.derive import Derived, category_target, dataset_target, early_validation, target_categories
from goracs_core.data.ground_truth import ground_truth
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic
from goracs_core.errors import ConfigError, DataError, GoracsError, StoreError
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import load_features, save_features
from goracs_core.features.taken import derived_features
from goracs_core.features.value import Features
from goracs_core.jobs.kinds import run_job
from goracs_core.objective import make_problem
from goracs_core.types import Embeddings
from goracs_core.workspace import Workspace
from tests.features.datasets import make_dataset
from tests.refusals import told


@cache
def shop(seed: int = 0, task: Task = Task.SEQREC, name: str = "Little shop") -> Dataset:
    options = SyntheticOptions(
        task=task, seed=seed, num_users=150, num_items=250, max_pool=120, max_validation=40, max_test=20
    )
    return make_synthetic(options, name=name)


def featured(dataset: Dataset, *, seed: int = 0, encoder: str = "e" * 8) -> Features:
    rng = np.random.default_rng(seed)
    pool, validation = (
        Embeddings(rng.normal(size=(len(samples), 6)).astype(np.float32), "made up")
        for samples in (dataset.pool, dataset.validation)
    )
    features = features_from_arrays(dataset, pool, validation, rng.gamma(2.0, size=len(dataset.pool)))
    return replace(
        features, meta={**features.meta, "encoder": {"name": "made up", "fingerprint": encoder}, "options": {"seed": 0}}
    )


def some_category(dataset: Dataset) -> str:
    return next(iter(target_categories(dataset)))


def by_id(samples: Samples) -> dict[str, int]:
    return {one: row for row, one in enumerate(samples.ids)}


def assert_same_samples(new: Samples, new_data: Dataset, old: Samples, old_data: Dataset) -> None:
    """Each sample of `new` is the one with its id in `old`, whatever rows its items have now."""
    rows = by_id(old)
    for place, one in enumerate(new.ids):
        row = rows[one]
        assert new.prompts[place] == old.prompts[row]
        assert new.answers[place] == old.answers[row]
        assert new_data.items.titles[new.targets[place]] == old_data.items.titles[old.targets[row]]
        seen = [new_data.items.titles[item] for item in new.histories[place]]
        assert seen == [old_data.items.titles[item] for item in old.histories[row]]
        for name in ("times", "labels"):
            mine, others = getattr(new, name), getattr(old, name)
            assert (mine is None) == (others is None)
            assert mine is None or mine[place] == others[row]


def assert_features_follow(derived: Derived, features: Features, parent: Features, target: Features) -> None:
    pool, validation = by_id(derived.parent.pool), by_id(derived.validation_from.validation)
    pool_rows = [pool[one] for one in derived.dataset.pool.ids]
    validation_rows = [validation[one] for one in derived.dataset.validation.ids]
    assert features.pool.values.tobytes() == parent.pool.values[pool_rows].tobytes()
    assert features.validation.values.tobytes() == target.validation.values[validation_rows].tobytes()
    assert features.gradient_norms is not None
    assert parent.gradient_norms is not None
    assert features.gradient_norms.values.tobytes() == parent.gradient_norms.values[pool_rows].tobytes()


def test_early_and_later_validation_are_the_validation_cut_at_a_moment() -> None:
    parent = shop()
    derived = early_validation(parent, 0.3)
    made = derived.dataset
    later = [one for one in made.test.ids if one not in set(parent.test.ids)]
    assert sorted([*made.validation.ids, *later]) == sorted(parent.validation.ids)
    assert made.test.ids[len(later) :] == parent.test.ids, "the later rest stands in front"
    assert made.pool.content() == parent.pool.content()
    assert made.validation.times is not None
    assert made.test.times is not None
    assert made.validation.times.max() < made.test.times.min(), "nothing in the test is as early as the validation"
    assert parent.validation.times is not None
    moments = np.unique(parent.validation.times)
    cuts = [np.sum(parent.validation.times <= moment) for moment in moments[:-1]]
    assert len(made.validation) == min(cuts, key=lambda count: abs(count - 0.3 * len(parent.validation)))
    assert_same_samples(made.validation, made, parent.validation, parent)
    both = Samples(*(made.test.take(np.arange(len(later))).__dict__[name] for name in Samples.__dataclass_fields__))
    assert_same_samples(both, made, parent.validation, parent)


def test_samples_of_one_moment_stay_together() -> None:
    parent = shop()
    times = np.repeat([1.0, 2.0, 3.0, 4.0], [5, 20, 10, 5])
    parent = replace(parent, validation=replace(parent.validation, times=times))
    assert [len(early_validation(parent, share).dataset.validation) for share in (0.01, 0.3, 0.5, 0.99)] == [
        5,
        5,
        25,
        35,
    ]


@pytest.mark.parametrize("pool_others", [False, True])
def test_a_category_target_holds_all_of_it_and_nothing_else(pool_others: bool) -> None:
    parent = shop()
    category = some_category(parent)
    derived = category_target(parent, [category], pool_others=pool_others)
    made = derived.dataset
    wanted = np.array(parent.items.categories) == category
    for new, old in ((made.validation, parent.validation), (made.test, parent.test)):
        assert new.ids == tuple(one for one, target in zip(old.ids, old.targets, strict=True) if wanted[target])
        assert_same_samples(new, made, old, parent)
    kept = ~wanted[parent.pool.targets] if pool_others else np.ones(len(parent.pool), bool)
    assert made.pool.content() == parent.pool.take(np.flatnonzero(kept)).content()
    assert len(made.validation) == target_categories(parent)[category]
    assert (made.items, made.interactions) == (parent.items, parent.interactions)


def test_several_categories_are_one_target() -> None:
    parent = shop()
    names = list(target_categories(parent))[:3]
    both = category_target(parent, [names[0], names[1], names[0]]).dataset
    assert len(both.validation) == sum(target_categories(parent)[name] for name in names[:2])
    assert target_categories(both) == {name: target_categories(parent)[name] for name in names[:2]}


@pytest.mark.parametrize("task", list(Task))
def test_another_datasets_target_keeps_this_pool(task: Task) -> None:
    parent, other = shop(task=task), shop(1, task, "Other shop")
    derived = dataset_target(parent, other)
    made = derived.dataset
    assert made.pool.content() == parent.pool.content()
    assert made.items.titles[: len(parent.items)] == parent.items.titles
    assert made.items.popularity[: len(parent.items)].tolist() == parent.items.popularity.tolist()
    assert not made.items.popularity[len(parent.items) :].any(), "this pool never trained the other's items"
    for new, old in ((made.validation, other.validation), (made.test, other.test)):
        assert new.ids == old.ids
        assert_same_samples(new, made, old, other)
    # Ids of both shops clash on purpose: an item is the same only with the same title, users never are.
    for item, title in zip(other.items.ids, other.items.titles, strict=True):
        same = item in parent.items.ids and parent.items.titles[parent.items.ids.index(item)] == title
        expected = item if same or item not in parent.items.ids else f"Other shop/{item}"
        assert made.items.titles[made.items.ids.index(expected)] == title
    assert made.validation.users.min() >= len(parent.interactions.user_ids)
    names = [made.interactions.user_ids[user].removeprefix("Other shop/") for user in made.validation.users]
    assert names == [other.interactions.user_ids[user] for user in other.validation.users]


def test_unknown_users_stay_unknown() -> None:
    derived = dataset_target(make_dataset(), make_dataset(seed=1))
    assert set(derived.dataset.validation.users) == {-1}


def ways(parent: Dataset, other: Dataset) -> list[Derived]:
    return [
        category_target(parent, [some_category(parent)]),
        category_target(parent, [some_category(parent)], pool_others=True),
        early_validation(parent, 0.5),
        dataset_target(parent, other),
    ]


def test_features_follow_their_samples_bit_by_bit_and_through_the_store(tmp_path: Path) -> None:
    parent, other = shop(), shop(1, name="Other shop")
    mine, others = featured(parent), featured(other, seed=1)
    for number, derived in enumerate(ways(parent, other)):
        target = others if derived.validation_from is other else mine
        made = derived_features(mine, derived, others if target is others else None)
        assert_features_follow(derived, made, mine, target)
        assert made.meta["options"] == mine.meta["options"]
        assert made.meta["taken"]["fingerprint"] == mine.fingerprint
        folder = tmp_path / str(number)
        save_dataset(derived.dataset, folder)
        save_features(made, folder)
        assert load_dataset(folder).fingerprint == derived.dataset.fingerprint
        assert load_features(folder).fingerprint == made.fingerprint


def test_the_problem_is_the_parents_at_the_taken_rows_except_for_the_scales() -> None:
    parent = shop()
    features = featured(parent)
    whole = make_problem(features.pool, features.validation, gradient_norms=features.gradient_norms)
    for derived in ways(parent, shop(1, name="Other shop"))[:3]:
        own = derived_features(features, derived)
        problem = make_problem(own.pool, own.validation, gradient_norms=own.gradient_norms)
        taken = whole.take(derived.pool_rows, derived.validation_rows)
        assert problem.distance_scale <= whole.distance_scale
        np.testing.assert_allclose(problem.validation_weights, taken.validation_weights, rtol=1e-12)
        scaled = replace(
            problem,
            distance_scale=whole.distance_scale,
            gradient_scale=whole.gradient_scale,
            validation_weights=taken.validation_weights,
        )
        assert scaled.fingerprint == taken.fingerprint


def test_provenance_says_from_what_and_how_and_truth_follows_the_samples() -> None:
    parent, other = shop(), shop(1, name="Other shop")
    truth, others = ground_truth(parent), ground_truth(other)
    assert truth is not None
    assert others is not None
    for derived in ways(parent, other):
        made = derived.dataset
        record = json.loads(json.dumps(made.provenance))
        assert record["derived"]["from"] == "Little shop"
        assert record["derived"]["fingerprint"] == parent.fingerprint
        assert made.name != parent.name
        assert made.fingerprint != parent.fingerprint
        assert made.name.split(", ", 1)[1].split(" ")[0] in made.sampling_notes[-1]
        found = ground_truth(made)  # raises when it does not fit
        assert found is not None
        assert found.pool.tastes.tolist() == truth.pool.tastes[derived.pool_rows].tolist()
        source = (others if derived.validation_from is other else truth).validation
        assert found.validation.customers.tolist() == source.customers[derived.validation_rows].tolist()
    foreign = {**others.to_dict(), "taste_names": [f"x{name}" for name in others.taste_names]}
    stranger = replace(other, provenance={**other.provenance, "ground_truth": foreign})
    assert ground_truth(dataset_target(parent, stranger).dataset) is None, "tastes that mean something else"


def test_sampling_sentences_of_parts_that_are_gone_are_gone() -> None:
    notes = dataset_target(shop(), shop(1, name="Other shop")).dataset.sampling_notes
    pool, validation, test = shop().sampling_notes
    assert notes[0] == pool
    assert not {validation, test} & set(notes)
    assert [note for note in notes if note.startswith("of Other shop: ") and " pool " not in note] == list(notes[1:3])


@pytest.mark.parametrize(
    ("categories", "sentence"),
    [
        (["Nothing"], "there is no category 'Nothing' in 'Little shop'; categories with validation samples: "),
        ([], "no category is given; categories with validation samples: "),
    ],
)
def test_unknown_categories_are_refused_with_those_that_are_there(categories: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        category_target(shop(), categories)
    assert str(caught.value).startswith(sentence)
    for name, count in target_categories(shop()).items():
        assert f"{name} ({count})" in str(caught.value)


def test_a_category_that_nobody_asks_for_is_refused() -> None:
    parent = shop()
    idle = sorted(set(parent.items.categories) - set(target_categories(parent)) - {""})
    with pytest.raises(ConfigError, check=told("no-validation-samples", categories=idle[:1])):
        category_target(parent, idle[:1])


def test_a_pool_of_the_category_alone_has_no_elsewhere() -> None:
    parent = shop()
    only = parent.pool.take(
        np.flatnonzero(np.array(parent.items.categories)[parent.pool.targets] == some_category(parent))
    )
    with pytest.raises(ConfigError, check=told("empty-pool")):
        category_target(replace(parent, pool=only, provenance={}), [some_category(parent)], pool_others=True)


def test_a_catalogue_without_categories_is_refused() -> None:
    with pytest.raises(ConfigError, check=told("no-categories")):
        category_target(make_dataset(), ["x"])


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_shares_that_are_no_part_of_one_are_refused(share: float) -> None:
    with pytest.raises(ConfigError, check=told("bad-share")):
        early_validation(shop(), share)


def test_without_times_only_a_known_order_says_what_is_early() -> None:
    parent = make_dataset()
    with pytest.raises(DataError, check=told("no-order")):
        early_validation(parent, 0.5)
    ordered = replace(parent, provenance={"split": "order"})
    assert early_validation(ordered, 0.34).dataset.validation.ids == parent.validation.ids[:3]
    at_once = replace(shop(), validation=replace(shop().validation, times=np.ones(len(shop().validation))))
    with pytest.raises(DataError, check=told("one-moment")):
        early_validation(at_once, 0.5)


def test_ids_that_clash_with_the_test_are_told_apart() -> None:
    parent = replace(make_dataset(), provenance={"split": "order"})
    parent = replace(parent, test=replace(parent.test, ids=parent.validation.ids[-2:]))
    ids = early_validation(parent, 0.5).dataset.test.ids
    assert len(set(ids)) == len(ids)
    assert {f"validation {one}" for one in parent.test.ids} <= set(ids)


def test_a_target_of_another_task_or_the_same_dataset_is_refused() -> None:
    with pytest.raises(ConfigError, check=told("wrong-task")):
        dataset_target(shop(), shop(task=Task.CTR))
    with pytest.raises(ConfigError, check=told("same-dataset")):
        dataset_target(shop(), shop())


def test_embeddings_of_different_encoders_are_refused() -> None:
    parent, other = shop(), shop(1, name="Other shop")
    derived = dataset_target(parent, other)
    with pytest.raises(ConfigError, check=told("encoders-differ")):
        derived_features(featured(parent), derived, featured(other, encoder="f" * 8))
    with pytest.raises(ConfigError, check=told("unknown-encoder")):
        derived_features(featured(parent), derived, featured(other, encoder=""))
    with pytest.raises(ConfigError, check=told("no-features")):
        derived_features(featured(parent), derived)


def kept(tmp_path: Path, dataset: Dataset, *, features: bool = True) -> Path:
    folder = tmp_path / dataset.name.replace(" ", "-")
    save_dataset(dataset, folder)
    if features:
        save_features(featured(dataset), folder)
    return folder


def test_the_job_keeps_a_dataset_that_opens_with_its_features(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws").ensure()
    folder = kept(tmp_path, shop())
    result = run_job("derive", {"dataset": str(folder), "early_validation": 0.5}, workspace)
    made = Path(result["dataset"])
    assert made.parent == workspace.datasets
    assert load_dataset(made).sampling_notes == tuple(result["sampling"])
    assert len(load_features(made).validation) == result["counts"]["validation"]
    spec = {"dataset": str(made), "target_categories": [some_category(shop())], "name": "both"}
    again = run_job("derive", spec, workspace)
    assert load_dataset(Path(again["dataset"])).provenance["derived"]["from"] == result["name"]


def test_without_features_the_job_says_so(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws").ensure()
    parent, other = kept(tmp_path, shop()), kept(tmp_path, shop(1, name="Other shop"), features=False)
    result = run_job("derive", {"dataset": str(parent), "target_dataset": str(other)}, workspace)
    assert (result["features"], result["note"].startswith("Other shop has no features")) == (False, True)
    spec = {"dataset": str(parent), "early_validation": 0.5, "features": False}
    assert run_job("derive", spec, workspace)["features"] is False


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "nothing is given to derive by"),
        ({"early_validation": 0.5, "target_categories": ["x"]}, "target_categories and early_validation"),
        ({"early_validation": 0.5, "pool_others": True}, "only where the target is a category"),
        ({"early_validation": "half"}, "must be a number"),
    ],
)
def test_a_spec_that_does_not_do_is_refused(tmp_path: Path, change: dict, sentence: str) -> None:
    folder = kept(tmp_path, shop())
    with pytest.raises(GoracsError, match=sentence):
        run_job("derive", {"dataset": str(folder), **change}, Workspace(tmp_path / "ws").ensure())


def test_nothing_that_is_there_is_lost(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws").ensure()
    folder = kept(tmp_path, shop())
    spec = {"dataset": str(folder), "early_validation": 0.5}
    with pytest.raises(StoreError, check=told("would-replace-source")):
        run_job("derive", {**spec, "output": str(folder), "replace": True}, workspace)
    first = run_job("derive", spec, workspace)
    with pytest.raises(StoreError, match="already"):
        run_job("derive", spec, workspace)
    assert run_job("derive", {**spec, "replace": True}, workspace) == first
    assert load_dataset(folder).fingerprint == shop().fingerprint
