"""Understand / Transport plan: who serves whom, at what cost?"""

from __future__ import annotations

import streamlit as st

from pages._ui import frame, need, samples
from pages._ui.plan import view as plan_view

frame.begin("Transport plan", "Which selected sample covers which validation samples, and how far apart are they?")
ref = need.dataset()
need.features(ref)
run = need.run(ref)
seen = samples.view(ref, run)

plan_view.figures(seen, run)
st.subheader("Overview", anchor=False)
plan_view.overview(seen, run)
plan_view.details(seen, run)
