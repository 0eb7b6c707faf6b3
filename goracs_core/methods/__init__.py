"""Selection methods, one module each: options, needs, costs and words; `registry` knows them all.

A solver of a few lines of NumPy is in the method's own module. The others are in `goracs_core.selection`, imported when
they run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from goracs_core.methods.ccs import CcsConfig
from goracs_core.methods.certified import CertifiedConfig
from goracs_core.methods.config import COMMON_OPTIONS, SelectionConfig, own_options
from goracs_core.methods.d2 import D2Config
from goracs_core.methods.dealrec import DealRecConfig
from goracs_core.methods.difficulty import Difficulty
from goracs_core.methods.el2n import El2nConfig
from goracs_core.methods.entropy import EntropyConfig
from goracs_core.methods.facility_location import FacilityLocationConfig
from goracs_core.methods.fdmat import FdmatConfig
from goracs_core.methods.grand import GrandConfig
from goracs_core.methods.herding import HerdingConfig
from goracs_core.methods.itra import ItraConfig
from goracs_core.methods.k_centre import KCentreConfig
from goracs_core.methods.k_means import KMeansConfig
from goracs_core.methods.moderate import ModerateConfig
from goracs_core.methods.random import RandomConfig
from goracs_core.methods.registry import (
    METHODS,
    config_from_dict,
    config_to_dict,
    find_method,
    method_names,
    method_of,
    methods,
    register,
)
from goracs_core.methods.round_robin import RoundRobinConfig
from goracs_core.methods.stratified_random import StratifiedRandomConfig
from goracs_core.methods.target import Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COMMON_OPTIONS",
    "METHODS",
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
    "ItraConfig",
    "KCentreConfig",
    "KMeansConfig",
    "ModerateConfig",
    "RandomConfig",
    "RoundRobinConfig",
    "SelectionConfig",
    "StratifiedRandomConfig",
    "Target",
    "config_from_dict",
    "config_to_dict",
    "find_method",
    "method_names",
    "method_of",
    "own_options",
    "register",
]

# In the order of lists; a method's default solver comes first. One line makes a method known everywhere.
_MODULES = (
    "goracs_core.methods.certified",
    "goracs_core.methods.itra",
    "goracs_core.methods.dealrec",
    "goracs_core.methods.random",
    "goracs_core.methods.stratified_random",
    "goracs_core.methods.grand",
    "goracs_core.methods.el2n",
    "goracs_core.methods.entropy",
    "goracs_core.methods.ccs",
    "goracs_core.methods.d2",
    "goracs_core.methods.moderate",
    "goracs_core.methods.fdmat",
    "goracs_core.methods.k_centre",
    "goracs_core.methods.herding",
    "goracs_core.methods.facility_location",
    "goracs_core.methods.k_means",
    "goracs_core.methods.round_robin",
)
for _module in _MODULES:
    register(import_module(_module).METHOD)


class _MethodsModule(ModuleType):
    """This module, when it is called: `goracs_core.methods()` of the public door shares its name with this room."""

    def __call__(self) -> pd.DataFrame:
        return methods()


sys.modules[__name__].__class__ = _MethodsModule
