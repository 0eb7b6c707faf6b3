"""From the spec of a select job to the Problem: a prepared dataset with its features, or bare arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.budget import Budget, is_share, parse_budget
from goracs_core.data.dataset import Dataset
from goracs_core.data.loaders.columns import scale_times
from goracs_core.data.precomputed import (
    LabelPair,
    embeddings_shape,
    load_embeddings,
    load_gradient_norms,
    load_label_pair,
    load_numbers,
)
from goracs_core.data.sampling import popularity_strata
from goracs_core.data.store import load_dataset, read_manifest
from goracs_core.errors import ConfigError, ShapeError
from goracs_core.features.store import load_features
from goracs_core.features.value import Features
from goracs_core.jobs.weights import (
    EQUAL,
    Weighting,
    given_weighting,
    half_life_of,
    half_life_weighting,
    has_times,
    recorded_weighting,
)
from goracs_core.methods import SelectionConfig, config_from_dict, find_method
from goracs_core.objective import Problem, make_problem
from goracs_core.progress import Progress, silent
from goracs_core.types import Embeddings, FloatArray, GradientNorms, IndexArray, fingerprint

ARRAYS = (
    "pool_embeddings",
    "validation_embeddings",
    "gradient_norms",
    "pool_labels",
    "validation_labels",
    "validation_weights",
    "validation_times",
    "scores",
)

__all__ = [
    "ARRAYS",
    "SelectInputs",
    "has_times",
    "load_inputs",
    "option_name",
    "popularity_deciles",
    "recorded_weighting",
]


@dataclass(frozen=True, eq=False)
class SelectInputs:
    """What a selection starts from.

    Args:
        pool: Pool embeddings.
        validation: Validation embeddings.
        gradient_norms: One per pool sample, or None when unknown.
        strata: Group of each pool sample for stratified draws, or None.
        pool_labels, validation_labels: Class of each sample, or None.
        dataset: The dataset, or None for bare arrays.
        directory: Where the dataset lies.
        fingerprints: Fingerprint of each input by name.
        weighting: How much each validation sample counts.
        scores: Scores made elsewhere, for a method that ranks by scores; shape [n], or None.
    """

    pool: Embeddings
    validation: Embeddings
    gradient_norms: GradientNorms | None
    strata: IndexArray | None
    pool_labels: IndexArray | None
    validation_labels: IndexArray | None
    dataset: Dataset | None
    directory: str = ""
    fingerprints: dict[str, str] = field(default_factory=dict)
    weighting: Weighting = EQUAL
    scores: FloatArray | None = None

    def problem(self, *, progress: Progress = silent) -> Problem:
        """Measure the scales and put the Problem together.

        Raises:
            ShapeError: Arrays that do not go together.
        """
        return make_problem(
            self.pool,
            self.validation,
            gradient_norms=self.gradient_norms,
            validation_weights=self.weighting.values,
            strata=self.strata,
            pool_labels=self.pool_labels,
            validation_labels=self.validation_labels,
            progress=progress,
        )

    def config(self, values: dict[str, Any]) -> SelectionConfig:
        """The config of the spec; without `label_aware`, GORACS uses labels whenever there are some.

        A budget may be a share of the pool, like "2%"; the config has the number of samples.

        Raises:
            ConfigError: No budget, unknown options, or neither scores nor gradient norms where the method has a use for
                them.
        """
        options = {**values, "budget": parse_budget(values.get("budget"), len(self.pool))}
        if options.get("label_aware") is None:
            by_objective = find_method(options.get("method"), options.get("solver")).by_objective
            options["label_aware"] = by_objective and self.pool_labels is not None
        if options["label_aware"] and self.pool_labels is None:
            raise ConfigError(
                "label-aware selection needs labels: give --pool-labels and --validation-labels, or a dataset prepared "
                "with the task ctr",
                code="no-labels",
                fields={"option": "label_aware"},
            )
        config = config_from_dict(options)
        if config.needed_scores and self.dataset is None and self.scores is None:
            raise ConfigError(
                f"the method {config.method} ranks by the score {config.needed_scores[0]}, which is computed from a "
                "dataset; give --dataset, or one number per pool sample with --scores",
                code="no-scores",
                fields={"method": config.method, "score": config.needed_scores[0]},
            )
        config.check_gradient_norms(self.gradient_norms is not None)  # before scores are computed for minutes
        return config


def load_inputs(spec: dict[str, Any]) -> SelectInputs:
    """Read what the spec names: `dataset` (a folder), or the paths of arrays; `half_life` weighs by age in days.

    `scores` may go with either: numbers made elsewhere, for a method that ranks by scores.

    Raises:
        ConfigError: Neither, both, labels of one side only, or weights in a way that does not go.
        StoreError, DataError, ShapeError: Inputs that cannot be read or do not fit.
    """
    arrays = [name for name in ARRAYS if spec.get(name)]
    half_life = half_life_of(spec)
    if spec.get("dataset"):
        both = [name for name in arrays if name != "scores"]
        if both:
            raise ConfigError(
                f"give a dataset or arrays, not both: dataset and {option_name(both[0])}",
                code="source-twice",
                fields={"option": both[0]},
            )
        return _with_given_scores(_from_dataset(Path(spec["dataset"]), half_life), spec)
    if "pool_embeddings" not in arrays or "validation_embeddings" not in arrays:
        raise ConfigError("give --dataset, or both --pool-embeddings and --validation-embeddings", code="no-source")
    if ("pool_labels" in arrays) != ("validation_labels" in arrays):
        raise ConfigError(
            "labels are needed for both sides: give --pool-labels and --validation-labels, or neither",
            code="one-side-only",
            fields={"option": "labels"},
        )
    if half_life is not None and "validation_weights" in arrays:
        raise ConfigError(
            "give --validation-weights or --half-life, not both: each says how much a sample counts",
            code="options-exclude",
            fields={"options": ["validation_weights", "half_life"]},
        )
    if half_life is not None and "validation_times" not in arrays:
        raise ConfigError(
            "arrays carry no times, and --half-life needs them; give --validation-times as well",
            code="no-times",
            fields={"option": "half_life"},
        )
    if half_life is None and "validation_times" in arrays:
        raise ConfigError(
            "--validation-times does nothing by itself; give --half-life in days as well",
            code="idle-option",
            fields={"option": "validation_times"},
        )
    return _with_given_scores(_from_arrays({name: Path(spec[name]) for name in arrays}, half_life), spec)


def _with_given_scores(inputs: SelectInputs, spec: dict[str, Any]) -> SelectInputs:
    return with_scores(inputs, load_numbers(Path(spec["scores"]), what="scores")) if spec.get("scores") else inputs


def counted_budgets(budgets: Iterable[Budget], spec: Mapping[str, Any]) -> list[int]:
    """Budgets as numbers of samples; only for shares of the pool its size is looked up.

    Args:
        budgets: Numbers of samples, or shares.
        spec: What is selected from, as for `load_inputs`.

    Raises:
        ConfigError: Something that is no budget, or nothing to select from.
        StoreError, DataError: The dataset or the pool embeddings cannot be read.
    """
    given = list(budgets)
    num_pool = _pool_size(spec) if any(is_share(one) for one in given) else 0
    return [parse_budget(one, num_pool) for one in given]


def _pool_size(spec: Mapping[str, Any]) -> int:
    if spec.get("dataset"):
        return int(read_manifest(Path(spec["dataset"]))["counts"]["pool"])
    if not spec.get("pool_embeddings"):
        raise ConfigError("give --dataset, or both --pool-embeddings and --validation-embeddings", code="no-source")
    return embeddings_shape(Path(spec["pool_embeddings"]))[0]


def popularity_deciles(dataset: Dataset) -> IndexArray:
    """Decile of each pool sample by its target's popularity; shape [n], 0 the least popular."""
    return popularity_strata(dataset.items.popularity[dataset.pool.targets])


