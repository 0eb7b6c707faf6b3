"""`verify`: finished coresets are confirmed, changed ones and other data are found out, each with one sentence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import main
from goracs_core.jobs.select import files
from goracs_core.store.kind import digest
from goracs_core.workspace import project_directory
from tests.cli.calls import EMBEDDINGS, LABELS, arrays, chosen, last_json, loaded, refused

BASE = (*EMBEDDINGS, "gradient_norms")


def verified(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON of a `verify` that must succeed."""
    status = main(["verify", *arguments])
    written = capsys.readouterr()
    assert status == 0, written.err
    values = last_json(written.out)
    assert values["verified"] is True
    assert values["problem_matches"] is True
    return values


def doubted(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, dict[str, Any]]:
    """The one sentence and the JSON of a `verify` that must fail although all files can be read."""
    assert main(["verify", *arguments]) == 2
    written = capsys.readouterr()
    errors = [line for line in written.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, written.err
    values = last_json(written.out)
    assert values["verified"] is False
    assert errors[0] == f"error: not verified: {values['reason']}"
    assert "\nverified\n" not in written.out
    return errors[0], values


def selected(
    folder: Path, capsys: pytest.CaptureFixture[str], *options: str, names: tuple[str, ...] = BASE
) -> list[str]:
    """Select into folder / out; the arguments that verify it."""
    source = arrays(folder, *names)
    chosen(capsys, *source, "--budget", "7", "--lambda", "0.2", *options, "--output", str(folder / "out"))
    return [str(folder / "out"), *source]


def bound_by_loops(folder: Path, budget: int, lambda_: float, weights: np.ndarray) -> float:
    """The bound at the run's prices, written down once more as slowly as it reads."""
    pool, validation = (loaded(folder, name).astype(float) for name in EMBEDDINGS)
    norms = loaded(folder, "gradient_norms")
    prices = np.load(folder / "out" / files.SELECTION)["selection.certificate.prices"]
    distances = np.linalg.norm(pool[:, None] - validation[None], axis=2)
    distances /= distances.max()
    weights = weights / weights.sum()
    values = []
    for row in range(len(pool)):
        left, value = 1 / budget, -lambda_ * norms[row] / norms.max() / budget
        for column in np.argsort(distances[row] - prices):
            mass = min(left, weights[column])
            value += mass * (distances[row, column] - prices[column])
            left -= mass
        values.append(value)
    return float(weights @ prices + sum(sorted(values)[:budget]))


@pytest.mark.parametrize("solver", [["--solver", "certified"], ["--solver", "itra", "--bound"]])
def test_a_finished_run_is_verified_and_its_bound_is_what_the_prices_prove(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], solver: list[str]
) -> None:
    call = selected(tmp_path, capsys, *solver)
    values = verified(capsys, *call)
    record = json.loads((tmp_path / "out" / files.RUN).read_text())["record"]
    assert values["claimed_poo"] == record["selection"]["poo"]
    assert values["claimed_lower_bound"] == record["selection"]["certificate"]["lower_bound"]
    assert values["poo"] == pytest.approx(record["selection"]["poo"], rel=1e-12)
    assert values["lower_bound"] == pytest.approx(bound_by_loops(tmp_path, 7, 0.2, np.ones(20)), rel=1e-9)
    expected = (values["poo"] - values["lower_bound"]) / values["transport_term"]
    assert values["gap"] == pytest.approx(expected, abs=1e-12)
    # The same by the run's id.
    assert verified(capsys, record["id"], *call[1:]) == values


def test_weights_and_times_are_needed_again_and_the_half_life_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = (*BASE, "validation_weights")
    call = selected(tmp_path, capsys, names=names)
    values = verified(capsys, *call)
    weights = loaded(tmp_path, "validation_weights")
    assert values["lower_bound"] == pytest.approx(bound_by_loops(tmp_path, 7, 0.2, weights), rel=1e-9)
    said, _ = doubted(capsys, *call[:-2])
    assert "give them with --validation-weights" in said
    call = selected(tmp_path, capsys, "--half-life", "9", names=(*BASE, "validation_times"))
    verified(capsys, *call)
    assert "half-life of 9 days; give their times" in refused(capsys, "verify", *call[:-2])
    call = selected(tmp_path, capsys)
    said, _ = doubted(capsys, *call, *arrays(tmp_path, "validation_weights"))
    assert "leave --validation-weights out" in said
    assert "leave --validation-times out" in refused(capsys, "verify", *call, *arrays(tmp_path, "validation_times"))


