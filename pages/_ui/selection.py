"""What people picked in a figure, kept in the session so that the figure itself need not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st


def ids(event: Any) -> list[int]:
    """The whole-numbered `customdata` (its first entry) of the selected points, each once, in order."""
    found: list[int] = []
    for point in ((event or {}).get("selection") or {}).get("points") or []:
        data = point.get("customdata")
        data = list(data.values()) if isinstance(data, dict) else data
        first = data[0] if isinstance(data, list | tuple | np.ndarray) and len(data) else data
        if isinstance(first, int | float) and float(first).is_integer():
            found.append(int(first))
    return list(dict.fromkeys(found))


def keeper(chart: str, store: str, fragment: str) -> Callable[[], None]:
    """A callback for `on_select`: keeps the ids in the session under `store`, then reruns only `fragment`.

    The big figure is then neither rebuilt nor sent again, so its selection stays drawn.
    """

    def keep() -> None:
        st.session_state[store] = ids(st.session_state.get(chart))
        st.rerun(fragment)

    return keep


def picked_row(event: Any) -> int | None:
    """The row picked in a single-row dataframe, or None."""
    rows = ((event or {}).get("selection") or {}).get("rows") or []
    return int(rows[0]) if rows else None
