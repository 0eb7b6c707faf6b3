"""Options of the methods that both papers compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from goracs_core.errors import ConfigError
from goracs_core.methods.config import MethodConfig, check_choice, check_hard_prune, check_strata
from goracs_core.scores import ScoreKind

Difficulty = Literal["el2n", "entropy", "grand", "gradient-norm"]
Target = Literal["validation", "pool"]


@dataclass(frozen=True)
class RandomConfig(MethodConfig):
    """Uniform random rows without replacement: the reference that every method must beat."""

    method: ClassVar[str] = "random"
    solver: ClassVar[str] = "random"
    summary: ClassVar[str] = "uniform draws without replacement: the reference every method must beat"
    reference: ClassVar[str] = ""
    seeded: ClassVar[bool] = True


@dataclass(frozen=True)
class StratifiedRandomConfig(MethodConfig):
    """Random rows with each stratum (label, or popularity decile) drawn in proportion to its share of the pool."""

    method: ClassVar[str] = "stratified-random"
    solver: ClassVar[str] = "stratified-random"
    summary: ClassVar[str] = "random within labels or popularity deciles, in proportion to the pool"
    reference: ClassVar[str] = ""
    seeded: ClassVar[bool] = True


@dataclass(frozen=True)
class GrandConfig(MethodConfig):
    """GraNd: the largest gradient norms of the language model, averaged over several draws of the adapters.

    Args:
        draws: Draws of the adapters' random matrices to average over.
    """

    method: ClassVar[str] = "grand"
    solver: ClassVar[str] = "grand"
    summary: ClassVar[str] = "the largest gradient norms of the language model at initialization"
    reference: ClassVar[str] = "arXiv 2107.07075"

    draws: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.draws < 1:
            raise ConfigError(f"draws is {self.draws}, but gradient norms are averaged over at least 1 draw")

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """GraNd."""
        return (ScoreKind.GRAND,)


@dataclass(frozen=True)
class El2nConfig(MethodConfig):
    """EL2N: the largest mean distance between the language model's predicted and the true answer tokens."""

    method: ClassVar[str] = "el2n"
    solver: ClassVar[str] = "el2n"
    summary: ClassVar[str] = "the largest errors of the language model's predicted answer tokens"
    reference: ClassVar[str] = "arXiv 2107.07075"

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """EL2N."""
        return (ScoreKind.EL2N,)


@dataclass(frozen=True)
class EntropyConfig(MethodConfig):
    """Entropy: the samples on whose answer tokens the language model is least certain."""

    method: ClassVar[str] = "entropy"
    solver: ClassVar[str] = "entropy"
    summary: ClassVar[str] = "the samples with the least certain answers of the language model"
    reference: ClassVar[str] = "arXiv 1906.11829"

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """Entropy."""
        return (ScoreKind.ENTROPY,)


@dataclass(frozen=True)
class DifficultyConfig(MethodConfig):
    """Abstract: methods that rank by a difficulty of one's choice. Only its subclasses are used.

    Args:
        score: What counts as difficulty.
    """

    score: Difficulty = "el2n"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("score", self.score, get_args(Difficulty))

    @property
    def needed_scores(self) -> tuple[ScoreKind, ...]:
        """The difficulty, unless it is the gradient norm of the problem."""
        kind = ScoreKind(self.score)
        return () if kind is ScoreKind.GRADIENT_NORM else (kind,)

    def check_gradient_norms(self, known: bool) -> None:
        """They may be the difficulty; see `MethodConfig.check_gradient_norms`.

        Raises:
            ConfigError: They are, and there are none.
        """
        super().check_gradient_norms(known)
        if self.score == "gradient-norm" and not known:
            raise ConfigError(
                f"{self.method} shall take the gradient norm as difficulty, but there are no gradient norms; give them "
                "with --gradient-norms, or choose another --score"
            )


@dataclass(frozen=True)
class CcsConfig(DifficultyConfig):
    """Coverage-centric selection: drop the hardest samples, then draw evenly over bands of difficulty.

    Args:
        score: What counts as difficulty.
        hard_prune_fraction: Share of the hardest samples that is dropped (the paper's beta).
        strata: Equal-width bands of difficulty.
    """

    method: ClassVar[str] = "ccs"
    solver: ClassVar[str] = "ccs"
    summary: ClassVar[str] = "drop the hardest samples, then draw evenly over bands of difficulty"
    reference: ClassVar[str] = "arXiv 2210.15809"
    seeded: ClassVar[bool] = True

    hard_prune_fraction: float = 0.1
    strata: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hard_prune(self.hard_prune_fraction)
        check_strata(self.strata)

    def check_pool(self, num_pool: int) -> None:
        """Also: no more strata than samples; see `MethodConfig.check_pool`.

        Raises:
            ConfigError: The budget is larger than the pool, or there are more strata than samples.
        """
        super().check_pool(num_pool)
        check_strata(self.strata, num_pool)


