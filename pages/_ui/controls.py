"""The form that makes a SelectionConfig; its values live in the address, so that a link reproduces it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from goracs_core.config import CertifiedConfig, ItraConfig, RandomConfig, SelectionConfig, StratifiedRandomConfig
from pages._ui import blocks

# As they stand in the address: the method, and the solver where it is not the method's default.
CERTIFIED, ITRA, RANDOM, STRATIFIED = "goracs", "goracs-itra", "random", "stratified-random"
METHODS = {
    CERTIFIED: "GORACS (certified)",
    ITRA: "GORACS (ITRA, as published)",
    RANDOM: "Random",
    STRATIFIED: "Stratified random",
}
_METHOD_HELP = (
    "**GORACS (certified)**: prices for the validation samples prove how good any coreset of this size can be, and "
    "lead to one that is nearly as good; the result says how near.  \n"
    "**GORACS (ITRA, as published)**: greedy choice, then exchanges judged by exact transport (arXiv 2506.04015). "
    "Proves nothing unless asked to.  \n"
    "**Random**: uniform draws, the reference every method must beat.  \n"
    "**Stratified random**: random within popularity deciles or labels, in proportion to the pool."
)
_DEFAULT_LAMBDA = 0.05
_DEFAULT_GAP = 100 * CertifiedConfig.gap
_DEFAULTS = {
    "method": CERTIFIED, "lambda": _DEFAULT_LAMBDA, "seed": 0,
    "gap": _DEFAULT_GAP, "rounds": CertifiedConfig.max_rounds, "seconds": CertifiedConfig.max_seconds,
    "exchanges": ItraConfig.max_exchanges, "candidates": ItraConfig.prune_candidates, "bound": ItraConfig.bound,
    "label_aware": True, "label_aware_draw": False, "half_life": 0.0,
}  # fmt: skip


def default_budget(num_pool: int) -> int:
    """256, or a tenth of a small pool."""
    return max(1, min(256, num_pool // 10 or 1))


def reset(num_pool: int) -> None:
    """Put every option back to its default; for a button's `on_click`."""
    for key, value in {**_DEFAULTS, "budget": default_budget(num_pool)}.items():
        st.session_state[key] = value


def selection_form(*, num_pool: int, has_norms: bool, has_labels: bool) -> SelectionConfig:
    """The options as widgets, and the config they make. Nothing is started by changing them.

    Args:
        num_pool: Largest budget.
        has_norms: Without gradient norms λ stays 0.
        has_labels: Whether choosing within each label is possible.
    """
    method = _method()
    left, middle, right, last = st.columns(4)
    with left:
        budget = _budget(num_pool)
    with middle:
        _budget_share(num_pool, budget)
    with right:
        lambda_ = _lambda(has_norms)
    seed = last.number_input(
        "Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params",
        help="Of every random choice. The same data, options and seed give the same coreset.",
    )  # fmt: skip
    with st.expander("Advanced options"):
        return _advanced(method, budget, lambda_, int(seed), has_labels)


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


def _method() -> str:
    """The method, in the address by its short name (a bound widget would put the label there)."""
    given = st.query_params.get("method")
    if given in METHODS and given != st.session_state.get("seen_method"):
        st.session_state["method"] = given
    method = st.segmented_control(
        "Method", list(METHODS), default=CERTIFIED, required=True, format_func=lambda name: METHODS[name],
        key="method", persist_state="session", help=_METHOD_HELP,
    )  # fmt: skip
    st.session_state["seen_method"] = method
    if method != CERTIFIED:
        if given != method:
            st.query_params["method"] = method
    elif given is not None:
        del st.query_params["method"]
    return str(method)


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


def _advanced(method: str, budget: int, lambda_: float, seed: int, has_labels: bool) -> SelectionConfig:
    # Separate keys, because the default differs: GORACS uses labels wherever there are some.
    by_default = method in (CERTIFIED, ITRA)
    label_aware = has_labels and st.toggle(
        "Choose within each label", by_default, key="label_aware" if by_default else "label_aware_draw",
        bind="query-params",
        help="Split the budget over the labels in proportion to the validation samples, and choose in each alone.",
    )  # fmt: skip
    if method == CERTIFIED:
        return _certified(budget, lambda_, seed, label_aware)
    if method == ITRA:
        return _itra(budget, lambda_, seed, label_aware)
    if not has_labels:
        st.caption("This method has no further options. λ only enters the value that is reported, not the draw.")
    kind = RandomConfig if method == RANDOM else StratifiedRandomConfig
    return kind(budget=budget, lambda_=lambda_, seed=seed, label_aware=label_aware)


def _certified(budget: int, lambda_: float, seed: int, label_aware: bool) -> CertifiedConfig:
    left, middle, right = st.columns(3)
    gap = left.number_input(
        "Requested gap (%)", 0.0, 99.0, _DEFAULT_GAP, step=0.05, format="%.3f", key="gap", bind="query-params",
        help="Stop as soon as it is proven that no coreset of this size can be better by more than this share of the "
        "transport term. 0 never stops early.",
    )  # fmt: skip
    rounds = middle.number_input(
        "Most rounds", 1, 100_000, CertifiedConfig.max_rounds, key="rounds", bind="query-params",
        help="Most price updates of the dual ascent. More rounds prove a little more and take longer.",
    )  # fmt: skip
    seconds = right.number_input(
        "Time limit (s)", 0.0, 86_400.0, CertifiedConfig.max_seconds, step=10.0, format="%.0f", key="seconds",
        bind="query-params",
        help="Stop after so many seconds with what is proven by then; 0 for no limit. With a limit, the coreset can "
        "change from run to run: a faster machine gets further.",
    )  # fmt: skip
    # A share of 0.07 % is 0.0007, not the nearest double to 0.07 / 100.
    return CertifiedConfig(
        budget=budget, lambda_=lambda_, seed=seed, gap=round(gap / 100, 12), max_rounds=int(rounds),
        max_seconds=float(seconds), label_aware=label_aware,
    )  # fmt: skip


def _itra(budget: int, lambda_: float, seed: int, label_aware: bool) -> ItraConfig:
    left, right = st.columns(2)
    exchanges = left.number_input(
        "Most exchanges (T)", 0, 10_000, ItraConfig.max_exchanges, key="exchanges", bind="query-params",
        help="Accepted exchanges after the greedy stage; 0 keeps the greedy set.",
    )  # fmt: skip
    candidates = right.number_input(
        "Candidate rows (c)", 1, 200, ItraConfig.prune_candidates, key="candidates", bind="query-params",
        help="Rows kept by outer and by inner pruning: up to c × c pairs are tried per exchange.",
    )  # fmt: skip
    bound = st.toggle(
        "Also prove a lower bound", ItraConfig.bound, key="bound", bind="query-params",
        help="Dual ascent after the exchanges: the coreset stays the same, and it is proven how much better another "
        "one of its size could be at most.",
    )  # fmt: skip
    return ItraConfig(
        budget=budget, lambda_=lambda_, seed=seed, max_exchanges=int(exchanges), prune_candidates=int(candidates),
        bound=bound, label_aware=label_aware,
    )  # fmt: skip


def method_name(values: Mapping[str, Any]) -> str:
    """What the form calls the method and solver of a config's plain values; "" for those of a damaged run."""
    method = str(values.get("method", ""))
    return METHODS.get(f"{method}-{values.get('solver')}") or METHODS.get(method, method)
