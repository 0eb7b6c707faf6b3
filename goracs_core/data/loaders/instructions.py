"""Instruction samples (instruction, input, output) as BIGRec (arXiv 2308.08434) and TALLRec (2305.00447) write them.

The prompt is used as it is; items and histories are read from the titles in quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

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


@dataclass
class _Collected:
    ids: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    histories: list[list[int]] = field(default_factory=list)
    history_labels: list[list[int]] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    splits: list[int] = field(default_factory=list)
    titles: dict[str, int] = field(default_factory=dict)
    without_history: int = 0

    def item(self, title: str) -> int:
        return self.titles.setdefault(title, len(self.titles))


def detect_instructions(path: Path) -> Match:
    """Told by the fields of the first record of a JSON file."""
    return Match.CONTENT if any(is_instruction(record) for record in first_records(path)) else Match.NO


def is_instruction(record: Record) -> bool:
    """A sample as BIGRec and TALLRec write them."""
    return {"instruction", "output"} <= record.keys()


def load_instructions(path: Path, *, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read one file (no split) or a folder with train, valid and test files (given split).

    Raises:
        InputError: A record lacks a field, or answers of both tasks are mixed.
    """
    files = _split_files(path) if path.is_dir() else [(POOL, path)]
    collected = _Collected()
    for split, file in files:
        before = len(collected.ids)
        for row, record in iter_records(file, encoding=options.encoding, progress=progress):
            _add(collected, record, file=file.name, row=row)
        collected.splits += [split] * (len(collected.ids) - before)
    is_ctr = bool(collected.labels)
    entries: list[ReportEntry] = []
    if collected.without_history:
        words = f"{collected.without_history:,} samples have no titles in quotes, so their history is unknown"
        entries.append(warning(words, file=files[0][1].name, column="input", count=collected.without_history))
    content = SourceInstructions(
        ids=tuple(collected.ids),
        prompts=tuple(collected.prompts),
        answers=tuple(collected.answers),
        titles=tuple(collected.titles),
        histories=Ragged.from_rows(collected.histories),
        history_labels=Ragged.from_rows(collected.history_labels) if is_ctr else None,
        targets=np.array(collected.targets, np.int64),
        labels=np.array(collected.labels, np.int64) if is_ctr else None,
        splits=np.array(collected.splits, np.int8) if path.is_dir() else None,
    )
    return Source(
        name=path.name.split(".")[0],
        kind=LOADER.name,
        files=tuple(file.name for _, file in files),
        domain="items",
        content=content,
        report=ValidationReport(tuple(entries)),
    )


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


def _add(collected: _Collected, record: Record, *, file: str, row: int) -> None:
    instruction, given, output = (_field(record, name, file, row) for name in ("instruction", "input", "output"))
    label = _LABELS.get(output.strip().strip('."').lower())
    first = not collected.ids
    if not first and (label is not None) != bool(collected.labels):
        message = (
            f"the answer {output.strip()[:40]!r} does not go with the earlier ones; give either titles or Yes and No"
        )
        raise InputError(message, "tasks-mixed", file=file, row=row, column="output")
    titles = quoted_titles(given)
    if label is None:
        answered = quoted_titles(output) or [(output.strip().strip('"'), 1)]
        target = clean_title(answered[0][0])
        history = titles
    else:
        target, history = (titles[-1][0], titles[:-1]) if titles else (clean_title(given), [])
    if not target:
        message = "the answer is empty; give the next title, or Yes or No"
        raise InputError(message, "empty-answer", file=file, row=row, column="output" if label is None else "input")
    collected.without_history += not history
    collected.ids.append(f"{file.split('.')[0]}:{row}")
    collected.prompts.append(
        f"{instruction.strip()}\n{given.strip()}\n" if given.strip() else f"{instruction.strip()}\n"
    )
    collected.histories.append([collected.item(title) for title, _ in history])
    collected.targets.append(collected.item(target))
    if label is None:
        collected.answers.append(safe_text(output.strip()))
    else:
        collected.answers.append(YES if label else NO)
        collected.labels.append(label)
        collected.history_labels.append([liked for _, liked in history])


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


def _field(record: Record, name: str, file: str, row: int) -> str:
    value = record.get(name, "" if name == "input" else None)
    if not isinstance(value, str):
        what = "is missing" if value is None else f"is a {type(value).__name__}"
        message = f"{what}; every sample needs instruction, input and output as texts"
        raise InputError(message, "field-missing", file=file, row=row, column=name)
    return safe_text(value)


LOADER = Loader(
    name="instructions",
    title="Instruction JSON",
    layout="instruction JSON (instruction, input, output)",
    endings=("json", "jsonl"),
    options=frozenset({"encoding"}),
    detect=detect_instructions,
    load=load_instructions,
)
