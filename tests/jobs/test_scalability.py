"""Measuring growing samples: what is measured, kept and found again; training steps beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goracs_core.data.dataset import Dataset
from goracs_core.data.store import save_dataset
from goracs_core.errors import ConfigError, JobCancelled
from goracs_core.evaluation.scaling import extrapolate
from goracs_core.features.compute import features_from_arrays
from goracs_core.features.store import save_features
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.scalability import job as scalability
from goracs_core.jobs.scalability import job as scalability_job
from goracs_core.jobs.scalability import training_speed
from goracs_core.jobs.scalability.job import MEASURING
from goracs_core.jobs.scalability.sizes import check_sizes, default_sizes
from goracs_core.jobs.scalability.store import Scalability, ScalabilityStore
from goracs_core.llm.backend import load_causal_model
from goracs_core.llm.speed import measure_training
from goracs_core.methods import CertifiedConfig, ItraConfig, RandomConfig, config_to_dict
from goracs_core.progress import Progress
from goracs_core.types import GradientNorms
from goracs_core.workspace import Workspace
from tests.jobs.made import shop
from tests.llm.tiny import save_model
from tests.refusals import told

N, M = 240, 30


@pytest.fixture
def workspace(own_workspace: Path) -> Workspace:
    return Workspace(own_workspace).ensure()


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training steps take seconds and have tests of their own."""
    monkeypatch.setattr(scalability_job, "training_speed", lambda *args, **kwargs: (None, "not measured"))


def featured(folder: Path, *, model: str | None = "small") -> Dataset:
    rng = np.random.default_rng(0)
    dataset = shop(tuple(f"Title {number}" for number in range(20)), n=N, m=M)
    save_dataset(dataset, folder)
    norms = None if model is None else GradientNorms(rng.gamma(2.0, size=N), model, "test")
    save_features(features_from_arrays(dataset, rng.normal(size=(N, 5)), rng.normal(size=(M, 5)), norms), folder)
    return dataset


def spec(folder: Path, config: CertifiedConfig | ItraConfig | None = None, **options: Any) -> dict[str, Any]:
    chosen = ItraConfig(10, max_exchanges=2) if config is None else config
    return {"dataset": str(folder), "config": config_to_dict(chosen), "sizes": [60, 120, 240], "repeats": 1, **options}


def measured(workspace: Workspace, given: dict[str, Any], **more: Any) -> Scalability:
    result = run_job("scalability", given, workspace, **more)
    return ScalabilityStore(workspace).get(result["measurement"])


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("config", [CertifiedConfig(10, 0.1, max_rounds=20), ItraConfig(10, 0.1, max_exchanges=2)])
def test_each_size_is_measured_stage_by_stage(
    config: CertifiedConfig | ItraConfig, workspace: Workspace, tmp_path: Path
) -> None:
    featured(tmp_path / "data")
    record = measured(workspace, spec(tmp_path / "data", config, repeats=2))
    assert [(run.size, run.repeat) for run in record.runs] == [(60, 0), (120, 0), (240, 0), (60, 1), (120, 1), (240, 1)]
    assert record.finished
    assert (record.num_pool, record.num_validation) == (N, M)
    for run in record.runs:
        names = [name for name, _ in run.stages]
        assert names[0] == "scales"
        assert names[-1] == "evaluation"
        assert {"distances", "greedy"} <= set(names)
        assert sum(seconds for _, seconds in run.stages) == pytest.approx(run.seconds)
        assert all(seconds >= 0 for _, seconds in run.stages)
        assert (run.gap is not None) == isinstance(config, CertifiedConfig)
        assert run.poo == pytest.approx(run.transport_term - 0.1 * run.gradient_term)
        assert run.budget == 10
    assert extrapolate(record.times).total.predict(10_000).at(0).expected > 0
    assert "60, 120, 240 of 240 pool samples, by popularity decile" in record.sampling
    assert {"processor", "cores", "python", "numpy"} <= set(record.machine)


