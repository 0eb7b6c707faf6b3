"""A measurement on the page: its results in words, the time per stage, and the growth with the pool size."""

from __future__ import annotations

import numpy as np
import streamlit as st

from goracs_core.charts import scalability as charts
from goracs_core.dense_limit import dense_fits
from goracs_core.errors import GoracsError
from goracs_core.evaluation.scaling import (
    LEVEL,
    Extrapolation,
    GrowthFit,
    Interval,
    StageTimes,
    extrapolate,
    growth_sentence,
)
from goracs_core.jobs.scalability.store import Scalability
from goracs_core.methods import config_from_dict
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes
from pages._ui import blocks, guard, text
from pages._ui.scalability import tables as scalability_tables

_GRID = 60
_SMALL_SHARE = 0.01

PREDICTION_HELP = (
    "Fitted to the measured seconds $t$ of whole runs by least squares on $\\log t$: a power law $a\\,n^b$ and a "
    "constant plus a linear part $c+a\\,n$. The better model gives the expected time. The interval contains a "
    f"single run with {LEVEL:.0%} probability under every model that is consistent with the measurements."
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


def words(record: Scalability, found: Extrapolation, target: int) -> None:
    """The results of the measurement, in sentences."""
    lines = [_forecast(record, found, size) for size in dict.fromkeys((target, 10 * record.num_pool))]
    lines.append(growth_sentence("Whole runs", found.total) + ".")
    times = record.times
    shares = {name: float(times.means(seconds)[-1]) for name, seconds in times.stages.items()}
    longest = max(shares, key=lambda name: shares[name])
    largest = int(times.distinct[-1])
    lines.append(
        f"On the largest sample ({largest:,}) the longest stage is “{longest}” with "
        f"{shares[longest] / sum(shares.values()):.0%} of the time."
    )
    blocks.summary(lines, help=PREDICTION_HELP)


def _forecast(record: Scalability, found: Extrapolation, size: int) -> str:
    prediction = found.total.predict([size]).at(0)
    config = {**record.config, "budget": record.budget_at(size), "label_aware": False}
    memory = selection_bytes(config_from_dict(config), Sizes(size, record.num_validation, record.width))
    return (
        f"For {size:,} pool samples a selection of {record.budget_at(size):,} would take about "
        f"**{spell(prediction.expected)}** ({spell(prediction.low)} to {spell(prediction.high)}) and "
        f"{text.memory(memory)} memory."
    )


def stages(record: Scalability) -> None:
    """Where the time goes at each size, as measured."""
    times = record.times
    merged = _merged(times)
    sizes = times.distinct
    means = {name: times.means(seconds) for name, seconds in merged.items()}
    budgets = [record.budget_at(int(size)) for size in sizes]
    small = [name for name in times.stages if name not in merged]
    total = times.means(times.total)
    note = "Means over the runs of each size."
    if small:
        note += f" Other: {', '.join(small)}; each at most {_SMALL_SHARE:.0%} of any run."
    blocks.chart(
        charts.stage_bars(sizes, means, budgets=budgets),
        key="stage_times",
        alt=f"Stacked seconds per stage for samples of {int(sizes[0]):,} to {int(sizes[-1]):,}; the whole run takes "
        f"{spell(float(total[0]))} on the smallest and {spell(float(total[-1]))} on the largest.",
        table=scalability_tables.stage_seconds(record),
        note=note,
    )
    with st.expander("Description of the stages", icon=":material/help:"):
        known = scalability_tables.MEANINGS
        st.markdown("\n".join(f"- **{name}**: {known.get(name, 'A step of the solver')}" for name in times.stages))


def _merged(times: StageTimes) -> dict[str, np.ndarray]:
    """Stages worth a colour, and the rest together."""
    total = times.total
    small = [name for name, seconds in times.stages.items() if (seconds <= _SMALL_SHARE * total).all()]
    kept = {name: seconds for name, seconds in times.stages.items() if name not in small}
    if small:
        kept["other"] = np.sum([times.stages[name] for name in small], axis=0)
    return kept


def growth(record: Scalability, found: Extrapolation, target: int) -> None:
    """How the whole and each stage grow, continued to the target."""
    times = record.times
    names = [charts.TOTAL, *(name for name in _merged(times) if name != "other")]
    help_ = "Points and interval are shown for this stage only; the other lines are thin."
    shown = st.pills("Highlighted stage", names, default=charts.TOTAL, required=True, key="scale_shown", help=help_)
    upto = max(target, 10 * record.num_pool)
    grid = np.unique(np.append(np.geomspace(times.distinct[0], upto, _GRID), target)).astype(np.float64)
    lines = []
    for name in names:
        fit = found.total if name == charts.TOTAL else found.fits[name]
        seconds = times.total if name == charts.TOTAL else times.stages[name]
        lines.append(charts.Growth(name, times.sizes, seconds, grid, None if fit is None else fit.predict(grid)))
    shown = str(shown) if shown in names else charts.TOTAL
    fit = found.total if shown == charts.TOTAL else found.fits[shown]
    blocks.chart(
        charts.growth_lines(lines, shown=shown, measured_to=float(times.distinct[-1]), target=float(target)),
        key="growth",
        alt=_growth_alt(shown, fit, target),
        table=scalability_tables.growth(record, found, target),
        note=f"{growth_sentence(_plural(shown), fit)}." if fit else f"“{shown}” ran at too few sizes to fit a model.",
    )
    st.caption(_limits(record, target))
    with st.expander("Growth of each stage", icon=":material/notes:"):
        few = "ran at too few sizes"
        st.markdown(
            "\n".join(
                f"- “{name}” {few}" if fit is None else f"- {growth_sentence(_plural(name), fit)}"
                for name, fit in found.fits.items()
            )
        )


def _plural(name: str) -> str:
    return "Whole runs" if name == charts.TOTAL else f"Seconds of “{name}”"


def _growth_alt(shown: str, fit: GrowthFit | None, target: int) -> str:
    if fit is None:
        return f"Measured seconds of {shown}; it ran at too few sizes to fit a model."
    return (
        f"Measured seconds of {shown} against the sample size on two log axes, with the fitted model and its "
        f"interval up to {target:,}, where about {spell_interval(fit.predict([target]).at(0))} are expected."
    )


def _limits(record: Scalability, target: int) -> str:
    """The limits of the extrapolation."""
    said = (
        f"Shaded: {LEVEL:.0%} prediction interval of a single run. Values beyond the dotted line are extrapolated. "
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
