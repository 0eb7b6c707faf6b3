"""All methods as one table."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from goracs_core.methods import CONFIG_TYPES

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
                "method": kind.method,
                "solver": kind.solver,
                "summary": kind.summary,
                "options": tuple(field.name for field in fields(kind) if field.name != "budget"),
                "seeded": kind.seeded,
                "reference": kind.reference,
            }
            for kind in CONFIG_TYPES
        ]
    )
