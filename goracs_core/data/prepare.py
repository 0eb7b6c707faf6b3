"""A source on disk -> a Dataset: k-core, split, sample, prompts, and a record of each step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goracs_core.data.dataset import Dataset
from goracs_core.data.ledger import Ledger
from goracs_core.data.loaders.registry import load_source
from goracs_core.data.loaders.source import SourceInteractions, SourceOptions
from goracs_core.data.options import PrepareOptions
from goracs_core.data.prepare_instructions import prepare_instructions
from goracs_core.data.prepare_interactions import prepare_interactions
from goracs_core.data.report import ValidationReport
from goracs_core.progress import Progress, silent

__all__ = ["PrepareOptions", "prepare"]


def prepare(
    path: Path,
    options: PrepareOptions,
    *,
    source_options: SourceOptions = SourceOptions(),  # noqa: B008
    progress: Progress = silent,
) -> tuple[Dataset, ValidationReport]:
    """Read, filter, split, sample and write prompts.

    Samples are drawn before prompts are made, so small limits are quick.

    Args:
        path: File or folder of a known layout.
        options: The task, filters, split and limits.
        source_options: How to read it.
        progress: Called with stages "read <file>" and "write prompts".

    Returns:
        The dataset (its provenance holds counts of each step, all options, the report and the sampling sentences), and
        the report.

    Raises:
        DataError: The source cannot be used; the message names file, row and column where there are any.
        ConfigError: The options do not go with the source.
    """
    path = Path(path)
    source = load_source(path, options=source_options, progress=progress)
    ledger = Ledger()
    if isinstance(source.content, SourceInteractions):
        parts = prepare_interactions(source, source.content, options=options, ledger=ledger, progress=progress)
    else:
        parts = prepare_instructions(source, source.content, options=options, ledger=ledger)
    report = source.report + ledger.entries
    provenance: dict[str, Any] = {
        "source": {"name": path.name, "kind": source.kind, "files": list(source.files)},
        "source_options": _without_folders(source_options),
        "options": options.to_dict(),
        "split": str(parts.split),
        "domain": options.domain or source.domain,
        "steps": ledger.steps,
        "samples": ledger.samples,
        "sampling": ledger.sampling,
        "report": report.to_list(),
    }
    dataset = Dataset(
        name=options.name or source.name,
        task=options.task,
        items=parts.items,
        interactions=parts.interactions,
        pool=parts.samples[0],
        validation=parts.samples[1],
        test=parts.samples[2],
        provenance=provenance,
    )
    return dataset, report


def _without_folders(options: SourceOptions) -> dict[str, Any]:
    """The options as they are recorded in the dataset, without the folders of this machine."""
    return options.to_dict() | {"items": None if options.items is None else options.items.name}
