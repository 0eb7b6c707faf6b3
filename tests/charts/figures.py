"""What tests of charts read from a figure."""

from __future__ import annotations

from typing import Any, cast

import plotly.graph_objects as go


def traces(figure: go.Figure) -> list[Any]:
    """The figure's traces; their attributes depend on their type, which no checker knows."""
    return list(cast("Any", figure).data)


def named(figure: go.Figure, name: str) -> Any:
    """The one trace called `name`."""
    found = [one for one in traces(figure) if one.name == name]
    assert len(found) == 1, [one.name for one in traces(figure)]
    return found[0]


def size(figure: go.Figure) -> int:
    return len(str(figure.to_json()))
