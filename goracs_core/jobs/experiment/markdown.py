"""Numbers and tables as the Markdown of a report has them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def numbers(decimals: int) -> Callable[[float], str]:
    """Writes a number with so many decimals, and "-" for one that is not there."""

    def write(value: float) -> str:
        return "-" if not math.isfinite(value) else f"{value:.{decimals}f}"

    return write


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is left and whose other columns are right aligned."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
