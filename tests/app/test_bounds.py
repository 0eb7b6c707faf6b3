"""The proof on the page: the bounds while a selection runs, what is said afterwards, and the estimate before."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from goracs_core.charts.bounds import LOWER, UPPER
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue import launch
from goracs_core.jobs.queue.database import writing
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.select.export import gap_sentence
from goracs_core.jobs.select.run import Run, RunSummary
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import CertifiedConfig, ItraConfig, RandomConfig, SelectionConfig, config_to_dict
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_seconds
from goracs_core.workspace import Workspace
from pages._ui import estimates, methods, proof, state
from pages._ui.routes import RUN
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded

pytestmark = pytest.mark.usefixtures("no_worker")

Lines = list[tuple[float, float | None, float | None]]
Running = Callable[..., int]


def finished(workspace: Workspace, config: SelectionConfig, *, dataset: str = SMALL) -> Run:
    spec = {"dataset": str(workspace.datasets / dataset), "config": config_to_dict(config)}
    return RunStore(workspace).get(run_job("select", spec, workspace)["run"])


@pytest.fixture
def running(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Put a running selection into the queue, with what it has reported."""
    monkeypatch.setattr(launch, "worker_alive", lambda workspace: True)

    def running(lines: Lines, *, config: SelectionConfig | None = None, dataset: str = SMALL, detail: str = "") -> int:
        options = config_to_dict(config or CertifiedConfig(5))
        spec = {"dataset": str(workspace.datasets / dataset), "config": options}
        number = JobQueue(workspace).submit("select", spec)
        with writing(workspace) as connection:
            connection.execute(
                "UPDATE jobs SET state = 'running', started = ?, stage = 'closing the gap', stage_started = ?, "
                "done = 3, total = 9, detail = ?, bounds = ?, worker = 1 WHERE id = ?",
                (time.time() - 5, time.time() - 4, detail, json.dumps(lines), number),
            )
        return number

    return running


def live_charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("echarts_chart")]  # pyright: ignore[reportAttributeAccessIssue]


def drawn(option: dict[str, Any], name: str) -> list[list[float]]:
    (found,) = (one["data"] for one in option["series"] if one.get("name") == name)
    return found


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


# --- while it runs


def test_a_running_selection_shows_its_bounds(running: Running, open_page: Open) -> None:
    running([(0.5, None, 0.4), (1.0, 0.2, 0.4), (2.0, 0.3, 0.35)], detail="POO 0.350000, proven gap 14.2%")
    app = open_page(RUN.script, dataset=SMALL)
    assert_no_fault(app)
    (chart,) = live_charts(app)
    assert drawn(chart, UPPER)[:3] == [[0.5, 0.4], [1.0, 0.4], [2.0, 0.35]]
    assert drawn(chart, LOWER)[:2] == [[1.0, 0.2], [2.0, 0.3]]
    assert drawn(chart, LOWER)[-1][0] >= 5, "the last bounds hold until now"
    text = shown(app)
    assert "The best coreset so far has a POO of 0.35000." in text
    assert "no coreset of this size has a POO below 0.30000, so an improvement of at most 0.05000 is possible" in text
    assert "proven gap 14" in text
    assert any(button.label == "Cancel" for button in app.main.button)


def test_the_live_chart_keeps_its_identity_between_looks(
    running: Running, open_page: Open, workspace: Workspace
) -> None:
    """A chart with another id is taken down and put up again: it would flicker every second."""
    number = running([(0.5, 0.1, 0.4)])
    app = open_page(RUN.script, dataset=SMALL)
    before = app.get("echarts_chart")[0].proto.id  # pyright: ignore[reportAttributeAccessIssue]
    with writing(workspace) as connection:
        lines = json.dumps([(0.5, 0.1, 0.4), (1.5, 0.3, 0.4)])
        connection.execute("UPDATE jobs SET bounds = ?, detail = 'more' WHERE id = ?", (lines, number))
    app.run()
    assert app.get("echarts_chart")[0].proto.id == before  # pyright: ignore[reportAttributeAccessIssue]
    assert [1.5, 0.3] in drawn(live_charts(app)[0], LOWER)


