"""The report of a proxy experiment: size is told apart from POO, and nothing is said on too few points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from goracs_core.errors import ShapeError
from goracs_core.evaluation.correlation import Coefficient
from goracs_core.evaluation.proxy import (
    GRADIENT,
    POO,
    SIZE,
    TRANSPORT,
    ProxyPoints,
    lambda_curve,
    proxy_report,
)
from goracs_core.evaluation.proxy_reading import curve_reading, proxy_label, proxy_verdict
from tests.proxy_made import LAMBDA, made_points
from tests.refusals import told

DRAWS = 300


def first(points: ProxyPoints, count: int) -> ProxyPoints:
    return points.take(np.arange(len(points)) < count)


def one_size(points: ProxyPoints, size: int = 64) -> ProxyPoints:
    return points.take(points.budgets == size)


def test_poo_is_put_together_from_its_terms() -> None:
    points = made_points()
    assert np.array_equal(points.poo(0.3), points.transport - 0.3 * points.gradient)
    proxies = points.proxies(0.3)
    assert list(proxies) == [POO, TRANSPORT, GRADIENT, SIZE, "nearest_distance", "radius"]
    assert np.array_equal(proxies[GRADIENT], -points.gradient), "a large gradient term promises a low loss"
    assert proxies[SIZE][points.budgets.argmax()] == proxies[SIZE].min(), "and so does a large coreset"


@pytest.mark.parametrize("kind", list(Coefficient))
def test_each_line_has_scipys_coefficient_and_an_interval_around_it(kind: Coefficient) -> None:
    points = made_points()
    report = proxy_report(points, LAMBDA, kind=kind, draws=DRAWS)
    of = {
        Coefficient.PEARSON: stats.pearsonr,
        Coefficient.SPEARMAN: stats.spearmanr,
        Coefficient.KENDALL: stats.kendalltau,
    }[kind]
    for name, values in points.proxies(LAMBDA).items():
        found = report.line(name).overall
        assert found is not None
        assert found.value == pytest.approx(float(of(values, points.loss).statistic))
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.value <= found.high
        assert found.n == len(points)


def test_pure_size_is_not_taken_for_a_proxy() -> None:
    """POO and loss both fall with size and are unrelated besides: Simpson's paradox, and it has to show."""
    report = proxy_report(made_points(sizes=(32, 128, 512), effect=0.0, noise=0.03), LAMBDA, draws=DRAWS)
    line = report.line(POO)
    assert line.overall is not None
    assert line.within_size is not None
    assert line.given_size is not None
    assert line.overall.value > 0.6
    assert line.overall.clear
    assert not line.within_size.clear
    assert not line.given_size.clear
    verdict = proxy_verdict(report)
    assert "contains 0" in verdict[0]
    assert "in any case" in verdict[1]


def test_a_good_proxy_is_found_at_equal_size() -> None:
    report = proxy_report(made_points(effect=10.0, noise=0.005), LAMBDA, draws=DRAWS)
    line = report.line(POO)
    assert line.within_size is not None
    assert line.given_size is not None
    assert line.within_size.value > 0.8
    assert line.within_size.clear
    assert line.given_size.clear
    assert report.at_equal_size == line.within_size
    assert "coresets with lower POO had lower test loss" in proxy_verdict(report)[0]
    radius = report.line("radius").behind_poo
    assert radius is not None
    assert radius.clear
    assert radius.value > 0
    assert any("significantly better than" in sentence and "Radius" in sentence for sentence in proxy_verdict(report))


def test_a_proxy_that_misleads_is_called_so() -> None:
    report = proxy_report(made_points(effect=-10.0, noise=0.005), LAMBDA, draws=DRAWS)
    assert "HIGHER" in proxy_verdict(report)[0]


def test_size_says_nothing_given_size() -> None:
    line = proxy_report(made_points(), LAMBDA, draws=DRAWS).line(SIZE)
    assert line.overall is not None
    assert (line.given_size, line.within_size, line.behind_poo) == (None, None, None)


def test_with_one_size_the_view_over_all_points_is_the_one_at_equal_size() -> None:
    points = one_size(made_points())
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    line = report.line(POO)
    assert (line.given_size, line.within_size) == (None, None)
    assert report.at_equal_size == line.overall
    assert report.line(SIZE).overall is None, "it is constant"
    assert report.line(TRANSPORT).behind_poo is not None
    assert proxy_verdict(report)[0].startswith("All coresets have the same size:")


@pytest.mark.parametrize("count", [0, 1, 4])
def test_under_five_points_there_is_a_sentence_and_no_number(count: int) -> None:
    points = first(made_points(), count)
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    for line in report.lines:
        assert (line.overall, line.given_size, line.within_size, line.behind_poo) == (None, None, None, None)
    assert all(found is None for found in report.sizes.values())
    assert lambda_curve(points) is None
    (sentence,) = proxy_verdict(report)
    assert "coefficients need at least 5" in sentence
    assert f"{count} finished coreset" in sentence


