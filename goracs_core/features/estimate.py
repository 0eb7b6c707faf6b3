"""How long features will take and how much memory: from text lengths and model sizes, before anything is loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.errors import ModelError
from goracs_core.estimate import Estimate
from goracs_core.features.embed import embedded_texts
from goracs_core.features.encoder import DEFAULT_ENCODER, packaged_folder
from goracs_core.features.options import MADE_HERE, NO_MODEL, SMALL_MODEL, FeatureOptions

# Measured on two cores of a 2.6 GHz server processor with MiniLM: 92 prompts of 117 tokens a second.
_OPERATIONS_PER_SECOND_AND_CORE = 1.2e11
_CHARACTERS_PER_TOKEN = 3.7
# A small network spends its time on other things than matrix products; measured. It is trained and read on one core.
_SMALL_MODEL_TOKENS_PER_SECOND = 24_000.0
_SMALL_MODEL_TRAINING_SECONDS = 70.0
_SMALL_MODEL_PARAMETERS = 1.4e6
# A hub model that is not on this machine: the usual sizes of an encoder and of a language model.
_UNKNOWN_PARAMETERS = {"encoder": 1.1e8, "model": 7e9}
_LIBRARIES_BYTES = 600_000_000
_BATCH_TOKENS = 2048


def estimate_features(dataset: Dataset, options: FeatureOptions) -> Estimate:
    """Time and memory of `compute_features`, from the texts' lengths, the models' sizes and this machine's cores.

    Chunks that are in the cache already make it faster than this says. Loads no model and no library.
    """
    cores = _cores()
    texts = [*embedded_texts(dataset.pool, dataset.task), *embedded_texts(dataset.validation, dataset.task)]
    encoder_parameters, encoder_words = _parameters("encoder", options.encoder)
    encoder_limit = 256 if options.encoder.strip() == DEFAULT_ENCODER else 512
    embedding = _forward_seconds(encoder_parameters, _tokens(texts, encoder_limit), cores)
    words = [f"embedding {len(texts):,} texts with {encoder_words} takes about {_minutes(embedding)}"]
    parameters, gradients = 0.0, 0.0
    if options.model.strip() in MADE_HERE:
        parameters = _SMALL_MODEL_PARAMETERS
        training = _SMALL_MODEL_TRAINING_SECONDS
        measuring = _tokens(_whole(dataset.pool), 512) / _SMALL_MODEL_TOKENS_PER_SECOND
        measuring *= _backward_factor(options)
        gradients = training + measuring
        made = f"training the {options.model.strip()} model {_minutes(training)}"
        words.append(f"{made} and its gradients {_minutes(measuring)}")
    elif options.model.strip() != NO_MODEL:
        parameters, model_words = _parameters("model", options.model)
        gradients = _forward_seconds(parameters, _tokens(_whole(dataset.pool), 512), cores) * _backward_factor(options)
        words.append(f"gradients of {len(dataset.pool):,} samples with {model_words} {_minutes(gradients)}")
    # The two models are never in memory at once; logits of one batch dominate the rest.
    models = 4 * max(encoder_parameters, parameters) + _BATCH_TOKENS * (_logits_width(options) * 12 + 200_000)
    memory = int(_LIBRARIES_BYTES + models + 2 * sum(len(text.encode()) for text in texts) + len(texts) * 1024 * 4 * 2)
    basis = f"On {cores} core{'s' if cores > 1 else ''}, {'; '.join(words)}; finished parts in the cache are skipped."
    return Estimate(seconds=embedding + gradients, memory_bytes=memory, basis=basis[0].upper() + basis[1:])


def model_pass_seconds(dataset: Dataset, options: FeatureOptions) -> float:
    """Seconds of getting the language model and one pass over the pool: what features cost beyond the embeddings.

    Args:
        dataset: Its pool is read.
        options: Of its features. Features without a language model tell of none, so the small one is assumed.
    """
    if options.model.strip() == NO_MODEL:
        options = replace(options, model=SMALL_MODEL)
    without = replace(options, model=NO_MODEL)
    return estimate_features(dataset, options).seconds - estimate_features(dataset, without).seconds


def _whole(samples: Samples) -> list[str]:
    return [prompt + answer for prompt, answer in zip(samples.prompts, samples.answers, strict=True)]


def _tokens(texts: Sequence[str], limit: int) -> float:
    lengths = np.array([len(text) for text in texts]) / _CHARACTERS_PER_TOKEN + 2  # [n]
    return float(np.minimum(lengths, limit).sum())


def _forward_seconds(parameters: float, tokens: float, cores: int) -> float:
    return 2.0 * parameters * tokens / (_OPERATIONS_PER_SECOND_AND_CORE * cores)


def _backward_factor(options: FeatureOptions) -> float:
    """Cost of a pass relative to the default's: all adapters need the whole network's backward, one only the top's."""
    return (2.0 if options.adapters == "all" else 1.0) * (1.5 if options.loss == "sequence" else 1.0)


def _logits_width(options: FeatureOptions) -> int:
    return 4096 if options.model.strip() in (*MADE_HERE, NO_MODEL) else 32_000


def _parameters(role: str, name: str) -> tuple[float, str]:
    """Number of weights that work on each token, and a few words on where that figure comes from."""
    name = name.strip()
    try:
        folder = packaged_folder() if role == "encoder" and name == DEFAULT_ENCODER else Path(name).expanduser()
        config = _config(folder)
    except (OSError, ValueError, ModelError):
        config = None
    if config is None:
        guess = _UNKNOWN_PARAMETERS[role]
        return guess, f"{name} (not on this machine, {guess / 1e6:,.0f} million weights assumed)"
    width, layers = (
        config.get("hidden_size", config.get("n_embd")),
        config.get("num_hidden_layers", config.get("n_layer")),
    )
    if not isinstance(width, int) or not isinstance(layers, int):
        return _UNKNOWN_PARAMETERS[role], f"{name} (of unknown size)"
    inner = config.get("intermediate_size") or 4 * width
    matrices = 3 if config.get("hidden_act") in ("silu", "gelu_pytorch_tanh") else 2
    total = float(layers * (4 * width * width + matrices * width * inner))
    return total, f"{name} ({total / 1e6:,.0f} million weights per token)"


def _config(folder: Path) -> dict[str, Any] | None:
    path = next((p for p in (folder / "config.json", folder / "0_Transformer" / "config.json") if p.is_file()), None)
    if path is None:
        return None
    config = json.loads(path.read_text(encoding="utf-8"))
    return config if isinstance(config, dict) else None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
