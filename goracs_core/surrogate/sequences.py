"""Samples -> token arrays: what a surrogate reads, and which items it learns to predict where.

Item row r is token r + 1; token 0 pads on the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.errors import DataError
from goracs_core.progress import Progress, silent
from goracs_core.surrogate.model import PAD
from goracs_core.types import BoolArray, IndexArray, Ragged, protect

_REPORT_EVERY = 20_000


def padded_histories(histories: Ragged, length: int) -> IndexArray:
    """The latest `length` items of each history as tokens, padded on the left; shape [b, t].

    t is the longest history or `length`, whichever is less, and at least 1: an empty history is a row of padding.
    """
    lengths = np.minimum(histories.lengths, length)
    t = max(1, int(lengths.max(initial=0)))
    tokens = np.full((len(histories), t), PAD, np.int64)
    columns = np.arange(t)
    filled = columns[None, :] >= t - lengths[:, None]  # [b, t]
    places = histories.offsets[1:, None] - t + columns  # [b, t]: where each column's item lies in the flat values
    tokens[filled] = histories.values[places[filled]] + 1
    return tokens


def sample_histories(samples: Samples) -> Ragged:
    """The histories that a surrogate reads: all items, or for click prediction the liked ones.

    A surrogate has one token per item and none for an opinion, so an item that was disliked cannot be told from one
    that was liked; leaving it out keeps "next to each other in a history" a sign of the same taste.
    """
    if samples.history_labels is None:
        return samples.histories
    liked = samples.history_labels.values == 1
    counts = np.concatenate([[0], np.cumsum(liked)])
    return Ragged(samples.histories.values[liked], counts[samples.histories.offsets])


def sample_tokens(samples: Samples, length: int) -> IndexArray:
    """What a surrogate reads of each sample, padded on the left; shape [n, t]."""
    return padded_histories(sample_histories(samples), length)


@dataclass(frozen=True, eq=False)
class TrainingSequences:
    """Windows of interactions, with the places that are to be predicted from what stands before them.

    Args:
        tokens: Padded on the left; shape [s, t], t >= 2.
        predicted: Places that count in the loss; shape [s, t]. A place is marked in one window only, and never the
            first of a window, unless nothing came before it in the data either (an empty history).
    """

    tokens: IndexArray
    predicted: BoolArray

    def __post_init__(self) -> None:
        protect(self, tokens=np.int64, predicted=np.bool_)

    def __len__(self) -> int:
        return len(self.tokens)

    def item_counts(self, num_items: int) -> IndexArray:
        """How often each item is to be predicted: the pool's interactions per item, each counted once; shape [v]."""
        return np.bincount(self.tokens[self.predicted] - 1, minlength=num_items)


def training_sequences(samples: Samples, length: int, *, progress: Progress = silent) -> TrainingSequences:
    """Windows that cover every interaction of `samples` with as little repetition as can be.

    Each sample is a window: its history and then its target (for click prediction the liked items, and the target if
    it was liked). Windows of one user overlap, and an interaction that stands in ten of them would count ten times.
    Which windows overlap is seen from their contents: a transition is known by its user and its two items (without a
    user by one more item before them), and is predicted as often as samples ask for it, at least once. Longest and
    latest windows are taken first, those whose own target is covered by then only for what else is new in them.

    Args:
        samples: The pool; nothing else may ever be given here.
        length: Most items that are read before a predicted one.
        progress: Called with stage "Reading sequences".

    Raises:
        DataError: No sample has a history, or one user alone has all.
    """
    windows, has_target = _windows(samples, length)
    lengths = windows.lengths
    if (lengths - has_target <= 0).all():
        message = (
            f"none of the {len(samples):,} pool samples has a history, and a surrogate learns which item follows which "
            "others; prepare the data with min_history 1 or more"
        )
        raise DataError(message, code="no-history", fields={"samples": len(samples)})
    users = samples.users
    if users.min() == users.max() >= 0:
        message = (
            f"all {len(samples):,} pool samples are of a single user, and a surrogate learns from what many users have "
            "in common; give data of 2 or more users, or a larger pool"
        )
        raise DataError(message, code="single-user", fields={"samples": len(samples)})
    keys, may_predict = _transitions(windows, users)
    last = windows.offsets[1:] - 1
    asked = has_target & (lengths > 0)
    needed = np.bincount(keys[last[asked]], minlength=int(keys.max()) + 1)
    times = np.zeros(len(samples)) if samples.times is None else samples.times
    order = np.lexsort((-np.arange(len(samples)), -times, -lengths))
    predicted = _cover(windows, keys, may_predict, np.maximum(needed, 1), order, asked, progress)
    kept = np.flatnonzero(np.add.reduceat(np.append(predicted, False), windows.offsets[:-1]) * (lengths > 0))
    return _padded(windows, predicted, np.sort(kept))


