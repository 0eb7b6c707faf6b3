"""Laws that every selector obeys. A new method only has to be registered to face them."""

import itertools
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goracs_core.errors import ConfigError, JobCancelled, ShapeError
from goracs_core.methods import CcsConfig, config_from_dict, config_to_dict, method_of, own_options
from goracs_core.objective import poo
from goracs_core.progress import Progress
from goracs_core.scores import SampleScores, ScoreKind, Scores
from goracs_core.selection import select as select_with_scores
from tests.problems import CONFIGS, made_up_scores, make, optimum, problems
from tests.refusals import told


def select(problem, config, **more):
    """Select with made-up scores at hand; on tiny problems scores are too few to be cut into many strata."""
    if hasattr(config, "strata") and problem.num_pool < 75:
        config = replace(config, strata=1)
    return select_with_scores(problem, config, scores=made_up_scores(problem), **more)


each_method = pytest.mark.parametrize("method", CONFIGS, ids=lambda kind: f"{kind.method}-{kind.solver}")


@each_method
@settings(max_examples=25)
@given(problem=problems(), data=st.data())
def test_a_selection_is_a_set_of_the_asked_size_with_its_true_value(method, problem, data):
    budget = data.draw(st.integers(1, problem.num_pool))
    lambda_ = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    selection = select(problem, method(budget, lambda_, seed=3))
    rows = selection.indices
    assert len(rows) == len(set(rows.tolist())) == budget
    assert rows.min() >= 0
    assert rows.max() < problem.num_pool
    value = poo(problem, rows, lambda_)
    assert selection.poo == pytest.approx(value.value, abs=1e-12)
    assert selection.poo == pytest.approx(selection.transport_term - lambda_ * selection.gradient_term, abs=1e-12)
    assert not rows.flags.writeable
    assert selection.plan.mass.sum() == pytest.approx(1)


@each_method
def test_the_same_seed_gives_the_same_bytes(method):
    problem = make(80, 30)
    first, second = (select(problem, method(12, 0.1, seed=5)) for _ in range(2))
    assert first.indices.tobytes() == second.indices.tobytes()
    assert first.fingerprint == second.fingerprint
    assert first.poo == second.poo


