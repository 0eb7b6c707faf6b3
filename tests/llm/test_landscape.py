"""Curvature against known spectra and an explicit Hessian; the walk against the laws of gradient descent."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from goracs_core.errors import ConfigError, JobCancelled, ModelError
from goracs_core.llm.batches import token_batch, tokenize
from goracs_core.llm.curvature import LossSurface, largest_eigenvalue
from goracs_core.llm.landscape import Descent, LandscapeOptions, verdict
from goracs_core.llm.logits import LogitReader
from goracs_core.llm.walk import Ground, walk
from goracs_core.progress import Progress
from goracs_core.torch_threads import one_thread
from tests.llm.tiny import ANSWERS, PROMPTS, make_model, tokenizer
from tests.refusals import told


@pytest.fixture(autouse=True)
def small_matrices() -> Iterator[None]:
    with one_thread():
        yield


def quadratic(matrix: np.ndarray, *, parts: int = 1, seed: int = 0) -> LossSurface:
    """Half of w A w in two tensors of weights, as a sum of equal parts; its Hessian is A."""
    size = len(matrix)
    values = torch.from_numpy(np.random.default_rng(seed).normal(size=size))
    weights = [values[:2].clone().requires_grad_(), values[2:].clone().requires_grad_()]
    hessian = torch.from_numpy(matrix)

    def part() -> torch.Tensor:
        position = torch.cat(weights)
        return position @ hessian @ position / 2 / parts

    return LossSurface(weights, [part] * parts)


def symmetric(eigenvalues: list[float], seed: int = 0) -> np.ndarray:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues), len(eigenvalues))))
    return turn @ np.diag(eigenvalues) @ turn.T


def random_start(surface: LossSurface, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(surface.num_weights, generator=generator).to(surface.position())


@pytest.mark.parametrize("parts", [1, 3])
def test_gradient_and_curvature_of_a_quadratic(parts: int) -> None:
    matrix = symmetric([4.0, 2.0, 1.0, 0.5, -3.0])
    surface = quadratic(matrix, parts=parts)
    here, direction = surface.position(), random_start(surface, 1)
    value, gradient = surface.value_and_gradient()
    assert value == pytest.approx(float(here @ torch.from_numpy(matrix) @ here) / 2)
    assert torch.allclose(gradient, torch.from_numpy(matrix) @ here)
    assert torch.allclose(surface.curvature_along(direction), torch.from_numpy(matrix) @ direction)


@pytest.mark.parametrize(
    "eigenvalues",
    [
        [5.0, 4.0, 1.0, 0.1, 0.0],
        [3.0, 1.0, 0.5, -1.0, -10.0],  # the largest in size is not the largest
        [-1.0, -2.0, -3.0, -4.0, -5.0],
        [2.0, 2.0, 2.0, 2.0, 2.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
    ],
)
def test_the_largest_eigenvalue_of_a_known_spectrum(eigenvalues: list[float]) -> None:
    surface = quadratic(symmetric(eigenvalues))
    found = largest_eigenvalue(surface, random_start(surface), rounds=5, tolerance=1e-9)
    assert found.value == pytest.approx(max(eigenvalues), abs=1e-8)
    assert found.settled
    turned = surface.curvature_along(found.direction)
    assert torch.allclose(turned, found.value * found.direction, atol=1e-7)
    assert float(found.direction.norm()) == pytest.approx(1)


def test_more_rounds_come_nearer_and_never_above() -> None:
    spectrum = (1 / np.arange(1, 41)).tolist()
    surface = quadratic(symmetric(spectrum))
    found = [largest_eigenvalue(surface, random_start(surface), rounds=n, tolerance=1e-12).value for n in (2, 4, 8, 30)]
    assert found == sorted(found)
    assert found[0] < 1
    assert found[-1] == pytest.approx(1, abs=1e-9)


def test_the_residual_bounds_the_distance_to_an_eigenvalue() -> None:
    spectrum = np.array([3.0, 2.5, 2.0, 1.0, 0.3, -2.0])
    surface = quadratic(symmetric(spectrum.tolist()))
    for rounds in (2, 3, 4):
        found = largest_eigenvalue(surface, random_start(surface), rounds=rounds, tolerance=1e-12)
        assert np.abs(spectrum - found.value).min() <= found.residual * abs(found.value) * (1 + 1e-9)


def test_it_ends_at_the_tolerance() -> None:
    surface = quadratic(symmetric((1 / np.arange(1, 31)).tolist()))
    loose = largest_eigenvalue(surface, random_start(surface), rounds=30, tolerance=0.3)
    tight = largest_eigenvalue(surface, random_start(surface), rounds=30, tolerance=1e-6)
    assert loose.rounds < tight.rounds
    assert loose.residual <= 0.3
    assert loose.settled
    assert not largest_eigenvalue(surface, random_start(surface), rounds=2, tolerance=1e-6).settled


def test_logistic_regression_has_the_textbook_hessian() -> None:
    rng = np.random.default_rng(3)
    inputs, labels = rng.normal(size=(50, 6)), rng.integers(0, 2, 50)
    weights = torch.from_numpy(rng.normal(size=6)).requires_grad_()

    def loss() -> torch.Tensor:
        scores = torch.from_numpy(inputs) @ weights
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, torch.from_numpy(labels).double())

    chance = 1 / (1 + np.exp(-inputs @ weights.detach().numpy()))
    hessian = inputs.T @ (inputs * (chance * (1 - chance))[:, None]) / 50
    surface = LossSurface([weights], [loss])
    found = largest_eigenvalue(surface, random_start(surface), rounds=6, tolerance=1e-10)
    assert found.value == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-9)


def language_model_surface() -> LossSurface:
    """A tiny language model's answer loss as a function of a few of its layers, in double precision throughout."""
    words = tokenizer()
    model = make_model("gpt_neox", vocabulary=len(words)).eval().requires_grad_(False)
    wanted = [
        weight
        for name, weight in model.named_parameters()
        if name.endswith(("1.attention.query_key_value.bias", "final_layer_norm.weight"))
    ]
    assert len(wanted) == 2
    for weight in wanted:
        weight.requires_grad_(True)
    samples = tokenize(words, PROMPTS[:3], ANSWERS[:3], context=64)
    reader = LogitReader(model)

    def part(rows: list[int]):
        batch = token_batch([samples[row] for row in rows], whole_sequence=False)

        def loss() -> torch.Tensor:
            logits, targets, _ = reader.of_tokens(batch)
            return torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / len(samples)

        return loss

    return LossSurface(wanted, [part([0, 1]), part([2])])


