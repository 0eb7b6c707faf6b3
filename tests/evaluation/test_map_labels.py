"""Words on the map: what is typical of a region, at the place where the region is."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.evaluation.clusters import class_words
from goracs_core.evaluation.map_labels import REGIONS, map_labels

TITLES = ("Apple tart", "Apple cake", "Train set", "Train station", "Anything else")


def heaps() -> tuple[np.ndarray, np.ndarray]:
    """Places and titles of two heaps, apples at (0, 0) and trains at (10, 5)."""
    rng = np.random.default_rng(0)
    place = np.concatenate([rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) + [10, 5]]).astype(np.float32)
    return place, np.concatenate([rng.integers(0, 2, 60), rng.integers(2, 4, 60)])


def test_a_region_is_named_by_what_is_typical_of_it_where_it_is() -> None:
    place, targets = heaps()
    labels = {label.text.split(" ")[0]: label for label in map_labels(place, targets, TITLES, regions=(2,))}
    assert set(labels) == {"apple", "train"}
    assert labels["train"].samples == labels["apple"].samples == 60
    assert labels["apple"].x == pytest.approx(np.median(place[:60, 0]), abs=1e-6)
    assert place[60:, 1].mean() < labels["train"].y <= place[60:, 1].max()


def test_levels_have_more_and_smaller_regions_and_repeat() -> None:
    rng = np.random.default_rng(1)
    place, targets = rng.normal(size=(3000, 2)), rng.integers(0, 4, 3000)
    labels = map_labels(place, targets, TITLES)
    sizes = [[label.samples for label in labels if label.level == level] for level in range(len(REGIONS))]
    assert [len(level) for level in sizes] == sorted(len(level) for level in sizes)
    assert len(sizes[0]) <= REGIONS[0]
    assert np.mean(sizes[0]) > np.mean(sizes[1]) > np.mean(sizes[2])
    assert labels == map_labels(place, targets, TITLES)


def test_few_or_equal_samples_get_no_more_labels_than_they_have_places() -> None:
    assert map_labels(np.zeros((3, 2)), np.zeros(3, np.int64), TITLES) == ()
    same = map_labels(np.zeros((50, 2)), np.zeros(50, np.int64), TITLES)
    assert {(label.x, label.y, label.samples) for label in same} == {(0.0, 0.0, 50)}


def test_words_by_class_based_tf_idf_agree_with_the_formula() -> None:
    texts = ["red apple pie", "red apple", "red train", "blue train", "blue train blue"]
    labels = np.array([0, 0, 1, 1, 1])
    found = class_words(labels, texts, 2, count=3)
    words = [[{*text.split()} for text, label in zip(texts, labels, strict=True) if label == one] for one in (0, 1)]
    vocabulary = ("red", "apple", "pie", "train", "blue")
    everywhere = {word: sum(word in text for part in words for text in part) for word in vocabulary}
    mean = sum(everywhere.values()) / 2
    for one, part in enumerate(words):
        score = {w: sum(w in text for text in part) / len(part) * np.log(1 + mean / f) for w, f in everywhere.items()}
        best = sorted((w for w in score if score[w] > 0), key=lambda w: (-score[w], w))
        assert list(found[one]) == best[:3]


def test_samples_that_share_a_text_count_each() -> None:
    labels, rows = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 2, 1, 1])
    assert class_words(labels, TITLES, 2, rows=rows) == class_words(labels, [TITLES[row] for row in rows], 2)
