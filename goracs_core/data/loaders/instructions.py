"""Instruction samples (instruction, input, output) as BIGRec (arXiv 2308.08434) and TALLRec (2305.00447) write them.

The prompt is used as it is; items and histories are read from the titles in quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from goracs_core.data.loaders.faults import FileFaults, RowFaults
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.records import Record, first_record, first_records, is_json, iter_records, safe_text
from goracs_core.data.loaders.source import Source, SourceInstructions, SourceOptions
from goracs_core.data.prompts import NO, YES, clean_title
from goracs_core.data.report import InputError, ReportEntry, ValidationReport, warning
from goracs_core.data.splits import POOL, TEST, VALIDATION
from goracs_core.progress import Progress, silent
from goracs_core.types import Ragged

# A quote closes where a list goes on or ends, so that quotes inside a title do not end it; the limit keeps the search
# linear in text that opens quotes without end.
_QUOTED = re.compile(r'"(?P<title>.{1,1000}?)"(?=\s*(?:[,;.?!:)\n]|$|and\b|by\b|or\b))')
_DISLIKED = re.compile(r"unprefer|dislik|unlik|n[o']t\s+(?:like|enjoy)|hated?\b", re.IGNORECASE)
_LIKED = re.compile(r"\bprefer|\blik|\benjoy|\bloved?\b", re.IGNORECASE)
_LABELS = {"yes": 1, "no": 0}
_FILES = ((POOL, ("train", "training")), (VALIDATION, ("valid", "validation", "val", "dev")), (TEST, ("test",)))


@dataclass(frozen=True)
class _Sample:
    """One sample of a file.

    Args:
        split: Part that its file is.
        file, row: Where it stands.
        prompt, answer: Its texts.
        label: 1 yes, 0 no; None where the answer is a title.
        history: Titles, and 1 liked, 0 disliked.
        target: Title.
    """

    split: int
    file: Path
    row: int
    prompt: str
    answer: str
    label: int | None
    history: list[tuple[str, int]]
    target: str

    @property
    def id(self) -> str:
        return f"{self.file.name.split('.')[0]}:{self.row}"


def detect_instructions(path: Path) -> Match:
    """Told by the fields of the first record of a JSON file."""
    return Match.CONTENT if any(is_instruction(record) for record in first_records(path)) else Match.NO


def is_instruction(record: Record) -> bool:
    """A sample as BIGRec and TALLRec write them."""
    return {"instruction", "output"} <= record.keys()


def load_instructions(path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress = silent) -> Source:
    """Read one file (no split) or a folder with train, valid and test files (given split).

    Which task it is most answers decide; those of the other one are noted.

    Raises:
        InputError: No sample can be used.
    """
    files = _split_files(path) if path.is_dir() else [(POOL, path)]
    read: list[_Sample] = []
    for split, file in files:
        found = faults.of(file)
        for row, record in iter_records(file, encoding=options.encoding, faults=found, progress=progress):
            sample = _sample(record, split, file, row, found)
            read += [] if sample is None else [sample]
    samples, is_ctr = _of_one_task(read, faults)
    if not samples:
        raise InputError("holds no sample that can be used", "no-samples", file=files[0][1].name)
    places: dict[str, int] = {}
    histories, targets = [], []
    for sample in samples:
        histories.append([places.setdefault(title, len(places)) for title, _ in sample.history])
        targets.append(places.setdefault(sample.target, len(places)))
    entries: list[ReportEntry] = []
    without_history = sum(not sample.history for sample in samples)
    if without_history:
        words = f"{without_history:,} samples have no titles in quotes, so their history is unknown"
        entries.append(warning(words, file=files[0][1].name, column="input", count=without_history))
    judged = [[liked for _, liked in sample.history] for sample in samples]
    content = SourceInstructions(
        ids=tuple(sample.id for sample in samples),
        prompts=tuple(sample.prompt for sample in samples),
        answers=tuple(sample.answer for sample in samples),
        titles=tuple(places),
        histories=Ragged.from_rows(histories),
        history_labels=Ragged.from_rows(judged) if is_ctr else None,
        targets=np.array(targets, np.int64),
        labels=np.array([sample.label for sample in samples], np.int64) if is_ctr else None,
        splits=np.array([sample.split for sample in samples], np.int8) if path.is_dir() else None,
    )
    return Source(
        name=path.name.split(".")[0],
        kind=LOADER.name,
        files=tuple(file.name for _, file in files),
        domain="items",
        content=content,
        report=ValidationReport(tuple(entries)),
    )


def _of_one_task(samples: list[_Sample], faults: RowFaults) -> tuple[list[_Sample], bool]:
    """The samples of the task that most of them are of (of two the first's), and whether it is click prediction."""
    num_ctr = sum(sample.label is not None for sample in samples)
    is_ctr = 2 * num_ctr > len(samples) or (2 * num_ctr == len(samples) > 0 and samples[0].label is not None)
    kept: list[_Sample] = []
    for sample in samples:
        if (sample.label is not None) == is_ctr:
            kept.append(sample)
            continue
        message = f"the answer {sample.answer[:40]!r} does not go with most others; give either titles or Yes and No"
        faults.of(sample.file).add(message, "tasks-mixed", row=sample.row, column="output")
    return kept, is_ctr


def _split_files(folder: Path) -> list[tuple[int, Path]]:
    candidates = [p for p in sorted(folder.iterdir()) if is_json(p)]
    files: list[tuple[int, Path]] = []
    for split, words in _FILES:
        found = [p for p in candidates if re.split(r"[^a-z]+", p.name.lower())[0] in words]
        if len(found) > 1:
            message = f"the folder holds {found[0].name} and {found[1].name} for the same part; keep one"
            raise InputError(message, "several-files", file=folder.name)
        if not found and split != TEST:
            message = f"the folder lacks a {words[0]}.json or {words[0]}.jsonl; add it, or give one file to be split"
            raise InputError(message, "file-missing", file=folder.name)
        files += [(split, p) for p in found]
    for _, file in files:
        if not is_instruction(first_record(file)):
            message = "lacks the fields instruction and output, which every instruction sample needs"
            raise InputError(message, "field-missing", file=file.name, row=1)
    return files


def _sample(record: Record, split: int, file: Path, row: int, faults: FileFaults) -> _Sample | None:
    """The sample of a record; None where it is noted as one that cannot be used."""
    instruction, given, output = (_field(record, name, row, faults) for name in ("instruction", "input", "output"))
    if instruction is None or given is None or output is None:
        return None
    label = _LABELS.get(output.strip().strip('."').lower())
    titles = quoted_titles(given)
    if label is None:
        answered = quoted_titles(output) or [(output.strip().strip('"'), 1)]
        target = clean_title(answered[0][0])
        history = titles
    else:
        target, history = (titles[-1][0], titles[:-1]) if titles else (clean_title(given), [])
    if not target:
        message = "the answer is empty; give the next title, or Yes or No"
        faults.add(message, "empty-answer", row=row, column="output" if label is None else "input")
        return None
    prompt = f"{instruction.strip()}\n{given.strip()}\n" if given.strip() else f"{instruction.strip()}\n"
    answer = safe_text(output.strip()) if label is None else YES if label else NO
    return _Sample(split, file, row, prompt, answer, label, history, target)


def quoted_titles(text: str) -> list[tuple[str, int]]:
    """Titles in double quotes with 1, or 0 where the words before say that they were disliked."""
    titles: list[tuple[str, int]] = []
    liked, end = 1, 0
    for match in _QUOTED.finditer(text):
        between = text[end : match.start()]
        disliked_at = max((found.start() for found in _DISLIKED.finditer(between)), default=-1)
        liked_at = max((found.start() for found in _LIKED.finditer(_DISLIKED.sub("#", between))), default=-1)
        if max(disliked_at, liked_at) >= 0:
            liked = int(disliked_at < 0 or liked_at > disliked_at)
        end = match.end()
        title = clean_title(match["title"])
        if title:
            titles.append((title, liked))
    return titles


def _field(record: Record, name: str, row: int, faults: FileFaults) -> str | None:
    """The text of a field; None where the row is noted."""
    value = record.get(name, "" if name == "input" else None)
    if isinstance(value, str):
        return safe_text(value)
    what = "is missing" if value is None else f"is a {type(value).__name__}"
    message = f"{what}; every sample needs instruction, input and output as texts"
    faults.add(message, "field-missing", row=row, column=name)
    return None


LOADER = Loader(
    name="instructions",
    title="Instruction JSON",
    layout="instruction JSON (instruction, input, output)",
    endings=("json", "jsonl"),
    options=frozenset({"encoding", "bad_rows"}),
    detect=detect_instructions,
    load=load_instructions,
)
