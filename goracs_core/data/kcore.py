"""The k-core of users and items: what is left once all with fewer than k interactions are removed."""

from __future__ import annotations

import numpy as np

from goracs_core.checks import check_whole
from goracs_core.types import BoolArray, IndexArray


def k_core(users: IndexArray, items: IndexArray, *, k: int) -> BoolArray:
    """Interactions of the k-core; shape [r].

    The largest subset in which every user and every item that is left has at least k interactions (repeats count).
    Leaving out all that fall short and counting again converges to it, since an interaction that must go in a set
    must go in each subset too.

    Args:
        users: User of each interaction; shape [r].
        items: Item of each interaction; shape [r].
        k: Minimum number of interactions, >= 1.

    Raises:
        ConfigError: k < 1.
    """
    check_whole("k_core", k, least=1)
    kept = np.arange(len(users))
    while len(kept):
        user_counts, item_counts = np.bincount(users[kept]), np.bincount(items[kept])
        enough = (user_counts[users[kept]] >= k) & (item_counts[items[kept]] >= k)
        if enough.all():
            break
        kept = kept[enough]
    mask = np.zeros(len(users), dtype=bool)
    mask[kept] = True
    return mask
