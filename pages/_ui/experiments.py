"""Experiments on the page: which one is open, how it was made, its results while it still runs, deleting it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.experiment.record import Experiment, ExperimentKind
from goracs_core.jobs.experiment.store import RECORD, ExperimentStore
from goracs_core.jobs.queue.job import Job, JobKind
from goracs_core.jobs.train.record import RECOMMENDER_NAMES
from goracs_core.llm.tuning.options import MeasureOptions, training_options
from goracs_core.workspace import Workspace
from pages._ui import blocks, guard, jobs, state, text
from pages._ui.state import DatasetRef

PARAMETER = "experiment"
LOOK_SECONDS = 3.0  # between two looks at an experiment that runs

KINDS = {
    ExperimentKind.PROXY: "proxy check",
    ExperimentKind.LEADERBOARD: "leaderboard",
    ExperimentKind.SHIFT: "leaderboard over time",
}


def submit(spec: Mapping[str, Any]) -> None:
    """Queue an experiment and open it as soon as it has a record; call `st.rerun()` afterwards."""
    from goracs_core.jobs.experiment.job import experiment_id

    _choose(experiment_id(dict(spec)), ExperimentKind(spec["kind"]))
    jobs.submit(JobKind.EXPERIMENT, spec)


def watch(ref: DatasetRef, *kinds: ExperimentKind) -> bool:
    """The waiting or running experiments of these kinds on this dataset; whether there are any."""
    return jobs.watch(JobKind.EXPERIMENT, dataset=ref.directory, only=_names(kinds))


def live(
    ref: DatasetRef, *kinds: ExperimentKind, body: Callable[[Experiment], None], empty: Callable[[], None]
) -> None:
    """Watch these experiments and show the open one, as far as it came; redrawn while it runs.

    Args:
        ref: The dataset.
        kinds: What the page shows.
        body: Draws an experiment, which may have no finished entry yet.
        empty: Draws what to say when there is none and none on its way.
    """
    busy = watch(ref, *kinds)
    st.fragment(_live, run_every=LOOK_SECONDS if busy else None)(ref, kinds, busy, body, empty)


@guard.guarded
def _live(
    ref: DatasetRef, kinds: tuple[ExperimentKind, ...], busy: bool, body: Callable[[Experiment], None],
    empty: Callable[[], None],
) -> None:  # fmt: skip
    found = pick(ref, *kinds)
    if found is not None:
        body(found)
    elif not busy:
        empty()


def pick(ref: DatasetRef, *kinds: ExperimentKind) -> Experiment | None:
    """The open experiment of this dataset, with its picker, how it was made, and a way to delete it; None without any.

    The one in the address or just asked for is open, else the newest.

    Args:
        ref: The dataset.
        kinds: Of which kinds; one or several.
    """
    kept = {one.id: one for one in _kept(state.workspace()) if one.dataset_fingerprint == ref.fingerprint}
    kept = {name: one for name, one in kept.items() if one.kind in kinds}
    running = jobs.active(JobKind.EXPERIMENT, dataset=ref.directory, only=_names(kinds))
    current = _current(kept, kinds, running=bool(running))
    if current is None:
        return None
    chosen = kept[current]
    with st.container(horizontal=True, vertical_alignment="bottom", key="experiment_row"):
        _picker(kept, kinds, current)
        _made_popover(chosen)
        _delete_popover(chosen, kinds, disabled=_is_made_by(running, chosen))
    _state_of(chosen, running=_is_made_by(running, chosen))
    return chosen


def _names(kinds: tuple[ExperimentKind, ...]) -> frozenset[str]:
    return frozenset(str(kind) for kind in kinds)


def _current(kept: Mapping[str, Experiment], kinds: tuple[ExperimentKind, ...], *, running: bool) -> str | None:
    given = st.query_params.get(PARAMETER)
    if given and given != st.session_state.get("seen_experiment"):  # a link or a typed address wins
        for kind in kinds:
            st.session_state[f"current_experiment_{kind}"] = given
        if given not in kept and not running:
            _explain(given)
    current = st.session_state.get(f"current_experiment_{kinds[0]}")
    if current not in kept:
        if running and current is not None:  # it is on its way: until it is there, no other one stands in for it
            _show_in_address(current)
            return None
        current = next(iter(kept), None)
    _choose(current, *kinds)
    return current


def _choose(experiment: str | None, *kinds: ExperimentKind) -> None:
    for kind in _together(kinds):
        st.session_state[f"current_experiment_{kind}"] = experiment
    _show_in_address(experiment)


def _together(kinds: tuple[ExperimentKind, ...]) -> tuple[ExperimentKind, ...]:
    """The kinds that one page shows: a leaderboard and one over time share theirs."""
    shared = (ExperimentKind.LEADERBOARD, ExperimentKind.SHIFT)
    return shared if any(kind in shared for kind in kinds) else kinds


def _show_in_address(experiment: str | None) -> None:
    st.session_state["seen_experiment"] = experiment
    if experiment is None:
        st.query_params.pop(PARAMETER, None)
    elif st.query_params.get(PARAMETER) != experiment:
        st.query_params[PARAMETER] = experiment


def _explain(experiment: str) -> None:
    """Why the experiment in the address is not shown."""
    try:
        found = ExperimentStore(state.workspace()).get(experiment)
    except GoracsError as error:
        blocks.error(error)
        return
    blocks.error(StoreError(
        f"the experiment in this address is a {KINDS[found.kind]} on {found.dataset_name}, or on an earlier version of "
        "this data; open it on its own page and dataset, or make it again here"
    ))  # fmt: skip


def _is_made_by(running: list[Job], experiment: Experiment) -> bool:
    """Whether one of these jobs is making it."""
    if not running or experiment.finished:
        return False
    from goracs_core.jobs.experiment.job import experiment_id

    return any(experiment_id(job.spec) == experiment.id for job in running)


def _kept(workspace: Workspace) -> tuple[Experiment, ...]:
    """All kept experiments, newest first, those shipped with the demo last; read again only where they changed."""
    store = ExperimentStore(workspace)
    found = []
    for folder in {path.parent.name: path for path in _records(store)}.values():
        try:
            found.append(_read(str(workspace.root), folder.parent.name, folder.stat().st_mtime_ns))
        except (OSError, StoreError):  # deleted since, or damaged: opening it by its address says so
            continue
    return tuple(sorted(found, key=lambda one: (store.is_shipped(one.id), -one.started, one.id)))


def _records(store: ExperimentStore) -> list[Path]:
    """The records, the workspace's own after the shipped ones, so that they win."""
    return [path for folder in (store.shipped, store.directory) for path in sorted(folder.glob(f"*/{RECORD}"))]


