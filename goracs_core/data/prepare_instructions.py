"""Instruction samples -> the parts of a dataset; prompts stay as they are."""

from __future__ import annotations

import numpy as np

from goracs_core.checks import bad_option
from goracs_core.data.dataset import Interactions, Items, Samples, Task
from goracs_core.data.ledger import Ledger, Prepared, draw
from goracs_core.data.loaders.source import Source, SourceInstructions
from goracs_core.data.options import PARTS, Negatives, PrepareOptions
from goracs_core.data.report import InputError, info, warning
from goracs_core.data.splits import POOL, SplitCodes, SplitMethod, row_split
from goracs_core.errors import ConfigError
from goracs_core.types import IndexArray


def prepare_instructions(
    source: Source, content: SourceInstructions, *, options: PrepareOptions, ledger: Ledger
) -> Prepared:
    """Split and sample.

    Popularity counts how often an item is the target of a training sample: the samples carry no single interactions.

    Raises:
        InputError: The answers belong to the other task.
        ConfigError: The split needs users or times, which instruction files lack; or a filter that needs users is set.
    """
    ledger.count("read", samples=len(content.ids), items=len(content.titles))
    _check_task(source, content, options)
    _note_unused(options, ledger)
    if options.k_core is not None and options.k_core > 1:
        message = f"k_core is {options.k_core}, but instruction samples have no users to count; leave it out or give 1"
        raise bad_option("k_core", options.k_core, message)
    if options.negatives is not Negatives.NONE:
        given = str(options.negatives)
        message = f"negatives are {given!r}, but instruction samples have answers of their own; leave negatives at none"
        raise bad_option("negatives", given, message)
    method, splits = _split(source, content, options)
    targets = content.targets
    long_enough = content.histories.lengths >= options.min_history
    short = int((~long_enough).sum())
    if short:
        words = f"{short:,} samples with fewer than {options.min_history} earlier titles left out"
        ledger.entries.append(info(words, count=short))
    popularity = np.bincount(targets[splits == POOL], minlength=len(content.titles))
    samples = []
    for code, part in enumerate(PARTS):
        rows = np.flatnonzero((splits == code) & long_enough)
        labels = None if content.labels is None else content.labels[rows]
        samples.append(
            _samples(content, rows[draw(popularity[targets[rows]], labels, part=part, options=options, ledger=ledger)])
        )
    nothing = np.empty(0, dtype=np.int64)
    return Prepared(
        items=Items(content.titles, content.titles, ("",) * len(content.titles), popularity),
        interactions=Interactions(nothing, nothing, None, None, ()),
        samples=(samples[0], samples[1], samples[2]),
        split=method,
    )


def _samples(content: SourceInstructions, rows: IndexArray) -> Samples:
    return Samples(
        ids=tuple(content.ids[row] for row in rows),
        prompts=tuple(content.prompts[row] for row in rows),
        answers=tuple(content.answers[row] for row in rows),
        users=np.full(len(rows), -1),
        histories=content.histories.take(rows),
        history_labels=None if content.history_labels is None else content.history_labels.take(rows),
        targets=content.targets[rows],
        labels=None if content.labels is None else content.labels[rows],
        times=None,
    )


def _check_task(source: Source, content: SourceInstructions, options: PrepareOptions) -> None:
    found = Task.SEQREC if content.labels is None else Task.CTR
    if found is not options.task:
        answers = "titles" if found is Task.SEQREC else "Yes and No"
        message = f"the answers are {answers}, which is task {found}, not {options.task}; choose task {found}"
        raise InputError(message, "wrong-task", file=source.files[0], column="output")


def _note_unused(options: PrepareOptions, ledger: Ledger) -> None:
    usual = PrepareOptions()
    changed = [n for n in ("max_history", "domain", "rating_threshold") if getattr(options, n) != getattr(usual, n)]
    if changed:
        words = f"{' and '.join(changed)} not applied, since prompts and answers of instruction files stay as they are"
        ledger.entries.append(warning(words))


def _split(source: Source, content: SourceInstructions, options: PrepareOptions) -> tuple[SplitMethod, SplitCodes]:
    method = options.split
    if method in (SplitMethod.GLOBAL_TIME, SplitMethod.PER_USER_LAST):
        message = (
            f"split {str(method)!r} needs users and times, which instruction files lack; "
            "use 'given', 'shuffle' or 'order'"
        )
        raise ConfigError(message, code="split-needs-interactions", fields={"split": str(method)})
    if method is SplitMethod.AUTO:
        method = SplitMethod.SHUFFLE if content.splits is None else SplitMethod.GIVEN
    if method is SplitMethod.GIVEN:
        if content.splits is None:
            message = (
                "is one file, so it has no given split; use split 'shuffle' or 'order', or give a folder with train, "
                "valid and test files"
            )
            raise InputError(message, "no-split", file=source.files[0])
        return method, content.splits
    return method, row_split(
        len(content.ids),
        validation_share=options.validation_share,
        test_share=options.test_share,
        shuffle=method is SplitMethod.SHUFFLE,
        rng=np.random.default_rng([options.seed, len(PARTS)]),
    )