@pytest.mark.usefixtures("no_training")
def test_samples_are_valued_on_the_scales_of_the_whole_pool(workspace: Workspace, tmp_path: Path) -> None:
    """Lambda keeps its meaning and values compare: the whole pool's run is that of a plain selection."""
    featured(tmp_path / "data")
    record = measured(workspace, spec(tmp_path / "data"))
    whole = load_inputs({"dataset": str(tmp_path / "data")}).problem()
    from goracs_core.selection import select

    alone = select(whole, ItraConfig(10, max_exchanges=2))
    assert record.runs[-1].poo == pytest.approx(alone.poo, rel=1e-12)
    assert record.runs[0].poo >= record.runs[-1].poo - 0.05, "fewer samples cannot cover much better"


@pytest.mark.usefixtures("no_training")
def test_samples_keep_the_shares_of_the_deciles_and_differ_by_run(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    featured(tmp_path / "data")
    taken: list[np.ndarray] = []
    plain = scalability._measure

    def spying(plan: Any, inputs: Any, whole: Any, **options: Any) -> Any:
        taken.append(plan.rows(options["size"], options["repeat"]))
        strata = plan.strata
        shares = np.bincount(strata[taken[-1]], minlength=strata.max() + 1) / options["size"]
        assert np.abs(shares - np.bincount(strata) / N).max() <= 1 / options["size"]
        return plain(plan, inputs, whole, **options)

    monkeypatch.setattr(scalability, "_measure", spying)
    measured(workspace, spec(tmp_path / "data", repeats=2))
    warm_up, first, *_ = taken
    assert len(taken) == 7, "one run to warm up"
    assert not np.array_equal(warm_up, first)
    assert not np.array_equal(first, taken[4])
    assert all(len(np.unique(rows)) == len(rows) for rows in taken)


@pytest.mark.usefixtures("no_training")
def test_a_proportional_budget_shrinks_with_the_sample(workspace: Workspace, tmp_path: Path) -> None:
    featured(tmp_path / "data")
    record = measured(workspace, spec(tmp_path / "data", ItraConfig(24, max_exchanges=1), proportional=True))
    assert [run.budget for run in record.runs] == [6, 12, 24]
    assert record.budget_at(2400) == 240
    assert record.powers == (1.0, 2.0)
    fixed = measured(workspace, spec(tmp_path / "data"))
    assert fixed.budget_at(2400) == 10
    assert fixed.powers == (1.0,)


@pytest.mark.usefixtures("no_training")
def test_a_cancelled_measurement_keeps_what_it_has(workspace: Workspace, tmp_path: Path) -> None:
    featured(tmp_path / "data")
    features = load_inputs({"dataset": str(tmp_path / "data")}).fingerprints["features"]

    def until_third(stage: str, done: int, total: int, detail: str = "") -> None:
        if stage == MEASURING and done >= 180:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_job("scalability", spec(tmp_path / "data"), workspace, Progress(until_third))
    (record,) = ScalabilityStore(workspace).list(features)
    assert [run.size for run in record.runs] == [60, 120]
    assert not record.finished


@pytest.mark.usefixtures("no_training")
def test_progress_counts_the_rows_of_the_whole_plan(workspace: Workspace, tmp_path: Path) -> None:
    featured(tmp_path / "data")
    seen: list[tuple[str, int, int, str]] = []

    def listen(stage: str, done: int, total: int, detail: str = "") -> None:
        seen.append((stage, done, total, detail))

    run_job("scalability", spec(tmp_path / "data", repeats=2), workspace, Progress(listen))
    stages = list(dict.fromkeys(stage for stage, *_ in seen))
    assert stages == ["loading", "whole pool's scales", "warming up", MEASURING]
    rows = [(done, total) for stage, done, total, _ in seen if stage == MEASURING]
    assert {total for _, total in rows} == {840}
    assert list(dict.fromkeys(done for done, _ in rows)) == [0, 60, 180, 420, 480, 600]
    assert any(detail.startswith("sample of 120, run 2 of 2: greedy") for *_, detail in seen)


@pytest.mark.usefixtures("no_training")
def test_labels_are_kept_in_proportion(workspace: Workspace, tmp_path: Path) -> None:
    from goracs_core.data.dataset import Task
    from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic

    options = SyntheticOptions(task=Task.CTR, num_users=150, num_items=250, max_pool=120, max_validation=40, max_test=9)
    dataset, rng = make_synthetic(options, name="Clicks"), np.random.default_rng(0)
    save_dataset(dataset, tmp_path / "data")
    arrays = rng.normal(size=(120, 5)), rng.normal(size=(40, 5)), rng.gamma(2.0, size=120)
    save_features(features_from_arrays(dataset, *arrays), tmp_path / "data")
    config = config_to_dict(ItraConfig(8, max_exchanges=1)) | {"label_aware": None}
    record = measured(workspace, spec(tmp_path / "data", sizes=[30, 60, 120]) | {"config": config})
    assert record.config["label_aware"] is True
    assert "by label and popularity decile" in record.sampling
    assert len(record.runs) == 3


@pytest.mark.usefixtures("no_training")
def test_measurements_are_listed_by_their_features(workspace: Workspace, tmp_path: Path) -> None:
    featured(tmp_path / "data")
    first = measured(workspace, spec(tmp_path / "data"))
    second = replace(first, id="20990101-000000-0123abcd")
    store = ScalabilityStore(workspace)
    store.save(second)
    features = first.features_fingerprint
    assert store.get(first.id) == first
    assert [record.id for record in store.list(features)] == [second.id, first.id], "newest first"
    assert store.list("0" * 32) == ()
    store.delete(second.id)
    assert [record.id for record in store.list(features)] == [first.id]


def test_the_usual_sizes_grow_in_equal_ratios_to_the_whole_pool() -> None:
    assert default_sizes(16_000, 10) == (1000, 2000, 4000, 8000, 16_000)
    assert default_sizes(3000, 256)[0] == 512, "a fixed budget needs something to choose from"
    assert default_sizes(3000, 256, proportional=True)[0] == 187
    for n, k in ((3000, 256), (1_000_000, 1000), (30, 3)):
        sizes = default_sizes(n, k)
        assert check_sizes(sizes, n, k) == sizes
        assert sizes[-1] == n
    with pytest.raises(ConfigError, check=told("pool-too-small", pool=3000, budget=1500)):
        default_sizes(3000, 1500)
    with pytest.raises(ConfigError, check=told("pool-too-small", pool=2)):
        default_sizes(2, 1, proportional=True)


@pytest.mark.parametrize(
    ("sizes", "check"),
    [
        ((), told("bad-number-of-sizes", sizes=0, least=3)),
        ((100, 200), told("bad-number-of-sizes", sizes=2)),
        ((100, 100, 200), told("bad-number-of-sizes", sizes=2)),
        (tuple(range(100, 1000, 50)), told("bad-number-of-sizes", sizes=18)),
        ((100, 200, 2000), told("size-too-large", size=2000, pool=1000)),
        ((50, 100, 200), told("size-too-small", size=50, budget=50)),
        ((200, 210, 220), told("sizes-too-similar", smallest=200, largest=220)),
        ((-5, 100, 200), told("size-too-small", size=-5)),
    ],
)
def test_sizes_that_do_not_do_are_refused(sizes: tuple[int, ...], check: Callable[[BaseException], bool]) -> None:
    with pytest.raises(ConfigError, check=check):
        check_sizes(sizes, 1000, 50)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"dataset": ""}, lambda error: "'dataset'" in str(error)),
        ({"repeats": 0}, told("bad-option", option="repeats", value=0)),
        ({"repeats": 99}, told("bad-option", option="repeats", value=99)),
        ({"config": config_to_dict(RandomConfig(5))}, told("wrong-method", method="random")),
        ({"config": config_to_dict(ItraConfig(N))}, told("budget-too-large", budget=N, pool=N)),
        ({"config": config_to_dict(ItraConfig(60))}, told("size-too-small", size=60, budget=60)),
        ({"sizes": [60, 120, 480]}, told("size-too-large", size=480)),
    ],
)
def test_what_cannot_be_measured_is_refused_before_any_work(
    change: dict[str, Any], check: Callable[[BaseException], bool], workspace: Workspace, tmp_path: Path
) -> None:
    featured(tmp_path / "data")
    with pytest.raises(ConfigError, check=check):
        run_job("scalability", spec(tmp_path / "data") | change, workspace)
    assert not (workspace.root / "scalability").exists()


