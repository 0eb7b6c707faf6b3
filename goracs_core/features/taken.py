"""Features of a derived dataset: rows of the features that are there, bit by bit; nothing is computed again."""

from __future__ import annotations

from typing import Any

from goracs_core.data.derive import Derived
from goracs_core.errors import ConfigError
from goracs_core.features.compute import counted_features
from goracs_core.features.value import Features
from goracs_core.types import Embeddings, GradientNorms

_WAY_ON = "leave the features out (--no-features) and compute them for the derived dataset"


def derived_features(features: Features, derived: Derived, target: Features | None = None) -> Features:
    """The parent's features at the rows that the derived dataset took.

    Args:
        features: Of the parent.
        derived: What was taken.
        target: Of the dataset whose validation it has, where that is another one.

    Raises:
        ConfigError: The two were not embedded by the same encoder, or it is not known whether they were.
    """
    other = derived.validation_from is not derived.parent
    if other and target is None:
        message = f"{derived.validation_from.name!r} has no features to take the validation's from; {_WAY_ON}"
        raise ConfigError(message, code="no-features", fields={"dataset": derived.validation_from.name})
    source = features if target is None else target
    if other:
        _check_encoders(features, source)
    norms = features.gradient_norms
    meta: dict[str, Any] = {
        **features.meta,
        "taken": {
            "from": derived.parent.name,
            "fingerprint": features.fingerprint,
            "pool": f"{len(derived.pool_rows):,} of {len(features.pool):,} rows",
            "validation": f"{len(derived.validation_rows):,} of {len(source.validation):,} rows",
        },
    }
    if other:
        meta["taken"] |= {"validation_from": derived.validation_from.name, "target_fingerprint": source.fingerprint}
    return counted_features(
        derived.dataset,
        Embeddings(features.pool.values[derived.pool_rows], features.pool.encoder),
        Embeddings(source.validation.values[derived.validation_rows], source.validation.encoder),
        None if norms is None else GradientNorms(norms.values[derived.pool_rows], norms.model, norms.loss),
        meta,
    )


def _check_encoders(features: Features, target: Features) -> None:
    mine, others = (one.meta.get("encoder", {}) for one in (features, target))
    names = f"{mine.get('name')} and {others.get('name')}"
    if not mine.get("fingerprint") or not others.get("fingerprint"):
        raise ConfigError(
            f"at least one of the embeddings (by {names}) was made elsewhere, so that nothing tells whether both come "
            f"from one encoder; {_WAY_ON}",
            code="unknown-encoder",
        )
    if mine["fingerprint"] != others["fingerprint"]:
        message = f"the embeddings come from different encoders ({names}), which have no distances; {_WAY_ON}"
        raise ConfigError(message, code="encoders-differ")