@pytest.mark.parametrize("solver", [["--solver", "certified"], ["--solver", "itra", "--bound"], ["--solver", "itra"]])
def test_label_aware_runs_are_verified_class_by_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], solver: list[str]
) -> None:
    call = selected(tmp_path, capsys, *solver, names=(*BASE, *LABELS, "validation_weights"))
    values = verified(capsys, *call)
    assert values["label_aware"] is True
    assert values["label_aware_poo"] == pytest.approx(values["claimed_label_aware_poo"], rel=1e-12)
    assert values["label_aware_poo"] >= values["poo"] - 1e-12
    if "--bound" in solver or "certified" in solver:
        assert values["lower_bound"] == pytest.approx(values["claimed_lower_bound"], rel=1e-9)
        assert values["lower_bound"] <= values["label_aware_poo"]
    else:
        assert values["lower_bound"] is None
    labels = loaded(tmp_path, "pool_labels")
    path = tmp_path / "out" / files.CORESET
    table = pd.read_csv(path)
    outside = np.setdiff1d(np.flatnonzero(labels != labels[table.loc[0, "index"]]), table["index"])
    table.loc[0, "index"] = outside[0]
    table.to_csv(path, index=False)
    assert "samples of label" in doubted(capsys, *call)[0]


def test_a_run_on_a_dataset_is_verified_with_the_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["--method", "random", "--budget", "20", "--half-life", "20", "--output", str(tmp_path / "out")]
    chosen(capsys, "--dataset", "demo", *call)
    verified(capsys, str(tmp_path / "out"), "--dataset", "demo")
    said, values = doubted(capsys, str(tmp_path / "out"), *arrays(tmp_path, *BASE))
    assert "made on the dataset Demo shop" in said
    assert values["problem_matches"] is False
    said, _ = doubted(capsys, *selected(tmp_path / "more", capsys)[:1], "--dataset", "demo")
    assert "made on bare arrays, not on Demo shop" in said


def test_without_a_certificate_the_value_is_verified_and_the_bound_said_to_be_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = selected(tmp_path, capsys, "--method", "random")
    assert main(["verify", *call]) == 0
    told = capsys.readouterr().out
    assert "carries no certificate" in told
    assert "proven" not in told
    values = last_json(told)
    assert (values["lower_bound"], values["gap"], values["verified"]) == (None, None, True)