# --- training steps


def test_training_steps_are_real_and_counted(tmp_path: Path) -> None:
    model = load_causal_model(str(save_model(tmp_path / "tiny")))
    before = {name: weight.clone() for name, weight in model.model.state_dict().items()}
    seen: list[int] = []

    def listen(stage: str, done: int, total: int, detail: str = "") -> None:
        assert 0 < done <= total
        seen.append(done)

    speed = measure_training(model, shop().pool, progress=Progress(listen))
    assert any(not weight.equal(before[name]) for name, weight in model.model.state_dict().items()), "weights moved"
    assert not any(weight.requires_grad for weight in model.model.parameters())
    assert not model.model.training
    assert speed.trained == speed.parameters == sum(weight.numel() for weight in model.model.parameters())
    assert len(speed.seconds) >= 8
    assert min(speed.seconds) > 0
    assert speed.per_sample == tuple(seconds / speed.batch for seconds in speed.seconds)
    assert speed.tokens > 2
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > len(speed.seconds), "the first steps do not count"


def test_larger_models_train_through_adapters_that_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from goracs_core.llm import speed as module

    monkeypatch.setattr(module, "_FULL_PARAMETERS", 10)
    model = load_causal_model(str(save_model(tmp_path / "tiny")))
    before = {name: weight.clone() for name, weight in model.model.state_dict().items()}
    speed = measure_training(model, shop().pool)
    assert 0 < speed.trained < speed.parameters
    after = model.model.state_dict()
    assert list(after) == list(before)
    assert all(weight.equal(before[name]) for name, weight in after.items())