def test_a_selection_that_has_reported_nothing_shows_no_chart(running: Running, open_page: Open) -> None:
    running([])
    app = open_page(RUN.script, dataset=SMALL)
    assert_no_fault(app)
    assert live_charts(app) == []
    assert any(button.label == "Cancel" for button in app.main.button)


def test_label_by_label_the_chart_shows_the_present_label(running: Running, open_page: Open) -> None:
    lines: Lines = [(0.5, 0.1, 0.4), (1.0, 0.3, 0.31), (1.2, None, 0.5), (1.5, 0.45, 0.5)]
    running(lines, config=CertifiedConfig(5, label_aware=True), dataset=CLICKS)
    app = open_page(RUN.script, dataset=CLICKS)
    assert_no_fault(app)
    (chart,) = live_charts(app)
    assert drawn(chart, UPPER)[0] == [1.2, 0.5]
    assert "the current one is shown" in shown(app)


def test_the_latest_lines_begin_where_the_bounds_open_again() -> None:
    first: Lines = [(0, None, 0.5), (1, 0.1, 0.5), (2, 0.3, 0.4)]
    assert list(proof.latest(first)) == first
    for opened in [(3, None, 0.4), (3, 0.2, 0.4), (3, 0.3, 0.45), (3, 0.3, None)]:
        assert list(proof.latest([*first, opened])) == [opened]
    assert list(proof.latest([])) == []


def test_where_bounds_stand_in_words() -> None:
    assert proof.standing(math.nan, math.nan) == "No coreset yet. There is no lower bound yet."
    assert proof.standing(math.nan, 0.5) == "The best coreset so far has a POO of 0.50000. There is no lower bound yet."
    assert "no coreset of this size has a POO below 0.40000." in proof.standing(0.4, math.nan)
    seconds, lower, upper = proof.arrays([(1.0, None, 2.0)])
    assert (seconds[0], upper[0]) == (1.0, 2.0)
    assert np.isnan(lower[0])


# --- afterwards


def convergence(app: AppTest) -> AppTest:
    return unfolded(app, run_tab="Convergence", bounds_replay_numbers=True)


def test_a_certified_run_says_what_is_proven(open_page: Open, workspace: Workspace) -> None:
    run = finished(workspace, CertifiedConfig(10, gap=0.0, max_rounds=80))
    certificate = run.selection.certificate
    assert certificate is not None
    app = convergence(open_page(RUN.script, dataset=SMALL, run=run.id))
    assert_no_fault(app)
    values = metrics(app)
    assert float(values["Lower bound"]) == pytest.approx(certificate.lower_bound, abs=1e-5)
    assert values["Proven gap"] == proof.share(certificate.gap)
    assert values["Iterations"] == f"{certificate.rounds:,}"
    assert values["Full passes"] == f"{certificate.full_passes:,}"
    said = gap_sentence(certificate.gap, 10)
    assert f"**{said[:1].upper()}{said[1:]}.**" in [one.value for one in app.markdown]
    text = shown(app)
    assert "Convergence of the bounds" in text
    assert "starting from the best coreset of the dual ascent" in text
    assert "No lower bound was computed" not in text
    stages = next(frame.value for frame in app.dataframe if "Stage" in frame.value)
    assert np.allclose(stages["Seconds"], [seconds for _, seconds in run.selection.trace.stages])
    assert sum(stages["Share"].tolist()) == pytest.approx(1)
    assert all(stages["Description"].tolist()), "every stage is explained"


