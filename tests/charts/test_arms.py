"""Arms look the same whatever order a figure puts them in, and no two look alike."""

from __future__ import annotations

from goracs_core.charts.arms import arm_looks
from goracs_core.charts.palette import STYLES, Role

ARMS = ["goracs", "random", "goracs, half-life 30 d", *[f"method {number}" for number in range(9)], "whole pool"]


def test_no_two_arms_look_alike() -> None:
    looks = arm_looks(ARMS)
    assert list(looks) == ARMS
    assert len({(look.color, look.symbol) for look in looks.values()}) == len(ARMS)


def test_roles_keep_their_own_looks() -> None:
    looks = arm_looks(ARMS)
    assert (looks["random"].color, looks["random"].symbol) == (STYLES[Role.RANDOM].color, STYLES[Role.RANDOM].symbol)
    assert looks["whole pool"].color == STYLES[Role.HIGHLIGHT].color
    others = [look.color for name, look in looks.items() if name not in ("random", "whole pool")]
    assert not {STYLES[Role.RANDOM].color, STYLES[Role.HIGHLIGHT].color} & set(others)


def test_a_family_shares_its_colour_and_not_its_symbol() -> None:
    looks = arm_looks(ARMS, families={"goracs, half-life 30 d": "goracs"})
    plain, decayed = looks["goracs"], looks["goracs, half-life 30 d"]
    assert plain.color == decayed.color
    assert plain.symbol != decayed.symbol
