"""Where a coreset stands between bound and random coresets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goracs_core.evaluation.standing import Standing, percent, verdict
from goracs_core.methods import CertifiedConfig
from goracs_core.selection import select
from tests.problems import make

FOUND = Standing(
    poo=0.38,
    transport_term=0.39,
    gradient_term=0.2,
    lambda_=0.05,
    lower_bound=0.379,
    gap=0.0026,
    random_transport=np.array([0.46, 0.5]),
    random_gradient=np.array([0.19, 0.21]),
)


def test_shares_are_of_the_transport_term() -> None:
    random = FOUND.random_poo
    np.testing.assert_allclose(random, [0.46 - 0.05 * 0.19, 0.5 - 0.05 * 0.21])
    assert FOUND.below_random == pytest.approx((random.mean() - 0.38) / 0.48)
    assert FOUND.gradient_share == pytest.approx(0.05 * 0.2 / 0.39)
    assert not FOUND.random_transport.flags.writeable


@pytest.mark.parametrize(("gradient", "place"), [(0.18, -1), (0.19, 0), (0.21, 0), (0.22, 1)])
def test_the_gradient_term_lies_below_inside_or_above_random(gradient: float, place: int) -> None:
    assert replace(FOUND, gradient_term=gradient).gradient_place == place


def test_the_verdict_names_every_number() -> None:
    first, second = verdict(FOUND, "0.26 %")
    assert percent(FOUND.below_random) in first
    assert "0.26 %" in first
    assert "2 of 2" in first
    assert percent(FOUND.gradient_share) in second


def test_worse_than_random_and_unproven_is_said() -> None:
    bad = replace(FOUND, poo=0.6, transport_term=0.61, lower_bound=None, gap=None)
    first, _ = verdict(bad, None)
    assert "above random" in first
    assert "unknown" in first
    assert "0 of 2" in first


def test_without_lambda_the_gradient_takes_no_part() -> None:
    assert "no part" in verdict(replace(FOUND, lambda_=0.0), None)[1]


def test_a_poo_below_zero_has_a_share_too() -> None:
    low = replace(FOUND, lambda_=5.0, poo=0.39 - 5 * 0.2)
    assert np.isfinite(low.below_random)


@pytest.mark.parametrize(("share", "words"), [(0.18123, "18 %"), (0.0256, "2.6 %"), (0.0004, "0.04 %"), (-0.5, "50 %")])
def test_two_digits_count(share: float, words: str) -> None:
    assert percent(share) == words


def test_a_bound_on_the_sum_over_labels_is_no_bound_on_poo() -> None:
    selection = select(make(60, 20), CertifiedConfig(8, 0.1, label_aware=True))
    assert selection.certificate is not None
    found = Standing.of(selection, np.array([0.5]), np.array([0.2]))
    assert found.lower_bound is None
    assert found.gap == selection.certificate.gap
    assert "of each label" in verdict(found, "1 %")[0]
    whole = select(make(60, 20), CertifiedConfig(8, 0.1))
    assert whole.certificate is not None
    assert Standing.of(whole, np.array([0.5]), np.array([0.2])).lower_bound == whole.certificate.lower_bound
