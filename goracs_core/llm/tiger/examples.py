"""What TIGER learns from in a coreset: items, each with what came before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from goracs_core.data.dataset import Samples
from goracs_core.types import IndexArray


@dataclass(frozen=True, eq=False)
class Example:
    """One item to predict.

    Args:
        history: Earlier items, oldest first; may be empty.
        item: The item.
    """

    history: IndexArray
    item: int


def examples_of(samples: Samples, rows: IndexArray, *, history: int, every_item: bool) -> list[Example]:
    """The targets of the given samples, and with `every_item` the items of their histories as well.

    A user's samples overlap, so that one interaction can stand in many histories: it is predicted once, where most is
    known of what came before. Two are the same when user, item and the item before are (samples without a user have
    nothing in common). What a sample asks for itself is never left out.

    Args:
        samples: The pool.
        rows: Rows in rising order; shape [k].
        history: Most earlier items, the latest.
        every_item: Whether the items of histories are predicted too.
    """
    targets = [Example(_latest(samples.histories[row], history), int(samples.targets[row])) for row in rows.tolist()]
    if not every_item:
        return targets
    users = samples.users[rows].tolist()
    seen = {_key(user, number, one) for number, (user, one) in enumerate(zip(users, targets, strict=True))}
    longest: dict[tuple[int, int, int], Example] = {}
    for number, (user, row) in enumerate(zip(users, rows.tolist(), strict=True)):
        for one in _inner(samples.histories[row], history):
            key = _key(user, number, one)
            if key not in seen and (key not in longest or len(one.history) > len(longest[key].history)):
                longest[key] = one
    return targets + list(longest.values())


def _inner(items: IndexArray, history: int) -> Iterator[Example]:
    """Each item of a history with those before it."""
    for place, item in enumerate(items.tolist()):
        yield Example(_latest(items[:place], history), item)


def _latest(items: IndexArray, most: int) -> IndexArray:
    return items[max(0, len(items) - most) :]


def _key(user: int, number: int, one: Example) -> tuple[int, int, int]:
    """Equal for the same interaction: user (or else sample), the item before, the item."""
    owner = user if user >= 0 else -1 - number
    return owner, int(one.history[-1]) if len(one.history) else -1, one.item
