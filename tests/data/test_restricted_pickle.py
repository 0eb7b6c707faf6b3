"""A title map is read without executing anything; whatever is not plain data is refused with a sentence."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.data.loaders.restricted_pickle import read_pickled_object
from goracs_core.data.report import InputError
from tests.data.sources import save_titles
from tests.refusals import told

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


class Bomb:
    """Pickles as a call of any function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


def npy_header(descr: str = "|O") -> bytes:
    """A version 1.0 header of a 0-d array, after which the pickle follows."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': (), }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@given(value=plain)
def test_plain_data_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object):
    path = tmp_path_factory.mktemp("map") / "map.npy"
    save_titles(path, value)
    assert read_pickled_object(path) == value


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol(tmp_path: Path, protocol: int):
    box = np.empty((), dtype=object)
    box[()] = {"seqid2title": {"1": "Pokémon", 2: "Zwei"}}
    path = tmp_path / "map.npy"
    path.write_bytes(npy_header() + pickle.dumps(box, protocol))
    if protocol < 3:  # Python 3 writes bytes of these as a call of _codecs.encode
        with pytest.raises(InputError, match=r"_codecs\.encode"):
            read_pickled_object(path)
    else:
        assert read_pickled_object(path) == box[()]


def test_numpy_numbers_inside(tmp_path: Path):
    save_titles(tmp_path / "map.npy", {np.int64(7): "Seven", "x": np.float32(1.5)})
    assert read_pickled_object(tmp_path / "map.npy") == {7: "Seven", "x": 1.5}


def test_a_vector_of_objects(tmp_path: Path):
    np.save(tmp_path / "map.npy", np.array([{"a": 1}, {"b": 2}], dtype=object), allow_pickle=True)
    assert read_pickled_object(tmp_path / "map.npy") == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("touch {marker}",)),
        (exec, ("open({marker!r}, 'w').close()",)),
        (open, ("{marker}", "w")),
        (os.mkdir, ("{marker}",)),
        (getattr, ("text", "upper")),
        (np.load, ("{marker}",)),
        (np.frombuffer, (b"abcd",)),
    ],
)
def test_calls_are_refused_and_not_made(tmp_path: Path, function: object, arguments: tuple[object, ...]):
    marker = tmp_path / "executed"
    arguments = tuple(a.format(marker=str(marker)) if isinstance(a, str) else a for a in arguments)
    path = tmp_path / "map.npy"
    path.write_bytes(npy_header() + pickle.dumps({"seqid2title": Bomb(function, *arguments)}))
    with pytest.raises(InputError, match="nothing of it was executed") as caught:
        read_pickled_object(path)
    assert not marker.exists()
    assert caught.value.entry.file == "map.npy"


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy\nndarray\n(dX\x01\x00\x00\x00aK\x01sb.",  # state for a class
        b"cnumpy\nndarray\n(N(dX\x05\x00\x00\x00__new__K\x01sltb.",
        b"(cnumpy\ndtype\no.",  # OBJ
        b"(inumpy\ndtype\n.",  # INST
        b"\x80\x02cnumpy\ndtype\n)\x81.",  # NEWOBJ
        b"\x80\x02\x82\x01.",  # extension registry
        b"Pabc\n.",  # persistent id
        b"\x80\x05\x96\xff\xff\xff\xff\x00\x00\x00\x00",  # a byte array of 4 GB
        b"]r\xff\xff\xff\x7f.",  # memo slot 2**31
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(X\x01\x00\x00\x00OtRC\x08\x00\x00\x00\x00\x00\x00\x00\x00tR.",
        b"",
        b".",
        b"not a pickle",
        b"(" * 10_000,
    ],
)
def test_handmade_programs_end_in_a_sentence(tmp_path: Path, program: bytes):
    path = tmp_path / "map.npy"
    path.write_bytes(npy_header() + program)
    with pytest.raises(InputError) as caught:
        read_pickled_object(path)
    assert "\n" not in str(caught.value)


def test_other_numpy_files(tmp_path: Path):
    path = tmp_path / "map.npy"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, check=told("not-numpy")):
        read_pickled_object(path)
    np.save(path, np.arange(4))
    with pytest.raises(InputError, check=told("no-titles")):
        read_pickled_object(path)
    save_titles(path, {"a": "b" * 100})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, check=told("file-damaged")):
        read_pickled_object(path)
