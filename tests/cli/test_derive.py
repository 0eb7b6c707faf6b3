"""`derive`: what it says is what it wrote, and mistakes are one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from goracs_core.cli import main
from goracs_core.data.demo import load_demo
from goracs_core.data.derive import target_categories
from goracs_core.data.store import load_dataset
from goracs_core.features.store import has_features
from tests.cli.calls import refused


def test_an_early_validation_of_the_demo_can_be_selected_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "early"
    assert main(["derive", "--dataset", "demo", "--early-validation", "0.5", "--output", str(output)]) == 0
    said = capsys.readouterr().out
    assert "2,650 items, 3,000 pool, 300 validation, 900 test" in said
    assert f"wrote {output}" in said
    assert "features: taken along" in said
    made = load_dataset(output)
    assert all(sentence in said for sentence in made.sampling_notes)
    arguments = ["--method", "random", "--budget", "8", "--half-life", "60", "--lambda", "0"]
    assert main(["select", "--dataset", str(output), *arguments, "--output", str(tmp_path / "coreset")]) == 0


def test_categories_may_be_several_and_the_name_and_place_chosen(
    own_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = list(target_categories(load_demo()))[:2]
    arguments = [part for name in names for part in ("--target-category", name)]
    arguments += ["--pool-other-categories", "--name", "Both", "--no-features"]
    assert main(["derive", "--dataset", "demo", *arguments]) == 0
    assert "features: none; left out" in capsys.readouterr().out
    made = load_dataset(own_workspace / "datasets" / "Both")
    assert not has_features(own_workspace / "datasets" / "Both")
    assert set(target_categories(made)) == set(names)
    assert not {made.items.categories[target] for target in made.pool.targets} & set(names)
    again = ["derive", "--dataset", "Both", "--target-dataset", "demo", "--output", str(own_workspace / "third")]
    assert main(again) == 0
    assert load_dataset(own_workspace / "third").validation.ids == load_demo().validation.ids
    capsys.readouterr()
    assert "already" in refused(capsys, *again)
    assert main([*again, "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "one of the arguments --target-category --early-validation --target-dataset is required"),
        (["--early-validation", "0.5", "--target-category", "x"], "not allowed with argument"),
        (["--early-validation", "1.5"], "must lie between 0 and 1"),
        (["--early-validation", "0.5", "--pool-other-categories"], "only where the target is a category"),
        (["--target-category", "Nothing"], "there is no category 'Nothing'"),
        (["--target-dataset", "nowhere"], "there is no folder nowhere"),
        (["--target-dataset", "demo"], "itself"),
    ],
)
def test_mistakes_are_a_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert sentence in refused(capsys, "derive", "--dataset", "demo", *arguments)
