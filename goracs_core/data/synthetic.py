"""A synthetic shop as a Dataset: readable titles, a long tail, tastes, drift, and planted faults with their truth."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from goracs_core.data.dataset import Dataset, Interactions, Items, Samples, Split, Task
from goracs_core.data.prompts import ctr_answer, ctr_prompt, seqrec_answer, seqrec_prompt
from goracs_core.data.synthetic_shop import Behaviour, Purchases, simulate
from goracs_core.data.synthetic_titles import TASTE_NAMES, make_catalogue
from goracs_core.data.synthetic_truth import GroundTruth, PartTruth, ground_truth
from goracs_core.errors import ConfigError
from goracs_core.types import BoolArray, FloatArray, IndexArray, Ragged

__all__ = ["GroundTruth", "PartTruth", "SyntheticOptions", "ground_truth", "make_synthetic"]

DOMAIN = "products"
START = 1_640_995_200  # 1 January 2022, in seconds since 1970
SPAN = 2 * 365 * 86_400  # two years
LIKED_ABOVE = 3.0  # a rating above this is a Yes
_CTR_OFF_TASTE = 0.4  # click prediction also needs titles that people do not like


@dataclass(frozen=True)
class SyntheticOptions:
    """The dials of the synthetic shop. Every random choice hangs on `seed` alone.

    Args:
        task: What the samples ask.
        seed: Any whole number >= 0; the same seed gives the same bytes.
        num_users: Customer accounts, 50 to 50,000; each buys about ten titles.
        num_items: Titles in the catalogue, 200 to 6,000 (what the grammar holds).
        popularity_bias: Zipf exponent of sales within a taste, 0 (all titles alike) to 3.
        drift: How much tastes and the offer change over the two years, 0 (not at all) to 1.
        outlier_share: Share of accounts that are planted outliers, 0 to 0.5; half of them trade accounts that only the
            pool contains, half scattered shoppers.
        label_noise_share: Share of pool samples with a wrong answer, 0 to 1: another title drawn at random (seqrec) or
            the other label (ctr). Validation and test stay clean, so that a loss measured there means something.
        sequel_share: Chance that somebody who can go on with the series last bought from does so, 0 to 1.
        max_history: Most titles in a prompt.
        min_history: Fewest earlier purchases that make a sample.
        validation_share, test_share: Shares of all purchases, last in time.
        max_pool, max_validation, max_test: Sample limits; drawn evenly over popularity deciles.
    """

    task: Task = Task.SEQREC
    seed: int = 0
    num_users: int = 4_000
    num_items: int = 3_000
    popularity_bias: float = 1.0
    drift: float = 0.5
    outlier_share: float = 0.06
    label_noise_share: float = 0.05
    sequel_share: float = 0.5
    max_history: int = 10
    min_history: int = 2
    validation_share: float = 0.1
    test_share: float = 0.1
    max_pool: int = 3_000
    max_validation: int = 600
    max_test: int = 600

    def __post_init__(self) -> None:
        if self.task not in tuple(Task):
            raise ConfigError(f"task is {self.task!r}, but it must be {' or '.join(Task)}")
        object.__setattr__(self, "task", Task(self.task))
        for name, low, high in (
            ("seed", 0, 2**63), ("num_users", 50, 50_000), ("num_items", 200, 6_000), ("popularity_bias", 0, 3),
            ("drift", 0, 1), ("outlier_share", 0, 0.5), ("label_noise_share", 0, 1), ("sequel_share", 0, 1),
            ("min_history", 1, 100), ("max_history", self.min_history, 1_000), ("validation_share", 0.01, 0.45),
            ("test_share", 0.01, 0.45), ("max_pool", 1, 10**9), ("max_validation", 1, 10**9), ("max_test", 1, 10**9),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
                raise ConfigError(f"{name} is {value!r}, but it must be a number from {low:,} to {high:,}")
            if isinstance(getattr(type(self), name), int) and not isinstance(value, int):
                raise ConfigError(f"{name} is {value}, but it must be a whole number from {low:,} to {high:,}")
            if not low <= value <= high:
                raise ConfigError(f"{name} is {value:,}, but it must lie between {low:,} and {high:,}")


def make_synthetic(options: SyntheticOptions = SyntheticOptions(), *, name: str = "synthetic shop") -> Dataset:
    """Build the shop, let its customers buy, and split what they did by global time.

    Raises:
        DataError: So few customers that a part stays empty.
    """
    rng = np.random.default_rng(options.seed)
    catalogue = make_catalogue(options.num_items, rng=rng)
    purchases = simulate(catalogue, _behaviour(options), rng=rng)
    interactions = _interactions(purchases, options.task, rng=rng)
    split_of = _split_by_time(purchases.times, options)  # [r]
    popularity = np.bincount(interactions.items[split_of == 0], minlength=len(catalogue))
    items = Items(
        tuple(f"P{row + 1:04d}" for row in range(len(catalogue))), catalogue.titles, catalogue.categories, popularity
    )
    parts: dict[Split, Samples] = {}
    truths: dict[Split, PartTruth] = {}
    sampling: list[str] = []
    limits = (options.max_pool, options.max_validation, options.max_test)
    for number, (split, limit) in enumerate(zip(Split, limits, strict=True)):
        rows = np.flatnonzero((split_of == number) & (_positions(purchases.users) >= options.min_history))
        rows = rows[np.argsort(purchases.times[rows], kind="stable")]
        chosen = _limit(rows, popularity[interactions.items[rows]], limit, rng=rng)
        if len(chosen) < len(rows):
            sampling.append(f"{len(chosen):,} of {len(rows):,} {split} samples, drawn evenly over popularity deciles")
        noise = np.zeros(len(chosen), dtype=bool)
        if split is Split.POOL:
            noise[rng.permutation(len(chosen))[: round(options.label_noise_share * len(chosen))]] = True
        parts[split] = _samples(items, interactions, chosen, noise, options, rng=rng)
        users = parts[split].users
        truths[split] = PartTruth(purchases.tastes[users], purchases.kinds[users], noise)
    truth = GroundTruth(TASTE_NAMES, truths[Split.POOL], truths[Split.VALIDATION], truths[Split.TEST])
    return Dataset(
        name=name,
        task=options.task,
        items=items,
        interactions=interactions,
        pool=parts[Split.POOL],
        validation=parts[Split.VALIDATION],
        test=parts[Split.TEST],
        provenance={
            "source": "synthetic shop",
            "format": "synthetic",
            "options": {**asdict(options), "task": str(options.task)},
            "domain": DOMAIN,
            "sampling": sampling,
            "ground_truth": truth.to_dict(),
        },
    )


def _behaviour(options: SyntheticOptions) -> Behaviour:
    return Behaviour(
        num_users=options.num_users,
        popularity_bias=options.popularity_bias,
        drift=options.drift,
        outlier_share=options.outlier_share,
        sequel_share=options.sequel_share,
        off_taste_share=_CTR_OFF_TASTE if options.task is Task.CTR else 0.0,
    )


def _interactions(purchases: Purchases, task: Task, *, rng: np.random.Generator) -> Interactions:
    """Purchases with calendar times; for click prediction with ratings, low ones for titles off the taste."""
    times = START + np.floor(purchases.times * SPAN)  # whole seconds: no rounding error can reach the bytes
    ratings = None
    if task is Task.CTR:
        pleased = rng.choice([3.0, 4.0, 5.0], p=[0.1, 0.4, 0.5], size=len(times))
        displeased = rng.choice([1.0, 2.0, 3.0, 4.0], p=[0.3, 0.35, 0.25, 0.1], size=len(times))
        ratings = np.where(purchases.off_taste == 1, displeased, pleased)
    user_ids = tuple(f"C{user + 1:04d}" for user in range(len(purchases.kinds)))
    return Interactions(purchases.users, purchases.items, times, ratings, user_ids)


def _split_by_time(times: FloatArray, options: SyntheticOptions) -> IndexArray:
    """0 pool, 1 validation, 2 test per purchase, by its moment alone; shape [r]."""
    edges = np.quantile(times, [1 - options.test_share - options.validation_share, 1 - options.test_share])
    return np.searchsorted(edges, times, side="right")


def _positions(users: IndexArray) -> IndexArray:
    """How many purchases the customer made before; `users` is sorted; shape [r]."""
    return np.arange(len(users)) - np.searchsorted(users, users, side="left")


def _limit(rows: IndexArray, popularity: IndexArray, limit: int, *, rng: np.random.Generator) -> IndexArray:
    """At most `limit` of `rows`, the same share of every decile of `popularity`, in order."""
    if len(rows) <= limit:
        return rows
    shuffled = rng.permutation(len(rows))
    by_popularity = shuffled[np.argsort(popularity[shuffled], kind="stable")]
    every = (np.arange(limit) + rng.random()) * (len(rows) / limit)  # systematic: one draw per equal stretch
    return rows[np.sort(by_popularity[every.astype(np.int64)])]


def _samples(
    items: Items,
    interactions: Interactions,
    rows: IndexArray,
    noise: BoolArray,
    options: SyntheticOptions,
    *,
    rng: np.random.Generator,
) -> Samples:
    """Purchases `rows` as samples; where `noise`, the answer is wrong."""
    positions = _positions(interactions.users)
    histories = [np.arange(row - min(positions[row], options.max_history), row) for row in rows.tolist()]
    targets = interactions.items[rows].copy()
    labels = history_labels = None
    if options.task is Task.CTR:
        liked = (np.asarray(interactions.ratings) > LIKED_ABOVE).astype(np.int64)
        labels = np.where(noise, 1 - liked[rows], liked[rows])
        history_labels = [liked[history] for history in histories]
    else:
        others = rng.integers(1, len(items), size=len(rows))  # never 0, so that the title is another one
        targets = np.where(noise, (targets + others) % len(items), targets)
    past = [interactions.items[history] for history in histories]
    prompts, answers = _texts(items.titles, past, history_labels, targets, labels)
    return Samples(
        ids=tuple(f"{interactions.user_ids[interactions.users[row]]}-{positions[row]}" for row in rows.tolist()),
        prompts=tuple(prompts),
        answers=tuple(answers),
        users=interactions.users[rows],
        histories=Ragged.from_rows(past),
        history_labels=None if history_labels is None else Ragged.from_rows(history_labels),
        targets=targets,
        labels=labels,
        times=None if interactions.times is None else interactions.times[rows],
    )


def _texts(
    titles: tuple[str, ...],
    histories: list[IndexArray],
    history_labels: list[IndexArray] | None,
    targets: IndexArray,
    labels: IndexArray | None,
) -> tuple[list[str], list[str]]:
    """(prompts, answers) of samples."""
    if history_labels is None or labels is None:
        prompts = [seqrec_prompt([titles[item] for item in history], DOMAIN) for history in histories]
        return prompts, [seqrec_answer(titles[target]) for target in targets]
    prompts = []
    for history, liked, target in zip(histories, history_labels, targets, strict=True):
        both = [[titles[item] for item in history[liked == label]] for label in (1, 0)]
        prompts.append(ctr_prompt(both[0], both[1], titles[target], DOMAIN))
    return prompts, [ctr_answer(int(label)) for label in labels]
