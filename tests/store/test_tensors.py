"""Tensors with a record come back as they were written, or not at all."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from goracs_core.errors import StoreError
from goracs_core.store.tensors import load_tensors, save_tensors
from tests.refusals import told


@dataclass
class State:
    """A record with what JSON lacks."""

    pairs: list[tuple[int, float]] = field(default_factory=list)
    best: int = 0


STATE = State([(0, math.nan), (1, 0.5)], 1)
TENSORS = {"now.a": torch.arange(6.0).reshape(2, 3).T, "step": torch.tensor(3.0)}


def same(found: tuple[State, dict[str, torch.Tensor]] | None) -> bool:
    assert found is not None
    state, tensors = found
    assert tensors.keys() == TENSORS.keys()
    assert math.isnan(state.pairs[0][1])
    return (state.pairs[1:], state.best) == (STATE.pairs[1:], 1) and all(
        torch.equal(tensors[name], TENSORS[name]) for name in TENSORS
    )


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state"
    save_tensors(path, "key", STATE, TENSORS)
    assert same(load_tensors(path, "key", State))
    save_tensors(path, "key", {"a": [1.5, None]}, {})
    assert load_tensors(path, "key", dict) == ({"a": [1.5, None]}, {})
    assert [one.name for one in path.parent.iterdir()] == ["state"]


def test_a_state_that_an_earlier_version_wrote_is_read(tmp_path: Path) -> None:
    record = {"pairs": [[0, math.nan], [1, 0.5]], "best": 1}
    tensors = {name: tensor.contiguous() for name, tensor in TENSORS.items()}
    save_file(tensors, tmp_path / "state", {"key": "key", "state": json.dumps(record)})
    assert same(load_tensors(tmp_path / "state", "key", State))


def test_another_key_another_record_and_damage_count_as_absent(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert load_tensors(path, "key", State) is None
    save_tensors(path, "key", STATE, TENSORS)
    assert load_tensors(path, "other", State) is None
    save_tensors(path, "key", {"pairs": 3, "colour": "red"}, TENSORS)
    assert load_tensors(path, "key", State) is None
    for content in (b"", b"x" * 100, path.read_bytes()[:-5]):
        path.write_bytes(content)
        assert load_tensors(path, "key", State) is None


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, check=told("cannot-write", path=str(tmp_path / "file" / "state"))):
        save_tensors(tmp_path / "file" / "state", "key", STATE, TENSORS)
