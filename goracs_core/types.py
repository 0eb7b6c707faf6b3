"""Shapes, array aliases and the frozen values that cross a border.

One alphabet for shapes: n pool, m validation, k budget, d width, v vocabulary (or items), t tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from goracs_core.errors import ShapeError

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
AnyFloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def readonly(values: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """A C-ordered, write-protected array of `dtype`; copies unless it already is exactly that."""
    array = np.asarray(values)
    if array.dtype == np.dtype(dtype) and array.flags.c_contiguous and not array.flags.writeable:
        return array
    array = np.array(array, dtype=dtype, order="C", copy=True)
    array.setflags(write=False)
    return array


def protect(value: object, **dtypes: DTypeLike) -> None:
    """Make the named fields of a frozen value `readonly` arrays of the given types; None stays None."""
    for name, dtype in dtypes.items():
        given = getattr(value, name)
        object.__setattr__(value, name, None if given is None else readonly(given, dtype))


def fingerprint(*parts: NDArray[Any] | str | bytes | Sequence[str]) -> str:
    """Hash of all bytes of `parts`, in order: 32 hexadecimal characters (BLAKE2b).

    Arrays enter with dtype and shape, texts with their lengths, so that no two different inputs concatenate alike.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            if part.dtype.hasobject:
                raise TypeError("arrays of Python objects have no bytes of their own to hash")
            array = np.ascontiguousarray(part)
            digest.update(f"array:{array.dtype.str}:{array.shape};".encode())
            digest.update(array.reshape(-1).view(np.uint8).data)
        elif isinstance(part, bytes):
            digest.update(f"bytes:{len(part)};".encode() + part)
        elif isinstance(part, str):
            encoded = part.encode()
            digest.update(f"text:{len(encoded)};".encode() + encoded)
        else:
            digest.update(f"texts:{len(part)};".encode())
            for text in part:
                encoded = text.encode()
                digest.update(f"{len(encoded)};".encode() + encoded)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of different length in two flat arrays.

    Args:
        values: Shape [sum of lengths].
        offsets: Shape [rows + 1]; row r is values[offsets[r]:offsets[r + 1]].
    """

    values: IndexArray
    offsets: IndexArray

    def __post_init__(self) -> None:
        values, offsets = readonly(self.values, np.int64), readonly(self.offsets, np.int64)
        if values.ndim != 1 or offsets.ndim != 1 or len(offsets) == 0:
            raise ShapeError(
                "ragged rows need flat values and at least one offset", code="bad-shape", fields={"name": "ragged rows"}
            )
        if offsets[0] != 0 or offsets[-1] != len(values) or (np.diff(offsets) < 0).any():
            raise ShapeError(
                "ragged offsets must start at 0, never fall and end at the number of values", code="bad-offsets"
            )
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "offsets", offsets)

    @classmethod
    def from_rows(cls, rows: Sequence[ArrayLike]) -> Ragged:
        """Pack a sequence of rows."""
        lengths = [len(np.atleast_1d(np.asarray(row))) for row in rows]
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        values = (
            np.concatenate([np.asarray(row, dtype=np.int64).reshape(-1) for row in rows])
            if rows
            else np.empty(0, np.int64)
        )
        return cls(values, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> IndexArray:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[IndexArray]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> IndexArray:
        """Length of each row; shape [rows]."""
        return np.diff(self.offsets)

    def take(self, rows: IndexArray) -> Ragged:
        """The given rows, in the given order."""
        return Ragged.from_rows([self[int(row)] for row in rows])


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Sentence embeddings of samples.

    Args:
        values: Shape [n, d]; finite.
        encoder: Name of the encoder, or "precomputed".
    """

    values: AnyFloatArray
    encoder: str
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim != 2 or 0 in values.shape:
            raise ShapeError(
                f"embeddings must be a non-empty [samples, width] array, got shape {values.shape}",
                code="bad-shape",
                fields={"name": "embeddings", "shape": values.shape},
            )
        if not np.issubdtype(values.dtype, np.floating):
            raise ShapeError(
                f"embeddings must be numbers with a decimal point (float16, 32 or 64), got {values.dtype}",
                code="not-numbers",
                fields={"name": "embeddings"},
            )
        bad = ~np.isfinite(values).all(axis=1)
        if bad.any():
            raise ShapeError(
                f"embeddings must be finite; row {int(bad.argmax())} has NaN or infinity "
                f"(of {int(bad.sum())} such rows)",
                code="not-finite",
                fields={"name": "embeddings", "row": int(bad.argmax())},
            )
        values = readonly(values, np.float64 if values.dtype == np.float64 else np.float32)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "fingerprint", fingerprint(values))

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class GradientNorms:
    """L2 norms of the language model's per-sample gradients (GORACS section 4; one per pool sample).

    Args:
        values: Shape [n]; finite, >= 0.
        model: Name of the language model, or "precomputed".
        loss: Which loss was differentiated.
    """

    values: FloatArray
    model: str
    loss: str
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.ndim != 1 or len(values) == 0:
            raise ShapeError(
                f"gradient norms must be one number per pool sample, got an array of shape {values.shape}",
                code="bad-shape",
                fields={"name": "gradient norms", "shape": values.shape},
            )
        if not np.issubdtype(values.dtype, np.number) or np.issubdtype(values.dtype, np.complexfloating):
            raise ShapeError(
                f"gradient norms must be numbers, got {values.dtype}",
                code="not-numbers",
                fields={"name": "gradient norms"},
            )
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            row = int(bad.argmax())
            raise ShapeError(
                f"gradient norms must be finite and >= 0; row {row} is {values[row]} (of {int(bad.sum())} such rows)",
                code="not-finite",
                fields={"name": "gradient norms", "row": row},
            )
        values = readonly(values, np.float64)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "fingerprint", fingerprint(values))

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class TransportSolution:
    """An optimal transport plan between k rows of mass 1/k (or given masses) and m columns.

    The plan is sparse: an optimal basic plan has at most k + m - 1 entries.

    Args:
        value: Transport cost, sum of mass times cost.
        rows, columns, mass: The plan's entries; shapes [e].
        row_potentials: Shape [k].
        column_potentials: Shape [m]. Row + column potential <= cost everywhere, equal where mass flows.
    """

    value: float
    rows: IndexArray
    columns: IndexArray
    mass: FloatArray
    row_potentials: FloatArray
    column_potentials: FloatArray

    def __post_init__(self) -> None:
        for name, dtype in (
            ("rows", np.int64),
            ("columns", np.int64),
            ("mass", np.float64),
            ("row_potentials", np.float64),
            ("column_potentials", np.float64),
        ):
            object.__setattr__(self, name, readonly(getattr(self, name), dtype))
        if not len(self.rows) == len(self.columns) == len(self.mass):
            raise ShapeError(
                "a plan needs as many rows as columns and masses", code="bad-shape", fields={"name": "plan"}
            )


