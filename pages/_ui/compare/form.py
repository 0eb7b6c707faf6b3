"""The form of a leaderboard: which methods, budgets and seeds, what is trained, how long it will take; one button."""

from __future__ import annotations

from typing import Any

import streamlit as st

from goracs_core.budget import parse_budgets
from goracs_core.data.dataset import Task
from goracs_core.errors import ConfigError, DataError, GoracsError
from goracs_core.jobs.command import command_line
from goracs_core.jobs.experiment.kinds import KINDS, kinds_of_page
from goracs_core.jobs.experiment.plan import default_spec, experiment_id, planned
from goracs_core.jobs.kinds import EXPERIMENT
from goracs_core.jobs.lists import parse_half_lives, parse_lambdas
from goracs_core.llm.tuning.options import MeasureOptions
from goracs_core.methods import CertifiedConfig
from pages._ui import blocks, cache, controls, experiment_estimate, routes
from pages._ui import experiment_training as proxy_training
from pages._ui.proxy.form import experiment_methods
from pages._ui.state import DatasetRef

_LAMBDA = CertifiedConfig.lambda_
_KEEP: Any = {"persist_state": "session"}


def form(ref: DatasetRef, *, has_norms: bool, width: int) -> dict[str, Any] | None:
    """The widgets, what they will cost, and the button; the job's spec when it was pressed, else None.

    Args:
        ref: The dataset.
        has_norms: Without gradient norms every λ is 0.
        width: Numbers per embedding.
    """
    spec, told = None, None
    with st.container(border=True):
        try:
            spec = _spec(ref, has_norms)
            if not ref.counts["test"]:
                raise DataError("this dataset has no test samples to measure a loss on; prepare it with a test share")
            plan = planned(spec, Task(ref.task), num_pool=ref.counts["pool"])
            told = experiment_estimate.estimate(ref, plan, experiment_id(spec), width=width)
        except GoracsError as error:
            blocks.error(error)
        with st.container(horizontal=True, vertical_alignment="center"):
            clicked = st.button(
                "Run", type="primary", icon=":material/leaderboard:", shortcut="Ctrl+Enter", key="run_compare",
                disabled=told is None,
            )  # fmt: skip
            if told is not None:
                st.caption(told.sentence, width="stretch")
        if spec is not None and told is not None:
            with st.expander("The same on the command line", icon=":material/terminal:"):
                st.code(command_line(EXPERIMENT, spec), language="bash", wrap_lines=True)
    return spec if clicked and told is not None else None


def _spec(ref: DatasetRef, has_norms: bool) -> dict[str, Any]:
    kinds = kinds_of_page(routes.COMPARE.url_path)
    kind = str(
        st.segmented_control(
            "Question", kinds, default=kinds[0], required=True, key="compare_kind", label_visibility="collapsed",
            format_func=lambda one: KINDS[one].question,
            help="  \n".join(f"**{KINDS[one].question}** {KINDS[one].summary}." for one in kinds), **_KEEP,
        )
        or kinds[0]
    )  # fmt: skip
    usual = default_spec(kind, ref.directory)
    spec = {**usual, "methods": _methods(kind, usual["methods"])}
    first, second, third, fourth, fifth = st.columns([2, 2, 1.6, 2, 2], vertical_alignment="bottom")
    budgets = first.text_input(
        "Budgets k (samples)", str(controls.default_budget(ref.counts["pool"])), key="compare_budgets",
        bind="query-params",
        help="One number, or a list like 64, 256, or shares of the pool like 2%. Each is a race of its own.",
    )  # fmt: skip
    spec["budgets"] = parse_budgets(budgets, ref.counts["pool"])
    spec["lambdas"] = _lambdas(second, has_norms, usual.get("lambdas", [_LAMBDA]), kind)
    spec["seeds"] = int(third.number_input(
        "Seeds", 1, 100, usual.get("seeds", 1), key="compare_seeds", bind="query-params",
        help="Trainings of each method at each budget, with seeds 0, 1, …; methods that draw at random draw anew. With "
        "one, nobody can say what is luck.",
    ))  # fmt: skip
    if "half_lives" in usual:
        spec["half_lives"] = _half_lives(fourth, ref, usual["half_lives"])
    spec |= {"whole_pool": True} if _whole_pool(fifth, ref, usual) else {"whole_pool": False}
    measure = dict(usual.get("measure", {}))
    if "ranked_samples" in measure:
        measure = _ranked(fourth, ref, measure)
    return _with_training(ref, spec, measure, has_norms)


