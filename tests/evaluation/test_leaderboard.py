"""Leaderboard: where nothing differs, that is said as often as promised; where something does, it is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.errors import ShapeError
from goracs_core.evaluation.choices import auc
from goracs_core.evaluation.crossed import crossed_mean
from goracs_core.evaluation.leaderboard import (
    Replicates,
    Verdict,
    auc_values,
    holm,
    leaderboard,
    order,
    paired,
    reading,
)
from tests.refusals import told

DRAWS = 1500


def crossed(rng: np.random.Generator, seeds: int, samples: int, sizes: tuple[float, float, float]) -> np.ndarray:
    """Numbers with mean 0: standard deviations of seeds, of samples and of the rest; shape [seeds, samples]."""
    of_seed, of_sample, rest = sizes
    return (
        rng.normal(0, of_seed, (seeds, 1))
        + rng.normal(0, of_sample, (1, samples))
        + rng.normal(0, rest, (seeds, samples))
    )


@pytest.mark.parametrize(
    ("seeds", "sizes", "most"),
    [
        (3, (0.0, 1.0, 1.0), 0.06), (3, (0.3, 0.3, 0.3), 0.07), (3, (0.15, 0.5, 0.5), 0.06), (3, (1.0, 0.1, 0.1), 0.07),
        (3, (0.0, 0.0, 1.0), 0.06), (5, (0.1, 0.3, 1.0), 0.06), (2, (0.3, 0.3, 0.3), 0.085), (1, (0.0, 1.0, 1.0), 0.07),
    ],
)  # fmt: skip
def test_where_nothing_differs_p_is_seldom_small(seeds: int, sizes: tuple[float, float, float], most: float) -> None:
    """Whatever varies: test samples, seeds, or both at random. `most` leaves the simulation's own chance about 1 %."""
    rng = np.random.default_rng(17)
    found = np.array([crossed_mean(crossed(rng, seeds, 60, sizes)).p_value for _ in range(DRAWS)])
    assert (found < 0.05).mean() <= most


def test_counting_one_source_alone_would_be_wrong() -> None:
    """The law above can fail: the usual t-tests call far more than 5 % of nothing a difference."""
    from scipy.stats import ttest_1samp

    rng = np.random.default_rng(3)
    drawn = np.stack([crossed(rng, 3, 60, (0.3, 0.3, 0.3)) for _ in range(400)])
    for numbers in (drawn.reshape(400, -1), drawn.mean(axis=1)):  # all independent, samples alone
        assert np.mean(np.asarray(ttest_1samp(numbers, 0, axis=1))[1] < 0.05) > 0.3


def test_the_interval_covers_and_agrees_with_p() -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(200):
        found = crossed_mean(0.7 + crossed(rng, 4, 50, (0.1, 0.5, 0.5)))
        low, high = found.interval()
        covered.append(low < 0.7 < high)
        assert (low > 0 or high < 0) == (found.p_value < 0.05)
    assert np.mean(covered) >= 0.92


def test_the_variance_is_that_of_the_model() -> None:
    """Over many draws the estimate of the variance is right on the average, up to its caution."""
    rng = np.random.default_rng(11)
    sizes, seeds, samples = (0.2, 0.6, 0.4), 5, 40
    found = np.mean([crossed_mean(crossed(rng, seeds, samples, sizes)).standard_error ** 2 for _ in range(DRAWS)])
    true = sizes[0] ** 2 / seeds + sizes[1] ** 2 / samples + sizes[2] ** 2 / (seeds * samples)
    assert found == pytest.approx(true, rel=0.1)


def test_one_seed_counts_the_samples_alone_and_says_so() -> None:
    values = np.random.default_rng(0).normal(1.0, 2.0, (1, 30))
    found = crossed_mean(values)
    assert found.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(30))
    assert not found.counts_seeds
    assert np.isnan(found.spread)


def test_equal_numbers_are_no_difference_and_shifted_ones_are() -> None:
    same = crossed_mean(np.zeros((3, 10)))
    assert (same.p_value, same.interval()) == (1.0, (0.0, 0.0))
    assert crossed_mean(np.full((3, 10), 0.5)).p_value == 0.0


@pytest.mark.parametrize("values", [np.ones(4), np.ones((2, 1)), np.array([[1.0, np.nan]]), np.empty((0, 5))])
def test_numbers_that_cannot_be_judged_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ShapeError, check=told("bad-replicates")):
        crossed_mean(values)


def test_holm_by_hand() -> None:
    """Four tests: 0.01 x 4, then 0.02 x 3 = 0.06, 0.03 x 2 = 0.06, and 0.04 x 1, which may not fall below those."""
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    found = holm(values)
    assert (found >= np.array(values) - 1e-12).all()
    assert (found <= np.minimum(np.array(values) * len(values), 1.0) + 1e-12).all()
    assert (np.diff(found[np.argsort(values, kind="stable")]) >= -1e-12).all()


def replicates(shifts: dict[str, float], *, seeds: int = 3, samples: int = 200, budget: int = 64) -> list[Replicates]:
    """Arms on samples of very different difficulty, which all arms share."""
    rng = np.random.default_rng(2)
    hard = rng.gamma(2.0, 1.0, samples)
    return [
        Replicates(arm, budget, tuple(range(seeds)), hard + shift + rng.normal(0, 0.1, (seeds, samples)))
        for arm, shift in shifts.items()
    ]


