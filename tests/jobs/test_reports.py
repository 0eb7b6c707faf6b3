"""Reports: complete, harmless whatever titles and names hold, and without a request to anybody."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from goracs_core.charts.layout import new_figure
from goracs_core.cli import main
from goracs_core.data.dataset import Dataset
from goracs_core.data.store import save_dataset
from goracs_core.errors import ConfigError
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.report import page
from goracs_core.jobs.report.comparison import comparison_report, experiment_report
from goracs_core.jobs.report.run import run_report
from goracs_core.jobs.select.run import Run
from goracs_core.methods import CertifiedConfig, RandomConfig
from goracs_core.workspace import Workspace
from tests.cli.calls import arrays, refused
from tests.jobs.made import inputs, run_of, shop

NASTY = (
    '</script><script>alert("t")</script>',
    "<img src=x onerror=alert(1)>",
    "$x$ %{y} &lt;",
    "plain",
    "o'ne",
    "Ünï",
)
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "object": "data", "source": "src", "a": "href"}


class Seen(HTMLParser):
    """Elements, texts and addresses of a page.

    Attributes:
        tags: How often each element occurs.
        addresses: What elements would load or link to.
        texts: All text outside of scripts and styles.
        scripts: The contents of scripts.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.addresses += [str(value) for name, value in attrs if name == LOADS.get(tag)]
        assert not [name for name, _ in attrs if name.startswith("on")], "no handlers in attributes"
        self._inside = tag if tag in {"script", "style"} else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif not self._inside:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return shop(NASTY)


@pytest.fixture(scope="module")
def run(dataset: Dataset) -> Run:
    made = run_of(CertifiedConfig(12, lambda_=0.05), source=inputs(dataset=dataset))
    return replace(made, name=NASTY[0], notes="<b>mine</b>", key="")


def checked(content: bytes) -> Seen:
    """What every report must be."""
    seen = Seen(content)
    assert content.startswith(b"<!DOCTYPE html>")
    assert [one for one in seen.addresses if not one.startswith("#")] == []
    assert seen.tags["h1"] == 1
    policy = re.search(rb'Content-Security-Policy" content="([^"]+)"', content)
    assert policy is not None
    assert b"default-src 'none'" in policy[1]
    assert b"http" not in policy[1]
    assert seen.tags.get("img", 0) == seen.tags.get("iframe", 0) == 0
    return seen


def test_a_report_of_a_run_has_numbers_settings_and_provenance(run: Run, own_workspace: Path) -> None:
    seen = checked(run_report(run, Workspace(own_workspace).ensure()))
    certificate = run.selection.certificate
    assert certificate is not None
    for told in (
        f"{run.selection.poo:.5f}",
        f"{run.selection.transport_term:.5f}",
        f"{certificate.lower_bound:.5f}",
        run.fingerprint,
        run.selection.problem_fingerprint,
        run.dataset.fingerprint,
        run.id,
        run.versions["numpy"],
        "lambda_",
        *run.dataset.sampling,
    ):
        assert told in seen.text, told


def test_texts_of_users_stay_texts(run: Run, own_workspace: Path) -> None:
    seen = checked(run_report(run, Workspace(own_workspace).ensure()))
    assert NASTY[0] in seen.text
    assert "<b>mine</b>" in seen.text
    assert "b" not in seen.tags
    assert not [code for code in seen.scripts if code.startswith("alert")]


def test_figures_hold_titles_without_markup(own_workspace: Path, dataset: Dataset) -> None:
    figure = new_figure(x_title="x", y_title="y")
    figure.add_scatter(x=[1], y=[1], text=[NASTY[0]], hovertext=[NASTY[0]])
    content = page.document("t", "s", [page.Section("F", [page.figure(figure, name="one", alt="an <alt>")])])
    seen = checked(content)
    assert seen.tags["figure"] == 1
    assert not [code for code in seen.scripts if code.startswith("alert")]
    assert sum("plotly.js v" in code[:300] for code in seen.scripts) == 1, "the library is inside once"


def test_a_report_without_its_data_says_so(run: Run, own_workspace: Path) -> None:
    seen = checked(run_report(run_of(RandomConfig(5), source=inputs()), Workspace(own_workspace).ensure()))
    assert "no comparison with random coresets" in seen.text


def test_runs_are_compared_and_others_refused(run: Run, dataset: Dataset, own_workspace: Path) -> None:
    workspace = Workspace(own_workspace).ensure()
    save_dataset(dataset, workspace.datasets / "shop")
    other = run_of(RandomConfig(12, lambda_=0.05, seed=4), source=inputs(dataset=dataset))
    seen = checked(comparison_report([run, other], workspace))
    for one in (run, other):
        assert f"{one.selection.poo:.5f}" in seen.text
        assert one.fingerprint in seen.text
    shared = set(run.selection.indices.tolist()) & set(other.selection.indices.tolist())
    assert f"{len(shared) / (24 - len(shared)):.3f}" in seen.text
    with pytest.raises(ConfigError) as refusal:
        comparison_report([run], workspace)
    assert refusal.value.code == "run-count"
    with pytest.raises(ConfigError) as refusal:
        comparison_report([run, run_of(RandomConfig(12))], workspace)
    assert refusal.value.code == "other-dataset"


@pytest.mark.parametrize("kind", ["leaderboard", "proxy"])
def test_experiments_of_the_demo_have_reports(kind: str, own_workspace: Path) -> None:
    experiment = ExperimentStore(Workspace(own_workspace).ensure()).list(kind=kind)[0]
    seen = checked(experiment_report(experiment))
    assert seen.tags["figure"] == (4 if kind == "leaderboard" else 2)
    assert experiment.dataset_fingerprint in seen.text
    assert experiment.command.split()[3] in seen.text


def test_the_command_writes_a_run_a_folder_or_several(
    tmp_path: Path, own_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, given = tmp_path / "report.html", arrays(tmp_path)
    for seed in ("0", "1"):
        words = ["select", *given, "--budget", "5", "--method", "random", "--seed", seed]
        assert main([*words, "--output", str(tmp_path / f"coreset{seed}")]) == 0
    assert main(["report", str(tmp_path / "coreset0"), "--output", str(target)]) == 0
    first = target.read_bytes()
    checked(first)
    words = ["report", str(tmp_path / "coreset0"), str(tmp_path / "coreset1"), "--output", str(target)]
    assert main(words) == 0, "an earlier report is replaced"
    assert target.read_bytes() != first
    capsys.readouterr()
    (tmp_path / "mine.html").write_text("<p>")
    assert "exists" in refused(capsys, *words[:-1], str(tmp_path / "mine.html"))
    assert ".html" in refused(capsys, *words[:-1], str(tmp_path / "mine.txt"))


def test_glossary_texts_are_told_plainly() -> None:
    told = page.plain(r"POO subtracts $\lambda$ times this, $|A|$ of $k/(2n-k)$.")
    assert told == "POO subtracts λ times this, |A| of k/(2n-k)."