def edit_run(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change run.json, and let its digests of the other files be true."""
    path = folder / files.RUN
    record = json.loads(path.read_text())
    change(record)
    record["files"] = {
        name: digest((folder / name).read_bytes())
        for name in (files.CORESET, files.SELECTION)
        if (folder / name).exists()
    }
    path.write_text(json.dumps(record))


def swap_row(folder: Path) -> None:
    table = pd.read_csv(folder / files.CORESET)
    table.loc[2, "index"] = next(row for row in range(60) if row not in set(table["index"]))
    table.to_csv(folder / files.CORESET, index=False)


def set_rows(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        change(pd.read_csv(folder / files.CORESET)).to_csv(folder / files.CORESET, index=False)

    return apply


def lift_prices(folder: Path) -> None:
    with np.load(folder / files.SELECTION) as archive:
        contents = {name: archive[name] for name in archive.files}
    contents["selection.certificate.prices"] += np.linspace(0, 0.1, 20)
    np.savez(folder / files.SELECTION, allow_pickle=False, **contents)


def claim(name: str, by: float) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        def change(record: dict[str, Any]) -> None:
            selection = record["record"]["selection"]
            place = selection["certificate"] if name in ("lower_bound", "gap") else selection
            place[name] += by

        edit_run(folder, change)

    return apply


def set_claims(**changes: dict[str, Any]) -> Callable[[Path], None]:
    def change(record: dict[str, Any]) -> None:
        for name, values in changes.items():
            record["record"][name].update(values)

    return lambda folder: edit_run(folder, change)


def true_digests(tamper: Callable[[Path], None]) -> Callable[[Path], None]:
    """The same change by somebody who also corrects the digests."""

    def apply(folder: Path) -> None:
        tamper(folder)
        edit_run(folder, lambda record: None)

    return apply


TAMPERED = [
    (swap_row, "names other rows"),
    (true_digests(swap_row), "names other rows by fingerprint"),
    (set_rows(lambda table: table.iloc[::-1]), "another order"),
    (set_rows(lambda table: table.iloc[:-1]), "holds 6 rows, and the run chose 7"),
    (set_rows(lambda table: table.assign(index=table["index"] + 60)), "the pool has 60 rows"),
    (set_rows(lambda table: table.assign(index=table["index"].iloc[0])), "a pool row twice"),
    (set_rows(lambda table: table.assign(gradient_norm=0.0)), "coreset.csv was changed since it was written"),
    (lift_prices, "selection.npz was changed since it was written"),
    (true_digests(lift_prices), "claims a lower bound of"),
    (lambda folder: (folder / files.SELECTION).unlink(), "the prices that prove it are missing"),
    (claim("poo", -1e-6), "claims a POO of"),
    (claim("transport_term", 1e-6), "claims a transport term of"),
    (claim("gradient_term", 1e-6), "claims a gradient term of"),
    (claim("lower_bound", 1e-6), "claims a lower bound of"),
    (claim("lower_bound", -1e-6), "claims a lower bound of"),
    (claim("gap", -1e-6), "claims a gap of"),
    (lambda folder: edit_run(folder, lambda record: record["record"]["config"].update(lambda_=0.3)), "claims a POO of"),
    (
        lambda folder: edit_run(folder, lambda record: record["record"]["selection"].update(certificate=None)),
        "claims no lower bound, but",
    ),
]


@pytest.mark.parametrize(("tamper", "says"), TAMPERED, ids=[str(number) for number in range(len(TAMPERED))])
def test_what_was_changed_is_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tamper: Callable[[Path], None], says: str
) -> None:
    call = selected(tmp_path, capsys)
    verified(capsys, *call)
    tamper(tmp_path / "out")
    said, values = doubted(capsys, *call)
    assert says in said
    assert values["problem_matches"] is True


def test_a_tampered_coreset_is_valued_as_it_now_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = selected(tmp_path, capsys)
    swap_row(tmp_path / "out")
    _, values = doubted(capsys, *call)
    assert values["poo"] != values["claimed_poo"]
    assert values["lower_bound"] <= values["poo"], "the bound holds for every coreset"


def change_array(folder: Path, name: str) -> None:
    path = folder / "arrays" / f"{name}.npy"
    values = np.load(path)
    values[0] = abs(1 - values[0])
    np.save(path, values)


@pytest.mark.parametrize("name", [*BASE, *LABELS, "validation_weights"])
def test_other_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    call = selected(tmp_path, capsys, names=(*BASE, *LABELS, "validation_weights"))
    change_array(tmp_path, name)
    said, values = doubted(capsys, *call)
    assert f"the {name.replace('_', ' ')} are not those the run was made on" in said
    assert values["problem_matches"] is False
    assert values["poo"] is None


def test_data_that_is_left_out_or_added_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = selected(tmp_path, capsys, names=(*BASE, *LABELS))
    assert "give them with --pool-labels" in doubted(capsys, *call[:7])[0]
    assert "give them with --gradient-norms" in doubted(capsys, *call[:5], *call[7:])[0]
    call = selected(tmp_path, capsys, "--lambda", "0", names=EMBEDDINGS)
    assert "leave --gradient-norms out" in doubted(capsys, *call, *arrays(tmp_path, "gradient_norms"))[0]
    said, values = doubted(capsys, *call, *arrays(tmp_path, *LABELS))
    assert "without pool labels" in said
    assert values["problem_matches"] is False


def test_missing_and_damaged_files_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["verify", *selected(tmp_path, capsys)]
    folder = tmp_path / "out"
    original = {path.name: path.read_bytes() for path in folder.iterdir()}

    def after(**contents: bytes | None) -> str:
        """The refusal when files (by stem) have other content or are gone."""
        for name, content in original.items():
            (folder / name).write_bytes(content)
        for name in original:
            stem = name.split(".")[0]
            if stem in contents:
                (folder / name).unlink()
                if (content := contents[stem]) is not None:
                    (folder / name).write_bytes(content)
        return refused(capsys, *call)

    assert "holds no run.json" in after(run=None)
    assert "is damaged" in after(run=b"{")
    assert "format" in after(run=b"{}")
    assert "is damaged" in after(run=json.dumps({"format": 1}).encode())
    record = json.loads(original[files.RUN])
    values = record["record"]
    for place, value in (("poo", float("nan")), ("transport_term", "much")):
        broken = record | {"record": values | {"selection": values["selection"] | {place: value}}}
        assert "is damaged" in after(run=json.dumps(broken).encode())
    broken = record | {"record": values | {"inputs": {"half_life": "long"}}}
    assert "is damaged" in after(run=json.dumps(broken).encode())
    assert "no coreset to verify" in after(coreset=None, selection=None)
    assert "column `index`" in after(coreset=b"rows\n1\n")
    assert "column `index`" in after(coreset=b"index\n1.5\n")
    assert "column `index`" in after(coreset=b"")
    assert "selection.npz is damaged" in after(selection=b"PK")
    (folder / files.SELECTION).write_bytes(original[files.SELECTION])
    assert "no folder" in refused(capsys, "verify", str(tmp_path / "elsewhere"), *call[2:])
    assert "--pool-embeddings" in refused(capsys, "verify", str(folder))
    assert "DIR" in refused(capsys, "verify")


def test_the_rows_come_from_the_archive_when_the_table_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = selected(tmp_path, capsys)
    (tmp_path / "out" / files.CORESET).unlink()
    verified(capsys, *call)


def test_verifying_needs_no_solver(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = selected(tmp_path, capsys)
    code = (
        "import sys; from goracs_core.cli import main; status = main(sys.argv[1:]); "
        "print(status, sorted(name for name in sys.modules if name.startswith('goracs_core.')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, "verify", *call],
        cwd=project_directory(),
        capture_output=True,
        text=True,
        check=True,
    )
    status, loaded_modules = told.stdout.splitlines()[-1].split(" ", 1)
    assert status == "0"
    solver = ("certified", "dual", "polish", "itra", "greedy", "estimate")
    assert "goracs_core.selection.verify" in loaded_modules
    assert [name for name in solver if f"'goracs_core.selection.{name}'" in loaded_modules] == []
    assert "goracs_core.engine" not in loaded_modules


FORMER = project_directory() / "tests" / "fixtures" / "workspace"
FORMER_RUNS = sorted(path.name for path in (FORMER / "runs").iterdir() if path.is_dir())


@pytest.mark.parametrize("run", FORMER_RUNS)
def test_an_output_folder_of_the_former_format_is_verified(capsys: pytest.CaptureFixture[str], run: str) -> None:
    folder, data = FORMER / "runs" / run, ["--dataset", str(FORMER / "datasets" / "small")]
    claimed = json.loads((folder / files.RUN).read_text(encoding="utf-8"))
    assert claimed["format"] == 1
    found = verified(capsys, str(folder), *data)
    assert (found["run"], found["poo"]) == (claimed["id"], pytest.approx(claimed["selection"]["poo"], abs=1e-12))
    assert (found["gap"] is None) == (claimed["certificate"] is None)


def test_a_changed_folder_of_the_former_format_is_found_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(FORMER / "runs" / FORMER_RUNS[0], tmp_path / "out")
    record = json.loads((tmp_path / "out" / files.RUN).read_text(encoding="utf-8"))
    record["selection"]["poo"] -= 0.01
    (tmp_path / "out" / files.RUN).write_text(json.dumps(record), encoding="utf-8")
    sentence, _ = doubted(capsys, str(tmp_path / "out"), "--dataset", str(FORMER / "datasets" / "small"))
    assert "POO" in sentence
