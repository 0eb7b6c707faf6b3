"""The command line as a user meets it: the calls of the README, sentences for mistakes, nothing half-written."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import ot
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from goracs_core.cli import main
from goracs_core.cli.terminal import TerminalProgress
from goracs_core.config import ItraConfig
from goracs_core.data.store import load_dataset, save_dataset
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.runs import memory
from goracs_core.runs.store import RunStore
from goracs_core.workspace import Workspace, project_directory
from tests.runs.made import PATIENCE_SECONDS, long_spec, shop, write_arrays

SUMMARY = {
    "method", "solver", "budget", "lambda", "seed", "poo", "transport_term", "gradient_term", "seconds", "stop_reason",
    "fingerprint", "pass_at_1", "num_pool", "num_validation", "distance_scale", "gradient_scale",
}  # fmt: skip


def arrays(folder: Path, *names: str, n: int = 60, m: int = 20) -> list[str]:
    """Options that name freshly written arrays."""
    paths = write_arrays(folder / "arrays", n, m)
    rng = np.random.default_rng(5)
    for name, length in (("pool_labels", n), ("validation_labels", m)):
        paths[name] = str(folder / "arrays" / f"{name}.npy")
        np.save(paths[name], rng.integers(0, 2, size=length))
    wanted = names or ("pool_embeddings", "validation_embeddings", "gradient_norms")
    return [part for name in wanted for part in (f"--{name.replace('_', '-')}", paths[name])]


def last_json(text: str) -> dict:
    return json.loads(text.strip().splitlines()[-1])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence of a refusal."""
    try:
        status = main(arguments)
    except SystemExit as stop:  # argparse ends this way
        status = stop.code
    written = capsys.readouterr()
    assert status == 2, written
    assert written.out == ""
    lines = [line for line in written.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, written.err
    assert "Traceback" not in written.err
    return lines[0]


def in_a_process(*arguments: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "goracs_core", *arguments],
        cwd=project_directory(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell that runs these tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "solver"), [("goracs", "itra"), ("random", "random"), ("stratified-random", "stratified-random")]
)
def test_select_writes_what_it_promises(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], method: str, solver: str
) -> None:
    output = tmp_path / "out"
    labels = ["pool_labels", "validation_labels"] if method == "stratified-random" else []
    source = arrays(tmp_path, "pool_embeddings", "validation_embeddings", "gradient_norms", *labels)
    status = main(
        [
            "select",
            *source,
            "--method",
            method,
            "--budget",
            "7",
            "--lambda",
            "0.3",
            "--seed",
            "2",
            "--output",
            str(output),
        ]
    )
    written = capsys.readouterr()
    assert status == 0, written.err
    values = last_json(written.out)
    assert set(values) >= SUMMARY
    assert [values[name] for name in ("method", "solver", "budget", "lambda", "seed")] == [method, solver, 7, 0.3, 2]
    table = pd.read_csv(output / "coreset.csv")
    assert next(iter(table.columns)) == "index"
    assert len(set(table["index"])) == len(table) == 7
    record = json.loads((output / "run.json").read_text())
    assert record["selection"]["poo"] == values["poo"]
    assert record["config"]["method"] == method

    # POO once more, from the files alone, by another library call than ours.
    folder = tmp_path / "arrays"
    pool, validation = (np.load(folder / f"{name}_embeddings.npy").astype(float) for name in ("pool", "validation"))
    norms = np.load(folder / "gradient_norms.npy")
    distances = np.linalg.norm(pool[:, None] - validation[None], axis=2)
    rows = table["index"].to_numpy()
    transport = ot.emd2(np.full(7, 1 / 7), np.full(20, 1 / 20), distances[rows]) / distances.max()
    gradient = (norms[rows] / norms.max()).mean()
    assert values["transport_term"] == pytest.approx(transport, rel=1e-9)
    assert values["gradient_term"] == pytest.approx(gradient, rel=1e-12)
    assert values["poo"] == pytest.approx(transport - 0.3 * gradient, rel=1e-9)


