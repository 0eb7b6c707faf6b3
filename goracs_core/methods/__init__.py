"""One frozen config per method; their union is SelectionConfig. Options live here, implementations elsewhere."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields
from types import ModuleType
from typing import TYPE_CHECKING, Any

from goracs_core.errors import ConfigError
from goracs_core.methods.baselines import (
    CcsConfig,
    D2Config,
    Difficulty,
    El2nConfig,
    EntropyConfig,
    FacilityLocationConfig,
    FdmatConfig,
    GrandConfig,
    HerdingConfig,
    KCentreConfig,
    KMeansConfig,
    ModerateConfig,
    RandomConfig,
    RoundRobinConfig,
    StratifiedRandomConfig,
    Target,
)
from goracs_core.methods.config import MethodConfig
from goracs_core.methods.dealrec import DealRecConfig, InfluenceSolver, SurrogateName
from goracs_core.methods.goracs import CertifiedConfig, ItraConfig

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CONFIG_TYPES",
    "CcsConfig",
    "CertifiedConfig",
    "D2Config",
    "DealRecConfig",
    "Difficulty",
    "El2nConfig",
    "EntropyConfig",
    "FacilityLocationConfig",
    "FdmatConfig",
    "GrandConfig",
    "HerdingConfig",
    "InfluenceSolver",
    "ItraConfig",
    "KCentreConfig",
    "KMeansConfig",
    "MethodConfig",
    "ModerateConfig",
    "RandomConfig",
    "RoundRobinConfig",
    "SelectionConfig",
    "StratifiedRandomConfig",
    "SurrogateName",
    "Target",
    "config_from_dict",
    "config_to_dict",
    "method_names",
]

SelectionConfig = (
    CertifiedConfig
    | ItraConfig
    | DealRecConfig
    | RandomConfig
    | StratifiedRandomConfig
    | GrandConfig
    | El2nConfig
    | EntropyConfig
    | CcsConfig
    | D2Config
    | ModerateConfig
    | FdmatConfig
    | KCentreConfig
    | HerdingConfig
    | FacilityLocationConfig
    | KMeansConfig
    | RoundRobinConfig
)

# In the order of lists; a method's default solver comes first.
CONFIG_TYPES: tuple[type[SelectionConfig], ...] = (
    CertifiedConfig,
    ItraConfig,
    DealRecConfig,
    RandomConfig,
    StratifiedRandomConfig,
    GrandConfig,
    El2nConfig,
    EntropyConfig,
    CcsConfig,
    D2Config,
    ModerateConfig,
    FdmatConfig,
    KCentreConfig,
    HerdingConfig,
    FacilityLocationConfig,
    KMeansConfig,
    RoundRobinConfig,
)


def method_names() -> list[str]:
    """Every method once, in the order of lists."""
    return list(dict.fromkeys(kind.method for kind in CONFIG_TYPES))


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


class _MethodsModule(ModuleType):
    """This module, when it is called: `goracs_core.methods()` of the public door shares its name with this room."""

    def __call__(self) -> pd.DataFrame:
        from goracs_core.methods.table import methods

        return methods()


sys.modules[__name__].__class__ = _MethodsModule
