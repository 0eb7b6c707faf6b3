"""The form of the Run page: every method with its own options and no other, its defaults, its address, a way back."""

from __future__ import annotations

import ast
import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from goracs_core.cli import main
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.queue.queue import JobQueue
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import (
    METHODS,
    CcsConfig,
    DealRecConfig,
    El2nConfig,
    SelectionConfig,
    config_from_dict,
    config_to_dict,
    method_of,
    own_options,
)
from goracs_core.methods.method import Group
from goracs_core.methods.registry import key_of
from goracs_core.option import NamedOption
from goracs_core.workspace import Workspace
from pages._ui import controls, copied, estimates, method_options, methods, state
from pages._ui.routes import RUN
from tests.app.conftest import CLICKS, SMALL, Open, assert_no_fault, shown, unfolded
from tests.problems import CONFIGS

pytestmark = pytest.mark.usefixtures("no_worker")
EACH = pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: kind.solver)


def made(app: AppTest) -> SelectionConfig:
    """The config of the job that Run makes."""
    queue = JobQueue(state.workspace())
    for job in queue.list():  # a job that waits already would be taken for the same one
        queue.cancel(job.id)
    app.button(key="run").click().run()
    assert_no_fault(app)
    return config_from_dict(queue.list()[0].spec["config"])


def widget(app: AppTest, option: NamedOption) -> Any:
    if option.words.choices:
        return app.selectbox(key=option.key)
    if isinstance(option.default, bool):
        return app.toggle(key=option.key)
    return app.number_input(key=option.key)


def other(option: NamedOption) -> tuple[Any, Any]:
    """Another value: as the widget shows it and as the config keeps it."""
    default = method_options.shown_default(option)
    if option.words.choices:
        value = next(name for name in option.words.choices if name != default)
        return value, value
    if isinstance(default, bool):
        return not default, not default
    value = default + 1 if isinstance(default, int) or option.words.percent else default / 2 + 0.25
    return value, value / 100 if option.words.percent else value


def test_every_method_is_offered_once() -> None:
    offered = methods.by_key()
    assert list(offered.values()) == list(METHODS.values())
    groups = [one.group for one in offered.values()]
    assert groups == sorted(groups, key=list(Group).index), "the groups are kept together"
    assert {"goracs", "goracs-itra", "random", "stratified-random"} <= set(offered), "links from before must go on"


def test_options_of_one_key_are_one_widget() -> None:
    """A shared key has the same words everywhere, or the widget would change under the user's hands."""
    seen: dict[str, Any] = {}
    for method in METHODS.values():
        for option in own_options(method.config):
            assert seen.setdefault(option.key, option.words) == option.words, option.key


@EACH
def test_a_method_is_chosen_with_its_defaults_and_its_options_alone(
    kind: type[SelectionConfig], open_page: Open, workspace: Workspace
) -> None:
    app = open_page(RUN.script, dataset=SMALL)
    app.selectbox(key="method").set_value(key_of(method_of(kind))).run()
    expected = kind(controls.default_budget(state.reference(SMALL).counts["pool"]))
    assert made(app) == expected
    own = {option.key for option in own_options(kind)}
    shown_keys = {one.key for one in (*app.main.number_input, *app.main.selectbox, *app.main.toggle)}
    every = set(method_options.defaults())
    assert shown_keys & every <= own
    hidden = {option.key for option in own_options(kind) if option.words.only_with is not None}
    assert own - hidden <= shown_keys
    assert ("seed" in shown_keys) == (method_of(kind).seeded or kind.method == "goracs")
    assert ("does not choose by λ" in shown(app)) == (kind.method != "goracs")
    assert method_of(kind).reference in shown(app)


@EACH
def test_every_option_changes_the_config_and_reset_undoes_it(
    kind: type[SelectionConfig], open_page: Open, workspace: Workspace
) -> None:
    app = open_page(RUN.script, dataset=SMALL, method=key_of(method_of(kind)))
    default = made(app)
    expected = {"lambda_": 0.25}
    app.number_input(key="lambda").set_value(0.25)
    if method_of(kind).seeded:
        app.number_input(key="seed").set_value(3)
        expected["seed"] = 3
    ways = [option for option in own_options(kind) if option.words.only_with is None]
    for option in ways:
        given, kept = other(option)
        widget(app, option).set_value(given)
        expected[option.name] = kept
    app.run()
    for option in own_options(kind):
        if option.words.only_with is not None and expected.get(option.words.only_with[0]) == option.words.only_with[1]:
            given, kept = other(option)
            widget(app, option).set_value(given)
            expected[option.name] = kept
    changed = made(app.run())
    differs = {field.name for field in fields(kind) if getattr(changed, field.name) != getattr(default, field.name)}
    assert differs == set(expected)
    assert {name: getattr(changed, name) for name in expected} == pytest.approx(expected)
    app.button(key="reset").click().run()
    assert app.selectbox(key="method").value == next(iter(methods.by_key()))
    app.selectbox(key="method").set_value(key_of(method_of(kind))).run()
    assert made(app) == default


def test_options_of_a_solver_are_there_only_with_it(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, method="dealrec")

    def there() -> set[str | None]:
        return {one.key for one in app.main.number_input} & {"tolerance", "iterations", "steps"}

    assert there() == {"tolerance", "iterations"}
    app.selectbox(key="influence_solver").set_value("recursion").run()
    assert there() == {"steps"}
    config = made(app)
    assert isinstance(config, DealRecConfig)
    assert (config.influence_solver, config.tolerance) == ("recursion", DealRecConfig.tolerance)


