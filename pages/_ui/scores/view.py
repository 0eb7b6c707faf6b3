"""What the Scores page shows: the ranking score with its strata, its parts against each other, and the details.

As on the embedding map, the figure with the lasso is constant between reruns; clicks change the fragment below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import scores as charts
from goracs_core.charts.points import PointColor
from goracs_core.charts.scores import ScoreAxis, ScorePoints
from goracs_core.evaluation.score_report import score_bands, score_histogram, strata_counts
from goracs_core.scores import PRUNED
from pages._ui import blocks, columns, samples, second_run, selection, widgets
from pages._ui.samples import View
from pages._ui.score_words import POPULARITY, name, title
from pages._ui.score_words import columns as score_columns
from pages._ui.scores import details as scores_details
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from goracs_core.evaluation.score_report import ScoreBands
    from goracs_core.jobs.select.run import Run
    from goracs_core.scores import ScoreTrace
    from goracs_core.types import FloatArray

_STRATUM, _MEMBERSHIP = "stratum", "membership"
_STRATA_COLUMNS = {
    "Stratum": columns.words(help="0 has the lowest scores; excluded: above all strata"),
    "From": columns.number(format="%.4g", help="Lower limit of the score"),
    "To": columns.number(format="%.4g", help="Upper limit of the score (inclusive)"),
    "Samples": columns.number(format="localized", help="Number of pool samples in the stratum"),
    "Drawn": columns.number(format="localized", help="Number of these in the coreset"),
    "Share drawn": columns.share(
        format="percent", min_value=0.0, max_value=1.0, help="Drawn / samples: large in sparse strata"
    ),
}


def pick_bands(seen: View, run: Run, trace: ScoreTrace) -> ScoreBands:
    """The ranking score with its strata; of one label, chosen here, where each label has its own strata."""
    labels = seen.dataset.pool.labels
    if len(trace.edges) or not len(trace.strata) or labels is None:
        return score_bands(trace)
    names = np.unique(labels).tolist()
    help_ = "The samples were selected within each label, so each label has its own strata."
    label = widgets.choice("Label", names, key="scores_label", help=help_, **LINKED)
    asked = int(getattr(run.config, "strata", 0))
    return score_bands(trace, num_strata=asked, rows=np.flatnonzero(labels == label))


def figures(run: Run, bands: ScoreBands) -> None:
    """Numbers of samples: with a score, excluded, in strata, selected."""
    selected = np.isin(bands.rows, run.selection.indices)
    shown = {"Pool samples": (f"{len(bands.rows):,}", "Samples with a known score")}
    if bands.num_strata:
        used = len(np.unique(bands.strata[selected]))
        share = f"{bands.num_pruned / len(bands.rows):.1%} of them: the highest scores, excluded as noise"
        shown["Excluded"] = (f"{bands.num_pruned:,}", share)
        help_ = "Score ranges of equal width from which samples were drawn"
        shown["Strata drawn from"] = (f"{used:,} of {bands.num_strata:,}", help_)
    else:
        last = bands.values[selected].min()
        shown["Lowest selected score"] = (f"{last:.4g}", "The smallest ranking score in the coreset")
    shown["Selected"] = (f"{int(selected.sum()):,}", "Samples in the coreset")
    blocks.metrics(shown, per_row=len(shown))


def axis_pickers(
    offered: dict[str, FloatArray], trace: ScoreTrace, across: DeltaGenerator, up: DeltaGenerator
) -> tuple[str, str]:
    """The scores on the axes: at first the two parts of DEALRec, or the ranking score and popularity."""
    names = list(offered)
    start = ("influence_score", "effort_score") if "influence_score" in names else (names[0], POPULARITY)
    if "influence_score" not in names and len(trace.columns) > 1:
        start = (names[0], trace.ranked_by)
    help_ = "A score of each pool sample, or the popularity of its target."

    def pick(place: DeltaGenerator, label: str, key: str, default: str) -> str:
        chosen = place.selectbox(label, names, names.index(default), key=key, format_func=name, help=help_, **LINKED)
        return chosen if chosen in names else default

    return pick(across, "x-axis", "scores_x", start[0]), pick(up, "y-axis", "scores_y", start[1])


def histogram(run: Run, second: Run | None, trace: ScoreTrace, bands: ScoreBands) -> None:
    """The distribution of the ranking score, of all samples and of the selected ones."""
    runs = second_run.names(run, second)
    bins = score_histogram(bands, [one.selection.indices for one in runs.values()])
    drawn = {f"selected by {label}" if second else "selected": n for label, n in zip(runs, bins.drawn, strict=True)}
    table = pd.DataFrame({"from": bins.edges[:-1], "to": bins.edges[1:], "pool samples": bins.counts, **drawn})
    if len(bins.strata):
        table.insert(0, "stratum", ["excluded" if one == PRUNED else str(one) for one in bins.strata])
    beyond = f" The last bar contains {bins.beyond:,} more samples above it." if bins.beyond else ""
    note = "This method has no strata: it selects in the order of its rule."
    if bands.num_strata:
        note = f"Colors: strata of equal width. Hatched: the {bands.num_pruned:,} highest scores, excluded."
    blocks.chart(
        charts.histogram(bins, list(runs), title=title(trace.ranked_by)),
        key="scores_histogram",
        alt=f"{name(trace.ranked_by)} of {len(bands.rows):,} pool samples from {bands.values.min():.3g} to "
        f"{bands.values.max():.3g}, and the distribution of the selected samples.",
        table=table,
        note=note + beyond,
    )


def strata(run: Run, bands: ScoreBands) -> None:
    """Range, size and draws of each stratum, as a table; excluded samples in the last row."""
    counts = strata_counts(bands, run.selection.indices)
    held = counts.sizes > 0
    share = np.divide(counts.drawn, counts.sizes, out=np.zeros(len(held)), where=held)
    numbers = [str(number) for number in np.flatnonzero(held)]
    ends = {"Stratum": numbers, "From": counts.low[held], "To": counts.high[held]}
    counted = {"Samples": counts.sizes[held], "Drawn": counts.drawn[held], "Share drawn": share[held]}
    table = pd.DataFrame(ends | counted)
    dropped = bands.values[bands.strata == PRUNED]
    if len(dropped):
        table.loc[len(table)] = ["excluded", dropped.min(), dropped.max(), len(dropped), 0, 0.0]
    alt = "Range, size and draws of each stratum"
    widgets.table(table, key="scores_strata", alt=alt, columns=_STRATA_COLUMNS, height=320)
    empty = int((~held).sum())
    st.caption(
        "Budget is allocated from the smallest stratum upwards: each provides all its samples or an equal part of "
        "the remaining budget, and the rest goes to larger strata."
        + (f" {empty:,} of {len(held):,} strata are empty and not listed." if empty else "")
    )


def color_picker(trace: ScoreTrace, second: Run | None, offered: dict[str, FloatArray]) -> str:
    """What colors the points."""
    names = [_STRATUM] if len(trace.strata) else []
    names += [column for column in offered if not column.startswith("B: ")]
    names += [_MEMBERSHIP] if second is not None else []
    start = _STRATUM if len(trace.strata) else trace.ranked_by

    def named(one: str) -> str:
        return one.capitalize() if one in (_STRATUM, _MEMBERSHIP) else name(one)

    help_ = "For samples that were not excluded. Selected samples have the color of the coreset and are on top."
    more = {"key": "scores_color", "format_func": named, "help": help_, **LINKED}
    chosen = st.selectbox("Color by", names, names.index(start), **more)
    return str(chosen) if chosen in names else start


def _color(
    chosen: str, seen: View, trace: ScoreTrace, second: Run | None, offered: dict[str, FloatArray]
) -> PointColor | None:
    if chosen == _STRATUM:
        return PointColor("Stratum", trace.strata)
    if chosen == _MEMBERSHIP:
        assert seen.run is not None
        assert second is not None
        return second_run.membership(seen.num_pool, seen.run, second)
    return PointColor(title(chosen), offered[chosen], log=chosen == POPULARITY)


def points(seen: View, run: Run, second: Run | None, *, axes: tuple[str, str], color: str, scaled: bool) -> ScorePoints:
    """The points of the scatter plot."""
    trace = run.selection.scores
    assert trace is not None
    offered = score_columns(seen, trace, second)
    x, y = (ScoreAxis(title(one), offered[one], scaled, log=one == POPULARITY) for one in axes)
    drawn = {label: one.selection.indices for label, one in second_run.names(run, second).items()}
    colors, border = _color(color, seen, trace, second, offered), _border(run, trace, axes, (x, y))
    return ScorePoints(x, y, trace.strata, drawn, colors, samples.titles(seen)[0], border)


def _border(run: Run, trace: ScoreTrace, axes: tuple[str, str], drawn: tuple) -> tuple | None:
    """The line influence + weight x effort = upper limit of the highest stratum; None for other axes."""
    weight = float(getattr(run.config, "effort_weight", 0.0))
    if axes != ("influence_score", "effort_score") or not len(trace.edges) or not (trace.strata == PRUNED).any():
        return None
    ends = []
    for effort in (0.0, 1.0):
        influence = float(trace.edges[-1]) - weight * effort
        ends.append((influence, effort))
    (x0, y0), (x1, y1) = ends
    if not drawn[0].scaled:
        low, reach = float(drawn[0].values.min()), float(np.ptp(drawn[0].values))
        x0, x1 = low + reach * x0, low + reach * x1
        low, reach = float(drawn[1].values.min()), float(np.ptp(drawn[1].values))
        y0, y1 = low + reach * y0, low + reach * y1
    return (x0, y0), (x1, y1)


def scatter(seen: View, second: Run | None, *, axes: tuple[str, str], color: str, scaled: bool) -> None:
    """One score against another; a lasso, box or click selects samples for the details."""
    run = seen.run
    assert run is not None
    runs = second_run.names(run, second)
    built, drawn = _scatter(
        tuple((label, one.id, one.fingerprint) for label, one in runs.items()), axes, color, scaled, seen, second
    )
    key = f"scores_chart_{st.session_state.get('scores_epoch', 0)}"
    told = f" {drawn:,} of {seen.num_pool:,} pool samples are shown (a random sample with all selected ones)."
    sampled = "" if drawn == seen.num_pool else told
    blocks.chart(
        built,
        key=key,
        alt=f"{name(axes[0])} on the x-axis, {name(axes[1]).lower()} on the y-axis, of {drawn:,} pool samples; "
        "selected ones on top.",
        note=f"Draw a lasso or a box, or click a point, to list samples below.{sampled}",
        on_select=selection.keeper(key, scores_details.SELECTED, scores_details.FRAGMENT),
    )


@st.cache_resource(max_entries=12, show_spinner="Drawing the scores …")
def _scatter(runs: tuple, axes: tuple[str, str], color: str, scaled: bool, _seen: View, _second: Run | None) -> tuple:
    assert _seen.run is not None
    content = points(_seen, _seen.run, _second, axes=axes, color=color, scaled=scaled)
    return charts.scatter(content), len(content.drawn)
