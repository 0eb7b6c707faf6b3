"""The samples that were picked in the Scores page's scatter plot: a table with their scores, and one in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.scores import PRUNED
from pages._ui import columns, guard, sample_card, samples
from pages._ui.samples import View
from pages._ui.score_words import POPULARITY, name, words
from pages._ui.score_words import columns as score_columns

if TYPE_CHECKING:
    import pandas as pd

    from goracs_core.jobs.select.run import Run
    from goracs_core.scores import ScoreTrace

SELECTED, FRAGMENT = "scores_selected", "scores_details"
TABLE_ROWS, HIGHEST = 2_000, 100


def table(seen: View, trace: ScoreTrace, second: Run | None, rows: np.ndarray) -> pd.DataFrame:
    """The samples with their scores and strata; one row each."""
    listed = samples.table(seen, rows).filter(["Part", "Title", "Category", "Popularity", "Row", "Id"])
    place = 1  # the titles are long: numbers stand before them
    if len(trace.strata):
        given = trace.strata[rows]
        listed.insert(place, "Stratum", ["excluded" if one == PRUNED else str(one) for one in given])
        place += 1
    for column, values in score_columns(seen, trace, second).items():
        if column != POPULARITY:
            listed.insert(place, name(column), values[rows])
            place += 1
    if second is not None:
        listed.insert(place, "In B", np.isin(rows, second.selection.indices))
    return listed


@st.fragment(key=FRAGMENT)
@guard.guarded
def details(seen: View, trace: ScoreTrace, second: Run | None) -> None:
    """The selected samples as a table, and one of them in detail."""
    picked = [one for one in st.session_state.get(SELECTED) or [] if 0 <= one < seen.num_pool]
    listed = picked or np.argsort(-trace.values, kind="stable")[:HIGHEST].tolist()
    with st.container(horizontal=True, vertical_alignment="center"):
        highest = f"Nothing selected; the {len(listed):,} highest by {name(trace.ranked_by)}"
        heading = f"Selected {len(picked):,} of {seen.num_pool:,}" if picked else highest
        st.markdown(f"**{heading}**", width="content")
        icon = ":material/close:"
        st.button("Clear", icon=icon, type="tertiary", on_click=clear, disabled=not picked, key="scores_clear")
    left, right = st.columns([3, 2], gap="large")
    shown = np.array(listed[:TABLE_ROWS], dtype=np.int64)
    with left:
        rows = table(seen, trace, second, shown)
        formats = {}
        for column in score_columns(seen, trace, second):
            told = words(column.removeprefix("B: "))
            formats[name(column)] = columns.number(format=told.format, help=told.help)
        key = f"scores_table_{hash(shown.tobytes())}"
        more = {"columns": {**formats, **samples.COLUMNS}, "total": len(listed)}
        picked_sample = samples.pick(rows, shown, key=key, alt="The selected samples with their scores", **more)
    with right, st.container(border=True):
        sample_card.show(seen, picked_sample, key="scores_card")


def clear() -> None:
    """Forget the selection; a new figure drops the drawn lasso."""
    st.session_state[SELECTED] = []
    st.session_state["scores_epoch"] = st.session_state.get("scores_epoch", 0) + 1
    st.rerun()
