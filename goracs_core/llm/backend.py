"""Causal language models by name or folder, through transformers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goracs_core.errors import ModelError
from goracs_core.llm.files import RECORD, folder_fingerprint, model_folder, one_line, refuse_pickles
from goracs_core.llm.tuning.options import Precision


@dataclass(frozen=True, eq=False)
class CausalModel:
    """A language model that predicts the next token, frozen and without dropout.

    Args:
        model: The transformers model.
        tokenizer: Its tokenizer.
        name: As the user gave it.
        fingerprint: Hash of the files it came from.
        context: Most tokens it reads.
        meta: How it was made, where the folder tells; else empty.
    """

    model: Any
    tokenizer: Any
    name: str
    fingerprint: str
    context: int
    meta: dict[str, Any]


def load_causal_model(
    name_or_folder: str, *, name: str | None = None, precision: Precision | None = None
) -> CausalModel:
    """Load a causal language model: safetensors only, no code of its own, no network for a folder.

    Args:
        name_or_folder: A folder written by save_pretrained, or a Hugging Face name.
        name: How to call it, where that is not `name_or_folder`.
        precision: Of the weights. None: 32 bits on a processor, as stored on a GPU. Weights that are stored in 64 bits
            keep them unless fewer than 32 are requested.

    Raises:
        ModelError: Not found, no network, pickled weights, code of its own, no tokenizer, or no causal language model.
    """
    folder = model_folder(name_or_folder)
    refuse_pickles(folder)
    model, tokenizer = _load_folder(folder, name_or_folder, precision)
    return CausalModel(
        model=model,
        tokenizer=tokenizer,
        name=name or name_or_folder.strip(),
        fingerprint=folder_fingerprint(folder),
        context=_context(model.config),
        meta=_record(folder),
    )


def _load_folder(folder: Path, name: str, precision: Precision | None) -> tuple[Any, Any]:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        more = _loading(precision, getattr(config, "dtype", None), device)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **more,
        )
        model, loading = loaded
    except Exception as error:  # the library raises whatever its parts raise
        message = f"{name!r} cannot be loaded as a causal language model ({one_line(error)}); choose another"
        raise ModelError(message, code="not-a-language-model", fields={"name": name}) from error
    missing = sorted(loading["missing_keys"])
    if missing:
        message = (
            f"{name!r} is no complete causal language model: its files lack {len(missing)} weights "
            f"(such as {missing[0]}), which would be random; choose another"
        )
        raise ModelError(message, code="weights-missing", fields={"name": name, "missing": len(missing)})
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # likewise
        message = f"{name!r} has no tokenizer that can be loaded ({one_line(error)}); choose another"
        raise ModelError(message, code="no-tokenizer", fields={"name": name}) from error
    if "device_map" not in more:
        model.to(device)
    model.eval().requires_grad_(False)
    return model, tokenizer


def _loading(precision: Precision | None, stored: Any, device: str) -> dict[str, Any]:
    """How from_pretrained reaches a precision."""
    import torch

    if precision == "8bit":
        from transformers import BitsAndBytesConfig

        quantized = BitsAndBytesConfig(load_in_8bit=True)
        return {"quantization_config": quantized, "device_map": {"": 0}, "dtype": torch.bfloat16}
    if precision == "bfloat16":
        return {"dtype": torch.bfloat16}
    as_stored = stored == torch.float64 or (precision is None and device == "cuda" and stored)
    return {"dtype": stored if as_stored else torch.float32}


def device_name(model: Any) -> str:
    """Where a transformers model computes: "processor", or the GPU's name."""
    import torch

    return torch.cuda.get_device_name(model.device) if model.device.type == "cuda" else "processor"


def _context(config: Any) -> int:
    for field in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
        value = getattr(config, field, None)
        if isinstance(value, int) and value > 0:
            return value
    return 1 << 20  # no positions to run out of (recurrent models, ALiBi)


def _record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read ({one_line(error)}); delete the folder and make the model again"
        raise ModelError(message, code="record-damaged", fields={"path": str(path)}) from error
    return record if isinstance(record, dict) else {}
