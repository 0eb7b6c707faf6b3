"""Compile the solvers before the tests start; else each of their processes would do it at the same time.

Run as `python -m tests.compiled`.
"""

from __future__ import annotations

import os

from goracs_core.methods import CertifiedConfig, FacilityLocationConfig, ItraConfig
from goracs_core.selection import select
from tests.problems import make


def main() -> None:
    """Solve a problem by each solver that is compiled, dense and streamed; numba keeps on disk what it compiled."""
    problem = make(300, 60)
    for limit in ("", "0"):
        os.environ["GORACS_DENSE_MIB"] = limit
        for config in (CertifiedConfig(8, 0.1), ItraConfig(8, 0.1, bound=True), FacilityLocationConfig(8, 0.1)):
            select(problem, config)


if __name__ == "__main__":
    main()
