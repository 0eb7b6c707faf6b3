"""Features of a dataset: computed, saved, loaded, refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.store import save_dataset
from goracs_core.errors import ConfigError, ShapeError, StoreError
from goracs_core.estimate import Estimate
from goracs_core.features.compute import compute_features, features_from_arrays
from goracs_core.features.estimate import estimate_features
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import has_features, load_features, read_features_meta, save_features
from goracs_core.features.value import Features
from goracs_core.progress import Progress
from tests.features.datasets import make_dataset
from tests.llm.tiny import save_encoder, save_model
from tests.refusals import told


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return str(save_encoder(folder / "encoder", max_tokens=64)), str(save_model(folder / "model", "llama"))


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Dataset, Features, Path]:
    dataset, directory = make_dataset(), tmp_path / "dataset"
    save_dataset(dataset, directory)
    rng = np.random.default_rng(0)
    features = features_from_arrays(dataset, rng.normal(size=(40, 5)), rng.normal(size=(9, 5)), rng.random(40))
    save_features(features, directory)
    return dataset, features, directory


def no_change(features: Features) -> Features:
    return Features(features.pool, features.validation, features.gradient_norms, features.meta)


@pytest.mark.parametrize("task", list(Task))
def test_computed_features_survive_the_folder(models, task: Task, tmp_path: Path):
    encoder, model = models
    dataset = make_dataset(task=task)
    save_dataset(dataset, tmp_path / "dataset")
    options = FeatureOptions(encoder=encoder, model=model)
    stages: list[str] = []
    features = compute_features(
        dataset,
        options,
        cache=tmp_path / "cache",
        progress=Progress(lambda stage, done, total, detail="": stages.append(stage)),
    )
    assert (len(features.pool), len(features.validation)) == (40, 9)
    assert features.gradient_norms is not None
    assert len(features.gradient_norms) == 40
    assert not has_features(tmp_path / "dataset")
    save_features(features, tmp_path / "dataset")
    assert has_features(tmp_path / "dataset")
    loaded = load_features(tmp_path / "dataset")
    assert loaded.fingerprint == features.fingerprint
    assert loaded.meta == json.loads(json.dumps(features.meta)) == read_features_meta(tmp_path / "dataset")
    assert loaded.pool.encoder == encoder
    assert loaded.gradient_norms is not None
    assert (loaded.gradient_norms.model, loaded.gradient_norms.loss) == (model, features.gradient_norms.loss)
    assert FeatureOptions.from_dict(loaded.meta["options"]) == options
    assert loaded.meta["dataset"] == {"name": "made here", "fingerprint": dataset.fingerprint}
    assert loaded.meta["counts"] == {"pool": 40, "validation": 9, "width": 12}
    assert {"torch", "transformers", "peft"} <= loaded.meta["versions"].keys()
    assert set(loaded.meta["seconds"]) == {"embeddings", "model", "gradient_norms"}
    assert {"Embedding pool", "Embedding validation", "Measuring gradients"} <= set(stages)


def test_the_same_features_twice_are_the_same_bytes(models, tmp_path: Path):
    encoder, model = models
    options = FeatureOptions(encoder=encoder, model=model)
    first = compute_features(make_dataset(), options, cache=tmp_path / "one")
    second = compute_features(make_dataset(), options, cache=tmp_path / "two")
    assert first.fingerprint == second.fingerprint


def test_each_option_changes_the_features(models, tmp_path: Path):
    encoder, model = models
    other_encoder, other_model = save_encoder(tmp_path / "e", seed=1), save_model(tmp_path / "m", "llama", seed=1)
    choices = [
        FeatureOptions(encoder=encoder, model=model),
        FeatureOptions(encoder=str(other_encoder), model=model),
        FeatureOptions(encoder=encoder, model=str(other_model)),
        FeatureOptions(encoder=encoder, model="none"),
        FeatureOptions(encoder=encoder, model=model, loss="sequence"),
        FeatureOptions(encoder=encoder, model=model, adapters="all"),
        FeatureOptions(encoder=encoder, model=model, seed=1),
    ]
    prints = [compute_features(make_dataset(), options, cache=tmp_path / "cache").fingerprint for options in choices]
    assert len(set(prints)) == len(choices)


def test_without_a_model_there_are_no_gradient_norms(models, tmp_path: Path):
    dataset = make_dataset()
    features = compute_features(dataset, FeatureOptions(encoder=models[0], model="none"), cache=tmp_path / "cache")
    assert features.gradient_norms is None
    save_dataset(dataset, tmp_path / "dataset")
    save_features(features, tmp_path / "dataset")
    loaded = load_features(tmp_path / "dataset")
    assert loaded.gradient_norms is None
    assert loaded.fingerprint == features.fingerprint
    assert "model" not in loaded.meta


def test_saving_again_replaces_and_saving_the_dataset_again_keeps(saved):
    dataset, features, directory = saved
    without = features_from_arrays(dataset, features.pool, features.validation)
    save_features(without, directory)
    assert load_features(directory).fingerprint == without.fingerprint != features.fingerprint
    assert sorted(path.name for path in (directory / "features").iterdir()) == ["features.json", "features.npz"]
    assert [path.name for path in directory.iterdir() if path.name.startswith(".")] == []
    save_dataset(dataset, directory)
    assert load_features(directory).fingerprint == without.fingerprint


def test_features_of_another_dataset_are_refused_both_ways(saved, tmp_path: Path):
    _, features, directory = saved
    save_dataset(make_dataset(seed=1), tmp_path / "other")
    with pytest.raises(StoreError, check=told("other-dataset")):
        save_features(features, tmp_path / "other")
    os.rename(directory / "features", tmp_path / "other" / "features")
    with pytest.raises(StoreError, check=told("other-dataset")):
        load_features(tmp_path / "other")
    with pytest.raises(StoreError, check=told("no-features")):
        load_features(directory)


def rewrite(directory: Path, **changes: object) -> None:
    path = directory / "features" / "features.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewrite_arrays(directory: Path, **changes: np.ndarray) -> None:
    path = directory / "features" / "features.npz"
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]


def shorten(directory: Path) -> None:
    path = directory / "features" / "features.npz"
    path.write_bytes(path.read_bytes()[:-30])


DAMAGES = {
    "truncated": (shorten, "damaged"),
    "one value": (lambda d: rewrite_arrays(d, pool=np.zeros((40, 5))), "do not match their fingerprint"),
    "lengths": (lambda d: rewrite_arrays(d, pool=np.zeros((41, 5)), gradient_norms=np.zeros(41)), "41 pool embeddings"),
    "width": (lambda d: rewrite_arrays(d, pool=np.zeros((40, 6))), "width 6 and validation embeddings 5"),
    "norms": (lambda d: rewrite_arrays(d, gradient_norms=np.zeros(4)), "4 gradient norms for 40"),
    "negative": (lambda d: rewrite_arrays(d, gradient_norms=-np.ones(40)), ">= 0"),
    "nan": (lambda d: rewrite_arrays(d, validation=np.full((9, 5), np.nan)), "finite"),
    "objects": (lambda d: rewrite_arrays(d, pool=np.array([{}] * 40, dtype=object)), "damaged"),
    "format": (lambda d: rewrite(d, format=99), "format 99"),
    "no meta": (lambda d: rewrite(d, meta=None), "compute them again"),
    "no json": (lambda d: (d / "features" / "features.json").write_text("{"), "cannot be read"),
    "no arrays": (lambda d: (d / "features" / "features.npz").unlink(), "damaged"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_damaged_features_are_refused_with_a_sentence(saved, kind: str):
    _, _, directory = saved
    damage, message = DAMAGES[kind]
    damage(directory)
    with pytest.raises(StoreError, match=message):
        load_features(directory)


def test_precomputed_arrays_are_checked_against_the_dataset():
    dataset, rng = make_dataset(), np.random.default_rng(0)
    pool, validation, norms = rng.normal(size=(40, 5)), rng.normal(size=(9, 5)), rng.random(40)
    features = features_from_arrays(dataset, pool, validation, norms)
    assert features.gradient_norms is not None
    assert (features.pool.encoder, features.gradient_norms.model) == ("precomputed", "precomputed")
    assert features.meta["source"] == "precomputed"
    assert features.fingerprint == no_change(features).fingerprint
    for arrays, message in (
        ((pool[:39], validation, None), "39 pool embeddings, but the dataset has 40"),
        ((pool, validation[:3], None), "3 validation embeddings, but the dataset has 9"),
        ((pool, validation[:, :4], None), "width 5 and validation embeddings 4"),
        ((pool, validation, norms[:7]), "7 gradient norms for 40"),
        ((pool.astype(int), validation, None), "decimal point"),
        ((pool, validation, -norms), ">= 0"),
    ):
        with pytest.raises(ShapeError, match=message):
            features_from_arrays(dataset, *arrays)


def test_options_go_to_a_dictionary_and_back():
    options = FeatureOptions(model="none", loss="sequence", adapters="all", seed=3)
    assert FeatureOptions.from_dict(json.loads(json.dumps(options.to_dict()))) == options
    assert FeatureOptions.from_dict({}) == FeatureOptions()
    for name, value in (("encoder", " "), ("model", ""), ("loss", "x"), ("adapters", "x"), ("seed", -1)):
        with pytest.raises(ConfigError, check=told("bad-option", option=name)):
            FeatureOptions.from_dict({name: value})
    with pytest.raises(ConfigError, check=told("unknown-option", option="batch")):
        FeatureOptions.from_dict({"batch": 3})


def test_estimates_grow_with_the_work_and_say_their_basis(models):
    small, large = make_dataset(), make_dataset(pool=400)
    default = FeatureOptions()
    assert estimate_features(large, default).seconds > estimate_features(small, default).seconds
    without = estimate_features(small, FeatureOptions(model="none"))
    assert without.seconds < estimate_features(small, default).seconds
    hub = estimate_features(small, FeatureOptions(model="organisation/large"))
    assert hub.memory_bytes > 20e9
    assert "not on this machine" in hub.basis
    everything = estimate_features(small, FeatureOptions(model="organisation/large", adapters="all"))
    assert everything.seconds > hub.seconds
    own = estimate_features(small, FeatureOptions(encoder=models[0], model=models[1]))
    assert own.seconds < without.seconds
    for estimate in (without, hub, own):
        assert isinstance(estimate, Estimate)
        assert estimate.basis.startswith("On ")
        assert "embedding 49 texts" in estimate.basis


def test_the_store_and_its_estimate_import_no_torch():
    code = (
        "import sys, goracs_core.features.store; from goracs_core.features.options import FeatureOptions;"
        "from goracs_core.features.estimate import estimate_features;"
        "from tests.features.datasets import make_dataset; estimate_features(make_dataset(), FeatureOptions());"
        "print([n for n in ('torch', 'transformers', 'sentence_transformers', 'peft') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
