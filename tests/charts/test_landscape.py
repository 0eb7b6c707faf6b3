"""Figures of a landscape carry its numbers."""

from __future__ import annotations

from typing import Any, cast

import pytest

from goracs_core.charts import landscape as charts
from tests.charts.figures import traces
from tests.landscapes import landscape

FOUND = landscape()


def test_losses_of_both_ways_begin_at_the_same_point() -> None:
    practice, theory = traces(charts.losses(FOUND))
    assert list(practice.y) == [2.0, 1.4, 1.0]
    assert list(theory.y) == [2.0, 1.9, 1.95]
    assert practice.x[0] == theory.x[0] == 0


def test_curvature_shows_steps_places_chance_and_l() -> None:
    figure = charts.curvature(FOUND)
    by_name = {trace.name: trace for trace in traces(figure)}
    assert list(by_name["along a step of gradient descent"].y) == [44.0, 30.0]
    assert list(by_name["along a step of AdamW"].x) == [1, 2]
    assert list(by_name["largest eigenvalue on the path of AdamW"].y) == [40.0, 20.0]
    assert list(by_name["in random directions"].x) == [0, 0, 2, 2]
    assert set(by_name["L, before training"].y) == {40.0}
    assert cast("Any", figure).layout.yaxis.type == "log"


def test_steps_show_what_is_stable_and_by_how_much_it_is_passed() -> None:
    by_name = {trace.name: trace for trace in traces(charts.steps(FOUND))}
    effective = by_name["AdamW: step length / gradient norm"]
    assert list(effective.y) == [0.5, 0.5]
    assert list(effective.customdata) == pytest.approx([10.0, 10.0])
    assert list(by_name["largest stable one: 2 / largest eigenvalue"].y) == [0.05, 0.1]
    assert set(by_name["theorem: 1 / L"].y) == {1 / 40}


def test_places_that_curve_downwards_have_no_stable_step() -> None:
    places = (FOUND.places[0], type(FOUND.places[1])(2, 1.0, -3.0, 3, 0.04, (0.1,)))
    by_name = {trace.name: trace for trace in traces(charts.steps(landscape(places=places)))}
    assert list(by_name["largest stable one: 2 / largest eigenvalue"].x) == [0]
