"""What the Scores page shows: the deciding score with its strata, its parts against each other, and the details.

As on the embedding map, the figure people lasso on stays constant between reruns; clicks change the fragment below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.charts.map import MapColor
from goracs_core.scores import PRUNED
from pages._ui import blocks, map_colors, samples, second_run, selection
from pages._ui.samples import View
from pages._ui.score_words import POPULARITY, columns, name, title
from pages._ui.scores import details as scores_details

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from goracs_core.charts.scores import ScorePoints
    from goracs_core.evaluation.score_report import ScoreBands
    from goracs_core.jobs.select.run import Run
    from goracs_core.scores import ScoreTrace
    from goracs_core.types import FloatArray

_STRATUM, _MEMBERSHIP = "stratum", "membership"


def pick_bands(seen: View, run: Run, trace: ScoreTrace) -> ScoreBands:
    """The deciding score with its strata; of one label, chosen here, where each label has strata of its own."""
    from goracs_core.evaluation.score_report import score_bands

    labels = seen.dataset.pool.labels
    if len(trace.edges) or not len(trace.strata) or labels is None:
        return score_bands(trace)
    names = np.unique(labels).tolist()
    label = st.segmented_control(
        "Label", names, default=names[0], required=True, key="scores_label", bind="query-params",
        help="The samples were selected within each label, so each label has its own strata.",
    )  # fmt: skip
    asked = int(getattr(run.config, "strata", 0))
    return score_bands(trace, num_strata=asked, rows=np.flatnonzero(labels == label))


def figures(run: Run, bands: ScoreBands) -> None:
    """How many were there, dropped, in strata, drawn."""
    shown = {"Pool samples": (f"{len(bands.rows):,}", "Samples with a known score")}
    if bands.num_strata:
        used = len(np.unique(bands.strata[np.isin(bands.rows, run.selection.indices)]))
        share = f"{bands.num_pruned / len(bands.rows):.1%} of them: the highest scores, excluded as noise"
        shown["Dropped"] = (f"{bands.num_pruned:,}", share)
        shown["Strata drawn from"] = (
            f"{used:,} of {bands.num_strata:,}",
            "Bands of equal width from which samples were drawn",
        )
    else:
        last = bands.values[np.isin(bands.rows, run.selection.indices)].min()
        shown["Lowest selected score"] = (f"{last:.4g}", "The smallest ranking score in the coreset")
    drawn = int(np.isin(bands.rows, run.selection.indices).sum())
    shown["Drawn"] = (f"{drawn:,}", "Samples in the coreset")
    blocks.metrics(shown, per_row=len(shown))


def axis_pickers(
    offered: dict[str, FloatArray], trace: ScoreTrace, across: DeltaGenerator, up: DeltaGenerator
) -> tuple[str, str]:
    """What lies across and up: DEALRec's two parts, or the deciding score and popularity, until something is chosen."""
    names = list(offered)
    start = ("influence_score", "effort_score") if "influence_score" in names else (names[0], POPULARITY)
    if "influence_score" not in names and len(trace.columns) > 1:
        start = (names[0], trace.ranked_by)
    chosen = [
        str(place.selectbox(
            label, names, names.index(default), key=key, bind="query-params", format_func=name,
            help="A score of each pool sample, or the popularity of its target.",
        ))
        for place, label, key, default in zip(
            (across, up), ("Across", "Up"), ("scores_x", "scores_y"), start, strict=True
        )
    ]  # fmt: skip
    x, y = (one if one in names else default for one, default in zip(chosen, start, strict=True))
    return x, y


def histogram(run: Run, second: Run | None, trace: ScoreTrace, bands: ScoreBands) -> None:
    """The deciding score, and what was drawn along it."""
    import pandas as pd

    from goracs_core.charts import scores as charts
    from goracs_core.evaluation.score_report import score_histogram

    runs = second_run.names(run, second)
    bins = score_histogram(bands, [one.selection.indices for one in runs.values()])
    table = pd.DataFrame({
        "from": bins.edges[:-1], "to": bins.edges[1:], "pool samples": bins.counts,
        **{f"drawn by {label}" if second else "drawn": drawn for label, drawn in zip(runs, bins.drawn, strict=True)},
    })  # fmt: skip
    if len(bins.strata):
        table.insert(0, "stratum", ["dropped" if one == PRUNED else str(one) for one in bins.strata])
    beyond = f" The last bar contains {bins.beyond:,} more samples above it." if bins.beyond else ""
    note = (
        f"Colors: strata, score bands of equal width. Hatched: the {bands.num_pruned:,} highest scores, excluded."
        if bands.num_strata else "This method has no strata: it selects in the order of its rule."
    )  # fmt: skip
    blocks.chart(
        charts.histogram(bins, list(runs), title=title(trace.ranked_by)), key="scores_histogram", table=table,
        alt=
            f"{name(trace.ranked_by)} of {len(bands.rows):,} pool samples from {bands.values.min():.3g} to "
            f"{bands.values.max():.3g}, and the distribution of the drawn samples.",
        note=note + beyond,
    )  # fmt: skip


