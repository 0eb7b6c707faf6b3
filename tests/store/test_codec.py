"""A value of any frozen dataclass comes back exactly, and nothing else is taken for it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from goracs_core.store.codec import Codec, dump, pack, unpack


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(Enum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True)
class Leaf:
    number: float
    name: str = "leaf"


@dataclass(frozen=True)
class Twig:
    leaves: tuple[Leaf, ...]
    pair: tuple[int, str]


@dataclass(frozen=True)
class Tree:
    flag: bool
    count: int
    weight: float
    missing: float | None
    colour: Colour
    level: Level
    way: Literal["up", "down"]
    path: Path
    anything: Any
    options: Mapping[str, Any]
    numbers: dict[str, float]
    by_colour: Mapping[Colour, int]
    child: Leaf | Twig | None
    either: int | str
    rows: list[tuple[str, float]]
    note: str = ""


@dataclass(frozen=True, eq=False)
class Measured:
    values: NDArray[np.float64]
    rows: NDArray[np.int64] | None
    columns: Mapping[str, NDArray[np.float32]]
    parts: tuple[NDArray[np.bool_], ...] = ()
    first: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", float(self.values.flat[0]))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["$tuple", "$float", "$dict"]), inner, max_size=3)
    ),
    max_leaves=8,
)
leaves = st.builds(Leaf, st.floats(), st.text())
twigs = st.builds(Twig, st.lists(leaves, max_size=3).map(tuple), st.tuples(st.integers(), st.text()))
trees = st.builds(
    Tree,
    flag=st.booleans(),
    count=st.integers(),
    weight=st.floats(),
    missing=st.none() | st.floats(),
    colour=st.sampled_from(Colour),
    level=st.sampled_from(Level),
    way=st.sampled_from(["up", "down"]),
    path=st.sampled_from([Path("a/b"), Path("/"), Path("å ö.txt")]),
    anything=plain,
    options=st.dictionaries(st.text(), plain, max_size=3),
    numbers=st.dictionaries(st.text(), st.floats(), max_size=3),
    by_colour=st.dictionaries(st.sampled_from(Colour), st.integers(), max_size=2),
    child=st.none() | leaves | twigs,
    either=st.integers() | st.text(),
    rows=st.lists(st.tuples(st.text(), st.floats()), max_size=3),
    note=st.text(),
)


def through_files(value: Any) -> Any:
    codec = Codec()
    values, arrays = codec.encode(value)
    return codec.decode(type(value), json.loads(dump(values)), unpack(pack(arrays)) if arrays else {})


@given(tree=trees)
def test_a_round_trip_is_exact(tree: Tree) -> None:
    again = through_files(tree)
    assert repr(again) == repr(tree)  # the same types throughout, and NaN equals itself
    assert type(again.child) is type(tree.child)


@given(values=st.lists(st.floats(), min_size=1, max_size=5), with_rows=st.booleans())
def test_arrays_come_back_with_type_shape_and_bytes(values: list[float], with_rows: bool) -> None:
    rng = np.random.default_rng(0)
    made = Measured(
        np.array(values).reshape(1, -1),
        np.arange(3) if with_rows else None,
        {"a/b": rng.normal(size=4).astype(np.float32), "": np.zeros((0, 2), np.float32)},
        (np.array([True, False]), np.array(True)),
    )
    again = through_files(made)
    pairs = [(made.values, again.values), *zip(made.parts, again.parts, strict=True)]
    pairs += [(one, again.columns[name]) for name, one in made.columns.items()]
    for one, other in pairs:
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
        assert not other.flags.writeable
    assert list(again.columns) == list(made.columns)
    assert (again.rows is None) == (not with_rows)
    assert again.first == made.first or math.isnan(made.first)


def test_the_same_value_has_the_same_bytes() -> None:
    arrays = {"b": np.arange(5), "a": np.ones(3)}
    assert pack(arrays) == pack({name: array.copy() for name, array in arrays.items()})


def test_fields_that_came_later_take_their_defaults() -> None:
    assert Codec().decode(Leaf, {"number": 1.5}) == Leaf(1.5)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "x"},
        {"number": 1.0, "colour": "red"},
        {"number": "high"},
        {"number": None},
        {"number": True},
        {"number": [1.0]},
        {"number": 1.0, "name": 3},
        [],
        None,
        "leaf",
    ],
)
def test_other_values_are_refused(values: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Codec().decode(Leaf, values)


def test_values_of_other_kinds_are_refused() -> None:
    tree_hints = {
        "way": "left",
        "colour": "green",
        "level": 3,
        "flag": 1,
        "count": 1.0,
        "either": {"is": "float", "value": 1},
    }
    good, _ = Codec().encode(
        Tree(True, 1, 1.0, None, Colour.RED, Level.LOW, "up", Path(), None, {}, {}, {}, None, 1, [])
    )
    assert Codec().decode(Tree, good).count == 1
    for name, value in tree_hints.items():
        with pytest.raises(ValueError, match=r".+"):
            Codec().decode(Tree, {**good, name: value})


@pytest.mark.parametrize("value", [object(), {1.5: 2}, {"a": {3}}, b"bytes", [object()]])
def test_what_cannot_be_kept_is_refused_when_it_is_written(value: Any) -> None:
    with pytest.raises(TypeError):
        Codec().encode(value, Any)


@pytest.mark.parametrize(
    ("value", "hint"),
    [("1", int), (1, str), (True, int), (1, bool), ("x", float), (Leaf(1.0), Twig), (None, int), ("x", int | None)],
)
def test_values_must_be_what_their_hints_say(value: Any, hint: Any) -> None:
    with pytest.raises(TypeError):
        Codec().encode(value, hint)


def test_a_subclass_is_not_taken_for_its_parent() -> None:
    @dataclass(frozen=True)
    class Special(Leaf):
        more: int = 0

    with pytest.raises(TypeError):
        Codec().encode(Twig((Special(1.0),), (1, "")))


def test_types_may_have_plain_values_of_their_own() -> None:
    codec = Codec({Level: (lambda level: level.name, lambda name: Level[name])})
    assert codec.encode(Level.HIGH) == ("HIGH", {})
    assert codec.decode(Level, "HIGH") is Level.HIGH


def test_pickled_arrays_and_other_files_are_refused() -> None:
    with pytest.raises(ValueError, match=r".+"):
        pack({"a": np.array([object()])})
    for content in (b"", b"PK no more", pack({"a": np.arange(100)})[:-30]):
        with pytest.raises(ValueError, match=r".+"):
            unpack(content)


@dataclass(frozen=True)
class Odd:
    number: complex


def test_types_that_json_does_not_know_are_named() -> None:
    with pytest.raises(TypeError, match="type complex cannot be kept"):
        Codec().encode(Odd(1j))
    with pytest.raises(ValueError, match="type complex cannot be kept"):
        Codec().decode(Odd, {"number": 1})


def test_a_mapping_is_written_as_it_is_unless_it_looks_like_a_tag() -> None:
    values = {"$tuple": [1], "other": 2}
    assert Codec().encode(values, Any) == (values, {})
    assert Codec().encode({"$tuple": [1]}, Any) == ({"$dict": {"$tuple": [1]}}, {})
