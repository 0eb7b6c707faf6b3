"""DEALRec: influence on a small surrogate recommender and the language model's effort in one score, drawn by strata."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.errors import ConfigError
from goracs_core.methods import words
from goracs_core.methods.config import SelectionConfig, hard_prune_option, strata_option
from goracs_core.methods.cost import Sizes, held_bytes, transport_seconds
from goracs_core.methods.method import Group, Later, Method, Needs
from goracs_core.option import option
from goracs_core.scores import InfluenceSolver, ScoreKind, SurrogateName

# Measured on two cores with the demo; the order of magnitude is what counts.
_EPOCH = 4e-4  # seconds: training a surrogate, per pool sample and epoch
_USUAL_EPOCHS = 20  # after so many the validation NDCG has stopped rising, mostly
_INFLUENCE = 1.3e-3  # seconds: conjugate gradients and inner products, per pool sample
_RECURSION_STEP = 2e-3  # seconds: one random sample of the authors' recursion


@dataclass(frozen=True)
class DealRecConfig(SelectionConfig):
    """DEALRec: influence on a small surrogate recommender plus the language model's learning effort, drawn by strata.

    Both influence solvers solve (H + damping x scale x I) x = v with the Hessian H of the surrogate's last layer.
    """

    method = "dealrec"

    surrogate: SurrogateName = option(
        "sasrec",
        help="Small recommender, trained on the pool, on whose loss the influence of each sample is estimated.",
        label="Surrogate",
        choices={"sasrec": "SASRec", "bert4rec": "BERT4Rec", "dcrec": "DCRec"},
        advanced=False,
    )
    surrogate_epochs: int = option(
        100,
        help="Maximum epochs of the surrogate's training; it stops early when the validation NDCG stops increasing.",
        label="Maximum epochs",
        low=1,
        high=10_000,
        advanced=False,
        key="epochs",
    )
    surrogate_seed: int = option(
        0,
        help="Seed of the surrogate's training. It is separate from the seed of the draw, so that coresets of several "
        "seeds share one surrogate.",
        label="Surrogate's seed",
        high=2**31 - 1,
    )
    influence_solver: InfluenceSolver = option(
        "cg",
        help="How the inverse Hessian is applied: conjugate gradients (cg) on the whole pool, to a tolerance, or the "
        "authors' stochastic recursion over single random samples, which keeps some of their noise.",
        label="Influence by",
        choices={"cg": "Conjugate gradients", "recursion": "Recursion"},
        advanced=False,
    )
    damping: float = option(
        0.01,
        help="damping x scale is added to the diagonal of the Hessian. A small value is closer to the true influence "
        "and harder to solve.",
        label="Damping",
        low=1e-9,
        positive=True,
        high=100.0,
        step=0.01,
        format="%g",
    )
    scale: float = option(
        25.0,
        help="Scale of the recursion: it must exceed the Hessian's largest eigenvalue, or the recursion diverges. "
        "Conjugate gradients solve the same damped system.",
        label="Scale",
        low=1e-9,
        positive=True,
        high=1e6,
        step=5.0,
        format="%g",
    )
    tolerance: float = option(
        1e-4,
        help="Residual, relative to the right-hand side, at which conjugate gradients stop.",
        label="Tolerance",
        low=1e-12,
        positive=True,
        high=1.0,
        step=1e-4,
        format="%g",
        only_with=("influence_solver", "cg"),
    )
    max_iterations: int = option(
        500,
        help="Maximum iterations of conjugate gradients; not reaching the tolerance within them is an error.",
        label="Maximum iterations",
        low=1,
        high=100_000,
        only_with=("influence_solver", "cg"),
        key="iterations",
    )
    recursion_steps: int = option(
        5000,
        help="Random samples that the recursion takes, one per step; the authors take 5,000.",
        label="Recursion steps",
        low=1,
        high=1_000_000,
        only_with=("influence_solver", "recursion"),
        key="steps",
    )
    effort_weight: float = option(
        0.3,
        help="Weight of the effort (the language model's gradient norm) beside the influence, both scaled to 0 … 1; "
        "the paper's λ: 0.3 for Games, 1.0 for Book and MicroLens.",
        label="Effort weight",
        high=1000.0,
        step=0.1,
        format="%.2f",
        advanced=False,
        without_norms=(0.0,),
    )
    hard_prune_fraction: float = hard_prune_option()
    strata: int = strata_option()

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """Influence; effort is the gradient norm of the problem."""
        return (ScoreKind.INFLUENCE,)

    def check_gradient_norms(self, known: bool) -> None:
        """Effort is the gradient norm; see `SelectionConfig.check_gradient_norms`.

        Raises:
            ConfigError: Effort counts, and there are none.
        """
        super().check_gradient_norms(known)
        if self.effort_weight > 0 and not known:
            raise ConfigError(
                "dealrec uses the language model's effort, but there are no gradient norms; give them with "
                "--gradient-norms, compute features with a language model, or set --effort-weight 0",
                code="no-gradient-norms",
                fields={"option": "effort_weight"},
            )


def _score_seconds(config: DealRecConfig, sizes: Sizes, model_pass: float) -> float:
    """Training the surrogate and measuring influence on it; the language model plays no part."""
    solve = _RECURSION_STEP * config.recursion_steps if config.influence_solver == "recursion" else 0.0
    return sizes.pool * (_EPOCH * min(config.surrogate_epochs, _USUAL_EPOCHS) + _INFLUENCE) + solve


METHOD = Method(
    config=DealRecConfig,
    label="DEALRec",
    group=Group.DEALREC,
    summary="influence on a surrogate recommender plus the language model's effort, drawn by strata",
    reference="arXiv 2401.17197",
    looks_at="a small recommender trained on the pool, and gradient norms; at no embedding",
    decided="Influence and effort made one score; the highest were dropped, the others drawn stratum by stratum.",
    needs=Needs(embeddings="none", gradient_norms=True, scores=(ScoreKind.INFLUENCE,)),
    by_objective=False,
    seeded=True,
    seed_decides=words.EVERY_DRAW,
    select=Later("goracs_core.selection.dealrec", "select_dealrec"),
    seconds=transport_seconds,
    score_seconds=_score_seconds,
    memory=held_bytes,
    stages={**words.DRAW_STAGE, **words.INFLUENCE_STAGES, **words.TRANSPORT_STAGE},
)
