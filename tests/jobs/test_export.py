"""Exports: the same bytes every time, harmless in a spreadsheet, complete enough to go on with."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goracs_core.data.dataset import Dataset
from goracs_core.data.store import save_dataset
from goracs_core.errors import StoreError
from goracs_core.jobs.select import export, files
from goracs_core.jobs.select.run import Run
from goracs_core.methods import CertifiedConfig, ItraConfig, RandomConfig, SelectionConfig
from goracs_core.store.kind import read
from goracs_core.transport import solve_uniform
from goracs_core.workspace import Workspace
from tests.jobs.made import inputs, run_of, shop

NASTY = ("=HYPERLINK(1)", "+1", "-1", "@SUM", "\tx", "\rx", 'a "b", c', "line\nbreak", "Ünïcode 🎮", "plain")


def shop_run(titles: tuple[str, ...] = NASTY) -> tuple[Run, Dataset]:
    dataset = shop(titles)
    return run_of(RandomConfig(25, seed=3), source=inputs(dataset=dataset)), dataset


def test_the_table_says_who_was_chosen_in_which_order() -> None:
    run, dataset = shop_run()
    table = export.coreset_table(run, dataset)
    rows = run.selection.indices
    assert next(iter(table.columns)) == "index"
    assert table["index"].tolist() == rows.tolist()
    assert table["order"].tolist() == list(range(1, 26))
    assert table["id"].tolist() == [f"p{row}" for row in rows]
    assert table["title"].tolist() == [NASTY[row % len(NASTY)] for row in rows]
    assert table["item"].tolist() == [f"i{row % len(NASTY)}" for row in rows]
    assert table["user"].tolist() == [f"u{row % 3}" for row in rows]
    assert table["popularity"].tolist() == [10 * (row % len(NASTY) + 1) for row in rows]
    assert table["answer"].tolist() == table["title"].tolist()


def test_an_exchange_stage_that_accepted_nothing_is_told_in_summary_and_bundle() -> None:
    def told(config: SelectionConfig) -> tuple[float | None, int, bool, bool]:
        run = run_of(config, source=inputs(60, 20, seed=0))
        values, trace = export.summary(run), run.selection.trace
        assert (values["exchanges"], values["tried_pairs"]) == (len(trace.exchanges), trace.tried_pairs)
        sentence = export.exchange_sentence(accepted=values["exchanges"], tried=values["tried_pairs"])
        with zipfile.ZipFile(io.BytesIO(export.bundle(run))) as archive:
            readme = archive.read("README.md").decode()
        return values["pass_at_1"], values["tried_pairs"], bool(sentence), "no exchange accepted" in readme

    passed, tried, said, written = told(ItraConfig(4, prune_candidates=2))
    assert (passed, said, written) == (0.0, True, True)
    assert tried > 0
    assert told(ItraConfig(4, max_exchanges=0)) == (None, 0, False, False)
    assert told(RandomConfig(4)) == (None, 0, False, False)
    passed, tried, said, written = told(ItraConfig(12))
    assert (passed is not None, tried > 0, said, written) == (True, True, False, False)


def test_scores_are_those_of_the_optimal_plan() -> None:
    source = inputs(60, 20, seed=4)
    problem = source.problem()
    run = run_of(ItraConfig(7, lambda_=0.3), source=source)
    distances = np.linalg.norm(problem.pool[run.selection.indices][:, None] - problem.validation[None], axis=2)
    table = export.coreset_table(run)
    # Each row has mass 1/k: the mean of the mean distances is the transport value before scaling.
    value = solve_uniform(distances, problem.validation_weights).value
    means, served = np.array(table["mean_distance"]), np.array(table["served"])
    assert means.mean() == pytest.approx(value, rel=1e-9)
    assert means.mean() / problem.distance_scale == pytest.approx(run.selection.transport_term, rel=1e-9)
    assert (means >= distances.min(axis=1) - 1e-12).all()
    assert table["gradient_norm"].tolist() == problem.gradient_norms[run.selection.indices].tolist()
    assert served.min() >= 1
    assert served.sum() <= 7 + 20 - 1, "a basic plan has at most k + m - 1 entries"


def test_bare_arrays_give_index_and_scores_only() -> None:
    run = run_of(RandomConfig(5, lambda_=0.0), source=inputs(norms=False))
    assert list(export.coreset_table(run).columns) == ["index", "order", "served", "mean_distance"]
    with pytest.raises(StoreError, match="prompts"):
        export.to_instructions(export.coreset_table(run))


def test_another_dataset_is_refused() -> None:
    run, _ = shop_run()
    with pytest.raises(StoreError, match="another dataset"):
        export.coreset_table(run, shop(("Other", "Titles", "Here")))


def test_csv_cells_cannot_be_formulas_and_nothing_else_changes() -> None:
    run, dataset = shop_run()
    content = export.to_csv(export.coreset_table(run, dataset))
    read = pd.read_csv(io.BytesIO(content), keep_default_na=False)
    assert len(read) == 25
    for written, meant in zip(read["title"], export.coreset_table(run, dataset)["title"], strict=True):
        dangerous = meant[0] in "=+-@\t\r"
        assert written == (f"'{meant}" if dangerous else meant).replace("\r", "\n")
    assert not read["title"].str.startswith(("=", "+", "-", "@", "\t", "\r")).any()
    assert read["index"].tolist() == run.selection.indices.tolist()
    assert read["mean_distance"].tolist() == run.scores.mean_distances.tolist(), "floats come back to the last bit"


@given(text=st.text(max_size=12))
def test_no_text_begins_as_a_formula_and_harmless_ones_stay(text: str) -> None:
    text = text.encode("utf-8", "replace").decode().replace("\x00", "")
    read = pd.read_csv(
        io.BytesIO(export.to_csv(pd.DataFrame({"n": [1], "title": [text]}))), keep_default_na=False, dtype=str
    )
    written = read["title"].tolist()[0]
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")):
        assert written == text.replace("\r\n", "\n").replace("\r", "\n")


def test_the_other_formats_keep_texts_as_they_are() -> None:
    run, dataset = shop_run()
    table = export.coreset_table(run, dataset)
    parquet = pd.read_parquet(io.BytesIO(export.to_parquet(table)))
    pd.testing.assert_frame_equal(parquet, table, check_dtype=False)
    lines = export.to_jsonl(table).decode().splitlines()
    assert [json.loads(line)["title"] for line in lines] == table["title"].tolist()
    assert json.loads(lines[0])["index"] == int(run.selection.indices[0])
    instructions = json.loads(export.to_instructions(table))
    assert [entry["output"] for entry in instructions] == table["answer"].tolist()
    assert instructions[0] == {
        "instruction": table["prompt"].tolist()[0].rstrip("\n"),
        "input": "",
        "output": table["answer"].tolist()[0],
    }


def test_exports_are_the_same_bytes_every_time() -> None:
    run, dataset = shop_run()
    for write in (export.to_csv, export.to_parquet, export.to_jsonl, export.to_instructions):
        assert write(export.coreset_table(run, dataset)) == write(export.coreset_table(run, dataset))
    assert export.bundle(run, dataset) == export.bundle(run, dataset)


def test_the_bundle_holds_the_whole_run(tmp_path: Path) -> None:
    run, dataset = shop_run()
    with zipfile.ZipFile(io.BytesIO(export.bundle(run, dataset))) as archive:
        archive.extractall(tmp_path / run.id)
    assert read(files.RUN_KIND, tmp_path / run.id).fingerprint == run.fingerprint
    assert json.loads((tmp_path / run.id / "metrics.json").read_text())["poo"] == run.selection.poo
    assert json.loads((tmp_path / run.id / "versions.json").read_text())["numpy"] == np.__version__
    readme = (tmp_path / run.id / "README.md").read_text()
    assert "40 of 400 pool samples" in readme, "sampling is announced wherever the data is shown"
    for column in export.coreset_table(run, dataset).columns:
        assert f"`{column}`" in readme


def test_a_proof_is_said_in_words_and_only_where_there_is_one(tmp_path: Path) -> None:
    proven, guessed = run_of(CertifiedConfig(5)), run_of(RandomConfig(5))
    assert export.proof_sentence(guessed) == ""
    sentence = export.proof_sentence(proven)
    assert sentence.startswith("no coreset of 5 samples can be ")
    for run, expected in ((proven, True), (guessed, False)):
        with zipfile.ZipFile(io.BytesIO(export.bundle(run))) as archive:
            readme = archive.read("README.md").decode()
        assert (sentence in readme) is expected
        assert ("goracs_core verify" in readme) is expected


@given(gap=st.floats(1e-8, 2.0))
def test_a_gap_in_words_never_promises_more_than_is_proven(gap: float) -> None:
    percent = float(export.gap_sentence(gap, 10).split("more than ")[1].split(" %")[0]) / 100
    assert gap * (1 - 1e-9) <= percent <= gap * 1.101


def test_a_gap_of_nothing_is_said_without_a_number() -> None:
    assert export.gap_sentence(0.0, 1) == "no coreset of 1 sample can be better, up to rounding"
    assert "0.07 % better" in export.gap_sentence(0.0007, 1000)
    assert "1,000 samples with the same share of each label" in export.gap_sentence(0.1, 1000, label_aware=True)


def test_the_dataset_of_a_run_is_found_again_after_it_moved(own_workspace: Path, tmp_path: Path) -> None:
    workspace = Workspace(own_workspace).ensure()
    run, dataset = shop_run()
    assert export.find_dataset(run, workspace) is None
    save_dataset(dataset, workspace.datasets / "moved")
    found = export.find_dataset(run, workspace)
    assert found is not None
    assert found.fingerprint == run.dataset.fingerprint
    assert export.find_dataset(run_of(), workspace) is None
