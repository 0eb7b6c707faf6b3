"""Small pictures for cards, drawn from a run's summary alone: no plotting library, no arrays, no user data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import RunSummary

WIDTH, HEIGHT, MARGIN = 240, 88, 12


def among_runs(run: RunSummary, runs: Sequence[RunSummary]) -> str | None:
    """SVG: the run's two terms (transport across, gradient up) among all runs on the same problem.

    Upper left is better: less transport, more gradient. The colours are readable on light and on dark.

    Returns:
        None when there is no other run to compare with.
    """
    others = [other for other in runs if other.id != run.id]
    peers = [peer for peer in others if peer.problem_fingerprint == run.problem_fingerprint and _drawable(peer)]
    if not peers or not _drawable(run):
        return None
    points = [(peer.transport_term, peer.gradient_term) for peer in peers]
    own = (run.transport_term, run.gradient_term)
    place_x = _scale([x for x, _ in (*points, own)], MARGIN, WIDTH - MARGIN)
    place_y = _scale([y for _, y in (*points, own)], HEIGHT - MARGIN, MARGIN)
    dots = "".join(
        f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3.5" fill="#8a94a0" fill-opacity="0.55"/>'
        for x, y in points
    )
    axes = (
        f'<path d="M{MARGIN / 2} {MARGIN / 2}V{HEIGHT - MARGIN / 2}H{WIDTH - MARGIN / 2}" '
        'fill="none" stroke="#8a94a0" stroke-opacity="0.6"/>'
    )
    mark = (
        f'<circle cx="{place_x(own[0]):.1f}" cy="{place_y(own[1]):.1f}" r="6" fill="#e07b39" '
        'stroke="#ffffff" stroke-width="1.5"/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f"{axes}{dots}{mark}</svg>"
    )


def _drawable(run: RunSummary) -> bool:
    return not run.damaged and math.isfinite(run.transport_term) and math.isfinite(run.gradient_term)


def _scale(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, high = min(values), max(values)
    if high - low < 1e-12:
        return lambda _: (start + end) / 2
    return lambda value: start + (end - start) * (value - low) / (high - low)
