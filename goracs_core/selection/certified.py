"""The certified solver: a proven bound from above and below, closing on each other.

Relaxing the column constraints of POO with one price per validation sample makes the rows separate; the bound at any
prices is proven (`goracs_core.selection.verify`). Dual ascent raises it, the rows chosen on the way make the coreset,
exchanges polish it, and both stop when the gap is small enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from goracs_core.dense_limit import dense_limit_bytes
from goracs_core.engine.dense import DenseRows
from goracs_core.engine.open import open_rows
from goracs_core.engine.protocol import DistanceRows
from goracs_core.methods import CertifiedConfig
from goracs_core.objective import Problem
from goracs_core.progress import Progress, silent
from goracs_core.selection.clock import BoundRecorder, Clock
from goracs_core.selection.dual import ROUNDING, DualAscent
from goracs_core.selection.greedy import GreedyStart, greedy_start
from goracs_core.selection.polish import Coreset, Outside, polish
from goracs_core.selection.result import Bound, Choice, relative_gap
from goracs_core.selection.threads import bounded_threads
from goracs_core.selection.verify import row_values
from goracs_core.transport import solve_uniform
from goracs_core.types import Exchange, FloatArray, IndexArray, Trace

# Full passes over all rows in one ascent, where they are cheap (distances in memory, or a GPU) and where they are not.
_PHASES_CHEAP, _PHASES_STREAMED = 16, 6
# Rows that compete, per chosen row; few more are ever worth a price in between two full passes.
_ACTIVE_PER_CHOSEN, _ACTIVE_LEAST = 3, 1000
_SAMPLE_ROWS = 12_000
_SAMPLE_SHARE = 0.5
_CANDIDATES, _TRIES = 40, 120
_SPREAD_ROWS = 64
# Exchanges go on while so many tries close at least this share of the gap that is left.
_LOOK_BACK, _WORTHWHILE = 60, 0.02


@dataclass(frozen=True)
class _Course:
    """How to go about it.

    Args:
        step: Largest step of a price, in standard deviations of the distances.
        share: Share of the rounds to spend.
        evaluate_at: When the set chosen so far is evaluated, as shares of those rounds.
        keep_rows: Whether the warm start's rows are the answer.
    """

    step: float
    share: float
    evaluate_at: tuple[float, ...]
    keep_rows: bool = False


# From nothing: a set is evaluated every few phases (it costs about as much as ten rounds), to stop once the gap closes.
_COLD = _Course(step=0.13, share=1.0, evaluate_at=(0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0))
# From a neighbour's prices, small steps and few rounds do.
_WARM = _Course(step=0.04, share=0.22, evaluate_at=(0.5, 0.75, 1.0))
_BOUND_ONLY = _Course(step=0.13, share=1.0, evaluate_at=(), keep_rows=True)


@dataclass(frozen=True, eq=False)
class WarmStart:
    """What a neighbouring problem (another lambda or budget) already knows.

    Args:
        prices: Its best prices; shape [m].
        rows: Its coreset; a first candidate when it has the size that is asked for.
    """

    prices: FloatArray
    rows: IndexArray


def select_certified(
    problem: Problem,
    config: CertifiedConfig,
    *,
    rows: DistanceRows | None = None,
    warm: WarmStart | None = None,
    progress: Progress = silent,
) -> Choice:
    """Run the certified solver on one problem; labels are handled by the caller.

    Args:
        problem: What to choose on.
        config: Budget, lambda, when to stop.
        rows: The problem's distances when they are at hand already.
        warm: Where to start; None for the greedy set.
        progress: Told both bounds as they change.
    """
    with bounded_threads():
        course = _COLD if warm is None else _WARM
        solver = _Solver(problem, config, course, progress, rows=rows, warm=warm)
        if config.budget == problem.num_pool:
            return solver.whole_pool()
        return solver.run()


def prove(problem: Problem, choice: Choice, config: CertifiedConfig, *, progress: Progress = silent) -> Choice:
    """The same choice with a lower bound on the optimum, by dual ascent alone; for solvers that prove nothing.

    Args:
        problem: What was chosen on.
        choice: The rows of another solver.
        config: Same budget and lambda; its rounds are spent.
        progress: Told the bounds.
    """
    with bounded_threads():
        start = WarmStart(_own_prices(choice, problem), choice.rows)
        solver = _Solver(problem, config, _BOUND_ONLY, progress, warm=start)
        found = solver.whole_pool() if config.budget == problem.num_pool else solver.bound_only()
    stages = (*choice.trace.stages, ("bound", sum(seconds for _, seconds in found.trace.stages)))
    old = choice.trace
    trace = Trace(
        old.start_value,
        old.greedy_values,
        old.exchanges,
        old.tried_pairs,
        old.evaluated_rows,
        stages,
        found.trace.bounds,
    )
    return Choice(choice.rows, trace, choice.stop_reason, found.bound, value=choice.value)


class _Solver:
    """One run; the state that its steps share."""

    def __init__(
        self,
        problem: Problem,
        config: CertifiedConfig,
        course: _Course,
        progress: Progress,
        *,
        rows: DistanceRows | None = None,
        warm: WarmStart | None = None,
    ) -> None:
        self.problem, self.config, self.course, self.progress, self.warm = problem, config, course, progress, warm
        self.clock = Clock()
        self.recorder = BoundRecorder(self.clock)
        self.reward = problem.gradient_reward(config.lambda_)
        self.rows = open_rows(problem, progress=progress) if rows is None else rows
        self.clock.stage("distances")
        self.greedy: GreedyStart | None = None
        self.sample: IndexArray | None = None
        self.best: Coreset | None = None

    def run(self) -> Choice:
        """Ascend, choose, polish."""
        ascent = self._start()
        reason = self._ascend(ascent)
        start_value = self._best.value
        exchanges, tried = [], 0
        if not reason and self.config.budget == 1:
            reason = "with a budget of 1 the cheapest row is optimal"
        if not reason:
            exchanges, tried, reason = self._polish(ascent)
        bound = self._exact(ascent)
        self.recorder.record(ascent.rounds, lower=bound.lower_bound)
        self.clock.stage("proof")
        trace = Trace(
            start_value,
            np.empty(0) if self.greedy is None else self.greedy.values,
            tuple(exchanges),
            tried,
            0 if self.greedy is None else self.greedy.evaluated_rows,
            self.clock.stages(),
            self.recorder.history(),
        )
        return Choice(self._best.rows, trace, reason, bound, value=self._best.evaluated())

    def bound_only(self) -> Choice:
        """Ascend and prove; the rows stay those of the warm start."""
        ascent = self._start()
        self._ascend(ascent)
        bound = self._exact(ascent)
        self.recorder.record(ascent.rounds, lower=bound.lower_bound)
        self.clock.stage("proof")
        trace = Trace(self._best.value, np.empty(0), stages=self.clock.stages(), bounds=self.recorder.history())
        return Choice(self._best.rows, trace, "", bound)

    def whole_pool(self) -> Choice:
        """With k = n there is one coreset; its own transport proves it."""
        rows = np.arange(self.problem.num_pool)
        distance = self.problem.distance_rows(rows) / self.problem.distance_scale
        solution = solve_uniform(distance, self.problem.validation_weights)
        value = solution.value - float(self.reward.mean())
        prices = solution.column_potentials
        bound = Bound(self._bound_at(prices, rows), prices, 0, 1)
        self.recorder.record(0, lower=bound.lower_bound, upper=value)
        self.clock.stage("transport")
        trace = Trace(value, np.empty(0), stages=self.clock.stages(), bounds=self.recorder.history())
        reason = "the budget is the whole pool; there is only this choice"
        return Choice(rows, trace, reason, bound, prices)

    @property
    def _best(self) -> Coreset:
        assert self.best is not None  # set by _start
        return self.best

    def _start(self) -> DualAscent:
        """A first set with its value, and prices to start from."""
        k = self.config.budget
        weights = self.problem.validation_weights
        if self.warm is not None:
            prices, first = self.warm.prices, self.warm.rows
        else:
            self.sample = self._sample()
            matrix = self._matrix(self.sample)
            reward = self.reward[self.sample]
            self.greedy = greedy_start(matrix, reward, weights, k, progress=self.progress)
            prices = (matrix[self.greedy.rows] - reward[self.greedy.rows, None]).min(axis=0).astype(np.float64)
            first = self.sample[self.greedy.rows]
            self.clock.stage("greedy")
        spread = float(self.rows.take(first[:_SPREAD_ROWS]).std())
        step = self.course.step * spread
        ascent = DualAscent(self.rows, self.reward, weights, k, prices=prices, step=step)
        if self.course.keep_rows:
            self._consider(first, prices)
            self._report(ascent)
        self.clock.stage("start")
        return ascent

    def _sample(self) -> IndexArray:
        """Rows that the first prices are found on: all of them when their distances are in memory."""
        n = self.problem.num_pool
        if isinstance(self.rows, DenseRows):
            return np.arange(n)
        fitting = dense_limit_bytes() // (4 * self.problem.num_validation)
        size = min(n, max(4 * self.config.budget, min(_SAMPLE_ROWS, fitting)))
        rng = np.random.default_rng(self.config.seed)
        return np.sort(rng.choice(n, size=size, replace=False))

    def _matrix(self, sample: IndexArray) -> np.ndarray:
        return self.rows.matrix if isinstance(self.rows, DenseRows) else self.rows.take(sample)

    def _ascend(self, ascent: DualAscent) -> str:
        """Raise the bound; the reason to stop for good, or "" when the coreset should be polished."""
        k, cheap, evaluate = self.config.budget, self.rows.cheap, self.course.evaluate_at
        total = max(1, round(self.config.max_rounds * self.course.share))
        phases = max(1, min(total, round((_PHASES_CHEAP if cheap else _PHASES_STREAMED) * self.course.share)))
        if evaluate and not cheap:  # a pass costs more than a transport: every phase ends with a look at the set
            evaluate = tuple((number + 1) / phases for number in range(phases))
        done = 0
        if not cheap and self.sample is not None and len(self.sample) < self.problem.num_pool:
            done = math.ceil(_SAMPLE_SHARE * total)
            ascent.ascend(self.sample, done, progress_share=(0.0, _SAMPLE_SHARE), go_on=lambda: self._go_on(ascent))
            self.clock.stage("sample")
        rest = total - done
        evaluated = 0.0
        for phase in range(phases):
            ascent.price_all(silent if cheap else self.progress)
            self.clock.stage("full passes")
            self._report(ascent)
            if reason := self._stop(ascent):
                return reason
            if self.best is not None:
                ascent.eliminate(self.best.value)
            first, last = (done + rest * phase // phases), (done + rest * (phase + 1) // phases)
            active = ascent.active_rows(max(_ACTIVE_PER_CHOSEN * k, k + _ACTIVE_LEAST))
            shares = (first / total, last / total)
            ascent.ascend(active, last - first, progress_share=shares, go_on=lambda: self._go_on(ascent))
            self.clock.stage("dual ascent")
            due = [share for share in evaluate if evaluated < share <= (phase + 1) / phases]
            if due or self._out_of_time():
                evaluated = due[-1] if due else evaluated
                self._consider(ascent.likely_rows(), ascent.prices)
                self.clock.stage("candidates")
                self._report(ascent)
                if reason := self._stop(ascent):
                    return reason
        ascent.price_all(silent if cheap else self.progress)
        self.clock.stage("full passes")
        if evaluate:
            cheapest = np.argsort(ascent.best.values, kind="stable")[:k]
            self._consider(cheapest, ascent.best.prices)
            self.clock.stage("candidates")
        self._report(ascent)
        return self._stop(ascent)

    def _polish(self, ascent: DualAscent) -> tuple[list[Exchange], int, str]:
        """Exchange until the gap is closed or no tried pair helps."""
        active = ascent.active_rows(max(_ACTIVE_PER_CHOSEN * self.config.budget, _ACTIVE_LEAST))
        outside = Outside(active, self.rows.take(active))
        exchanges: list[Exchange] = []
        tried = 0
        checked = self._best.value
        reason = "no exchange that looked promising lowers POO any more"
        for attempt in polish(self._best, outside, candidates=_CANDIDATES, tries=_TRIES):
            tried += 1
            if attempt.exchange is not None:
                exchanges.append(attempt.exchange)
                self.recorder.record(ascent.rounds, upper=self._best.value)
            self._tell(ascent, "exchanges", tried)
            if found := self._stop(ascent):
                reason = found
                break
            if tried % _LOOK_BACK == 0:
                if checked - self._best.value < _WORTHWHILE * (self._best.value - ascent.best.bound):
                    reason = f"the last {_LOOK_BACK} exchanges tried hardly lowered POO any more"
                    break
                checked = self._best.value
        self.clock.stage("exchanges")
        return exchanges, tried, reason

    def _consider(self, rows: IndexArray, prices: FloatArray) -> None:
        """Evaluate a candidate set exactly; keep it when it is the best so far."""
        if self.best is not None and np.array_equal(np.sort(rows), np.sort(self.best.rows)):
            return
        candidate = Coreset(self.problem, rows, self.config.lambda_, prices=prices)
        if self.best is None or candidate.value < self.best.value:
            self.best = candidate

    def _stop(self, ascent: DualAscent) -> str:
        """Why to stop now, or ""."""
        config = self.config
        if self._closed(ascent):
            ascent.complete_best(self.progress)  # eliminated rows count again, so that anybody can check the bound
            if self._closed(ascent):
                return f"the proven gap is at most {config.gap:.4%}"
        if self._out_of_time() and self.best is not None:
            return f"the time limit of {config.max_seconds:g} s was reached"
        return ""

    def _out_of_time(self) -> bool:
        return 0 < self.config.max_seconds <= self.clock.seconds()

    def _go_on(self, ascent: DualAscent) -> bool:
        """Called after each price update."""
        self._tell(ascent)
        return not self._out_of_time()

    def _closed(self, ascent: DualAscent) -> bool:
        """Whether the gap asked for is reached, with a little to spare for the bound in double precision."""
        if self.best is None or not ascent.full_passes:
            return False
        gap = relative_gap(self.best.value, ascent.best.bound, self.best.transport_term)
        return gap <= self.config.gap * (1.0 - 1e-3)

    def _report(self, ascent: DualAscent) -> None:
        upper = math.inf if self.best is None else self.best.value
        self.recorder.record(ascent.rounds, lower=ascent.best.bound, upper=upper)
        self._tell(ascent)

    def _tell(self, ascent: DualAscent, stage: str = "closing the gap", tried: int = 0) -> None:
        lower, upper = self.recorder.lower, self.recorder.upper
        detail = ""
        if self.best is not None and math.isfinite(lower):
            detail = f"POO {upper:.6f}, proven gap {relative_gap(upper, lower, self.best.transport_term):.3%}"
        done, total = (tried, 0) if tried else (ascent.rounds, self.config.max_rounds)
        self.progress.bounds(lower, upper)
        self.progress(stage, done, total, detail)

    def _exact(self, ascent: DualAscent) -> Bound:
        """The best bound in double precision: only rows that could be among the k cheapest are computed again."""
        found = ascent.complete_best(self.progress)
        k = self.config.budget
        largest = float(np.abs(found.prices).max())
        error = (self.rows.error + ROUNDING * (1.0 + largest)) * ascent.fill.capacity
        kth = float(np.partition(found.values, k - 1)[k - 1])
        close = np.flatnonzero(found.values <= kth + 2.0 * error)
        # A constant on all prices changes nothing but how they read: at these, the k-th cheapest row breaks even.
        prices = found.prices + k * kth
        return Bound(self._bound_at(prices, close), prices, ascent.rounds, ascent.full_passes)

    def _bound_at(self, prices: FloatArray, rows: IndexArray) -> float:
        k = self.config.budget
        values = row_values(self.problem, prices, k, self.config.lambda_, rows=rows)
        return float(self.problem.validation_weights @ prices) + float(np.partition(values, k - 1)[:k].sum())


def _own_prices(choice: Choice, problem: Problem) -> FloatArray:
    if choice.value is not None:
        return choice.value.solution.column_potentials
    distance = problem.distance_rows(choice.rows) / problem.distance_scale
    return solve_uniform(distance, problem.validation_weights).column_potentials