def test_the_same_seed_gives_the_same_bytes_and_the_finished_run_is_reused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], own_workspace: Path
) -> None:
    call = ["select", *arrays(tmp_path), "--method", "goracs", "--budget", "9", "--lambda", "0.1", "--seed", "0"]
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
    base = ["select", *arrays(tmp_path), "--output", str(tmp_path / "out"), "--budget", "9"]
    seen = []
    for options in (
        ["--method", "random"], ["--method", "random", "--seed", "1"], ["--lambda", "0"], ["--lambda", "3"],
        ["--lambda", "0", "--max-exchanges", "0"],
    ):  # fmt: skip
        assert main([*base, *options]) == 0
        seen.append(last_json(capsys.readouterr().out)["fingerprint"])
    assert len(set(seen)) == len(seen)


def test_labels_switch_label_aware_selection_on_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = arrays(
        tmp_path, "pool_embeddings", "validation_embeddings", "gradient_norms", "pool_labels", "validation_labels"
    )
    call = ["select", *source, "--budget", "8", "--output", str(tmp_path / "out")]
    assert main(call) == 0
    aware = last_json(capsys.readouterr().out)
    assert aware["label_aware"] is True
    assert aware["label_aware_poo"] >= aware["poo"], "a plan within classes is one of the plans of the whole"
    assert main([*call, "--no-label-aware"]) == 0
    unaware = last_json(capsys.readouterr().out)
    assert unaware["label_aware"] is False
    assert "label_aware_poo" not in unaware
    assert main([*call, "--method", "random"]) == 0
    assert last_json(capsys.readouterr().out)["label_aware"] is False


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


