"""Click prediction without ratings: for every Yes, a sampled No about an item that its user never touched."""

from __future__ import annotations

import numpy as np

from goracs_core.data.dataset import Samples
from goracs_core.data.options import Negatives
from goracs_core.data.prompts import ctr_answer, ctr_prompt
from goracs_core.data.samples import InteractionColumns
from goracs_core.errors import DataError
from goracs_core.types import BoolArray, FloatArray, IndexArray, Ragged

_MAX_ROUNDS = 50  # of drawing again where the item was touched, before the rest is drawn one by one


def with_negatives(
    samples: Samples, columns: InteractionColumns, weights: FloatArray, *, domain: str, rng: np.random.Generator
) -> Samples:
    """Each sample, followed by one of the same user, history and time about an item that the user never touched.

    Args:
        samples: n samples whose answer is Yes.
        columns: All interactions: an item of any part, later ones too, counts as touched.
        weights: How often each item is drawn; shape [v].
        domain: What the items are called in prompts.
        rng: Random number generator.

    Returns:
        2 n samples, Yes and No in turn; the id of a No is that of its Yes and "-no".

    Raises:
        DataError: A user has touched every item that could be drawn.
    """
    drawn = draw_untouched(samples.users, columns.users, columns.items, weights, rng=rng)
    twice = np.repeat(np.arange(len(samples)), 2)
    is_yes = np.arange(len(twice)) % 2 == 0
    targets = np.where(is_yes, samples.targets[twice], drawn[twice])
    ids, prompts = [], []
    for row, target in enumerate(drawn.tolist()):
        liked = [columns.titles[item] for item in samples.histories[row].tolist()]
        ids += [samples.ids[row], f"{samples.ids[row]}-no"]
        prompts += [samples.prompts[row], ctr_prompt(liked, [], columns.titles[target], domain)]
    histories = samples.histories.take(twice)
    return Samples(
        ids=tuple(ids),
        prompts=tuple(prompts),
        answers=tuple(ctr_answer(int(label)) for label in is_yes),
        users=samples.users[twice],
        histories=histories,
        history_labels=Ragged(np.ones_like(histories.values), histories.offsets),
        targets=targets,
        labels=is_yes.astype(np.int64),
        times=None if samples.times is None else samples.times[twice],
    )


def item_weights(negatives: Negatives, popularity: IndexArray) -> FloatArray:
    """How often each item is drawn; shape [v].

    Args:
        negatives: Not `none`.
        popularity: Training interactions of each item; shape [v].
    """
    return popularity.astype(np.float64) if negatives is Negatives.POPULAR else np.ones(len(popularity))


def negatives_sentence(negatives: Negatives, *, seed: int) -> str:
    """The sentence that is shown wherever the data is shown."""
    how = "in proportion to training popularity" if negatives is Negatives.POPULAR else "uniformly"
    return (
        f"in pool and validation and test every No is made up: an item drawn {how} from those its user never touched, "
        f"seed {seed}"
    )


def draw_untouched(
    users: IndexArray, who: IndexArray, touched: IndexArray, weights: FloatArray, *, rng: np.random.Generator
) -> IndexArray:
    """An item for each of `users` that it never touched, by weight; shape [n].

    Args:
        users: Whom an item is drawn for; shape [n].
        who: Users of all interactions; shape [r].
        touched: Their items; shape [r].
        weights: At least 0, not all 0; shape [v].
        rng: Random number generator.

    Raises:
        DataError: A user has touched every item with a weight.
    """
    v = len(weights)
    known = np.unique(who * v + touched)
    steps = np.cumsum(weights)
    drawn = np.zeros(len(users), np.int64)
    wrong = np.arange(len(users))
    for _ in range(_MAX_ROUNDS):  # drawing again until it fits is drawing from what fits
        if not len(wrong):
            return drawn
        drawn[wrong] = np.searchsorted(steps, rng.random(len(wrong)) * steps[-1], side="right").clip(max=v - 1)
        wrong = wrong[_holds(known, users[wrong] * v + drawn[wrong])]
    for row in wrong.tolist():
        first, last = np.searchsorted(known, [users[row] * v, (users[row] + 1) * v])
        left = weights.copy()
        left[known[first:last] - users[row] * v] = 0
        if not left.any():
            message = (
                f"a user has touched all {int((weights > 0).sum())} items that a No could be about; use more items, "
                "or leave such users out"
            )
            raise DataError(message, code="no-untouched-item", fields={"items": int((weights > 0).sum())})
        drawn[row] = rng.choice(v, p=left / left.sum())
    return drawn


def _holds(ordered: IndexArray, values: IndexArray) -> BoolArray:
    """Which of `values` are among the ordered ones."""
    places = np.searchsorted(ordered, values).clip(max=len(ordered) - 1)
    return ordered[places] == values
