"""The model that is fine-tuned by default has read titles and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Samples, Task
from goracs_core.errors import JobCancelled
from goracs_core.llm.backend import load_causal_model
from goracs_core.llm.batches import tokenize_choices
from goracs_core.llm.small import SmallModelSettings, fixed_wording, train_small_model, train_titles_model
from goracs_core.progress import Progress
from tests.features.datasets import TITLES, make_dataset

FEW = SmallModelSettings(
    vocabulary=400, width=16, layers=2, heads=2, feed_forward=24, context=128, steps=30, block=64, rows=4, held_out=6
)


def content(folder: Path) -> dict[str, bytes]:
    """All files of the one model in a cache, but for the record, which holds seconds."""
    (model,) = (folder / "models").iterdir()
    return {path.name: path.read_bytes() for path in model.iterdir() if path.name != "goracs.json"}


def test_it_learns_titles_and_says_what_it_read(tmp_path: Path):
    stages: list[tuple[str, int, int]] = []

    def watch(stage: str, done: int, total: int, detail: str = "") -> None:
        stages.append((stage, done, total))

    settings = replace(FEW, steps=200, learning_rate=1e-2)
    model = train_titles_model(make_dataset(), seed=0, cache=tmp_path, settings=settings, progress=Progress(watch))
    assert model.name == "small-titles"
    assert model.context == 128
    assert model.meta["trained_on"] == (
        "35 titles of made here and 105 made-up lists of titles alike; nobody's history, no answer"
    )
    assert model.meta["title_loss_before"] == pytest.approx(np.log(len(model.tokenizer)), abs=0.3)
    # 35 titles, each as likely as the others: log(35) nats over a title's three tokens is the least there is.
    assert np.log(35) / 3 * 0.8 < model.meta["title_loss_after"] < 0.5 * model.meta["title_loss_before"]
    assert ("Training the small language model on titles", 200, 200) in stages


def test_it_knows_where_titles_end(tmp_path: Path):
    import torch

    settings = replace(FEW, steps=200, learning_rate=1e-2)
    model = train_titles_model(make_dataset(), seed=0, cache=tmp_path, settings=settings)

    def chance_of_end(text: str) -> float:
        ids = torch.tensor([model.tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            return float(model.model(input_ids=ids).logits[0, -1].softmax(0)[model.tokenizer.eos_token_id])

    whole = np.mean([chance_of_end(title) for title in TITLES])
    assert whole > 0.5
    assert whole > 3 * np.mean([chance_of_end(title.split()[0]) for title in TITLES])


def shuffled(samples: Samples, what: str) -> Samples:
    order = np.random.default_rng(0).permutation(len(samples))
    match what:
        case "answers":
            return replace(samples, answers=tuple(samples.answers[row] for row in order))
        case "order":
            return samples.take(order)
        case "histories":
            prompts = []
            for row, prompt in enumerate(samples.prompts):
                titles = [TITLES[item] for item in samples.histories[row]]
                others = [TITLES[(item + 7 * row) % len(TITLES)] for item in samples.histories[row]][::-1]
                prompts.append(prompt.replace(" , ".join(titles), " , ".join(others)))
            assert tuple(prompts) != samples.prompts
            return replace(samples, prompts=tuple(prompts))
        case _:
            raise ValueError(what)


@pytest.mark.parametrize("what", ["answers", "order", "histories"])
def test_nothing_of_the_pool_gets_into_it(tmp_path: Path, what: str):
    dataset = make_dataset(pool=200)
    other = replace(dataset, pool=shuffled(dataset.pool, what), validation=dataset.test, name="another name")
    train_titles_model(dataset, seed=0, cache=tmp_path / "a", settings=FEW)
    train_titles_model(other, seed=0, cache=tmp_path / "b", settings=FEW)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert [path.name for path in (tmp_path / "a" / "models").iterdir()] == [
        path.name for path in (tmp_path / "b" / "models").iterdir()
    ]


def test_titles_seed_and_wording_decide_it(tmp_path: Path):
    dataset = make_dataset()
    titles = (*dataset.items.titles[:-1], "Another title")
    wording = replace(dataset.pool, prompts=tuple(prompt.replace("picked", "chose") for prompt in dataset.pool.prompts))
    made = {
        train_titles_model(each, seed=seed, cache=tmp_path, settings=FEW).fingerprint
        for each, seed in (
            (dataset, 0),
            (dataset, 1),
            (replace(dataset, items=replace(dataset.items, titles=titles)), 0),
            (replace(dataset, pool=wording), 0),
        )
    }
    assert len(made) == 4
    assert train_small_model(dataset, seed=0, cache=tmp_path, settings=FEW).fingerprint not in made
    assert len(list((tmp_path / "models").glob("titles-*"))) == 4
    assert len(list((tmp_path / "models").glob("small-*"))) == 1


@pytest.mark.parametrize("task", list(Task))
def test_the_wording_of_prompts_is_whole_words_to_its_tokenizer(tmp_path: Path, task: Task):
    dataset = make_dataset(task=task)
    words = train_titles_model(dataset, seed=0, cache=tmp_path, settings=FEW).tokenizer
    for word in ("picked", "comes", "next") if task is Task.SEQREC else ("Liked", "liked", "Answer"):
        assert len(words(f" {word}", add_special_tokens=False)["input_ids"]) == 1 or word == "Liked"
    (sample,) = tokenize_choices(words, ["Will it be liked?\n"], [1], context=128)
    assert [words.decode([token]) for token in sample.choices] == ["No", "Yes"]


def test_fixed_wording_is_what_most_prompts_share():
    prompts = [f'Someone picked "{title}".\nWhich comes next?\n' for title in TITLES]
    wording = fixed_wording(prompts)
    assert {"Someone", " picked", "Which", " comes", " next", "?", "\n"} <= set(wording)
    assert not any(title.split()[0] in word for title in TITLES for word in wording)
    assert wording == tuple(sorted(wording)) == fixed_wording(prompts[::-1])
    assert fixed_wording(["same"] * 3 + ["other"]) == ("other", "same")


def test_it_is_kept_and_nothing_half_made_stays(tmp_path: Path):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if stage.endswith("on titles") and done == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        train_titles_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW, progress=Progress(cancel))
    assert not list(tmp_path.rglob("*.safetensors"))
    first = train_titles_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW)
    again = train_titles_model(make_dataset(), seed=0, cache=tmp_path, settings=FEW, progress=Progress(never))
    assert again.fingerprint == first.fingerprint
    (folder,) = (tmp_path / "models").iterdir()
    assert load_causal_model(str(folder)).fingerprint == first.fingerprint


def test_titles_longer_than_the_context_are_no_trouble(tmp_path: Path):
    dataset = make_dataset()
    titles = ("Omega three " * 100, *dataset.items.titles[1:])
    long = replace(dataset, items=replace(dataset.items, titles=titles))
    model = train_titles_model(long, seed=0, cache=tmp_path, settings=replace(FEW, context=32, block=32))
    assert np.isfinite(model.meta["title_loss_after"])