def test_prepare_reads_a_table_and_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    lines = ["customer,sku,when,stars"]
    lines += [
        f"c{rng.integers(30)},s{rng.integers(12)},{1_600_000_000 + step * 1000},{rng.integers(1, 6)}"
        for step in range(900)
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    call = ["prepare", "--source", str(tmp_path / "log.csv"), "--output", str(tmp_path / "data"), "--k-core", "2",
            "--user-column", "customer", "--item-column", "sku", "--time-column", "when", "--rating-column", "stars",
            "--max-pool", "50", "--seed", "1"]  # fmt: skip
    for task in ("seqrec", "ctr"):
        assert main([*call, "--task", task]) == 0
        written = capsys.readouterr()
        assert "50 of" in written.out, "sampling is announced"
        dataset = load_dataset(tmp_path / "data")
        assert (str(dataset.task), len(dataset.pool)) == (task, 50)


def test_features_and_select_without_gradient_norms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_dataset(shop(), tmp_path / "data")
    call = ["features", "--dataset", str(tmp_path / "data"), "--model", "none"]
    assert main(call) == 0
    assert "384 wide" in capsys.readouterr().out
    assert main(call) == 0
    assert "already" in capsys.readouterr().out
    select = ["select", "--dataset", str(tmp_path / "data"), "--budget", "5", "--output", str(tmp_path / "out")]
    assert "--lambda 0" in refused(capsys, *select)
    assert main([*select, "--lambda", "0"]) == 0
    assert last_json(capsys.readouterr().out)["has_gradient_norms"] is False


def test_the_demo_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    told = capsys.readouterr().out
    assert str(project_directory() / "data" / "demo") in told
    assert "pool" in told


MISTAKES = [
    (["--budget", "0"], "budget is 0"),
    (["--budget", "61"], "61"),
    (["--budget", "many"], "--budget"),
    (["--budget", "5", "--lambda", "-1"], "lambda is -1"),
    (["--budget", "5", "--lambda", "nan"], "lambda is nan"),
    (["--budget", "5", "--seed", "-1"], "seed is -1"),
    (["--budget", "5", "--method", "gorcas"], "gorcas"),
    (["--budget", "5", "--solver", "ITRA"], "--solver ITRA does not go"),
    (["--budget", "5", "--method", "random", "--solver", "itra"], "--solver itra does not go"),
    (["--budget", "5", "--method", "random", "--max-exchanges", "3"], "--max-exchanges does not go"),
    (["--budget", "5", "--method", "random", "--prune-candidates", "3"], "--prune-candidates does not go"),
    (["--budget", "5", "--method", "stratified-random"], "stratum"),
    (["--budget", "5", "--label-aware"], "--pool-labels"),
    (["--budget", "5", "--dataset", "nowhere"], "nowhere"),
    (["--budget", "5", "--pool-labels", "x.npy"], "--validation-labels"),
    (["--budget", "5", "--bogus"], "--bogus"),
    ([], "--budget"),
]


@pytest.mark.parametrize(("options", "says"), MISTAKES)
def test_mistakes_are_sentences_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    output = tmp_path / "out"
    assert says in refused(capsys, "select", *arrays(tmp_path), *options, "--output", str(output))
    assert not output.exists()


def test_mistakes_in_the_arrays_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = arrays(tmp_path, "pool_embeddings", "validation_embeddings")
    tail = ["--budget", "5", "--output", str(tmp_path / "out")]
    assert "--gradient-norms" in refused(capsys, "select", *both, *tail)
    assert "--validation-embeddings" in refused(capsys, "select", *both[:2], *tail)
    assert "59" in refused(capsys, "select", *both, *short(tmp_path, "gradient-norms", 59), *tail)
    folder = tmp_path / "nodata"
    folder.mkdir()
    assert "no dataset" in refused(capsys, "select", "--dataset", str(folder), *tail)
    assert "not both" in refused(capsys, "select", *both, "--dataset", str(folder), *tail)
    missing = ["--pool-embeddings", str(tmp_path / "missing.npy"), *both[2:]]
    assert "missing.npy" in refused(capsys, "select", *missing, "--lambda", "0", *tail)
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}, []], dtype=object))
    assert "objects.npy" in refused(
        capsys, "select", "--pool-embeddings", str(objects), *both[2:], "--lambda", "0", *tail
    )
    text = tmp_path / "text.npy"
    np.save(text, np.array([["a", "b"], ["c", "d"]]))
    assert "numbers" in refused(capsys, "select", "--pool-embeddings", str(text), *both[2:], "--lambda", "0", *tail)
    narrow = tmp_path / "narrow.npy"
    np.save(narrow, np.zeros((6, 3), np.float32))
    assert "width" in refused(capsys, "select", "--pool-embeddings", str(narrow), *both[2:], "--lambda", "0", *tail)


def short(folder: Path, name: str, length: int) -> list[str]:
    np.save(folder / "short.npy", np.ones(length))
    return [f"--{name}", str(folder / "short.npy")]


def test_other_commands_refuse_in_sentences_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in refused(
        capsys, "prepare", "--source", str(tmp_path / "no"), "--task", "ctr", "--output", str(tmp_path / "o")
    )
    assert "rating" in refused(capsys, "prepare", "--source", "x", "--task", "rating", "--output", "o")
    assert "nowhere" in refused(capsys, "features", "--dataset", "nowhere")
    save_dataset(shop(), tmp_path / "data")
    assert "loss" in refused(capsys, "features", "--dataset", str(tmp_path / "data"), "--loss", "hinge")
    assert "no run" in refused(capsys, "runs", "show", "unknown")
    assert "0 or more" in refused(capsys, "worker", "--idle-minutes", "-1")
    assert "65535" in refused(capsys, "app", "--port", "99999")
    assert "COMMAND" in refused(capsys)


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
    assert json.loads((output / "run.json").read_text())["config"]["seed"] == 4
    file = tmp_path / "file"
    file.write_text("")
    assert "is a file" in refused(capsys, *call[:-1], str(file))


