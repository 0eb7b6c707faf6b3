"""Experiments on the page: which one is open, how it was made, its results while it runs, links to its coresets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.kinds import KINDS, experiment_kind, kinds_of_page
from goracs_core.jobs.experiment.plan import experiment_id
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.kinds import EXPERIMENT
from goracs_core.jobs.queue.job import Job
from goracs_core.jobs.train.record import RECOMMENDER_NAMES
from goracs_core.llm.tuning.options import MeasureOptions, training_options
from goracs_core.methods.registry import key_of
from goracs_core.workspace import Workspace
from pages._ui import blocks, cache, experiment_form, guard, jobs, routes, state, text, widgets
from pages._ui.picker import Picker
from pages._ui.routes import Route
from pages._ui.state import DatasetRef

LOOK_SECONDS = 3.0  # between two looks at an experiment that runs


def submit(spec: Mapping[str, Any]) -> None:
    """Queue an experiment and open it as soon as it has a record; call `st.rerun()` afterwards."""
    _picker(experiment_kind(spec["kind"]).page).open(experiment_id(spec))
    jobs.submit(EXPERIMENT, spec)


def live(ref: DatasetRef, route: Route, *, body: Callable[[Experiment], None], empty: Callable[[], None]) -> None:
    """Watch the experiments that a page shows and show the open one, as far as it came; redrawn while it runs.

    Args:
        ref: The dataset.
        route: The page.
        body: Draws an experiment, which may have no finished entry yet.
        empty: Draws what the page says when there is no experiment and none is running.
    """
    busy = jobs.watch(EXPERIMENT, dataset=ref.directory, only=frozenset(kinds_of_page(route.url_path)))
    st.fragment(_live, run_every=LOOK_SECONDS if busy else None)(ref, route, busy, body, empty)


@guard.guarded
def _live(
    ref: DatasetRef, route: Route, busy: bool, body: Callable[[Experiment], None], empty: Callable[[], None]
) -> None:
    found = _pick(ref, route.url_path)
    if found is not None:
        body(found)
    elif not busy:
        empty()


def _pick(ref: DatasetRef, page: str) -> Experiment | None:
    """The open experiment of this dataset, with its picker, how it was made, and a way to delete it; None without any.

    The one in the address or just started is open, else the newest.
    """
    kinds, picker, kept = kinds_of_page(page), _picker(page), _of_page(ref, page)
    running = jobs.active(EXPERIMENT, dataset=ref.directory, only=frozenset(kinds))
    current = picker.opened(kept, waiting=bool(running), explain=_explain)
    if current is None:
        return None
    chosen = kept[current]
    made_now = _is_made_by(running, chosen)
    with st.container(horizontal=True, vertical_alignment="bottom", key="experiment_row"):
        labels = {name: _label(one) for name, one in kept.items()}
        help_ = "All experiments of this kind on this data, newest first."
        look: Any = {"label_visibility": "collapsed", "help": help_}
        picker.box(labels, current, label="Experiment", width="stretch", **look)
        made = st.popover("How it was made", icon=":material/science:", key="how_made", on_change="rerun")
        if made.open:
            with made:
                _made(chosen)
        shipped = _is_shipped(chosen)
        told = "Experiments of the demo are kept." if shipped else "It is still running." if made_now else None
        question, more = "Delete this experiment? Its runs are kept.", {"disabled": bool(told), "help": told}
        widgets.delete_popover(question, _delete, chosen.id, picker, key=f"delete_experiment_{page}", **more)
    _state_of(chosen, running=made_now)
    return chosen


def has_some(ref: DatasetRef, route: Route) -> bool:
    """Whether there is an experiment that a page could show."""
    return bool(_of_page(ref, route.url_path))


def _of_page(ref: DatasetRef, page: str) -> dict[str, Experiment]:
    """The experiments of a dataset that a page shows, by id, newest first."""
    kinds = kinds_of_page(page)
    kept = [one for one in _kept(state.workspace()) if one.kind in kinds]
    return {one.id: one for one in kept if one.dataset_fingerprint == ref.fingerprint}


def plain_view(experiment: Experiment) -> None:
    """The answer of an experiment whose kind has no view of its own: its sentences and its table."""
    kind = experiment_kind(experiment.kind)
    if not any(entry.done for entry in experiment.entries):
        st.info("No training is finished yet. Results appear one by one.", icon=":material/hourglass_empty:")
        return
    blocks.summary(map(text.escape, kind.reading(experiment)), title=text.escape(kind.question))
    widgets.table(kind.table(experiment), key="experiment_table", alt="The results as a table")


def is_here(ref: DatasetRef, run: str) -> bool:
    """Whether this workspace has the run; it lacks those of an experiment from elsewhere, and deleted ones."""
    return any(one.id == run and not one.damaged for one in cache.runs(ref.fingerprint))


def again(experiment: Experiment, entry: Entry, *, label: str = "Select it again") -> None:
    """A link to the Run page, filled in so that it makes the entry's coreset.

    Args:
        experiment: Whose entry it is.
        entry: The coreset.
        label: Of the link.
    """
    arm = experiment.arm(entry.arm)
    known = {name: key_of(method) for name, method in experiment_form.known_methods().items()}
    method = known.get(str(arm.config.get("solver")), known.get(str(arm.config["method"])))
    asked = {"method": method, "budget": str(entry.budget), "seed": str(entry.seed), "run": None}
    asked["lambda"] = str(arm.config["lambda_"]) if "lambda_" in arm.config else None
    asked["half_life"] = None if arm.half_life is None else f"{arm.half_life:g}"
    blocks.link(routes.RUN, label, **asked)


def _picker(page: str) -> Picker:
    return Picker("experiment", scope=page)


def _explain(experiment: str) -> None:
    """Why the experiment in the address is not shown."""
    try:
        found = ExperimentStore(state.workspace()).get(experiment)
    except GoracsError as error:
        guard.error(error)
        return
    guard.error(
        StoreError(
            f"the experiment in this address is a {title(found)} on {found.dataset_name}, or on an earlier version of "
            "this dataset; open it on its own page and dataset, or run it again"
        )
    )


def title(experiment: Experiment) -> str:
    """The title of its kind; the kind's name where this program does not know it."""
    kind = KINDS.get(experiment.kind)
    return experiment.kind if kind is None else kind.title


