"""The public door: the same coresets as everywhere else, questions it answers, and refusals in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import goracs_core as goracs
from goracs_core.data.demo import demo_directory
from goracs_core.errors import ConfigError, GoracsError, ShapeError, StoreError
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.select.verify import verify_folder
from goracs_core.objective import poo
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace, project_directory
from tests.problems import CONFIGS
from tests.refusals import told

RNG = np.random.default_rng(3)
POOL, VALIDATION, NORMS = RNG.normal(size=(120, 6)), RNG.normal(size=(40, 6)), RNG.gamma(2.0, size=120)
LABELS, VALIDATION_LABELS = np.arange(120) % 3, np.arange(40) % 3


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The arrays as files, under the names of a spec."""
    arrays = {
        "pool_embeddings": POOL,
        "validation_embeddings": VALIDATION,
        "gradient_norms": NORMS,
        "pool_labels": LABELS,
        "validation_labels": VALIDATION_LABELS,
        "validation_weights": np.arange(40) + 1.0,
    }
    for name, values in arrays.items():
        np.save(tmp_path / f"{name}.npy", values)
    return {name: str(tmp_path / f"{name}.npy") for name in arrays}


def kept(spec: dict[str, Any], own_workspace: Path) -> Any:
    """The selection of a select job."""
    workspace = Workspace(own_workspace).ensure()
    return RunStore(workspace).get(run_job("select", spec, workspace)["run"]).selection


def test_arrays_give_what_the_command_line_chooses(files: dict[str, str], own_workspace: Path) -> None:
    named = {name: files[name] for name in ("pool_embeddings", "validation_embeddings", "gradient_norms")}
    config = {"method": "goracs", "budget": 12, "lambda_": 0.3}
    coreset = goracs.select(POOL, VALIDATION, budget=12, lambda_=0.3, gradient_norms=NORMS)
    other = kept({**named, "config": config}, own_workspace)
    assert coreset.indices.tolist() == other.indices.tolist()
    assert (coreset.poo, coreset.problem.fingerprint) == (other.poo, other.problem_fingerprint)
    assert coreset.certificate is not None
    assert coreset.certificate.lower_bound == other.certificate.lower_bound


def test_labels_and_weights_give_what_the_command_line_chooses(files: dict[str, str], own_workspace: Path) -> None:
    coreset = goracs.select(
        POOL,
        VALIDATION,
        budget=12,
        gradient_norms=NORMS,
        labels=LABELS,
        validation_labels=VALIDATION_LABELS,
        validation_weights=np.arange(40) + 1.0,
    )
    other = kept({**files, "config": {"method": "goracs", "budget": 12}}, own_workspace)
    assert coreset.config.label_aware
    assert coreset.indices.tolist() == other.indices.tolist()
    assert coreset.selection.label_aware_poo == other.label_aware_poo
    apart = goracs.select(
        POOL,
        VALIDATION,
        budget=12,
        gradient_norms=NORMS,
        label_aware=False,
        labels=[f"class {label}" for label in LABELS],
        validation_labels=[f"class {one}" for one in VALIDATION_LABELS],
    )
    assert not apart.config.label_aware
    assert apart.poo <= coreset.poo


@pytest.mark.parametrize("given", ["demo", Path("data/demo"), None])
def test_a_dataset_by_folder_name_or_value(given: Any, own_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project_directory())
    source = goracs.load_dataset("demo") if given is None else given
    coreset = goracs.select(source, budget=0.01, method="random", seed=2)
    spec = {"dataset": str(demo_directory()), "config": {"method": "random", "budget": 30, "seed": 2}}
    assert not own_workspace.exists(), "nothing is written unless it is asked for"
    assert coreset.indices.tolist() == kept(spec, own_workspace).indices.tolist()
    frame = coreset.to_frame()
    shop = goracs.load_dataset("demo")
    assert frame["index"].tolist() == coreset.indices.tolist()
    assert frame["title"].tolist() == [shop.items.titles[shop.pool.targets[row]] for row in coreset.indices]
    assert min(frame["served"].tolist()) > 0


def test_without_gradient_norms_it_is_pure_transport() -> None:
    coreset = goracs.select(POOL.tolist(), pd.DataFrame(VALIDATION), budget=5)
    assert coreset.config.lambda_ == 0.0
    assert coreset.poo == coreset.transport_term
    assert goracs.select(POOL, VALIDATION, budget=5, gradient_norms=NORMS).config.lambda_ == 0.05
    with pytest.raises(ConfigError, match="gradient norms"):
        goracs.select(POOL, VALIDATION, budget=5, lambda_=0.1)