def test_a_size_of_few_points_has_no_coefficient_of_its_own() -> None:
    points = made_points()
    kept = (points.budgets != 128) | (np.cumsum(points.budgets == 128) <= 4)
    report = proxy_report(points.take(kept), LAMBDA, draws=DRAWS)
    assert {size: found is not None for size, found in report.sizes.items()} == {64: True, 128: False, 256: True}
    assert report.counts == {64: 9, 128: 4, 256: 9}


def test_sizes_of_one_or_two_points_leave_the_view_within_sizes_empty() -> None:
    points = made_points(sizes=(64, 128, 256), arms=("random", "herding"), seeds=1)
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    assert report.line(POO).overall is not None
    assert report.line(POO).within_size is None
    assert "No result for" in proxy_verdict(report)[0]


def test_the_same_draws_for_everything_and_the_same_numbers_again() -> None:
    points = made_points()
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    assert report == proxy_report(points, LAMBDA, draws=DRAWS)
    assert report != proxy_report(points, LAMBDA, draws=DRAWS, seed=1)
    twin = replace(points, others={"twin": points.poo(LAMBDA)})
    line = proxy_report(twin, LAMBDA, draws=DRAWS).line("twin")
    assert line.behind_poo is not None
    assert (line.behind_poo.value, line.behind_poo.low, line.behind_poo.high) == (0, 0, 0)


def test_a_proxy_that_is_not_known_everywhere_is_judged_where_it_is() -> None:
    points = made_points()
    partly = points.others["radius"].copy()
    partly[:6] = np.nan
    report = proxy_report(replace(points, others={"radius": partly}), LAMBDA, draws=DRAWS)
    line = report.line("radius")
    assert line.n == len(points) - 6
    assert line.overall is not None
    ranks = [stats.rankdata(side[6:]) for side in (partly, points.loss)]
    assert line.overall.value == pytest.approx(np.corrcoef(ranks)[0, 1])


def test_constant_losses_have_no_coefficient() -> None:
    points = replace(made_points(), loss=np.full(len(made_points()), 1.5))
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    assert report.line(POO).overall is None
    assert "there is no correlation" in proxy_verdict(report)[0]
    assert lambda_curve(points) is None


def test_spread_and_chance_are_pooled_deviations() -> None:
    points = made_points()
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    sizes = [points.loss[points.budgets == size] for size in points.sizes]
    pooled = np.sqrt(sum(((one - one.mean()) ** 2).sum() for one in sizes) / sum(len(one) - 1 for one in sizes))
    assert report.spread == pytest.approx(pooled)
    drawn = np.array([arm == "random" for arm in points.arms])
    seeds = [points.loss[drawn & (points.budgets == size)] for size in points.sizes]
    assert report.chance == pytest.approx(np.sqrt(np.mean([one.var(ddof=1) for one in seeds])))
    assert proxy_report(made_points(seeds=1), LAMBDA, draws=DRAWS).chance is None


def test_the_curve_holds_the_coefficient_at_each_lambda_and_finds_the_one_that_made_the_losses() -> None:
    points = made_points(effect=10.0, noise=0.0)
    curve = lambda_curve(points)
    assert curve is not None
    assert curve.within_size is not None
    place = int(np.abs(curve.lambdas - LAMBDA).argmin())
    report = proxy_report(points, LAMBDA, draws=DRAWS)
    overall, within = report.line(POO).overall, report.line(POO).within_size
    assert overall is not None
    assert within is not None
    assert curve.overall[place] == pytest.approx(overall.value)
    assert curve.within_size[place] == pytest.approx(within.value)
    low, high = curve.best
    assert low <= LAMBDA <= high
    assert curve.within_size.max() == pytest.approx(1)
    assert "chosen on the test losses" in curve_reading(curve, LAMBDA, Coefficient.SPEARMAN)


def test_without_gradient_terms_there_is_no_curve() -> None:
    points = made_points()
    assert lambda_curve(replace(points, gradient=np.zeros(len(points)))) is None


def test_every_proxy_has_a_name_for_people() -> None:
    assert [proxy_label(name) for name in (POO, "radius", "somebody's own")] == ["POO", "Radius", "somebody's own"]


def test_columns_of_different_lengths_and_missing_losses_are_refused() -> None:
    points = made_points()
    with pytest.raises(ShapeError, check=told("columns-unequal")):
        replace(points, seeds=np.zeros(2, np.int64))
    with pytest.raises(ShapeError, check=told("not-finite")):
        replace(points, loss=np.full(len(points), np.nan))
