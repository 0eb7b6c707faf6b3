"""One frozen config per method; their union is SelectionConfig. Options live here, implementations elsewhere."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from goracs_core.errors import ConfigError


def _check_common(budget: int, lambda_: float, seed: int) -> None:
    if budget < 1:
        raise ConfigError(f"budget is {budget}, but a coreset has at least 1 sample; give a budget of 1 or more")
    if not math.isfinite(lambda_) or lambda_ < 0:
        raise ConfigError(f"lambda is {lambda_}, but it weighs the gradient term and must be a finite number >= 0")
    if seed < 0:
        raise ConfigError(f"seed is {seed}, but it must be a whole number >= 0")


@dataclass(frozen=True)
class CertifiedConfig:
    """GORACS with a proof: dual ascent on validation prices, the best sets found on the way, polished by exchanges.

    Args:
        budget: Number of samples to choose (k).
        lambda_: Weight of the gradient term, >= 0; 0 is pure transport.
        seed: Seed of the sample of rows that a large pool is first priced on.
        gap: Stop once no coreset can be better by more than this share of the transport term; 0 never stops early.
        max_rounds: Most price updates.
        max_seconds: Stop after so many seconds with what is proven by then; 0 for no limit. With a limit, the same
            inputs and seed need not give the same coreset.
        label_aware: Select within each label, budgets proportional to the validation's label shares.
    """

    method: ClassVar[str] = "goracs"
    solver: ClassVar[str] = "certified"

    budget: int
    lambda_: float = 0.05
    seed: int = 0
    gap: float = 0.001
    max_rounds: int = 200
    max_seconds: float = 0.0
    label_aware: bool = False

    def __post_init__(self) -> None:
        _check_common(self.budget, self.lambda_, self.seed)
        if not math.isfinite(self.gap) or not 0 <= self.gap < 1:
            raise ConfigError(f"gap is {self.gap}, but it is a share and must be 0 or more and below 1")
        if self.max_rounds < 1:
            raise ConfigError(f"max_rounds is {self.max_rounds}, but at least 1 round is needed for a bound")
        if not math.isfinite(self.max_seconds) or self.max_seconds < 0:
            raise ConfigError(f"max_seconds is {self.max_seconds}, but it must be 0 (no limit) or a number above it")


@dataclass(frozen=True)
class ItraConfig:
    """GORACS by its published procedure ITRA: lazy greedy, then exchange refinement (arXiv 2506.04015, section 4).

    Args:
        budget: Number of samples to choose (k).
        lambda_: Weight of the gradient term, >= 0; 0 is pure transport.
        seed: Unused by the deterministic parts; kept so that every method answers to one seed.
        max_exchanges: Most exchanges to accept (T); 0 keeps the greedy set.
        prune_candidates: Rows kept by outer and by inner pruning (c); c x c pairs are tried per exchange.
        bound: Also compute a lower bound on the optimum, so that the gap of the published procedure is known.
        label_aware: Select within each label, budgets proportional to the validation's label shares.
    """

    method: ClassVar[str] = "goracs"
    solver: ClassVar[str] = "itra"

    budget: int
    lambda_: float = 0.05
    seed: int = 0
    max_exchanges: int = 50
    prune_candidates: int = 5
    bound: bool = False
    label_aware: bool = False

    def __post_init__(self) -> None:
        _check_common(self.budget, self.lambda_, self.seed)
        if self.max_exchanges < 0:
            raise ConfigError(f"max_exchanges is {self.max_exchanges}, but it must be 0 (greedy only) or more")
        if self.prune_candidates < 1:
            raise ConfigError(f"prune_candidates is {self.prune_candidates}, but at least 1 candidate row must be kept")


@dataclass(frozen=True)
class RandomConfig:
    """Uniform random rows without replacement: the reference that every method must beat."""

    method: ClassVar[str] = "random"
    solver: ClassVar[str] = "random"

    budget: int
    lambda_: float = 0.05
    seed: int = 0
    label_aware: bool = False

    def __post_init__(self) -> None:
        _check_common(self.budget, self.lambda_, self.seed)


@dataclass(frozen=True)
class StratifiedRandomConfig:
    """Random rows with each stratum (label, or popularity decile) drawn in proportion to its share of the pool."""

    method: ClassVar[str] = "stratified-random"
    solver: ClassVar[str] = "stratified-random"

    budget: int
    lambda_: float = 0.05
    seed: int = 0
    label_aware: bool = False

    def __post_init__(self) -> None:
        _check_common(self.budget, self.lambda_, self.seed)


SelectionConfig = CertifiedConfig | ItraConfig | RandomConfig | StratifiedRandomConfig

# A method's default solver comes first.
CONFIG_TYPES: tuple[
    type[CertifiedConfig] | type[ItraConfig] | type[RandomConfig] | type[StratifiedRandomConfig], ...
] = (
    CertifiedConfig,
    ItraConfig,
    RandomConfig,
    StratifiedRandomConfig,
)


def config_to_dict(config: SelectionConfig) -> dict[str, Any]:
    """Plain values under their field names, plus `method` and `solver`."""
    return {"method": config.method, "solver": config.solver, **asdict(config)}


def config_from_dict(values: dict[str, Any]) -> SelectionConfig:
    """The inverse of `config_to_dict`.

    Raises:
        ConfigError: An unknown method, solver or option.
    """
    options = dict(values)
    method = options.pop("method", None)
    solver = options.pop("solver", None)
    for kind in CONFIG_TYPES:
        if kind.method == method and solver in (kind.solver, None):
            unknown = set(options) - {field.name for field in fields(kind)}
            if unknown:
                raise ConfigError(f"unknown option {sorted(unknown)[0]!r} for method {method!r}")
            return kind(**options)
    known = ", ".join(f"{kind.method} ({kind.solver})" for kind in CONFIG_TYPES)
    raise ConfigError(f"no method {method!r} with solver {solver!r}; there are {known}")
