"""A format is one value: a made-up one, registered from this file alone, is known everywhere."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.cli import main
from goracs_core.data.loaders import registry
from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble
from goracs_core.data.loaders.faults import RowFaults
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.registry import detect_kind, find_loader, known_layouts, load_source, loaders, register
from goracs_core.data.loaders.source import ColumnMapping, Source, SourceInteractions, SourceOptions
from goracs_core.data.loaders.text import TextFile
from goracs_core.data.report import InputError, ValidationReport
from goracs_core.data.store import load_dataset
from goracs_core.errors import ConfigError
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace, project_directory
from pages._ui import jobs
from pages._ui.routes import DATASET
from tests.refusals import told


def detect_arrows(path: Path) -> Match:
    """Told by its first line; one that points nowhere is a part of no source."""
    if path.suffix != ".csv" or not path.is_file():
        return Match.NO
    first = path.read_text().partition("\n")[0]
    if first.endswith(">"):
        raise InputError("the first arrow points nowhere; give an item", file=path.name, row=1)
    return Match.CONTENT if ">" in first else Match.NO


def load_arrows(path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress) -> Source:
    """Lines such as "ann > tea", in time order."""
    pairs: list[list[str]] = []
    with TextFile(path, encoding=options.encoding, progress=progress) as file:
        for row, line in file.lines():
            words = [word.strip() for word in line.split(">")]
            if len(words) == 2:
                pairs.append(words)
            else:
                faults.of(path).add("is no arrow; write user > item", "no-arrow", row=row)
    users, items = (pd.Series(words, dtype="str") for words in zip(*pairs, strict=True))
    raw = RawInteractions(users=users, items=items, rows=pd.RangeIndex(1, len(pairs) + 1).to_numpy(), file=path.name)
    names = [str(name) for name in items.unique()]
    content, entries = assemble(raw, Catalogue(names, names, [""] * len(names), path.name))
    return Source(path.stem, ARROWS.name, (path.name,), "drinks", content, ValidationReport(tuple(entries)))


ARROWS = Loader(
    name="arrows",
    title="Arrows",
    layout="arrows (*.csv with user > item)",
    endings=("csv", "arrows"),
    options=frozenset({"encoding", "bad_rows"}),
    detect=detect_arrows,
    load=load_arrows,
)
TEXT = "".join(f"user {user} > drink {(user + step) % 7}\n" for user in range(30) for step in range(6))


@pytest.fixture
def arrows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source of the made-up format, which is registered until the test ends."""
    monkeypatch.setattr(registry, "_LOADERS", dict(registry._LOADERS))
    register(ARROWS)
    path = tmp_path / "bar.csv"
    path.write_text(TEXT)
    return path


def test_it_is_detected_and_read(arrows: Path) -> None:
    assert detect_kind(arrows) == "arrows", "a match by content counts for more than the ending of a table"
    source = load_source(arrows)
    assert (source.name, source.kind, source.domain) == ("bar", "arrows", "drinks")
    assert isinstance(source.content, SourceInteractions)
    assert len(source.content.users) == 180
    assert find_loader("arrows") is ARROWS
    assert known_layouts().endswith(", or arrows (*.csv with user > item)")


def test_its_fault_counts_for_more_than_the_ending_of_a_table(arrows: Path) -> None:
    arrows.write_text("ann >\n")
    with pytest.raises(InputError) as caught:
        detect_kind(arrows)
    assert (caught.value.entry.file, caught.value.entry.row) == ("bar.csv", 1)


def test_a_registered_name_is_taken_and_options_must_exist(arrows: Path) -> None:
    with pytest.raises(ConfigError, check=told("loader-exists", loader="arrows")):
        register(ARROWS)
    with pytest.raises(ConfigError, check=told("unknown-option", option="colour")):
        Loader("x", "X", "x", (), frozenset({"colour"}), detect_arrows, load_arrows)


def test_the_command_line_prepares_it_and_refuses_what_it_does_not_take(
    arrows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["prepare", "--help"])
    assert f"  arrows        {ARROWS.layout}" in capsys.readouterr().out
    words = ["prepare", "--source", str(arrows), "--task", "seqrec", "--k-core", "1", "--output"]
    assert main([*words, str(tmp_path / "bar")]) == 0
    dataset = load_dataset(tmp_path / "bar")
    assert dataset.provenance["source"] == {"name": "bar.csv", "kind": "arrows", "files": ["bar.csv"]}
    assert len(dataset.interactions) == 180
    capsys.readouterr()
    for given, name in (
        (["--delimiter", ";"], "delimiter"),
        (["--user-column", "u"], "mapping"),
        (["--items", "i"], "items"),
    ):
        assert main([*words, str(tmp_path / "refused"), "--kind", "arrows", *given]) == 2
        assert f"option {name!r} does not apply to a source of kind 'arrows'" in capsys.readouterr().err
    assert main([*words, str(tmp_path / "refused"), "--kind", "netflix"]) == 2
    assert "amazon, tables, instructions, arrows" in capsys.readouterr().err
    assert not (tmp_path / "refused").exists()


def test_the_page_offers_it_without_the_columns_of_a_table(
    arrows: Path, own_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ensure_worker", lambda workspace: None)
    app = AppTest.from_file(str(project_directory() / "app.py"), default_timeout=120).run()
    app.switch_page(DATASET.script).run()
    assert ".arrows" in app.file_uploader(key="source_files").proto.type
    app.segmented_control(key="source_way").set_value("Path on this server").run()
    app.text_input(key="source_path").set_value(str(arrows)).run()
    assert not app.exception
    assert any("arrows" in block.value for block in app.markdown), "the page says what it reads"
    boxes = {box.label: box for box in app.selectbox}
    assert boxes["Format"].options == [loader.title for loader in loaders()]
    assert boxes["Format"].value == "arrows"
    assert {"User *", "Column separator"} & boxes.keys() == set()
    app.button(key="prepare_submit").click().run()
    assert not app.exception
    (job,) = JobQueue(Workspace(own_workspace)).list()
    assert SourceOptions.from_dict(job.spec["source_options"]) == SourceOptions(kind="arrows")

    boxes["Format"].set_value("tables").run()
    assert {"User *", "Column separator"} <= {box.label for box in app.selectbox}


@pytest.mark.parametrize("name", ["encoding", "mapping", "items", "delimiter"])
def test_given_options_are_those_that_differ(name: str) -> None:
    values = {"encoding": "latin-1", "mapping": ColumnMapping(user=""), "items": Path("i.csv"), "delimiter": ";"}
    assert SourceOptions(kind="tables", **{name: values[name]}).given() == (name,)
    assert SourceOptions(kind="tables").given() == ()
