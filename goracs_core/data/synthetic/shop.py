"""Customers walk through the synthetic shop: who buys what, when, and who they really are.

Every customer has a mixture over tastes. A purchase either continues a series that the customer has begun, or picks a
taste (often the last one again) and then a title of it, popular ones more often. Tastes and new titles shift with time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from goracs_core.data.ground_truth import Customer
from goracs_core.data.synthetic.titles import TRADE, Catalogue
from goracs_core.types import FloatArray, IndexArray, protect


@dataclass(frozen=True)
class Behaviour:
    """The parameters of the simulation; see `SyntheticOptions` for their meaning."""

    num_users: int
    popularity_bias: float
    drift: float
    outlier_share: float
    sequel_share: float
    off_taste_share: float


@dataclass(frozen=True, eq=False)
class Purchases:
    """What happened in the shop, sorted by customer and time.

    Args:
        users, items: Shape [r].
        times: Position in the time span, 0 to 1; shape [r].
        off_taste: Whether the title was bought against the customer's taste; shape [r].
        kinds: A `Customer` per user; shape [users].
        tastes: The taste that most of the user's purchases are of (those off the taste not counted), -1 for SCATTERED;
            shape [users].
    """

    users: IndexArray
    items: IndexArray
    times: FloatArray
    off_taste: IndexArray
    kinds: IndexArray
    tastes: IndexArray

    def __post_init__(self) -> None:
        whole = dict.fromkeys(("users", "items", "off_taste", "kinds", "tastes"), np.int64)
        protect(self, **whole, times=np.float64)


_MIXING = 0.1  # Dirichlet concentration per taste: most customers have one or two tastes
_STAY = 0.6  # chance that a purchase stays with the taste of the one before
_TREND = 1.6  # at drift 1, a rising taste is exp(1.6) times as common at the end as at the start
_NOVELTY = 4.0  # at drift 1, a title that came out just now sells this many times more, on top
_NOVELTY_AGE = 0.12  # share of the time span after which that has faded to 1/e
_PART_DECAY = 0.85  # each later part of a series sells this fraction of the one before
_LOOKS = 30  # titles a customer looks at before leaving without one
_PERIODS = 24  # sales weights are kept per period of the time span
_TRADE_CLOSED = 0.55  # trade accounts end here; validation starts at about 0.85


class Shop:
    """Titles on sale: weights per period and taste, release times, next parts."""

    def __init__(self, catalogue: Catalogue, behaviour: Behaviour, rng: np.random.Generator) -> None:
        self._rng = rng
        releases = _releases(catalogue, behaviour.drift, rng)
        weights = _weights(catalogue, behaviour.popularity_bias, rng)
        self._of_taste = [np.flatnonzero(catalogue.tastes == taste) for taste in range(TRADE + 1)]
        self._sales: list[list[FloatArray]] = []  # cumulative weights, [period][taste] -> [titles of the taste]
        self._first_period = np.ceil(releases * _PERIODS).astype(np.int64)  # [v], on sale from this period on
        for period in range(_PERIODS):
            age = np.where(releases > 0, period / _PERIODS - releases, np.inf)
            boost = 1 + _NOVELTY * behaviour.drift * np.exp(-np.maximum(age, 0) / _NOVELTY_AGE)
            on_sale = weights * boost * (self._first_period <= period)
            self._sales.append([np.cumsum(on_sale[items]) for items in self._of_taste])
        pairs = list(zip(catalogue.stems.tolist(), catalogue.parts.tolist(), strict=True))
        place = {pair: item for item, pair in enumerate(pairs)}
        self._part_before = [place.get((stem, part - 1), -1) if part > 1 else -1 for stem, part in pairs]
        self._next_part = [place.get((stem, part + 1), -1) if part else -1 for stem, part in pairs]

    def popular(self, taste: int, owned: set[int], time: float) -> int:
        """A title of `taste` that is on sale and can be begun, by its sales weight; -1 if none turns up."""
        cumulative = self._sales[self._period(time)][taste]
        for _ in range(_LOOKS):
            place = np.searchsorted(cumulative, self._rng.random() * cumulative[-1], side="right")
            item = int(self._of_taste[taste][min(int(place), len(cumulative) - 1)])
            if self.can_begin(item, owned):
                return item
        return -1

    def any_title(self, taste: int, time: float) -> int:
        """A title of `taste` that is on sale, all alike."""
        titles = self._of_taste[taste]
        titles = titles[self._first_period[titles] <= self._period(time)]
        return int(titles[int(self._rng.integers(len(titles)))])

    def next_part(self, item: int, owned: set[int], time: float) -> int:
        """The next part of the series of `item` that is neither owned nor still to come out; -1 if there is none."""
        following = self._next_part[item]
        while following >= 0 and following in owned:
            following = self._next_part[following]
        return following if following >= 0 and self._first_period[following] <= self._period(time) else -1

    def can_begin(self, item: int, owned: set[int]) -> bool:
        """Whether somebody would buy `item` now: not owned, and nobody starts with book three."""
        before = self._part_before[item]
        return item not in owned and (before < 0 or before in owned)

    def _period(self, time: float) -> int:
        return min(int(time * _PERIODS), _PERIODS - 1)


def simulate(catalogue: Catalogue, behaviour: Behaviour, *, rng: np.random.Generator) -> Purchases:
    """Let every customer buy; the result is sorted by customer, then time."""
    shop = Shop(catalogue, behaviour, rng)
    trends = rng.permutation(np.linspace(-1, 1, TRADE)) * _TREND * behaviour.drift  # [tastes]
    kinds = _kinds(behaviour, rng)
    users: list[int] = []
    items: list[int] = []
    times: list[float] = []
    off_taste: list[int] = []
    tastes = np.zeros((behaviour.num_users, TRADE + 1), dtype=np.int64)  # purchases per taste
    for user, kind in enumerate(kinds):
        moments = _moments(Customer(kind), rng)
        mixture = rng.dirichlet(_MIXING * TRADE * _shares(np.full(TRADE, 1 / TRADE), trends * moments[0]))
        for item, moment, off in _walk(
            shop, kind=Customer(kind), mixture=mixture, moments=moments, trends=trends, behaviour=behaviour, rng=rng
        ):
            users.append(user)
            items.append(item)
            times.append(moment)
            off_taste.append(off)
            tastes[user, catalogue.tastes[item]] += 1 - off
    main = np.where(kinds == Customer.SCATTERED, -1, tastes.argmax(axis=1))
    return Purchases(np.array(users), np.array(items), np.array(times), np.array(off_taste), kinds, main)


def _walk(
    shop: Shop,
    *,
    kind: Customer,
    mixture: FloatArray,
    moments: FloatArray,
    trends: FloatArray,
    behaviour: Behaviour,
    rng: np.random.Generator,
) -> Iterator[tuple[int, float, int]]:
    """(title, moment, off taste) of one customer's purchases in order; no title twice."""
    owned: set[int] = set()
    last, taste = -1, -1
    for moment in moments.tolist():
        off = 0
        if kind == Customer.SCATTERED:
            item = shop.any_title(int(rng.integers(TRADE)), moment)
        elif kind == Customer.TRADE:
            item = shop.any_title(TRADE, moment)
        else:
            following = shop.next_part(last, owned, moment) if last >= 0 else -1
            if following >= 0 and rng.random() < behaviour.sequel_share:
                item = following
            elif rng.random() < behaviour.off_taste_share:
                off = 1
                item = shop.any_title(int((mixture.argmin() + rng.integers(2)) % TRADE), moment)
            else:
                if taste < 0 or rng.random() >= _STAY:
                    taste = _draw(_shares(mixture, trends * moment), rng)
                item = shop.popular(taste, owned, moment)
        if item < 0 or item in owned:
            continue
        owned.add(item)
        last = last if off else item
        yield item, moment, off


