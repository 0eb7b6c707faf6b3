"""`compare` as a user meets it: one table of all methods, refusals as lines, nothing done twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goracs_core.cli import compare_command, main
from goracs_core.data.store import save_dataset
from goracs_core.errors import JobCancelled
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.compare.job import compare
from goracs_core.jobs.select.store import RunStore
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace
from tests.cli.calls import EMBEDDINGS, LABELS, arrays, chosen, last_json, refused
from tests.jobs.made import shop
from tests.jobs.test_comparison import compared_with

OPTIONS = "--methods goracs,random --budgets 9,4 --lambda 0.3 --seeds 2 --option max-rounds=2 --option gap=0.02"
FAST = OPTIONS.split()


def compared(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict, str]:
    """The JSON and everything printed by a `compare` that must work."""
    status = main(["compare", *arguments])
    written = capsys.readouterr()
    assert status == 0, written.err
    return last_json(written.out), written.out


def lines_of(path: Path) -> list[dict[str, Any]]:
    return pd.read_csv(path, keep_default_na=False, na_values=[""]).to_dict(orient="records")


@pytest.fixture
def shop_folder(tmp_path: Path) -> Path:
    rng, dataset, folder = np.random.default_rng(0), shop(), tmp_path / "shop"
    save_dataset(dataset, folder)
    features = rng.normal(size=(40, 5)), rng.normal(size=(12, 5)), rng.gamma(2.0, size=40)
    save_features(features_from_arrays(dataset, *features), folder)
    return folder


def test_the_table_holds_what_the_runs_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "table.csv"
    result, printed = compared(capsys, *arrays(tmp_path), *FAST, "--output", str(output))
    assert (result["selections"], result["reused"], result["refused"]) == (6, 0, 0)
    lines = lines_of(output)
    assert [(line["budget"], line["method"], line["seeds"]) for line in lines] == [
        (k, name, 2 if name == "random" else 1) for k in (4, 9) for name in ("goracs", "random")
    ]
    store = RunStore(Workspace.default())
    for line in lines:
        runs = [store.get(run) for run in line["runs"].split()]
        assert [run.config.seed for run in runs] == list(range(line["seeds"]))
        assert {(run.config.budget, run.config.lambda_, run.config.solver) for run in runs} == {
            (line["budget"], 0.3, line["solver"])
        }
        values = [run.selection.poo for run in runs]
        assert (line["poo_min"], line["poo_max"]) == (min(values), max(values))
        assert line["poo"] == pytest.approx(np.mean(values))
        assert line["poo"] == pytest.approx(line["transport_term"] - 0.3 * line["gradient_term"])
        assert line["seconds"] == pytest.approx(np.mean([run.seconds for run in runs]))
        assert "arp" not in line, "popularity needs a dataset"
    shown = printed.splitlines()
    assert shown[0].split()[:3] == ["method", "budget", "POO"]
    assert len({len(line) for line in shown[:5]}) == 1, "the columns are aligned"
    assert result["table"][0]["poo"] == lines[0]["poo"]


def test_a_name_that_ends_with_md_gets_the_table_in_markdown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "table.md"
    call = ["compare", *arrays(tmp_path), "--methods", "random,goracs,ccs", "--budgets", "9,5", "--output", str(output)]
    assert main(call) == main(call) == 0, "an earlier table may be replaced"
    told = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in output.read_text().splitlines()]
    assert rows[0][:3] == ["method", "budget", "POO"]
    assert [row[:2] for row in rows[2:6]] == [["goracs", "5"], ["random", "5"], ["ccs", "5"], ["goracs", "9"]]
    shown = {tuple(line.split()) for line in told}
    assert all(tuple(row) in shown for row in rows[2:4])
    assert any("ranks by the score el2n" in line for line in output.read_text().splitlines())


def test_gaps_are_measured_from_the_bound_that_goracs_proves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "table.csv"
    compared(capsys, *arrays(tmp_path), *FAST, "--output", str(output))
    store = RunStore(Workspace.default())
    for budget in (4, 9):
        lines = {line["method"]: line for line in lines_of(output) if line["budget"] == budget}
        proof = store.get(lines["goracs"]["runs"]).selection.certificate
        assert proof is not None
        assert lines["goracs"]["gap"] == proof.gap
        for line in lines.values():
            assert line["lower_bound"] == proof.lower_bound
            assert line["gap"] == pytest.approx((line["poo"] - proof.lower_bound) / line["transport_term"])
        assert lines["random"]["gap"] > lines["goracs"]["gap"]
    compared(capsys, *arrays(tmp_path), "--methods", "random", "--budgets", "4", "--output", str(output))
    assert pd.isna(lines_of(output)[0]["gap"]), "nothing is proven without goracs"


def test_of_several_bounds_the_highest_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--option", "bound=true", "--option", "max-exchanges=0", "--option", "max-rounds=1")
    output = tmp_path / "table.csv"
    compared(capsys, *arrays(tmp_path), "--methods", "goracs,itra", "--budgets", "4", *options, "--output", str(output))
    store, lines = RunStore(Workspace.default()), lines_of(output)
    proofs = [store.get(line["runs"]).selection.certificate for line in lines]
    bounds = [proof.lower_bound for proof in proofs if proof is not None]
    assert bounds[0] < bounds[1], "one round proves less than many"
    assert [line["lower_bound"] for line in lines] == [bounds[1]] * 2


def test_what_is_chosen_already_is_reused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, data = tmp_path / "table.csv", arrays(tmp_path)
    one = chosen(
        capsys, *data, "--method", "random", "--budget", "4", "--lambda", "0.3", "--output", str(tmp_path / "o")
    )
    first, _ = compared(capsys, *data, *FAST, "--output", str(output))
    assert first["reused"] == 1, "the run of select is the same work"
    assert one["run"] in output.read_text()
    content = output.read_bytes()
    again, _ = compared(capsys, *data, *FAST, "--output", str(output))
    assert again["reused"] == again["selections"] == 6
    assert output.read_bytes() == content
    few = ("--methods", "random", "--budgets", "4", "--lambda", "0.3", "--seeds", "1")
    assert compared(capsys, *data, *few, "--output", str(output))[0]["reused"] == 1
    assert compared(capsys, *data, *few, "--fresh", "--output", str(output))[0]["reused"] == 0


def test_a_dataset_adds_popularity(shop_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "table.csv"
    options = ("--methods", "random,ccs", "--budgets", "5", "--option", "score=gradient-norm", "--option", "strata=5")
    result, printed = compared(capsys, "--dataset", str(shop_folder), *options, "--output", str(output))
    assert result["refused"] == 0
    assert result["dataset"] == "Shop"
    store, popularity = RunStore(Workspace.default()), shop().items.popularity[shop().pool.targets]
    for line in lines_of(output):
        rows = [store.get(run).selection.indices for run in line["runs"].split()]
        assert line["arp"] == pytest.approx(np.mean([popularity[chosen].mean() for chosen in rows]))
        assert 0 <= line["coverage"] <= 1
        assert 0 <= line["js_validation"] <= 1
    assert " ARP " in printed.splitlines()[0]


def test_a_method_that_refuses_is_a_line_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "table.csv"
    result, printed = compared(
        capsys, *arrays(tmp_path), "--methods", "el2n,random", "--budgets", "4", "--seeds", "1", "--output", str(output)
    )
    assert (result["selections"], result["refused"]) == (2, 1)
    refusal, line = lines_of(output)
    assert (refusal["method"], refusal["seeds"], pd.isna(refusal["poo"])) == ("el2n", 0, True)
    assert "give --dataset, or one number per pool sample" in refusal["note"]
    assert line["poo"] == line["poo"]
    assert f"el2n 4: {refusal['note']}" in printed
    assert result["table"][0]["poo"] is None


def test_when_all_refuse_it_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, data = tmp_path / "table.csv", arrays(tmp_path)
    sentence = refused(capsys, "compare", *data, "--methods", "el2n", "--budgets", "4", "--output", str(output))
    assert "computed from a dataset; give --dataset" in sentence
    assert not output.exists()
    sentence = refused(capsys, "compare", *arrays(tmp_path, *EMBEDDINGS), *FAST, "--output", str(output))
    assert "no gradient norms" in sentence
    sentence = refused(capsys, "compare", *data, "--methods", "random", "--budgets", "61", "--output", str(output))
    assert "the pool has only 60 samples" in sentence


def test_all_or_none_choose_within_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = arrays(tmp_path, *EMBEDDINGS, "gradient_norms", *LABELS)
    store, output = RunStore(Workspace.default()), tmp_path / "table.csv"
    for extra, expected in ((), False), (("--label-aware",), True):
        compared(capsys, *data, *FAST, *extra, "--output", str(output))
        for line in lines_of(output):
            runs = [store.get(run) for run in line["runs"].split()]
            assert {run.config.label_aware for run in runs} == {expected}
            values = [run.selection.label_aware_poo for run in runs]
            assert all((value is None) != expected for value in values)
            value = np.mean(
                [run.selection.poo if value is None else value for run, value in zip(runs, values, strict=True)]
            )
            assert line["poo"] == pytest.approx(value)
            assert line["poo"] >= line["lower_bound"] - 1e-12


def test_a_stopped_comparison_writes_what_it_has_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output, data = tmp_path / "table.csv", arrays(tmp_path)

    @contextmanager
    def stopping() -> Iterator[Any]:
        def stop(stage: str, done: int, total: int, detail: str = "") -> None:
            if detail.startswith("random 4 seed 1"):
                raise JobCancelled

        yield Progress(stop)

    with monkeypatch.context() as patch:
        patch.setattr(compare_command, "progress_line", stopping)
        assert main(["compare", *data, *FAST, "--output", str(output)]) == 130
    assert "stopped; the finished selections are in" in capsys.readouterr().err
    assert [line["seeds"] for line in lines_of(output)] == [1, 1, 1, 1], "all with one seed come before the next seed"
    result, _ = compared(capsys, *data, *FAST, "--output", str(output))
    assert (result["selections"], result["reused"]) == (6, 4)


def test_files_that_are_no_comparison_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = [*arrays(tmp_path), "--methods", "random", "--budgets", "4"]
    other = tmp_path / "mine.csv"
    other.write_text("mine")
    assert "no earlier result" in refused(capsys, "compare", *data, "--output", str(other))
    assert other.read_text() == "mine"
    assert "does not end with .csv or .md" in refused(
        capsys, "compare", *data, "--output", str(tmp_path / "table.xlsx")
    )
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refused(capsys, "compare", *data, "--output", str(tmp_path / "folder.csv"))
    assert "there is no folder" in refused(capsys, "compare", *data, "--output", str(tmp_path / "no" / "t.csv"))
    compared(capsys, *data, "--force", "--output", str(other))
    compared(capsys, *data, "--output", str(other))


def test_scores_go_to_the_methods_that_rank_by_them(tmp_path: Path) -> None:
    """A method without use for scores refuses them; in a comparison they are meant for the others."""
    data = arrays(tmp_path)
    np.save(tmp_path / "scores.npy", np.arange(60.0))
    spec = {data[place][2:].replace("-", "_"): data[place + 1] for place in range(0, len(data), 2)}
    spec["scores"] = str(tmp_path / "scores.npy")
    workspace = Workspace.default()
    made = [entry for entry, _ in compare(compared_with(("el2n", "random"), (5,)), spec, workspace)]
    assert [entry.refusal for entry in made] == ["", ""]
    assert set(RunStore(workspace).get(made[0].run).selection.indices) == set(range(55, 60))


def test_mistakes_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = ("--output", str(tmp_path / "t.csv"))
    data = arrays(tmp_path)
    assert "written NAME=VALUE" in refused(capsys, "compare", *data, "--budgets", "4", "--option", "strata", *output)
    assert "at least one budget" in refused(capsys, "compare", *data, "--budgets", ",", *output)
    assert "at least one method" in refused(capsys, "compare", *data, "--budgets", "4", "--methods", ",", *output)
    assert "whole number" in refused(capsys, "compare", *data, "--budgets", "4.5", *output)
    assert "give --dataset" in refused(capsys, "compare", "--budgets", "4", *output)


def test_a_budget_above_the_pool_is_refused_before_anything_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "table.csv"
    call = [*arrays(tmp_path), "--methods", "random", "--budgets", "5,61", "--output", str(output)]
    assert "is 61, but the pool has only 60 samples" in refused(capsys, "compare", *call)
    assert not output.exists()
