"""Errors carry a code and fields besides their sentence, also where one is told inside another."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from goracs_core import errors
from goracs_core.errors import ConfigError, GoracsError
from goracs_core.methods import CcsConfig
from goracs_core.scores import SampleScores, ScoreKind, Scores
from goracs_core.selection import select
from tests.problems import make
from tests.refusals import told

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = (
    *("api", "engine", "evaluation", "llm", "methods", "selection", "store", "surrogate", "transport"),
    *("jobs/queue", "jobs/select", "jobs/sweep"),
)
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, GoracsError)}


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in sorted(KINDS)])
def test_code_and_fields_may_be_left_out(kind: type[GoracsError]) -> None:
    plain = kind("a sentence")
    assert (str(plain), plain.code, plain.fields) == ("a sentence", "", {})
    given = {"budget": 9}
    full = kind("a sentence", code="budget-too-large", fields=given)
    assert (str(full), full.code, full.fields) == ("a sentence", "budget-too-large", given)
    given["budget"] = 10
    assert full.fields == {"budget": 9}


def test_an_error_within_a_label_keeps_its_code_and_names_the_label() -> None:
    problem = make(40, 12)
    scores = Scores.of([SampleScores(ScoreKind.EL2N, (np.arange(40) % 3).astype(np.float64), "made up")])
    with pytest.raises(ConfigError, check=told("too-few-values", distinct=3, strata=20, label=0)):
        select(problem, CcsConfig(6, score="el2n", strata=20, label_aware=True), scores=scores)


def test_every_refusal_of_these_rooms_has_a_code() -> None:
    bare, seen = [], 0
    core = PROJECT / "goracs_core"
    files = [
        *core.glob("*.py"),
        *(core / "jobs").glob("*.py"),
        *(path for room in ROOMS for path in (core / room).rglob("*.py")),
    ]
    for file in sorted(files):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                seen += 1
                if "code" not in {keyword.arg for keyword in node.keywords}:
                    bare.append(f"{file.relative_to(PROJECT)}:{node.lineno}")
    assert bare == []
    assert seen > 250
