"""The dashboard: the list of pages and the shared frame; nothing else. Start it with `make run`."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st
from streamlit import runtime

from pages._ui import arrays, frame, frontend, routes
from pages._ui.map import export

# A local picture: Streamlit would fetch emojis and symbols for the browser tab from other servers.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5fa8"/>'
    '<g fill="#fff" fill-opacity=".55"><circle cx="8" cy="9" r="2"/><circle cx="24" cy="8" r="2"/>'
    '<circle cx="7" cy="23" r="2"/><circle cx="25" cy="24" r="2"/></g>'
    '<circle cx="16" cy="16" r="5" fill="#ffb454"/></svg>'
)

# `streamlit run` finds this object, imports this file once and serves from it. So st.navigation below has been called
# before the first visitor comes; otherwise Streamlit would look for the page of the first address it is asked by its
# older rules in the folder pages/, and greet a deep link with "Page not found".
app = st.App(__file__, routes=[frontend.route(), arrays.route(), export.route()])

starting = not runtime.exists()
if starting:  # nobody is there yet, which Streamlit would warn about
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
else:
    st.set_page_config(page_title="GORACS Explorer", page_icon=ICON, layout="wide")

pages: dict[str, list] = {}
for route in routes.ROUTES:
    pages.setdefault(route.section, []).append(
        st.Page(
            Path(__file__).parent / route.script,
            title=route.title,
            url_path=route.url_path,
            default=route is routes.HOME,
            help=route.help,
        )
    )
page = st.navigation(pages, position="hidden" if not starting and st.context.is_embedded else "top")

if starting:
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = False
else:
    frame.show(page)
