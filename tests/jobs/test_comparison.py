"""What a comparison plans: arms, entries, options of methods, the summary over seeds, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from goracs_core.errors import ConfigError
from goracs_core.jobs.compare.plan import (
    MOST_ENTRIES,
    Arm,
    Comparison,
    OverSeeds,
    arm_config,
    compared_names,
    read_options,
)
from goracs_core.methods import CcsConfig, CertifiedConfig, ItraConfig, RandomConfig, config_to_dict, method_names
from tests.refusals import told


def compared_with(
    methods: tuple[str, ...],
    budgets: tuple[int, ...] = (4,),
    *,
    seeds: int = 1,
    every_seed: bool = False,
    options: Mapping[str, Any] | None = None,
    **shared: Any,
) -> Comparison:
    """A comparison of methods by name."""
    own = read_options(methods, options or {})
    arms = tuple(Arm(name, arm_config(name, own[name], **shared)) for name in methods)
    return Comparison(arms, budgets, seeds, every_seed)


def test_a_plan_is_seeds_by_budgets_by_methods() -> None:
    plan = compared_with(("random", "goracs", "itra"), (9, 4, 4), seeds=2, lambda_=0.2)
    assert [plan.config(entry) for entry in plan.entries] == [
        *(kind(k, lambda_=0.2) for k in (4, 9) for kind in (RandomConfig, CertifiedConfig, ItraConfig)),
        *(RandomConfig(k, lambda_=0.2, seed=1) for k in (4, 9)),
    ]
    assert [entry.arm for entry in compared_with(tuple(compared_names())).entries] == [*method_names(), "itra"]


def test_every_seed_repeats_an_arm_whose_selection_stays() -> None:
    plan = compared_with(("random", "goracs"), seeds=2, every_seed=True)
    assert [(entry.arm, entry.seed) for entry in plan.entries] == [
        ("random", 0),
        ("goracs", 0),
        ("random", 1),
        ("goracs", 1),
    ]
    assert [plan.config(entry).seed for entry in plan.entries] == [0, 0, 1, 0], "the same coreset for each training"


def test_options_go_to_the_methods_that_have_them() -> None:
    options = {"ccs.strata": "7", "strata": "20", "score": "entropy", "hard-prune-fraction": "0.25", "bound": "true"}
    plan = compared_with(("ccs", "dealrec", "random", "itra"), options=options)
    ccs, dealrec, random, itra = (config_to_dict(plan.config(entry)) for entry in plan.entries)
    assert ccs == config_to_dict(CcsConfig(4, score="entropy", strata=7, hard_prune_fraction=0.25))
    assert (dealrec["strata"], dealrec["hard_prune_fraction"]) == (20, 0.25)
    assert random == config_to_dict(RandomConfig(4))
    assert itra["bound"] is True


@pytest.mark.parametrize(
    ("given", "check"),
    [
        ({"methods": ()}, told("no-methods")),
        ({"methods": ("random",), "budgets": ()}, told("no-budgets")),
        ({"methods": ("randoms",)}, told("unknown-method", method="randoms")),
        ({"methods": ("random",), "budgets": (0,)}, told("bad-budget", budget=0)),
        ({"methods": ("random",), "budgets": (4.5,)}, told("bad-budget", budget=4.5)),
        ({"methods": ("random",), "seeds": 0}, told("bad-seeds", seeds=0)),
        ({"methods": ("random",), "seeds": True}, told("bad-seeds", seeds=True)),
        ({"methods": ("random",), "options": {"strata": "3"}}, told("unknown-option", option="strata")),
        ({"methods": ("ccs",), "options": {"budget": "3"}}, told("unknown-option", option="budget")),
        ({"methods": ("ccs",), "options": {"dealrec.strata": "3"}}, told("unknown-option", option="dealrec.strata")),
        ({"methods": ("ccs",), "options": {"strata": "many"}}, told("bad-option", option="strata", value="many")),
        ({"methods": ("itra",), "options": {"bound": "maybe"}}, told("bad-option", option="bound", value="maybe")),
        ({"methods": ("ccs",), "options": {"score": "taste"}}, lambda error: "taste" in str(error)),
        ({"methods": ("ccs",), "options": {"strata": "0"}}, lambda error: "strata is 0" in str(error)),
        ({"methods": ("random",), "lambda_": -1.0}, lambda error: "lambda is -1" in str(error)),
        ({"methods": ("random",), "seeds": MOST_ENTRIES + 1}, told("too-many-entries", entries=MOST_ENTRIES + 1)),
    ],
)
def test_what_cannot_be_compared_is_refused(given: dict[str, Any], check: Callable[[BaseException], bool]) -> None:
    with pytest.raises(ConfigError, check=check):
        compared_with(**given)


def test_a_summary_over_seeds_leaves_out_what_is_not_known() -> None:
    assert OverSeeds.of([1.0, math.nan, 3.0]) == OverSeeds(2.0, math.sqrt(2.0), 1.0, 3.0)
    one = OverSeeds.of([2.0])
    assert (one.mean, one.low, one.high) == (2.0, 2.0, 2.0)
    assert math.isnan(one.sd)
    assert all(math.isnan(value) for value in vars(OverSeeds.of([])).values())
