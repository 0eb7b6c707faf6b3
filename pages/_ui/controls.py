"""The form that makes a SelectionConfig; its values live in the address, so that a link reproduces it."""

from __future__ import annotations

import streamlit as st

from goracs_core.methods import SelectionConfig, own_options
from goracs_core.methods.method import Method
from pages._ui import blocks, method_options, methods

_DEFAULT_LAMBDA = SelectionConfig.lambda_
_METHOD_HELP = (
    "In groups: **GORACS**; **DEALRec**; **references**, which every method must beat; methods that rank by a "
    "**score** of each sample; methods that look at the **geometry** of the embeddings. Type to search."
)


def default_budget(num_pool: int) -> int:
    """256, or a tenth of a small pool."""
    return max(1, min(256, num_pool // 10 or 1))


def reset(num_pool: int) -> None:
    """Put every option back to its default; for a button's `on_click`."""
    common = {
        "method": next(iter(methods.by_key())),
        "lambda": _DEFAULT_LAMBDA,
        "seed": 0,
        "label_aware": True,
        "label_aware_draw": False,
        "half_life": 0.0,
        "budget": default_budget(num_pool),
    }
    for key, value in (common | method_options.defaults()).items():
        st.session_state[key] = value


def selection_form(*, num_pool: int, has_norms: bool, has_labels: bool) -> SelectionConfig:
    """The options as widgets, and the config they make. Nothing is started by changing them.

    Args:
        num_pool: Largest budget.
        has_norms: Without gradient norms λ stays 0.
        has_labels: Whether choosing within each label is possible.
    """
    method = _method()
    columns = iter(st.columns(4))
    with next(columns):
        budget = _budget(num_pool)
    with next(columns):
        _budget_share(num_pool, budget)
    lambda_ = 0.0
    if method.by_objective:
        with next(columns):
            lambda_ = _lambda(has_norms)
    seed = 0
    if method.seed_decides:
        with next(columns):
            seed = _seed(method)
    own = own_options(method.config)
    values = method_options.show([one for one in own if not one.words.advanced], {}, has_norms=has_norms)
    with st.expander("Advanced options"):
        values = method_options.show([one for one in own if one.words.advanced], values, has_norms=has_norms)
        label_aware = has_labels and _label_aware(method.by_objective)
        if not method.by_objective:
            lambda_ = _reported_lambda(has_norms)
    return method.config(budget=budget, lambda_=lambda_, seed=seed, label_aware=label_aware, **values)


def half_life(has_times: bool) -> float | None:
    """Days in which a validation sample loses half its weight, or None for equal weights.

    Args:
        has_times: Samples without times cannot be weighed by age.
    """
    if not has_times:
        return None
    with st.expander("Weight of the validation samples"):
        days = st.number_input(
            "Half-life (days, 0 for equal weights)", 0.0, 1e6, 0.0, step=7.0, key="half_life", bind="query-params",
            help="A validation sample that is this much older than the newest one counts half as much: "
            "weight 0.5 ^ (age / half-life), for targets that drift.",
        )  # fmt: skip
    return float(days) or None


def _method() -> Method[SelectionConfig]:
    """The method, in the address by its short name (a bound widget would put the label there)."""
    known = methods.by_key()
    default = next(iter(known))
    given = st.query_params.get("method")
    if given in known and given != st.session_state.get("seen_method"):
        st.session_state["method"] = given
    method = str(
        st.selectbox(
            "Method",
            list(known),
            0,
            key="method",
            persist_state="session",
            format_func=lambda key: known[key].title if key in known else key,
            help=_METHOD_HELP,
        )
    )
    st.session_state["seen_method"] = method
    if method != default:
        if given != method:
            st.query_params["method"] = method
    elif given is not None:
        del st.query_params["method"]
    found = known[method]
    st.caption(found.caption)
    return found


def _seed(method: Method[SelectionConfig]) -> int:
    return int(st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params", help=method.seed_decides))


def _budget(num_pool: int) -> int:
    # No largest value here: the browser would keep the last good number and say nothing of it. `too_large` does.
    return int(st.number_input(
        "Budget k (samples)", 1, None, default_budget(num_pool), key="budget", bind="query-params",
        help=f"How many of the {num_pool:,} pool samples to choose; **k** here, n in the papers.",
    ))  # fmt: skip


def too_large(config: SelectionConfig, num_pool: int) -> bool:
    """Whether the budget is more than the pool has; says so."""
    if config.budget <= num_pool:
        return False
    st.error(
        f"The budget is {config.budget:,}, but the pool has only {num_pool:,} samples; choose at most {num_pool:,}.",
        icon=":material/error:",
    )
    return True


def _budget_share(num_pool: int, budget: int) -> None:
    """The same budget in per cent; changing either changes the other."""

    def take_over() -> None:
        share = st.session_state["budget_share"]
        st.session_state["budget"] = min(max(round(share / 100 * num_pool), 1), num_pool)

    st.session_state["budget_share"] = min(round(100 * budget / num_pool, 3), 100.0)
    st.number_input(
        "Budget (% of the pool)", 0.0, 100.0, step=1.0, format="%.2f", key="budget_share", on_change=take_over,
        help="The same budget as a share of the pool.",
    )  # fmt: skip


def _lambda(has_norms: bool) -> float:
    if not has_norms:
        st.number_input("λ", 0.0, 0.0, 0.0, disabled=True, key="lambda_without_norms", help=(
            "These features have no gradient norms, so only λ = 0 (pure transport) makes sense."))  # fmt: skip
        return 0.0
    return float(st.number_input(
        "λ", 0.0, 1000.0, _DEFAULT_LAMBDA, step=0.05, format="%.3f", key="lambda", bind="query-params",
        help=blocks.LAMBDA_HELP,
    ))  # fmt: skip


def _reported_lambda(has_norms: bool) -> float:
    """λ of a method that does not choose by it."""
    if not has_norms:
        return 0.0
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        lambda_ = _lambda(has_norms)
    right.caption("This method does not choose by λ: it only enters the POO that is reported. Keep it the same to "
                  "compare methods.")  # fmt: skip
    return lambda_


def _label_aware(by_default: bool) -> bool:
    # Separate keys, because the default differs: GORACS uses labels wherever there are some.
    return st.toggle(
        "Choose within each label", by_default, key="label_aware" if by_default else "label_aware_draw",
        bind="query-params",
        help="Split the budget over the labels in proportion to the validation samples, and choose in each alone.",
    )  # fmt: skip
