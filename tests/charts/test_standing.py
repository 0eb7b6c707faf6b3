"""Figures of a coreset's standing, and the small map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from goracs_core.charts.palette import STYLES, Role
from goracs_core.charts.small_map import small_map
from goracs_core.charts.standing import poo_axis, terms
from goracs_core.evaluation.projection import Projection, ProjectionMethod
from tests.charts.figures import traces
from tests.evaluation.test_standing import FOUND


def named(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in traces(figure)}


def test_the_axis_shows_coreset_random_bound_and_other_runs() -> None:
    found = named(poo_axis(FOUND, others=np.array([0.4]), names=("<b>other</b>",)))
    assert list(found["This coreset"].x) == [FOUND.poo]
    assert found["This coreset"].marker.color == STYLES[Role.CORESET].color
    np.testing.assert_allclose(found["2 random coresets"].x, FOUND.random_poo)
    assert set(found["Proven lower bound"].x) == {FOUND.lower_bound}
    assert "<" not in found["Other runs of this size and λ"].customdata[0]


def test_without_bound_and_others_nothing_is_made_up() -> None:
    found = named(poo_axis(replace(FOUND, lower_bound=None), others=np.empty(0)))
    assert set(found) == {"This coreset", "2 random coresets"}


def test_terms_lie_end_to_end() -> None:
    found = named(terms(FOUND))
    assert found["Transport term"].x[1] == FOUND.transport_term
    np.testing.assert_allclose(found["λ · gradient term"].x, [0.05 * 0.2, 0.05 * 0.2])


def test_the_small_map_draws_the_coreset_last() -> None:
    rng = np.random.default_rng(0)
    pool, validation = rng.normal(size=(5000, 2)), rng.normal(size=(20, 2))
    places = pool.astype(np.float32), validation.astype(np.float32)
    place = Projection(*places, method=ProjectionMethod.PCA, key="k", trustworthiness=1.0, note="")
    figure = small_map(place, np.array([3, 9]))
    found = traces(figure)
    assert [trace.name for trace in found] == ["Pool", "Validation", "Coreset"]
    assert len(found[0].x) == 4000
    np.testing.assert_allclose(found[2].x, pool[[3, 9], 0], rtol=1e-6)