@st.cache_resource(max_entries=64, show_spinner=False)
def _read(root: str, experiment: str, modified: int) -> Experiment:
    return ExperimentStore(Workspace(Path(root))).get(experiment)


def _picker(kept: Mapping[str, Experiment], kinds: tuple[ExperimentKind, ...], current: str) -> None:
    key = f"experiment_picker_{kinds[0]}"
    names = text.distinct({name: _label(one) for name, one in kept.items()})
    st.session_state[key] = current
    st.selectbox(
        "Experiment", list(kept), key=key, format_func=lambda name: names.get(name, str(name)), width="stretch",
        on_change=lambda: _choose(st.session_state[key], *kinds),
        help="All experiments of this kind on this data, the last one asked for first.",
    )  # fmt: skip


def _label(experiment: Experiment) -> str:
    budgets = [budget for budget in experiment.budgets if budget < _largest(experiment)]
    sizes = ", ".join(f"{budget:,}" for budget in budgets or experiment.budgets)
    over_time = " over time" if experiment.kind is ExperimentKind.SHIFT else ""
    shipped = "Came with the demo · " if _is_shipped(experiment) else ""
    return text.shorten(
        f"{shipped}{text.moment(experiment.started)} · {RECOMMENDER_NAMES[experiment.recommender]}{over_time} · "
        f"{len(experiment.arms)} arms · k {sizes} · {_seeds(experiment)}", 110,
    )  # fmt: skip


def _largest(experiment: Experiment) -> float:
    """Budget of the whole pool, where it takes part."""
    whole = {arm.name for arm in experiment.arms if arm.method == "whole pool"}
    return max((entry.budget for entry in experiment.entries if entry.arm in whole), default=float("inf"))


def _seeds(experiment: Experiment) -> str:
    seeds = len({entry.seed for entry in experiment.entries})
    return f"{seeds} seed{'s' if seeds != 1 else ''}"


def _is_shipped(experiment: Experiment) -> bool:
    return ExperimentStore(state.workspace()).is_shipped(experiment.id)


