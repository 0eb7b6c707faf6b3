"""The results of a leaderboard on the page, as far as it came: in words, as a table, and as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.evaluation.crossed import LEVEL
from goracs_core.evaluation.leaderboard import Line, Verdict, reading
from goracs_core.jobs.experiment.points import undone
from goracs_core.jobs.experiment.replicates import Metric, means, popularity_baseline
from pages._ui import blocks, cache, text
from pages._ui.compare import bands as compare_bands
from pages._ui.compare import data as compare_data
from pages._ui.compare import files as compare_files
from pages._ui.compare import pair as compare_pair
from pages._ui.compare import shift as compare_shift
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.charts.leaderboard import Board
    from goracs_core.jobs.experiment.record import Experiment

_METRIC = "compare_metric"
_TABS = {
    "board": "Leaderboard", "time": "Time", "popularity": "By popularity", "pair": "Side by side",
    "over_time": "Over time", "files": "Export",
}  # fmt: skip
_ROW, _MOST_ROWS = 35, 24  # pixels; more lines scroll
_DIFFERENCE, _VALUES = "Difference to random", "Values"
VERDICTS = {
    Verdict.BETTER: "better than random", Verdict.WORSE: "worse than random", Verdict.UNKNOWN: "not significant",
}  # fmt: skip
DIFFERENCE_HELP = (
    "Arm minus random at the same budget, **paired**: the same test sample, the same training seed, so that what is "
    "hard for everybody drops out. In brackets the 95 % interval of this comparison alone. It counts both which test "
    r"samples and which seeds were drawn: with the mean squares $A$ of seeds, $B$ of samples and $E$ of the rest, "
    r"$\mathrm{var}=\max(A+B-E,\,A,\,B)/(r\,q)$ for $r$ seeds and $q$ samples (crossed random effects, as in "
    "generalizability theory), and a critical value between Student's for $r-1$ and for $q-1$ degrees of freedom "
    "(Cochran and Cox). With one seed only the samples are counted."
)
P_HELP = (
    "Chance of a difference this large where there is none, after Holm's correction for all comparisons at this "
    "budget. Under 0.05 it is called better or worse, else nobody can tell."
)


def show(experiment: Experiment, ref: DatasetRef) -> None:
    """Everything about an experiment, from the entries that are finished now."""
    if not any(entry.done for entry in experiment.entries):
        st.info("Nothing is trained yet. Results appear here one by one.", icon=":material/hourglass_empty:")
        return
    metric = _metric(experiment, ref)
    _words(experiment, metric, ref)
    tabs = dict(_TABS)
    if experiment.kind != "shift" and cache.dataset(ref).test.times is None:
        del tabs["over_time"]
    usual = _TABS["over_time" if experiment.kind == "shift" else "board"]
    key = f"compare_tab_{experiment.kind}"
    for name, tab in zip(tabs, st.tabs(list(tabs.values()), default=usual, key=key, on_change="rerun"), strict=True):
        if tab.open is False:
            continue
        with tab:
            _tab(name, experiment, metric, ref)
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
    chosen = left.selectbox(
        "Compare by", list(known), key=_METRIC, persist_state="session",
        format_func=lambda key: known[key].label if key in known else str(key),
        help="\n\n".join(f"**{metric.label}**: {metric.help}" for metric in list(known.values())[:3]),
    )  # fmt: skip
    return known.get(str(chosen), next(iter(known.values())))


def _words(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    lines = compare_data.lines(experiment, metric, ref)
    told = reading(lines, name=metric.words, unit=metric.unit, decimals=metric.decimals)
    told += _references(experiment, metric, ref, lines)
    with st.container(border=True):
        st.markdown(f"**Summary{'' if experiment.finished else ' so far'}**")
        st.markdown("\n".join(f"- {text.escape(sentence)}" for sentence in told))


def _references(experiment: Experiment, metric: Metric, ref: DatasetRef, lines: tuple[Line, ...]) -> list[str]:
    """The whole pool, the model before training, and mere popularity, in sentences."""
    found, digits = [], metric.decimals
    whole = compare_data.whole_pool(experiment, metric, ref)
    arms = [line for line in lines if line is not whole]
    if whole is not None:
        seeds = f"{whole.estimate.seeds} seed{'s' if whole.estimate.seeds > 1 else ''}"
        found.append(
            f"The whole pool ({whole.budget:,} samples, {seeds}) gives {whole.estimate.mean:.{digits}f}{metric.unit}."
        )
    start = compare_data.start_loss(experiment)
    if metric.key == "test_loss" and start is not None:
        found.append(f"Before any training the model has {start:.{digits}f}{metric.unit}.")
        unchanged = undone(experiment)
        found += [unchanged] if unchanged else []
    baseline = popularity_baseline(experiment, metric.key)
    if baseline is not None:
        above = sum(line.estimate.mean > baseline.mean for line in arms)
        found.append(
            f"Ranking by mere popularity gives {baseline.mean:.{digits}f}; {above} of {len(arms)} arms and budgets "
            "rank better on the average."
        )
    return found


def _board(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    from goracs_core.charts import leaderboard as charts

    board = compare_data.board(experiment, metric, ref)
    values = True
    if any(line.difference for line in board.lines):
        view = st.segmented_control(
            "Figure", [_DIFFERENCE, _VALUES], default=_DIFFERENCE, required=True, key="compare_figure",
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        values = view == _VALUES
    else:
        st.caption("Differences to random appear as soon as random and another arm are trained.")
    figure = charts.means(board) if values else charts.differences(board)
    note = (
        "Whiskers: 95 % intervals of the means over test samples and seeds. All arms share the test samples, so "
        "intervals may overlap and arms differ all the same."
        if values
        else "Whiskers: 95 % intervals of each comparison alone, test samples and seeds counted. Better and worse are "
        "said after correction for all comparisons at a budget."
    )
    blocks.chart(
        figure, key="compare_values" if values else "compare_differences",
        alt=f"{board.title}: {'means' if values else 'differences to random'} of {len(board.arms)} arms with "
        f"intervals; best on the average: {board.arms[0] if board.arms else 'none'}.",
        note=f"{'Smaller' if metric.smaller_is_better else 'Larger'} is better. {note}",
    )  # fmt: skip
    table = _table(experiment, metric, ref)
    st.dataframe(
        table, hide_index=True, key="compare_board", column_config=_columns(metric),
        height=_ROW * (min(len(table), _MOST_ROWS) + 1) + 3,
        alt="The leaderboard: every arm and budget with its values, spreads and test against random",
    )  # fmt: skip
    st.caption("Values are means over seeds ± their standard deviation over seeds; – where nothing was measured.")


def _table(experiment: Experiment, metric: Metric, ref: DatasetRef) -> pd.DataFrame:
    import pandas as pd

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
        row["difference"] = "–" if one is None else (
            f"{one.estimate.mean:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})"
        )  # fmt: skip
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
    column, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "k": number("k", help="Budget: number of chosen samples", format="localized", width="small"),
        "arm": column("Arm", help="Method, with what tells it from others of its kind"),
        metric.label: column(metric.label, help=metric.help),
        "difference": column("Minus random", help=DIFFERENCE_HELP),
        "verdict": column("Verdict", help=P_HELP),
        "p": column("p (Holm)", help=P_HELP, width="small"),
        "POO": column("POO", help=blocks.POO_HELP),
        "gap": number("Gap (%)", help="Proven gap of the selection, where it has one", format="%.3f", width="small"),
        "select": column("Selection (s)", help="Seconds of the selection, with the scores and models that it needs"),
        "train": column("Training (s)", help="Seconds of the training, its validation included"),
        "seeds": number("Seeds", help="Finished trainings", width="small"),
    }


def _time(experiment: Experiment, metric: Metric, ref: DatasetRef) -> None:
    import pandas as pd

    from goracs_core.charts import leaderboard as charts

    board: Board = compare_data.board(experiment, metric, ref)
    spent = compare_data.seconds(experiment)
    whole = compare_data.whole_pool(experiment, metric, ref)
    whole_seconds = None if whole is None else spent.get((whole.arm, whole.budget))
    lines = [line for line in board.lines if (line.arm, line.budget) in spent]
    blocks.chart(
        charts.time_against(board, spent, whole_seconds=whole_seconds), key="compare_time",
        alt=f"{board.title} against seconds of selection and training for {len(lines)} arms and budgets.",
        table=pd.DataFrame({
            "arm": [line.arm for line in lines], "k": [line.budget for line in lines],
            "seconds": [spent[line.arm, line.budget] for line in lines],
            metric.label: [line.estimate.mean for line in lines],
        }),
        note="Mean seconds of choosing and training; larger marks are larger budgets. Features are not counted: every "
        "method needs the same ones, or none. A second arm that needs the same scores finds them in the cache, but "
        "its time counts what they took when they were made.",
    )  # fmt: skip


def provenance(experiment: Experiment, ref: DatasetRef) -> list[str]:
    """What the numbers rest on; Markdown."""
    seeds = sorted({entry.seed for entry in experiment.entries if entry.done})
    machine = {name: text.escape(value) for name, value in experiment.machine.items()}
    where = [machine.get("processor", ""), f"{machine['cores']} cores" if "cores" in machine else ""]
    ranked = len(experiment.outcomes.ranked_rows)
    told = f", {ranked:,} samples ranked" if ranked else ""
    return [
        f"Trained: {text.escape(experiment.model or 'no model yet')}, seeds {', '.join(map(str, seeds))}, tested on "
        f"{len(experiment.outcomes.rows):,} samples of {text.escape(ref.title)}{told}, the same for all; on "
        f"{', '.join(part for part in where if part) or 'an unknown machine'}.",
        f"Intervals are {100 * LEVEL:.0f} % intervals. A method that draws nothing at random has one coreset: its "
        f"seeds differ in training only. Asked for {text.moment(experiment.started)}, experiment `{experiment.id}`.",
    ]
