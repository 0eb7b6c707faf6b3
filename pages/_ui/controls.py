"""The form that makes a SelectionConfig; its values live in the address, so that a link reproduces it."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core import glossary
from goracs_core.budget import parse_budget
from goracs_core.jobs.weights import recorded_weighting
from goracs_core.methods import SelectionConfig, method_of, own_options
from goracs_core.methods.method import Method
from goracs_core.option import NamedOption, options_of
from pages._ui import blocks, method_options, methods, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT, LINKED

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run

LAMBDA_STEPS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_COMMON = {one.name: one for one in options_of(SelectionConfig)}
_METHOD_HELP = (
    "In groups: **GORACS**; **DEALRec**; **references**, which every method must beat; methods that rank by a "
    "**score** of each sample; methods based on the **geometry** of the embeddings. Type to search."
)
_PAST, _NOW = "options_past", "options_now"  # of the form, in the session
_MOST_UNDONE = 50
_HALF_LIFE_HELP = glossary.tooltip("half_life")


def default_budget(num_pool: int) -> int:
    """256, or a tenth of a small pool."""
    return max(1, min(256, num_pool // 10 or 1))


def budgets_line(ref: DatasetRef, default: str, *, key: str, place: Any) -> str:
    """A list of budgets, as numbers of samples or shares of the pool."""
    help_ = f"One or more numbers of samples, such as 64, 256, or shares of the {ref.counts['pool']:,} pool samples: 2%"
    return widgets.line("Budgets k (or %)", default, key=key, place=place, help=help_, **LINKED)


def reset(num_pool: int) -> None:
    """Put every option back to its default; for a button's `on_click`."""
    for key, value in defaults(num_pool).items():
        st.session_state[key] = value


def undo() -> None:
    """Put back the options that held before the last change; for a button's `on_click`."""
    past = st.session_state.get(_PAST, [])
    if past:
        st.session_state[_NOW] = past.pop()
        for key, value in st.session_state[_NOW].items():
            st.session_state[key] = value


def can_undo() -> bool:
    """Whether an option was changed since the form was filled."""
    return bool(st.session_state.get(_PAST))


def _remember(num_pool: int) -> None:
    """Note the options as they are, and those before where one has changed."""
    now = {key: st.session_state[key] for key in defaults(num_pool) if key in st.session_state}
    before = st.session_state.get(_NOW)
    if before is not None and any(now[key] != before[key] for key in now.keys() & before.keys()):
        past = st.session_state.setdefault(_PAST, [])
        past.append(before)
        del past[:-_MOST_UNDONE]
    st.session_state[_NOW] = now


def _forget_changes() -> None:
    st.session_state[_PAST], st.session_state[_NOW] = [], None


def defaults(num_pool: int) -> dict[str, Any]:
    """Default of every option of the form by its key in the session."""
    common = {
        "method": next(iter(methods.by_key())),
        "lambda": SelectionConfig.lambda_,
        "seed": 0,
        "label_aware": True,
        "label_aware_draw": False,
        "half_life": 0.0,
        "budget": str(default_budget(num_pool)),
    }
    return common | method_options.defaults()


def selection_form(
    *, num_pool: int, has_norms: bool, has_labels: bool, has_times: bool
) -> tuple[SelectionConfig, float | None]:
    """The options as widgets: the config and the half-life that they make. Nothing is started by changing them.

    Args:
        num_pool: Largest budget.
        has_norms: Without gradient norms λ stays 0.
        has_labels: Whether choosing within each label is possible.
        has_times: Whether the validation samples can be weighed by age.

    Raises:
        ConfigError: A budget that is none, or larger than the pool.
    """
    method = _method()
    columns = st.columns(2)
    typed = _budget(num_pool, columns[0])
    lambda_, seed = 0.0, 0
    if method.seed_decides:
        help_ = method.seed_decides
        seed = widgets.whole("Seed", 0, 2**31 - 1, 0, key="seed", place=columns[1], help=help_, **LINKED)
    if method.by_objective:
        lambda_ = lambda_slider(has_norms)
    own = own_options(method.config)
    values = method_options.show([one for one in own if not one.words.advanced], {}, has_norms=has_norms)
    with st.expander("Advanced options"):
        st.caption(method.caption)
        values = method_options.show([one for one in own if one.words.advanced], values, has_norms=has_norms)
        label_aware = has_labels and label_toggle(method.by_objective)
        if not method.by_objective:
            lambda_ = _reported_lambda(has_norms)
        days = half_life(has_times) if has_times else None
    _remember(num_pool)
    # Read last, so that a mistake takes no widget away.
    budget = parse_budget(typed, num_pool)
    config = method.config(budget=budget, lambda_=lambda_, seed=seed, label_aware=label_aware, **values)
    config.check_pool(num_pool)
    return config, days


def half_life(has_times: bool, *, key: str = "half_life", place: Any = st) -> float | None:
    """Days in which a validation sample loses half its weight, or None for equal weights.

    Args:
        has_times: Samples without times cannot be weighed by age.
        key: Of the widget.
        place: Column or container.
    """
    if not has_times:
        return None
    label = "Half-life (days, 0 for equal weights)"
    more = {"key": key, "place": place, "step": 7.0, "help": _HALF_LIFE_HELP, **LINKED}
    return widgets.real(label, 0.0, 1e6, 0.0, **more) or None


