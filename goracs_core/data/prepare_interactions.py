"""Interactions -> the parts of a dataset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.data.dataset import Interactions, Items, Samples, Split, Task
from goracs_core.data.kcore import k_core
from goracs_core.data.ledger import Ledger, Prepared, draw
from goracs_core.data.loaders.source import Source, SourceInteractions
from goracs_core.data.negatives import item_weights, negatives_sentence, with_negatives
from goracs_core.data.options import DEFAULT_K_CORE, PARTS, Negatives, PrepareOptions
from goracs_core.data.report import InputError, info, warning
from goracs_core.data.samples import InteractionColumns, build_samples, sample_windows
from goracs_core.data.splits import POOL, SplitCodes, SplitMethod, global_time_split, per_user_last_split
from goracs_core.errors import ConfigError, DataError
from goracs_core.progress import Progress, silent
from goracs_core.types import BoolArray, IndexArray


def prepare_interactions(
    source: Source, content: SourceInteractions, *, options: PrepareOptions, ledger: Ledger, progress: Progress = silent
) -> Prepared:
    """Filter, split, sample and write prompts.

    Raises:
        DataError: Nothing is left, or the source lacks what the task or split needs.
        ConfigError: The split does not go with interactions.
    """
    ledger.count("read", interactions=len(content.users), users=len(content.user_ids), items=len(content.item_ids))
    method = _split_method(content, options, source)
    kept = np.ones(len(content.users), dtype=bool)
    if options.negatives is not Negatives.NONE:
        _check_unrated(source, content)
    elif options.task is Task.CTR:
        kept = _rated(source, content, ledger)
    kept = _in_core(content, kept, method, options, ledger)
    users, user_rows = _compact(content.users[kept])
    items, item_rows = _compact(content.items[kept])
    _note_untouched(content, len(item_rows), kept, ledger)
    columns = InteractionColumns(
        users=users,
        items=items,
        times=None if content.times is None else content.times[kept],
        labels=_labels(source, content, kept, options),
        user_ids=[content.user_ids[row] for row in user_rows],
        titles=[content.titles[row] for row in item_rows],
    )
    splits = _split(content, kept, columns, method, options)
    popularity = np.bincount(items[splits == POOL], minlength=len(item_rows))
    domain = options.domain or source.domain
    maker = _SampleMaker(columns, splits, popularity, options, domain)
    pool, validation, test = (maker.samples(part, ledger, progress) for part in PARTS)
    if options.negatives is not Negatives.NONE:
        ledger.sampling.append(negatives_sentence(options.negatives, seed=options.seed))
    catalogue = Items(
        tuple(content.item_ids[row] for row in item_rows),
        tuple(columns.titles),
        tuple(content.categories[row] for row in item_rows),
        popularity,
    )
    ratings = None if content.ratings is None else content.ratings[kept]
    interactions = Interactions(users, items, columns.times, ratings, tuple(columns.user_ids))
    return Prepared(catalogue, interactions, (pool, validation, test), method)


def _split_method(content: SourceInteractions, options: PrepareOptions, source: Source) -> SplitMethod:
    method = options.split
    if method in (SplitMethod.SHUFFLE, SplitMethod.ORDER):
        message = (
            f"split {str(method)!r} is for instruction files only, since it would mix past and future of a user; "
            "use 'global-time' or 'per-user-last'"
        )
        raise ConfigError(message, code="split-needs-instructions", fields={"split": str(method)})
    if method is SplitMethod.AUTO:
        if content.splits is not None:
            return SplitMethod.GIVEN
        return SplitMethod.PER_USER_LAST if content.times is None else SplitMethod.GLOBAL_TIME
    if method is SplitMethod.GIVEN and content.splits is None:
        message = (
            "has no given split; use split 'global-time' or 'per-user-last', or map a column with train, valid and test"
        )
        raise InputError(message, "no-split", file=source.files[0])
    if method is SplitMethod.GLOBAL_TIME and content.times is None:
        message = "has no times to split by; use split 'per-user-last', or map a time column"
        raise InputError(message, "no-times", file=source.files[0])
    return method


def _rated(source: Source, content: SourceInteractions, ledger: Ledger) -> BoolArray:
    if content.ratings is None:
        message = (
            "has no ratings, and click prediction needs them to tell liked from disliked; "
            "choose task seqrec, map a rating column, or have the No samples made up with negatives 'uniform'"
        )
        raise InputError(message, "no-ratings", file=source.files[0], column="rating")
    rated = np.isfinite(content.ratings)
    if not rated.all():
        count = int((~rated).sum())
        words = f"{count:,} interactions without rating dropped, since click prediction needs one"
        ledger.entries.append(warning(words, file=source.files[0], column="rating", count=count))
        ledger.count("rated", interactions=int(rated.sum()))
    return rated


def _check_unrated(source: Source, content: SourceInteractions) -> None:
    if content.ratings is not None:
        message = (
            "has ratings, which tell liked from disliked, so that no No needs to be made up; leave negatives at none, "
            "or read it without its rating column (map it to '')"
        )
        raise InputError(message, "has-ratings", file=source.files[0], column="rating")


def _in_core(
    content: SourceInteractions, kept: BoolArray, method: SplitMethod, options: PrepareOptions, ledger: Ledger
) -> BoolArray:
    k = options.k_core
    if k is None:
        k = 1 if method is SplitMethod.GIVEN else DEFAULT_K_CORE
        if method is SplitMethod.GIVEN:
            words = "the source brings its own split, so all its users and items are kept (k-core 1)"
            ledger.entries.append(info(words))
    rows = np.flatnonzero(kept)
    core = rows[k_core(content.users[rows], content.items[rows], k=k)]
    if not len(core):
        message = (
            f"the {k}-core is empty: no users and items have {k} interactions each among the {len(rows):,}; "
            "use a smaller k-core or more data"
        )
        raise DataError(message, code="empty-core", fields={"k": k, "interactions": len(rows)})
    mask = np.zeros_like(kept)
    mask[core] = True
    ledger.count(
        f"{k}-core",
        interactions=len(core),
        users=len(np.unique(content.users[core])),
        items=len(np.unique(content.items[core])),
    )
    if len(core) < len(rows):
        words = f"{k}-core: {len(core):,} of {len(rows):,} interactions kept"
        ledger.entries.append(info(words, count=len(rows) - len(core)))
    return mask


def _note_untouched(content: SourceInteractions, num_items: int, kept: BoolArray, ledger: Ledger) -> None:
    untouched = len(content.item_ids) - len(np.unique(content.items))
    if untouched:
        ledger.entries.append(info(f"{untouched:,} catalogue items that nobody touched left out", count=untouched))
    ledger.count("used", interactions=int(kept.sum()), items=num_items)


def _labels(source: Source, content: SourceInteractions, kept: BoolArray, options: PrepareOptions) -> IndexArray | None:
    if options.negatives is not Negatives.NONE:
        return np.ones(int(kept.sum()), np.int64)
    if options.task is not Task.CTR or content.ratings is None:
        return None
    ratings = content.ratings[kept]
    labels = (ratings > options.rating_threshold).astype(np.int64)
    if labels.min() == labels.max():
        message = (
            f"every rating is {'above' if labels[0] else 'at most'} the threshold {options.rating_threshold:g} "
            f"(they run from {ratings.min():g} to {ratings.max():g}), so all answers would be alike; "
            "set the rating threshold between them"
        )
        raise InputError(message, "labels-alike", file=source.files[0], column="rating")
    return labels


def _split(
    content: SourceInteractions,
    kept: BoolArray,
    columns: InteractionColumns,
    method: SplitMethod,
    options: PrepareOptions,
) -> SplitCodes:
    shares = {"validation_share": options.validation_share, "test_share": options.test_share}
    if method is SplitMethod.GIVEN and content.splits is not None:
        return content.splits[kept]
    if method is SplitMethod.GLOBAL_TIME and columns.times is not None:
        everything = np.zeros(len(columns.users), dtype=np.int8)
        sampled = sample_windows(
            columns.users, everything, part=POOL, min_history=options.min_history, max_history=options.max_history
        )
        counted = np.zeros(len(columns.users), dtype=bool)
        counted[sampled.target_rows] = True
        return global_time_split(columns.times, **shares, counted=counted)
    return per_user_last_split(columns.users, **shares)


@dataclass(frozen=True, eq=False)
class _SampleMaker:
    """Makes the samples of a part from all interactions and their split."""

    columns: InteractionColumns
    splits: SplitCodes
    popularity: IndexArray
    options: PrepareOptions
    domain: str

    def samples(self, part: Split, ledger: Ledger, progress: Progress) -> Samples:
        """The samples of one part under its limit; with sampled negatives each is followed by its No."""
        columns, options, code = self.columns, self.options, PARTS.index(part)
        paired, shortest, longest = options.negatives is not Negatives.NONE, options.min_history, options.max_history
        windows = sample_windows(columns.users, self.splits, part=code, min_history=shortest, max_history=longest)
        rows = windows.target_rows
        labels = None if columns.labels is None or paired else columns.labels[rows]
        targets, each = self.popularity[columns.items[rows]], 2 if paired else 1
        windows = windows.take(draw(targets, labels, part=part, options=options, ledger=ledger, each=each))
        samples = build_samples(columns, windows, task=options.task, domain=self.domain, progress=progress)
        if not paired:
            return samples
        weights = item_weights(options.negatives, self.popularity)
        rng = np.random.default_rng([options.seed, code, 1])  # a stream of its own: `draw` has the part's
        return with_negatives(samples, columns, weights, domain=self.domain, rng=rng)


def _compact(rows: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Renumber without gaps, order kept: new numbers and the old ones they stand for."""
    used, compact = np.unique(rows, return_inverse=True)
    return compact.astype(np.int64), used