def explicit_hessian(surface: LossSurface) -> np.ndarray:
    """By central differences of the gradient; shape [p, p]."""
    here, step = surface.position(), 1e-5
    rows = []
    for number in range(len(here)):
        moved = torch.zeros_like(here)
        moved[number] = step
        surface.move_to(here + moved)
        _, above = surface.value_and_gradient()
        surface.move_to(here - moved)
        _, below = surface.value_and_gradient()
        rows.append(((above - below) / (2 * step)).numpy())
    surface.move_to(here)
    return np.array(rows)


def test_a_language_models_sharpness_is_that_of_its_explicit_hessian() -> None:
    surface = language_model_surface()
    hessian = explicit_hessian(surface)
    assert np.allclose(hessian, hessian.T, atol=1e-6)
    direction = random_start(surface, 5)
    assert np.allclose(surface.curvature_along(direction).numpy(), hessian @ direction.numpy(), atol=1e-6)
    found = largest_eigenvalue(surface, random_start(surface), rounds=40, tolerance=1e-5)
    assert found.value == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-5)


def test_single_precision_agrees_with_double_precision() -> None:
    single = quadratic(symmetric([4.0, 2.0, 1.0, 0.5, -3.0]).astype(np.float32))
    for weight in single.weights:
        weight.data = weight.data.float()
    found = largest_eigenvalue(single, random_start(single), rounds=5, tolerance=1e-4)
    assert found.value == pytest.approx(4, rel=1e-4)


OPTIONS = LandscapeOptions(steps=12, checkpoints=4, directions=3, rounds=8, tolerance=1e-6, weight_decay=0.0)


def ground(surface: LossSurface, rate: float = 0.05) -> Ground:
    return Ground(surface, samples=3, tokens=30, parameters=surface.num_weights, learning_rate=rate)


BOWL = symmetric([8.0, 3.0, 1.0, 0.5, 0.1, 0.1])


def test_on_a_quadratic_every_law_of_gradient_descent_holds() -> None:
    surface = quadratic(BOWL)
    before = surface.position()
    found = walk(ground(surface), OPTIONS)
    assert torch.equal(surface.position(), before), "the weights are put back"
    assert found.smoothness == pytest.approx(8)
    assert found.theory.learning_rate == pytest.approx(1 / 8)
    assert [place.step for place in found.places] == [0, 4, 8, 12]
    assert all(place.sharpness == pytest.approx(8) for place in found.places)
    assert found.theory.rises == 0
    assert found.kept == found.theory.steps == 12
    assert np.allclose(found.theory.effective_steps, 1 / 8)
    for way in (found.theory, found.practice):
        assert max(way.lipschitz) <= 8 * (1 + 1e-9), "no gradient changes faster than the largest eigenvalue"
        assert min(way.lipschitz) >= 0.1 * (1 - 1e-9)
    assert max(max(place.random) for place in found.places) <= 8 * (1 + 1e-5)
    assert found.practice.losses[0] == found.theory.losses[0]


def test_gradient_descent_takes_the_textbook_steps() -> None:
    surface = quadratic(BOWL)
    position = surface.position().numpy()
    found = walk(ground(surface), OPTIONS)
    losses = []
    for _ in range(13):
        losses.append(position @ BOWL @ position / 2)
        position = position - BOWL @ position / 8
    assert np.allclose(found.theory.losses, losses)


