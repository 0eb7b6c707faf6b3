"""Each quantity with formula, unit, symbol, source, and a live example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.glossary import GLOSSARY, GROUPS, Term
from pages._ui import blocks, routes, text
from pages._ui.guide import examples
from pages._ui.guide.shown import Shown
from pages._ui.guide.shown import find as find_shown
from pages._ui.widgets import LINKED

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_ALL = "all"


def show() -> None:
    """Choose a group or one quantity; its terms with their examples."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    group = left.selectbox("Group", list(GROUPS), key="group", **LINKED)
    names = {_ALL: "All of the group", **{key: one.name for key, one in GLOSSARY.items()}}
    help_ = "Type to search in all groups."
    key = right.selectbox("Quantity", list(names), key="quantity", format_func=names.__getitem__, help=help_, **LINKED)
    terms = GROUPS[str(group)] if key == _ALL else (GLOSSARY[str(key)],)
    st.header(str(group) if key == _ALL else "One quantity", anchor=False)
    if len(terms) > 1:
        st.markdown(" · ".join(f"[{text.escape(one.name)}](#{_anchor(one)})" for one in terms))
    source = st.empty()
    places = {one.key: _card(one) for one in terms}
    shown = find_shown()
    if shown is None:
        source.caption("There is no open run, and the demo is missing: no examples.")
        return
    source.caption(f"Examples: {shown.words}; for trained models, finished experiments.")
    for name, place in places.items():
        with place:
            _example(name, shown)


def _card(one: Term) -> DeltaGenerator:
    """One term; the place for its example."""
    with st.container(border=True, key=f"term_{one.key}"):
        left, right = st.columns([2.4, 1], gap="medium")
        with left:
            symbol = f"  ${one.symbol}$" if one.symbol else ""
            st.subheader(f"{one.name}{symbol}", anchor=_anchor(one))
            st.markdown(one.text)
            if one.formula:
                st.latex(one.formula)
            facts = [f"**Unit**: {one.unit}"]
            facts += [f"**in the paper**: ${one.paper}$"] if one.paper else []
            facts += [f"**Source**: {one.source}"] if one.source else []
            st.caption(" · ".join(facts))
        with right:
            place = st.container(gap="xsmall")
            route = routes.named(one.page)
            if route is not None:
                blocks.link(route, route.title)
    return place


def _example(key: str, shown: Shown) -> None:
    try:
        found = examples.of((key,), shown)[key]
    except GoracsError as error:
        st.caption(text.escape(str(error)))
        return
    st.metric("Example", found.value)
    if found.note:
        st.caption(text.escape(found.note))


def _anchor(one: Term) -> str:
    return one.key.replace("_", "-")
