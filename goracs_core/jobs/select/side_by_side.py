"""Several runs beside each other: what they were asked, and which of them differ in the seed alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from goracs_core.errors import ConfigError
from goracs_core.jobs.weights import weighting_words
from goracs_core.methods import config_to_dict
from goracs_core.option import options_of

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

MOST = 6
LETTERS = "ABCDEF"
NONE = "–"


def check_comparable(runs: Sequence[Run]) -> None:
    """Insist on two to six runs of the same data.

    Raises:
        ConfigError: Another number of runs, or runs of different data.
    """
    if not 2 <= len(runs) <= MOST:
        raise ConfigError(
            f"a comparison takes 2 to {MOST} runs, got {len(runs)}", code="run-count", fields={"n": len(runs)}
        )
    sources = {run.dataset.fingerprint or run.selection.problem_fingerprint for run in runs}
    if len(sources) > 1:
        raise ConfigError("these runs were made on different data; compare runs of one dataset", code="other-dataset")


def lettered(runs: Sequence[Run]) -> dict[str, Run]:
    """The runs under their names with a letter in front, so that two of one name stay apart."""
    return {f"{letter} {run.name or run.id}": run for letter, run in zip(LETTERS, runs, strict=False)}


def parameters(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """Every option of the runs, its label to the value in each; a dash where a method does not have it."""
    given = [_options(run) for run in runs]
    names = dict.fromkeys(name for one in given for name in one)
    return {name: tuple(one.get(name, NONE) for one in given) for name in names}


def _options(run: Run) -> dict[str, str]:
    found = {"Method": run.config.method, "Solver": run.config.solver}
    for one in options_of(type(run.config)):
        value = getattr(run.config, one.name)
        found[one.words.label] = _text(100 * value if one.words.percent and value is not None else value)
    return {**found, "Validation weights": weighting_words(run.inputs)}


def differing(rows: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The rows whose values are not all equal."""
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def seedless_key(run: Run) -> str:
    """Equal for runs of one problem that differ in the seed alone."""
    options = config_to_dict(run.config) | {"seed": None}
    return f"{run.selection.problem_fingerprint} {sorted(options.items(), key=lambda pair: pair[0])}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return NONE
    return f"{value:g}" if isinstance(value, float) else str(value)
