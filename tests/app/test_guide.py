"""The guide shows every quantity of the glossary with a number, and pages take their tooltips from the same texts."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from goracs_core import glossary
from goracs_core.cli import main
from goracs_core.glossary import GLOSSARY, GROUPS
from goracs_core.workspace import Workspace
from pages._ui import blocks, columns, popularity_view, proof, training_words
from pages._ui.guide import checks, failures, lesson, recipe
from pages._ui.routes import GUIDE, ROUTES
from tests.app.conftest import SMALL, Open, assert_no_fault
from tests.app.understood import certified
from tests.llm.tiny import save_model

TOPICS = (
    "What transport does",
    "What UMAP cannot tell",
    "Failure signatures",
    "Three checks",
    "Lesson of 20 minutes",
    "CSV to fine-tuning",
)


@pytest.mark.parametrize("group", GROUPS)
def test_every_quantity_has_a_card_with_formula_source_and_example(
    group: str, open_page: Open, workspace: Workspace
) -> None:
    app = open_page(GUIDE.script, dataset=SMALL, run=certified(workspace).id, group=group)
    assert_no_fault(app)
    terms = GROUPS[group]
    assert [one.value for one in app.latex] == [f"$$\n{one.formula}\n$$" for one in terms if one.formula]
    text = "\n".join(str(one.value) for one in (*app.markdown, *app.caption))
    assert [one.key for one in terms if one.text not in text or one.source not in text or not one.source] == []
    examples = [one.value for one in app.metric if one.label == "Example"]
    assert len(examples) == len(terms)
    assert [one.key for one, value in zip(terms, examples, strict=True) if not value] == []


def test_examples_are_numbers_of_the_open_run(open_page: Open, workspace: Workspace) -> None:
    run = certified(workspace)
    shown = {}
    for group in ("The objective", "The proof and the solvers"):
        app = open_page(GUIDE.script, dataset=SMALL, run=run.id, group=group)
        examples = [one.value for one in app.metric if one.label == "Example"]
        shown |= dict(zip((one.key for one in GROUPS[group]), examples, strict=True))
    assert run.selection.certificate is not None
    assert shown["poo"] == f"{run.selection.poo:.5f}"
    assert shown["transport"] == f"{run.selection.transport_term:.5f}"
    assert shown["lower_bound"] == f"{run.selection.certificate.lower_bound:.5f}"
    assert shown["gap"] == proof.share(run.selection.certificate.gap)
    assert shown["budget"] == str(run.config.budget)


def test_one_quantity_can_be_linked(open_page: Open, workspace: Workspace) -> None:
    name = glossary.term("gini").name
    app = open_page(GUIDE.script, dataset=SMALL, run=certified(workspace).id, quantity=name)
    assert_no_fault(app)
    assert [one.value for one in app.latex] == [f"$$\n{glossary.term('gini').formula}\n$$"]


@pytest.mark.parametrize("topic", TOPICS)
def test_topics_show_on_an_open_run(topic: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(GUIDE.script, dataset=SMALL, run=certified(workspace).id, topic=topic)
    assert_no_fault(app)
    assert app.header
    assert app.radio(key="topic").value == topic


def test_terms_are_complete() -> None:
    addresses = {route.url_path for route in ROUTES}
    for key, one in GLOSSARY.items():
        assert one.key == key
        assert one.page in addresses, key
        assert one.unit, key
        assert one.source, key
        assert one.tooltip.startswith(f"**{one.name}**")
        assert one.text in one.tooltip
        assert one.text.endswith((".", "?")), key
    assert len(GLOSSARY) == sum(len(terms) for terms in GROUPS.values())


def test_tooltips_come_from_the_glossary() -> None:
    assert glossary.tooltip("poo") == blocks.POO_HELP
    assert glossary.tooltip("pass_at_1") == blocks.PASS_HELP
    assert glossary.tooltip("gap") == proof.GAP_HELP
    assert columns.POO.get("help") == glossary.tooltip("poo")
    assert {name: told for name, (_, told, _) in popularity_view.MEASURES.items()} == {
        name: glossary.tooltip(name) for name in popularity_view.MEASURES
    }
    assert glossary.tooltip("auc") == training_words.AUC_HELP


def test_no_page_defines_a_quantity_again() -> None:
    """A definition of the glossary does not stand in a source of the pages as well."""
    sources = {path: path.read_text(encoding="utf-8") for path in Path("pages").rglob("*.py")}
    for one in GLOSSARY.values():
        start = one.text.split(". ")[0][:60]
        assert [str(path) for path, source in sources.items() if start in source] == [], one.key


def test_answers_and_failures_are_judged(open_page: Open, workspace: Workspace) -> None:
    app = open_page(GUIDE.script, dataset=SMALL, run=certified(workspace).id, topic="Three checks")
    for check in checks.CHECKS:
        app.radio(key=f"check_{check.key}").set_value(check.right)
    app.run()
    assert_no_fault(app)
    assert len(app.success) == len(checks.CHECKS)
    wrong = checks.CHECKS[0]
    app.radio(key=f"check_{wrong.key}").set_value((wrong.right + 1) % len(wrong.answers)).run()
    assert (len(app.success), len(app.error)) == (len(checks.CHECKS) - 1, 1)


def test_signatures_are_seen_where_they_are(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from goracs_core.selection.result import Selection
    from pages._ui.guide.shown import Shown

    run = certified(workspace)
    assert isinstance(run.selection, Selection)
    by_name = {one.name.split(",")[0]: one for one in failures.FAILURES}
    trace = replace(run.selection.trace, exchanges=(), tried_pairs=5)
    failed = replace(run, selection=replace(run.selection, trace=trace))
    found = by_name["pass@1 = 0 %"].check(Shown(None, failed, is_open=True))  # type: ignore[arg-type]
    assert found is not None
    assert found[0]
    unlucky = Shown(None, run, is_open=True)  # type: ignore[arg-type]
    monkeypatch.setattr(Shown, "random_values", lambda _: np.array([run.selection.poo - 0.01, 1.0]))
    assert by_name["Not better than random"].check(unlucky)[0]  # type: ignore[index]
    monkeypatch.setattr(Shown, "random_values", lambda _: np.array([run.selection.poo + 0.01, 1.0]))
    assert not by_name["Not better than random"].check(unlucky)[0]  # type: ignore[index]


def test_the_lesson_takes_twenty_minutes_and_its_pages_exist() -> None:
    assert sum(step.minutes for step in lesson.STEPS) == 20
    addresses = {route.url_path for route in ROUTES} | {"playground"}
    assert {page for step in lesson.STEPS for page in step.pages} <= addresses


@pytest.mark.slow
def test_the_recipe_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_workspace: Path) -> None:
    """Every command, on a table as the guide shows it, with more rows."""
    monkeypatch.chdir(tmp_path)
    head = recipe.EXAMPLE_CSV.splitlines()[0]
    rng = np.random.default_rng(0)
    rows = [
        f"u{user},b{item:02d},2024-{1 + place // 28:02d}-{1 + place % 28:02d},Book number {item}"
        for place in range(250)
        for user, item in [(int(rng.integers(25)), int(rng.integers(30)))]
    ]
    Path("purchases.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    model = save_model(tmp_path / "model")
    for part in recipe.PARTS:
        words = shlex.split(part.command)
        assert words[0] == "goracs_core"
        own = ["--model", str(model)] if words[1] == "features" else []  # the default one trains for a minute
        assert main([*words[1:], *own]) == 0, part.command
    folder = Path("coreset")
    assert {"llama-factory", "chat", "hugging-face"} <= {path.name for path in folder.iterdir()}
    assert (folder / "llama-factory" / "shop_goracs_k16_l0.05.json").is_file()
    assert Path("coreset.html").read_bytes().startswith(b"<!DOCTYPE html>")
