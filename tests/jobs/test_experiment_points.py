"""From kept experiments to points: what is finished, without the whole pool, and nothing that has seen the test."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.points import proxy_points, start_loss, undone, whole_pool_loss
from goracs_core.jobs.train.record import WHOLE_POOL
from tests.proxy_made import made_experiment


def test_every_finished_coreset_is_a_point_in_order() -> None:
    experiment = made_experiment(sizes=(64, 128), seeds=2)
    points = proxy_points(experiment)
    coresets = [entry for entry in experiment.entries if entry.arm != WHOLE_POOL]
    assert len(points) == len(coresets) == len(experiment.entries) - 1
    for place, entry in enumerate(coresets):
        assert (points.arms[place], points.budgets[place], points.seeds[place]) == (entry.arm, entry.budget, entry.seed)
        assert (points.runs[place], points.trainings[place]) == (entry.run, entry.training)
        assert points.loss[place] == entry.values["test_loss"]
        assert points.loss_error[place] == entry.values["test_loss_se"]
        assert points.poo(experiment.lambda_)[place] == pytest.approx(entry.values["poo"])
        assert points.others["radius"][place] == entry.values["proxy:radius"]
    assert set(points.others) == {"nearest_distance", "radius"}, "no measure of the test is a proxy"


def test_what_is_not_finished_or_refused_is_no_point() -> None:
    experiment = made_experiment(sizes=(64,), seeds=1, done=4)
    assert len(proxy_points(experiment)) == 4
    refused = replace(experiment.entries[0], refusal="there is no such method")
    assert len(proxy_points(experiment.with_entry(0, refused))) == 3
    lost = replace(experiment.entries[1], values={**experiment.entries[1].values, "test_loss": float("nan")})
    assert len(proxy_points(experiment.with_entry(1, lost))) == 3
    nothing = proxy_points(made_experiment(done=0))
    assert (len(nothing), nothing.sizes) == (0, ())


def test_a_proxy_that_some_entries_lack_is_nan_there() -> None:
    experiment = made_experiment(sizes=(64,), seeds=1)
    entry = experiment.entries[2]
    kept = {name: value for name, value in entry.values.items() if name != "proxy:radius"}
    points = proxy_points(experiment.with_entry(2, Entry(entry.arm, 64, 0, "r", "t", MappingProxyType(kept))))
    assert np.isnan(points.others["radius"]).tolist() == [False, False, True, False, False, False, False]


def test_references_are_the_mean_over_the_whole_pools_seeds_and_the_loss_before_training() -> None:
    experiment = made_experiment()
    whole = experiment.entries[-1]
    assert whole_pool_loss(experiment) == whole.values["test_loss"]
    assert start_loss(experiment) == 2.57
    without = made_experiment(whole_pool=False, done=0)
    assert whole_pool_loss(without) is None
    assert start_loss(without) is None


def test_trainings_that_were_undone_are_counted_by_arm() -> None:
    experiment = made_experiment(sizes=(64,), seeds=2)
    assert undone(experiment) is None
    first = experiment.entries[0]
    same = replace(first, values={**first.values, "test_loss": first.values["start_loss"]})
    of_arm = sum(entry.arm == first.arm for entry in experiment.entries)
    found = undone(experiment.with_entry(0, same))
    assert found is not None
    assert f"In 1 of {len(experiment.entries)} trainings" in found
    assert found.endswith(f": {first.arm} (1 of {of_arm}).")
    fresh = replace(same, values={**same.values, "start_loss": float("nan"), "test_loss": float("nan")})
    assert undone(experiment.with_entry(0, fresh)) is None
