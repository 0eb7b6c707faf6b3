"""Made-up lists of titles alike: what a language model can learn about a catalogue without anybody's history.

A large language model knows which titles belong together before it sees any customer. The small one gets a little of
that from the titles themselves: lists in the words of the prompts whose titles share letters, the answer among them.
Nothing of what people did is in them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from goracs_core.data.dataset import Task
from goracs_core.data.prompts import ctr_answer, ctr_prompt, seqrec_answer, seqrec_prompt
from goracs_core.types import IndexArray

# So many lists per title, and no more of them than the model reads in its training.
PER_TITLE, MOST_LISTS = 3, 6000

# Of a larger catalogue so many titles gather others around them: the lists hold all the same, but cost less.
_THEMES = 4000
_NEIGHBOURS = 30
_LONGEST = 10  # titles before the answer
_SECOND_THEME = 0.3  # share of titles from the other theme
_SCORES = 2**24  # similarities held at once
_FEATURES = 60_000


def alike_lists(titles: Sequence[str], *, task: Task, domain: str, seed: int, count: int | None = None) -> list[str]:
    """Prompts with answers about titles alike; empty where no two titles share anything.

    Sequential recommendation: up to ten titles around one title, some around another, and one more of these as the
    answer. Click prediction: titles around one are liked, around another disliked; the title asked about is of either.

    Args:
        titles: v titles.
        task: Which kind of prompt.
        domain: What the items are called in prompts, in the plural.
        seed: Decides which titles, in which lists.
        count: How many lists; three per title, and at most 6,000, where not given.
    """
    rng = np.random.default_rng(seed)
    themes = np.sort(rng.permutation(len(titles))[:_THEMES])
    groups = titles_around(titles, themes)  # [themes, neighbours + 1]
    if groups.shape[1] < 2 or len(groups) < 2:
        return []
    write = _asked if task is Task.CTR else _listed
    count = min(PER_TITLE * len(titles), MOST_LISTS) if count is None else count
    return [write(*_drawn(titles, groups, rng), domain, rng) for _ in range(count)]


def titles_around(titles: Sequence[str], themes: IndexArray) -> IndexArray:
    """Each theme, then the titles most alike, most alike first; shape [themes, 1 + neighbours].

    Alike means a large cosine of tf-idf vectors over the letters (three to five in a row) that titles share.

    Args:
        titles: v titles.
        themes: Rows of titles; shape [themes].
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    wanted = min(_NEIGHBOURS, len(titles) - 1)
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=_FEATURES)
    try:
        vectors = vectorizer.fit_transform(titles)  # [v, n-grams]
    except ValueError:  # no title has three letters
        return np.empty((len(themes), 0), np.int64)
    found = np.empty((len(themes), 1 + wanted), np.int64)
    found[:, 0] = themes
    step = max(1, _SCORES // len(titles))
    for start in range(0, len(themes), step):
        block = themes[start : start + step]
        scores = -(vectors[block] @ vectors.T).toarray()  # [block, v]
        scores[np.arange(len(block)), block] = np.inf
        nearest = np.argpartition(scores, wanted - 1, axis=1)[:, :wanted] if wanted else np.empty((len(block), 0), int)
        order = np.argsort(np.take_along_axis(scores, nearest, axis=1), axis=1, kind="stable")
        found[start : start + step, 1:] = np.take_along_axis(nearest, order, axis=1)
    return found


def _drawn(titles: Sequence[str], groups: IndexArray, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Titles of two groups, each in random order; what is in both counts as the first one's."""
    one, other = rng.choice(len(groups), 2, replace=False)
    first, second = ([str(titles[item]) for item in rng.permutation(groups[row])] for row in (one, other))
    return first, [title for title in second if title not in first]


def _listed(first: list[str], second: list[str], domain: str, rng: np.random.Generator) -> str:
    wanted = int(rng.integers(2, _LONGEST + 2))
    mixed: dict[str, None] = {}  # no title twice: people rarely buy the same again
    while len(mixed) < wanted and (first or second):
        source = second if second and (not first or rng.random() < _SECOND_THEME) else first
        mixed[source.pop()] = None
    *history, answer = mixed
    return seqrec_prompt(history, domain) + seqrec_answer(answer)


def _asked(first: list[str], second: list[str], domain: str, rng: np.random.Generator) -> str:
    liked = [first.pop() for _ in range(min(int(rng.integers(1, 6)), len(first) - 1))]
    disliked = [second.pop() for _ in range(min(int(rng.integers(0, 6)), max(len(second) - 1, 0)))]
    label = int(rng.integers(2)) if second else 1
    target = (first if label else second).pop()
    return ctr_prompt(liked, disliked, target, domain) + ctr_answer(label)
