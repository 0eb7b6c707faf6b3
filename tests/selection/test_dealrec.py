"""DEALRec's and the other score methods' choices, against their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.methods import CcsConfig, DealRecConfig, El2nConfig, EntropyConfig, GrandConfig
from goracs_core.scores import PRUNED, SampleScores, ScoreKind, Scores, ScoreTrace
from goracs_core.selection import select
from goracs_core.selection.dealrec import EFFORT, INFLUENCE, OVERALL, overall_scores
from tests.problems import made_up_scores, make


def test_the_overall_score_is_the_weighted_sum_of_both_on_one_scale():
    influence, effort = np.array([-2.0, 0.0, 2.0]), np.array([10.0, 30.0, 20.0])
    assert overall_scores(influence, effort, 0.3).tolist() == pytest.approx([0.0, 0.5 + 0.3, 1.0 + 0.15])
    assert overall_scores(1e-9 * influence + 5, effort, 0.3).tolist() == pytest.approx([0.0, 0.8, 1.15], rel=1e-5)
    assert overall_scores(influence, np.ones(3), 0.3).tolist() == [0.0, 0.5, 1.0], "equal efforts tell nothing"


def test_the_trace_holds_the_parts_the_strata_and_the_pruned():
    problem = make(200, 40)
    scores = made_up_scores(problem)
    found = select(problem, DealRecConfig(30, 0.1, strata=20, hard_prune_fraction=0.25), scores=scores)
    trace = found.scores
    assert trace is not None
    assert list(trace.columns) == [INFLUENCE, EFFORT, OVERALL]
    assert trace.columns[EFFORT].tolist() == problem.gradient_norms.tolist()
    pruned = trace.strata == PRUNED
    assert pruned.sum() == 50
    assert trace.values[pruned].min() >= trace.values[~pruned].max()
    assert not pruned[found.indices].any()
    for row in np.flatnonzero(~pruned):
        stratum = trace.strata[row]
        assert trace.edges[stratum] - 1e-12 <= trace.values[row] <= trace.edges[stratum + 1] + 1e-12


@pytest.mark.parametrize(
    "change",
    [{"effort_weight": 2.0}, {"hard_prune_fraction": 0.4}, {"strata": 5}, {"seed": 1}],
    ids=lambda change: next(iter(change)),
)
def test_each_option_of_the_draw_changes_the_coreset(change):
    problem = make(200, 40)
    config = DealRecConfig(30, 0.1)
    scores = made_up_scores(problem)
    assert select(problem, config, scores=scores).fingerprint != (
        select(problem, replace(config, **change), scores=scores).fingerprint
    )


def test_effort_needs_gradient_norms_unless_its_weight_is_zero():
    problem = make(100, 20, norms=False)
    scores = made_up_scores(problem)
    with pytest.raises(ConfigError, match="no gradient norms; give them with --gradient-norms"):
        select(problem, DealRecConfig(10, 0.0), scores=scores)
    assert len(select(problem, DealRecConfig(10, 0.0, effort_weight=0.0), scores=scores)) == 10


@pytest.mark.parametrize(
    ("config", "kind"),
    [(GrandConfig(9), ScoreKind.GRAND), (El2nConfig(9), ScoreKind.EL2N), (EntropyConfig(9), ScoreKind.ENTROPY)],
)
def test_the_highest_scores_are_taken_highest_first(config, kind):
    problem = make(60, 20)
    scores = made_up_scores(problem)
    rows = select(problem, config, scores=scores).indices
    values = scores.get(kind, 60).values
    assert rows.tolist() == sorted(range(60), key=lambda row: -values[row])[:9]


def test_ccs_takes_the_difficulty_that_it_is_told():
    problem = make(200, 40)
    scores = made_up_scores(problem)
    chosen = {
        score: select(problem, CcsConfig(20, 0.1, score=score), scores=scores)
        for score in ("el2n", "entropy", "grand", "gradient-norm")
    }
    assert len({found.fingerprint for found in chosen.values()}) == 4
    by_norm = chosen["gradient-norm"].scores
    assert by_norm is not None
    assert by_norm.values.tolist() == problem.gradient_norms.tolist()
    with pytest.raises(ConfigError, match="choose another --score"):
        select(make(200, 40, norms=False), CcsConfig(20, 0.0, score="gradient-norm"))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.ones((3, 2)), "one number per pool sample"),
        (np.array([1.0, np.nan]), "row 1 is nan"),
        (np.array(["a"]), "must be numbers"),
        (np.array([]), "one number per pool sample"),
    ],
)
def test_scores_that_are_no_scores_are_refused(values, says):
    with pytest.raises(ShapeError, match=says):
        SampleScores(ScoreKind.EL2N, values, "made up")


def test_scores_know_their_time_and_their_fingerprint():
    values = np.arange(4.0)
    first = SampleScores(ScoreKind.EL2N, values, "a", seconds=(("model", 2.0), ("pass", 0.5)))
    second = SampleScores(ScoreKind.ENTROPY, values, "b", seconds=(("pass", 1.0),))
    both = Scores.of([first, second])
    assert both.seconds == 3.5
    assert both.fingerprint != Scores.of([first]).fingerprint != ""
    assert Scores().fingerprint == ""
    assert both.take(np.array([2, 0])).get(ScoreKind.EL2N, 2).values.tolist() == [2.0, 0.0]


def test_a_trace_needs_the_column_that_decided_and_equal_lengths():
    with pytest.raises(ShapeError, match="that it ranked by"):
        ScoreTrace({"a": np.ones(3)}, "b", np.empty(0, np.int64), np.empty(0))
    with pytest.raises(ShapeError, match="one number per pool sample each"):
        ScoreTrace({"a": np.ones(3)}, "a", np.zeros(2, np.int64), np.empty(0))
