"""Colours can be told apart by everybody who looks: normal sight, deuteranopia and protanopia."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from goracs_core.charts.arms import arm_looks
from goracs_core.charts.palette import CATEGORIES, STYLES, Role
from goracs_core.types import FloatArray

APART = 15.0  # Delta E, CIE 1976
# What dichromats see of linear sRGB (Machado, Oliveira and Fernandes 2009, severity 1.0).
SIGHTS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(color: str, sight: str) -> FloatArray:
    """CIELAB of "#rrggbb" as somebody with this sight has it."""
    values = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHTS[sight] @ linear, 0, 1) / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def luminance(color: str) -> float:
    """Relative luminance, which contrast is made of."""
    return float(((lab(color, "normal")[0] + 16) / 116) ** 3)


def apart(first: str, second: str) -> float:
    """The smallest distance of two colours over all sights."""
    return min(float(np.linalg.norm(lab(first, sight) - lab(second, sight))) for sight in SIGHTS)


def test_black_and_white_are_a_hundred_apart() -> None:
    assert apart("#000000", "#ffffff") == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(("first", "second"), list(combinations(CATEGORIES[:-1], 2)))
def test_categories_are_told_apart(first: str, second: str) -> None:
    assert apart(first, second) >= APART


@pytest.mark.parametrize("role", Role)
def test_no_category_is_taken_for_a_role(role: Role) -> None:
    distances = {color: apart(color, STYLES[role].color) for color in CATEGORIES[:-1]}
    assert {color: distance for color, distance in distances.items() if distance < APART} == {}


@pytest.mark.parametrize(("first", "second"), list(combinations(Role, 2)))
def test_roles_are_told_apart(first: Role, second: Role) -> None:
    assert apart(STYLES[first].color, STYLES[second].color) >= APART


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("ground", ["#ffffff", "#12171d"])
def test_marks_stand_out_from_both_grounds(role: Role, ground: str) -> None:
    """Graphics have a contrast of 3:1 to what they lie on (WCAG 2.2, 1.4.11)."""
    lighter, darker = sorted((luminance(STYLES[role].color), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_a_method_keeps_its_colour_in_other_company() -> None:
    first = arm_looks(("goracs λ=0.05", "random", "k-means", "el2n"))
    second = arm_looks(("dealrec", "el2n", "goracs λ=0.05", "goracs λ=2", "random", "k-means"))
    for arm in ("goracs λ=0.05", "random", "k-means", "el2n"):
        assert first[arm].color == second[arm].color
    assert first["goracs λ=0.05"].color == STYLES[Role.CORESET].color
    assert len({look.color for look in second.values()}) == len(second)