def test_what_does_not_fit_into_memory_is_refused_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ["select", *arrays(tmp_path), "--budget", "5", "--output", str(tmp_path / "out")]
    width = np.load(call[2]).shape[1]
    needed = memory.selection_bytes(ItraConfig(5), 60, 20, width)
    assert needed > 4 * 60 * 20 + memory.selection_bytes(ItraConfig(5), 1, 1, width)
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


def test_runs_can_be_listed_shown_exported_and_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(
        ["select", *arrays(tmp_path), "--budget", "5", "--name", "my run", "--output", str(tmp_path / "out")]
    ) == 0  # fmt: skip
    run = last_json(capsys.readouterr().out)["run"]
    assert main(["runs", "list"]) == 0
    listed = capsys.readouterr().out
    assert run in listed
    assert "my run" in listed
    assert main(["runs", "show", run]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "my run"
    target = tmp_path / "again.csv"
    assert main(["runs", "export", run, "--output", str(target)]) == 0
    assert target.read_bytes() == (tmp_path / "out" / "coreset.csv").read_bytes()
    capsys.readouterr()
    assert "exists" in refused(capsys, "runs", "export", run, "--output", str(target))
    assert "prompts" in refused(
        capsys, "runs", "export", run, "--format", "instructions", "--output", str(tmp_path / "i.json")
    )
    assert not (tmp_path / "i.json").exists()
    for name in ("parquet", "jsonl", "bundle"):
        assert main(["runs", "export", run, "--format", name, "--output", str(tmp_path / name)]) == 0
    assert len(pd.read_parquet(tmp_path / "parquet")) == 5
    assert main(["runs", "delete", run]) == 0
    capsys.readouterr()
    assert main(["runs", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_help_is_there_for_every_command_and_options_are_not_abbreviated(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("demo", "prepare", "features", "select", "runs", "app", "worker"):
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
        assert len(capsys.readouterr().out) > 100
    assert "--budg" in refused(capsys, "select", "--budg", "5", "--output", "x")


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numba', 'ot', 'umap', 'transformers', 'streamlit', 'pandas', 'scipy'}"
    code = f"import sys, goracs_core.cli; goracs_core.cli.build_parser(); print(sorted({heavy} & set(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=project_directory(), capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_cancelled_and_leaves_nothing(tmp_path: Path, own_workspace: Path, number: signal.Signals) -> None:
    spec = long_spec(tmp_path)
    config = spec.pop("config")
    source = [part for name, path in spec.items() for part in (f"--{name.replace('_', '-')}", path)]
    process = in_a_process(
        "select", *source, "--budget", str(config["budget"]), "--lambda", "0.5", "--max-exchanges", "100000",
        "--prune-candidates", "60", "--output", str(tmp_path / "out"),
    )  # fmt: skip
    assert process.stderr is not None
    told = ""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "exchanges" not in told and time.monotonic() < deadline:
        told += process.stderr.readline()
    process.send_signal(number)
    out, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.splitlines()[-1] == "cancelled"
    assert "Traceback" not in told
    assert out == ""
    assert not (tmp_path / "out").exists()
    assert RunStore(Workspace(own_workspace)).list() == ()
    assert not list(tmp_path.glob(".writing-*"))


def test_progress_is_one_changing_line_on_a_terminal_and_sparse_elsewhere() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    live, file = Terminal(), io.StringIO()
    for stream in (live, file):
        progress = TerminalProgress(stream)
        for done in range(1000):
            progress("greedy", done, 1000)
        progress("exchanges", 0, 0, "first")
        progress.close()
    assert "\n" not in live.getvalue()
    assert live.getvalue().endswith("\r\x1b[K"), "the line is taken away at the end"
    assert file.getvalue().splitlines() == ["greedy 0 of 1,000 (0%)", "exchanges: first"]


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
