"""Prompts and answers become tokens: what is cut, what is scored, where Yes and No stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.errors import ModelError
from goracs_core.llm.batches import (
    TokenSample,
    batches_by_length,
    choice_batch,
    joined,
    token_batch,
    tokenize,
    tokenize_choices,
)
from tests.llm.tiny import ANSWERS, PROMPTS, tokenizer
from tests.refusals import told


@pytest.fixture(scope="module")
def words():
    return tokenizer()


def test_answer_follows_white_space_directly_and_gets_a_space_else():
    assert joined("Next?\n", "Alpha") == "Next?\nAlpha"
    assert joined("Next? ", "Alpha") == "Next? Alpha"
    assert joined("Next?", "Alpha") == "Next? Alpha"
    assert joined("", "Alpha") == "Alpha"


def test_answer_tokens_are_exactly_the_answers(words):
    for sample, answer in zip(tokenize(words, PROMPTS, ANSWERS, context=64), ANSWERS, strict=True):
        assert words.decode(sample.ids[sample.answer :]) == answer
        assert sample.ids[0] == words.bos_token_id


def test_truncation_drops_the_oldest_of_the_prompt_and_never_the_answer(words):
    prompt, answer = "one two three four five six seven", "Alpha Beta Gamma"
    (sample,) = tokenize(words, [prompt], [answer], context=6)
    assert words.decode(sample.ids[: sample.answer]).split() == ["<s>", "six", "seven"]
    assert words.decode(sample.ids[sample.answer :]) == answer
    (tight,) = tokenize(words, [prompt], [answer], context=4)
    assert words.decode(tight.ids) == "seven Alpha Beta Gamma"
    with pytest.raises(ModelError, check=told("answer-too-long", tokens=3, context=3)):
        tokenize(words, [prompt], [answer], context=3)


def test_empty_answers_and_prompts(words):
    with pytest.raises(ModelError, check=told("empty-answer")):
        tokenize(words, ["one two"], [" "], context=64)
    (sample,) = tokenize(words, [""], ["Alpha"], context=64)
    assert words.decode(sample.ids) == "<s> Alpha"
    assert sample.answer == 1
    (opened,) = tokenize(tokenizer(start=False), [""], ["Alpha"], context=64)
    assert words.decode(opened.ids) == "</s> Alpha"
    assert tokenize(words, [], [], context=64) == []


def test_a_token_across_the_border_belongs_to_the_answer():
    """A byte-level encoding that has merged the prompt's last letter with the answer's first."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE(vocab={"a": 0, " ": 1, "b": 2, "c": 3, " b": 4}, merges=[(" ", "b")]))
    encoding = PreTrainedTokenizerFast(tokenizer_object=inner)
    (sample,) = tokenize(encoding, ["a "], ["bc"], context=8)
    assert sample.ids == (0, 4, 3)
    assert sample.answer == 1


def test_yes_and_no_are_looked_up_where_the_answer_stands(words):
    samples = tokenize_choices(words, PROMPTS, [1, 0, 0, 1, 1, 0], context=64)
    for sample, prompt in zip(samples, PROMPTS, strict=True):
        assert [words.decode([token]) for token in sample.choices] == ["No", "Yes"]
        assert words.decode(sample.ids) == f"<s> {' '.join(prompt.split())}"
    assert [sample.label for sample in samples] == [1, 0, 0, 1, 1, 0]
    (cut,) = tokenize_choices(words, ["one two three four five"], [1], context=3)
    assert words.decode(cut.ids) == "<s> four five"


def test_yes_and_no_that_share_their_first_token_are_told_apart_by_the_next():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {letter: number for number, letter in enumerate("?▁YesNo")}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    (sample,) = tokenize_choices(PreTrainedTokenizerFast(tokenizer_object=inner), ["?"], [0], context=8)
    assert sample.choices == (vocabulary["N"], vocabulary["Y"])
    assert sample.ids[-1] == vocabulary["▁"]


def test_a_tokenizer_that_does_not_know_yes_and_no_is_refused():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<unk>": 0, "one": 1}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    with pytest.raises(ModelError, check=told("no-yes-or-no")):
        tokenize_choices(PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>"), ["one"], [1], context=8)


def test_batches_are_padded_on_the_left_and_score_the_right_tokens():
    samples = [TokenSample((5, 6, 7, 8), 2), TokenSample((9, 4), 1)]
    batch = token_batch(samples, whole_sequence=False)
    assert batch.ids.tolist() == [[5, 6, 7, 8], [0, 0, 9, 4]]
    assert batch.mask.tolist() == [[True] * 4, [False, False, True, True]]
    assert batch.scored.tolist() == [[False, False, True, True], [False, False, False, True]]
    whole = token_batch(samples, whole_sequence=True)
    assert whole.scored.tolist() == [[False, True, True, True], [False, False, False, True]]
    with pytest.raises(ValueError, match="read-only"):
        batch.ids[0, 0] = 1


def test_choice_batches_end_where_the_answer_begins(words):
    batch = choice_batch(tokenize_choices(words, PROMPTS, [1] * 6, context=64))
    assert not batch.scored.any()
    assert batch.mask[:, -1].all()


@given(lengths=st.lists(st.integers(0, 60), max_size=80), budget=st.integers(1, 200), most=st.integers(1, 20))
def test_batches_by_length_are_a_partition_within_budget(lengths, budget, most):
    batches = batches_by_length(lengths, budget, most)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget
    longest_first = [lengths[row] for batch in batches for row in batch]
    assert (np.diff(longest_first) <= 0).all()
