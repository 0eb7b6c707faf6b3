"""`select` as a user meets it: what it writes, what decides the result, where it may write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import ot
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from goracs_core.cli import main
from goracs_core.data.store import save_dataset
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs import memory
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import CertifiedConfig, ItraConfig, SelectionConfig
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes
from goracs_core.workspace import Workspace
from tests.cli.calls import EMBEDDINGS, LABELS, arrays, chosen, last_json, loaded, refused
from tests.jobs.made import shop
from tests.problems import CONFIGS

SUMMARY = {
    "method", "solver", "budget", "lambda", "seed", "poo", "lower_bound", "gap", "rounds", "transport_term",
    "gradient_term", "seconds", "stop_reason", "fingerprint", "pass_at_1", "num_pool", "num_validation",
    "distance_scale", "gradient_scale", "validation_weights", "stages",
}  # fmt: skip


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: kind.solver)
def test_select_writes_what_it_promises(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: type[SelectionConfig]
) -> None:
    output, method, solver = tmp_path / "out", kind.method, kind.solver
    more = LABELS if method == "stratified-random" else ("scores",) if kind(7).needed_scores else ()
    call = [*arrays(tmp_path, *EMBEDDINGS, "gradient_norms", *more), "--method", method, "--solver", solver]
    values = chosen(capsys, *call, "--budget", "7", "--lambda", "0.3", "--seed", "2", "--output", str(output))
    assert set(values) >= SUMMARY
    assert [values[name] for name in ("method", "solver", "budget", "lambda", "seed")] == [method, solver, 7, 0.3, 2]
    table = pd.read_csv(output / "coreset.csv")
    assert next(iter(table.columns)) == "index"
    assert len(set(table["index"])) == len(table) == 7
    record = json.loads((output / "run.json").read_text())["record"]
    assert record["selection"]["poo"] == values["poo"]
    assert (record["config"]["method"], record["config"]["solver"]) == (method, solver)

    # POO once more, from the files alone, by another library call than ours.
    pool, validation = (loaded(tmp_path, name).astype(float) for name in EMBEDDINGS)
    norms = loaded(tmp_path, "gradient_norms")
    distances = np.linalg.norm(pool[:, None] - validation[None], axis=2)
    rows = table["index"].to_numpy()
    transport = ot.emd2(np.full(7, 1 / 7), np.full(20, 1 / 20), distances[rows]) / distances.max()
    gradient = (norms[rows] / norms.max()).mean()
    assert values["transport_term"] == pytest.approx(transport, rel=1e-9)
    assert values["gradient_term"] == pytest.approx(gradient, rel=1e-12)
    assert values["poo"] == pytest.approx(transport - 0.3 * gradient, rel=1e-9)
    if solver == "certified":
        assert values["lower_bound"] <= values["poo"]
        assert values["gap"] == pytest.approx((values["poo"] - values["lower_bound"]) / transport, abs=1e-12)
        assert values["rounds"] > 0
    else:
        assert [values[name] for name in ("lower_bound", "gap", "rounds")] == [None, None, None]


def test_the_default_is_the_certified_solver_and_says_what_it_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["select", *arrays(tmp_path), "--budget", "7", "--output", str(tmp_path / "out")]
    assert main(call) == 0
    told = capsys.readouterr().out
    values = last_json(told)
    defaults = CertifiedConfig(7)
    assert (values["method"], values["solver"]) == ("goracs", "certified")
    assert values["requested_gap"] == defaults.gap
    assert (values["max_rounds"], values["max_seconds"]) == (defaults.max_rounds, defaults.max_seconds)
    assert "proven: no coreset of 7 samples can be" in told
    assert f"lower bound {values['lower_bound']:.6f}" in told
    assert main([*call, "--method", "random"]) == 0
    assert "proven" not in capsys.readouterr().out


def test_each_option_of_the_certified_solver_changes_when_it_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = [*arrays(tmp_path, n=300, m=80), "--budget", "9", "--output", str(tmp_path / "out")]
    satisfied = chosen(capsys, *call, "--gap", "0.5")
    assert satisfied["stop_reason"] == "the proven gap is at most 50.0000%"
    assert 0 < satisfied["gap"] <= 0.5
    short = chosen(capsys, *call, "--gap", "0", "--max-rounds", "20")
    long = chosen(capsys, *call, "--gap", "0", "--max-rounds", "400")
    assert main(["select", *call, "--gap", "1e-9", "--max-rounds", "20"]) == 0
    assert "the gap of 1e-09 that was asked for was not reached" in capsys.readouterr().out
    assert (short["rounds"], long["rounds"]) == (20, 400)
    assert short["lower_bound"] < long["lower_bound"], "more rounds prove more"
    assert long["gap"] < satisfied["gap"]
    hurried = chosen(capsys, *call, "--gap", "0", "--max-rounds", "400", "--max-seconds", "0.001")
    assert "time limit" in hurried["stop_reason"]
    assert hurried["rounds"] < 400
    assert hurried["lower_bound"] <= hurried["poo"], "what is proven by then counts"


def test_a_bound_on_request_leaves_the_published_procedure_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = [*arrays(tmp_path), "--solver", "itra", "--budget", "9", "--output", str(tmp_path / "out")]
    plain, bounded = chosen(capsys, *call), chosen(capsys, *call, "--bound")
    assert plain["lower_bound"] is None
    assert bounded["fingerprint"] == plain["fingerprint"]
    best = chosen(capsys, *arrays(tmp_path), "--gap", "0", "--budget", "9", "--output", str(tmp_path / "out"))
    assert bounded["lower_bound"] <= best["poo"] <= bounded["poo"] + 1e-12


def test_the_same_seed_gives_the_same_bytes_and_the_finished_run_is_reused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], own_workspace: Path
) -> None:
    solver = ["--method", "goracs", "--solver", "certified", "--gap", "0.001"]
    call = ["select", *arrays(tmp_path), *solver, "--budget", "9", "--lambda", "0.1", "--seed", "0"]
    results = []
    for name, options in (("first", []), ("second", ["--fresh"]), ("third", [])):
        assert main([*call, "--output", str(tmp_path / name), *options]) == 0
        results.append(last_json(capsys.readouterr().out))
    contents = {(tmp_path / name / "coreset.csv").read_bytes() for name in ("first", "second", "third")}
    assert len(contents) == 1
    assert [result["reused"] for result in results] == [False, False, True]
    assert len({result["fingerprint"] for result in results}) == 1
    assert len(RunStore(Workspace(own_workspace)).list()) == 2, "--fresh computed, the third call did not"


def test_another_seed_another_budget_another_lambda_change_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = [*arrays(tmp_path), "--output", str(tmp_path / "out"), "--budget", "9"]
    varied = (
        ["--method", "random"],
        ["--method", "random", "--seed", "1"],
        ["--lambda", "0"],
        ["--lambda", "3"],
        ["--lambda", "0", "--solver", "itra", "--max-exchanges", "0"],
    )
    seen = [chosen(capsys, *base, *options)["fingerprint"] for options in varied]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("solver", ["certified", "itra"])
def test_labels_switch_label_aware_selection_on_by_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], solver: str
) -> None:
    source = arrays(tmp_path, *EMBEDDINGS, "gradient_norms", *LABELS)
    call = [*source, "--budget", "8", "--output", str(tmp_path / "out")]
    aware = chosen(capsys, *call, "--solver", solver)
    assert aware["label_aware"] is True
    assert aware["label_aware_poo"] >= aware["poo"], "a plan within classes is one of the plans of the whole"
    unaware = chosen(capsys, *call, "--solver", solver, "--no-label-aware")
    assert unaware["label_aware"] is False
    assert "label_aware_poo" not in unaware
    assert chosen(capsys, *call, "--method", "random")["label_aware"] is False


def test_select_from_a_dataset_by_folder_and_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], own_workspace: Path
) -> None:
    dataset, rng = shop(("=A", "B", "C", "D")), np.random.default_rng(0)
    folder = Workspace(own_workspace).ensure().datasets / "Shop"
    save_dataset(dataset, folder)
    save_features(
        features_from_arrays(dataset, rng.normal(size=(40, 5)), rng.normal(size=(12, 5)), rng.gamma(2.0, size=40)),
        folder,
    )
    for given, method in ((str(folder), "goracs"), ("Shop", "stratified-random")):
        output = tmp_path / method
        assert main(["select", "--dataset", given, "--method", method, "--budget", "8", "--output", str(output)]) == 0
        assert last_json(capsys.readouterr().out)["dataset"] == "Shop"
        table = pd.read_csv(output / "coreset.csv")
        assert set(table["title"]) <= {"'=A", "B", "C", "D"}
        assert table["id"].tolist() == [f"p{row}" for row in table["index"]]
    # Four targets of ten samples each, all of different popularity: proportional strata take two of each.
    assert table["title"].value_counts().tolist() == [2, 2, 2, 2]


def test_a_folder_with_other_files_is_not_written_into_without_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "thesis.tex").write_text("years of work")
    call = ["select", *arrays(tmp_path), "--method", "random", "--budget", "5", "--output", str(output)]
    assert "thesis.tex" in refused(capsys, *call)
    assert os.listdir(output) == ["thesis.tex"]
    assert main([*call, "--force"]) == 0
    assert (output / "thesis.tex").read_text() == "years of work"
    (output / "thesis.tex").unlink()
    assert main([*call, "--seed", "4"]) == 0, "an earlier result may be replaced"
    assert last_json(capsys.readouterr().out)["seed"] == 4
    assert json.loads((output / "run.json").read_text())["record"]["config"]["seed"] == 4
    file = tmp_path / "file"
    file.write_text("")
    assert "is a file" in refused(capsys, *call[:-1], str(file))


def test_what_does_not_fit_into_memory_is_refused_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """ITRA needs all distances at once; the certified solver recomputes what does not fit."""
    call = ["select", *arrays(tmp_path), "--solver", "itra", "--budget", "5", "--output", str(tmp_path / "out")]
    needed = selection_bytes(ItraConfig(5), Sizes(60, 20, loaded(tmp_path, "pool_embeddings").shape[1]))
    monkeypatch.setattr(memory, "available_bytes", lambda: needed - 1)
    said = refused(capsys, *call)
    assert "--max-pool" in said
    assert "at most 59 pool samples" in said
    monkeypatch.setattr(memory, "available_bytes", lambda: needed)
    assert main(call) == 0


def test_free_memory_is_a_sensible_number() -> None:
    available = memory.available_bytes()
    assert available is not None
    assert 2**20 < available < 2**50


@pytest.mark.real_data
def test_poo_on_real_embeddings_agrees_with_pot_alone(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = real_data / "games-15k-5k"
    pool, validation = (np.load(folder / f"{name}_embeddings.npy") for name in ("train", "valid"))
    pool, validation = pool[:3000], validation[:1000]
    gradient = np.asarray(np.load(folder / "llama7b_gradient_norms_unaligned.npy")[:3000], np.float64)
    source = []
    for name, values in (
        ("pool-embeddings", pool),
        ("validation-embeddings", validation),
        ("gradient-norms", gradient),
    ):
        np.save(tmp_path / f"{name}.npy", values)
        source += [f"--{name}", str(tmp_path / f"{name}.npy")]
    call = ["select", *source, "--budget", "64", "--lambda", "0.05", "--output", str(tmp_path / "out")]
    assert main(call) == 0
    values = last_json(capsys.readouterr().out)
    rows = pd.read_csv(tmp_path / "out" / "coreset.csv")["index"].to_numpy()
    distances = cdist(pool.astype(np.float64), validation.astype(np.float64))
    mass, needed = np.full(64, 1 / 64), np.full(1000, 1 / 1000)
    transport = ot.emd2(mass, needed, distances[rows], numItermax=10_000_000) / distances.max()
    poo = transport - 0.05 * (gradient[rows] / gradient.max()).mean()
    assert values["poo"] == pytest.approx(poo, rel=1e-9)
