"""A measurement on the page: how long a selection takes on more data, where the time goes, and how it grows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import scalability as charts
from goracs_core.dense_limit import dense_fits
from goracs_core.errors import GoracsError
from goracs_core.evaluation.outlook import WIDEST, Outlook, outlook
from goracs_core.evaluation.scaling import (
    LEVEL,
    Extrapolation,
    Interval,
    Prediction,
    StageTimes,
    extrapolate,
    growth_sentence,
)
from goracs_core.evaluation.standing import percent
from goracs_core.jobs.scalability.sizes import MeasuredConfig
from goracs_core.jobs.scalability.store import Scalability
from goracs_core.methods import config_from_dict
from goracs_core.methods.cost import Sizes
from goracs_core.methods.phases import OTHER, PHASES, stage_name
from goracs_core.methods.registry import selection_bytes, selection_seconds
from pages._ui import blocks, guard, text
from pages._ui.scalability import tables as scalability_tables

_GRID = 60
_SCATTER = 1.5  # ratio of two runs of one size that is worth telling
_LINES = 3  # kinds of work beside the whole in the chart of growth

PREDICTION_HELP = (
    "Fitted to the measured seconds $t$ of whole runs by least squares on $\\log t$: a power law $a\\,n^b$ and a "
    "constant plus a linear part $c+a\\,n$. The better model gives the expected time. The interval contains a "
    f"single run with {percent(LEVEL)} probability under every model that is consistent with the measurements. No time "
    f"is given where its ends differ by more than a factor of {WIDEST:g}."
)


def spell(seconds: float) -> str:
    """Seconds in words, in milliseconds or days where these fit better."""
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.2g} ms"
    return text.duration(seconds) if seconds < 48 * 3600 else f"{seconds / 86_400:.0f} days"


def spell_interval(interval: Interval) -> str:
    """An expected time with its interval: "2 min 05 s (1 min 10 s to 4 min 00 s)"."""
    return f"{spell(interval.expected)} ({spell(interval.low)} to {spell(interval.high)})"


def extrapolation(record: Scalability) -> Extrapolation | None:
    """All fits; None, with a sentence, when too few sizes were measured."""
    try:
        return extrapolate(record.times, powers=record.powers)
    except GoracsError as error:
        guard.error(error)
        return None


def known(record: Scalability, found: Extrapolation, size: int) -> Outlook:
    """What the measurement says about a pool size."""
    return outlook(found, size, powers=record.powers)


def verdict(record: Scalability, found: Extrapolation, target: int, *, pays: str) -> None:
    """How long a selection takes now and on the target; what is missing where that cannot be told.

    Args:
        record: The measurement.
        found: Its fits.
        target: Pool size that was asked about.
        pays: Whether selecting pays off, in a sentence.
    """
    seen = known(record, found, target)
    here = found.times.means(found.times.total)[-1]
    largest = int(found.times.distinct[-1])
    first = f"Selecting {record.budget_at(largest):,} from {largest:,} pool samples takes {spell(here)}"
    further = target if seen.useful else _rounded(seen.known_to)
    if seen.useful or further > largest:
        there = found.total.predict(further).at(0)
        first += f"; {record.budget_at(further):,} from {further:,} about {spell_interval(there)}"
    if seen.useful:
        more = f"Expected memory at {target:,}: {text.memory(_bytes(record, target))}."
    else:
        first += f"; the time for {target:,} cannot be told"
        factor = seen.seconds.high / seen.seconds.low
        more = f"The measurements allow times for {target:,} that differ by a factor of {factor:,.0f}. "
        more += _missing(record, found, seen)
    st.subheader(f"{first}.", anchor=False, help=PREDICTION_HELP)
    machine = record.machine
    count = machine.get("cores", "")
    cores = f"{count} core{'s' if count != '1' else ''} of " if count else ""
    where = text.escape(f"Measured on {cores}{machine.get('processor', 'an unknown processor')}")
    st.markdown(f"{pays} {more} {where}.".strip())


def _rounded(size: float) -> int:
    """Two digits that count, rounded down: what is said must hold."""
    unit = 10 ** max(len(str(int(size))) - 2, 0)
    return int(size) // unit * unit


def _missing(record: Scalability, found: Extrapolation, seen: Outlook) -> str:
    if seen.runs is not None:
        return f"With about **{seen.runs} runs per size** instead of {record.repeats} it could be told."
    if not seen.known_to:
        scatter = _scatter(found.times)
        differ = f": runs of one size differ by a factor of up to {scatter:.2g}" if scatter > _SCATTER else ""
        return f"Single runs vary too much{differ}. Measure again while the machine does nothing else."
    return "More runs of these sizes would not be enough: measure larger samples, on a larger pool."


def _scatter(times: StageTimes) -> float:
    """Largest ratio of the times of two runs of one size."""
    total = times.total
    return max(float(np.exp(np.ptp(np.log(total[times.sizes == size])))) for size in times.distinct)


def _bytes(record: Scalability, size: int) -> int:
    config = {**record.config, "budget": record.budget_at(size), "label_aware": False}
    return selection_bytes(config_from_dict(config), Sizes(size, record.num_validation, record.width))


def _kinds(times: StageTimes) -> StageTimes:
    return times.merged(PHASES, rest=OTHER)


def stages(record: Scalability, *, compact: bool = True) -> None:
    """Where the time goes at each size, as measured."""
    times = _kinds(record.times)
    sizes = times.distinct
    means = {name: times.means(seconds) for name, seconds in times.stages.items()}
    total = times.means(times.total)
    longest = max(means, key=lambda name: means[name][-1])
    blocks.chart(
        charts.stage_bars(sizes, means, budgets=[record.budget_at(int(size)) for size in sizes]),
        key="stage_times",
        alt=f"Stacked seconds for samples of {int(sizes[0]):,} to {int(sizes[-1]):,}; the whole run takes "
        f"{spell(float(total[0]))} on the smallest and {spell(float(total[-1]))} on the largest.",
        table=scalability_tables.stage_seconds(record),
        note=f"Means over the runs of each size. On the largest sample, {longest.lower()} takes "
        f"{percent(means[longest][-1] / total[-1])}.",
        compact=compact,
    )


def growth(record: Scalability, found: Extrapolation, target: int) -> None:
    """How whole runs and their longest kinds of work grow, as far as that can be told."""
    seen, times = known(record, found, target), _kinds(record.times)
    fits = extrapolate(times, powers=record.powers).fits
    last = {name: float(times.means(seconds)[-1]) for name, seconds in times.stages.items() if fits[name] is not None}
    longest = sorted(last, key=lambda name: -last[name])[:_LINES]
    measured_to = float(times.distinct[-1])
    upto = max(float(target) if seen.useful else seen.known_to, measured_to)
    grid = np.geomspace(times.distinct[0], upto, _GRID)
    lines = [charts.Growth(charts.TOTAL, times.sizes, times.total, grid, found.total.predict(grid))]
    inside = np.geomspace(times.distinct[0], measured_to, _GRID)  # parts have laws of their own, which need not add up
    for name in longest:
        fit = fits[name]
        lines.append(charts.Growth(name, times.sizes, times.stages[name], inside, fit.predict(inside) if fit else None))
    blocks.chart(
        charts.growth_lines(lines, measured_to=measured_to, target=float(target) if seen.useful else None),
        key="growth",
        alt=f"Measured seconds of whole runs against the pool size on two log axes, with the fitted model up to "
        f"{upto:,.0f} samples, where about {spell(float(lines[0].fitted.expected[-1]))} are expected."  # pyright: ignore[reportOptionalMemberAccess]
        if upto > measured_to
        else "Measured seconds of whole runs against the pool size on two log axes, with the fitted model.",
        table=scalability_tables.growth(record, found, target),
        note=f"Shaded: {percent(LEVEL)} prediction interval of one run. {growth_sentence('Whole runs', found.total)}.",
        compact=True,
    )


def growth_of_stages(record: Scalability, found: Extrapolation, target: int) -> None:
    """The growth of each stage in words, and what the extrapolation leaves out."""
    few = "ran at too few sizes"
    lines = []
    for name, fit in found.fits.items():
        called = stage_name(name).capitalize()
        meaning = scalability_tables.MEANINGS.get(name, "A step of the solver")
        lines.append(f"- **{called}** ({meaning}): {few if fit is None else growth_sentence('seconds', fit)}")
    st.markdown("\n".join(lines))
    st.caption(_limits(record, target))


def _limits(record: Scalability, target: int) -> str:
    """The limits of the extrapolation."""
    said = (
        "The models do not account for insufficient memory or for more validation samples, which also increase the "
        "time."
    )
    m = record.num_validation
    if record.config["solver"] == "certified" and dense_fits(record.num_pool, m) and not dense_fits(target, m):
        said += (
            f" At {target:,} samples the distances no longer fit into the solver's memory limit and are recomputed "
            "in every pass over the pool, which is slower than measured here."
        )
    return said


def estimated(config: MeasuredConfig, whole: Sizes, target: int) -> None:
    """What is expected before anything was measured: the estimate that is told before each run, by pool size.

    Args:
        config: What the form asks for.
        whole: Sizes of the dataset.
        target: Largest pool size.
    """
    grid = np.geomspace(min(2 * config.budget, whole.pool), max(target, whole.pool), _GRID)
    sizes = [Sizes(round(size), whole.validation, whole.width) for size in grid]
    seconds = np.array([selection_seconds(config, one) for one in sizes])  # [g]
    here, there = (selection_seconds(config, Sizes(n, whole.validation, whole.width)) for n in (whole.pool, target))
    st.subheader(
        f"Not measured yet. Estimated: {spell(here)} for {whole.pool:,} pool samples, {spell(there)} for {target:,}.",
        anchor=False,
    )
    st.markdown(
        "The estimate follows from the sizes alone and may be wrong by a factor of two or more; **Measure** times "
        "selections on samples of this pool on this machine."
    )
    line = charts.Growth(charts.TOTAL, np.empty(0), np.empty(0), grid, Prediction(seconds, seconds, seconds))
    blocks.chart(
        charts.growth_lines([line], measured_to=0.0, target=None),
        key="estimated_growth",
        alt=f"Estimated seconds against the pool size on two log axes, from {spell(float(seconds[0]))} to "
        f"{spell(float(seconds[-1]))}.",
        table=pd.DataFrame({"Pool samples": grid.round().astype(int), "Seconds (estimate)": seconds.round(3)}),
        compact=True,
    )
