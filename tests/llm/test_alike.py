"""Lists of titles alike: what shares letters stands together, nobody's history does."""

from __future__ import annotations

import re

import numpy as np
import pytest

from goracs_core.data.dataset import Task
from goracs_core.data.prompts import ctr_prompt, seqrec_prompt
from goracs_core.llm.alike import alike_lists, titles_around

SERIES = tuple(f"{name}, part {part}" for name in ("Copper kettle", "Night train", "Blue garden") for part in range(40))
QUOTED = re.compile(r'"([^"]+)"')


def series(title: str) -> str:
    return title.partition(",")[0]


def test_the_titles_around_one_are_of_its_kind() -> None:
    themes = np.array([0, 43, 95])
    found = titles_around(SERIES, themes)
    assert found.shape == (3, 31)
    assert found[:, 0].tolist() == themes.tolist()
    for row in found:
        assert len(set(row.tolist())) == len(row)
        assert {series(SERIES[item]) for item in row} == {series(SERIES[row[0]])}


def test_nearness_is_the_cosine_of_tf_idf_vectors() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(SERIES)
    scores = (vectors @ vectors.T).toarray()
    for row in titles_around(SERIES, np.arange(len(SERIES))):
        mine = scores[row[0], row[1:]]
        left = np.setdiff1d(np.arange(len(SERIES)), row)
        assert (np.diff(mine) <= 1e-12).all()
        assert scores[row[0], left].max() <= mine.min() + 1e-12


def test_lists_are_prompts_with_an_answer_of_their_kind() -> None:
    lists = alike_lists(SERIES, task=Task.SEQREC, domain="books", seed=0, count=300)
    assert len(lists) == 300
    right = 0
    for text in lists:
        *prompt, answer = text.split("\n")
        history = QUOTED.findall(prompt[0])
        assert text == seqrec_prompt(history, "books") + answer
        assert answer in SERIES
        assert answer not in history
        assert len({*history}) == len(history) <= 10
        right += series(answer) in {series(title) for title in history}
    assert right / len(lists) > 0.8


def test_clicks_are_liked_where_their_kind_is() -> None:
    agree, answers = 0, []
    for text in alike_lists(SERIES, task=Task.CTR, domain="books", seed=0, count=300):
        first, second, answer = text.split("\n")
        before, after = first.split("Disliked:")
        liked, disliked = QUOTED.findall(before), QUOTED.findall(after)
        (target,) = QUOTED.findall(second)
        assert text == ctr_prompt(liked, disliked, target, "books") + answer
        assert target not in liked + disliked
        answers.append(answer)
        kinds = {series(title) for title in (liked if answer == "Yes" else disliked)}
        agree += not kinds or series(target) in kinds
    assert 0.4 < answers.count("Yes") / 300 < 0.6
    assert agree / 300 > 0.6


@pytest.mark.parametrize("task", Task)
def test_the_seed_decides_the_lists(task: Task) -> None:
    first, again, other = (alike_lists(SERIES, task=task, domain="books", seed=seed, count=20) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("titles", [("Only one title",), ("", ""), ()])
def test_titles_without_anything_in_common_make_no_lists(titles: tuple[str, ...]) -> None:
    assert alike_lists(titles, task=Task.SEQREC, domain="books", seed=0, count=5) == []


def test_there_are_three_lists_per_title() -> None:
    assert len(alike_lists(SERIES, task=Task.SEQREC, domain="books", seed=0)) == 3 * len(SERIES)


def test_two_titles_are_enough() -> None:
    lists = alike_lists(("Copper kettle", "Copper pan"), task=Task.SEQREC, domain="things", seed=0, count=5)
    assert len(lists) == 5
    assert all(text.endswith(("Copper kettle", "Copper pan")) for text in lists)
    clicks = alike_lists(("Copper kettle", "Copper pan"), task=Task.CTR, domain="things", seed=0, count=5)
    assert all(text.endswith("Yes") for text in clicks)  # nothing is unlike both
