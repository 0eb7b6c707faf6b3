"""The formats in which a coreset is exported, in one list for the command line, the pages and `select --export`."""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from goracs_core.data.demo import demo_directory
from goracs_core.errors import ConfigError, StoreError
from goracs_core.jobs.kind import imported
from goracs_core.jobs.weights import recorded_weighting
from goracs_core.methods import CertifiedConfig, ItraConfig

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset
    from goracs_core.jobs.select.run import Run

ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # a constant: the time of the export is no property of the run

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Format:
    """One way to write a coreset.

    Args:
        name: On the command line.
        label: For people.
        help: What it is for.
        write: Files by their path, from a run and its dataset, if that is known.
        ending: Of its one file; "" where it is a folder of several.
    """

    name: str
    label: str
    help: str
    write: Callable[[Run, Dataset | None], Files]
    ending: str = ""


def _writer(name: str) -> Callable[[Run, Dataset | None], Files]:
    return imported(f"goracs_core.jobs.select.writers:{name}")


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("csv", "CSV", "For spreadsheets; cells that look like formulas are escaped.", _writer("csv"), ".csv"),
        Format("parquet", "Parquet", "For pandas, polars, Spark.", _writer("parquet"), ".parquet"),
        Format("jsonl", "JSONL", "One sample per line, with its scores.", _writer("jsonl"), ".jsonl"),
        Format(
            "instructions",
            "Instruction JSON",
            "instruction, input, output: for fine-tuning scripts.",
            _writer("instructions"),
            ".json",
        ),
        Format(
            "chat",
            "Chat JSONL",
            "One conversation per line, messages with role and content: for TRL, OpenAI and other trainers of chats.",
            _writer("chat"),
            ".jsonl",
        ),
        Format(
            "llama-factory",
            "LLaMA-Factory",
            "Folder for --dataset_dir: instruction JSON of coreset, validation and test, and dataset_info.json.",
            _writer("llama_factory"),
        ),
        Format(
            "hugging-face",
            "Hugging Face datasets",
            "Folder for datasets.load_dataset: Parquet of coreset, validation and test, and a dataset card.",
            _writer("hugging_face"),
        ),
        Format(
            "bundle",
            "Run bundle",
            "Coreset, parameters, metrics, versions and fingerprints in one zip file.",
            _writer("whole_run"),
            ".zip",
        ),
    )
}


def stem(run: Run) -> str:
    """A file name without ending that tells what was selected: demo_goracs_k256_l0.05."""
    config = run.config
    solver = f"-{config.solver}" if isinstance(config, ItraConfig) else ""
    parts = [_plain(_source(run)) or "arrays", f"{_plain(config.method)}{solver}", f"k{config.budget}"]
    if isinstance(config, CertifiedConfig | ItraConfig):
        parts.append(f"l{config.lambda_:g}")
    half_life = recorded_weighting(run.inputs).get("half_life")
    parts += [] if half_life is None else [f"h{half_life:g}"]
    parts += ["by-label"] if config.label_aware else []
    parts += [f"s{config.seed}"] if config.seed else []
    return "_".join(parts)


def _source(run: Run) -> str:
    """What the data are called: as their folder; by their name where the run does not say where they lay."""
    if run.dataset.directory:
        return Path(run.dataset.directory).name
    return "demo" if run.dataset.fingerprint and run.dataset.fingerprint == _demo() else run.dataset.name


@functools.cache
def _demo() -> str:
    """Fingerprint of the demo; "" where it is missing."""
    from goracs_core.data.store import read_manifest

    try:
        return str(read_manifest(demo_directory()).get("fingerprint", ""))
    except StoreError:
        return ""


def _plain(text: str) -> str:
    """Only characters that are harmless in every file system."""
    return re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-._")[:60]


def packed(form: Format, run: Run, dataset: Dataset | None) -> bytes:
    """A format as one file: its own, or a zip of its folder."""
    found = form.write(run, dataset)
    return next(iter(found.values())) if form.ending else zipped(found)


def packed_name(form: Format, run: Run) -> str:
    """What that file is called."""
    return f"{stem(run)}{form.ending}" if form.ending else f"{stem(run)}_{form.name}.zip"


def zipped(files: Files) -> bytes:
    """A zip whose bytes depend on the files alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def named(text: str) -> tuple[Format, ...]:
    """The formats of a list such as "chat,llama-factory".

    Raises:
        ConfigError: One that is not known.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = next((name for name in names if name not in FORMATS), None)
    if unknown is not None:
        raise ConfigError(
            f"there is no format {unknown!r}; known: {', '.join(FORMATS)}",
            code="unknown-format",
            fields={"format": unknown, "known": list(FORMATS)},
        )
    return tuple(FORMATS[name] for name in dict.fromkeys(names))
