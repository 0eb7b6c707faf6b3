"""What an experiment asks for: arms, entries, ids, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from goracs_core.data.dataset import Task
from goracs_core.errors import ConfigError
from goracs_core.jobs.command import command_line
from goracs_core.jobs.experiment.kinds import KINDS
from goracs_core.jobs.experiment.plan import default_spec, experiment_id, planned
from goracs_core.jobs.kinds import EXPERIMENT
from goracs_core.jobs.source import counted
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.llm.tuning.options import MeasureOptions, Recommender, TigerOptions
from goracs_core.methods import CertifiedConfig, RandomConfig
from tests.refusals import told

SPEC: dict[str, Any] = {
    "dataset": "shop",
    "kind": "leaderboard",
    "methods": ["goracs", "random"],
    "budgets": [64, 16],
    "seeds": 2,
}


def saying(words: str) -> Callable[[BaseException], bool]:
    """For errors of other rooms, which have no code yet."""
    return lambda error: words in str(error)


def changed(**changes: Any) -> dict[str, Any]:
    return {**SPEC, **changes}


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_allowed(kind: str) -> None:
    plan = planned(default_spec(kind, "demo"), Task.SEQREC, num_pool=3000)
    assert plan.kind is KINDS[kind]
    assert plan.recommender is Recommender.BIGREC
    assert len({(entry.arm, entry.budget, entry.seed) for entry in plan.entries}) == len(plan.entries)


def test_the_default_proxy_experiment_has_thirty_coresets_of_64_to_512() -> None:
    plan = planned(default_spec("proxy", "demo"), Task.SEQREC, num_pool=3000)
    assert len(plan.entries) == 30
    assert {entry.budget for entry in plan.entries} == {64, 128, 256, 384, 512}


def test_a_leaderboard_trains_every_arm_with_every_seed() -> None:
    plan = planned(changed(whole_pool=True), Task.SEQREC, num_pool=100)
    assert [(entry.arm, entry.budget, entry.seed) for entry in plan.entries] == [
        ("goracs", 16, 0), ("random", 16, 0), ("goracs", 64, 0), ("random", 64, 0),
        ("goracs", 16, 1), ("random", 16, 1), ("goracs", 64, 1), ("random", 64, 1), (WHOLE_POOL, 100, 0),
    ]  # fmt: skip
    assert plan.samples == 4 * 80 + 100


def test_a_proxy_experiment_repeats_only_what_draws_at_random() -> None:
    plan = planned(changed(kind="proxy", budgets=[16]), Task.SEQREC)
    assert [(entry.arm, entry.seed) for entry in plan.entries] == [("goracs", 0), ("random", 0), ("random", 1)]


def test_each_lambda_and_half_life_of_goracs_is_an_arm() -> None:
    plan = planned(changed(lambdas=[0, 0.5], half_lives=[30]), Task.SEQREC)
    assert [arm.name for arm in plan.arms] == [
        "goracs λ=0",
        "goracs λ=0, half-life 30 d",
        "goracs λ=0.5",
        "goracs λ=0.5, half-life 30 d",
        "random",
    ]
    assert [arm.half_life for arm in plan.arms] == [None, 30.0, None, 30.0, None]


def test_random_takes_part_in_every_comparison() -> None:
    assert [arm.name for arm in planned(changed(methods=["goracs"]), Task.SEQREC).arms] == ["goracs", "random"]
    assert [arm.name for arm in planned(changed(methods=["goracs"], kind="proxy"), Task.SEQREC).arms] == ["goracs"]


def test_entries_become_selections() -> None:
    plan = planned(changed(lambda_=0.2), Task.SEQREC)
    goracs, random = plan.arms
    assert goracs.config_at(64, 1) == CertifiedConfig(64, lambda_=0.2, seed=0)  # draws nothing
    assert random.config_at(64, 1) == RandomConfig(64, lambda_=0.2, seed=1)


def test_click_prediction_chooses_within_labels_and_trains_tallrec() -> None:
    plan = planned(SPEC, Task.CTR)
    assert plan.recommender is Recommender.TALLREC
    assert [arm.config["label_aware"] for arm in plan.arms] == [True, False]


def test_options_reach_their_methods_and_trainings() -> None:
    plan = planned(
        changed(
            methods=["ccs", "d2"],
            method_options={"ccs.strata": "7", "score": "grand"},
            recommender="tiger",
            options={"codes": 8},
            measure={"ranked_samples": 5},
        ),
        Task.SEQREC,
    )
    ccs, d2, _ = plan.arms
    assert (ccs.config["strata"], ccs.config["score"], d2.config["score"]) == (7, "grand", "grand")
    assert plan.options == TigerOptions(codes=8)
    assert plan.measure == MeasureOptions(ranked_samples=5)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"kind": "tournament"}, saying("proxy, leaderboard, shift")),
        ({"methods": []}, told("no-methods")),
        ({"methods": ["magic"]}, told("unknown-method", method="magic")),
        ({"budgets": []}, told("no-budgets")),
        ({"budgets": [500]}, told("budget-too-large", budget=500, pool=100)),
        ({"seeds": 0}, told("bad-seeds", seeds=0)),
        ({"seeds": True}, told("bad-seeds", seeds=True)),
        ({"lambda_": -1.0}, told("bad-lambda")),
        ({"lambdas": [0.1, -1.0]}, told("bad-lambda")),
        ({"half_lives": [0]}, saying("days above 0")),
        ({"methods": ["random"], "half_lives": [9]}, told("half-lives-without-goracs", methods=["random"])),
        ({"method_options": {"colour": "red"}}, told("unknown-option", option="colour")),
        ({"method_options": {"ccs.strata": "9"}}, told("unknown-option", option="ccs.strata")),
        ({"options": {"seed": 3}}, told("seed-given")),
        ({"options": {"speed": 3}}, saying("unknown option 'speed'")),
        ({"measure": {"depth": 3}}, saying("unknown option 'depth'")),
        ({"recommender": "oracle"}, saying("bigrec, tallrec, tiger")),
        ({"recommender": "tallrec"}, told("wrong-task")),
        ({"colour": 1}, told("unknown-entry", entry="colour")),
        ({"budgets": list(range(1, 90)), "seeds": 20}, told("too-many-entries", most=1000)),
    ],
)
def test_what_cannot_be_made_is_refused_before_any_work(
    changes: dict[str, Any], check: Callable[[BaseException], bool]
) -> None:
    with pytest.raises(ConfigError, check=check):
        planned(changed(**changes), Task.SEQREC, num_pool=100)


def test_the_id_is_of_what_is_asked() -> None:
    assert experiment_id(SPEC) == experiment_id(changed(fresh=True, recommender=None))
    others = [changed(seeds=3), changed(dataset="other"), changed(lambdas=[0.0]), changed(measure={"beams": 2})]
    assert len({experiment_id(spec) for spec in (SPEC, *others)}) == 5


def test_shares_of_the_pool_are_the_numbers_that_they_stand_for() -> None:
    shares = {**default_spec("proxy", "data/demo"), "budgets": ["2%", 0.1, 7]}
    assert counted(shares)["budgets"] == [60, 300, 7]
    assert experiment_id(shares) == experiment_id({**shares, "budgets": [60, 300, 7]})
    assert EXPERIMENT.read(shares).budgets == ("2%", 0.1, 7), "the job keeps what was asked"


def test_the_command_says_all_that_was_asked() -> None:
    spec = changed(
        lambdas=[0.0, 0.05],
        half_lives=[30.0],
        lambda_=0.1,
        whole_pool=True,
        method_options={"ccs.strata": "7"},
        recommender="bigrec",
        measure={"ranked_samples": 9},
        options={"epochs": 2, "targets": ["q_proj", "v_proj"]},
    )
    assert command_line(EXPERIMENT, spec) == (
        "python -m goracs_core experiment leaderboard --dataset shop --methods goracs,random --lambdas 0,0.05 "
        "--budgets 64,16 --half-lives 30 --lambda 0.1 --seeds 2 --whole-pool --option ccs.strata=7 "
        "--recommender bigrec --ranked-samples 9 --epochs 2 --train targets=q_proj,v_proj"
    )
