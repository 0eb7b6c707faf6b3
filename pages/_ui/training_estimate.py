"""What a training will take, told before it starts: as earlier ones on the same data did, or roughly by its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.tuning.options import TITLES_MODEL, FineTuneOptions, TigerOptions
from pages._ui import cache, state, text
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.jobs.train.record import Training, TrainingSummary
    from pages._ui.training.form import Asked

# Measured on one thread with the model that is made here; good to a factor of about two, and said so.
_CHARACTERS = 4.5  # per token
_PACE = 9_000.0  # tokens per second of training
_TESTED = 3.0  # tests run so many times as fast as training: no way back through the network
_RANKED = 0.004  # seconds per ranked sample and beam
_GROUNDED = 0.003  # seconds per title of the catalogue that is embedded, once
_PRETRAINING = 60.0
_START = 4.0
_TIGER_SAMPLE = 0.007  # seconds per sample and epoch
_SMALL_MODELS = (TITLES_MODEL, "small")


def sentence(ref: DatasetRef, asked: Asked, earlier: tuple[TrainingSummary, ...]) -> str:
    """Tokens and time, and where the numbers come from; Markdown."""
    epochs = f"{asked.options.epochs} epoch{'s' if asked.options.epochs > 1 else ''}"
    rows = f"{asked.budget:,} samples × {epochs}"
    if isinstance(asked.options, TigerOptions):
        seconds = _like_earlier(asked, earlier) or _START + asked.budget * asked.options.epochs * _TIGER_SAMPLE
        return f"At most {rows}: about {text.duration(seconds)}, an estimate. {_STOPS}"
    tokens = asked.budget * asked.options.epochs * tokens_per_sample(ref)
    said = f"At most {rows} ≈ {_millions(tokens)} tokens"
    seconds = _like_earlier(asked, earlier)
    if seconds is not None:
        return f"{said}: about {text.duration(seconds)}, an estimate from an earlier training. {_STOPS}"
    if asked.options.model not in _SMALL_MODELS:
        return f"{said}. How long they take with this model is known after its first training. {_STOPS}"
    seconds = _START + tokens / _PACE + _testing(ref, asked)
    making = (
        "" if _is_made(ref, asked.options) else f", and about {text.duration(_PRETRAINING)} to make the model, once"
    )
    return f"{said}: about {text.duration(seconds)}, an estimate at {_PACE:,.0f} tokens per second{making}. {_STOPS}"


_STOPS = "Stopped or cancelled, it goes on after its last finished epoch when asked for again."


def _testing(ref: DatasetRef, asked: Asked) -> float:
    tests = asked.measure.test_samples or ref.counts["test"]
    watched = min(asked.options.watched, ref.counts["validation"]) * (asked.options.epochs + 1)
    read = (2 * tests + watched) * tokens_per_sample(ref)  # before and after
    ranked = asked.measure.ranked_samples * asked.measure.beams * _RANKED
    return read / _PACE / _TESTED + (ranked + ref.counts["items"] * _GROUNDED if ranked else 0.0)


def _like_earlier(asked: Asked, earlier: tuple[TrainingSummary, ...]) -> float | None:
    """Seconds by the pace of the newest training of the same model; None without one."""
    for one in earlier:
        if one.recommender is not asked.recommender or not _same_model(asked, one):
            continue
        try:
            found = _read(str(state.workspace().root), one.id)
        except GoracsError:  # deleted since, or damaged
            continue
        passes = max(len(found.log.epochs) - 1, 1)
        share = asked.budget * asked.options.epochs / (found.budget * passes)
        rankings = found.tested.rankings
        ranked = 0.0 if rankings is None else rankings.seconds / max(len(rankings.rows), 1)
        test = found.tested.losses.seconds / max(len(found.tested.losses.rows), 1)
        tests = asked.measure.test_samples or len(found.tested.losses.rows)
        return _START + found.log.seconds * share + 2 * test * tests + ranked * asked.measure.ranked_samples
    return None


def _same_model(asked: Asked, one: TrainingSummary) -> bool:
    names = ("model", "weights", "width", "layers")
    values = asked.options.to_dict()
    return all(values.get(name) == one.options.get(name) for name in names)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(root: str, training: str) -> Training:
    from pathlib import Path

    from goracs_core.workspace import Workspace

    return TrainingStore(Workspace(Path(root))).get(training)


def tokens_per_sample(ref: DatasetRef) -> float:
    """Mean tokens of a pool sample, prompt and answer, from their letters."""
    return _tokens(ref.fingerprint, ref)


@st.cache_resource(max_entries=16, show_spinner=False)
def _tokens(fingerprint: str, _ref: DatasetRef) -> float:
    pool = cache.dataset(_ref).pool
    spread = np.unique(np.linspace(0, len(pool) - 1, min(len(pool), 500)).round().astype(int)).tolist()
    letters = np.mean([len(pool.prompts[row]) + len(pool.answers[row]) for row in spread])
    return float(letters / _CHARACTERS + 2)


def _is_made(ref: DatasetRef, options: FineTuneOptions) -> bool:
    """Whether a model of this kind came along or was made before; of which dataset it is, only making it would tell."""
    prefix = "titles-" if options.model == TITLES_MODEL else "small-"
    return any(any((folder / "models").glob(f"{prefix}*")) for folder in (ref.directory, state.workspace().cache))


def _millions(tokens: float) -> str:
    return f"{tokens / 1e6:.2g} million" if tokens >= 1e6 else f"{round(tokens, -3):,.0f}"