def test_the_address_makes_the_same_config(open_page: Open, workspace: Workspace) -> None:
    query = {
        "method": "dealrec", "budget": "9", "seed": "2", "surrogate": "BERT4Rec", "influence_solver": "Recursion",
        "steps": "70", "effort_weight": "1.5", "hard_prune": "7", "strata": "4", "epochs": "3", "damping": "0.02",
    }  # fmt: skip
    expected = DealRecConfig(
        9,
        seed=2,
        surrogate="bert4rec",
        influence_solver="recursion",
        recursion_steps=70,
        effort_weight=1.5,
        hard_prune_fraction=0.07,
        strata=4,
        surrogate_epochs=3,
        damping=0.02,
    )
    assert made(open_page(RUN.script, dataset=SMALL, **query)) == expected
    query = {"method": "ccs", "score": "Gradient norm", "strata": "4"}
    budget = controls.default_budget(state.reference(SMALL).counts["pool"])
    config = made(open_page(RUN.script, dataset=SMALL, **query))
    assert config == CcsConfig(budget, score="gradient-norm", strata=4)


def test_a_shared_option_keeps_its_value_from_method_to_method(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=SMALL, method="ccs")
    app.number_input(key="strata").set_value(7).run()
    app.selectbox(key="method").set_value("dealrec").run()
    config = made(app)
    assert isinstance(config, DealRecConfig)
    assert config.strata == 7


def test_without_gradient_norms_nothing_asks_for_them(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from goracs_core.data.store import load_dataset
    from goracs_core.features.compute import features_from_arrays
    from goracs_core.features.store import load_features, save_features

    folder = workspace.datasets / SMALL
    features = load_features(folder)
    plain = features_from_arrays(load_dataset(folder), features.pool.values, features.validation.values, None)
    save_features(plain, folder)
    app = open_page(RUN.script, dataset=SMALL, method="dealrec")
    config = made(app)
    assert isinstance(config, DealRecConfig)
    assert (config.effort_weight, config.lambda_) == (0.0, 0.0)
    app.selectbox(key="method").set_value("ccs").run()
    assert_no_fault(app)
    assert "Gradient norm" not in app.selectbox(key="score").options


def test_labels_are_left_out_by_default_for_what_draws(open_page: Open, workspace: Workspace) -> None:
    app = open_page(RUN.script, dataset=CLICKS, method="k-centre")
    assert made(app).label_aware is False
    app.toggle(key="label_aware_draw").set_value(True).run()
    assert made(app).label_aware is True


@EACH
def test_there_is_a_guess_for_every_method(kind: type[SelectionConfig], workspace: Workspace) -> None:
    ref = state.reference(SMALL)
    guess = estimates.selection(ref, kind(12), (), width=6)
    assert 0 < guess.seconds < 3600
    assert guess.fits
    assert ("cache" in guess.sentence) == bool(kind(12).needed_scores)


def test_an_earlier_run_refines_the_guess_unless_its_scores_were_given(workspace: Workspace) -> None:
    from goracs_core.jobs.select.run import RunSummary

    ref, asked = state.reference(SMALL), El2nConfig(12)

    def earlier(seconds: float) -> RunSummary:
        return RunSummary("one", "one", config=config_to_dict(El2nConfig(12)), seconds=seconds)

    rough = estimates.selection(ref, asked, (), width=6)
    known = estimates.selection(ref, asked, (earlier(3 * rough.seconds),), width=6)
    assert known.seconds == pytest.approx(3 * rough.seconds)
    given = estimates.selection(ref, asked, (earlier(0.01),), width=6)
    assert given.seconds == pytest.approx(rough.seconds)


@EACH
def test_the_copied_command_and_python_name_every_option(
    kind: type[SelectionConfig], workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With given scores, so that no model is trained; the command's own parser and the lines' own code decide."""
    ref = state.reference(SMALL)
    values: dict[str, Any] = {"lambda_": 0.25}
    for option in own_options(kind):
        values[option.name] = other(option)[1]
    if "strata" in values:
        values["strata"] = 3
    values.pop("max_seconds", None)  # may stop at another place each time
    config = kind(8, seed=1, **values)
    idle = {name: getattr(kind(8), name) for name in config.idle_options}  # not copied, since they change nothing
    config = replace(config, **idle)
    scored = bool(config.needed_scores)
    monkeypatch.chdir(tmp_path)
    np.save(copied.GIVEN_SCORES, np.random.default_rng(0).gamma(1.0, size=ref.counts["pool"]))
    words = shlex.split(copied.as_command(config, ref, given_scores=scored))
    assert main(words[3:]) == 0
    (summary,) = RunStore(workspace).list()
    run = RunStore(workspace).get(summary.id)
    assert run.config == config
    assert copied.has_given_scores(run) == scored
    namespace: dict[str, Any] = {}
    exec(compile(ast.parse(copied.as_python(config, ref, given_scores=scored)), "copied", "exec"), namespace)
    assert namespace["selection"].fingerprint == run.fingerprint


def test_a_run_with_given_scores_says_so_where_it_is_copied(
    open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    np.save(tmp_path / "s.npy", np.random.default_rng(0).gamma(1.0, size=120))
    spec = {
        "dataset": str(workspace.datasets / SMALL),
        "config": config_to_dict(El2nConfig(9)),
        "scores": str(tmp_path / "s.npy"),
    }
    app = open_page(RUN.script, dataset=SMALL, run=run_job("select", spec, workspace)["run"])
    assert_no_fault(app)
    assert "--scores scores.npy" in shown(unfolded(app, run_tab="Export"))
    assert "the highest ones were taken" in shown(unfolded(app, run_tab="Convergence"))
    assert_no_fault(app)