def _method() -> Method[SelectionConfig]:
    """The method, in the address by its short name (a bound widget would put the label there)."""
    known = methods.by_key()
    default = next(iter(known))
    given = st.query_params.get("method")
    if given in known and given != st.session_state.get("seen_method"):
        st.session_state["method"] = given

    def title(key: str) -> str:
        return known[key].title if key in known else key

    method = str(st.selectbox("Method", list(known), 0, key="method", format_func=title, help=_METHOD_HELP, **KEPT))
    st.session_state["seen_method"] = method
    if method != default:
        if given != method:
            st.query_params["method"] = method
    elif given is not None:
        del st.query_params["method"]
    return known[method]


def _budget(num_pool: int, place: Any) -> str:
    default = str(default_budget(num_pool))
    help_ = f"Number of samples to select, such as 256, or a share of the {num_pool:,} pool samples, such as 2%."
    return widgets.line("Budget k (or %)", default, key="budget", place=place, help=help_, **LINKED)


def lambda_widget(has_norms: bool, place: Any) -> float:
    """The weight of the gradient term."""
    return widgets.lambda_field(has_norms, key="lambda", help=blocks.LAMBDA_HELP, place=place, **LINKED)


def lambda_slider(has_norms: bool) -> float:
    """The weight of the gradient term: a slider in even steps of its logarithm, and a field for any other value."""
    sliding, typing = st.columns([3, 2]) if has_norms else (st, st)
    if has_norms:
        current = float(st.session_state.get("lambda", SelectionConfig.lambda_) or 0.0)
        st.session_state["lambda_slider"] = min(LAMBDA_STEPS, key=lambda step: abs(_place(step) - _place(current)))
        sliding.select_slider(
            "λ: coverage ↔ gradients",
            LAMBDA_STEPS,
            key="lambda_slider",
            format_func=lambda step: f"{step:g}",
            on_change=lambda: st.session_state.update({"lambda": st.session_state["lambda_slider"]}),
            help=blocks.LAMBDA_HELP,
        )
    return lambda_widget(has_norms, typing)


def _place(lambda_: float) -> float:
    """Where λ lies on the slider's scale."""
    return math.log10(max(lambda_, LAMBDA_STEPS[1] / 2))


def fill(run: Run, *, num_pool: int) -> None:
    """Put the options of a run into the form, once, when it is opened: what is shown is what would be run again."""
    before = st.session_state.get("form_of_run")
    if before == run.id:
        return
    st.session_state["form_of_run"] = run.id
    key = next((name for name, one in methods.by_key().items() if isinstance(run.config, one.config)), None)
    if key is None:
        return
    own = {one.key: _shown(one, getattr(run.config, one.name)) for one in own_options(type(run.config))}
    values = {
        "method": key,
        "lambda": float(run.config.lambda_),
        "seed": run.config.seed,
        "budget": str(run.config.budget),
        "label_aware": run.config.label_aware,
        "label_aware_draw": run.config.label_aware,
        "half_life": float(recorded_weighting(run.inputs).get("half_life") or 0.0),
        **own,
    }
    _forget_changes()
    # What the link of a new visitor says about options holds: their widgets read it from the address.
    linked = set() if before else values.keys() & set(st.query_params)
    for name, value in (defaults(num_pool) | values).items():
        if name not in linked:
            st.session_state[name] = value
    if "method" not in linked:
        st.session_state["seen_method"] = st.query_params.get("method")


def _shown(option: NamedOption, value: Any) -> Any:
    return 100 * value if option.words.percent else value


def changed(run: Run, config: SelectionConfig, days: float | None) -> tuple[str, ...]:
    """Options of the form that differ from those of a run, each with both values; empty where it would be the same."""
    told = []
    if type(config) is not type(run.config):
        return (f"method {method_of(run.config).label} → {method_of(config).label}",)
    for entry in fields(config):
        old, new = getattr(run.config, entry.name), getattr(config, entry.name)
        if old != new:
            told.append(f"{entry.name.rstrip('_').replace('_', ' ')} {old} → {new}")
    before = recorded_weighting(run.inputs).get("half_life")
    if (before or 0.0) != (days or 0.0):
        told.append(f"half-life {before or 'none'} → {days or 'none'}")
    return tuple(told)


def _reported_lambda(has_norms: bool) -> float:
    """λ of a method that does not choose by it."""
    if not has_norms:
        return 0.0
    st.caption(
        "This method does not choose by λ; λ is only used in the reported POO. Use the same value to compare methods."
    )
    return lambda_widget(has_norms, st)


def label_toggle(by_default: bool, *, prefix: str = "") -> bool:
    """Whether to choose within each label."""
    # Separate keys, because the default differs: GORACS uses labels wherever there are some.
    key = f"{prefix}{'label_aware' if by_default else 'label_aware_draw'}"
    words = _COMMON["label_aware"].words
    return st.toggle(words.label, by_default, key=key, help=words.help, **LINKED)