@pytest.mark.parametrize("budget", ["10%", 0.1, 12, 12.0, "12", np.int64(12), np.float64(0.1)])
def test_a_share_is_the_number_it_stands_for(budget: Any) -> None:
    assert len(goracs.select(POOL, VALIDATION, budget=budget, method="random")) == 12


def test_every_option_of_a_method_is_a_keyword() -> None:
    published = goracs.select(POOL, VALIDATION, budget=5, solver="itra", bound=True, max_exchanges=np.int64(0), seed=1)
    assert published.selection.trace.exchanges == ()
    assert published.certificate is not None
    scored = goracs.select(
        POOL, VALIDATION, budget=5, method="dealrec", scores=NORMS, effort_weight=0, strata=4, hard_prune_fraction=0.5
    )
    assert scored.selection.scores is not None
    assert NORMS[scored.indices].max() <= np.sort(NORMS)[60], "the upper half was dropped"
    assert "overall_score" in scored.to_frame()


def test_evaluate_draws_what_anybody_can_draw() -> None:
    coreset = goracs.select(POOL, VALIDATION, budget=8, lambda_=0.5, gradient_norms=NORMS)
    evaluation = goracs.evaluate(coreset, random_draws=7)
    drawn = [
        poo(coreset.problem, np.random.default_rng(seed).choice(120, 8, replace=False), 0.5).value for seed in range(7)
    ]
    assert evaluation.poo.value == coreset.poo
    assert evaluation.poo.mean == pytest.approx(np.mean(drawn), abs=1e-12)
    assert min(drawn) - 1e-12 <= evaluation.poo.low < evaluation.poo.high <= max(drawn) + 1e-12
    assert evaluation.poo.value < evaluation.poo.low
    assert evaluation.popularity is None
    assert evaluation.to_frame().loc["poo", "coreset"] == coreset.poo
    with pytest.raises(ConfigError, check=told("bad-option", option="random_draws")):
        goracs.evaluate(coreset, random_draws=1)


def test_evaluate_measures_popularity_where_a_dataset_is_known() -> None:
    coreset = goracs.select("demo", budget=20, method="random")
    evaluation = goracs.evaluate(coreset, random_draws=2)
    shop = goracs.load_dataset("demo")
    targets = shop.pool.targets[coreset.indices]
    frame = evaluation.to_frame()
    assert frame.loc["arp", "coreset"] == pytest.approx(shop.items.popularity[targets].mean())
    assert (frame.loc["arp", "random_low"]) < frame.loc["arp", "random_mean"] < frame.loc["arp", "random_high"]


@pytest.mark.parametrize("labels", [None, LABELS])
def test_verify_holds_and_sees_a_false_claim(labels: Any) -> None:
    coreset = goracs.select(
        POOL,
        VALIDATION,
        budget=9,
        gradient_norms=NORMS,
        labels=labels,
        validation_labels=None if labels is None else VALIDATION_LABELS,
    )
    found = goracs.verify(coreset)
    assert found.verified
    assert found.reason == ""
    assert found.poo == pytest.approx(coreset.poo, abs=1e-12)
    better = replace(coreset, selection=replace(coreset.selection, poo=coreset.poo - 1e-3))
    assert not goracs.verify(better).verified
    elsewhere = replace(coreset, work=goracs.select(POOL + 1, VALIDATION, budget=9, labels=None).work)
    assert not goracs.verify(elsewhere).problem_matches


