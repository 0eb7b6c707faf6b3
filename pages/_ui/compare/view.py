"""The results of a comparison on the page, from the finished trainings: in words, as figures, and as a table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import leaderboard as charts
from goracs_core.evaluation.crossed import LEVEL
from goracs_core.evaluation.leaderboard import Line, Verdict, reading
from goracs_core.jobs.experiment.points import undone
from goracs_core.jobs.experiment.replicates import Metric, means, popularity_baseline
from pages._ui import blocks, cache, columns, text, widgets
from pages._ui.compare import bands as compare_bands
from pages._ui.compare import data as compare_data
from pages._ui.compare import files as compare_files
from pages._ui.compare import pair as compare_pair
from pages._ui.compare import shift as compare_shift
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

if TYPE_CHECKING:
    from goracs_core.charts.leaderboard import Board
    from goracs_core.jobs.experiment.record import Experiment

_METRIC = "compare_metric"
_TABS = {
    "board": "Leaderboard",
    "time": "Time",
    "popularity": "By popularity",
    "pair": "Side by side",
    "over_time": "Over time",
    "files": "Export",
}
_ROW, _MOST_ROWS = 35, 24  # pixels; more rows scroll
_DIFFERENCE, _VALUES = "Difference to random", "Values"
VERDICTS = {
    Verdict.BETTER: "better than random",
    Verdict.WORSE: "worse than random",
    Verdict.UNKNOWN: "not significant",
}
DIFFERENCE_HELP = glossary.tooltip("difference")
P_HELP = glossary.tooltip("holm")


def show(experiment: Experiment, ref: DatasetRef) -> None:
    """Everything about an experiment, from the entries that are finished now."""
    if not any(entry.done for entry in experiment.entries):
        st.info("No training is finished yet. Results appear one by one.", icon=":material/hourglass_empty:")
        return
    metric = _metric(experiment, ref)
    if experiment.kind == "shift":
        _words(experiment, metric, ref)
    tabs = dict(_TABS)
    if experiment.kind != "shift" and cache.dataset(ref).test.times is None:
        del tabs["over_time"]
    usual = _TABS["over_time" if experiment.kind == "shift" else "board"]
    key = f"compare_tab_{experiment.kind}"
    parts = {label: partial(_tab, name, experiment, metric, ref) for name, label in tabs.items()}
    blocks.tabs(parts, key=key, default=usual)
    blocks.provenance(*provenance(experiment, ref))


def _tab(name: str, experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    match name:
        case "board":
            _board(experiment, metric, ref)
        case "time":
            _time(experiment, metric, ref)
        case "popularity":
            compare_bands.show(experiment, metric, ref)
        case "pair":
            compare_pair.show(experiment, metric, ref)
        case "over_time":
            compare_shift.show(experiment, ref)
        case _:
            compare_files.show(experiment, metric, ref)


def _metric(experiment: Experiment, ref: DatasetRef) -> Metric:
    known = {metric.key: metric for metric in compare_data.metrics(experiment, ref)}
    if st.session_state.get(_METRIC) not in known:
        st.session_state[_METRIC] = next(iter(known))
    left, _ = st.columns([2, 3])

    def label(key: str) -> str:
        return f"Compare by {known[key].label}" if key in known else key

    help_ = "\n\n".join(f"**{metric.label}**: {metric.help}" for metric in list(known.values())[:3])
    more: Any = {"label_visibility": "collapsed", **KEPT}
    chosen = left.selectbox("Compare by", list(known), key=_METRIC, format_func=label, help=help_, **more)
    return known.get(str(chosen), next(iter(known.values())))


def _words(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    lines = compare_data.lines(experiment, metric, ref)
    told = reading(lines, name=metric.words, unit=metric.unit, decimals=metric.decimals)
    told += _references(experiment, metric, ref, lines)
    blocks.summary(map(text.escape, told), title="Summary" if experiment.finished else "Summary so far")


def _references(experiment: Experiment, metric: Metric, ref: DatasetRef, lines: tuple[Line, ...]) -> list[str]:
    """The whole pool, the model before training, and ranking by popularity, in sentences."""
    found, digits = [], metric.decimals
    whole = compare_data.whole_pool(experiment, metric, ref)
    arms = [line for line in lines if line is not whole]
    if whole is not None:
        seeds = f"{whole.estimate.seeds} seed{'s' if whole.estimate.seeds > 1 else ''}"
        mean = f"{whole.estimate.mean:.{digits}f}{metric.unit}"
        found.append(f"Training on the whole pool ({whole.budget:,} samples, {seeds}): {mean}.")
    start = compare_data.start_loss(experiment)
    if metric.key == "test_loss" and start is not None:
        found.append(f"Before training: {start:.{digits}f}{metric.unit}.")
        unchanged = undone(experiment)
        found += [unchanged] if unchanged else []
    baseline = popularity_baseline(experiment, metric.key)
    if baseline is not None:
        above = sum(line.estimate.mean > baseline.mean for line in arms)
        found.append(
            f"Ranking by popularity: {baseline.mean:.{digits}f}; {above} of {len(arms)} arms and budgets have a higher "
            "mean."
        )
    return found


def _board(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    board = compare_data.board(experiment, metric, ref)
    values = True
    if any(line.difference for line in board.lines):
        views = [_DIFFERENCE, _VALUES]
        view = widgets.choice("Figure", views, key="compare_figure", label_visibility="collapsed", **KEPT)
        values = view == _VALUES
    else:
        st.caption("Differences to random require trainings of random and of another arm.")
    note = (
        "Whiskers: 95 % intervals of the means over test samples and seeds. All arms share the test samples, so arms "
        "can differ significantly although their intervals overlap."
        if values
        else "Whiskers: 95 % intervals of single comparisons over test samples and seeds. Colors: significance after "
        "correction for all comparisons at a budget."
    )
    figure, words = st.columns([3, 2], gap="medium")
    with words:
        _words(experiment, metric, ref)
    what, best = "means" if values else "differences to random", board.arms[0] if board.arms else "none"
    with figure:
        blocks.chart(
            charts.means(board) if values else charts.differences(board),
            key="compare_values" if values else "compare_differences",
            alt=f"{board.title}: {what} of {len(board.arms)} arms with intervals; best mean: {best}.",
            note=f"{'Smaller' if metric.smaller_is_better else 'Larger'} is better. {note}",
        )
    table = _table(experiment, metric, ref)
    alt = "The leaderboard: every arm and budget with its values, spread and test against random"
    height = _ROW * (min(len(table), _MOST_ROWS) + 1) + 3
    widgets.table(table, key="compare_board", alt=alt, columns=_columns(metric), height=height)
    st.caption("Mean ± standard deviation over seeds; –: not measured.")


def _table(experiment: Experiment, metric: Metric, ref: DatasetRef) -> pd.DataFrame:
    known = {one.key: one for one in compare_data.metrics(experiment, ref)}
    others = [known[key] for key in ("test_loss", "auc", "sampled_ndcg@10", "sampled_hr@10") if key in known]
    others = [one for one in others if one.key != metric.key]
    told = {name: means(experiment, name) for name in ("poo", "gap", "select_seconds", "train_seconds")}
    by_other = {
        one.key: {(line.arm, line.budget): line for line in compare_data.lines(experiment, one, ref)} for one in others
    }
    rows = []
    for line in compare_data.lines(experiment, metric, ref):
        place, one = (line.arm, line.budget), line.difference
        row: dict[str, object] = {"k": line.budget, "arm": line.arm, metric.label: _of(line, metric)}
        digits = metric.decimals
        row["difference"] = "–"
        if one is not None:
            interval = f"({one.low:+.{digits}f} to {one.high:+.{digits}f})"
            row["difference"] = f"{one.estimate.mean:+.{digits}f} {interval}"
        row["verdict"] = _verdict(line)
        row["p"] = _p(line)
        for other in others:
            found = by_other[other.key].get(place)
            row[other.label] = "–" if found is None else _of(found, other)
        row["POO"] = _told(told["poo"].get(place), 4)
        row["gap"] = None if place not in told["gap"] else 100 * told["gap"][place][0]
        row["select"] = _told(told["select_seconds"].get(place), 1)
        row["train"] = _told(told["train_seconds"].get(place), 1)
        row["seeds"] = line.estimate.seeds
        rows.append(row)
    return pd.DataFrame(rows)


def _verdict(line: Line) -> str:
    return "–" if line.difference is None else VERDICTS[line.difference.verdict]


def _p(line: Line) -> str:
    if line.difference is None:
        return "–"
    return "< 0.001" if line.difference.corrected < 0.001 else f"{line.difference.corrected:.3f}"


def _of(line: Line, metric: Metric) -> str:
    return _told((line.estimate.mean, line.estimate.spread), metric.decimals)


def _told(found: tuple[float, float] | None, digits: int) -> str:
    if found is None:
        return "–"
    mean, spread = found
    return f"{mean:.{digits}f}" + ("" if spread != spread else f" ± {spread:.{digits}f}")


def _columns(metric: Metric) -> dict:
    words = columns.words
    return {
        "k": columns.BUDGET,
        "arm": words("Arm", help="Method, with λ or half-life where several are compared"),
        metric.label: words(metric.label, help=metric.help),
        "difference": words("Minus random", help=DIFFERENCE_HELP),
        "verdict": words("Verdict", help=P_HELP),
        "p": words("p (Holm)", help=P_HELP, width="small"),
        "POO": words("POO", help=blocks.POO_HELP),
        "gap": columns.GAP,
        "select": words("Selection (s)", help="Seconds of the selection, including its scores and models"),
        "train": words("Training (s)", help="Seconds of the training, including validation"),
        "seeds": columns.number("Seeds", help="Number of finished trainings", width="small"),
    }


def _time(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    board: Board = compare_data.board(experiment, metric, ref)
    spent = compare_data.seconds(experiment)
    whole = compare_data.whole_pool(experiment, metric, ref)
    whole_seconds = None if whole is None else spent.get((whole.arm, whole.budget))
    lines = [line for line in board.lines if (line.arm, line.budget) in spent]
    rows = [(line.arm, line.budget, spent[line.arm, line.budget], line.estimate.mean) for line in lines]
    blocks.chart(
        charts.time_against(board, spent, whole_seconds=whole_seconds),
        key="compare_time",
        alt=f"{board.title} against seconds of selection and training for {len(lines)} arms and budgets.",
        table=pd.DataFrame(rows, columns=pd.Index(["arm", "k", "seconds", metric.label])),
        note="Mean seconds of selection and training; larger markers are larger budgets. The computation of features "
        "is not included. Scores are included with their original computation time, even if they were cached.",
    )


def provenance(experiment: Experiment, ref: DatasetRef) -> list[str]:
    """How the numbers were measured; Markdown."""
    seeds = sorted({entry.seed for entry in experiment.entries if entry.done})
    machine = {name: text.escape(value) for name, value in experiment.machine.items()}
    where = [machine.get("processor", ""), f"{machine['cores']} cores" if "cores" in machine else ""]
    ranked = len(experiment.outcomes.ranked_rows)
    told = f" ({ranked:,} with ranking)" if ranked else ""
    return [
        f"Trained: {text.escape(experiment.model or 'no model yet')}, seeds {', '.join(map(str, seeds))}, tested on "
        f"the same {len(experiment.outcomes.rows):,} samples of {text.escape(ref.title)}{told}; on "
        f"{', '.join(part for part in where if part) or 'an unknown machine'}.",
        f"Intervals: {100 * LEVEL:.0f} %. For a deterministic method, the seeds differ in training only. Started "
        f"{text.moment(experiment.started)}, experiment `{experiment.id}`.",
    ]
