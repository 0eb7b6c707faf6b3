"""Difficulty scores of a dataset's pool from the language model that its features were measured with.

EL2N and entropy come from one forward pass over the pool, GraNd from the gradient norms of several draws of the
adapters, of which the first is the features' own. Each is kept with the time it took, and found again without loading
a model; the parts of a pass that was stopped are found again, too, but their time is not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset, Task
from goracs_core.errors import StoreError
from goracs_core.features.chunks import Texts, compute_in_chunks
from goracs_core.features.model import load_language_model
from goracs_core.features.model_texts import ModelTexts
from goracs_core.features.norms import gradient_norms
from goracs_core.features.options import MADE_HERE, NO_MODEL, SMALL_MODEL, FeatureOptions
from goracs_core.features.store import read_features_meta
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.files import folder_fingerprint, model_folder
from goracs_core.progress import Progress, silent
from goracs_core.scores import SampleScores, ScoreKind
from goracs_core.store.cache import Cache
from goracs_core.store.keys import code_fingerprint
from goracs_core.torch_threads import threads_for
from goracs_core.types import FloatArray, fingerprint

# Part of every key: raise it when this module comes to mean other numbers.
_RECIPE = "difficulty 1"
_PREDICTING = ("goracs_core.llm.difficulty", "goracs_core.features.model_texts")
_MEASURING = ("goracs_core.features.norms",)
_SMALL = ("goracs_core.llm.small",)

_MODEL_STAGE, _PASS_STAGE, _NORM_STAGE = "language model", "el2n and entropy", "gradient norms"


def difficulty_scores(
    kind: ScoreKind, dataset: Dataset, directory: Path, *, draws: int, cache: Path, progress: Progress = silent
) -> SampleScores:
    """EL2N, entropy or GraNd of each pool sample; shape [n].

    The model, loss, adapters and seed are those of the features. Where the features have no language model (it was
    switched off, or the arrays were computed elsewhere), it is the small one, and the source says so.

    Args:
        kind: Which of the three.
        dataset: Its pool is scored.
        directory: Where the dataset and its features lie.
        draws: Draws of the adapters that GraNd averages over.
        cache: Folder for scores, chunks and trained models.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        StoreError: There are no features, they are another dataset's, or the cache cannot be written.
        DataError: Samples without what the loss needs.
        ModelError: The model cannot be loaded or used.
    """
    progress("Looking for scores")
    job = _Job(dataset, _chosen(dataset, Path(directory)), Path(cache), progress)
    match kind:
        case ScoreKind.EL2N | ScoreKind.ENTROPY:
            return _predicted(kind, job)
        case ScoreKind.GRAND:
            keys = [job.key(kind, f"draw {draw}", source=_MEASURING) for draw in range(draws)]
            kept = _kept(job)
            return _mean_of([kept.get_or_make(key, partial(_draw, draw, job)) for draw, key in enumerate(keys)])
        case _:
            raise TypeError(f"{kind} is no score of the language model's alone")


@dataclass(frozen=True)
class _Choice:
    """Which model scores, and why.

    Args:
        options: The features' options, with a model.
        identity: What tells the model from others, known before it is loaded.
        because: Why it is not the features' own model; "" when it is.
        norm_seconds: Seconds that the features' gradient norms took, 0 where unknown.
        features_model: Fingerprint of the model that the features were measured with, where it may have changed since.
    """

    options: FeatureOptions
    identity: str
    because: str = ""
    norm_seconds: float = 0.0
    features_model: str = ""


@dataclass
class _Job:
    """One dataset to score with one model, which is loaded when it is first needed."""

    dataset: Dataset
    choice: _Choice
    cache: Path
    progress: Progress
    _loaded: tuple[CausalModel, float] | None = field(default=None, init=False)

    def model(self) -> tuple[CausalModel, float]:
        """The model, and the seconds that getting it takes: with its training, whenever that was."""
        if self._loaded is None:
            started = time.perf_counter()
            model = load_language_model(self.dataset, self.choice.options, cache=self.cache, progress=self.progress)
            seconds = time.perf_counter() - started
            if self.choice.options.model in MADE_HERE:
                seconds = max(seconds, float(model.meta.get("seconds", 0.0)))
            self._loaded = model, seconds
        return self._loaded

    def key(self, kind: ScoreKind, *parts: str, source: tuple[str, ...]) -> str:
        """What a score depends on, as a fingerprint."""
        options = {**self.choice.options.to_dict(), "encoder": "", "model": ""}
        known = json.dumps([options, self.choice.because, self.choice.features_model], sort_keys=True)
        code = code_fingerprint(*source, *_SMALL)
        return fingerprint(_RECIPE, code, self.dataset.fingerprint, self.choice.identity, known, str(kind), *parts)

    def describe(self, model: CausalModel, words: str) -> tuple[str, dict[str, Any]]:
        """Source and record of a score: which model, why this one, and what was measured."""
        choice = self.choice
        name = "the small language model" if choice.options.model == SMALL_MODEL else f"the model {model.name}"
        if choice.features_model not in ("", model.fingerprint):
            name += ", which changed since the features were computed"
        reason = f" ({choice.because})" if choice.because else ""
        # A model's folder may hold a record with numbers that JSON does not know.
        record = json.loads(json.dumps(model.meta), parse_constant=lambda _: None)
        details: dict[str, Any] = {
            "model": {"name": model.name, "fingerprint": model.fingerprint, "record": record},
            "model_of": choice.because or "the features' language model",
            "measured": words,
            "loss": choice.options.loss,
            "seed": choice.options.seed,
        }
        return f"{name}{reason}, {words}", details


def _chosen(dataset: Dataset, directory: Path) -> _Choice:

    meta = read_features_meta(directory)
    if meta.get("dataset", {}).get("fingerprint") != dataset.fingerprint:
        message = f"the features in {directory} belong to another dataset; compute them for this one"
        raise StoreError(message, code="other-dataset", fields={"folder": str(directory)})
    if "options" not in meta:
        return _instead(FeatureOptions(), "the features came from elsewhere, without a language model to load")
    options = FeatureOptions.from_dict(meta["options"])
    options = replace(options, model=options.model.strip())
    if options.model == NO_MODEL:
        return _instead(options, "the features were computed without a language model")
    norm_seconds = float(meta.get("seconds", {}).get("gradient_norms", 0.0))
    if options.model in MADE_HERE:
        return _Choice(options, _identity(options), norm_seconds=norm_seconds)
    identity = folder_fingerprint(model_folder(options.model))
    features_model = str(meta.get("model", {}).get("fingerprint", ""))
    return _Choice(options, identity, norm_seconds=norm_seconds, features_model=features_model)


def _instead(options: FeatureOptions, because: str) -> _Choice:
    options = replace(options, model=SMALL_MODEL)
    return _Choice(options, _identity(options), because)


def _identity(options: FeatureOptions) -> str:
    """Name, dataset, seed and source determine a small model; dataset and source are part of every key."""
    return f"{options.model} {options.seed}"


def _predicted(kind: ScoreKind, job: _Job) -> SampleScores:
    """EL2N and entropy from one pass; both are kept, as one costs what both cost."""
    keys = {one: job.key(one, source=_PREDICTING) for one in (ScoreKind.EL2N, ScoreKind.ENTROPY)}
    cache = _kept(job)
    kept = cache.get(keys[kind])
    if kept is not None:
        return kept
    model, loading = job.model()
    started = time.perf_counter()
    values = _pass(model, job)
    seconds = ((_MODEL_STAGE, loading), (_PASS_STAGE, time.perf_counter() - started))
    source, details = job.describe(model, _words(job))
    made = {
        one: SampleScores(one, values[:, column], source, details, seconds) for column, one in enumerate(keys)
    }  # in the order of the columns
    for one, scores in made.items():
        cache.put(keys[one], scores)
    return made[kind]


def _kept(job: _Job) -> Cache[SampleScores]:
    return Cache(job.cache / "scores", SampleScores)


def _pass(model: CausalModel, job: _Job) -> FloatArray:
    """EL2N and entropy of the pool; shape [n, 2]."""
    from goracs_core.llm.difficulty import difficulty_in_batches

    options = job.choice.options
    whole = options.loss == "sequence"
    texts = ModelTexts.of(job.dataset.pool, job.dataset.task, options.norms())

    def compute(chunk: list[Texts], report: Callable[[int], None]) -> np.ndarray:
        return difficulty_in_batches(model, texts.tokens(chunk, model), whole_sequence=whole, report=report)

    with threads_for(model.model):
        return compute_in_chunks(
            texts.entries,
            recipe=fingerprint(
                _RECIPE,
                code_fingerprint(*_PREDICTING),
                model.fingerprint,
                f"{options.loss}, {texts.max_tokens} tokens, choice={texts.by_choice}",
            ),
            compute=compute,
            cache=job.cache,
            stage="Measuring predictions",
            progress=job.progress,
        )


def _words(job: _Job) -> str:
    if job.choice.options.loss == "sequence":
        return "mean over the tokens of prompt and answer"
    return "Yes against No" if job.dataset.task is Task.CTR else "mean over answer tokens"


def _draw(draw: int, job: _Job) -> SampleScores:
    """The gradient norms of one draw of the adapters; the first is that of the features."""
    dataset, options = job.dataset, job.choice.options.norms(draw)
    model, loading = job.model()
    started = time.perf_counter()
    norms = gradient_norms(
        dataset.pool, task=dataset.task, model=model, options=options, cache=job.cache, progress=job.progress
    )
    # The features' norms are found in the cache; they count with the time that they took.
    seconds = max(time.perf_counter() - started, job.choice.norm_seconds if draw == 0 else 0.0)
    source, details = job.describe(model, norms.loss)
    spent = ((_MODEL_STAGE, loading), (_NORM_STAGE, seconds))
    return SampleScores(ScoreKind.GRAND, norms.values, source, details | {"adapters": options.adapters}, spent)


def _mean_of(draws: list[SampleScores]) -> SampleScores:
    """GraNd (arXiv 2107.07075, definition 2.1): the mean over draws of the initial weights, here the adapters'."""
    spent = [dict(one.seconds) for one in draws]
    count = f"mean over {len(draws)} draws of the adapters" if len(draws) > 1 else "one draw of the adapters"
    seconds = (
        (_MODEL_STAGE, max(one[_MODEL_STAGE] for one in spent)),
        (_NORM_STAGE, sum(one[_NORM_STAGE] for one in spent)),
    )
    return SampleScores(
        ScoreKind.GRAND,
        np.mean([one.values for one in draws], axis=0),
        f"{draws[0].source}, {count}",
        draws[0].details | {"draws": len(draws)},
        seconds,
    )
