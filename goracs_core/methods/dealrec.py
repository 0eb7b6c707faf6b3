"""Options of DEALRec."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from goracs_core.errors import ConfigError
from goracs_core.methods.config import MethodConfig, check_choice, check_hard_prune, check_strata
from goracs_core.scores import ScoreKind

SurrogateName = Literal["sasrec", "bert4rec", "dcrec"]
InfluenceSolver = Literal["cg", "recursion"]


@dataclass(frozen=True)
class DealRecConfig(MethodConfig):
    """DEALRec: influence on a small surrogate recommender plus the language model's learning effort, drawn by strata.

    Args:
        surrogate: The small recommender: sasrec, bert4rec or dcrec.
        surrogate_epochs: Most passes of its training over the pool; it stops early once validation NDCG stops rising.
        surrogate_seed: Seed of its training, apart from `seed`: coresets of several seeds share one surrogate.
        influence_solver: How the inverse Hessian is applied: "cg" (conjugate gradients on the whole pool, to a
            tolerance) or "recursion" (the authors' stochastic recursion over single random samples).
        damping: The recursion's damping; both solvers solve (H + damping x scale x I) x = v.
        scale: The recursion's scale, which must exceed the Hessian's largest eigenvalue for it to converge.
        tolerance: Residual, relative to the right-hand side, at which conjugate gradients stop.
        max_iterations: Most conjugate-gradient iterations; not reaching the tolerance within them is an error.
        recursion_steps: Steps of the recursion.
        effort_weight: Weight of the effort score beside the influence score, >= 0 (the paper's lambda): 0.3 for Games,
            1.0 for Book and MicroLens.
        hard_prune_fraction: Share of the highest overall scores that is dropped as noise before the draw.
        strata: Equal-width bands of the overall score (the paper's K).
    """

    method: ClassVar[str] = "dealrec"
    solver: ClassVar[str] = "dealrec"
    summary: ClassVar[str] = "influence on a surrogate recommender plus the language model's effort, drawn by strata"
    reference: ClassVar[str] = "arXiv 2401.17197"
    seeded: ClassVar[bool] = True

    surrogate: SurrogateName = "sasrec"
    surrogate_epochs: int = 100
    surrogate_seed: int = 0
    influence_solver: InfluenceSolver = "cg"
    damping: float = 0.01
    scale: float = 25.0
    tolerance: float = 1e-4
    max_iterations: int = 500
    recursion_steps: int = 5000
    effort_weight: float = 0.3
    hard_prune_fraction: float = 0.1
    strata: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("surrogate", self.surrogate, get_args(SurrogateName))
        check_choice("influence_solver", self.influence_solver, get_args(InfluenceSolver))
        check_hard_prune(self.hard_prune_fraction)
        check_strata(self.strata)
        for name in ("surrogate_epochs", "max_iterations", "recursion_steps"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, but it must be 1 or more")
        if self.surrogate_seed < 0:
            raise ConfigError(f"surrogate_seed is {self.surrogate_seed}, but it must be a whole number >= 0")
        for name in ("damping", "scale", "tolerance"):
            value = getattr(self, name)
            if not math.isfinite(value) or value <= 0:
                raise ConfigError(f"{name} is {value}, but it must be a finite number above 0")
        if not math.isfinite(self.effort_weight) or self.effort_weight < 0:
            raise ConfigError(f"effort_weight is {self.effort_weight}, but it must be a finite number >= 0")

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """Influence; effort is the gradient norm of the problem."""
        return (ScoreKind.INFLUENCE,)

    @property
    def idle_options(self) -> tuple[str, ...]:
        """The numbers of the solver that is not used."""
        return ("recursion_steps",) if self.influence_solver == "cg" else ("tolerance", "max_iterations")

    def check_pool(self, num_pool: int) -> None:
        """Also: no more strata than samples; see `MethodConfig.check_pool`.

        Raises:
            ConfigError: The budget is larger than the pool, or there are more strata than samples.
        """
        super().check_pool(num_pool)
        check_strata(self.strata, num_pool)

    def check_gradient_norms(self, known: bool) -> None:
        """Effort is the gradient norm; see `MethodConfig.check_gradient_norms`.

        Raises:
            ConfigError: Effort counts, and there are none.
        """
        super().check_gradient_norms(known)
        if self.effort_weight > 0 and not known:
            raise ConfigError(
                "dealrec uses the language model's effort, but there are no gradient norms; give them with "
                "--gradient-norms, compute features with a language model, or set --effort-weight 0"
            )
