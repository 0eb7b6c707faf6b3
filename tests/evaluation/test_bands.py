"""Bands: each is the leaderboard of its own samples; head-heavy losers are found, and nothing under five arms."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.errors import ShapeError
from goracs_core.evaluation.bands import HEAD, MID, TAIL, band_lines, band_sizes, head_against_tail, head_reading
from goracs_core.evaluation.leaderboard import Replicates, Verdict, leaderboard
from tests.refusals import told

BANDS = np.repeat([HEAD, MID, TAIL], [60, 80, 60])
HEAVY = {"random": 0.2, "a": 0.3, "b": 0.4, "c": 0.5, "d": 0.6, "e": 0.7}


def replicates(tail: dict[str, float], *, seeds: int = 3) -> list[Replicates]:
    """Arms that differ on tail samples only."""
    rng = np.random.default_rng(8)
    hard = rng.gamma(2.0, 1.0, len(BANDS))
    return [
        Replicates(
            arm, 64, tuple(range(seeds)), hard + (BANDS == TAIL) * shift + rng.normal(0, 0.05, (seeds, len(BANDS)))
        )
        for arm, shift in tail.items()
    ]


def test_a_band_is_the_leaderboard_of_its_samples() -> None:
    given = replicates({"random": 0.0, "a": 0.2})
    found = band_lines(given, BANDS, smaller_is_better=True)
    assert {one.band for one in found} == {HEAD, MID, TAIL}
    for band in (HEAD, MID, TAIL):
        mine = [Replicates(one.arm, 64, one.seeds, one.values[:, band == BANDS]) for one in given]
        alone = {line.arm: line for line in leaderboard(mine, smaller_is_better=True)}
        for one in found:
            if one.band == band:
                assert one.line.estimate == alone[one.line.arm].estimate
    verdicts = {one.band: one.line.difference.verdict for one in found if one.line.difference}
    assert verdicts == {HEAD: Verdict.UNKNOWN, MID: Verdict.UNKNOWN, TAIL: Verdict.WORSE}
    assert all(one.line.difference.comparisons == 3 for one in found if one.line.difference), "arms x bands"


def test_bands_together_are_the_whole() -> None:
    given = replicates({"random": 0.0, "a": 0.2})
    found = band_lines(given, BANDS, smaller_is_better=True)
    sizes = band_sizes(BANDS, 3)
    for one in given:
        parts = [band.line.estimate.mean * sizes[band.band] for band in found if band.line.arm == one.arm]
        assert sum(parts) / len(BANDS) == pytest.approx(one.values.mean())


def test_a_band_of_few_samples_is_left_out() -> None:
    few = np.where(np.arange(len(BANDS)) < 3, HEAD, TAIL)
    assert {one.band for one in band_lines(replicates({"random": 0.0}), few, smaller_is_better=True)} == {TAIL}
    with pytest.raises(ShapeError, check=told("bands-unequal")):
        band_lines(replicates({"random": 0.0}), few[:5], smaller_is_better=True)


def test_head_heavy_losers_are_found() -> None:
    tail = {arm: 2 * (share - 0.2) for arm, share in HEAVY.items()}
    lines = band_lines(replicates(tail), BANDS, smaller_is_better=True)
    found = head_against_tail(lines, HEAVY, budget=64)
    assert found is not None
    assert (found.value, found.n) == (pytest.approx(1.0), 6)
    assert found.p_value == pytest.approx(2 / 720), "this order and its mirror image, of all orders of six"
    assert "perform worse on tail items" in head_reading(found, budget=64, smaller_is_better=True)
    assert "better" in head_reading(found, budget=64, smaller_is_better=False)


def test_the_sentence_says_who_is_left_out() -> None:
    told = head_reading(None, budget=64, smaller_is_better=True, left_out=("el2n",))
    assert told.endswith(
        "is excluded: the results of all its trainings were discarded, so it is equal to the model before training."
    )
    both = head_reading(None, budget=64, smaller_is_better=True, left_out=("el2n", "entropy"))
    assert "el2n, entropy are excluded" in both


def test_no_relation_under_five_arms() -> None:
    tail = {"random": 0.0, "a": 0.2, "b": 0.4, "c": 0.6}
    lines = band_lines(replicates(tail), BANDS, smaller_is_better=True)
    assert head_against_tail(lines, HEAVY, budget=64) is None
    assert "too few data" in head_reading(None, budget=64, smaller_is_better=True)
    assert head_against_tail(lines, HEAVY, budget=128) is None


def test_many_arms_in_no_order_are_no_relation() -> None:
    names = ["random", *"abcdefghi"]
    shares = {name: place / 10 for place, name in enumerate(names)}
    tail = {name: 0.3 * (place % 3) for place, name in enumerate(names)}
    found = head_against_tail(band_lines(replicates(tail), BANDS, smaller_is_better=True), shares, budget=64)
    assert found is not None
    assert found.n == 10
    assert not found.clear
    assert "no significant relation" in head_reading(found, budget=64, smaller_is_better=True)
