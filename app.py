"""The dashboard: the list of pages and the shared frame; nothing else. Start it with `make run`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages._ui import frame, routes

# A local picture: Streamlit would fetch emojis and symbols for the browser tab from other servers.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5fa8"/>'
    '<g fill="#fff" fill-opacity=".55"><circle cx="8" cy="9" r="2"/><circle cx="24" cy="8" r="2"/>'
    '<circle cx="7" cy="23" r="2"/><circle cx="25" cy="24" r="2"/></g>'
    '<circle cx="16" cy="16" r="5" fill="#ffb454"/></svg>'
)

st.set_page_config(page_title="GORACS Explorer", page_icon=ICON, layout="wide")

_here = Path(__file__).parent
_pages: dict[str, list] = {}
for _route in routes.ROUTES:
    _pages.setdefault(_route.section, []).append(
        st.Page(
            _here / _route.script,
            title=_route.title,
            icon=_route.icon,
            url_path=_route.url_path,
            default=_route is routes.HOME,
            help=_route.help,
        )
    )

frame.show(st.navigation(_pages))