def labelled_tokens(dataset: Dataset, length: int) -> tuple[IndexArray, IndexArray, IndexArray] | None:
    """Tokens [n, t], target items [n] and labels [n] of the pool for click prediction; None for next-item data."""
    pool = dataset.pool
    return None if pool.labels is None else (sample_tokens(pool, length), pool.targets, pool.labels)


def _windows(samples: Samples, length: int) -> tuple[Ragged, BoolArray]:
    """History and target of each sample as item rows, at most length + 1, and whether the target is in it."""
    histories = sample_histories(samples)
    has_target = np.ones(len(samples), np.bool_) if samples.labels is None else samples.labels == 1
    kept = np.minimum(histories.lengths, length)
    offsets = np.concatenate([[0], np.cumsum(kept + has_target)]).astype(np.int64)
    values = np.empty(offsets[-1], np.int64)
    places = np.arange(kept.sum()) - np.repeat(np.cumsum(kept) - kept, kept)  # within each history
    values[np.repeat(offsets[:-1], kept) + places] = histories.values[
        np.repeat(histories.offsets[1:] - kept, kept) + places
    ]
    values[offsets[1:][has_target] - 1] = samples.targets[has_target]
    return Ragged(values, offsets), has_target


def _transitions(windows: Ragged, users: IndexArray) -> tuple[IndexArray, BoolArray]:
    """For each place a number that is the same for the same transition, and whether it can be predicted."""
    lengths = windows.lengths
    items = windows.values + 1
    place = np.arange(len(items)) - np.repeat(windows.offsets[:-1], lengths)
    owner = np.repeat(users, lengths)
    before = np.where(place >= 1, np.roll(items, 1), 0)
    earlier = np.where((place >= 2) & (owner < 0), np.roll(items, 2), 0)
    keys = items
    for part in (before, earlier, owner + 1):
        # Renumbered each time, so that the products cannot overflow.
        keys = np.unique(keys * (int(part.max()) + 1) + part, return_inverse=True)[1].reshape(-1)
    return keys, (place >= 1) | (np.repeat(lengths, lengths) == 1)


def _cover(
    windows: Ragged,
    keys: IndexArray,
    may_predict: BoolArray,
    needed: IndexArray,
    order: IndexArray,
    asked: BoolArray,
    progress: Progress,
) -> BoolArray:
    """The places to predict, so that each transition is predicted as often as needed; flat, as the windows' values."""
    left = needed.tolist()
    flat, allowed, offsets = keys.tolist(), may_predict.tolist(), windows.offsets.tolist()
    predicted = np.zeros(len(flat), np.bool_)
    skipped: list[int] = []

    def take(row: int) -> None:
        for place in range(offsets[row], offsets[row + 1]):
            if allowed[place] and left[flat[place]] > 0:
                left[flat[place]] -= 1
                predicted[place] = True

    for number, row in enumerate(order.tolist()):
        if number % _REPORT_EVERY == 0:
            progress("Reading sequences", number, len(order))
        if asked[row] and left[flat[offsets[row + 1] - 1]] > 0:
            take(row)
        else:
            skipped.append(row)
    for row in skipped:
        take(row)
    return predicted


def _padded(windows: Ragged, predicted: BoolArray, kept: IndexArray) -> TrainingSequences:
    lengths = windows.lengths[kept]
    t = max(2, int(lengths.max()))
    columns = np.arange(t)
    filled = columns[None, :] >= t - lengths[:, None]
    places = (windows.offsets[kept + 1, None] - t + columns)[filled]
    tokens, marks = np.full((len(kept), t), PAD, np.int64), np.zeros((len(kept), t), np.bool_)
    tokens[filled], marks[filled] = windows.values[places] + 1, predicted[places]
    return TrainingSequences(tokens, marks)