def _is_made_by(running: list[Job], experiment: Experiment) -> bool:
    """Whether one of these jobs is making it."""
    if not running or experiment.finished:
        return False
    return any(experiment_id(job.spec) == experiment.id for job in running)


def _kept(workspace: Workspace) -> tuple[Experiment, ...]:
    """All experiments, newest first, those shipped with the demo last; read again only where they changed."""
    store = ExperimentStore(workspace)
    found = []
    for experiment in store.ids():
        try:
            found.append(_read(str(workspace.root), experiment, store.stamp(experiment)))
        except StoreError:  # deleted since, or damaged: opening it by its address says so
            continue
    return tuple(sorted(found, key=lambda one: (store.is_shipped(one.id), -one.started, one.id)))


@st.cache_resource(max_entries=64, show_spinner=False)
def _read(root: str, experiment: str, stamp: str) -> Experiment:
    return ExperimentStore(Workspace(Path(root))).get(experiment)


def _label(experiment: Experiment) -> str:
    budgets = [budget for budget in experiment.budgets if budget < _largest(experiment)]
    sizes = ", ".join(f"{budget:,}" for budget in budgets or experiment.budgets)
    page = KINDS[experiment.kind].page
    several = len(kinds_of_page(page)) > 1
    what = f" {title(experiment)}" if several else ""
    shipped = "Part of the demo · " if _is_shipped(experiment) else ""
    label = f"{shipped}{text.moment(experiment.started)} · {RECOMMENDER_NAMES[experiment.recommender]}{what} · "
    return text.shorten(f"{label}{len(experiment.arms)} arms · k {sizes} · {_seeds(experiment)}", 110)


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
    """Its progress, and in one line what was trained on what."""
    if not experiment.finished:
        count = f"{experiment.done} of {len(experiment.entries)} trainings are finished"
        ended = "It was stopped, or it runs on the command line. Run it again with the same options to resume"
        how = "It is running; the results below are updated" if running else ended
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
        parts.append("part of the demo; the command is under **How it was made**")
    return parts


def _made(experiment: Experiment) -> None:
    """Model, options, test, seeds, machine, notes and the command."""
    asked = training_options(experiment.recommender, {})
    usual = asked.to_dict() | MeasureOptions().to_dict()
    options = {**experiment.options, **experiment.measure}
    options.pop("seed", None)
    lines = [
        f"**{title(experiment).capitalize()}** on {text.escape(experiment.dataset_name)}, started "
        f"{text.moment(experiment.started)}",
        f"**Trained**: {RECOMMENDER_NAMES[experiment.recommender]}, {text.escape(experiment.model or 'no model yet')}",
        f"**Seeds**: {', '.join(str(seed) for seed in sorted({entry.seed for entry in experiment.entries}))}; a seed "
        "decides the order of the samples in training and the selection of random methods",
        f"**λ** of POO: {experiment.lambda_:g}",
    ]
    lines += [text.escape(note) for note in experiment.notes]
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.markdown("**Options** (bold: not the default)")
    st.markdown(" · ".join(_option(name, value, usual.get(name, value)) for name, value in options.items()))
    if experiment.machine:
        machine = [f"{text.escape(name)} {text.escape(value)}" for name, value in experiment.machine.items()]
        st.markdown(f"**Machine**\n\n{' · '.join(machine)}")
    if experiment.command:
        widgets.command(experiment.command)


def _option(name: str, value: Any, usual: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    shown = "default" if value is None else shown  # follows from the size of the model
    told = text.escape(f"{name.replace('_', ' ')} {shown}")
    same = list(value) == list(usual) if isinstance(value, list | tuple) else value == usual
    return told if same else f"**{told}**"


def _delete(experiment: str, picker: Picker) -> None:
    try:
        ExperimentStore(state.workspace()).delete(experiment)
        st.toast("Deleted the experiment.", icon=":material/delete:")
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")
    picker.open(None)
