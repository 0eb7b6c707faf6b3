"""Selectors: (Problem, config) -> Selection."""

from goracs_core.selection.result import Selection
from goracs_core.selection.select import check_budget, select

__all__ = ["Selection", "check_budget", "select"]