def _methods(kind: str, usual: list[str]) -> list[str]:
    methods = experiment_methods()
    chosen = st.multiselect(
        "Methods", list(methods), usual, key=f"compare_methods_{kind}", bind="query-params",
        format_func=lambda name: "GORACS" if name == "goracs" else methods[name].label,
        help="Each is compared with random, which always takes part. More comparisons are more chances to be lucky: "
        "p-values are corrected for their number.",
    )  # fmt: skip
    if not chosen:
        raise ConfigError("no method is chosen; take at least one, such as goracs")
    return list(chosen)


def _lambdas(place: Any, has_norms: bool, usual: list[float], kind: str) -> list[float]:
    if not has_norms:
        place.text_input("λ of GORACS", "0", disabled=True, key="compare_lambdas_without_norms",
                         help="These features have no gradient norms, so only λ = 0 makes sense.")  # fmt: skip
        return [0.0]
    return parse_lambdas(str(place.text_input(
        "λ of GORACS", ", ".join(f"{value:g}" for value in usual), key=f"compare_lambdas_{kind}", bind="query-params",
        help="Each is an arm of its own: GORACS λ=0, GORACS λ=0.05, …",
    )))  # fmt: skip


def _half_lives(place: Any, ref: DatasetRef, usual: list[float]) -> list[float]:
    typed = place.text_input(
        "Half-lives (days)", ", ".join(f"{value:g}" for value in usual), key="compare_half_lives", bind="query-params",
        help="GORACS arms in which a validation sample counts half as much for every so many days that it is older "
        "than the newest one.",
    )  # fmt: skip
    if cache.dataset(ref).test.times is None or cache.dataset(ref).validation.times is None:
        raise DataError("this dataset has no times, so nothing can be cut into earlier and later; prepare it with them")
    return parse_half_lives(str(typed))


def _whole_pool(place: Any, ref: DatasetRef, usual: dict[str, Any]) -> bool:
    return place.toggle(
        "Whole pool", bool(usual.get("whole_pool")), key=f"compare_whole_pool_{usual['kind']}", bind="query-params",
        help=f"One training on the whole pool of {ref.counts['pool']:,} samples, as a reference line.",
    )  # fmt: skip


def _ranked(place: Any, ref: DatasetRef, measure: dict[str, Any]) -> dict[str, Any]:
    if ref.task == "ctr":
        return {name: value for name, value in measure.items() if name != "ranked_samples"}
    ranked = place.number_input(
        "Ranked test samples", 0, max(ref.counts["test"], 1), min(measure["ranked_samples"], ref.counts["test"]),
        key="compare_ranked", bind="query-params",
        help="Test samples for which items are ranked (HR, NDCG), among sampled negatives and among all. Writing "
        "titles takes time: 0 measures the loss only.",
    )  # fmt: skip
    return {**measure, "ranked_samples": int(ranked)}


def _with_training(
    ref: DatasetRef, spec: dict[str, Any], measure: dict[str, Any], has_norms: bool
) -> dict[str, Any]:  # fmt: skip
    with st.expander("Training and test"):
        trained = proxy_training.training_form(ref, tests=measure.get("test_samples", MeasureOptions.test_samples))
        lambda_ = 0.0
        if has_norms:
            lambda_ = float(st.columns(4)[0].number_input(
                "λ of POO", 0.0, 1000.0, _LAMBDA, step=0.05, format="%.3f", key="compare_lambda", bind="query-params",
                help="Of the POO that the table shows beside the outcomes, the same for all arms.",
            ))  # fmt: skip
    measure |= trained.pop("measure", {})
    spec = {**spec, **trained}
    spec.pop("measure", None)
    return {
        **spec,
        **({"measure": measure} if measure else {}),
        **({} if lambda_ == _LAMBDA else {"lambda_": lambda_}),
    }
