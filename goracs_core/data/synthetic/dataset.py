"""A synthetic shop as a Dataset: readable titles, a long tail, tastes, drift, and planted faults with their truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np

from goracs_core.checks import bad_option, check_choice
from goracs_core.data.dataset import Dataset, Items, Samples, Task
from goracs_core.data.ground_truth import GroundTruth, PartTruth
from goracs_core.data.ledger import Ledger
from goracs_core.data.loaders.source import Source, SourceInteractions
from goracs_core.data.options import PrepareOptions
from goracs_core.data.prepare_interactions import prepare_interactions
from goracs_core.data.prompts import ctr_answer, seqrec_answer
from goracs_core.data.report import ValidationReport
from goracs_core.data.splits import SplitMethod
from goracs_core.data.synthetic.shop import Behaviour, Purchases, simulate
from goracs_core.data.synthetic.titles import TASTE_NAMES, Catalogue, make_catalogue
from goracs_core.types import BoolArray, IndexArray

DOMAIN = "products"
START = 1_640_995_200  # 1 January 2022, in seconds since 1970
SPAN = 2 * 365 * 86_400  # two years
_CTR_OFF_TASTE = 0.4  # click prediction also needs titles that people do not like


@dataclass(frozen=True)
class SyntheticOptions:
    """The parameters of the synthetic shop. Every random choice depends on `seed` alone.

    Args:
        task: What the samples ask.
        seed: Any whole number >= 0; the same seed gives the same bytes.
        num_users: Customer accounts, 50 to 50,000; each buys about ten titles.
        num_items: Titles in the catalogue, 200 to 6,000 (what the grammar holds).
        popularity_bias: Zipf exponent of sales within a taste, 0 (all titles that can be started sell equally) to 3.
        drift: How much tastes and the offer change over the two years, 0 (not at all) to 1.
        outlier_share: Share of accounts that are planted outliers, 0 to 0.5; half of them trade accounts that only the
            pool contains, half scattered shoppers.
        label_noise_share: Share of pool samples with a wrong answer, 0 to 1: another title drawn at random (seqrec) or
            the other label (ctr). Validation and test stay clean, so that a loss measured there means something.
        sequel_share: Chance that somebody who can go on with the series last bought from does so, 0 to 1.
        max_history: Maximum number of titles in a prompt.
        min_history: Minimum number of earlier purchases of a sample.
        validation_share, test_share: Shares of the samples, last in time.
        max_pool, max_validation, max_test: Sample limits; drawn by popularity decile (by label for ctr).
    """

    task: Task = Task.SEQREC
    seed: int = 0
    num_users: int = 4_000
    num_items: int = 3_000
    popularity_bias: float = 1.0
    drift: float = 0.5
    outlier_share: float = 0.06
    label_noise_share: float = 0.05
    sequel_share: float = 0.6
    max_history: int = 10
    min_history: int = 2
    validation_share: float = 0.1
    test_share: float = 0.1
    max_pool: int = 3_000
    max_validation: int = 600
    max_test: int = 600

    def __post_init__(self) -> None:
        check_choice("task", self.task, [str(one) for one in Task])
        object.__setattr__(self, "task", Task(self.task))
        for name, low, high in (
            ("seed", 0, 2**63),
            ("num_users", 50, 50_000),
            ("num_items", 200, 6_000),
            ("popularity_bias", 0, 3),
            ("drift", 0, 1),
            ("outlier_share", 0, 0.5),
            ("label_noise_share", 0, 1),
            ("sequel_share", 0, 1),
            ("min_history", 1, 100),
            ("max_history", self.min_history, 1_000),
            ("validation_share", 0.01, 0.45),
            ("test_share", 0.01, 0.45),
            ("max_pool", 1, 10**9),
            ("max_validation", 1, 10**9),
            ("max_test", 1, 10**9),
        ):
            value, whole = getattr(self, name), isinstance(getattr(type(self), name), int)
            kinds = int if whole else int | float
            if not isinstance(value, kinds) or isinstance(value, bool) or not low <= value <= high:
                what = "a whole number" if whole else "a number"
                raise bad_option(name, value, f"{name} is {value!r}, but it must be {what} from {low:,} to {high:,}")


def make_synthetic(options: SyntheticOptions = SyntheticOptions(), *, name: str = "Synthetic shop") -> Dataset:
    """Build the shop, let its customers buy, and prepare what they did like any other source.

    Raises:
        DataError: So few customers that a part stays empty.
    """
    rng = np.random.default_rng(options.seed)
    catalogue = make_catalogue(options.num_items, rng=rng)
    purchases = simulate(catalogue, _behaviour(options), rng=rng)
    content = _content(catalogue, purchases, options.task, rng=rng)
    source = Source("Synthetic shop", "tables", ("synthetic",), DOMAIN, content, ValidationReport(()))
    ledger = Ledger()
    prepared = prepare_interactions(source, content, options=_preparation(options), ledger=ledger)
    pool, validation, test = prepared.samples
    noise = np.zeros(len(pool), dtype=bool)
    noise[rng.permutation(len(pool))[: round(options.label_noise_share * len(pool))]] = True
    pool = _with_wrong_answers(pool, noise, prepared.items, rng=rng)
    account = {user_id: row for row, user_id in enumerate(content.user_ids)}
    accounts = np.array([account[user_id] for user_id in prepared.interactions.user_ids])
    truth = GroundTruth(
        TASTE_NAMES,
        _truth(purchases, accounts[pool.users], noise),
        _truth(purchases, accounts[validation.users]),
        _truth(purchases, accounts[test.users]),
    )
    return Dataset(
        name=name,
        task=options.task,
        items=prepared.items,
        interactions=prepared.interactions,
        pool=pool,
        validation=validation,
        test=test,
        provenance={
            "source": {"name": "Synthetic shop", "kind": "synthetic", "files": []},
            "options": {**asdict(options), "task": str(options.task)},
            "split": str(prepared.split),
            "domain": DOMAIN,
            "steps": ledger.steps,
            "samples": ledger.samples,
            "sampling": ledger.sampling,
            "report": ValidationReport(tuple(ledger.entries)).to_list(),
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


def _preparation(options: SyntheticOptions) -> PrepareOptions:
    """No k-core: the rare titles and the short histories of the shop are wanted."""
    return PrepareOptions(
        task=options.task,
        k_core=1,
        max_history=options.max_history,
        min_history=options.min_history,
        split=SplitMethod.GLOBAL_TIME,
        validation_share=options.validation_share,
        test_share=options.test_share,
        max_pool=options.max_pool,
        max_validation=options.max_validation,
        max_test=options.max_test,
        seed=options.seed,
    )


def _content(catalogue: Catalogue, purchases: Purchases, task: Task, *, rng: np.random.Generator) -> SourceInteractions:
    """Catalogue and purchases as a source; for click prediction with ratings, low ones for titles off the taste."""
    ratings = None
    if task is Task.CTR:
        pleased = rng.choice([3.0, 4.0, 5.0], p=[0.1, 0.4, 0.5], size=len(purchases.items))
        displeased = rng.choice([1.0, 2.0, 3.0, 4.0], p=[0.3, 0.35, 0.25, 0.1], size=len(purchases.items))
        ratings = np.where(purchases.off_taste == 1, displeased, pleased)
    return SourceInteractions(
        item_ids=tuple(f"P{row + 1:04d}" for row in range(len(catalogue))),
        titles=catalogue.titles,
        categories=catalogue.categories,
        user_ids=tuple(f"C{user + 1:04d}" for user in range(len(purchases.kinds))),
        users=purchases.users,
        items=purchases.items,
        times=START + np.floor(purchases.times * SPAN),  # whole seconds: no rounding error can reach the bytes
        ratings=ratings,
        splits=None,
    )


def _with_wrong_answers(samples: Samples, noise: BoolArray, items: Items, *, rng: np.random.Generator) -> Samples:
    """`samples` with another title (seqrec) or the other label (ctr) as answer where `noise`; shape [n]."""
    if samples.labels is not None:
        labels = np.where(noise, 1 - samples.labels, samples.labels)
        return replace(samples, labels=labels, answers=tuple(ctr_answer(label) for label in labels.tolist()))
    shift = rng.integers(1, len(items), size=len(samples))  # never 0: always another title
    targets = np.where(noise, (samples.targets + shift) % len(items), samples.targets)
    return replace(samples, targets=targets, answers=tuple(seqrec_answer(items.titles[t]) for t in targets.tolist()))


def _truth(purchases: Purchases, accounts: IndexArray, noise: BoolArray | None = None) -> PartTruth:
    """What is planted in the samples of `accounts`; shape [n]."""
    clean = np.zeros(len(accounts), dtype=bool)
    return PartTruth(purchases.tastes[accounts], purchases.kinds[accounts], clean if noise is None else noise)
