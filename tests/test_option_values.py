"""Every option of every kind of work refuses values of another type in a sentence, whoever hands them in."""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, fields
from typing import Any

import pytest

from goracs_core.data.options import PrepareOptions
from goracs_core.errors import ConfigError
from goracs_core.features.options import FeatureOptions
from goracs_core.llm.landscape import LandscapeOptions
from goracs_core.llm.options import NormOptions
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, TigerOptions
from goracs_core.methods import METHODS
from goracs_core.surrogate.options import SurrogateOptions

OPTIONS = (
    FeatureOptions,
    FineTuneOptions,
    LandscapeOptions,
    MeasureOptions,
    NormOptions,
    PrepareOptions,
    SurrogateOptions,
    TigerOptions,
    *(method.config for method in METHODS.values()),
)
FIELDS = [(kind, field) for kind in OPTIONS for field in fields(kind)]


def wrong(field: Field[Any]) -> list[Any]:
    """Values of other types than the field's default."""
    default = 5 if field.default is MISSING else field.default
    strange: list[Any] = [[1], {"a": 1}, math.nan]
    if isinstance(default, bool):
        return [*strange, "yes", 1, None]
    if isinstance(default, int | float):
        return [*strange, "x", True, None]
    if isinstance(default, str | tuple):
        return [*strange, 5, None]
    return strange if field.name in ("learning_rate", "k_core", "max_pool", "max_validation", "max_test") else []


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=lambda one: getattr(one, "__name__", getattr(one, "name", "")))
def test_values_of_another_type_are_refused(kind: type, field: Field[Any]) -> None:
    given = {one.name: 5 for one in fields(kind) if one.default is MISSING and one.name != field.name}
    for value in wrong(field):
        with pytest.raises(ConfigError):
            kind(**given, **{field.name: value})
