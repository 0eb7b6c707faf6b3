"""What selections choose from, as a spec: a prepared dataset, or paths of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goracs_core.jobs.spec import Argument, Spec, Style, asked

DATASET = Argument("--dataset", Style.DATASET, "prepared dataset with features: its folder, its name, or demo", "DIR")
FRESH = Argument("--fresh", Style.SWITCH, "do the work again, even if its result is kept already")

BUDGETS_HELP = "numbers of samples to select, or shares of the pool, like 64,256 or 1%%,2%%"


def _array(name: str, letter: str, words: str) -> str | None:
    return asked(Argument(f"--{name}", Style.FILE, words, letter), default=None)


@dataclass(frozen=True, kw_only=True)
class SourceSpec(Spec):
    """A dataset or arrays (`goracs_core.jobs.inputs.load_inputs` reads them), and how validation samples count.

    Args:
        dataset: Folder of a dataset with features.
        pool_embeddings, validation_embeddings, gradient_norms, pool_labels, validation_labels, validation_weights,
            validation_times: Paths of arrays, instead of a dataset.
        half_life: Days after which a validation sample counts half as much.
    """

    dataset: str | None = asked(DATASET, default=None)
    pool_embeddings: str | None = _array("pool-embeddings", "P", "embeddings of the pool, one row per sample")
    validation_embeddings: str | None = _array("validation-embeddings", "V", "embeddings of the validation samples")
    gradient_norms: str | None = _array(
        "gradient-norms", "G", "gradient norm of each pool sample; needed for lambda > 0"
    )
    pool_labels: str | None = _array("pool-labels", "L", "class of each pool sample")
    validation_labels: str | None = _array("validation-labels", "M", "class of each validation sample")
    validation_weights: str | None = _array(
        "validation-weights", "W", "how much each validation sample counts, > 0 (default: all alike)"
    )
    validation_times: str | None = _array(
        "validation-times", "T", "when each validation sample was, in seconds since 1970; for --half-life"
    )
    half_life: float | None = asked(
        Argument(
            "--half-life",
            help="a validation sample counts half as much for every DAYS that it is older than the newest one",
            metavar="DAYS",
        ),
        default=None,
    )


def counted(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec with its `budgets` as numbers of samples; for shares of the pool, its size is looked up.

    Args:
        spec: Plain values, with what is selected from.

    Raises:
        ConfigError: Something that is no budget, or nothing to select from.
        StoreError, DataError: The dataset or the pool embeddings cannot be read.
    """
    budgets = spec.get("budgets") or ()
    if all(isinstance(budget, int) for budget in budgets):
        return dict(spec)
    from goracs_core.jobs.inputs import counted_budgets  # loads pandas

    return {**spec, "budgets": counted_budgets(budgets, spec)}
