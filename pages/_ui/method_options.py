"""Each method's own options as widgets, made from the words of its config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from goracs_core.methods import METHODS, own_options
from goracs_core.option import NamedOption
from pages._ui import widgets
from pages._ui.widgets import LINKED

_PER_ROW = 2
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
    values = dict(values)
    with_ = [(one, one.words.only_with) for one in options]
    shown = [one for one, needed in with_ if needed is None or values.get(needed[0]) == needed[1]]
    for start in range(0, len(shown), _PER_ROW):
        row = shown[start : start + _PER_ROW]
        for column, option in zip(st.columns(_PER_ROW, vertical_alignment="bottom"), row, strict=False):
            values[option.name] = widget(option, place=column, has_norms=has_norms)
    return values


def widget(option: NamedOption, *, place: Any = st, prefix: str = "", has_norms: bool = True) -> Any:
    """The widget of an option, and the value under the config's rules.

    Args:
        option: The option.
        place: Column or container.
        prefix: Of the widget's key, on a page that is not about one selection.
        has_norms: Whether the features have gradient norms.
    """
    default, words, key = shown_default(option), option.words, f"{prefix}{option.key}"
    left = () if has_norms else words.without_norms
    more = {"key": key, "help": words.help, **LINKED}
    if isinstance(default, bool):
        return place.toggle(words.label, default, **more)
    if words.choices:
        return _choice(option, str(default), left or tuple(words.choices), place, more)
    if left:
        (value,) = left
        place.number_input(words.label, value, value, value, disabled=True, key=f"no_{key}", help=_WITHOUT_NORMS)
        return value
    if isinstance(default, int):
        return widgets.whole(words.label, int(words.low), int(words.high), default, place=place, **more)
    more |= {"step": words.step, "format": words.format, "place": place}
    value = widgets.real(words.label, float(words.low), float(words.high), float(default), **more)
    # A share of 0.07 % is 0.0007, not the nearest double to 0.07 / 100.
    return round(value / 100, 12) if words.percent else value


def _choice(option: NamedOption, default: str, allowed: Sequence[Any], place: Any, more: dict[str, Any]) -> str:
    names = {value: name for value, name in option.words.choices.items() if value in allowed}

    def named(value: object) -> str:
        return names.get(str(value), str(value))

    chosen = place.selectbox(option.words.label, list(names), list(names).index(default), format_func=named, **more)
    return str(chosen) if chosen in names else default
