"""The small language models: LLaMA's architecture, about 1.4 million parameters, trained in about a minute.

They stand in for a large model where there is no GPU and no network; everything around them is the same as for a model
from a folder. "small" has read the catalogue and the pool: its gradients tell which samples are hard for a model that
knows them. "small-titles" has read titles and made-up lists of titles alike: it knows a little of what belongs
together, as a large model would, and there is something left for a coreset to teach it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from goracs_core.data.dataset import Dataset
from goracs_core.data.demo import demo_directory
from goracs_core.data.prompts import DEFAULT_DOMAIN
from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import ModelError
from goracs_core.llm.alike import alike_lists
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.batches import TokenSample, joined, tokenize
from goracs_core.llm.small_network import (
    SmallModelSettings,
    fresh_model,
    save_model,
    token_losses,
    token_stream,
    train_on,
    train_tokenizer,
)
from goracs_core.llm.tuning.options import TITLES_MODEL
from goracs_core.progress import Progress, silent
from goracs_core.torch_threads import one_thread
from goracs_core.types import fingerprint

__all__ = ["SHIPPED", "SMALL_MODEL", "TITLES_MODEL", "SmallModelSettings", "train_small_model", "train_titles_model"]

SMALL_MODEL = "small"
SHIPPED = "models"  # folder of models inside the demo's

# Parts of the cache keys: raise one when the same settings come to mean another model.
_RECIPE = "small 1"
_TITLES_RECIPE = "titles 2"

# Half way through these a model has learnt titles, but not yet what is alike; more titles take longer.
_FEWEST_STEPS, _MOST_STEPS, _TITLES_PER_STEP = 880, 1760, 10

# Fixed wording: what stands in at least this share of the prompts, found in at most so many of them.
_FIXED_SHARE, _READ_PROMPTS = 0.5, 2000
# How often the fixed wording is repeated for the tokenizer, so that each of its words becomes one token.
_REPEATS = 100


def train_small_model(
    dataset: Dataset,
    *,
    seed: int,
    cache: Path,
    settings: SmallModelSettings | None = None,
    progress: Progress = silent,
) -> CausalModel:
    """Train the small model on titles and pool prompts, or take the one trained before on the same texts.

    `meta` of the result tells the held-out losses before and after training (mean token cross-entropy in nats on
    validation samples, over the whole text and over the answer).

    Args:
        dataset: Titles, pool and validation samples are read.
        seed: Decides the initial weights and the order of the texts.
        cache: Models are kept in its folder `models`, by fingerprint.
        settings: Size and length of training; the defaults where not given.
        progress: Told after every step; may raise JobCancelled.

    Raises:
        StoreError: The folder cannot be written.
    """
    settings = settings or SmallModelSettings()
    pool, validation = dataset.pool, dataset.validation
    held_out = evenly_spread(len(validation), settings.held_out)
    held = [validation.prompts[row] for row in held_out], [validation.answers[row] for row in held_out]
    key = fingerprint(
        _RECIPE, json.dumps(asdict(settings)), str(seed), dataset.items.titles, pool.prompts, pool.answers, *held
    )

    def make(folder: Path) -> None:
        texts = [*dataset.items.titles, *(joined(p, a) for p, a in zip(pool.prompts, pool.answers, strict=True))]
        tokenizer = train_tokenizer(texts, settings, progress)
        samples = tokenize(tokenizer, *held, context=settings.context)
        stage = "Training the small language model"
        model, before, after, record = _trained(tokenizer, texts, samples, settings, seed, stage, progress)
        losses = {
            "held_out_loss_before": before[0],
            "held_out_loss_after": after[0],
            "held_out_answer_loss_before": before[1],
            "held_out_answer_loss_after": after[1],
        }
        about = {"trained_on": dataset.name, "held_out_samples": len(samples), **losses}
        save_model(folder, model, tokenizer, about | record)

    return _kept_or_made(Path(cache) / "models" / f"small-{key}", SMALL_MODEL, make)


def train_titles_model(
    dataset: Dataset,
    *,
    seed: int,
    cache: Path,
    settings: SmallModelSettings | None = None,
    progress: Progress = silent,
) -> CausalModel:
    """Train the model that is fine-tuned by default: on titles, or take the one trained before on the same ones.

    It reads each title, and lists of titles alike in the words of the prompts (`goracs_core.llm.alike`), so that it
    begins with a little sense of what belongs together. Nobody's history and no answer is read: of the prompts only the
    words that most of them share, for the tokenizer. So what a coreset teaches it of people, it cannot have known
    before. `meta` of the result says so, with the mean token cross-entropy of some titles before and after training,
    in nats.

    Args:
        dataset: Titles and the fixed wording of the pool's prompts are read.
        seed: Decides the initial weights and the order of the titles.
        cache: Models are kept in its folder `models`, by fingerprint.
        settings: Size and length of training; `held_out` is the number of titles measured. Where not given, as the
            small model's, but longer: see `titles_steps`.
        progress: Told after every step; may raise JobCancelled.

    Raises:
        StoreError: The folder cannot be written.
    """
    titles = dataset.items.titles
    settings = settings or SmallModelSettings(steps=titles_steps(len(titles)))
    wording = fixed_wording(dataset.pool.prompts)
    domain = str(dataset.provenance.get("domain") or DEFAULT_DOMAIN)
    key = fingerprint(
        _TITLES_RECIPE, json.dumps(asdict(settings)), str(seed), titles, wording, str(dataset.task), domain
    )

    def make(folder: Path) -> None:
        progress("Gathering titles alike", 0, 0)
        lists = alike_lists(titles, task=dataset.task, domain=domain, seed=seed)
        tokenizer = train_tokenizer([*titles, *(list(wording) * _REPEATS)], settings, progress)
        measured = tokenizer([titles[row] for row in evenly_spread(len(titles), settings.held_out)], verbose=False)
        samples = [
            TokenSample((*ids[: settings.context - 1], tokenizer.eos_token_id), 1) for ids in measured["input_ids"]
        ]
        stage = "Training the small language model on titles"
        model, before, after, record = _trained(tokenizer, [*titles, *lists], samples, settings, seed, stage, progress)
        about = {
            "trained_on": f"{len(titles)} titles of {dataset.name} and {len(lists)} made-up lists of titles alike; "
            "nobody's history, no answer",
            "titles": len(titles),
            "lists": len(lists),
            "title_loss_before": before[0],
            "title_loss_after": after[0],
        }
        save_model(folder, model, tokenizer, about | record)

    return _kept_or_made(Path(cache) / "models" / f"titles-{key}", TITLES_MODEL, make)


def titles_steps(count: int) -> int:
    """Training steps on so many titles: about two minutes for up to 9,000, twice that from 18,000 on."""
    return min(_MOST_STEPS, max(_FEWEST_STEPS, count // _TITLES_PER_STEP))


def fixed_wording(prompts: Sequence[str]) -> tuple[str, ...]:
    """The words and signs that at least half of the prompts hold, each once, in alphabetical order.

    Which prompt holds which titles, and in which order, leaves no trace here.

    Args:
        prompts: n texts; of more than 2,000, so many are read.
    """
    from tokenizers.pre_tokenizers import ByteLevel

    splitter = ByteLevel(add_prefix_space=False)
    unique = sorted(set(prompts))
    counts: Counter[str] = Counter()
    chosen = [unique[row] for row in evenly_spread(len(unique), _READ_PROMPTS)]
    for prompt in chosen:
        counts.update({prompt[start:end] for _, (start, end) in splitter.pre_tokenize_str(prompt)})
    return tuple(sorted(word for word, count in counts.items() if count >= _FIXED_SHARE * len(chosen)))


def _kept_or_made(folder: Path, name: str, make: Callable[[Path], None]) -> CausalModel:
    """The model in `folder`, else the one of the same key that comes with the demo, else made now.

    A damaged folder in the cache is replaced.
    """
    if folder.is_dir():
        try:
            return load_causal_model(str(folder), name=name)
        except ModelError:
            shutil.rmtree(folder, ignore_errors=True)
    shipped = demo_directory() / SHIPPED / folder.name
    if shipped.is_dir():
        return load_causal_model(str(shipped), name=name)
    make(folder)
    return load_causal_model(str(folder), name=name)


def _trained(
    tokenizer: Any,
    texts: list[str],
    measured: list[TokenSample],
    settings: SmallModelSettings,
    seed: int,
    stage: str,
    progress: Progress,
) -> tuple[Any, tuple[float, float], tuple[float, float], dict[str, Any]]:
    """A network trained on `texts`, the losses of the measured samples before and after, and what decided it."""
    model = fresh_model(tokenizer, settings, seed)
    started = time.perf_counter()
    with one_thread():
        before = token_losses(model, measured)
        train_on(model, token_stream(tokenizer, texts, settings, seed), settings, stage, progress)
        after = token_losses(model, measured)
    seconds = round(time.perf_counter() - started, 2)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    record = {"parameters": parameters, "settings": asdict(settings), "seed": seed, "seconds": seconds}
    return model, before, after, record