def test_the_replay_holds_the_whole_history(open_page: Open, workspace: Workspace) -> None:
    run = finished(workspace, CertifiedConfig(10, gap=0.0, max_rounds=80))
    bounds = run.selection.trace.bounds
    assert bounds is not None
    app = convergence(open_page(RUN.script, dataset=SMALL, run=run.id))
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]  # pyright: ignore[reportAttributeAccessIssue]
    (replay,) = (figure for figure in figures if figure.get("frames"))
    assert len(replay["layout"]["sliders"][0]["steps"]) == len(replay["frames"]) > 1
    table = next(frame.value for frame in app.dataframe if "lower" in frame.value)
    assert np.allclose(table["lower"], np.where(np.isfinite(bounds.lower), bounds.lower, np.nan), equal_nan=True)
    assert table["gap"].iloc[-1] == pytest.approx(run.selection.certificate.gap, abs=1e-9)  # type: ignore[union-attr]


def test_labels_are_proven_apart_and_there_is_no_common_course(open_page: Open, workspace: Workspace) -> None:
    run = finished(workspace, CertifiedConfig(10, max_rounds=40, label_aware=True), dataset=CLICKS)
    certificate = run.selection.certificate
    assert certificate is not None
    app = convergence(open_page(RUN.script, dataset=CLICKS, run=run.id))
    assert_no_fault(app)
    assert metrics(app)["Proven gap"] == proof.share(certificate.gap)
    text = shown(app)
    assert "with the same share of each label" in text
    assert "there is no common curve" in text
    helps = [metric.help for metric in app.metric if metric.label in ("Lower bound", "Proven gap")]
    assert all("mass-weighted sums" in str(one) for one in helps)


def test_a_proof_at_once_has_no_course(open_page: Open, workspace: Workspace) -> None:
    num_pool = state.reference(SMALL).counts["pool"]
    run = finished(workspace, CertifiedConfig(num_pool))
    app = convergence(open_page(RUN.script, dataset=SMALL, run=run.id))
    assert_no_fault(app)
    assert metrics(app)["Proven gap"] == "0 %"
    assert f"**No coreset of {num_pool} samples can be better, up to rounding.**" in [one.value for one in app.markdown]
    assert "there is no curve to show" in shown(app)


@pytest.mark.parametrize(
    ("config", "way"),
    [(ItraConfig(10, max_exchanges=1), "Also prove a lower bound"), (RandomConfig(10), "GORACS (certified)")],
)
def test_without_a_certificate_the_page_says_how_to_get_one(
    config: SelectionConfig, way: str, open_page: Open, workspace: Workspace
) -> None:
    app = convergence(open_page(RUN.script, dataset=SMALL, run=finished(workspace, config).id))
    assert_no_fault(app)
    (said,) = (one.value for one in app.caption if "No lower bound was computed" in one.value)
    assert way in said
    assert "Lower bound" not in metrics(app)
    assert "Convergence of the bounds" not in shown(app)


def test_the_published_procedure_with_a_bound_shows_its_gap(open_page: Open, workspace: Workspace) -> None:
    run = finished(workspace, ItraConfig(10, max_exchanges=2, bound=True))
    app = convergence(open_page(RUN.script, dataset=SMALL, run=run.id))
    assert_no_fault(app)
    assert run.selection.certificate is not None
    assert metrics(app)["Proven gap"] == proof.share(run.selection.certificate.gap)
    assert "Time is measured from the start of the dual ascent" in shown(app)
    assert "Exchange stage" in shown(app)


def test_lists_of_runs_carry_the_gap(open_page: Open, workspace: Workspace) -> None:
    run = finished(workspace, CertifiedConfig(10, max_rounds=60))
    assert run.selection.certificate is not None
    gap = proof.share(run.selection.certificate.gap)
    other = finished(workspace, RandomConfig(10))
    app = open_page()
    listed = {line["Name"]: line for line in app.dataframe[0].value.to_dict("records")}
    assert listed[run.name]["Gap (%)"] == pytest.approx(100 * run.selection.certificate.gap)
    assert math.isnan(listed[other.name]["Gap (%)"])
    assert listed[run.name]["Method"] == methods.by_key()["goracs"].label
    app = open_page("pages/understand/popularity.py", dataset=SMALL, run=other.id)
    assert [option for option in app.selectbox(key="second_picker").options if option.endswith(f"gap {gap}")]


