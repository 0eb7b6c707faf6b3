"""A kind of job that nobody has heard of: registered from here alone, it works in queue, pages and command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from streamlit.testing.v1 import AppTest

from goracs_core import cli
from goracs_core.errors import ConfigError, JobCancelled
from goracs_core.estimate import Estimate
from goracs_core.jobs.command import command_line, command_words
from goracs_core.jobs.kind import JobKind, Opens
from goracs_core.jobs.kinds import all_kinds, find_kind, kind_named, register, run_job, unregister
from goracs_core.jobs.queue.database import writing
from goracs_core.jobs.queue.job import JobState
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.queue.worker import run_worker
from goracs_core.jobs.spec import Argument, Spec, asked
from goracs_core.progress import Progress
from goracs_core.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class CountSpec(Spec):
    """Count to a number."""

    job: ClassVar[str] = "count"

    number: int = asked(Argument("--number", help="where to end", metavar="N"))


def count(spec: CountSpec, workspace: Workspace, progress: Progress) -> dict[str, Any]:
    for done in range(spec.number):
        progress("counting", done, spec.number)
    if spec.number < 0:
        raise JobCancelled
    return {"counted": spec.number}


def opens(spec: CountSpec, result: Mapping[str, Any]) -> Opens:
    return Opens("run", "Look at the number", parameters={"run": str(result["counted"])})


COUNT = JobKind(
    name="count",
    title="Count",
    spec=CountSpec,
    run=count,
    done="Counted.",
    kept_on_cancel="The numbers before are kept.",
    describe=lambda spec, workspace: f"to {spec.number}",
    estimate=lambda spec, workspace: Estimate(2.0 * spec.number, 3_000_000, "two seconds each"),
    opens=opens,
)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register(COUNT)
    yield
    unregister(COUNT.name)


@pytest.fixture
def workspace(own_workspace: Any) -> Workspace:
    return Workspace(own_workspace).ensure()


@pytest.fixture
def panel(workspace: Workspace) -> AppTest:
    """The panel of jobs, and what a page shows that watches the made-up kind."""

    def page() -> None:
        import streamlit as st

        from goracs_core.jobs.kinds import kind_named
        from pages._ui import jobs

        st.session_state.setdefault("awaited_jobs", {1})
        jobs.watch(kind_named("count"))
        with st.sidebar:
            jobs.panel()
        jobs.workspace_jobs()

    return AppTest.from_function(page, default_timeout=60)


def told(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.info, *app.toast, *app.error)
    return "\n".join(str(element.value) for element in elements).replace("\\", "")  # Markdown escapes


def test_it_runs_by_itself_and_through_the_queue(workspace: Workspace) -> None:
    assert run_job(COUNT, CountSpec(number=2), workspace) == run_job("count", {"number": 2}, workspace)
    queue = JobQueue(workspace)
    done, wrong = queue.submit("count", {"number": 3}), queue.submit("count", {"nummer": 3})
    later = queue.submit("of a later version", {})
    run_worker(workspace, until_empty=True, niceness=0)
    assert (queue.get(done).state, queue.get(done).result) == (JobState.DONE, {"counted": 3})
    for number, named in ((wrong, "nummer"), (later, "of a later version")):
        job = queue.get(number)
        assert job.state is JobState.FAILED
        assert named in job.error


@pytest.mark.parametrize(
    ("values", "named"),
    [({}, "number"), ({"number": 1, "to": 2}, "'to'"), ({"number": "three"}, "three"), ({"number": True}, "True")],
)
def test_its_spec_refuses_what_is_unknown_missing_or_of_another_type(values: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        COUNT.read(values)


def test_its_spec_is_plain_values_and_back() -> None:
    spec = CountSpec(number=4)
    assert COUNT.read(json.loads(json.dumps(spec.to_dict()))) == spec


def test_its_command_is_written_read_and_run(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    spec = CountSpec(number=4)
    assert command_line(COUNT, spec) == "python -m goracs_core count --number 4"
    assert cli.parse_job(command_words(COUNT, spec), workspace) == ("count", spec)
    assert cli.main(["count", "--number", "4"]) == 0
    printed, said = capsys.readouterr()
    assert json.loads(printed.splitlines()[-1]) == {"counted": 4}
    assert "8.0 s" in said
    assert "3 MB" in said


def test_pages_show_its_title_estimate_and_link(workspace: Workspace, panel: AppTest) -> None:
    JobQueue(workspace).submit("count", {"number": 5})
    shown = told(panel.run())
    assert "Count: to 5" in shown
    assert COUNT.estimated({"number": 5}, workspace) in shown
    run_worker(workspace, until_empty=True, niceness=0)
    assert "Counted." in told(panel.run())
    assert not panel.exception


def test_pages_say_what_is_kept_of_it(workspace: Workspace, panel: AppTest) -> None:
    number = JobQueue(workspace).submit("count", {"number": 5})
    panel.run()
    JobQueue(workspace).cancel(number)
    assert "The numbers before are kept." in told(panel.run())


def test_pages_bear_a_job_of_a_later_version(workspace: Workspace, panel: AppTest) -> None:
    with writing(workspace) as connection:
        connection.execute(
            "INSERT INTO jobs (kind, spec, key, state, created, started, finished) VALUES "
            "('unheard', '{}', 'k', 'done', ?, ?, ?)",
            (time.time(),) * 3,
        )
    assert "unheard" in told(panel.run())
    assert not panel.exception


def test_names_are_taken_once_and_unknown_ones_are_a_sentence() -> None:
    with pytest.raises(ConfigError, match="count"):
        register(JobKind(name="count", title="Other", spec=CountSpec, run=count, done=""))
    assert COUNT in all_kinds()
    assert find_kind("unheard") is None
    with pytest.raises(ConfigError, match="unheard"):
        kind_named("unheard")
