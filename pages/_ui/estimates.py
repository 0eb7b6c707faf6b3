"""What a selection will cost, told before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from goracs_core.errors import GoracsError
from goracs_core.jobs.memory import active_rows, available_bytes, first_rows, held_at_once, selection_bytes
from goracs_core.jobs.select.run import RunSummary
from goracs_core.methods import CertifiedConfig, ItraConfig, SelectionConfig, config_from_dict
from pages._ui import method_costs, text
from pages._ui.state import DatasetRef

# Measured on two cores with prompts of a real shop; good to a factor of about three, and said so. Seconds per pool x
# validation pair ("cell") and so on.
_START = 4.0  # a worker that has just come up, and its libraries
_SCALE = 8e-11  # measuring max(d), per cell and number of an embedding
_DISTANCES = 2.5e-8  # distances and greedy choice, per cell
_PRICE = 1.2e-9  # pricing distances that are in memory, per cell
_STREAM = 2e-11  # computing distances again, per cell and number of an embedding
_WARM_SOLVE, _COLD_SOLVE = 1.5e-7, 1.5e-6  # one exact transport, per budget x validation pair
_ROUND, _EXCHANGE = 2e-3, 0.04  # whatever the size
_POLISH = 2.0
_GIVEN_SHARE = 0.1
_DENSE_PASSES, _STREAMED_PASSES, _CANDIDATES = 18, 7, 3


@dataclass(frozen=True)
class SelectionEstimate:
    """Time and memory of a selection.

    Args:
        seconds: Expected wall-clock time.
        basis: Where the time comes from, as the rest of a sentence.
        memory: Bytes needed at the peak.
        available: Bytes that are free, or None when unknown.
    """

    seconds: float
    basis: str
    memory: int
    available: int | None

    @property
    def fits(self) -> bool:
        """Whether the memory is there."""
        return self.available is None or self.memory <= self.available

    @property
    def sentence(self) -> str:
        """Time and memory in one line."""
        free = "" if self.available is None else f" of {text.memory(self.available)} free"
        return f"About {text.duration(self.seconds)} ({self.basis}) and {text.memory(self.memory)}{free} memory."


def selection(
    ref: DatasetRef, config: SelectionConfig, runs: tuple[RunSummary, ...], *, width: int
) -> SelectionEstimate:
    """Estimate from an earlier run of the same solver on this data, or else from the sizes alone.

    Args:
        ref: The dataset.
        config: What is to be run.
        runs: Finished runs on this dataset.
        width: Numbers per embedding.
    """
    n, m = ref.counts["pool"], ref.counts["validation"]
    memory = selection_bytes(config, n, m, width)
    scores = method_costs.score_seconds(config, ref)
    expected = solver_seconds(config, n, m, width) + scores
    alike = [(run, earlier) for run in runs if (earlier := _alike(run, config, ref)) is not None]
    if alike:
        nearest, earlier = min(alike, key=lambda pair: abs(pair[0].budget - config.budget))
        before = solver_seconds(earlier, n, m, width) + method_costs.score_seconds(earlier, ref)
        seconds = nearest.seconds * max(expected / before, 0.25)
        samples = "1 sample" if nearest.budget == 1 else f"{nearest.budget:,} samples"
        basis = f"the run with {samples} took {text.duration(nearest.seconds)}"
    else:
        seconds = _START + _SCALE * n * m * width + expected
        basis = "a rough estimate from the sizes"
    if scores:
        basis += "; less where its scores are in the cache"
    if isinstance(config, CertifiedConfig) and config.max_seconds:
        seconds = min(seconds, _START + config.max_seconds)
    return SelectionEstimate(seconds, basis, memory, available_bytes())


def solver_seconds(config: SelectionConfig, num_pool: int, num_validation: int, width: int) -> float:
    """What the solver takes on two cores, roughly; its gap is never known beforehand, so all rounds are counted.

    Args:
        config: What is to be run.
        num_pool: Number of pool samples, n.
        num_validation: Number of validation samples, m.
        width: Numbers per embedding.
    """
    if isinstance(config, CertifiedConfig):
        return _certified(config.budget, config.max_rounds, num_pool, num_validation, width)
    cells, block = num_pool * num_validation, config.budget * num_validation
    if isinstance(config, ItraConfig):
        exchanges = min(config.max_exchanges, config.budget) * (_EXCHANGE + 2 * _PRICE * cells)
        proof = _certified(config.budget, CertifiedConfig.max_rounds, num_pool, num_validation, width)
        return _DISTANCES * cells + _WARM_SOLVE * block + exchanges + config.bound * proof
    return _COLD_SOLVE * block + method_costs.choice_seconds(config, num_pool, num_validation, width)


def _certified(budget: int, rounds: int, num_pool: int, num_validation: int, width: int) -> float:
    cells = num_pool * num_validation
    active = active_rows(budget, num_pool) * num_validation
    exact = _CANDIDATES * _WARM_SOLVE * budget * num_validation + _POLISH
    if held_at_once(num_pool, num_validation):
        passes = (_DISTANCES + _DENSE_PASSES * _PRICE) * cells
        return passes + rounds * (_ROUND + _PRICE * active) + exact
    first = first_rows(budget, num_pool, num_validation) * num_validation
    passes = _STREAMED_PASSES * _STREAM * width * cells + _DISTANCES * first
    return passes + rounds * (_ROUND + _PRICE * (first + active) / 2) + exact


def _alike(run: RunSummary, config: SelectionConfig, ref: DatasetRef) -> SelectionConfig | None:
    """The config of an earlier run that did the same kind of work; None for any other run."""
    if run.damaged or run.config is None or run.seconds <= 0:
        return None
    try:
        earlier = config_from_dict(run.config)
    except GoracsError:  # of another version of this program
        return None
    same = type(earlier) is type(config) and getattr(earlier, "bound", None) == getattr(config, "bound", None)
    limited = isinstance(earlier, CertifiedConfig) and earlier.max_seconds > 0
    # Where it is far quicker than scores can be made, they were given: that tells nothing of making them.
    given = run.seconds < _GIVEN_SHARE * method_costs.score_seconds(earlier, ref)
    return earlier if same and not limited and not given else None
