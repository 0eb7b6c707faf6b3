"""How smooth a training loss is, and what steps are taken on it: the theorem's gradient descent beside AdamW.

GORACS (arXiv 2506.04015) bounds the test loss of a model trained on a coreset by its training loss and a transport
distance, and lets the gradient norms before training stand for the training loss. Such a bound rests on the descent
lemma: where the gradient is Lipschitz with constant L, a step of plain gradient descent of size 1/L lowers the loss by
at least ||g||^2 / (2 L), and steps below 2 / L never raise it. Practice, the authors' own code included, trains with
AdamW. What is measured here says how far apart the two are on one coreset: the largest eigenvalue of the Hessian along
a training (the least L that would do there), the Lipschitz constant of the gradient as met on the way and in random
directions, AdamW's steps against 2 / L, and how well the lemma's promise is kept.

Every step sees all samples, so that only the rule of the step differs; real training adds the noise of its batches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from goracs_core.checks import check_known, check_number, check_share, check_whole
from goracs_core.llm.tuning.options import FineTuneOptions, Weights
from goracs_core.types import FloatArray

_MOST_SAMPLES = 4096


@dataclass(frozen=True, kw_only=True)
class LandscapeOptions:
    """What is walked and measured.

    Args:
        model, weights, rank, alpha, targets, max_tokens, seed: As in `FineTuneOptions`; the seed also draws directions.
        learning_rate: Of AdamW, the same at every step. None: what fine-tuning of all weights takes for a model of this
            size, also where adapters are trained.
        weight_decay: Of AdamW.
        samples: Most samples of the coreset that the loss is measured on, spread evenly over it.
        steps: Of either way of training.
        checkpoints: Places along AdamW's way, first and last included, where the curvature is measured.
        directions: Random directions at each of them.
        rounds: Most Hessian-vector products at each of them.
        tolerance: Residual of the eigenvalue that is accepted, as a share of it (see `largest_eigenvalue`).
    """

    model: str = FineTuneOptions.model
    weights: Weights = "full"
    rank: int = FineTuneOptions.rank
    alpha: float = FineTuneOptions.alpha
    targets: tuple[str, ...] = FineTuneOptions.targets
    max_tokens: int = FineTuneOptions.max_tokens
    seed: int = 0
    learning_rate: float | None = None
    weight_decay: float = FineTuneOptions.weight_decay
    samples: int = 64
    steps: int = 20
    checkpoints: int = 6
    directions: int = 2
    rounds: int = 10
    tolerance: float = 0.15

    def __post_init__(self) -> None:
        check_whole("steps", self.steps, least=2, most=1000)
        for name, least, most in (
            ("samples", 1, _MOST_SAMPLES),
            ("checkpoints", 2, self.steps + 1),
            ("directions", 1, 100),
            ("rounds", 2, 200),
        ):
            check_whole(name, getattr(self, name), least=least, most=most)
        check_share("tolerance", self.tolerance)
        check_number("tolerance", self.tolerance, above=0)
        self.fine_tuning()
        object.__setattr__(self, "targets", tuple(self.targets))

    def fine_tuning(self) -> FineTuneOptions:
        """The same choices as fine-tuning takes them; refuses what fine-tuning refuses."""
        known = {field.name for field in fields(FineTuneOptions)}
        return FineTuneOptions(**{name: value for name, value in vars(self).items() if name in known})

    def to_dict(self) -> dict[str, Any]:
        """Plain values under their field names."""
        return asdict(self) | {"targets": list(self.targets)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LandscapeOptions:
        """The inverse of `to_dict`; options that are not given keep their defaults.

        Raises:
            ConfigError: An unknown option or a value that is not allowed.
        """
        check_known(values, [field.name for field in fields(cls)], "the loss landscape")
        return cls(**values)


@dataclass(frozen=True)
class Place:
    """The loss around one point of AdamW's way.

    Args:
        step: Steps taken so far.
        loss: Mean loss of the samples, in nats.
        sharpness: Largest eigenvalue of the loss's Hessian.
        rounds: Hessian-vector products that it took.
        residual: How well it is known, see `largest_eigenvalue`.
        random: ||g(w + d) - g(w)|| / ||d|| for random directions d as long as a step of AdamW.
    """

    step: int
    loss: float
    sharpness: float
    rounds: int
    residual: float
    random: tuple[float, ...]


@dataclass(frozen=True)
class Descent:
    """One way down; s steps, fewer where the loss became infinite.

    Args:
        learning_rate: Of every step.
        losses: Before the first step, then after each; length s + 1.
        gradient_norms: There; length s + 1.
        step_lengths: ||w' - w|| of each step; length s.
        lipschitz: ||g(w') - g(w)|| / ||w' - w|| of each step; length s.
    """

    learning_rate: float
    losses: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    step_lengths: tuple[float, ...]
    lipschitz: tuple[float, ...]

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.step_lengths)

    @property
    def rises(self) -> int:
        """Steps after which the loss was higher than before, by more than single precision can mistake."""
        losses = np.asarray(self.losses)
        return int((np.diff(losses) > 1e-6 * np.abs(losses[:-1])).sum())

    @property
    def effective_steps(self) -> tuple[float, ...]:
        """The step size with which plain gradient descent would have gone as far: ||w' - w|| / ||g||; length s."""
        return tuple(
            length / norm if norm > 0 else math.inf
            for length, norm in zip(self.step_lengths, self.gradient_norms, strict=False)
        )


@dataclass(frozen=True)
class Landscape:
    """The loss of one coreset under two ways of training.

    Args:
        places: Curvature along AdamW's way; the first one is where both ways begin.
        theory: Gradient descent with steps 1 / L, L the sharpness before training.
        practice: AdamW.
        samples: Samples that the loss is measured on.
        tokens: Their tokens.
        parameters, trained: Weights of the model; those that were trained.
        seconds: That it took.
    """

    places: tuple[Place, ...]
    theory: Descent
    practice: Descent
    samples: int
    tokens: int
    parameters: int
    trained: int
    seconds: float

    @property
    def smoothness(self) -> float:
        """L: the largest eigenvalue of the Hessian before training."""
        return self.places[0].sharpness

    @property
    def promised(self) -> tuple[float, ...]:
        """What the descent lemma promises each step of gradient descent to lower the loss by: ||g||^2 / (2 L)."""
        return tuple(norm**2 / (2 * self.smoothness) for norm in self.theory.gradient_norms[: self.theory.steps])

    @property
    def kept(self) -> int:
        """Steps of gradient descent that lowered the loss by at least what was promised, rounding aside."""
        losses = np.asarray(self.theory.losses)
        slack = 1e-6 * np.abs(losses[:-1])
        return int((losses[:-1] - losses[1:] + slack >= np.asarray(self.promised)).sum())

    @property
    def overshoot(self) -> tuple[float, ...]:
        """AdamW's effective step as a multiple of 2 / sharpness at the last place before it; one per step.

        Infinite where the place is not curved upwards: no step is too long there.
        """
        at = np.array([place.step for place in self.places])
        sharpness = np.array([place.sharpness for place in self.places])
        last = np.searchsorted(at, np.arange(self.practice.steps), side="right") - 1
        return tuple((np.asarray(self.practice.effective_steps) * np.maximum(sharpness[last], 0) / 2).tolist())


def verdict(landscape: Landscape) -> tuple[str, ...]:
    """How far practice is from the theorem, in plain sentences, the shortest answer first."""
    theory, practice, first = landscape.theory, landscape.practice, landscape.smoothness
    sharpest, met = max(place.sharpness for place in landscape.places), max(theory.lipschitz)
    over = np.asarray(landscape.overshoot)
    longer = int((over > 1).sum())
    if longer == 0 and max(sharpest, met) <= first * 1.05:
        answer = "The theorem's assumptions hold along this training: no curvature above L, no step too long for it."
    elif longer * 2 <= practice.steps:
        answer = "Practice is near the theorem's assumptions: the curvature allows most of AdamW's steps."
    else:
        answer = "Practice is far from the theorem's assumptions: AdamW steps farther than the curvature allows."
    return (
        answer,
        f"Before training the largest eigenvalue of the Hessian is L = {first:.3g}: gradient descent steps 1 / L = "
        f"{1 / first:.3g}, and steps above 2 / L = {2 / first:.3g} are not stable. Along AdamW's way the eigenvalue "
        f"lies between {min(place.sharpness for place in landscape.places):.3g} and {sharpest:.3g}.",
        f"AdamW goes as far in a step as gradient descent with a step size of {_middle(practice.effective_steps):.3g} "
        f"(median) would, {_middle(over):.2g} times what is stable for gradient descent there; {longer} of "
        f"{practice.steps} steps are longer. It scales every weight's step by itself, so that its loss need not rise: "
        f"it rose after {practice.rises} of {practice.steps} steps.",
        f"Gradient descent with steps 1 / L: the loss rose after {theory.rises} of {theory.steps} steps, and the "
        f"descent lemma's promise was kept by {landscape.kept} of {theory.steps}. On its way the gradient changed by "
        f"up to {met:.3g} per unit of step, {met / first:.2g} times L. The loss came from {theory.losses[0]:.3f} to "
        f"{theory.losses[-1]:.3f}; AdamW in as many steps to {practice.losses[-1]:.3f}.",
        f"On AdamW's way the gradient changed by {max(practice.lipschitz):.3g} per unit of step at most and by "
        f"{_middle(practice.lipschitz):.3g} in the middle; in random directions by {_random(landscape):.3g} at most: "
        "chance hardly ever meets the sharp directions.",
    )


def _middle(values: Sequence[float] | FloatArray) -> float:
    return float(np.median(np.asarray(values)))


def _random(landscape: Landscape) -> float:
    return max(max(place.random) for place in landscape.places)
