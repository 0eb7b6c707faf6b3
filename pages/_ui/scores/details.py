"""The samples that were picked in the Scores page's scatter: a table with their scores, and one of them closely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.scores import PRUNED
from pages._ui import guard, sample_card, samples, selection
from pages._ui.samples import View
from pages._ui.score_words import POPULARITY, columns, name, words

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
        listed.insert(place, "Stratum", ["dropped" if one == PRUNED else str(one) for one in given])
        place += 1
    for column, values in columns(seen, trace, second).items():
        if column != POPULARITY:
            listed.insert(place, name(column), values[rows])
            place += 1
    if second is not None:
        listed.insert(place, "In B", np.isin(rows, second.selection.indices))
    return listed


@st.fragment(key=FRAGMENT)
@guard.guarded
def details(seen: View, trace: ScoreTrace, second: Run | None) -> None:
    """The selected samples as a table, and one of them looked at closely."""
    picked = [one for one in st.session_state.get(SELECTED) or [] if 0 <= one < seen.num_pool]
    listed = picked or np.argsort(-trace.values, kind="stable")[:HIGHEST].tolist()
    with st.container(horizontal=True, vertical_alignment="center"):
        highest = f"Nothing selected; the {len(listed):,} highest by {name(trace.ranked_by)}"
        heading = f"Selected {len(picked):,} of {seen.num_pool:,}" if picked else highest
        st.markdown(f"**{heading}**", width="content")
        st.button(
            "Clear", icon=":material/close:", type="tertiary", on_click=clear, disabled=not picked, key="scores_clear"
        )
    left, right = st.columns([3, 2], gap="large")
    shown = np.array(listed[:TABLE_ROWS], dtype=np.int64)
    with left:
        rows = table(seen, trace, second, shown)
        formats = {
            name(column): st.column_config.NumberColumn(
                format=words(column.removeprefix("B: ")).format, help=words(column.removeprefix("B: ")).help
            )
            for column in columns(seen, trace, second)
        }
        event = st.dataframe(
            rows, hide_index=True, height=460, on_select="rerun", selection_mode="single-row",
            key=f"scores_table_{hash(shown.tobytes())}", column_config={**formats, **samples.COLUMNS},
            alt="The selected samples with their scores",
        )  # fmt: skip
        rest = "" if len(shown) == len(listed) else f" The first {len(shown):,} of {len(listed):,} are listed."
        st.caption(f"Select a row to show its details on the right.{rest}")
    row = selection.picked_row(event)
    with right, st.container(border=True):
        sample_card.show(seen, int(shown[row if row is not None and row < len(shown) else 0]), key="scores_card")


def clear() -> None:
    """Forget the selection; a new figure drops the drawn lasso."""
    st.session_state[SELECTED] = []
    st.session_state["scores_epoch"] = st.session_state.get("scores_epoch", 0) + 1
    st.rerun()
