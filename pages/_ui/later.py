"""Parts below the first screen: made when the first picture of the page is in sight, which they would hold up."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._ui import guard
from pages._ui.frontend import element

_DUE, _PAGE = "later_due", "later_page"


def begin(page: str) -> None:
    """Where another page was in sight before, its parts wait again.

    Args:
        page: Name of the page that begins.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state[_DUE] = set()


def part(body: Callable[[], None], *, key: str, wait: bool = True) -> None:
    """A part of the page that is drawn after the first picture; a fragment of its own.

    Args:
        body: Draws the part.
        key: Unique on the page.
        wait: Whether there is a picture above to wait for.
    """
    if wait:
        st.fragment(_part)(body, key)
    else:
        body()


@guard.guarded
def _part(body: Callable[[], None], key: str) -> None:
    if is_due(key):
        body()
    else:
        element("later")(key=f"{key}_due", on_due_change=lambda: _due().add(key))


def is_due(key: str) -> bool:
    """Whether the browser has shown the first picture since this page began."""
    return key in _due()


def _due() -> set[str]:
    return st.session_state.setdefault(_DUE, set())