def dataset_inputs(
    dataset: Dataset, features: Features, directory: Path, *, half_life: float | None = None
) -> SelectInputs:
    """What a selection from a dataset starts from.

    Args:
        dataset: The dataset.
        features: Its features.
        directory: Where it lies.
        half_life: Days after which a validation sample counts half as much, or None when all count alike.

    Raises:
        ConfigError: A half-life where the validation samples have no times, or one that is too short.
    """
    pool_labels, validation_labels = dataset.pool.labels, dataset.validation.labels
    norms = features.gradient_norms
    return SelectInputs(
        pool=features.pool,
        validation=features.validation,
        gradient_norms=norms,
        strata=popularity_deciles(dataset) if pool_labels is None else _compact(pool_labels),
        pool_labels=pool_labels,
        validation_labels=validation_labels,
        dataset=dataset,
        directory=str(directory.resolve()),
        fingerprints={
            "features": features.fingerprint,
            **_feature_fingerprints(features.pool, features.validation, norms),
            "encoder": features.pool.encoder,
            "model": "" if norms is None else norms.model,
            "loss": "" if norms is None else norms.loss,
            **_label_fingerprints(pool_labels, validation_labels),
        },
        weighting=EQUAL if half_life is None else _by_age(dataset, half_life),
    )


def array_inputs(
    pool: Embeddings,
    validation: Embeddings,
    *,
    gradient_norms: GradientNorms | None = None,
    labels: LabelPair | None = None,
    weighting: Weighting = EQUAL,
) -> SelectInputs:
    """What a selection from bare arrays starts from.

    Args:
        pool: Pool embeddings, n of them.
        validation: Validation embeddings, m of them.
        gradient_norms: One per pool sample, or None when unknown.
        labels: Class of each sample of both sides, or None.
        weighting: How much each validation sample counts.
    """
    pool_labels, validation_labels = (None, None) if labels is None else (labels.pool, labels.validation)
    return SelectInputs(
        pool=pool,
        validation=validation,
        gradient_norms=gradient_norms,
        strata=None if pool_labels is None else _compact(pool_labels),
        pool_labels=pool_labels,
        validation_labels=validation_labels,
        dataset=None,
        fingerprints={
            **_feature_fingerprints(pool, validation, gradient_norms),
            **_label_fingerprints(pool_labels, validation_labels),
        },
        weighting=weighting,
    )


