"""What the server gives to the playground: points of the open dataset."""

from __future__ import annotations

import numpy as np
import pytest

from goracs_core.evaluation.projection import pca_2d
from goracs_core.workspace import Workspace
from pages._ui import samples, state
from pages._ui.playground import view
from pages._ui.playground.questions import QUESTIONS
from tests.app.conftest import CLICKS, SMALL


@pytest.mark.parametrize("name", [SMALL, CLICKS])
def test_points_of_a_dataset(name: str, workspace: Workspace) -> None:
    seen = samples.view(state.reference(name), None)
    sent = view.own_points(seen)
    assert len(sent["pool"]) == len(sent["titles"]["pool"]) == min(view.POOL_POINTS, seen.num_pool)
    assert len(sent["validation"]) == len(sent["titles"]["validation"]) == len(seen.dataset.validation)
    norms = np.array(sent["pool"])[:, 2]
    assert norms.max() == 1
    assert norms.min() >= 0
    placed = pca_2d(seen.features.pool, seen.features.validation)
    assert np.array(sent["pool"])[:, :2] == pytest.approx(placed.pool)
    assert np.array(sent["validation"]) == pytest.approx(placed.validation)
    assert sent["titles"]["pool"] == [seen.title(row) for row in range(seen.num_pool)]


def test_larger_datasets_are_sampled(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = samples.view(state.reference(SMALL), None)
    everything = {tuple(place) for place in view.own_points(seen)["pool"]}
    view._own_points.clear()
    monkeypatch.setattr(view, "POOL_POINTS", 20)
    sent = view.own_points(seen)
    assert len(sent["pool"]) == len(sent["titles"]["pool"]) == 20
    assert {tuple(place[:2]) for place in sent["pool"]} < {place[:2] for place in everything}
    assert f"20 of {seen.num_pool}" in sent["note"]


def test_questions_set_the_playground_up() -> None:
    assert 4 <= len(QUESTIONS) <= 6
    for question in QUESTIONS:
        assert {"points", "k"} <= set(question.settings)
        assert question.answer