# --- a share in per cent


@given(st.floats(1e-9, 50, exclude_min=True))
def test_a_gap_is_never_rounded_down(gap: float) -> None:
    percent = float(proof.share(gap).removesuffix(" %"))
    assert percent >= 100 * gap * (1 - 1e-9)
    assert percent <= 100 * gap * 1.101, "two digits that count"
    assert f"more than {proof.share(gap)} better" in gap_sentence(gap, 5), "the same words everywhere"


def test_a_gap_of_nothing_is_zero() -> None:
    assert proof.share(0.0) == proof.share(1e-12) == "0 %"
    assert [proof.share(gap) for gap in (0.00098279, 0.001, 0.5, 1.234)] == ["0.099 %", "0.1 %", "50 %", "130 %"]


# --- estimates


def summary(config: SelectionConfig, seconds: float, **more: Any) -> RunSummary:
    return RunSummary(id="r", name="r", config=config_to_dict(config), seconds=seconds, **more)


def test_the_estimate_comes_from_a_run_of_the_same_solver(workspace: Workspace) -> None:
    ref = state.reference(SMALL)
    asked = CertifiedConfig(10)
    bound = ItraConfig(10, bound=True)
    others = (
        summary(ItraConfig(10), 500.0),
        summary(RandomConfig(10), 700.0),
        summary(bound, 900.0),
        summary(CertifiedConfig(10, max_seconds=1.0), 950.0),
        summary(asked, 990.0, damaged="yes"),
        replace(summary(asked, 999.0), config={"method": "goracs", "solver": "certified", "of_the_future": 1}),
    )
    guess = estimates.selection(ref, asked, others, width=6)
    assert "rough estimate" in guess.basis
    assert guess.seconds < 60
    known = estimates.selection(ref, asked, (*others, summary(CertifiedConfig(20), 80.0)), width=6)
    sizes = Sizes(120, 40, 6)
    assert known.basis == "the run with 20 samples took 1 min 20 s"
    ratio = selection_seconds(asked, sizes) / selection_seconds(CertifiedConfig(20), sizes)
    assert known.seconds == pytest.approx(80 * ratio)
    assert estimates.selection(ref, ItraConfig(10), others, width=6).seconds == pytest.approx(500)
    assert estimates.selection(ref, bound, others, width=6).seconds == pytest.approx(900)


def test_a_time_limit_bounds_the_estimate(workspace: Workspace) -> None:
    ref = state.reference(SMALL)
    runs = (summary(CertifiedConfig(10), 80.0),)
    assert estimates.selection(ref, CertifiedConfig(10, max_seconds=20.0), runs, width=6).seconds < 30
    assert estimates.selection(ref, CertifiedConfig(10, max_seconds=2000.0), runs, width=6).seconds == pytest.approx(80)


def test_every_option_that_costs_time_is_in_the_estimate() -> None:
    shop = Sizes(15_000, 5_000, 384)

    def seconds(config: SelectionConfig, sizes: Sizes = shop) -> float:
        return selection_seconds(config, sizes)

    assert seconds(CertifiedConfig(1000, max_rounds=400)) > seconds(CertifiedConfig(1000, max_rounds=100))
    assert seconds(CertifiedConfig(2000)) > seconds(CertifiedConfig(100))
    assert seconds(ItraConfig(1000, max_exchanges=50)) > seconds(ItraConfig(1000, max_exchanges=0))
    assert seconds(ItraConfig(1000, bound=True)) > seconds(ItraConfig(1000))
    assert seconds(CertifiedConfig(1000), Sizes(140_000, 5_000, 384)) > seconds(CertifiedConfig(1000))
    assert 5 < seconds(CertifiedConfig(1000)) < 30, "measured: 9 to 12 s when nothing else runs"
