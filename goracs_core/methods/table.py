"""All methods as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goracs_core.methods.option import options_of
from goracs_core.methods.registry import METHODS

if TYPE_CHECKING:
    import pandas as pd


def methods() -> pd.DataFrame:
    """One line per method and solver, a method's default solver first.

    Columns: method, solver, summary, options (names, to be given to `select` by keyword), seeded (whether another seed
    gives another coreset), reference.

    >>> import goracs_core as goracs
    >>> table = goracs.methods()
    >>> table.loc[table.method == "goracs", "solver"].tolist()
    ['certified', 'itra']
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "method": one.name,
                "solver": one.solver,
                "summary": one.summary,
                "options": tuple(entry.name for entry in options_of(one.config) if entry.name != "budget"),
                "seeded": one.seeded,
                "reference": one.reference,
            }
            for one in METHODS.values()
        ]
    )
