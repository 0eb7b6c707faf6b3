"""Numbers per pool sample that methods rank by, and what a method did with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.types import FloatArray, IndexArray, fingerprint, readonly

SurrogateName = Literal["sasrec", "bert4rec", "dcrec"]  # the small recommender that influence is measured on
InfluenceSolver = Literal["cg", "recursion"]


class ScoreKind(StrEnum):
    """Which number it is. Effort is no kind of its own: it is the gradient norm that GORACS weighs, too."""

    INFLUENCE = "influence"
    GRAND = "grand"
    EL2N = "el2n"
    ENTROPY = "entropy"
    GRADIENT_NORM = "gradient-norm"


@dataclass(frozen=True, eq=False)
class SampleScores:
    """One number per pool sample; larger is more influential, harder or less certain.

    Args:
        kind: Which number.
        values: Shape [n]; finite.
        source: Where it comes from, in a few words: model, loss, "precomputed".
        details: JSON-able record of how it was made, kept with the runs that used it.
        seconds: Seconds of each step that made it, by name, whenever that was: a score that is taken from the cache
            keeps the time it took when it was computed.
    """

    kind: ScoreKind
    values: FloatArray
    source: str
    details: dict[str, Any] = field(default_factory=dict)
    seconds: tuple[tuple[str, float], ...] = ()
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim != 1 or len(values) == 0:
            raise ShapeError(
                f"scores must be one number per pool sample, got an array of shape {values.shape}",
                code="bad-shape",
                fields={"name": "scores", "shape": values.shape},
            )
        if not np.issubdtype(values.dtype, np.number) or np.issubdtype(values.dtype, np.complexfloating):
            raise ShapeError(
                f"scores must be numbers, got {values.dtype}", code="not-numbers", fields={"name": "scores"}
            )
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(bad.argmax())
            raise ShapeError(
                f"scores must be finite; row {row} is {values[row]} (of {int(bad.sum())} such rows)",
                code="not-finite",
                fields={"name": "scores", "row": row},
            )
        values = readonly(values, np.float64)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "fingerprint", fingerprint(values, str(self.kind)))

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores that are known of a pool, at most one of each kind."""

    entries: Mapping[ScoreKind, SampleScores] = field(default_factory=dict)

    @classmethod
    def of(cls, scores: Iterable[SampleScores]) -> Scores:
        """Put scores together; the last one of a kind counts."""
        return cls({one.kind: one for one in scores})

    def get(self, kind: ScoreKind, num_pool: int) -> SampleScores:
        """The scores of a kind.

        Raises:
            ConfigError: There are none.
            ShapeError: There are not as many as pool samples.
        """
        found = self.entries.get(kind)
        if found is None:
            raise ConfigError(
                f"the method ranks by the score {kind}, and there is none; give a prepared dataset, from which it is "
                "computed, or one number per pool sample with --scores",
                code="no-scores",
                fields={"score": kind},
            )
        if len(found) != num_pool:
            raise ShapeError(
                f"there are {len(found)} {kind} scores for {num_pool} pool samples; give one per sample",
                code="scores-unequal",
                fields={"score": kind, "scores": len(found), "samples": num_pool},
            )
        return found

    def take(self, rows: IndexArray) -> Scores:
        """The scores of some pool rows. They took no time of their own: all rows were scored at once."""
        return Scores.of(
            SampleScores(one.kind, one.values[rows], one.source, one.details) for one in self.entries.values()
        )

    def stages(self, kinds: Sequence[ScoreKind]) -> list[tuple[str, float]]:
        """Steps that made the scores of these kinds, with their seconds."""
        return [stage for kind in kinds if kind in self.entries for stage in self.entries[kind].seconds]

    @property
    def seconds(self) -> float:
        """Seconds that making them took, whenever that was."""
        return sum(seconds for one in self.entries.values() for _, seconds in one.seconds)

    @property
    def fingerprint(self) -> str:
        """Fingerprint of all values; "" where there are none."""
        if not self.entries:
            return ""
        return fingerprint(*(self.entries[kind].fingerprint for kind in sorted(self.entries)))


PRUNED = -1


@dataclass(frozen=True, eq=False)
class ScoreTrace:
    """What a method that ranks by scores saw and did.

    Args:
        columns: Scores by name, each of shape [n]: the parts first, as given (influence_score, effort_score); the one
            that decided last.
        ranked_by: Name of the column that decided.
        strata: Stratum of each pool row, 0 the lowest scores, `PRUNED` for those dropped before the draw; shape [n],
            or empty for a method without strata. Label-aware: numbered within each label.
        edges: Borders of the strata in the deciding column, lowest to highest; shape [strata + 1], or empty for a
            method without strata, and where labels have strata of their own.
        sources: Where each part comes from, by column name.
        details: JSON-able records of how the parts were made, by column name.
    """

    columns: Mapping[str, FloatArray]
    ranked_by: str
    strata: IndexArray
    edges: FloatArray
    sources: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: SampleScores, strata: IndexArray | None = None, edges: FloatArray | None = None) -> ScoreTrace:
        """The trace of a method that ranks by one score, with its strata where it has some."""
        name = str(found.kind)
        none = np.empty(0)
        return cls(
            {name: found.values},
            name,
            none.astype(np.int64) if strata is None else strata,
            none if edges is None else edges,
            {name: found.source},
            {name: found.details},
        )

    def __post_init__(self) -> None:
        columns = {name: readonly(values, np.float64) for name, values in self.columns.items()}
        if self.ranked_by not in columns:
            raise ShapeError(
                f"a score trace must hold the column {self.ranked_by!r} that it ranked by",
                code="no-column",
                fields={"column": self.ranked_by},
            )
        lengths = {values.shape for values in columns.values()}
        strata = readonly(self.strata, np.int64)
        if len(lengths) != 1 or (len(strata) and {strata.shape} != lengths):
            raise ShapeError(
                "the columns of a score trace need one number per pool sample each", code="columns-unequal"
            )
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "strata", strata)
        object.__setattr__(self, "edges", readonly(self.edges, np.float64))

    @property
    def values(self) -> FloatArray:
        """The column that decided; shape [n]."""
        return self.columns[self.ranked_by]