def strata(run: Run, bands: ScoreBands) -> None:
    """Range, size and draws of each stratum, as a table; those dropped in the last row."""
    import pandas as pd

    from goracs_core.evaluation.score_report import strata_counts

    counts = strata_counts(bands, run.selection.indices)
    held = counts.sizes > 0
    share = np.divide(counts.drawn, counts.sizes, out=np.zeros(len(held)), where=held)
    table = pd.DataFrame({
        "Stratum": [str(number) for number in np.flatnonzero(held)], "From": counts.low[held],
        "To": counts.high[held], "Samples": counts.sizes[held], "Drawn": counts.drawn[held],
        "Share drawn": share[held],
    })  # fmt: skip
    dropped = bands.values[bands.strata == PRUNED]
    if len(dropped):
        table.loc[len(table)] = ["dropped", dropped.min(), dropped.max(), len(dropped), 0, 0.0]
    st.dataframe(
        table, hide_index=True, key="scores_strata", height=320, alt="Range, size and draws of each stratum",
        column_config={
            "Stratum": st.column_config.TextColumn(help="0 has the lowest scores; excluded: above all strata"),
            "From": st.column_config.NumberColumn(format="%.4g", help="Lower limit of the score"),
            "To": st.column_config.NumberColumn(format="%.4g", help="Upper limit of the score (inclusive)"),
            "Samples": st.column_config.NumberColumn(format="localized", help="Number of pool samples in the stratum"),
            "Drawn": st.column_config.NumberColumn(format="localized", help="Number of these in the coreset"),
            "Share drawn": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0, help="Drawn / samples: large in sparse strata"),
        },
    )  # fmt: skip
    empty = int((~held).sum())
    st.caption(
        "Budget is allocated from the smallest stratum upwards: each provides all its samples or an equal part of "
        "the remaining budget, and the rest goes to larger strata."
        + (f" {empty:,} of {len(held):,} strata are empty and not listed." if empty else "")
    )


def color_picker(trace: ScoreTrace, second: Run | None, offered: dict[str, FloatArray]) -> str:
    """What colours the scatter."""
    names = [_STRATUM] if len(trace.strata) else []
    names += [column for column in offered if not column.startswith("B: ")]
    names += [_MEMBERSHIP] if second is not None else []
    start = _STRATUM if len(trace.strata) else trace.ranked_by
    chosen = st.selectbox(
        "Color by", names, names.index(start), key="scores_color", bind="query-params",
        format_func=lambda one: one.capitalize() if one in (_STRATUM, _MEMBERSHIP) else name(one),
        help="For the samples that were not excluded. Drawn samples keep the color of the coreset and lie on top.",
    )  # fmt: skip
    return str(chosen) if chosen in names else start


def _color(
    chosen: str, seen: View, trace: ScoreTrace, second: Run | None, offered: dict[str, FloatArray]
) -> MapColor | None:
    if chosen == _STRATUM:
        return MapColor("Stratum", trace.strata, None)
    if chosen == _MEMBERSHIP:
        return map_colors.color("membership", seen, second)
    return MapColor(title(chosen), offered[chosen], None, log=chosen == POPULARITY)


def points(seen: View, run: Run, second: Run | None, *, axes: tuple[str, str], color: str, scaled: bool) -> ScorePoints:
    """The scatter's content."""
    from goracs_core.charts.scores import ScoreAxis, ScorePoints

    trace = run.selection.scores
    assert trace is not None
    offered = columns(seen, trace, second)
    x, y = (ScoreAxis(title(one), offered[one], scaled, log=one == POPULARITY) for one in axes)
    return ScorePoints(
        x, y, trace.strata, {label: one.selection.indices for label, one in second_run.names(run, second).items()},
        _color(color, seen, trace, second, offered), samples.titles(seen)[0], _border(run, trace, axes, (x, y)),
    )  # fmt: skip


def _border(run: Run, trace: ScoreTrace, axes: tuple[str, str], drawn: tuple) -> tuple | None:
    """The line influence + weight x effort = highest stratum's border, cut to the frame; None for other axes."""
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
    """One score against another; lasso, box and click go to the details."""
    run = seen.run
    assert run is not None
    runs = second_run.names(run, second)
    built, drawn = _scatter(
        tuple((label, one.id, one.fingerprint) for label, one in runs.items()), axes, color, scaled, seen, second
    )
    key = f"scores_chart_{st.session_state.get('scores_epoch', 0)}"
    told = (
        f" {drawn:,} of {seen.num_pool:,} pool samples are drawn (a seeded random sample that includes all selected "
        "ones)."
    )
    sampled = "" if drawn == seen.num_pool else told
    blocks.chart(
        built, key=key, on_select=selection.keeper(key, scores_details.SELECTED, scores_details.FRAGMENT),
        alt=
            f"{name(axes[0])} on the x-axis, {name(axes[1]).lower()} on the y-axis, of {drawn:,} pool samples; drawn "
            "ones on top.",
        note=f"Draw a lasso or a box, or click a point, to list samples below.{sampled}",
    )  # fmt: skip


@st.cache_resource(max_entries=12, show_spinner="Drawing the scores …")
def _scatter(runs: tuple, axes: tuple[str, str], color: str, scaled: bool, _seen: View, _second: Run | None) -> tuple:
    from goracs_core.charts import scores as charts

    assert _seen.run is not None
    content = points(_seen, _seen.run, _second, axes=axes, color=color, scaled=scaled)
    return charts.scatter(content), len(content.drawn)
