"""The form that makes a SelectionConfig; its values live in the address, so that a link reproduces it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from goracs_core.budget import parse_budget
from goracs_core.methods import SelectionConfig, own_options
from goracs_core.methods.method import Method
from goracs_core.option import options_of
from pages._ui import blocks, method_options, methods, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT, LINKED

_COMMON = {one.name: one for one in options_of(SelectionConfig)}
_METHOD_HELP = (
    "In groups: **GORACS**; **DEALRec**; **references**, which every method must beat; methods that rank by a "
    "**score** of each sample; methods based on the **geometry** of the embeddings. Type to search."
)
_HALF_LIFE_HELP = (
    "For data that change over time: the weight of a validation sample halves for every half-life that it is older "
    "than the newest sample."
)


def default_budget(num_pool: int) -> int:
    """256, or a tenth of a small pool."""
    return max(1, min(256, num_pool // 10 or 1))


def budgets_line(ref: DatasetRef, default: str, *, key: str, place: Any) -> str:
    """A list of budgets, as numbers of samples or shares of the pool."""
    help_ = f"One or more numbers of samples, such as 64, 256, or shares of the {ref.counts['pool']:,} pool samples: 2%"
    return widgets.line("Budgets k (or %)", default, key=key, place=place, help=help_, **LINKED)


def reset(num_pool: int) -> None:
    """Put every option back to its default; for a button's `on_click`."""
    common = {
        "method": next(iter(methods.by_key())),
        "lambda": SelectionConfig.lambda_,
        "seed": 0,
        "label_aware": True,
        "label_aware_draw": False,
        "half_life": 0.0,
        "budget": str(default_budget(num_pool)),
    }
    for key, value in (common | method_options.defaults()).items():
        st.session_state[key] = value


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
    columns = iter(st.columns(4))
    typed = _budget(num_pool, next(columns))
    lambda_, seed = 0.0, 0
    if method.by_objective:
        lambda_ = lambda_widget(has_norms, next(columns))
    if method.seed_decides:
        seed = widgets.whole(
            "Seed", 0, 2**31 - 1, 0, key="seed", place=next(columns), help=method.seed_decides, **LINKED
        )
    own = own_options(method.config)
    values = method_options.show([one for one in own if not one.words.advanced], {}, has_norms=has_norms)
    with st.expander("Advanced options"):
        values = method_options.show([one for one in own if one.words.advanced], values, has_norms=has_norms)
        label_aware = has_labels and label_toggle(method.by_objective)
        if not method.by_objective:
            lambda_ = _reported_lambda(has_norms)
        days = half_life(has_times, place=st.columns(2)[0]) if has_times else None
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
    found = known[method]
    st.caption(found.caption)
    return found


def _budget(num_pool: int, place: Any) -> str:
    default = str(default_budget(num_pool))
    help_ = f"Number of samples to select, such as 256, or a share of the {num_pool:,} pool samples, such as 2%."
    return widgets.line("Budget k (or %)", default, key="budget", place=place, help=help_, **LINKED)


def lambda_widget(has_norms: bool, place: Any) -> float:
    """The weight of the gradient term."""
    return widgets.lambda_field(has_norms, key="lambda", help=blocks.LAMBDA_HELP, place=place, **LINKED)


def _reported_lambda(has_norms: bool) -> float:
    """λ of a method that does not choose by it."""
    if not has_norms:
        return 0.0
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    right.caption(
        "This method does not choose by λ; λ is only used in the reported POO. Use the same value to compare methods."
    )
    return lambda_widget(has_norms, left)


def label_toggle(by_default: bool, *, prefix: str = "") -> bool:
    """Whether to choose within each label."""
    # Separate keys, because the default differs: GORACS uses labels wherever there are some.
    key = f"{prefix}{'label_aware' if by_default else 'label_aware_draw'}"
    words = _COMMON["label_aware"].words
    return st.toggle(words.label, by_default, key=key, help=words.help, **LINKED)