def test_training_can_be_cancelled(tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int, detail: str = "") -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        measure_training(load_causal_model(str(save_model(tmp_path / "tiny"))), shop().pool, progress=Progress(stop))


def trained(folder: Path, workspace: Workspace) -> tuple[Any, str]:
    inputs = load_inputs({"dataset": str(folder)})
    return training_speed.training_speed(inputs, seed=0, cache=workspace.cache)


def test_the_features_own_model_is_measured_when_it_is_here(workspace: Workspace, tmp_path: Path) -> None:
    folder = str(save_model(tmp_path / "tiny"))
    featured(tmp_path / "data", model=folder)
    speed, note = trained(tmp_path / "data", workspace)
    assert speed.model == folder
    assert note == ""


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("/nowhere/model", "is not on this machine"),
        ("nobody/no-such-model", "is not on this machine"),
        ("precomputed", "name no language model"),
        (None, "name no language model"),
        ("empty", "does not load"),
    ],
)
def test_the_small_model_stands_in_and_says_so(
    model: str | None, said: str, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if model == "empty":
        (tmp_path / "empty").mkdir()
        model = str(tmp_path / "empty")
    tiny = load_causal_model(str(save_model(tmp_path / "tiny")), name="small")
    monkeypatch.setattr(training_speed, "_small_model", lambda *args, **kwargs: tiny)
    featured(tmp_path / "data", model=model)
    speed, note = trained(tmp_path / "data", workspace)
    assert speed.model == "small"
    assert said in note
    assert "small model stands in" in note


def test_a_model_that_cannot_train_leaves_the_selections(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = load_causal_model(str(save_model(tmp_path / "tiny", context=2)), name="small")
    monkeypatch.setattr(training_speed, "_small_model", lambda *args, **kwargs: broken)
    featured(tmp_path / "data")
    record = measured(workspace, spec(tmp_path / "data"))
    assert record.training is None
    assert record.training_note.startswith("Training steps could not be measured")
    assert record.finished
    assert len(record.runs) == 3


@pytest.mark.slow
def test_the_small_model_is_measured_for_real_and_nothing_of_it_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    featured(tmp_path / "data")
    record = measured(workspace, spec(tmp_path / "data"))
    assert record.training is not None
    assert record.training.model == "small"
    assert record.training.parameters > 500_000
    assert record.training_note == ""
    assert list(workspace.cache.iterdir()) == []
    assert ScalabilityStore(workspace).get(record.id) == record
