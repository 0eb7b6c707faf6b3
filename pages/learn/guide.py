"""Learn / Guide: what do the numbers mean, and what may I conclude?"""

from __future__ import annotations

import streamlit as st

from goracs_core.errors import GoracsError
from pages._ui import blocks, frame, guard, state
from pages._ui.guide import checks, failures, lesson, prose, quantities, recipe
from pages._ui.widgets import LINKED

TOPICS = {
    "Quantities": quantities.show,
    "What transport does": prose.transport,
    "What UMAP cannot tell": prose.maps,
    "Failure signatures": failures.show,
    "Three checks": checks.show,
    "Lesson of 20 minutes": lesson.show,
    "CSV to fine-tuning": recipe.show,
}

frame.begin("Guide", "What do the numbers mean, and what may I conclude from them?")
contents, body = st.columns([1, 4], gap="medium")
with contents:
    topic = st.radio("Contents", list(TOPICS), key="topic", **LINKED)
    if state.DATASETS.current is None:
        blocks.demo_button()
with body:
    try:
        state.dataset()
    except GoracsError as error:  # the examples come from the demo then
        guard.error(error)
    TOPICS[str(topic)]()
