"""Prepare / Dataset: own data becomes the job that the form shows, data is described, bad input is a sentence."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.data.dataset import Task
from goracs_core.data.loaders.source import SourceOptions
from goracs_core.data.options import PrepareOptions
from goracs_core.data.store import load_dataset
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.workspace import Workspace
from pages._ui.dataset import contents
from pages._ui.routes import DATASET, FEATURES
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded, work

pytestmark = pytest.mark.usefixtures("no_worker")


def interactions(num_users: int = 40, num_items: int = 20) -> pd.DataFrame:
    """Everyone touches ten items at random, one a day."""
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user}", f"i{item}", 86_400 * (10 * user + step), f"Title {item}", int(rng.integers(1, 6)))
        for user in range(num_users)
        for step, item in enumerate(rng.choice(num_items, 10, replace=False))
    ]
    return pd.DataFrame(rows, columns=["customer", "sku", "when", "product", "points"])


def csv_bytes() -> bytes:
    return interactions().to_csv(index=False).encode()


def by_path(app: AppTest, path: Path) -> AppTest:
    app.segmented_control(key="source_way").set_value("Path on this server").run()
    return app.text_input(key="source_path").set_value(str(path)).run()


def column(app: AppTest, label: str):
    return next(box for box in app.selectbox if box.label == label)


def choose_columns(app: AppTest) -> AppTest:
    for label, name in (
        ("User *", "customer"),
        ("Item *", "sku"),
        ("Time", "when"),
        ("Title", "product"),
        ("Rating", "points"),
    ):
        column(app, label).select(name)
    return app.run()


def test_a_table_by_path_becomes_the_job_it_shows(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "my-shop.csv"
    path.write_bytes(csv_bytes())
    app = choose_columns(by_path(open_page(DATASET.script), path))
    assert_no_fault(app)
    assert list(app.dataframe[0].value.columns) == ["customer", "sku", "when", "product", "points"]
    assert len(app.dataframe[0].value) == 5
    column(app, "Task").select("ctr")
    app.number_input(key="prepare_max_pool").set_value(100)
    app.number_input(key="prepare_k_core").set_value(2)
    app.number_input(key="prepare_seed").set_value(3)
    assert JobQueue(workspace).list() == ()
    app.button(key="prepare_submit").click().run()
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "prepare"
    assert job.spec["source"] == str(path)
    assert "delete_upload" not in job.spec
    assert PrepareOptions(**job.spec["options"]) == PrepareOptions(
        Task.CTR,
        max_pool=100,
        k_core=2,
        seed=3,
        name="my-shop",
    )
    source = SourceOptions.from_dict(job.spec["source_options"])
    assert source.kind == "tables"
    assert (source.mapping.user, source.mapping.item, source.mapping.split) == ("customer", "sku", "")

    work(workspace)
    app.run()
    assert_no_fault(app)
    assert app.query_params["dataset"] == "my-shop"
    dataset = load_dataset(workspace.datasets / "my-shop")
    assert f"{len(dataset.pool):,}" in [metric.value for metric in app.metric]
    assert "100 of" in shown(unfolded(app, info=True)), "sampling is announced"
    assert path.exists(), "a file on the server is not ours to delete"


def test_guesses_start_the_mapping(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    frame = interactions().rename(columns={"customer": "user_id", "sku": "item_id", "when": "timestamp"})
    frame.to_parquet(tmp_path / "shop.parquet", index=False)
    app = by_path(open_page(DATASET.script), tmp_path / "shop.parquet")
    assert [column(app, label).value for label in ("User *", "Item *", "Time", "Category")] == [
        "user_id",
        "item_id",
        "timestamp",
        "(none)",
    ]


def test_values_tell_the_columns_where_names_do_not(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    frame = interactions().rename(columns={"customer": "a", "sku": "b", "when": "c", "product": "d", "points": "e"})
    frame["c"] += 1_600_000_000
    frame.to_csv(tmp_path / "shop.csv", index=False)
    app = by_path(open_page(DATASET.script), tmp_path / "shop.csv")
    labels = ("User *", "Item *", "Time", "Title", "Rating", "Category")
    assert [column(app, label).value for label in labels] == ["a", "b", "c", "d", "e", "(none)"]
    assert not app.warning


def test_chosen_columns_are_kept_when_another_option_changes(
    open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "my-shop.csv"
    path.write_bytes(csv_bytes())
    app = by_path(open_page(DATASET.script), path)
    column(app, "Category").select("points").run()
    column(app, "Rating").select("(none)").run()
    column(app, "Format").set_value("instructions").run()
    assert "Category" not in {box.label for box in app.selectbox}
    column(app, "Format").set_value("tables").run()
    assert (column(app, "Category").value, column(app, "Rating").value) == ("points", "(none)")
    column(app, "Column separator").select(";").run()
    column(app, "Column separator").select(",").run()
    assert (column(app, "Category").value, column(app, "Rating").value) == ("points", "(none)")
    assert column(app, "User *").value == "customer"
    assert_no_fault(app)


def test_a_doubtful_guess_is_a_question(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    frame = interactions().rename(columns={"product": "title", "when": "time"})
    frame["title"] = [f"Opinion {row}" for row in range(len(frame))]
    frame["time"] += 5_000_000_000
    frame.to_csv(tmp_path / "reviews.csv", index=False)
    app = by_path(open_page(DATASET.script), tmp_path / "reviews.csv")
    assert (column(app, "Title").value, column(app, "Time").value) == ("(none)", "(none)")
    asked = [block.value for block in app.caption if "Is **" in block.value]
    assert len(asked) == 2
    app.button(key="use_title").click().run()
    assert (column(app, "Title").value, column(app, "Time").value) == ("title", "(none)")
    assert len([block for block in app.caption if "Is **" in block.value]) == 1
    assert any("several" in block.value for block in app.caption), "the doubt is still said"
    assert_no_fault(app)


def test_rows_with_errors_are_listed_and_can_be_left_out(open_page: Open, workspace: Workspace) -> None:
    lines = csv_bytes().decode().splitlines()
    bad = [",i1,5,T,3", "u1,,5,T,3", "u1,i1,soon,T,3", ",i1,never,T,3"]
    content = "\n".join([lines[0], *bad, *lines[1:]]).encode()
    app = open_page(DATASET.script)
    app.file_uploader(key="source_files").set_value([("little.csv", content, "text/csv")]).run()
    choose_columns(app)
    column(app, "Category").select("product").run()
    app.button(key="prepare_submit").click().run()
    work(workspace)
    app.run()
    assert newest_job(workspace).state is JobState.FAILED
    table = next(one.value for one in app.dataframe if "Finding" in one.value)
    found = {(row.File, row["First row"], row.Column, row.Rows) for _, row in table.iterrows()}
    assert found == {
        ("little.csv", 2, "customer", 2),
        ("little.csv", 3, "sku", 1),
        ("little.csv", 4, "when", 2),
    }
    assert column(app, "Category").value == "product", "what was chosen is kept"
    assert "4 rows" in app.button(key="leave_out").label
    app.button(key="leave_out").click().run()
    job = newest_job(workspace)
    assert job.spec["source_options"]["bad_rows"] == "drop"
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert app.query_params["dataset"] == "little"
    report = load_dataset(workspace.datasets / "little").provenance["report"]
    assert report[0]["count"] == 4
    assert list(workspace.uploads.iterdir()) == []


def test_an_upload_is_used_and_deleted(open_page: Open, workspace: Workspace) -> None:
    app = open_page(DATASET.script)
    app.file_uploader(key="source_files").set_value([("little.csv", csv_bytes(), "text/csv")]).run()
    choose_columns(app)
    assert len(list(workspace.uploads.iterdir())) == 1
    app.button(key="prepare_submit").click().run()
    assert newest_job(workspace).spec["delete_upload"] is True
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert app.query_params["dataset"] == "little"
    assert list(workspace.uploads.iterdir()) == []


def test_a_waiting_job_keeps_its_upload_when_the_next_file_is_chosen(open_page: Open, workspace: Workspace) -> None:
    app = open_page(DATASET.script)
    app.file_uploader(key="source_files").set_value([("little.csv", csv_bytes(), "text/csv")]).run()
    choose_columns(app)
    app.button(key="prepare_submit").click().run()
    app.file_uploader(key="source_files").set_value([("other.csv", csv_bytes(), "text/csv")]).run()
    work(workspace)
    assert newest_job(workspace).state is JobState.DONE
    app.run()
    assert_no_fault(app)
    assert (workspace.datasets / "little").is_dir()


def test_a_zipped_folder_is_recognised(open_page: Open, workspace: Workspace) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        frame = interactions()
        lines = "".join(f"{u[1:]}\t{i[1:]}\t{r}\t{t}\n" for u, i, t, _, r in frame.itertuples(index=False))
        archive.writestr("ml-100k/u.data", lines)
        archive.writestr("ml-100k/u.item", "".join(f"{i}|Film {i} (1999)|\n" for i in range(20)))
    app = open_page(DATASET.script)
    app.file_uploader(key="source_files").set_value([("ml.zip", buffer.getvalue(), "application/zip")]).run()
    assert_no_fault(app)
    assert column(app, "Format").value == "movielens"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.csv", b"", "empty"),
        ("evil.zip", None, "lies outside of its folder"),
        ("odd.csv", b"colour,weight\nred,1\n", "column"),
        ("cut.csv.gz", b"\x1f\x8b\x08\x00", "gz"),
    ],
)
def test_a_bad_upload_is_a_sentence(
    name: str, content: bytes | None, said: str, open_page: Open, workspace: Workspace
) -> None:
    if content is None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("../outside.csv", "a")
        content = buffer.getvalue()
    app = open_page(DATASET.script)
    before = len(workspace.dataset_directories())
    app.file_uploader(key="source_files").set_value([(name, content, "application/octet-stream")]).run()
    if not app.error:  # found out only when the whole file is read
        app.button(key="prepare_submit").click().run()
        work(workspace)
        app.run()
        assert newest_job(workspace).state is JobState.FAILED
    assert any(said in error.value for error in app.error), [error.value for error in app.error]
    assert_no_fault(app)
    assert len(workspace.dataset_directories()) == before


def test_a_path_that_leads_nowhere_is_a_sentence(open_page: Open, workspace: Workspace) -> None:
    app = by_path(open_page(DATASET.script), Path("/nowhere/at all.csv"))
    assert any("check the path" in error.value for error in app.error)
    assert_no_fault(app)


def test_options_that_do_not_go_together_are_a_sentence(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "my-shop.csv"
    path.write_bytes(csv_bytes())
    app = choose_columns(by_path(open_page(DATASET.script), path))
    app.number_input(key="prepare_validation_share").set_value(0.9)
    app.number_input(key="prepare_test_share").set_value(0.9)
    app.button(key="prepare_submit").click().run()
    assert any("share" in error.value for error in app.error)
    assert JobQueue(workspace).list() == ()


def test_a_taken_name_is_not_overwritten_unasked(open_page: Open, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / f"{SMALL}.csv"
    path.write_bytes(csv_bytes())
    app = choose_columns(by_path(open_page(DATASET.script), path))
    app.button(key="prepare_submit").click().run()
    assert any("another name" in error.value for error in app.error)
    assert JobQueue(workspace).list() == ()
    app.checkbox(key="prepare_replace").check()
    app.button(key="prepare_submit").click().run()
    assert newest_job(workspace).spec["options"]["name"] == SMALL


def test_files_uploaded_together_get_a_readable_name(open_page: Open, workspace: Workspace) -> None:
    app = open_page(DATASET.script)
    items = pd.DataFrame({"item_id": [f"i{i}" for i in range(20)], "title": [f"Title {i}" for i in range(20)]})
    frame = interactions().rename(columns={"customer": "user_id", "sku": "item_id", "when": "timestamp"})
    files = [
        ("interactions.csv", frame.to_csv(index=False).encode(), ""),
        ("items.csv", items.to_csv(index=False).encode(), ""),
    ]
    app.file_uploader(key="source_files").set_value(files).run()
    assert next(box for box in app.text_input if box.label == "Name").value == "my-data"
    app.button(key="prepare_submit").click().run()
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert app.query_params["dataset"] == "my-data"
    assert list(workspace.uploads.iterdir()) == []


@pytest.mark.parametrize("name", [SMALL, CLICKS])
def test_what_is_in_the_data(name: str, open_page: Open, workspace: Workspace) -> None:
    app = open_page(DATASET.script, dataset=name)
    dataset = load_dataset(workspace.datasets / name)
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Items"] == f"{len(dataset.items):,}"
    assert values["Pool"] == f"{len(dataset.pool):,}"
    assert [block.value for block in app.code[:2]] == [dataset.pool.prompts[0].strip(), dataset.pool.answers[0]]
    assert ("Share of Yes answers" in shown(app)) == (name == CLICKS)


def test_samples_are_found_by_words(open_page: Open, workspace: Workspace) -> None:
    app = open_page(DATASET.script, dataset=SMALL)
    dataset = load_dataset(workspace.datasets / SMALL)
    wanted = dataset.pool.answers[7]
    app.text_input(key="browse_search").set_value(wanted).run()
    assert wanted in app.code[0].value + app.code[1].value
    app.text_input(key="browse_search").set_value("no such words anywhere").run()
    assert "No sample contains these words" in shown(app)
    app.text_input(key="browse_search").set_value("")
    app.segmented_control(key="browse_part").set_value("validation").run()
    assert app.code[0].value == dataset.validation.prompts[0].strip()
    assert_no_fault(app)


def test_rows_are_counted_as_exports_count_them(open_page: Open, workspace: Workspace) -> None:
    """Rows start at 0 here and on Features, as the column `index` of an export does; matches are counted from 1."""
    dataset = load_dataset(workspace.datasets / SMALL)
    app = open_page(DATASET.script, dataset=SMALL)
    assert app.number_input(key="browse_row").value == 0
    app.number_input(key="browse_row").set_value(len(dataset.pool) - 1).run()
    assert dataset.pool.prompts[-1].strip() in [code.value.strip() for code in app.code]
    features = open_page(FEATURES.script, dataset=SMALL)
    assert features.number_input(key="neighbour_row").value == 0
    assert features.number_input(key="neighbour_row").max == app.number_input(key="browse_row").max
    app.text_input(key="browse_search").set_value(dataset.pool.answers[5]).run()
    assert app.number_input(key="browse_match").value == 1
    app.segmented_control(key="browse_part").set_value("validation").run()
    assert_no_fault(app)


def test_the_report_is_a_table_by_file_row_and_column(open_page: Open, workspace: Workspace) -> None:
    manifest = workspace.datasets / SMALL / "dataset.json"
    record = json.loads(manifest.read_text())
    entry = {
        "severity": "warning",
        "message": "two ratings dropped",
        "file": "r.csv",
        "row": 17,
        "column": "rating",
        "count": 2,
    }
    record["provenance"]["report"] = [entry]
    manifest.write_text(json.dumps(record))
    app = open_page(DATASET.script, dataset=SMALL)
    table = next(one.value for one in app.dataframe if "Finding" in one.value)
    assert table.iloc[0].to_dict() == {
        "Kind": "Warning",
        "File": "r.csv",
        "Row": 17,
        "Column": "rating",
        "Finding": "two ratings dropped",
        "Count": 2,
    }
    assert contents.report_table([entry | {"row": None}]).loc[0, "Row"] is pd.NA