def _shares(base: FloatArray, slopes: FloatArray) -> FloatArray:
    """`base` shares after each grew by exp(slope); sums to 1."""
    grown = base * np.exp(slopes)
    return grown / grown.sum()


def _draw(shares: FloatArray, rng: np.random.Generator) -> int:
    return min(int(np.searchsorted(np.cumsum(shares), rng.random(), side="right")), len(shares) - 1)


def _kinds(behaviour: Behaviour, rng: np.random.Generator) -> IndexArray:
    """`outlier_share` of the accounts are outliers, half of each kind, spread at random; shape [users]."""
    outliers = round(behaviour.outlier_share * behaviour.num_users)
    kinds = np.full(behaviour.num_users, Customer.ORDINARY, dtype=np.int64)
    kinds[: outliers // 2] = Customer.TRADE
    kinds[outliers // 2 : outliers] = Customer.SCATTERED
    return rng.permutation(kinds)


def _moments(kind: Customer, rng: np.random.Generator) -> FloatArray:
    """When a customer buys: from the day of joining on, over a limited while; sorted."""
    count = 3 + min(int(rng.geometric(1 / 7)), 40)
    latest = _TRADE_CLOSED if kind == Customer.TRADE else 1.0
    start = rng.random() * 0.9 * latest
    end = min(start + 0.1 + 0.4 * rng.random(), latest)
    return np.sort(start + (end - start) * rng.random(count))


def _releases(catalogue: Catalogue, drift: float, rng: np.random.Generator) -> FloatArray:
    """When each title comes out, 0 to 1; `drift` of the series and single titles are not there from the start."""
    stems = catalogue.stems
    count = int(stems.max()) + 1
    is_new = rng.random(count) < drift
    is_new &= np.bincount(stems, catalogue.tastes == TRADE, count) == 0
    first = rng.uniform(-0.5, 0.9, count)  # a series begun before the span can still bring out later parts in it
    gap = rng.uniform(0.04, 0.15, count)
    releases = first[stems] + np.maximum(catalogue.parts - 1, 0) * gap[stems]
    return np.where(is_new[stems], np.clip(releases, 0, 0.95), 0.0)


def _weights(catalogue: Catalogue, bias: float, rng: np.random.Generator) -> FloatArray:
    """Zipf: the r-th most popular series or single title of a taste sells as rank ** -bias; shape [v]."""
    weights = np.empty(len(catalogue))
    for taste in range(TRADE + 1):
        items = np.flatnonzero(catalogue.tastes == taste)
        stems, place = np.unique(catalogue.stems[items], return_inverse=True)
        ranks = 1 + rng.permutation(len(stems))
        decay = _PART_DECAY ** np.maximum(catalogue.parts[items] - 1, 0)
        weights[items] = ranks[place].astype(np.float64) ** -bias * decay
    return weights
