"""Exact optimal transport: distances, the one door to the solver, and how to read a plan."""

from goracs_core.transport.distance import euclidean
from goracs_core.transport.exact import solve, solve_uniform
from goracs_core.transport.plan import Flow, aggregate, between, partners_of_column, partners_of_row

__all__ = [
    "Flow",
    "aggregate",
    "between",
    "euclidean",
    "partners_of_column",
    "partners_of_row",
    "solve",
    "solve_uniform",
]
