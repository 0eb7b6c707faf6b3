"""Influence against what it stands for: autograd, explicit Hessians, solved systems, true leave-one-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import rankdata
from torch.nn import functional

from goracs_core.errors import DataError, JobCancelled, ModelError, SolverError
from goracs_core.progress import Progress
from goracs_core.surrogate import hessian
from goracs_core.surrogate.hessian import LabelledHistories, LayerLosses, layer_losses
from goracs_core.surrogate.influence import (
    InfluenceOptions,
    inner_products,
    inverse_product,
    mean_gradient,
    measure_influence,
)
from goracs_core.types import FloatArray
from tests.refusals import told
from tests.surrogate.tiny_models import ITEMS, SoftmaxRegression, TinyModel, questions

TASKS = pytest.mark.parametrize("ctr", [False, True], ids=["seqrec", "ctr"])
Loss = Callable[[torch.Tensor], torch.Tensor]


def loss_of(model: TinyModel, samples: LabelledHistories) -> Loss:
    """The losses of all samples as autograd sees them, from the layer's weights on; shape [n]."""
    histories, targets = torch.from_numpy(samples.histories), torch.from_numpy(samples.targets)
    labels = None if samples.labels is None else torch.from_numpy(samples.labels)

    def losses(weights: torch.Tensor) -> torch.Tensor:
        inputs, residual = model.layer_inputs(histories)
        output = inputs @ weights.T + model.layer.bias
        logits = model.item_scores(model.finish(output, residual))
        if labels is None:
            return functional.cross_entropy(logits, targets, reduction="none")
        asked = logits.gather(1, targets[:, None])[:, 0]
        return functional.binary_cross_entropy_with_logits(asked, labels.to(asked.dtype), reduction="none")

    return losses


def explicit_hessian(model: TinyModel, samples: LabelledHistories) -> FloatArray:
    """Hessian of the mean loss; shape [o * i, o * i]."""
    losses, weights = loss_of(model, samples), model.layer.weight.detach()
    full = torch.autograd.functional.hessian(lambda w: losses(w).mean(), weights)
    assert isinstance(full, torch.Tensor)
    return full.reshape(weights.numel(), weights.numel()).numpy()


def layered(model: TinyModel, samples: LabelledHistories) -> LayerLosses:
    return layer_losses(model, samples, num_items=ITEMS)


@TASKS
def test_inner_products_are_those_of_explicit_gradients(ctr: bool) -> None:
    model, samples = TinyModel(), questions(30, ctr=ctr)
    losses = layered(model, samples)
    matrix = np.random.default_rng(0).normal(size=losses.shape)
    gradients = torch.autograd.functional.jacobian(loss_of(model, samples), model.layer.weight.detach())
    assert isinstance(gradients, torch.Tensor)
    deltas = losses.output_gradients()
    np.testing.assert_allclose(
        inner_products(losses, deltas, matrix), (gradients.numpy() * matrix).sum(axis=(1, 2)), rtol=1e-9
    )
    np.testing.assert_allclose(mean_gradient(losses, deltas), gradients.numpy().mean(axis=0), rtol=1e-9, atol=1e-15)


@TASKS
@pytest.mark.parametrize("rows_per_block", [1, 7, 1000])
def test_hessian_products_are_those_of_the_explicit_hessian(ctr: bool, rows_per_block: int) -> None:
    model, samples = TinyModel(), questions(30, ctr=ctr)
    losses = replace(layered(model, samples), rows_per_block=rows_per_block)
    full = explicit_hessian(model, samples)
    for seed in range(3):
        direction = np.random.default_rng(seed).normal(size=losses.shape)
        np.testing.assert_allclose(losses.hessian_times(direction).ravel(), full @ direction.ravel(), atol=1e-12)


@TASKS
def test_a_layer_that_is_all_there_is_has_no_second_term(ctr: bool) -> None:
    rng = np.random.default_rng(0)
    model = SoftmaxRegression(rng.normal(size=(ITEMS + 1, 3)), rng.normal(size=(ITEMS, 3)))
    losses = layer_losses(model, questions(30, ctr=ctr), num_items=ITEMS)
    direction, step = rng.normal(size=losses.shape), 1e-5
    sides = []
    for sign in (1, -1):
        moved = SoftmaxRegression(model.features.numpy(), model.layer.weight.detach().numpy() + sign * step * direction)
        at = layer_losses(moved, questions(30, ctr=ctr), num_items=ITEMS)
        sides.append(mean_gradient(at, at.output_gradients()))
    np.testing.assert_allclose(losses.hessian_times(direction), (sides[0] - sides[1]) / (2 * step), atol=1e-8)


def test_products_of_single_samples_average_to_that_of_the_pool() -> None:
    losses = layered(TinyModel(), questions(20))
    direction = np.random.default_rng(0).normal(size=losses.shape)
    with losses.one_by_one() as product:
        mean = np.mean([product(row, direction) for row in range(len(losses))], axis=0)
    np.testing.assert_allclose(mean, losses.hessian_times(direction), atol=1e-14)