def _state_of(experiment: Experiment, *, running: bool) -> None:
    """How far it is, and in one line what was trained on what."""
    if not experiment.finished:
        count = f"{experiment.done} of {len(experiment.entries)} trainings are done"
        ended = "It ended early, or a command line is still at it; ask for the same again to go on"
        how = "It runs; the numbers below grow" if running else ended
        st.info(f"{count}. {how}.", icon=":material/hourglass_bottom:")
    refused = [entry for entry in experiment.entries if entry.refusal]
    for sentence in dict.fromkeys(entry.refusal for entry in refused):
        arms = list(dict.fromkeys(entry.arm for entry in refused if entry.refusal == sentence))
        st.warning(f"{text.escape(', '.join(arms))}: {text.escape(sentence)}", icon=":material/block:")
    st.caption(" · ".join(made_in_short(experiment)))


def made_in_short(experiment: Experiment) -> list[str]:
    """What was trained, with how many seeds, where and when; Markdown, for captions."""
    done = sum(entry.done for entry in experiment.entries)
    parts = [f"{RECOMMENDER_NAMES[experiment.recommender]}: {text.escape(experiment.model or 'no model yet')}"]
    parts += [f"{done} of {len(experiment.entries)} trainings", _seeds(experiment)]
    machine = experiment.machine
    where = [text.escape(machine[name]) for name in ("processor", "device") if machine.get(name)]
    cores = f", {text.escape(machine['cores'])} cores" if machine.get("cores") else ""
    if where:
        parts.append(f"on {where[0]}{cores}")
    if _is_shipped(experiment):
        parts.append("came with the demo, made with the command under **How it was made**")
    return parts


def _made_popover(experiment: Experiment) -> None:
    with st.popover("How it was made", icon=":material/science:"):
        _made(experiment)


def _made(experiment: Experiment) -> None:
    """Model, options, test, seeds, machine, notes and the command."""
    asked = training_options(experiment.recommender, {})
    usual = asked.to_dict() | MeasureOptions().to_dict()
    options = {**experiment.options, **experiment.measure}
    options.pop("seed", None)
    lines = [
        f"**{KINDS[experiment.kind].capitalize()}** on {text.escape(experiment.dataset_name)}, asked for "
        f"{text.moment(experiment.started)}",
        f"**Trained**: {RECOMMENDER_NAMES[experiment.recommender]}, {text.escape(experiment.model or 'no model yet')}",
        f"**Seeds**: {', '.join(str(seed) for seed in sorted({entry.seed for entry in experiment.entries}))}; a seed "
        "decides the order of the samples in training, and the draw of methods that draw at random",
        f"**λ** of the POO that is compared: {experiment.lambda_:g}",
    ]
    lines += [text.escape(note) for note in experiment.notes]
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.markdown("**Options**, those that differ from the defaults in bold")
    st.markdown(" · ".join(_option(name, value, usual.get(name, value)) for name, value in options.items()))
    if experiment.machine:
        st.markdown("**Made on**")
        st.markdown(
            " · ".join(f"{text.escape(name)} {text.escape(value)}" for name, value in experiment.machine.items())
        )
    if experiment.command:
        st.markdown("**The same on the command line**")
        st.code(experiment.command, language="bash", wrap_lines=True)


def _option(name: str, value: Any, usual: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    shown = "usual" if value is None else shown  # what the forms call a value that follows from the model's size
    told = text.escape(f"{name.replace('_', ' ')} {shown}")
    same = list(value) == list(usual) if isinstance(value, list | tuple) else value == usual
    return told if same else f"**{told}**"


def _delete_popover(experiment: Experiment, kinds: tuple[ExperimentKind, ...], *, disabled: bool) -> None:
    shipped = _is_shipped(experiment)
    told = "It came with the demo and stays." if shipped else "It is still running." if disabled else None
    with st.popover("Delete", icon=":material/delete:", disabled=disabled or shipped, help=told):
        st.markdown("Forget this experiment? Its coresets stay in the list of runs.")
        st.button("Delete it", key=f"delete_experiment_{kinds[0]}", on_click=_delete, args=(experiment.id, kinds))


def _delete(experiment: str, kinds: tuple[ExperimentKind, ...]) -> None:
    try:
        ExperimentStore(state.workspace()).delete(experiment)
        st.toast("Deleted the experiment.", icon=":material/delete:")
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    _choose(None, *kinds)