def test_one_and_two_threads_give_the_same_bytes():
    """Every method in one process each, so that libraries are loaded once."""
    script = (
        "from tests.problems import make, made_up_scores; from goracs_core.selection import select;"
        "from tests.problems import CONFIGS; problem = make(300, 120, width=16);"
        "scores = made_up_scores(problem)\n"
        "for method in CONFIGS:\n"
        "    s = select(problem, method(25, 0.2, seed=1), scores=scores)\n"
        "    print(method.__name__, s.indices.tobytes().hex(), s.poo.hex())"
    )
    outputs = []
    for threads in ("1", "2"):
        environment = os.environ | {"GORACS_THREADS": threads, "NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        outputs.append(done.stdout.splitlines())
    assert len(outputs[0]) == len(CONFIGS)
    assert outputs[0] == outputs[1]


@each_method
def test_the_whole_pool_is_every_row_once(method):
    selection = select(make(15, 7), method(15, 0.1))
    assert sorted(selection.indices.tolist()) == list(range(15))


@each_method
@settings(max_examples=10)
@given(problem=problems(max_pool=6, max_validation=5), seed=st.integers(0, 50))
def test_no_selection_beats_the_optimum(method, problem, seed):
    budget = seed % problem.num_pool + 1
    assert select(problem, method(budget, 0.2, seed=seed)).poo >= optimum(problem, budget, 0.2) - 1e-9


@each_method
def test_too_large_a_budget_is_refused_with_both_numbers(method):
    with pytest.raises(ConfigError, check=told("more-than-pool", option="budget", value=81, pool=80)):
        select(make(80, 30), method(81, 0.1))


@each_method
def test_lambda_without_gradient_norms_is_refused(method):
    with pytest.raises(ConfigError, check=told("no-gradient-norms", option="lambda")):
        select(make(20, 10, norms=False), method(3, 0.1))
    plain = method(3, 0.0)
    if hasattr(plain, "effort_weight"):  # which needs them, too
        plain = replace(plain, effort_weight=0.0)
    assert len(select(make(20, 10, norms=False), plain)) == 3


@each_method
def test_progress_can_cancel(method):
    def stop(stage, done, total, detail=""):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        select(make(80, 30), method(12, 0.1), progress=Progress(stop))


@each_method
def test_progress_rises_and_ends_at_its_total(method):
    """By stage: one may come again from the start, and exchanges end as soon as none is left that helps."""
    told = {}
    report = Progress(lambda stage, done, total, _: told.setdefault(stage, []).append((done, total)))
    select(make(80, 30), method(12, 0.1), progress=report)
    assert told
    for stage, numbers in told.items():
        assert all(0 <= done <= total or total == 0 for done, total in numbers), stage
        lasts = [now for now, after in itertools.pairwise([*numbers, (-1, 0)]) if after[0] < now[0]]
        assert stage == "exchanges" or all(done == total or total == 0 for done, total in lasts), stage


@each_method
def test_config_survives_a_dictionary(method):
    config = method(12, 0.25, seed=4)
    assert config_from_dict(config_to_dict(config)) == config


@each_method
@pytest.mark.parametrize(
    "change",
    [
        {"budget": 0},
        {"budget": "5"},
        {"lambda_": -1.0},
        {"lambda_": np.nan},
        {"lambda_": "much"},
        {"seed": -1},
        {"seed": [1]},
        {"label_aware": "yes"},
    ],
    ids=str,
)
def test_impossible_options_are_refused(method, change):
    (name,) = change
    with pytest.raises(ConfigError, check=told("bad-option", option=name.rstrip("_"))):
        method(**({"budget": 5} | change))


OWN = [(kind, one) for kind in CONFIGS for one in own_options(kind)]


@pytest.mark.parametrize(("method", "option"), OWN, ids=lambda part: getattr(part, "name", getattr(part, "method", "")))
def test_each_option_is_refused_outside_its_range(method, option):
    words, default = option.words, option.default
    if words.choices:
        wrong = ["another", ["another"]]
    elif isinstance(default, bool):
        wrong = ["yes", 1, None]
    else:
        wrong = [
            "1",
            [1],
            -1,
            np.nan,
            *([0] if words.positive or words.low > 0 else []),
            *([1.0] if words.percent else []),
        ]
    for value in wrong:
        with pytest.raises(ConfigError, check=told("bad-option", option=option.name)):
            method(5, **{option.name: value})
    if not words.choices and not isinstance(default, bool):
        least = type(default)(1e-15 if words.positive else words.low)
        assert getattr(method(5, **{option.name: least}), option.name) == least


@each_method
def test_label_aware_respects_the_label_shares(method):
    problem = make(60, 30)
    selection = select(problem, method(10, 0.1, label_aware=True))
    assert problem.pool_labels is not None
    assert np.bincount(problem.pool_labels[selection.indices]).tolist() == [5, 5]
    assert selection.label_aware_poo is not None
    assert select(problem, method(10, 0.1)).label_aware_poo is None


DETERMINISTIC = [kind for kind in CONFIGS if not method_of(kind).seeded]


@pytest.mark.parametrize("method", DETERMINISTIC)
def test_permuting_the_pool_permutes_the_selection(method):
    problem = make(120, 50, width=8)
    order = np.random.default_rng(1).permutation(120)
    permuted = problem.take(order, np.arange(50))
    scores = made_up_scores(problem)
    first = select_with_scores(problem, method(15, 0.2), scores=scores).indices
    second = select_with_scores(permuted, method(15, 0.2), scores=scores.take(order)).indices
    assert order[second].tolist() == first.tolist()


SEEDED = [kind for kind in CONFIGS if method_of(kind).seeded]


@pytest.mark.parametrize("method", SEEDED)
def test_another_seed_gives_another_draw(method):
    problem = replace(make(80, 30), pool_labels=None)  # with labels FDMat draws nothing
    assert select(problem, method(12, 0.1, seed=1)).fingerprint != select(problem, method(12, 0.1, seed=2)).fingerprint


def test_stratified_draws_follow_the_strata():
    problem = make(90, 30)
    kind = next(kind for kind in CONFIGS if kind.method == "stratified-random")
    rows = select(problem, kind(30, 0.1)).indices
    assert problem.strata is not None
    assert np.bincount(problem.strata[rows]).tolist() == [10, 10, 10]
    bare = replace(problem, strata=None)
    with pytest.raises(ConfigError, match="needs a stratum"):
        select(bare, kind(30, 0.1))


def test_goracs_beats_random():
    problem = make(300, 120, seed=8, width=8)
    goracs = next(kind for kind in CONFIGS if kind.method == "goracs")
    random = next(kind for kind in CONFIGS if kind.method == "random")
    best = select(problem, goracs(30, 0.1)).poo
    assert all(best < select(problem, replace(random(30, 0.1), seed=seed)).poo for seed in range(20))


def test_unknown_methods_and_options_are_refused_by_name():
    with pytest.raises(ConfigError, match="no method 'gorcas'"):
        config_from_dict({"method": "gorcas", "budget": 3})
    with pytest.raises(ConfigError, match="unknown option 'lamda'"):
        config_from_dict({"method": "random", "budget": 3, "lamda": 3})


NEEDING_SCORES = [kind for kind in CONFIGS if kind(5).needed_scores]


@pytest.mark.parametrize("method", NEEDING_SCORES, ids=lambda kind: kind.method)
def test_missing_or_misfitting_scores_are_refused_before_any_work(method):
    problem = make(80, 30)
    with pytest.raises(ConfigError, match="ranks by the score"):
        select_with_scores(problem, method(12, 0.1))
    with pytest.raises(ShapeError, match=r"79 .* scores for 80 pool samples"):
        select_with_scores(problem, method(12, 0.1), scores=made_up_scores(problem).take(np.arange(79)))


@pytest.mark.parametrize("method", NEEDING_SCORES, ids=lambda kind: kind.method)
def test_scores_decide_and_are_kept_with_the_selection(method):
    problem = make(120, 30)
    scores = made_up_scores(problem)
    found = select_with_scores(problem, method(12, 0.1), scores=scores)
    assert found.scores is not None
    assert found.scores.values.shape == (120,)
    kind = method(5).needed_scores[0]
    other = Scores.of([SampleScores(kind, -scores.get(kind, 120).values, "turned round")])
    assert select_with_scores(problem, method(12, 0.1), scores=other).fingerprint != found.fingerprint


@pytest.mark.parametrize("method", NEEDING_SCORES, ids=lambda kind: kind.method)
def test_scores_go_with_their_rows_into_each_label(method):
    problem = make(300, 60)
    scores = made_up_scores(problem)
    config = method(20, 0.1, label_aware=True)
    if hasattr(config, "strata"):
        config = replace(config, strata=10)
    found = select_with_scores(problem, config, scores=scores)
    assert found.scores is not None
    assert len(found.scores.edges) == 0, "each label has strata of its own"
    labels = problem.pool_labels
    assert labels is not None
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        part = problem.take(rows, np.flatnonzero(problem.validation_labels == label))
        alone = select_with_scores(part, replace(config, budget=10, label_aware=False), scores=scores.take(rows))
        assert set(rows[alone.indices]) <= set(found.indices.tolist())
        assert alone.scores is not None
        assert found.scores.values[rows].tolist() == alone.scores.values.tolist()


def test_every_method_has_a_line_for_lists():
    for kind in CONFIGS:
        summary = method_of(kind).summary
        assert 20 < len(summary) < 90
        assert summary[0].islower() or summary[0].isdigit()


@pytest.mark.parametrize("method", [kind for kind in CONFIGS if hasattr(kind(5), "strata")])
def test_more_strata_than_samples_are_refused_before_scores_are_made(method):
    refused = told("more-than-pool", option="strata", value=50, pool=30)
    with pytest.raises(ConfigError, check=refused):
        method(5).check_pool(30)
    with pytest.raises(ConfigError, check=refused):
        select_with_scores(make(30, 10), method(5, 0.1))
    method(5, strata=30).check_pool(30)


@pytest.mark.parametrize("method", NEEDING_SCORES, ids=lambda kind: kind.method)
def test_scores_of_all_labels_count_their_time_once(method):
    problem = make(200, 60)
    kind = method(5).needed_scores[0]
    values = made_up_scores(problem).get(kind, 200).values
    scores = Scores.of([SampleScores(kind, values, "timed", seconds=(("language model", 40.0),))])
    config = method(20, 0.1, label_aware=True)
    if hasattr(config, "strata"):
        config = replace(config, strata=10)
    for chosen in (config, replace(config, label_aware=False)):
        assert dict(select_with_scores(problem, chosen, scores=scores).trace.stages)["language model"] == 40.0


def test_too_many_strata_for_one_label_name_the_label():
    problem = make(120, 40)
    values = np.where(np.arange(120) % 2 == 0, 1.0, np.arange(120))
    scores = Scores.of([SampleScores(ScoreKind.EL2N, values, "equal in one label")])
    with pytest.raises(ConfigError, check=told("too-few-values", label=0, distinct=1, strata=20)):
        select_with_scores(problem, CcsConfig(10, 0.1, strata=20, label_aware=True), scores=scores)


@each_method
def test_stages_of_a_selection_by_label_are_those_of_one_without(method):
    problem = make(200, 60)
    whole, by_label = (select(problem, method(8, 0.1, label_aware=aware)).trace.stages for aware in (False, True))
    assert {name for name, _ in whole} - {"exchanges"} <= {name for name, _ in by_label}, (
        "exchanges may have none to make"
    )
    assert all(seconds >= 0 for _, seconds in by_label)