@TASKS
def test_conjugate_gradients_solve_the_explicit_damped_system(ctr: bool) -> None:
    model, samples = TinyModel(), questions(40, ctr=ctr)
    full = explicit_hessian(model, samples)
    options = InfluenceOptions(damping=1.0, scale=2 * float(np.abs(np.linalg.eigvalsh(full)).max()), tolerance=1e-10)
    influence = measure_influence(model, samples, num_items=ITEMS, options=options)
    losses = layered(model, samples)
    deltas = losses.output_gradients()
    right = mean_gradient(losses, deltas)
    damped = full + options.ridge * np.eye(len(full))
    solution: FloatArray = np.asarray(np.linalg.solve(damped, right.ravel()), np.float64).reshape(losses.shape)
    np.testing.assert_allclose(influence.inverse.values, solution, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(influence.values, inner_products(losses, deltas, solution) / len(samples), rtol=1e-7)
    assert influence.record["residual"] <= options.tolerance
    assert influence.record["passes"] == influence.record["iterations"] <= full.shape[0] + 5


def test_influence_foretells_leaving_samples_out(record_property: Callable[[str, object], None]) -> None:
    """Softmax regression with a ridge, trained to the optimum with and without each sample."""
    rng = np.random.default_rng(3)
    n, ridge = 150, 0.1
    features = rng.normal(size=(n, 3))
    targets = (features @ rng.normal(size=(3, 4)) + 1.5 * rng.gumbel(size=(n, 4))).argmax(axis=1)
    whole = _fitted(features, targets, np.ones(n), ridge)
    before = _mean_loss(whole, features, targets)
    true = np.array(
        [
            _mean_loss(_fitted(features, targets, (np.arange(n) != left_out).astype(float), ridge), features, targets)
            - before
            for left_out in range(n)
        ]
    )
    samples = LabelledHistories(np.arange(n)[:, None], targets)
    options = InfluenceOptions(damping=ridge, scale=1.0, tolerance=1e-8)
    influence = measure_influence(SoftmaxRegression(features, whole), samples, num_items=4, options=options).values
    correlation = float(np.corrcoef(rankdata(influence), rankdata(true))[0, 1])
    slope = float(influence @ true / (influence @ influence))
    record_property("rank correlation with leave-one-out", correlation)
    record_property("true change per unit of influence", slope)
    print(f"rank correlation {correlation:.4f}, slope {slope:.3f}")
    assert correlation > 0.95
    assert 0.9 < slope < 1.15  # the factor is 1/n: with 1/n^2 it would be 150


def _mean_loss(weights: FloatArray, features: FloatArray, targets: np.ndarray) -> float:
    logits = features @ weights.T
    return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), targets]).mean())


def _fitted(features: FloatArray, targets: np.ndarray, counted: FloatArray, ridge: float) -> FloatArray:
    """Newton on (1/n) sum_i counted_i L_i + ridge / 2 |W|^2, with n all samples, counted or not; shape [classes, d]."""
    n, classes = len(targets), int(targets.max()) + 1
    hot = np.eye(classes)[targets]
    weights = np.zeros((classes, features.shape[1]))
    gradient = weights
    for _ in range(12):
        p = np.exp(features @ weights.T)
        p /= p.sum(axis=1, keepdims=True)
        gradient = ((p - hot) * counted[:, None]).T @ features / n + ridge * weights
        bend = p[:, :, None] * np.eye(classes) - p[:, :, None] * p[:, None, :]  # [n, classes, classes]
        full = np.einsum("n,nab,nc,nd->acbd", counted / n, bend, features, features).reshape(weights.size, -1)
        weights -= np.linalg.solve(full + ridge * np.eye(weights.size), gradient.ravel()).reshape(weights.shape)
    assert np.abs(gradient).max() < 1e-10
    return weights


def test_recursion_and_conjugate_gradients_agree_within_its_noise() -> None:
    losses = layered(TinyModel(seed=2), questions(25))
    right = mean_gradient(losses, losses.output_gradients())
    options = InfluenceOptions("recursion", damping=0.05, scale=60.0, recursion_steps=120)
    exact = inverse_product(losses, right, replace(options, solver="cg", tolerance=1e-10)).values
    found = [inverse_product(losses, right, replace(options, seed=seed)) for seed in range(24)]
    off = np.array([(one.values - exact).ravel() for one in found])  # [seeds, o * i]
    standard_error = off.std(axis=0, ddof=1) / np.sqrt(len(off))
    assert (np.abs(off.mean(axis=0)) < 4.5 * standard_error + 0.01 * np.abs(exact).max()).all()
    spread, mean = np.linalg.norm(off, axis=1).mean(), np.linalg.norm(off.mean(axis=0))
    assert mean < spread / 2
    assert 0 < spread < np.linalg.norm(exact)
    damped = losses.hessian_times(found[0].values) + options.ridge * found[0].values
    expected = np.linalg.norm(damped - right) / np.linalg.norm(right)
    assert found[0].residual == pytest.approx(expected)
    assert (found[0].iterations, found[0].products) == (120, 120)


