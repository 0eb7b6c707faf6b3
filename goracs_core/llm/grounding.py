"""From a written text to the catalogue: how far every title is from it in a space of sentence embeddings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from goracs_core.errors import ShapeError
from goracs_core.types import Float32Array, FloatArray, IndexArray, protect, readonly


@dataclass(frozen=True, eq=False)
class Grounding:
    """The titles of a catalogue as vectors, and how other texts become vectors like them.

    Args:
        titles: Shape [v, d].
        embed: n texts -> [n, d], by the encoder of `titles`.
        texts: The titles themselves: a text that equals one is that title's vector without being embedded, and none is
            written much longer than the longest. Empty where they are not known.
    """

    titles: Float32Array
    embed: Callable[[Sequence[str]], Float32Array]
    texts: tuple[str, ...] = ()
    _distinct: IndexArray = field(init=False)
    _group: IndexArray = field(init=False)

    def __post_init__(self) -> None:
        protect(self, titles=np.float32)
        titles = self.titles
        if titles.ndim != 2 or 0 in titles.shape or not np.isfinite(titles).all():
            message = f"titles must be a non-empty [v, d] array of finite numbers, got shape {titles.shape}"
            raise ShapeError(message, code="bad-titles", fields={"shape": titles.shape})
        if self.texts and len(self.texts) != len(titles):
            message = f"{len(titles)} title vectors were given for {len(self.texts)} titles"
            raise ShapeError(message, code="titles-unequal", fields={"vectors": len(titles), "titles": len(self.texts)})
        seen: dict[bytes, int] = {}
        group = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in titles + 0.0], np.int64)  # -0 is 0
        object.__setattr__(self, "_group", readonly(group, np.int64))
        object.__setattr__(self, "_distinct", readonly(np.unique(group, return_index=True)[1], np.int64))

    def vectors(self, texts: Sequence[str]) -> Float32Array:
        """One vector per text; shape [n, d]. Each distinct text that is no title is embedded once."""
        rows = {title: row for row, title in reversed(list(enumerate(self.texts)))}
        others = list(dict.fromkeys(text for text in texts if text not in rows))
        embedded = self.embed(others) if others else self.titles[:0]
        if embedded.shape != (len(others), self.titles.shape[1]) or not np.isfinite(embedded).all():
            message = f"embedding {len(others)} texts gave shape {embedded.shape} or numbers that are not finite"
            raise ShapeError(message, code="bad-embedding", fields={"texts": len(others), "shape": embedded.shape})
        place = {text: row for row, text in enumerate(others)}
        return np.array(
            [self.titles[rows[text]] if text in rows else embedded[place[text]] for text in texts], np.float32
        ).reshape(len(texts), self.titles.shape[1])

    def distances(self, vectors: Float32Array) -> FloatArray:
        """Euclidean distance of every title from each vector; [n, d] -> [n, v]. Equal vectors are equally far."""
        points = vectors.astype(np.float64)
        # Once per distinct vector: a matrix product may round equal columns differently, and then they would not tie.
        titles = self.titles[self._distinct].astype(np.float64)  # [u, d]
        squared = (points**2).sum(axis=1)[:, None] + (titles**2).sum(axis=1) - 2 * points @ titles.T  # [n, u]
        return np.sqrt(np.maximum(squared, 0))[:, self._group]
