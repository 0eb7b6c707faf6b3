"""Learn / Guide: what do the numbers mean, and what may I conclude?"""

from __future__ import annotations

import streamlit as st

from pages._ui import frame
from pages._ui.guide import checks, failures, lesson, prose, quantities, recipe
from pages._ui.widgets import LINKED

TOPICS = {
    "quantities": ("Quantities", quantities.show),
    "transport": ("What transport does", prose.transport),
    "maps": ("What UMAP cannot tell", prose.maps),
    "failures": ("Failure signatures", failures.show),
    "checks": ("Three checks", checks.show),
    "lesson": ("Lesson of 20 minutes", lesson.show),
    "recipe": ("CSV to fine-tuning", recipe.show),
}

frame.begin("Guide", "What do the numbers mean, and what may I conclude from them?")
contents, body = st.columns([1, 4.2], gap="medium")
with contents:
    topic = st.radio("Contents", list(TOPICS), key="topic", format_func=lambda name: TOPICS[name][0], **LINKED)
with body:
    TOPICS[str(topic)][1]()