@dataclass(frozen=True)
class D2Config(DifficultyConfig):
    """D2 pruning: difficulty spread over a graph of nearest neighbours; each choice discounts its neighbours.

    Args:
        score: What counts as difficulty.
        neighbours: Neighbours of each sample in the graph.
        forward_decay: Decay of a message with distance while difficulty is gathered (the paper's gamma_f).
        reverse_decay: Decay of the discount with distance (the paper's gamma_r).
    """

    method: ClassVar[str] = "d2"
    solver: ClassVar[str] = "d2"
    summary: ClassVar[str] = "difficulty and diversity by message passing between nearest neighbors"
    reference: ClassVar[str] = "arXiv 2310.07931"

    neighbours: int = 10
    forward_decay: float = 1.0
    reverse_decay: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours < 1:
            raise ConfigError(f"neighbours is {self.neighbours}, but a graph needs at least 1 neighbour per sample")
        for name in ("forward_decay", "reverse_decay"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ConfigError(f"{name} is {value}, but it must be a finite number >= 0")


@dataclass(frozen=True)
class ModerateConfig(MethodConfig):
    """Moderate coreset: samples whose distance to their class' median is nearest to the median distance."""

    method: ClassVar[str] = "moderate"
    solver: ClassVar[str] = "moderate"
    summary: ClassVar[str] = "samples at the median distance from the median of their class"
    reference: ClassVar[str] = "Xia et al., ICLR 2023"


@dataclass(frozen=True)
class FdmatConfig(MethodConfig):
    """FDMat: samples of the smallest feature-distribution discrepancy, by entropic transport to class means.

    Args:
        clusters: Classes made by k-means where the pool has no labels.
        regularisation: Weight of the entropy in the transport, relative to the mean cost.
    """

    method: ClassVar[str] = "fdmat"
    solver: ClassVar[str] = "fdmat"
    summary: ClassVar[str] = "the smallest feature-distribution discrepancy to the class means"
    reference: ClassVar[str] = "Xiao et al., AAAI 2024"
    seeded: ClassVar[bool] = True  # through the clusters

    clusters: int = 10
    regularisation: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clusters < 1:
            raise ConfigError(f"clusters is {self.clusters}, but at least 1 class is needed")
        if not math.isfinite(self.regularisation) or self.regularisation <= 0:
            raise ConfigError(f"regularisation is {self.regularisation}, but it must be a finite number above 0")


@dataclass(frozen=True)
class KCentreConfig(MethodConfig):
    """k-centre greedy: each time the sample farthest from those chosen."""

    method: ClassVar[str] = "k-centre"
    solver: ClassVar[str] = "k-centre"
    summary: ClassVar[str] = "repeatedly the sample farthest from those selected"
    reference: ClassVar[str] = "arXiv 1708.00489"
    seeded: ClassVar[bool] = True  # where it starts


@dataclass(frozen=True)
class HerdingConfig(MethodConfig):
    """Herding: each time the sample that brings the coreset's mean embedding nearest to the target's.

    Args:
        target: Whose mean is matched.
    """

    method: ClassVar[str] = "herding"
    solver: ClassVar[str] = "herding"
    summary: ClassVar[str] = "matches the mean embedding, one sample at a time"
    reference: ClassVar[str] = "Welling, ICML 2009"

    target: Target = "validation"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("target", self.target, get_args(Target))


@dataclass(frozen=True)
class FacilityLocationConfig(MethodConfig):
    """Facility location: lazy greedy on the similarity of each target sample to its nearest chosen one.

    Args:
        target: Whom the chosen samples shall be similar to.
    """

    method: ClassVar[str] = "facility-location"
    solver: ClassVar[str] = "facility-location"
    summary: ClassVar[str] = "a similar selected sample for every target sample, by lazy greedy selection"
    reference: ClassVar[str] = "Wei et al., ICML 2015"

    target: Target = "validation"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("target", self.target, get_args(Target))


@dataclass(frozen=True)
class KMeansConfig(MethodConfig):
    """k-means representatives: the sample nearest to each of k cluster centres of the pool.

    Args:
        passes: Passes over the pool while the centres settle.
    """

    method: ClassVar[str] = "k-means"
    solver: ClassVar[str] = "k-means"
    summary: ClassVar[str] = "the sample nearest to each of k cluster centers"
    reference: ClassVar[str] = "Sculley, WWW 2010"
    seeded: ClassVar[bool] = True

    passes: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.passes < 1:
            raise ConfigError(f"passes is {self.passes}, but k-means reads the pool at least once")


@dataclass(frozen=True)
class RoundRobinConfig(MethodConfig):
    """Round-robin: validation samples take turns, each takes the nearest pool sample that is left (as RDS+ does)."""

    method: ClassVar[str] = "round-robin"
    solver: ClassVar[str] = "round-robin"
    summary: ClassVar[str] = "validation samples take turns, each with its nearest available sample"
    reference: ClassVar[str] = "arXiv 2503.01807"
    seeded: ClassVar[bool] = True  # whose turn comes first
