"""How time grows with the size of the pool: laws fitted to measured seconds, continued with an interval.

Two kinds of law are fitted to log seconds by least squares: a power of n, and a constant plus a power of n (what is
paid once, and what is paid per sample). Both have two parameters. The better one gives the expected time; the interval
covers every law that the measurements cannot rule out, because it is their difference that matters far out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtri, stdtrit

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.types import FloatArray, readonly

LEVEL = 0.95
LEAST_SIZES = 3
# Sums of squared log errors that differ by less are equal up to rounding.
_ROUNDING = 1e-18
_MOST_STEPS = 100
_SLOWER_MEMORY = 0.25


@dataclass(frozen=True)
class Interval:
    """An expected value with the bounds of its interval."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Prediction:
    """Seconds to expect at some sizes, with a prediction interval for a single run; shapes [sizes]."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray

    def at(self, position: int) -> Interval:
        """The prediction at one of the sizes."""
        return Interval(float(self.expected[position]), float(self.low[position]), float(self.high[position]))


@dataclass(frozen=True, eq=False)
class Law:
    """seconds = constant + factor * n ** exponent, with what is needed to say how sure it is.

    Args:
        constant: Seconds that are paid whatever n is; 0 for a pure power law.
        factor: Seconds per n ** exponent.
        exponent: Fitted for a pure power law; given for a constant plus a power.
        residual: Standard deviation of the errors of log seconds.
        dof: Measurements less fitted parameters.
        unscaled: Covariance of the two parameters for a residual of 1; shape [2, 2].
        centre: Mean of log n, around which a pure power law is fitted.
        squares: Sum of squared errors of log seconds.
    """

    constant: float
    factor: float
    exponent: float
    residual: float
    dof: int
    unscaled: FloatArray
    centre: float
    squares: float

    @property
    def pure(self) -> bool:
        """Whether it is a power of n alone."""
        return self.constant == 0.0

    def seconds(self, sizes: FloatArray) -> FloatArray:
        """Expected seconds; shape [sizes]."""
        return self.constant + self.factor * sizes**self.exponent

    def predict(self, sizes: FloatArray, level: float) -> Prediction:
        """Expected seconds and the interval in which a single run lies with probability `level`."""
        expected = self.seconds(sizes)
        if self.pure:  # derivatives of log seconds by the two parameters; shape [sizes, 2]
            slopes = np.stack([np.ones_like(sizes), np.log(sizes) - self.centre], axis=1)
        else:
            slopes = np.stack([np.ones_like(sizes), sizes**self.exponent], axis=1) / expected[:, None]
        variance = 1.0 + np.einsum("ip,pq,iq->i", slopes, self.unscaled, slopes)
        width = stdtrit(self.dof, (1 + level) / 2) * self.residual * np.sqrt(variance)
        # The second law is linear in its parameters: far out its error grows like n, not like a power of e.
        ratio = np.exp(width) if self.pure else 1.0 + width
        return Prediction(expected, expected / ratio, expected * ratio)


@dataclass(frozen=True, eq=False)
class GrowthFit:
    """How one stage grows.

    Args:
        exponent: Of the pure power law, with its confidence interval.
        laws: The best law first, then those that the measurements cannot rule out.
        level: Of all intervals.
        largest: The largest measured size.
        limits: Least and largest exponent of the growth beyond `largest` that the algorithm allows.
    """

    exponent: Interval
    laws: tuple[Law, ...]
    level: float
    largest: float
    limits: tuple[float, float]

    @property
    def best(self) -> Law:
        """The law that fits best."""
        return self.laws[0]

    def predict(self, sizes: ArrayLike) -> Prediction:
        """Seconds at the given pool sizes.

        Raises:
            ShapeError: A size that is not a finite number above 0.
        """
        n = np.atleast_1d(np.asarray(sizes, np.float64))
        if not np.isfinite(n).all() or (n <= 0).any():
            raise ShapeError("seconds can be predicted for finite pool sizes above 0 only", code="not-positive")
        found = self._laws_at(n)
        edge = self._laws_at(np.array([self.largest]))
        # What was clearly measured counts more than what the algorithm should do.
        least = self.limits[0] if self.exponent.high >= self.limits[0] else -np.inf
        most = self.limits[1] if self.exponent.low <= self.limits[1] else np.inf
        beyond = np.maximum(n / self.largest, 1.0)

        def held(line: FloatArray, at_edge: FloatArray, most: float) -> FloatArray:
            with np.errstate(over="ignore"):
                slow, fast = at_edge * beyond**least, at_edge * beyond**most
            return np.where(beyond > 1.0, np.clip(line, slow, fast), line)

        return Prediction(
            held(found.expected, edge.expected, most),
            held(found.low, edge.low, most - _SLOWER_MEMORY),  # nobody knows that memory gets slower
            held(found.high, edge.high, most),
        )

    def _laws_at(self, n: FloatArray) -> Prediction:
        """The best law, and the bounds of all laws together."""
        parts = [law.predict(n, self.level) for law in self.laws]
        low = np.min([part.low for part in parts], axis=0)
        high = np.max([part.high for part in parts], axis=0)
        return Prediction(parts[0].expected, low, high)


def fit_growth(
    sizes: ArrayLike, seconds: ArrayLike, *, level: float = LEVEL, powers: Sequence[float] = (1.0,)
) -> GrowthFit:
    """Fit the laws to measured seconds.

    Args:
        sizes: Pool size of each measurement, at least three different ones; shape [r].
        seconds: What was measured; > 0; shape [r].
        level: Of all intervals, in (0, 1).
        powers: Exponents of the laws with a constant, and how fast the work can grow: at a fixed budget no stage does
            less for more rows, and none does more than a fixed number of passes over them. So beyond the largest
            measured size growth is held between constant and a little more than the largest of these powers (memory
            gets slower, too), unless the measured exponent clearly lies outside.

    Raises:
        ConfigError: A level outside (0, 1), or fewer than three different sizes.
        ShapeError: Lengths that differ, or numbers that are not finite and above 0.
    """
    n, t = np.asarray(sizes, np.float64), np.asarray(seconds, np.float64)
    if not 0 < level < 1:
        raise ConfigError(
            f"the level of the interval is {level}, but it must lie between 0 and 1, such as 0.95",
            code="bad-level",
            fields={"level": level},
        )
    if n.ndim != 1 or n.shape != t.shape:
        raise ShapeError(
            f"each measured time needs its pool size, got shapes {n.shape} and {t.shape}",
            code="times-unequal",
            fields={"sizes": n.shape, "seconds": t.shape},
        )
    if not (np.isfinite(n).all() and np.isfinite(t).all()) or (n <= 0).any() or (t <= 0).any():
        raise ShapeError("pool sizes and seconds must be finite numbers above 0", code="not-positive")
    found = len(np.unique(n))
    if found < LEAST_SIZES:
        raise ConfigError(
            f"{found} different pool sizes were measured, but growth can be told from {LEAST_SIZES} or more; "
            "measure more sizes",
            code="too-few-sizes",
            fields={"sizes": found, "least": LEAST_SIZES},
        )
    power = _power_law(n, t)
    laws = [power, *(law for p in powers if (law := _constant_law(n, t, p)) is not None)]
    laws.sort(key=lambda law: law.squares)
    # Pure power first where both fit: a constant that changes nothing needs no mention.
    if power.squares <= laws[0].squares + _ROUNDING:
        laws.remove(power)
        laws.insert(0, power)
    limit = laws[0].squares * (1 + fdtri(1, power.dof, level) / power.dof) + _ROUNDING
    width = float(stdtrit(power.dof, (1 + level) / 2) * power.residual * np.sqrt(power.unscaled[1, 1]))
    exponent = Interval(power.exponent, power.exponent - width, power.exponent + width)
    kept = tuple(law for law in laws if law.squares <= limit)
    return GrowthFit(exponent, kept, level, float(n.max()), (0.0, max(powers) + _SLOWER_MEMORY))


def _power_law(n: FloatArray, t: FloatArray) -> Law:
    x, y = np.log(n), np.log(t)
    centre = float(x.mean())
    design = np.stack([np.ones_like(x), x - centre], axis=1)
    (intercept, exponent), *_ = np.linalg.lstsq(design, y, rcond=None)
    squares = float(((y - design @ [intercept, exponent]) ** 2).sum())
    unscaled = np.diag([1 / len(x), 1 / float(((x - centre) ** 2).sum())])
    factor = float(np.exp(intercept - exponent * centre))
    dof = len(n) - 2
    return Law(0.0, factor, float(exponent), float(np.sqrt(squares / dof)), dof, unscaled, centre, squares)


def _constant_law(n: FloatArray, t: FloatArray, power: float) -> Law | None:
    """A constant + factor * n ** power by Gauss-Newton on log seconds; None where either part comes out as nothing."""
    scale = n.max() ** power
    design = np.stack([np.ones_like(n), n**power / scale], axis=1)
    values, *_ = np.linalg.lstsq(design / t[:, None], np.ones_like(t), rcond=None)  # least relative errors
    if (values <= 0).any():
        return None
    squares = float((np.log(t / (design @ values)) ** 2).sum())
    for _ in range(_MOST_STEPS):
        fitted = design @ values
        step, *_ = np.linalg.lstsq(design / fitted[:, None], np.log(t / fitted), rcond=None)
        while (moved := _squares_at(design, values + step, t)) > squares and np.abs(step).max() > 1e-15 * values.max():
            step = step / 2
        if moved >= squares:
            break
        values, squares = values + step, moved
    slopes = design / (design @ values)[:, None]
    back = np.array([1.0, 1.0 / scale])
    constant, factor = values * back
    unscaled = np.asarray(np.linalg.inv(slopes.T @ slopes) * np.outer(back, back), np.float64)
    dof = len(n) - 2
    residual = float(np.sqrt(squares / dof))
    return Law(float(constant), float(factor), power, residual, dof, unscaled, 0.0, squares)


def _squares_at(design: FloatArray, values: FloatArray, t: FloatArray) -> float:
    if (values <= 0).any():
        return np.inf
    return float((np.log(t / (design @ values)) ** 2).sum())


@dataclass(frozen=True, eq=False)
class StageTimes:
    """Measured seconds of every stage of every run.

    Args:
        sizes: Pool size of each run; shape [r].
        stages: Seconds by stage, 0 where a run did not need the stage; shapes [r].
    """

    sizes: FloatArray
    stages: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        sizes = readonly(self.sizes, np.float64)
        stages = {name: readonly(values, np.float64) for name, values in self.stages.items()}
        if sizes.ndim != 1 or not len(sizes) or not stages:
            raise ShapeError("stage times need at least one run and one stage", code="no-stages")
        if any(values.shape != sizes.shape or not (values >= 0).all() for values in stages.values()):
            raise ShapeError("each stage needs one time of 0 or more per run", code="times-unequal")
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "stages", stages)

    @property
    def total(self) -> FloatArray:
        """Seconds of each run; shape [r]."""
        return np.sum(list(self.stages.values()), axis=0)

    @property
    def distinct(self) -> FloatArray:
        """The different sizes, smallest first; shape [d]."""
        return np.unique(self.sizes)

    def merged(self, groups: Mapping[str, Sequence[str]], *, rest: str) -> StageTimes:
        """The same seconds by groups of stages; groups that never ran are left out.

        Args:
            groups: Stages of each group by name.
            rest: Name of the group of all other stages.
        """
        group_of = {stage: group for group, stages in groups.items() for stage in stages}
        found: dict[str, FloatArray] = {}
        for group in (*groups, rest):
            parts = [seconds for stage, seconds in self.stages.items() if group_of.get(stage, rest) == group]
            if parts and np.any(parts):
                found[group] = np.sum(parts, axis=0)
        return StageTimes(self.sizes, found)

    def means(self, values: FloatArray) -> FloatArray:
        """Mean of one number per run over the runs of each size; shape [d] from [r]."""
        return np.array([values[self.sizes == size].mean() for size in self.distinct])


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """All stages fitted, and the whole.

    The whole has a fit of its own: where one stage ends early another one runs longer, so that a whole run varies less
    than its stages, and bounds added up over stages would be far too wide.

    Args:
        times: What was measured.
        total: Of whole runs.
        fits: By stage; None where it ran at fewer than three sizes, so that nothing can be said about its growth.
    """

    times: StageTimes
    total: GrowthFit
    fits: Mapping[str, GrowthFit | None]


def extrapolate(times: StageTimes, *, level: float = LEVEL, powers: Sequence[float] = (1.0,)) -> Extrapolation:
    """Fit whole runs and every stage; see `fit_growth`.

    Raises:
        ConfigError: Fewer than three different sizes.
    """
    total = fit_growth(times.sizes, times.total, level=level, powers=powers)
    fits: dict[str, GrowthFit | None] = {}
    for name, seconds in times.stages.items():
        ran = seconds > 0
        enough = len(np.unique(times.sizes[ran])) >= LEAST_SIZES
        fits[name] = fit_growth(times.sizes[ran], seconds[ran], level=level, powers=powers) if enough else None
    return Extrapolation(times, total, fits)


def growth_sentence(name: str, fit: GrowthFit) -> str:
    """How something grows, in words: "distances grow like n^1.02 (0.95 to 1.09)".

    Args:
        name: What grows, in the plural.
        fit: Its fit.
    """
    exponent = fit.exponent
    said = f"n^{exponent.expected:.2f} ({exponent.low:.2f} to {exponent.high:.2f})"
    if exponent.low <= 0 <= exponent.high:
        return f"{name} do not clearly grow with n: {said}"
    verb = "grow" if exponent.expected > 0 else "shrink"
    return f"{name} {verb} like {said}"