def test_what_is_paired_is_found_below_the_noise_of_the_means() -> None:
    lines = leaderboard(replicates({"random": 0.0, "good": -0.05, "bad": 0.05, "same": 0.0}), smaller_is_better=True)
    by_arm = {line.arm: line for line in lines}
    assert by_arm["random"].estimate.standard_error > 0.08, "unpaired, 0.05 would drown"
    assert {arm: line.difference.verdict for arm, line in by_arm.items() if line.difference} == {
        "good": Verdict.BETTER,
        "bad": Verdict.WORSE,
        "same": Verdict.UNKNOWN,
    }
    assert by_arm["random"].difference is None
    assert lines[0].arm == "good"
    assert order(lines, smaller_is_better=True)[-1] == "bad"
    assert all(line.difference.comparisons == 3 for line in lines if line.difference)


def test_more_is_better_turns_the_verdict() -> None:
    lines = leaderboard(replicates({"random": 0.0, "high": 0.05}), smaller_is_better=False)
    assert [line.arm for line in lines] == ["high", "random"]
    assert lines[0].difference is not None
    assert lines[0].difference.verdict is Verdict.BETTER


def test_only_common_seeds_are_paired() -> None:
    one, other = replicates({"a": 0.0, "random": 0.0})
    late = Replicates("a", 64, (1, 2, 7), one.values)
    found = paired(late, other, smaller_is_better=True)
    assert found is not None
    assert found.estimate.seeds == 2
    assert found.estimate.mean == pytest.approx((one.values[[0, 1]] - other.values[[1, 2]]).mean())
    alone = Replicates("a", 64, (8, 9, 7), one.values)
    assert paired(alone, other, smaller_is_better=True) is None


def test_budgets_are_separate_families_and_need_their_own_reference() -> None:
    small = replicates({"random": 0.0, "good": -0.05, "other": 0.0})
    large = replicates({"whole pool": -1.0}, budget=3000)
    lines = leaderboard([*small, *large], smaller_is_better=True)
    assert [line.budget for line in lines] == [64, 64, 64, 3000]
    assert lines[-1].difference is None
    with pytest.raises(ShapeError, check=told("arm-twice")):
        leaderboard([*small, *small], smaller_is_better=True)
    with pytest.raises(ShapeError, check=told("test-samples-differ")):
        leaderboard([*small, *replicates({"x": 0.0}, samples=9)], smaller_is_better=True)


def test_the_words_say_what_is_known() -> None:
    lines = leaderboard(replicates({"random": 0.0, "good": -0.05, "same": 0.0}), smaller_is_better=True)
    told, doubt = reading(lines, name="test loss", unit=" nats", decimals=3)
    assert "would narrow the interval" in doubt
    assert told.startswith("k = 64, test loss: better than random: good (-0.0")
    assert told.endswith("not significant: same.")
    lines = leaderboard(replicates({"random": 0.0, "good": -0.05}, seeds=1), smaller_is_better=True)
    assert "only one seed" in reading(lines, name="test loss", unit="", decimals=3)[-1]


chances = st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.9]), min_size=6, max_size=14)


@settings(max_examples=50)
@given(chances, st.data())
def test_auc_values_have_the_area_as_mean(chances: list[float], data: st.DataObject) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(chances), max_size=len(chances))))
    labels[:2] = 0, 1
    found = auc_values(np.array([chances]), labels)
    yes, no = np.array(chances)[labels == 1], np.array(chances)[labels == 0]
    brute = np.mean([(a > b) + 0.5 * (a == b) for a in yes for b in no])
    assert found.mean() == pytest.approx(brute)
    assert found.mean() == pytest.approx(auc(np.array(chances), labels))


def test_auc_values_have_delongs_variance() -> None:
    """Var = S10 / yes + S01 / no, from the placements (DeLong et al. 1988)."""
    rng = np.random.default_rng(4)
    labels = (rng.random(300) < 0.3).astype(int)
    scores = rng.normal(labels, 1.0)
    yes, no = scores[labels == 1], scores[labels == 0]
    right = (yes[:, None] > no).astype(float)
    delong = right.mean(axis=1).var(ddof=1) / len(yes) + right.mean(axis=0).var(ddof=1) / len(no)
    assert crossed_mean(auc_values(scores[None], labels)).standard_error ** 2 == pytest.approx(delong, rel=0.02)
    with pytest.raises(ShapeError, check=told("one-label-only")):
        auc_values(scores[None], np.ones(300, np.int64))


@pytest.mark.parametrize(("sizes", "more"), [((0.5, 0.1, 0.1), "more seeds"), ((0.0, 0.5, 0.1), "more test samples")])
def test_the_words_say_what_would_tell_more(sizes: tuple[float, float, float], more: str) -> None:
    rng = np.random.default_rng(6)
    none = Replicates("random", 64, (0, 1, 2), np.zeros((3, 50)))
    other = Replicates("other", 64, (0, 1, 2), crossed(rng, 3, 50, sizes))
    lines = leaderboard([none, other], smaller_is_better=True)
    assert more in reading(lines, name="test loss", unit="", decimals=3)[-1]
