"""Random coresets of a problem as they are kept: drawn and solved once, whoever asks; those of the demo are shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from goracs_core.data.demo import demo_directory
from goracs_core.errors import StoreError
from goracs_core.progress import Progress, silent
from goracs_core.store.kind import Kind
from goracs_core.store.records import RecordStore
from goracs_core.types import fingerprint, readonly
from goracs_core.workspace import Workspace

if TYPE_CHECKING:
    from goracs_core.objective import Problem

SHIPPED = "references"
DRAWS = 20


@dataclass(frozen=True, eq=False)
class Reference:
    """Terms of random coresets of one size on one problem.

    Args:
        id: Made from the problem, the budget and the number of draws.
        budget: Size of each coreset, k.
        transport: Transport terms; draw r uses seed r; shape [draws].
        gradient: Gradient terms; shape [draws].
    """

    id: str
    budget: int
    transport: NDArray[np.float64]
    gradient: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("transport", "gradient"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))


REFERENCE = Kind("random reference", lambda: Reference, r"[0-9a-f]{32}", "compare with random coresets again")


class ReferenceStore(RecordStore[Reference]):
    """The random references of one workspace, and those that are shipped with the demo.

    Args:
        workspace: Whose.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(REFERENCE, workspace.root / SHIPPED, shipped=demo_directory() / SHIPPED)

    def there(self, problem: str, budget: int, *, draws: int = DRAWS) -> Reference | None:
        """The reference of a problem, known by its fingerprint; None where it was not computed yet."""
        try:
            return self.get(_id(problem, budget, draws))
        except StoreError:  # none, or damaged: it is computed again
            return None

    def make(self, problem: Problem, budget: int, *, draws: int = DRAWS, progress: Progress = silent) -> Reference:
        """The reference of a problem, computed where it is not there; see `random_terms` for the errors."""
        found = self.there(problem.fingerprint, budget, draws=draws)
        if found is None:
            from goracs_core.evaluation.at_random import random_terms  # brings the solver's libraries along

            terms = random_terms(problem, budget, draws=draws, progress=progress)
            found = Reference(_id(problem.fingerprint, budget, draws), budget, *terms)
            self.save(found)
        return found


def _id(problem: str, budget: int, draws: int) -> str:
    return fingerprint("random reference", problem, str(budget), str(draws))
