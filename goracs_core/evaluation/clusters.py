"""Clusters of pool and validation together: what aggregates a transport plan into something one can look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from goracs_core.errors import ConfigError
from goracs_core.types import Embeddings, IndexArray, readonly

MAX_FIT = 10_000
_WORD = re.compile(r"[^\W\d_]{3,}")
_COMMON = frozenset({"the", "and", "for", "with", "from", "edition", "volume", "vol", "set", "pack", "new"})


@dataclass(frozen=True, eq=False)
class Clusters:
    """A cluster for each sample; neighbours in number are neighbours in the embedding space.

    Args:
        pool: Cluster of each pool sample; shape [n].
        validation: Cluster of each validation sample; shape [m].
        names: One short name per cluster, unique.
        note: One sentence on how they were made.
    """

    pool: IndexArray
    validation: IndexArray
    names: tuple[str, ...]
    note: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "pool", readonly(self.pool, np.int64))
        object.__setattr__(self, "validation", readonly(self.validation, np.int64))

    def __len__(self) -> int:
        return len(self.names)


def cluster_samples(
    pool: Embeddings,
    validation: Embeddings,
    *,
    num_clusters: int = 24,
    seed: int = 0,
    pool_titles: Sequence[str] = (),
    validation_titles: Sequence[str] = (),
) -> Clusters:
    """k-means on pool and validation together, in optimal leaf order, named by their typical words.

    Args:
        pool: Shape [n, d].
        validation: Shape [m, d].
        num_clusters: Clusters wanted; fewer when there are fewer different samples.
        seed: Seed of the start and of the sample that is fitted (10,000 samples at most).
        pool_titles: Text of each pool sample to name clusters by, or empty.
        validation_titles: The same for validation samples.

    Raises:
        ConfigError: Fewer than 1 cluster.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from sklearn.cluster import KMeans

    if num_clusters < 1:
        raise ConfigError(
            f"the number of clusters is {num_clusters}; use at least 1",
            code="too-few-clusters",
            fields={"clusters": num_clusters},
        )
    values = np.concatenate([pool.values, validation.values]).astype(np.float32)  # [n + m, d]
    rows = np.arange(len(values))
    if len(rows) > MAX_FIT:
        rows = np.random.default_rng(seed).choice(len(values), MAX_FIT, replace=False)
    wanted = min(num_clusters, len(np.unique(values[rows], axis=0)))
    with threadpool_limits(limits=1):  # threads add up in any order: the last bit, and so a label, could change
        model = KMeans(n_clusters=wanted, n_init="auto", random_state=seed).fit(values[rows])
        labels = np.asarray(model.predict(values), dtype=np.int64)
    if wanted > 2:
        order = leaves_list(linkage(model.cluster_centers_, method="ward", optimal_ordering=True))
        place = np.empty(wanted, dtype=np.int64)
        place[order] = np.arange(wanted)
        labels = place[labels].astype(np.int64)
    names = name_clusters(labels, [*pool_titles, *validation_titles], wanted)
    fitted = "" if len(rows) == len(values) else f", fitted on {len(rows):,} of {len(values):,} random samples"
    note = f"{wanted} clusters of the embeddings (k-means, seed {seed}{fitted}), ordered by similarity."
    return Clusters(labels[: len(pool)], labels[len(pool) :], names, note)


def name_clusters(labels: IndexArray, texts: Sequence[str], num_clusters: int) -> tuple[str, ...]:
    """Name each cluster by the two words that are typical of it; plain numbers without texts.

    Args:
        labels: Cluster of each text; shape [texts].
        texts: One short text per sample, or empty.
        num_clusters: How many names.
    """
    if len(texts) != len(labels):
        return tuple(f"{cluster + 1}" for cluster in range(num_clusters))
    words = class_words(labels, texts, num_clusters)
    return tuple(f"{number} {' · '.join(typical)}".rstrip() for number, typical in enumerate(words, 1))


def class_words(
    labels: IndexArray,
    texts: Sequence[str],
    num_classes: int,
    *,
    rows: IndexArray | None = None,
    count: int = 2,
) -> tuple[tuple[str, ...], ...]:
    """The words of each class with the largest class-based TF-IDF (Grootendorst, arXiv 2203.05794), the largest first.

    A word counts once per text: tf is the share of the class's texts that have it, and idf = log(1 + a / f) with a the
    mean number of words per class and f the word's number over all classes. A word of a single text says nothing about
    a class of four texts or more.

    Args:
        labels: Class of each sample; shape [s].
        texts: Short texts.
        num_classes: How many classes.
        rows: Text of each sample, as a place in `texts`; shape [s]. None: one text per sample.
        count: Words per class; fewer where a class has fewer.
    """
    from scipy.sparse import csr_array

    owner, word, vocabulary = _words(texts)
    of_samples = np.arange(len(labels)) if rows is None else rows
    pairs = (np.ones(len(labels)), (labels, of_samples))
    classes = csr_array(pairs, shape=(num_classes, len(texts)))  # [classes, texts]
    contained = csr_array((np.ones(len(word)), (owner, word)), shape=(len(texts), len(vocabulary)))
    inside = csr_array(classes @ contained)  # [classes, words]
    sizes = np.bincount(labels, minlength=num_classes)
    everywhere = np.asarray(inside.sum(axis=0)).ravel()
    mean = float(everywhere.sum()) / max(num_classes, 1)
    found = []
    for one in range(num_classes):
        part = slice(inside.indptr[one], inside.indptr[one + 1])
        columns, times = inside.indices[part], inside.data[part]
        kept = (times > 1) | (sizes[one] < 4)
        columns, times = columns[kept], times[kept]
        score = times / max(int(sizes[one]), 1) * np.log(1 + mean / everywhere[columns])
        best = sorted(zip((-score).tolist(), (vocabulary[c] for c in columns.tolist()), strict=True))[:count]
        found.append(tuple(text for _, text in best))
    return tuple(found)


def _words(texts: Sequence[str]) -> tuple[IndexArray, IndexArray, list[str]]:
    """Each text's different words: the text's place, the word's place in the vocabulary, and the vocabulary."""
    known: dict[str, int] = {}
    owner: list[int] = []
    word: list[int] = []
    for place, text in enumerate(texts):
        for found in {one.casefold() for one in _WORD.findall(text)} - _COMMON:
            owner.append(place)
            word.append(known.setdefault(found, len(known)))
    return np.array(owner, np.int64), np.array(word, np.int64), list(known)
