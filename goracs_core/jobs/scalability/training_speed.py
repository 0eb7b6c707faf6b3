"""Training steps of a dataset's own language model, timed; the small model stands in where that one is not here."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.errors import GoracsError, ModelError
from goracs_core.features.options import MADE_HERE
from goracs_core.jobs.inputs import SelectInputs
from goracs_core.jobs.memory import available_bytes
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.small import SmallModelSettings, train_small_model
from goracs_core.llm.speed import TrainingSpeed, measure_training
from goracs_core.progress import Progress, silent

PREPARING = "preparing the language model"

_NO_MODEL_NAMES = ("", "precomputed")
# Enough prompts to make a vocabulary of the usual size.
_VOCABULARY_ROWS = 2_000


def training_speed(
    inputs: SelectInputs, *, seed: int, cache: Path, progress: Progress = silent
) -> tuple[TrainingSpeed | None, str]:
    """Time training steps on the dataset's prompts, with the model whose gradient norms the features hold.

    Args:
        inputs: A dataset with features.
        seed: Decides which prompts make the batches.
        cache: A folder for the stand-in while it is made; nothing stays there.
        progress: Told the steps; may raise JobCancelled.

    Returns:
        The measurement and a sentence about the model ("" when there is nothing to say), or None and why there is none.
    """
    dataset = inputs.dataset
    if dataset is None:
        return None, "There are no prompts to train on: the features came without a dataset."
    progress(PREPARING, 0, 0)
    named, note = inputs.fingerprints.get("model", ""), ""
    model = None
    try:
        if named in _NO_MODEL_NAMES:
            note = "The features name no language model, so the small model stands in."
        elif named not in MADE_HERE:
            model, note = _local_model(named)
        if model is None:
            model = _small_model(dataset, seed=seed, cache=cache, progress=progress)
        return measure_training(model, dataset.pool, seed=seed, progress=progress), note
    except GoracsError as error:  # the selections were measured all the same
        return None, f"Training steps could not be measured: {error}."


def _local_model(name: str) -> tuple[CausalModel | None, str]:
    """The model when it is on this machine and loads; else None and a sentence."""
    folder = _local_folder(name)
    if folder is None:
        return None, f"The features' language model {name!r} is not on this machine, so the small model stands in."
    weights = 2 * sum(path.stat().st_size for path in folder.rglob("*.safetensors"))  # stored in 16 bits, used in 32
    free = available_bytes()
    if free is not None and weights > free:
        return None, f"The features' language model {name!r} does not fit into memory, so the small model stands in."
    try:
        return load_causal_model(str(folder), name=name), ""
    except ModelError as error:
        return None, f"The features' language model {name!r} does not load ({error}), so the small model stands in."


def _local_folder(name: str) -> Path | None:
    """Where the model lies, without asking the network."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception:  # not there, or no name that a hub could know: the library has an error of its own for each
        return None


def _small_model(dataset: Dataset, *, seed: int, cache: Path, progress: Progress) -> CausalModel:
    """The small model's shape and vocabulary, untrained: a step takes as long, whatever the model has learnt."""

    def report(stage: str, done: int, total: int, detail: str) -> None:
        progress(PREPARING, 0, 0)

    rows = np.unique(np.linspace(0, len(dataset.pool) - 1, min(len(dataset.pool), _VOCABULARY_ROWS)).astype(np.int64))
    some: Any = replace(dataset, pool=dataset.pool.take(rows))
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="speed-", dir=cache) as folder:
        settings = SmallModelSettings(steps=1, held_out=1)
        return train_small_model(some, seed=seed, cache=Path(folder), settings=settings, progress=Progress(report))