def test_adamw_is_torchs() -> None:
    surface = quadratic(BOWL)
    weights = surface.position().clone().requires_grad_()
    optimizer = torch.optim.AdamW([weights], lr=0.05, weight_decay=0.3)
    losses = []
    for _ in range(13):
        loss = weights @ torch.from_numpy(BOWL) @ weights / 2
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = walk(ground(surface), replace(OPTIONS, weight_decay=0.3))
    assert np.allclose(found.practice.losses, losses)


def test_longer_steps_of_adamw_overshoot_in_proportion() -> None:
    short, long = (walk(ground(quadratic(BOWL), rate), OPTIONS) for rate in (1e-4, 5.0))
    assert max(short.overshoot) < 1 < long.overshoot[0]
    assert short.overshoot[0] == pytest.approx(short.practice.effective_steps[0] * 8 / 2)
    assert long.practice.rises > 0
    assert f"rose after {long.practice.rises} of 12 steps" in verdict(long)[2]


def test_the_verdict_follows_the_steps() -> None:
    found = walk(ground(quadratic(BOWL), 1e-4), OPTIONS)
    lengths = found.practice.step_lengths
    answers = [
        verdict(replace(found, practice=replace(found.practice, step_lengths=changed)))[0]
        for changed in (lengths, (*[1e6] * 5, *lengths[5:]), (*[1e6] * 7, *lengths[7:]))
    ]
    assert [answer.split(".")[0][:30] for answer in answers] == [
        "The theorem's assumptions hold",
        "Practice is near the theorem's",
        "Practice is far from the theor",
    ]
    sharper = (*found.places[:-1], replace(found.places[-1], sharpness=80.0))
    assert "between 8 and 80" in verdict(replace(found, places=sharper))[1]
    assert not verdict(replace(found, places=sharper))[0].startswith("The theorem's assumptions hold")


def test_a_curved_loss_breaks_the_promise_and_is_caught() -> None:
    """Flat at the start and steep further on: the smoothness of the start promises too much."""
    weight = torch.tensor([0.9], dtype=torch.float64, requires_grad=True)
    surface = LossSurface([weight], [lambda: (weight**2 / 2 - weight**4 / 12).sum() - 3 * weight.sum()])
    found = walk(ground(surface), replace(OPTIONS, steps=4, checkpoints=2))
    assert found.smoothness == pytest.approx(1 - 0.81)
    assert found.kept <= found.theory.steps < 5
    assert all(math.isfinite(loss) for loss in found.theory.losses)


def test_the_same_seed_gives_the_same_landscape_and_another_one_other_directions() -> None:
    first, again, other = (walk(ground(quadratic(BOWL)), replace(OPTIONS, seed=seed)) for seed in (0, 0, 1))
    assert replace(first, seconds=0) == replace(again, seconds=0)
    assert first.places[0].random != other.places[0].random
    assert first.theory.losses == pytest.approx(other.theory.losses)


def test_cancelling_puts_the_weights_back() -> None:
    surface = quadratic(BOWL)
    before = surface.position()
    calls: list[int] = []

    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        calls.append(done)
        assert done <= total
        if done >= 8:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        walk(ground(surface), OPTIONS, progress=Progress(cancel))
    assert torch.equal(surface.position(), before)
    assert calls == sorted(calls)


def test_a_loss_without_upward_curvature_is_a_sentence() -> None:
    with pytest.raises(ModelError, check=told("not-convex")):
        walk(ground(quadratic(symmetric([-1.0, -2.0, -3.0]))), OPTIONS)


def test_a_loss_that_is_no_number_is_a_sentence() -> None:
    weight = torch.tensor([-1.0], requires_grad=True)
    with pytest.raises(ModelError, check=told("loss-not-finite")):
        walk(ground(LossSurface([weight], [lambda: weight.log().sum()])), OPTIONS)


def test_json_there_and_back() -> None:
    assert LandscapeOptions.from_dict(json.loads(json.dumps(OPTIONS.to_dict()))) == OPTIONS


def test_rises_do_not_count_rounding() -> None:
    way = Descent(0.1, (1.0, 1.0 + 1e-8, 0.9, 0.95), (1.0,) * 4, (0.1,) * 3, (1.0,) * 3)
    assert way.rises == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("steps", 1),
        ("samples", 0),
        ("checkpoints", 50),
        ("tolerance", 1.0),
        ("weights", "half"),
        ("learning_rate", -1.0),
    ],
)
def test_options_that_make_no_sense_are_refused(option: str, value: object) -> None:
    with pytest.raises(ConfigError, check=told("bad-option", option=option, value=value)):
        LandscapeOptions.from_dict({option: value})


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(ConfigError, check=told("unknown-option", option="colour")):
        LandscapeOptions.from_dict({"colour": 1})