def with_scores(inputs: SelectInputs, numbers: FloatArray) -> SelectInputs:
    """The same inputs with scores made elsewhere, one per pool sample; shape [n].

    Raises:
        ShapeError: Another number of them.
    """
    if len(numbers) != len(inputs.pool):
        raise ShapeError(
            f"there are {len(numbers)} scores for {len(inputs.pool)} pool samples; give one per sample",
            code="scores-unequal",
            fields={"scores": len(numbers), "samples": len(inputs.pool)},
        )
    return replace(inputs, scores=numbers, fingerprints={**inputs.fingerprints, "scores": fingerprint(numbers)})


def _from_dataset(directory: Path, half_life: float | None) -> SelectInputs:
    return dataset_inputs(load_dataset(directory), load_features(directory), directory, half_life=half_life)


def _from_arrays(paths: dict[str, Path], half_life: float | None) -> SelectInputs:
    validation = load_embeddings(paths["validation_embeddings"])
    return array_inputs(
        load_embeddings(paths["pool_embeddings"]),
        validation,
        gradient_norms=load_gradient_norms(paths["gradient_norms"]) if "gradient_norms" in paths else None,
        labels=load_label_pair(paths["pool_labels"], paths["validation_labels"]) if "pool_labels" in paths else None,
        weighting=_weighting(paths, half_life, len(validation)),
    )


def _by_age(dataset: Dataset, half_life: float) -> Weighting:
    times = dataset.validation.times
    if times is None or not has_times(dataset):
        raise ConfigError(
            f"the validation samples of {dataset.name} have no times, and a half-life weighs them by age; leave "
            "--half-life out, or prepare the data from a source with times (--time-column)",
            code="no-times",
            fields={"option": "half_life", "dataset": dataset.name},
        )
    return half_life_weighting(times, half_life)


def _weighting(paths: dict[str, Path], half_life: float | None, num_validation: int) -> Weighting:
    def one_per_sample(name: str) -> FloatArray:
        what = name.replace("_", " ")
        numbers = load_numbers(paths[name], what=what)
        if len(numbers) != num_validation:
            raise ShapeError(
                f"there are {len(numbers)} {what} for {num_validation} validation samples; give one per sample",
                code="bad-shape",
                fields={"name": what, "rows": len(numbers), "samples": num_validation},
            )
        return numbers

    if "validation_weights" in paths:
        return given_weighting(one_per_sample("validation_weights"))
    if half_life is None:
        return EQUAL
    times = scale_times(one_per_sample("validation_times"))
    return half_life_weighting(times, half_life, origin=fingerprint(times))


def _feature_fingerprints(pool: Embeddings, validation: Embeddings, norms: GradientNorms | None) -> dict[str, str]:
    return {
        "pool_embeddings": pool.fingerprint,
        "validation_embeddings": validation.fingerprint,
        "gradient_norms": "" if norms is None else norms.fingerprint,
    }


def _label_fingerprints(pool: IndexArray | None, validation: IndexArray | None) -> dict[str, str]:
    named = {"pool_labels": pool, "validation_labels": validation}
    return {name: "" if labels is None else fingerprint(labels) for name, labels in named.items()}


def option_name(name: str) -> str:
    """The command line's option for a key of the spec."""
    return "--" + name.replace("_", "-")


def _compact(labels: IndexArray) -> IndexArray:
    """Labels as 0-based groups."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
