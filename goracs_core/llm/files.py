"""Folders with model files: found by name or path, safe to load, and known by a fingerprint of their bytes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from goracs_core.errors import ModelError

# A folder may carry this record of how its model was made; it decides nothing the model computes.
RECORD = "goracs.json"

_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
_UNWANTED = ("onnx/*", "openvino/*", "original/*")
_PICKLED = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"})
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")


def model_folder(name: str) -> Path:
    """The folder that holds the model called `name`.

    Args:
        name: A local folder, or a name on the Hugging Face hub ("organisation/model"). A hub model that was fetched
            before is taken from its cache without asking the network; else only the files that carry no code are
            fetched (safetensors, JSON, vocabularies).

    Raises:
        ModelError: No such folder, no such model, or no network.
    """
    name = name.strip()
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder.resolve()
    if not _HUB_NAME.fullmatch(name) or ".." in name:
        message = f"there is no folder {name!r}; give an existing folder or a Hugging Face name like organisation/model"
        raise ModelError(message, code="no-such-folder", fields={"name": name})
    return _from_hub(name)


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    patterns = {"allow_patterns": list(_WANTED), "ignore_patterns": list(_UNWANTED)}
    try:
        return Path(snapshot_download(name, local_files_only=True, **patterns))
    except (LocalEntryNotFoundError, ValueError, OSError):
        pass
    try:
        return Path(snapshot_download(name, **patterns))
    except HfHubHTTPError as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"the hub answered {status}" if status else "the hub refused"
        message = (
            f"the model {name!r} is no folder here and cannot be fetched from Hugging Face ({reason}); "
            "check the name, or give the folder of a model on this machine"
        )
        raise ModelError(message, code="hub-refused", fields={"name": name}) from error
    except Exception as error:  # every way a network can fail, in every HTTP library below
        reason = type(error.__cause__ or error).__name__
        message = (
            f"the model {name!r} is no folder here and Hugging Face cannot be reached ({reason}); "
            "give the folder of a model on this machine, or try again with a network"
        )
        raise ModelError(message, code="hub-unreachable", fields={"name": name}) from error


def refuse_pickles(folder: Path) -> None:
    """Insist on safetensors: loading pickled weights can execute whatever is in them.

    Raises:
        ModelError: The folder, or a part of it, has pickled weights or none.
    """
    parts = [folder, *sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))]
    safe = [part for part in parts if any(part.glob("*.safetensors"))]
    for part in parts:
        pickled = sorted(path.name for path in part.iterdir() if path.suffix in _PICKLED)
        if pickled and part not in safe:
            message = (
                f"{part} has its weights as a pickle ({pickled[0]}), which can run code when opened; "
                "convert them to safetensors (save_pretrained does) and give that folder"
            )
            raise ModelError(message, code="pickled-weights", fields={"file": pickled[0]})
    if not safe:
        message = f"{folder} has no weights (no .safetensors file); give the folder that save_pretrained wrote"
        raise ModelError(message, code="no-weights")


def folder_fingerprint(folder: Path) -> str:
    """Hash of the names and bytes of all files that decide what the model computes: 32 hexadecimal characters."""
    digest = hashlib.blake2b(digest_size=16)
    suffixes = {pattern.removeprefix("*") for pattern in _WANTED}
    skipped = {pattern.removesuffix("/*") for pattern in _UNWANTED}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.suffix not in suffixes or relative.name == RECORD:
            continue
        if any(part.startswith(".") or part in skipped for part in relative.parts):
            continue
        digest.update(f"{relative.as_posix()}:{path.stat().st_size};".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def one_line(error: BaseException) -> str:
    """The first sentence of a library's message, short enough for ours."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
