"""Tensors with a record in one safetensors file: written whole or not at all, absent when damaged or of another key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from goracs_core.errors import GoracsError
from goracs_core.store.atomic import staged
from goracs_core.store.codec import Codec

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

_KEY, _RECORD = "key", "state"  # entries of the file's metadata


def save_tensors(path: Path, key: str, record: Any, tensors: Mapping[str, torch.Tensor]) -> None:
    """Make or replace the file in one step; a stop at any moment leaves the old one or the new one.

    Args:
        path: The file.
        key: Fingerprint of everything that decides the content.
        record: A value without arrays, as `Codec` takes it.
        tensors: By name.

    Raises:
        StoreError: It cannot be written.
    """
    from safetensors.torch import save_file

    plain, _ = Codec().encode(record)
    metadata = {_KEY: key, _RECORD: json.dumps(plain)}
    with staged(path) as staging:
        save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, staging, metadata)


def load_tensors(path: Path, key: str, kind: type[T]) -> tuple[T, dict[str, torch.Tensor]] | None:
    """The record, of the given kind, and the tensors; None when there are none, of another key, or damaged ones."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get(_KEY) != key:
                return None
            record = Codec().decode(kind, json.loads(metadata[_RECORD]))
            return record, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, ValueError, KeyError, GoracsError, SafetensorError):
        return None
