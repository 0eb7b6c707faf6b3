"""Searching a list of runs."""

from __future__ import annotations

import pytest

from goracs_core.errors import ConfigError
from goracs_core.jobs.select.run import RunSummary
from goracs_core.jobs.select.search import FIELDS, matching
from tests.refusals import told


def summary(identifier: str, *, method: str = "goracs", budget: int = 64, **more) -> RunSummary:
    values = {"solver": "certified", "budget": budget, "lambda_": more.pop("lambda_", 0.05), "seed": 0}
    return RunSummary(identifier, more.pop("name", identifier), config={"method": method, **values}, **more)


RUNS = (
    summary("a", gap=0.0005, poo=0.3, dataset_name="Demo shop"),
    summary("b", gap=0.02, poo=0.35, lambda_=0.2, notes="head-heavy"),
    summary("c", method="random", budget=256, poo=0.5, name="And by chance"),
    RunSummary("d", "torn", damaged="run d is damaged"),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abcd"),
        ("method = goracs and gap < 0.1 %", "a"),
        ("gap<0.001", "a"),
        ("gap > 1%", "b"),
        ("k >= 256", "c"),
        ("budget = 64 and λ = 0.2", "b"),
        ("lambda != 0.2", "ac"),
        ("method != random", "abd"),
        ("data = demo", "a"),
        ("HEAVY", "b"),
        ("chance", "c"),
        ("name = torn", "d"),
        ("poo < 1", "abc"),
        ("poo < 0.4 and notes = head", "b"),
    ],
)
def test_conditions_and_words(query: str, found: str) -> None:
    assert "".join(run.id for run in matching(RUNS, query)) == found


@pytest.mark.parametrize(
    ("query", "code"),
    [("colour = red", "unknown-field"), ("gap < small", "not-a-number"), ("name < b", "not-comparable")],
)
def test_what_is_no_condition_is_refused(query: str, code: str) -> None:
    with pytest.raises(ConfigError, check=told(code)):
        matching(RUNS, query)


def test_every_field_can_be_asked_for() -> None:
    for name in FIELDS:
        matching(RUNS, f"{name} = 1")