@pytest.mark.parametrize("solver", ["cg", "recursion"])
def test_the_same_bytes_on_any_number_of_threads(solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hessian, "_BLOCK_LOGITS", 5 * ITEMS)
    monkeypatch.setattr(hessian, "_BLOCK_TOKENS", 5 * ITEMS)
    options = InfluenceOptions(solver=solver, damping=0.05, scale=60.0, recursion_steps=20)  # type: ignore[arg-type]
    found = []
    for threads in (1, 3):
        monkeypatch.setenv("GORACS_THREADS", str(threads))
        found.append(measure_influence(TinyModel(seed=2), questions(33), num_items=ITEMS, options=options).values)
    assert found[0].tobytes() == found[1].tobytes()


def test_single_precision_agrees_with_double() -> None:
    options = InfluenceOptions(damping=0.05, scale=60.0)
    one, two = (
        measure_influence(TinyModel(seed=2, dtype=dtype), questions(33), num_items=ITEMS, options=options).values
        for dtype in (torch.float32, torch.float64)
    )
    np.testing.assert_allclose(one, two, atol=1e-5 * np.abs(two).max())


def test_every_option_changes_the_values() -> None:
    base = InfluenceOptions(damping=0.05, scale=60.0, recursion_steps=20)
    steps = replace(base, solver="recursion")
    variants = [
        base,
        replace(base, damping=0.1),
        replace(base, scale=70.0),
        replace(base, tolerance=0.1),
        steps,
        replace(steps, damping=0.1),
        replace(steps, scale=70.0),
        replace(steps, recursion_steps=19),
        replace(steps, seed=1),
    ]
    found = {
        measure_influence(TinyModel(seed=2), questions(20), num_items=ITEMS, options=options).values.tobytes()
        for options in variants
    }
    assert len(found) == len({options.content() for options in variants}) == len(variants)
    assert replace(base, seed=5, recursion_steps=7).content() == base.content()


@pytest.mark.parametrize(
    "stopped", ["Reading the pool", "Measuring gradients of the surrogate", "Applying the inverse Hessian"]
)
@pytest.mark.parametrize("solver", ["cg", "recursion"])
def test_a_cancelled_job_stops_where_it_is(stopped: str, solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hessian, "_BLOCK_LOGITS", 5 * ITEMS)
    monkeypatch.setattr(hessian, "_BLOCK_TOKENS", 5 * ITEMS)
    heard: list[tuple[str, int, int]] = []

    def progress(stage: str, done: int, total: int, detail: str = "") -> None:
        assert 0 <= done <= total
        heard.append((stage, done, total))
        if stage == stopped:
            raise JobCancelled

    options = InfluenceOptions(solver=solver, damping=0.05, scale=60.0, recursion_steps=100)  # type: ignore[arg-type]
    with pytest.raises(JobCancelled):
        measure_influence(
            TinyModel(seed=2), questions(50), num_items=ITEMS, options=options, progress=Progress(progress)
        )
    assert heard[-1][0] == stopped
    assert [name for name, _, _ in heard].count(stopped) == 1


def test_logits_are_held_for_a_block_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hessian, "_BLOCK_LOGITS", 6 * ITEMS)
    model, held, scores = TinyModel(seed=2), [], TinyModel.item_scores

    def item_scores(states: torch.Tensor) -> torch.Tensor:
        held.append(len(states))
        return scores(model, states)

    monkeypatch.setattr(model, "item_scores", item_scores)
    influence = measure_influence(model, questions(50), num_items=ITEMS, options=InfluenceOptions(scale=60.0))
    passes = influence.inverse.iterations + 2  # the gradients, and the residual at the end
    assert max(held) == 6
    assert sum(held) == 50 * passes


def test_weights_that_are_not_numbers_are_a_sentence() -> None:
    model = TinyModel()
    with torch.no_grad():
        model.head.weight[0, 0] = torch.nan
    with pytest.raises(ModelError, check=told("diverged")):
        measure_influence(model, questions(30), num_items=ITEMS)


def test_no_samples_are_a_sentence() -> None:
    with pytest.raises(DataError, check=told("no-samples")):
        LabelledHistories(np.zeros((0, 3), np.int64), np.zeros(0, np.int64))
    with pytest.raises(DataError, check=told("targets-unequal")):
        LabelledHistories(np.zeros((2, 3), np.int64), np.zeros(1, np.int64))


def test_a_diverging_recursion_and_a_short_solve_are_sentences() -> None:
    samples = questions(30)
    small = InfluenceOptions("recursion", scale=0.01)
    with pytest.raises(SolverError, check=told("recursion-diverged", scale=0.01)):
        measure_influence(TinyModel(seed=2), samples, num_items=ITEMS, options=small)
    short = InfluenceOptions(damping=1.0, scale=3.0, tolerance=1e-9, max_iterations=2)
    with pytest.raises(SolverError, check=told("tolerance-not-reached", tolerance=1e-09, iterations=2)):
        measure_influence(TinyModel(seed=2), samples, num_items=ITEMS, options=short)