def test_save_writes_what_verify_accepts(files: dict[str, str], tmp_path: Path) -> None:
    coreset = goracs.select(POOL, VALIDATION, budget=9, lambda_=0.2, gradient_norms=NORMS)
    folder = coreset.save(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["coreset.csv", "run.json", "selection.npz"]
    spec = {name: files[name] for name in ("pool_embeddings", "validation_embeddings", "gradient_norms")}
    assert verify_folder(folder, spec).verified
    assert pd.read_csv(folder / "coreset.csv")["index"].tolist() == coreset.indices.tolist()
    coreset.save(folder)  # an earlier result may be replaced
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        coreset.save(folder)
    coreset.save(folder, force=True)
    assert (folder / "thesis.tex").read_text() == "years of work"


def test_progress_is_a_function_or_an_object() -> None:
    told: list[tuple[str, int, int, str]] = []
    goracs.select(POOL, VALIDATION, budget=4, progress=lambda *report: told.append(report))
    again: list[tuple[str, int, int, str]] = []
    goracs.select(POOL, VALIDATION, budget=4, progress=Progress(lambda *report: again.append(report)))
    assert [report[0] for report in told] == [report[0] for report in again]
    assert "distances" in {report[0] for report in told}


def test_the_table_of_methods_names_each_with_its_options() -> None:
    table = goracs.methods()
    assert list(zip(table["method"], table["solver"], strict=True)) == [(k.method, k.solver) for k in CONFIGS]
    assert "max_rounds" in table.loc[0, "options"]
    assert table["summary"].str.len().min() > 10


def test_a_coreset_says_what_it_is() -> None:
    words = repr(goracs.select(POOL, VALIDATION, budget=4, method="k-centre"))
    assert words.startswith("Coreset(4 of 120 pool samples by k-centre, poo=0.")
    assert "gap=None" in words


NAN = np.where(np.arange(120)[:, None] == 7, np.nan, POOL)


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (ShapeError, {"pool": POOL[0]}),
        (ShapeError, {"pool": POOL[:, :5]}),
        (ShapeError, {"pool": POOL[:0]}),
        (ShapeError, {"pool": NAN}),
        (ShapeError, {"pool": [["a", "b"], ["c", "d"]]}),
        (ShapeError, {"pool": [[1.0], [1.0, 2.0]]}),
        (ShapeError, {"pool": POOL + 1j}),
        (ShapeError, {"pool": None}),
        (StoreError, {"pool": "no such dataset", "validation": None}),
        (ConfigError, {"pool": "demo"}),
        (ConfigError, {"validation": None}),
        (ShapeError, {"validation": VALIDATION * np.inf}),
        (ShapeError, {"gradient_norms": NORMS[1:]}),
        (ShapeError, {"gradient_norms": -NORMS}),
        (ShapeError, {"gradient_norms": NORMS * np.nan}),
        (ShapeError, {"gradient_norms": ["a"] * 120}),
        (ConfigError, {"labels": LABELS}),
        (ShapeError, {"labels": LABELS[1:], "validation_labels": VALIDATION_LABELS}),
        (ShapeError, {"labels": LABELS + 0.5, "validation_labels": VALIDATION_LABELS}),
        (ShapeError, {"labels": LABELS.astype(str), "validation_labels": VALIDATION_LABELS}),
        (ConfigError, {"label_aware": True}),
        (ConfigError, {"label_aware": "yes"}),
        (ConfigError, {"validation_weights": np.arange(40)}),
        (ShapeError, {"validation_weights": np.ones(39)}),
        (ConfigError, {"half_life": 3}),
        (ConfigError, {"scores": NORMS}),
        (ShapeError, {"scores": NORMS[1:], "method": "dealrec", "effort_weight": 0}),
        (ConfigError, {"budget": 121}),
        (ConfigError, {"budget": 0}),
        (ConfigError, {"budget": -3}),
        (ConfigError, {"budget": 1.5}),
        (ConfigError, {"budget": "101%"}),
        (ConfigError, {"budget": "many"}),
        (ConfigError, {"budget": None}),
        (ConfigError, {"method": "nonsense"}),
        (ConfigError, {"method": "dealrec"}),
        (ConfigError, {"solver": "nonsense"}),
        (ConfigError, {"max_exchanges": 3}),
        (ConfigError, {"gap": "small"}),
        (ConfigError, {"gap": 2}),
        (ConfigError, {"seed": 0.5}),
        (ConfigError, {"lambda_": -1}),
        (ConfigError, {"lambda_": "some"}),
        (ConfigError, {"progress": 3}),
    ],
)
def test_what_does_not_do_is_refused_in_a_sentence(error: type[GoracsError], arguments: dict[str, Any]) -> None:
    given = {"pool": POOL, "validation": VALIDATION, "budget": 4, **arguments}
    with pytest.raises(error) as caught:
        goracs.select(given.pop("pool"), given.pop("validation"), **given)
    assert len(str(caught.value)) > 20
    assert "\n" not in str(caught.value)


def test_an_unknown_option_is_refused_by_naming_those_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        goracs.select(POOL, VALIDATION, budget=4, method="ccs", neighbours=3)
    assert {"score", "strata", "hard_prune_fraction", "seed", "lambda_"} <= set(
        str(caught.value).replace(",", " ").replace(";", " ").split()
    )


def test_a_dataset_that_lies_nowhere_is_refused() -> None:
    shop = goracs.load_dataset("demo")
    with pytest.raises(StoreError, match="folder"):
        goracs.select(replace(shop, items=replace(shop.items, popularity=shop.items.popularity + 1)), budget=3)


def test_importing_the_package_loads_nothing_and_names_the_door() -> None:
    probe = "import sys, goracs_core as g; print('numpy' in sys.modules, 'pandas' in sys.modules, 'select' in dir(g))"
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(project_directory())},
    )
    assert done.stdout.split() == ["False", "False", "True"]
    with pytest.raises(AttributeError, match="nonsense"):
        goracs.nonsense  # noqa: B018