@dataclass(frozen=True)
class Exchange:
    """One accepted exchange: `leaves` and `enters` are pool rows; `value` is POO afterwards.

    `estimate` is the lower bound on the change that ranked the pair; `tried` counts the exact solves until it was
    accepted (1 means that the first pair improved).
    """

    leaves: int
    enters: int
    value: float
    estimate: float
    tried: int


@dataclass(frozen=True, eq=False)
class Certificate:
    """A proof of how good a coreset is: no coreset of this size has an objective value below `lower_bound`.

    It can be checked from the problem, the budget, lambda and the prices alone (`goracs_core.selection.verify`).

    Args:
        value: Objective value of the coreset that the bound is compared with: POO, or of a label-aware selection the
            mass-weighted sum of the labels' own POO.
        lower_bound: At most the optimum; the Lagrangian bound at `prices`.
        prices: Price of each validation sample, multiplier of its column constraint, in units of the cost
            d / max(d) - lambda * g / max(g); shape [m]. High: expensive to cover. Only differences matter for the
            bound; the solver shifts them so that the k-th cheapest row breaks even.
        gap: (value - lower_bound) / transport term of the coreset.
        rounds: Price updates that it took.
        full_passes: How often all pool rows were priced.
    """

    value: float
    lower_bound: float
    prices: FloatArray
    gap: float
    rounds: int
    full_passes: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", readonly(self.prices, np.float64))
        if not np.isfinite(self.prices).all():
            raise ShapeError("a certificate needs finite prices, one per validation sample", code="bad-prices")
        if not self.lower_bound <= self.value + 1e-9 * max(1.0, abs(self.value)):
            raise ShapeError(
                f"a lower bound of {self.lower_bound} cannot lie above the value {self.value}",
                code="bound-above-value",
                fields={"bound": self.lower_bound, "value": self.value},
            )


@dataclass(frozen=True, eq=False)
class BoundHistory:
    """How the two bounds on the optimum closed on each other. One entry per report of the solver.

    Args:
        seconds: Since the start of the solver; shape [r].
        rounds: Price updates (then tried exchanges) so far; shape [r].
        lower: Best proven lower bound, -inf before the first; shape [r].
        upper: Value of the best coreset so far, inf before the first; shape [r].
    """

    seconds: FloatArray
    rounds: IndexArray
    lower: FloatArray
    upper: FloatArray

    def __post_init__(self) -> None:
        for name in ("seconds", "lower", "upper"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))
        object.__setattr__(self, "rounds", readonly(self.rounds, np.int64))
        if not len(self.seconds) == len(self.rounds) == len(self.lower) == len(self.upper):
            raise ShapeError(
                "a history of bounds needs as many seconds as rounds and bounds",
                code="bad-shape",
                fields={"name": "bounds"},
            )

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, eq=False)
class Trace:
    """What the algorithm did.

    Args:
        start_value: POO of the start set, before any exchange.
        greedy_values: Relaxed p-median value after each greedy addition; shape [k] or empty.
        exchanges: Accepted exchanges in order.
        tried_pairs: Exact transport solves spent on exchange pairs, accepted or not.
        evaluated_rows: Row evaluations of the lazy greedy, or 0.
        stages: Seconds per stage, by name.
        bounds: How lower and upper bound closed on each other; None where the solver proves nothing, or works label by
            label.
    """

    start_value: float
    greedy_values: FloatArray
    exchanges: tuple[Exchange, ...] = ()
    tried_pairs: int = 0
    evaluated_rows: int = 0
    stages: tuple[tuple[str, float], ...] = ()
    bounds: BoundHistory | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "greedy_values", readonly(self.greedy_values, np.float64))

    @property
    def pass_at_1(self) -> float | None:
        """Share of accepted exchanges whose first pair was accepted (GORACS, pass@1).

        0 where pairs were tried and none was accepted; None where none was tried: the method has no exchange stage, was
        told to make no exchange, or the estimate (a lower bound on the change) promised no pair a gain.
        """
        if not self.exchanges:
            return 0.0 if self.tried_pairs else None
        return sum(exchange.tried == 1 for exchange in self.exchanges) / len(self.exchanges)
