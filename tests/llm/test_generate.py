"""What a model writes: the texts that transformers' own search finds, whichever prompts are written for together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as hf

from goracs_core.errors import JobCancelled, ModelError
from goracs_core.llm import beam_search as beam_search_module
from goracs_core.llm import generate
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.beam_search import beam_search, can_share_prompts
from goracs_core.llm.generate import longest, plain_beam_search, write_texts
from goracs_core.progress import Progress
from goracs_core.torch_threads import one_thread
from tests.llm.tiny import ARCHITECTURES, PROMPTS, make_model, save_model, tokenizer
from tests.refusals import told

WORDS = tokenizer()


def held(network: Any, *, context: int = 64, words: Any = WORDS) -> CausalModel:
    return CausalModel(network.eval().requires_grad_(False), words, "tiny", "0" * 32, context, {})


def tiny(kind: str = "llama", *, seed: int = 0) -> CausalModel:
    return held(make_model(kind, vocabulary=len(WORDS), seed=seed))


def padded(lengths: list[int], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random prompts of the given lengths, padded on the left with anything."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(3, len(WORDS), (len(lengths), max(lengths)))
    mask = np.arange(max(lengths)) >= max(lengths) - np.array(lengths)[:, None]
    return torch.tensor(ids), torch.tensor(mask).long()


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize(("beams", "ends"), [(1, (2, 9)), (4, tuple(range(2, 14)))])
def test_shared_prompts_change_nothing_about_what_is_found(kind: str, beams: int, ends: tuple[int, ...]):
    """Half of the prompts end early with many end tokens, so that the batch is packed on the way."""
    model = tiny(kind, seed=beams).model
    assert can_share_prompts(model)
    ids, mask = padded([3, 9, 1, 6, 12], seed=beams)
    with torch.inference_mode(), one_thread():
        own = beam_search(model, ids, mask, beams=beams, max_new=8, ends=ends)
        assert own == plain_beam_search(model, ids, mask, beams=beams, max_new=8, ends=ends)
        for row in (0, 2):
            alone = slice(row, row + 1), slice(int((mask[row] == 0).sum()), None)
            assert own[row : row + 1] == beam_search(model, ids[alone], mask[alone], beams=beams, max_new=8, ends=ends)
    assert all(len(text) <= 8 and not set(text[:-1]) & set(ends) for text in own)


def test_enough_beams_find_the_best_text_of_all():
    model, count = tiny(seed=5).model, len(WORDS)
    ids, mask = padded([5], seed=0)

    def log_chances(tokens: list[int]) -> np.ndarray:
        whole = torch.cat([ids, torch.tensor([tokens], dtype=torch.int64)], dim=1)
        return torch.log_softmax(model(whole).logits[0, -1], dim=0).numpy()

    with torch.inference_mode(), one_thread():
        first = log_chances([])
        values: dict[tuple[int, ...], float] = {(token,): first[token] for token in (2, 7)}
        for token in set(range(count)) - {2, 7}:
            second = (first[token] + log_chances([token])) / 2
            values |= {(token, other): second[other] for other in range(count)}
        (best,) = beam_search(model, ids, mask, beams=count, max_new=2, ends=(2, 7))
    assert tuple(best) == max(values, key=lambda text: values[text])


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_batches_orders_and_repeats_do_not_matter(kind: str, monkeypatch):
    model = tiny(kind)
    alone = [write_texts(model, [prompt], beams=3, max_new=6, max_tokens=64)[0] for prompt in PROMPTS]
    assert len(set(alone)) > 1
    asked = [*PROMPTS, *PROMPTS[::-1], *PROMPTS[:2]]
    expected = [*alone, *alone[::-1], *alone[:2]]
    assert write_texts(model, asked, beams=3, max_new=6, max_tokens=64) == expected
    monkeypatch.setattr(generate, "_MAX_BATCH", 2)
    assert write_texts(model, asked, beams=3, max_new=6, max_tokens=64) == expected
    assert write_texts(model, [], beams=3, max_new=6, max_tokens=64) == []


def test_models_whose_beams_cannot_share_are_left_to_transformers():
    common: dict[str, Any] = {"vocab_size": len(WORDS), "hidden_size": 16, "bos_token_id": 1, "eos_token_id": 2}
    torch.manual_seed(0)
    sliding = hf.MistralForCausalLM(
        hf.MistralConfig(
            **common,
            intermediate_size=24,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            sliding_window=3,
            max_position_embeddings=64,
            initializer_range=0.4,
        )
    )
    alibi = hf.BloomForCausalLM(hf.BloomConfig(**common, n_layer=2, n_head=4, initializer_range=0.4))
    for network in (sliding, alibi):
        model = held(network)
        assert not can_share_prompts(network)
        together = write_texts(model, PROMPTS, beams=2, max_new=4, max_tokens=64)
        assert together == [write_texts(model, [p], beams=2, max_new=4, max_tokens=64)[0] for p in PROMPTS]


def test_settings_of_the_folder_do_not_reach_into_the_search():
    """Folders often ask for sampling or penalties, which would make texts a matter of chance."""
    model = tiny()
    ids, mask = padded([4, 7], seed=1)
    before = plain_beam_search(model.model, ids, mask, beams=2, max_new=5, ends=(2,))
    settings = hf.GenerationConfig(do_sample=True, temperature=2.0, repetition_penalty=5.0, min_new_tokens=4, top_k=3)
    model.model.generation_config = settings
    assert plain_beam_search(model.model, ids, mask, beams=2, max_new=5, ends=(2,)) == before
    assert model.model.generation_config is settings


@pytest.mark.parametrize("pad", [True, False])
def test_tokenizers_without_padding_or_start_tokens_work(pad: bool, tmp_path: Path):
    folder = save_model(tmp_path / "model", "gpt_neox", pad=pad, start=False)
    model = load_causal_model(str(folder))
    texts = write_texts(model, [*PROMPTS, ""], beams=2, max_new=5, max_tokens=64)
    assert len(texts) == len(PROMPTS) + 1
    assert all("\n" not in text and text == text.strip() and "</s>" not in text for text in texts)


def test_long_prompts_lose_their_oldest_part():
    tail = "Alpha Beta Gamma Delta Omega"
    prompts = [f"one two three {tail}", f"seven seven {tail}"]
    differs = []
    for seed in range(4):
        model = tiny("gpt2", seed=seed)
        kept = write_texts(model, prompts, beams=1, max_new=3, max_tokens=9)
        assert kept[0] == kept[1]  # the start token and five words are read of both
        whole = write_texts(model, prompts, beams=1, max_new=3, max_tokens=64)
        differs.append(whole[0] != whole[1])
    assert any(differs)
    with pytest.raises(ModelError, check=told("text-too-long", max_new=9, context=9)):
        write_texts(tiny(), ["one"], beams=2, max_new=9, max_tokens=9)


def test_texts_are_as_long_as_the_longest_title_and_its_end():
    assert longest(WORDS, ["Alpha", "one two three"]) == 4
    assert longest(WORDS, ["one " * 500]) == generate.MOST_TOKENS
    assert longest(WORDS, []) == generate.MOST_TOKENS


def test_a_text_stops_at_its_line_end():
    """Byte-level tokenizers have line ends; the model here says 'b' after 'a', then a line end, then 'c'."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted({*pre_tokenizers.ByteLevel.alphabet()})
    inner = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate([*letters, "</s>"])}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    words: Any = hf.PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="</s>")
    a, b, line, c = words("ab\nc")["input_ids"]
    network: Any = hf.GPT2LMHeadModel(
        hf.GPT2Config(vocab_size=len(words), n_embd=8, n_layer=1, n_head=1, n_positions=32)
    )
    follows = {a: b, b: line, line: c, c: c}

    def after(self, hidden: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(*hidden.shape[:-1], len(words), dtype=hidden.dtype)
        for token, following in follows.items():
            logits[..., following] += 20.0 * (self.ids == token)[:, -hidden.shape[1] :]
        return logits

    class Head(torch.nn.Module):
        ids = torch.zeros(1, 1)
        forward = after

    network.lm_head = Head()
    network.register_forward_pre_hook(
        lambda _, __, given: setattr(network.lm_head, "ids", given["input_ids"]), with_kwargs=True
    )
    for beams in (1, 2):
        assert write_texts(held(network, words=words), ["a"], beams=beams, max_new=9, max_tokens=32) == ["b"]


def test_progress_is_told_and_can_stop_the_work(monkeypatch):
    monkeypatch.setattr(generate, "_MAX_BATCH", 2)
    calls: list[int] = []

    def progress(stage: str, done: int, total: int, detail: str = "") -> None:
        calls.append(done)
        assert total == len(PROMPTS)
        if done == 4:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        write_texts(tiny(), PROMPTS, beams=2, max_new=3, max_tokens=64, progress=Progress(progress))
    assert calls == [0, 2, 4]


def test_predictions_that_are_no_numbers_are_one_sentence():
    model = tiny()
    with torch.no_grad():
        next(iter(model.model.parameters())).fill_(float("nan"))
    with pytest.raises(ModelError, check=told("not-finite", what="predictions")):
        write_texts(model, PROMPTS, beams=2, max_new=3, max_tokens=64)


def test_memory_that_runs_out_is_one_sentence(monkeypatch):
    model = tiny()

    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")

    monkeypatch.setattr(type(model.model), "forward", burst)
    monkeypatch.setattr(beam_search_module, "can_share_prompts", lambda _: True)
    with pytest.raises(ModelError, check=told("out-of-memory", what="writing")):
        write_texts(model, PROMPTS, beams=2, max_new=3, max_tokens=64)
