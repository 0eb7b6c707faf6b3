"""Measured quantities as people say them."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 12 s, 3 min 05 s, 1 h 20 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def memory(size: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def proven(gap: float) -> str:
    """A proven gap in per cent, two digits that count, rounded up: what is said must not promise more than is proven.

    >>> proven(0.00339433), proven(0.0)
    ('0.34 %', '0 %')
    """
    percent = 100.0 * gap
    if percent <= 1e-7:  # what two evaluations of one coreset may differ by
        return "0 %"
    unit = 10.0 ** (math.floor(math.log10(percent)) - 1)
    rounded = math.ceil(percent / unit * (1.0 - 1e-12)) * unit
    return f"{rounded:.12f}".rstrip("0").rstrip(".") + " %"
