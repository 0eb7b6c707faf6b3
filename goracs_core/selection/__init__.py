"""Selectors: (Problem, config) -> Selection."""

from goracs_core.selection.result import Selection
from goracs_core.selection.select import select

__all__ = ["Selection", "select"]
