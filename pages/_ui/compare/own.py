"""The view "Own runs": two to six runs of the open dataset beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from goracs_core import glossary
from goracs_core.charts import standing as charts
from goracs_core.charts import sweep as sweep_charts
from goracs_core.evaluation.overlap import jaccard_matrix
from goracs_core.evaluation.seed_noise import SeedGroup, pooled_noise, seed_differences, seed_groups
from goracs_core.jobs.report.comparison import comparison_report
from goracs_core.jobs.select.side_by_side import LETTERS, MOST, NONE, differing, lettered, parameters, seedless_key
from pages._ui import blocks, cache, columns, popularity_view, proof, routes, state, text, widgets
from pages._ui.compare import chosen as picked
from pages._ui.compare import pair
from pages._ui.run import standing
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from goracs_core.evaluation.standing import Standing
    from goracs_core.jobs.select.run import Run

METHODS, RUNS = "Methods", "Own runs"
_BOX, _VIEW = "compare_runs", "compare_view"
_POPULARITY = ("tail_share", "head_share", "gini", "coverage")
_NOISE_HELP = (
    "Runs that differ only in the seed show what chance alone changes. Spread: standard deviation over seeds, pooled "
    "over all groups with several seeds. Differences of less than about two spreads may be chance."
)


def view() -> str:
    """What the page compares: methods, by experiments, or runs; runs in the address open the latter."""
    if picked.RUNS.synchronise():
        st.session_state[_VIEW] = RUNS
    more: Any = {"label_visibility": "collapsed", "width": "content", **widgets.KEPT}
    shown = widgets.choice("Compare", [METHODS, RUNS], key=_VIEW, **more)
    if shown == METHODS:  # the address would open the runs again
        st.query_params.pop(picked.RUNS.name, None)
    return shown


def show(ref: DatasetRef, *, place: Any) -> None:
    """The runs of the address, beside each other.

    Args:
        ref: The dataset.
        place: Where the runs are chosen.
    """
    runs = _chosen(ref, place)
    if len(runs) < 2:
        return
    named = lettered(runs)
    found = standing.standings(runs, ref)
    if len({run.selection.problem_fingerprint for run in runs}) > 1:
        st.warning(
            "The runs differ in features or validation weights, so that their POO values cannot be compared.",
            icon=":material/warning:",
        )
    else:
        st.markdown(text.escape(_best(named, found)))
    _figure(named, found)
    _table(named, found, ref)
    _noise(runs)
    _overlap(named, ref)
    _leave(runs, ref)


def _chosen(ref: DatasetRef, place: Any) -> list[Run]:
    known = {one.id: one.name or one.id for one in cache.runs(ref.fingerprint) if not one.damaged}
    if len(known) < 2:
        blocks.empty_state(
            "Fewer than two runs", "Select two coresets of this dataset.", route=routes.RUN, label="Select a coreset"
        )
        return []
    chosen, missing = picked.opened(list(known))
    if missing:
        st.info(
            f"{missing} of the runs in the address are not shown: at most {MOST} runs of this dataset are.",
            icon=":material/info:",
        )
    picked.choose(chosen)
    names = text.distinct(known)
    st.session_state[_BOX] = chosen
    place.multiselect(
        f"Runs, 2 to {MOST}",
        list(known),
        key=_BOX,
        max_selections=MOST,
        format_func=lambda run: names.get(str(run), str(run)),
        on_change=lambda: picked.choose(st.session_state[_BOX]),
        placeholder=f"2 to {MOST} runs",
        label_visibility="collapsed",
    )
    if len(chosen) < 2:
        st.info("Choose at least two runs.", icon=":material/info:")
    return [cache.run(run) for run in chosen]


def _best(named: dict[str, Run], found: Sequence[Standing | None]) -> str:
    """Which run has the smallest POO of those of one λ, and how far it lies below random."""
    places = range(len(found))
    runs = list(named.values())
    if len({(run.config.lambda_, run.config.budget) for run in runs}) > 1:
        told = [f"{LETTERS[place]} {_below(found[place])}" for place in places if found[place] is not None]
        return f"Budgets or λ differ: compare each POO with its random coresets. {'; '.join(told)}."
    best = min(places, key=lambda place: runs[place].selection.poo)
    worst = max(places, key=lambda place: runs[place].selection.poo)
    gap = runs[worst].selection.poo - runs[best].selection.poo
    below = "" if found[best] is None else f", {_below(found[best])}"
    return f"{LETTERS[best]} has the lowest POO{below}; the runs differ by at most {gap:.5f}."


def _below(one: Standing | None) -> str:
    if one is None:
        return NONE
    return f"{abs(one.below_random):.1%} {'below' if one.below_random >= 0 else 'above'} random"


def _figure(named: dict[str, Run], found: Sequence[Standing | None]) -> None:
    values = {name: (run.selection.poo, _bound(run)) for name, run in named.items()}
    rows = []
    for (name, (poo, bound)), one in zip(values.items(), found, strict=True):
        low, high = (None, None) if one is None else (float(one.random_poo.min()), float(one.random_poo.max()))
        rows.append({"run": name, "POO": poo, "lower bound": bound, "random, lowest": low, "random, highest": high})
    blocks.chart(
        charts.poo_rows(dict(zip(named, found, strict=True)), values),
        key="compare_runs_poo",
        alt="POO of each run, beside random coresets of its size and its proven bound: "
        + "; ".join(f"{name} {poo:.5f}" for name, (poo, _) in values.items()),
        table=pd.DataFrame(rows),
        compact=True,
    )


def _bound(run: Run) -> float | None:
    """The bound on POO; one of a run within each label is on another sum."""
    proven = run.selection.certificate
    return None if proven is None or run.config.label_aware else proven.lower_bound


def _table(named: dict[str, Run], found: Sequence[Standing | None], ref: DatasetRef) -> None:
    runs = list(named.values())
    only = st.toggle("Differences only", False, key="compare_differences", help="Hides rows with equal values.")
    rows = {**parameters(runs), **_results(named, found, ref)}
    rows = differing(rows) if only else rows
    table = pd.DataFrame(
        [{"Quantity": name, **dict(zip(named, values, strict=True))} for name, values in rows.items()],
        columns=pd.Index(["Quantity", *named]),
    )
    widgets.table(
        table,
        key="compare_runs_table",
        alt=f"Parameters and results of {len(named)} runs, one column per run",
        columns={"Quantity": columns.words("Quantity", pinned=True)},
        height=min(38 + 35 * max(len(table), 1), 560),
    )


def _results(named: dict[str, Run], found: Sequence[Standing | None], ref: DatasetRef) -> dict[str, tuple[str, ...]]:
    runs = list(named.values())
    report = popularity_view.report_of(
        ref, {name: (run.fingerprint, run.selection.indices) for name, run in named.items()}
    )
    measured = [report.coresets[name] for name in named]
    rows = {
        "POO": tuple(f"{run.selection.poo:.5f}" for run in runs),
        "Transport term": tuple(f"{run.selection.transport_term:.5f}" for run in runs),
        "Gradient term": tuple(f"{run.selection.gradient_term:.5f}" for run in runs),
        "Below random": tuple(_below(one) for one in found),
        "Gap": tuple(
            NONE if run.selection.certificate is None else proof.share(run.selection.certificate.gap) for run in runs
        ),
    }
    for measure in _POPULARITY:
        label, _, shape = popularity_view.MEASURES[measure]
        rows[label] = tuple(format(getattr(one, measure), shape) for one in measured)
    rows["Time"] = tuple(text.duration(run.seconds) for run in runs)
    return rows


def _noise(runs: Sequence[Run]) -> None:
    """Differences told against the seed, where some of the runs differ in nothing else."""
    if len({run.selection.problem_fingerprint for run in runs}) > 1:
        return
    groups = seed_groups([seedless_key(run) for run in runs], [run.selection.poo for run in runs])
    noise = pooled_noise(groups)
    if noise is None:
        return
    told = [f"{_letters(group)}: POO {_mean(group)}" for group in groups]
    for gap in seed_differences(groups):
        times = "" if gap.ratio is None else f", {abs(gap.ratio):.1f} times the spread of one seed"
        told.append(f"{_letters(groups[gap.second])} − {_letters(groups[0])}: {gap.value:+.5f}{times}")
    st.markdown("**Differences against seed noise**", help=_NOISE_HELP)
    st.markdown("\n".join(f"- {text.escape(line)}" for line in told))


def _letters(group: SeedGroup) -> str:
    return ", ".join(LETTERS[place] for place in group.places)


def _mean(group: SeedGroup) -> str:
    if group.spread is None:
        return f"{group.mean:.5f} (one seed)"
    return f"{group.mean:.5f} ± {group.spread:.5f} (mean and spread of {len(group.values)} seeds)"


def _overlap(named: dict[str, Run], ref: DatasetRef) -> None:
    sets = [run.selection.indices for run in named.values()]
    if len(sets) == 2:
        pair.overlap(ref, sets[0], sets[1])
        pair.samples(ref, sets[0], sets[1])
        return
    st.markdown("**Overlap of the coresets (Jaccard)**", help=glossary.tooltip("jaccard"))
    matrix = jaccard_matrix(sets)
    letters = list(LETTERS[: len(sets)])
    blocks.chart(
        sweep_charts.overlap(matrix, letters),
        key="compare_runs_overlap",
        alt=f"Jaccard overlap of each pair of {len(sets)} coresets",
        table=pd.DataFrame(matrix.round(4), columns=pd.Index(list(named))).assign(run=list(named)),
    )


def _leave(runs: Sequence[Run], ref: DatasetRef) -> None:
    """The report, and links to each run."""
    with st.container(horizontal=True):
        widgets.report(
            lambda: comparison_report(list(runs), state.workspace()),
            f"comparison_{ref.name}_{len(runs)}-runs.html",
            key="compare_runs_report",
        )
        for letter, run in zip(LETTERS, runs, strict=False):
            blocks.link(routes.RUN, f"Open {letter}", run=run.id, icon=":material/open_in_new:")
