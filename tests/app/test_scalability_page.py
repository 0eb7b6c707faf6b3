"""Select / Scalability: the form makes the job that it shows, a measurement becomes sentences, charts and tables."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.errors import ConfigError
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.reuse import selecting_code
from goracs_core.jobs.scalability import estimate
from goracs_core.jobs.scalability import job as scalability_job
from goracs_core.jobs.scalability.store import MeasuredRun, Scalability, ScalabilityStore
from goracs_core.llm.speed import TrainingSpeed
from goracs_core.methods import CertifiedConfig, ItraConfig, config_from_dict, config_to_dict
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_seconds
from goracs_core.workspace import Workspace
from pages._ui import cache, state
from pages._ui.routes import SCALABILITY
from pages._ui.scalability.form import parse_sizes
from pages._ui.scalability.view import spell
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, newest_job, shown, unfolded, work

pytestmark = pytest.mark.usefixtures("no_worker")

SPEED = TrainingSpeed("small", 1_300_000, 1_300_000, 16, 98.0, (0.32, 0.33, 0.31, 0.32), "processor", 1)


def record(*, dataset: str = SMALL, sizes: tuple[int, ...] = (30, 60, 120), **changes: object) -> Scalability:
    """A measurement whose runs take 0.1 s and 1 ms per sample."""
    ref = state.reference(dataset)
    runs = tuple(
        MeasuredRun(
            size=size,
            repeat=repeat,
            budget=10,
            seed=repeat,
            seconds=0.1 + 1e-3 * size * (1 + 0.02 * repeat),
            stages=(("scales", 1e-3 * size * (1 + 0.02 * repeat)), ("greedy", 0.06), ("exchanges", 0.04)),
            peak_bytes=2_000_000,
            poo=0.3,
            transport_term=0.31,
            gradient_term=0.2,
            gap=0.001,
            stop_reason="done <b>",
        )
        for repeat in (0, 1)
        for size in sizes
    )
    found = Scalability(
        id="20260101-120000-0123abcd",
        started=1.7e9,
        finished=True,
        dataset_name=dataset,
        dataset_fingerprint=ref.fingerprint,
        features_fingerprint=cache.features(ref).fingerprint,
        num_pool=120,
        num_validation=40,
        width=6,
        config=config_to_dict(ItraConfig(10)),
        proportional=False,
        sizes=sizes,
        repeats=2,
        sampling="30, 60, 120 of 120 pool samples, by popularity decile, seeds from 0",
        features_seconds=0.0,
        machine={"processor": "Test *CPU*", "cores": "2", "threads": "2", "load": "0.1", "numpy": "2.0"},
        code=selecting_code(),
        runs=runs,
        training=SPEED,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def keep(workspace: Workspace, **changes: object) -> Scalability:
    made = record(**changes)  # type: ignore[arg-type]
    ScalabilityStore(workspace).save(made)
    return made


def press(app: AppTest) -> AppTest:
    return app.button(key="measure").click().run()


def test_nothing_is_measured_yet(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert_no_fault(app)
    assert "Not measured yet" in shown(app)
    unfolded(app, estimated_growth_numbers=True)
    curve = next(frame.value for frame in app.dataframe if "Seconds (estimate)" in frame.value)
    assert curve["Pool samples"].iloc[-1] == 140_000
    sizes = Sizes(140_000, 40, 6)
    assert curve["Seconds (estimate)"].iloc[-1] == pytest.approx(
        selection_seconds(CertifiedConfig(12), sizes), abs=1e-3
    )
    assert len(app.get("plotly_chart")) == 1
    assert JobQueue(workspace).list() == ()
    assert "10 runs and one warm-up run" in shown(app), "the cost is told before anything starts"


def test_the_form_makes_the_job_it_shows(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SCALABILITY.script, dataset=SMALL)
    app.segmented_control(key="scale_solver").set_value("itra")
    app.number_input(key="scale_budget").set_value(12)
    app.number_input(key="scale_lambda").set_value(0.25)
    app.segmented_control(key="scale_rule").set_value("Proportional")
    app.text_input(key="scale_sizes").set_value("30, 60 120")
    app.number_input(key="scale_repeats").set_value(3).run()
    assert JobQueue(workspace).list() == (), "changing options starts nothing"
    assert "9 runs and one warm-up run" in shown(app)
    press(app)
    assert_no_fault(app)
    job = newest_job(workspace)
    assert job.kind == "scalability"
    assert job.spec["dataset"] == str(workspace.datasets / SMALL)
    assert config_from_dict(job.spec["config"]) == ItraConfig(12, lambda_=0.25)
    assert (job.spec["sizes"], job.spec["repeats"], job.spec["proportional"]) == ([30, 60, 120], 3, True)
    assert any(button.label == "Cancel" for button in app.main.button)


def test_the_default_job(open_page: Open, workspace: Workspace) -> None:
    press(open_page(SCALABILITY.script, dataset=SMALL))
    job = newest_job(workspace)
    assert config_from_dict(job.spec["config"]) == CertifiedConfig(12)
    assert job.spec["sizes"][-1] == 120
    assert len(job.spec["sizes"]) == 5
    assert "proportional" not in job.spec


def test_labels_are_used_where_there_are_some(open_page: Open, workspace: Workspace) -> None:
    press(open_page(SCALABILITY.script, dataset=CLICKS))
    assert newest_job(workspace).spec["config"]["label_aware"] is True


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("scale_sizes", "30 60", "growth is measured on 3"),
        ("scale_sizes", "30 60 many", "not a sample size"),
        ("scale_sizes", "30 60 5000", "larger than the pool"),
        ("scale_sizes", "5 60 120", "nothing to select"),
        ("scale_budget", 500, "the pool has only 120 samples"),
        ("scale_budget", 70, "smaller budget"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(
    key: str, value: str | int, said: str, open_page: Open, workspace: Workspace
) -> None:
    app = open_page(SCALABILITY.script, dataset=SMALL)
    widget = app.text_input(key=key) if isinstance(value, str) else app.number_input(key=key)
    widget.set_value(value).run()  # type: ignore[arg-type]
    assert_no_fault(app)
    assert any(said in error.value for error in app.error)
    assert app.button(key="measure").disabled


def test_too_little_memory_refuses_with_advice(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "available_bytes", lambda: 1000)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert app.button(key="measure").disabled
    assert any("smaller sample sizes" in warning.value for warning in app.warning)


@pytest.mark.parametrize(
    ("typed", "sizes"),
    [
        ("", ()),
        ("500 1000 2000", (500, 1000, 2000)),
        ("500, 1,000; 2_000", (500, 1000, 2000)),
        ("500,1000,2000", (500, 1000, 2000)),
        ("1,000,000\t7", (1_000_000, 7)),
    ],
)
def test_sizes_are_read_as_people_write_them(typed: str, sizes: tuple[int, ...]) -> None:
    assert parse_sizes(typed) == sizes


@pytest.mark.parametrize("typed", ["a", "1.5 2 3", "-5", "1e3", "9" * 13, "½"])
def test_other_words_are_no_sizes(typed: str) -> None:
    with pytest.raises(ConfigError, match="not a sample size"):
        parse_sizes(typed)


def test_from_measuring_to_the_result_and_again_after_a_restart(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scalability_job, "training_speed", lambda *args, **kwargs: (SPEED, ""))
    app = open_page(SCALABILITY.script, dataset=SMALL)
    app.segmented_control(key="scale_solver").set_value("itra").run()
    press(app)
    work(workspace)
    app.run()
    assert_no_fault(app)
    assert newest_job(workspace).state is JobState.DONE
    assert "Selecting 12 from 120 pool samples takes" in shown(app)
    app.run()
    assert_no_fault(app)
    later = open_page(SCALABILITY.script, dataset=SMALL)
    assert_no_fault(later)
    assert "Selecting 12 from 120 pool samples takes" in shown(later)
    unfolded(later, new_measurement=True).segmented_control(key="scale_solver").set_value("itra").run()
    assert "as in the last measurement" in shown(later)


def test_the_result_in_words_and_numbers(open_page: Open, workspace: Workspace) -> None:
    made = keep(workspace)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert_no_fault(app)
    assert not app.error
    said = shown(app)
    seconds = 0.1 + 1e-3 * 140_000 * 1.01
    (verdict,) = (one.value for one in app.subheader if "140,000" in one.value)
    assert "Selecting 10 from 120 pool samples takes 0.2 s; 10 from 140,000 about" in verdict
    minutes, rest = verdict.split("about ")[1].split(" min ", 1)
    assert 60 * float(minutes) + float(rest.split(" s")[0]) == pytest.approx(seconds, rel=0.1)
    assert "Whole runs grow like n^" in said
    assert "**Distance scale**" in said, "stages go by the field's words"
    assert "Test \\*CPU\\*" in said
    assert "2 cores" in said
    assert "all 40 validation samples" in said
    assert "it includes compilation" in said
    assert len(app.get("plotly_chart")) == 3
    unfolded(app, scalability_tab="All runs")
    table = next(frame.value for frame in app.dataframe if "poo" in frame.value)
    assert list(table["n"]) == [run.size for run in made.runs]
    assert {"poo", "transport_term", "gradient_term", "gap", "memory_mb"} <= set(table)


def test_another_target_changes_the_forecast(open_page: Open, workspace: Workspace) -> None:
    keep(workspace)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    app.number_input(key="scale_target").set_value(500_000).run()
    assert_no_fault(app)
    assert "10 from 500,000 about" in shown(app)
    assert "from 140,000" not in shown(app)
    unfolded(app, growth_numbers=True)
    growth = next(frame.value for frame in app.dataframe if "Exponent of n" in frame.value)
    assert "500,000: seconds" in growth
    scales = growth[growth["Stage"] == "distance scale"].iloc[0]
    assert scales["Exponent of n"] == pytest.approx(1, abs=0.05)
    assert scales["500,000: seconds"] == pytest.approx(505, rel=0.05)


def test_each_stage_is_described(open_page: Open, workspace: Workspace) -> None:
    keep(workspace)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert "seconds do not clearly grow with n" in next(
        line for line in shown(app).splitlines() if "Greedy sel" in line
    )


def test_no_time_is_told_where_its_interval_is_too_wide(open_page: Open, workspace: Workspace) -> None:
    """Runs whose times scatter by a factor of 16: the page says what is missing instead of a time."""
    whole = record()
    wild = tuple(replace(run, stages=(("scales", run.seconds * 4.0 ** (-1) ** run.repeat),)) for run in whole.runs)
    keep(workspace, runs=wild)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert_no_fault(app)
    (verdict,) = (one.value for one in app.subheader if "140,000" in one.value)
    assert "cannot be told" in verdict
    assert "differ by a factor of" in shown(app)
    assert "a factor of up to 16" in shown(app), "what is missing is quiet, not more runs"
    unfolded(app, growth_numbers=True)
    growth = next(frame.value for frame in app.dataframe if "Exponent of n" in frame.value)
    assert np.isnan(growth["140,000: seconds"].to_numpy(float)).all()
    assert 140_000 not in app.segmented_control(key="pay_size").options


def test_selection_time_against_training_time(open_page: Open, workspace: Workspace) -> None:
    keep(workspace)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    # 110 spared samples, 3 epochs, 20 ms each: 6.6 s of training against 0.2 s of selection.
    assert "Selecting pays off here" in shown(app)
    assert "**Selecting pays off**: selecting 10 " in shown(app), "on the first screen, too"
    assert "extrapolation from 4 timed steps of 16 samples" in shown(app)
    app.number_input(key="pay_epochs").set_value(0.1).run()
    assert "Selecting does not pay off here" in shown(app) or "No clear result" in shown(app)
    app.segmented_control(key="pay_size").set_value(140_000).run()
    assert_no_fault(app)
    assert "selecting 10 of 140,000" in shown(app)


def test_features_count_only_where_they_are_known_and_wanted(open_page: Open, workspace: Workspace) -> None:
    assert not open_page(SCALABILITY.script, dataset=SMALL).toggle
    keep(workspace, features_seconds=1000.0)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert "Selecting does not pay off here" in shown(app)
    app.toggle(key="pay_features").set_value(False).run()
    assert "Selecting pays off here" in shown(app)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": None, "training_note": "Training steps could not be measured: because."}, "because"),
        ({"training": None, "finished": False}, "training steps are measured last"),
        ({"training_note": "The small model stands in."}, "small model stands in"),
        ({"training": replace(SPEED, model="my/model", trained=100)}, "language model my/model"),
        ({"code": "0" * 32}, "earlier version of the selection code"),
    ],
)
def test_what_is_missing_or_differs_is_said(
    changes: dict[str, object], said: str, open_page: Open, workspace: Workspace
) -> None:
    keep(workspace, **changes)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert_no_fault(app)
    everything = shown(app) + "".join(element.value for element in app.info)
    assert said in everything.replace("\\", "")


def test_a_measurement_that_ended_early_shows_what_it_has(open_page: Open, workspace: Workspace) -> None:
    whole = record()
    keep(workspace, runs=whole.runs[:2], finished=False, training=None)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert_no_fault(app)
    assert any("2 of 6 runs are measured" in info.value for info in app.info)
    assert any("measure more sizes" in error.value for error in app.error)
    assert len(app.get("plotly_chart")) == 1, "where the time went is known all the same"


def test_cancelling_keeps_what_was_measured(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SCALABILITY.script, dataset=SMALL)
    press(app)
    next(button for button in app.main.button if button.label == "Cancel").click().run()
    assert newest_job(workspace).state is JobState.CANCELLED
    assert "What was measured by then is kept" in shown(app)
    assert_no_fault(app)


def test_a_failed_job_is_its_sentence(open_page: Open, workspace: Workspace) -> None:
    app = open_page(SCALABILITY.script, dataset=SMALL)
    press(app)
    (workspace.datasets / SMALL / "features" / "features.npz").write_bytes(b"PK")
    work(workspace)
    app.run()
    assert newest_job(workspace).state is JobState.FAILED
    assert any("compute them again" in error.value for error in app.error)
    assert_no_fault(app)


def test_several_measurements_can_be_compared_and_deleted(open_page: Open, workspace: Workspace) -> None:
    old = keep(workspace)
    keep(workspace, id="20260202-120000-0123abcd", proportional=True, features_seconds=5.0)
    app = open_page(SCALABILITY.script, dataset=SMALL)
    picker = next(box for box in app.main.selectbox if box.label == "Measurement")
    assert picker.value == "20260202-120000-0123abcd"
    assert "11,667 from 140,000" in shown(app), "the budget grows with the pool"
    picker.select(old.id).run()
    assert "10 from 140,000" in shown(app)
    app.button(key="delete_measurement").click().run()
    assert [one.id for one in ScalabilityStore(workspace).list(old.features_fingerprint)] == [
        "20260202-120000-0123abcd"
    ]
    assert_no_fault(app)


def test_another_dataset_has_measurements_of_its_own(open_page: Open, workspace: Workspace) -> None:
    made = keep(workspace)
    other = state.reference(CLICKS)
    assert cache.features(other).fingerprint == made.features_fingerprint, "even where the features are the same"
    app = open_page(SCALABILITY.script, dataset=CLICKS)
    assert "Not measured yet" in shown(app)


@pytest.mark.usefixtures("workspace")
def test_the_runs_can_be_taken_away() -> None:
    from pages._ui.scalability import tables as scalability_tables

    seconds = scalability_tables.stage_seconds(record())
    again = pd.read_csv(io.StringIO(seconds.to_csv(index=False)))
    assert np.allclose(again["whole run (s)"], 0.1 + 1.01e-3 * np.array([30, 60, 120]))
    runs = pd.read_csv(io.StringIO(scalability_tables.runs_csv(record())))
    assert list(runs["n"]) == [30, 60, 120] * 2
    stages = runs[[name for name in runs if name.startswith("seconds_")]]
    assert np.allclose(stages.sum(axis=1), runs["seconds"])
    assert {"poo", "transport_term", "gradient_term", "gap"} <= set(runs)


def test_without_features_the_page_says_where_to_get_them(open_page: Open, workspace: Workspace) -> None:
    shutil.rmtree(workspace.datasets / SMALL / "features")
    app = open_page(SCALABILITY.script, dataset=SMALL)
    assert "no features yet" in shown(app)
    assert_no_fault(app)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.00042, "0.42 ms"), (0.05, "50 ms"), (0.5, "0.5 s"), (125, "2 min 05 s"), (1e6, "12 days")]
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert spell(seconds) == said


def test_the_demo_opens_with_a_measurement(open_page: Open, workspace: Workspace) -> None:
    """With the machine it was made on; it is no pace of this machine and cannot be deleted."""
    app = open_page(SCALABILITY.script, dataset="demo")
    assert_no_fault(app)
    assert any("from 3,000 pool samples takes" in one.value for one in app.subheader)
    assert "electing" in next(line for line in shown(app).splitlines() if "Measured on" in line)
    assert "Part of the demo" in shown(app)
    assert "a rough estimate from the sizes" in shown(unfolded(app, new_measurement=True))
    app.button(key="delete_measurement").click().run()
    assert_no_fault(app)
    assert len(ScalabilityStore(workspace).list(cache.features(state.reference("demo")).fingerprint, shipped=True)) == 1
