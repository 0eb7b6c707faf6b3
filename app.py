"""The dashboard: the list of pages and the shared frame; nothing else. Start it with `make run`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages._ui import frame, routes

st.set_page_config(page_title="GORACS Explorer", page_icon=":material/filter_center_focus:", layout="wide")

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
