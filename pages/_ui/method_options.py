"""Each method's own options as widgets, made from the words of its config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from goracs_core.methods import METHODS, own_options
from goracs_core.option import NamedOption

_PER_ROW = 4
_WITHOUT_NORMS = "These features have no gradient norms, so this has no effect."


def shown_default(option: NamedOption) -> Any:
    """What the widget shows at first: the config's default, in per cent for a share."""
    return 100 * option.default if option.words.percent else option.default


def defaults() -> dict[str, Any]:
    """Session key to default, of every option of every method; for a reset."""
    return {one.key: shown_default(one) for method in METHODS.values() for one in own_options(method.config)}


def show(options: Sequence[NamedOption], values: dict[str, Any], *, has_norms: bool) -> dict[str, Any]:
    """Widgets for some of a method's options, and what they say under the config's names.

    Args:
        options: Which of its options.
        values: What was chosen before; options without a use beside it are left out.
        has_norms: Whether the features have gradient norms.

    Returns:
        `values` and the new ones.
    """
    shown = [
        one
        for one in options
        if one.words.only_with is None or values.get(one.words.only_with[0]) == one.words.only_with[1]
    ]
    values = dict(values)
    for start in range(0, len(shown), _PER_ROW):
        row = shown[start : start + _PER_ROW]
        for column, option in zip(st.columns(_PER_ROW, vertical_alignment="bottom"), row, strict=False):
            with column:
                values[option.name] = _widget(option, has_norms)
    return values


def _widget(option: NamedOption, has_norms: bool) -> Any:
    default, words = shown_default(option), option.words
    left = () if has_norms else words.without_norms
    if isinstance(default, bool):
        return st.toggle(words.label, default, key=option.key, bind="query-params", help=words.help)
    if words.choices:
        return _choice(option, str(default), left or tuple(words.choices))
    if left:
        (value,) = left
        st.number_input(words.label, value, value, value, disabled=True, key=f"no_{option.key}", help=_WITHOUT_NORMS)
        return value
    if isinstance(default, int):
        return int(
            st.number_input(
                words.label,
                int(words.low),
                int(words.high),
                default,
                key=option.key,
                bind="query-params",
                help=words.help,
            )
        )
    value = st.number_input(
        words.label,
        float(words.low),
        float(words.high),
        float(default),
        step=words.step,
        format=words.format,
        key=option.key,
        bind="query-params",
        help=words.help,
    )
    # A share of 0.07 % is 0.0007, not the nearest double to 0.07 / 100.
    return round(float(value) / 100, 12) if words.percent else float(value)


def _choice(option: NamedOption, default: str, allowed: Sequence[Any]) -> str:
    names = {value: name for value, name in option.words.choices.items() if value in allowed}
    chosen = st.selectbox(
        option.words.label,
        list(names),
        list(names).index(default),
        key=option.key,
        bind="query-params",
        help=option.words.help,
        format_func=lambda value: names.get(str(value), str(value)),
    )
    return str(chosen) if chosen in names else default
