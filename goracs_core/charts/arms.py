"""How the arms of an experiment look: one colour and one symbol each, the same in every figure of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from goracs_core.charts.palette import CATEGORIES, STYLES, Role
from goracs_core.evaluation.leaderboard import REFERENCE

WHOLE_POOL = "whole pool"
# Neither the roles' colours nor the one that stands for "all others".
_COLORS = tuple(color for color in CATEGORIES[:-1] if color != STYLES[Role.HIGHLIGHT].color)
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
    colors = {name: _COLORS[place % len(_COLORS)] for place, name in enumerate(dict.fromkeys(family.values()))}
    own = {arm: ArmLook(colors[family[arm]], _SYMBOLS[place % len(_SYMBOLS)]) for place, arm in enumerate(others)}
    return {arm: fixed.get(arm) or own[arm] for arm in dict.fromkeys(arms)}
