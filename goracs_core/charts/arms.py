"""How the arms of an experiment look: one colour and one symbol each, the same in every figure of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from goracs_core.charts.palette import CATEGORIES, STYLES, Role
from goracs_core.evaluation.leaderboard import REFERENCE
from goracs_core.methods import METHODS

WHOLE_POOL = "whole pool"
_COLORS = CATEGORIES[:-1]  # without the one that stands for "all others"
_NAMES = tuple(dict.fromkeys(name for name, _ in METHODS if name not in ("goracs", REFERENCE)))
# All of these have an open variant; random's square and the whole pool's star are kept for them.
_SYMBOLS = ("circle", "diamond", "triangle-up", "cross", "hexagon", "triangle-down", "pentagon", "x")


@dataclass(frozen=True)
class ArmLook:
    """How an arm is drawn: colour and marker symbol."""

    color: str
    symbol: str


def arm_looks(
    arms: Sequence[str], *, reference: str = REFERENCE, families: Mapping[str, str] | None = None
) -> dict[str, ArmLook]:
    """The look of each arm by name.

    Args:
        arms: In the experiment's own order, so that no ranking changes them.
        reference: The arm that the others are compared with.
        families: Arms that share the colour of another arm, as the ones with decay share that of the one without.
    """
    random, whole = STYLES[Role.RANDOM], STYLES[Role.HIGHLIGHT]
    fixed = {reference: ArmLook(random.color, random.symbol), WHOLE_POOL: ArmLook(whole.color, whole.symbol)}
    others = [arm for arm in dict.fromkeys(arms) if arm not in fixed]
    family = {arm: (families or {}).get(arm, arm) for arm in others}
    colors = _colors(tuple(dict.fromkeys(family.values())))
    own = {arm: ArmLook(colors[family[arm]], _SYMBOLS[place % len(_SYMBOLS)]) for place, arm in enumerate(others)}
    return {arm: fixed.get(arm) or own[arm] for arm in dict.fromkeys(arms)}


def _colors(names: Sequence[str]) -> dict[str, str]:
    """Colour of each family: a method has one of its own on every page, GORACS the coreset's.

    Further arms of GORACS, and of two methods with one colour the later, take the first colours that are left.
    """
    found: dict[str, str] = {}
    for name in names:
        method = name.split(" ")[0].rstrip(",")
        wish = STYLES[Role.CORESET].color if method == "goracs" else None
        if method in _NAMES:
            wish = _COLORS[_NAMES.index(method) % len(_COLORS)]
        if wish is not None and wish not in found.values():
            found[name] = wish
    left = [color for color in reversed(_COLORS) if color not in found.values()] or list(_COLORS)
    missing = [name for name in names if name not in found]
    return found | {name: left[place % len(left)] for place, name in enumerate(missing)}
