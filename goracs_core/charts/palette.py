"""Colours and shapes by role: the same thing looks the same on every page, on light and on dark ground.

Role colours are taken from the Okabe-Ito palette, which stays apart under the common colour-vision deficiencies; each
role has a shape and a dash of its own too, so that nothing rests on colour alone. Every colour has a contrast of at
least 3:1 to both grounds (WCAG 2.2, 1.4.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LIGHT_GROUND = "#ffffff"

GRID = "rgba(128, 132, 142, 0.28)"
ZERO_LINE = "rgba(128, 132, 142, 0.6)"
CLEAR = "rgba(0, 0, 0, 0)"
BAND_OPACITY = 0.35


class Role(StrEnum):
    """What a mark in a chart stands for."""

    POOL = "pool"
    VALIDATION = "validation"
    CORESET = "coreset"
    SECOND_CORESET = "second coreset"
    RANDOM = "random"
    HIGHLIGHT = "highlight"


@dataclass(frozen=True)
class RoleStyle:
    """How a role is drawn: colour, marker symbol and line dash."""

    color: str
    symbol: str
    dash: str


STYLES: dict[Role, RoleStyle] = {
    Role.POOL: RoleStyle("#89939f", "circle", "dot"),
    Role.VALIDATION: RoleStyle("#0b79bd", "diamond", "dash"),
    Role.CORESET: RoleStyle("#d55e00", "cross", "solid"),
    Role.SECOND_CORESET: RoleStyle("#4f9672", "x", "dashdot"),
    Role.RANDOM: RoleStyle("#656464", "square", "longdash"),
    Role.HIGHLIGHT: RoleStyle("#be008e", "star", "solid"),
}

# For categories, most frequent first; the last one stands for "all others". None is a role's colour: roles and
# categories lie at least 15 apart (Delta E in CIELAB), also as deuteranopes and protanopes see them.
CATEGORIES = ("#963ed9", "#3daa31", "#4a98c7", "#496d3d", "#c26dff", "#799e61", "#aa00ff", "#89939f")

# The two terms of POO where they stand beside each other: name, colour and pattern.
TERMS = (("Transport term", "#5b6472", ""), ("λ · gradient term", "#9a6fb0", "/"))

# For numbers: hue and lightness change together, and both ends stay visible on both grounds.
SEQUENTIAL = ((0.0, "#3a62b5"), (0.35, "#3d8f9e"), (0.7, "#8c9a3e"), (1.0, "#d98e04"))
# For numbers on the map: cividis, whose lightness rises evenly (from about 20 to 90) for every kind of colour vision.
CIVIDIS = ("#00306f", "#39486b", "#575d6d", "#707173", "#8a8779", "#a69d75", "#c4b56c", "#e4cf5b", "#fde737")
# For mass in heat maps: from nearly transparent to full, so that empty cells fall back to the ground.
MASS = (
    (0.0, "rgba(213, 94, 0, 0.08)"),
    (0.35, "rgba(213, 94, 0, 0.35)"),
    (0.7, "rgba(213, 94, 0, 0.7)"),
    (1.0, "rgba(213, 94, 0, 1)"),
)


def faded(color: str, opacity: float) -> str:
    """The colour "#rrggbb" with an opacity, as plotly reads it."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"
