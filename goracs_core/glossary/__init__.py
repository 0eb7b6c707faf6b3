"""The quantities of this program, each defined once: formula, unit, symbol, source.

>>> term("poo").name
'Proxy optimization objective (POO)'
"""

from __future__ import annotations

from goracs_core.glossary import objective, plan, popularity, recommender, scores, statistics
from goracs_core.glossary.term import Term as Term

GROUPS: dict[str, tuple[Term, ...]] = {
    "The objective": objective.OBJECTIVE,
    "The proof and the solvers": objective.PROOF,
    "Plan, map and sets": plan.TERMS,
    "Popularity": popularity.TERMS,
    "Scores of single samples": scores.TERMS,
    "The trained recommender": recommender.TERMS,
    "Statistics": statistics.TERMS,
}

GLOSSARY: dict[str, Term] = {one.key: one for terms in GROUPS.values() for one in terms}


def term(key: str) -> Term:
    """The term of this key."""
    return GLOSSARY[key]


def tooltip(key: str) -> str:
    """What is shown on hover; Markdown."""
    return GLOSSARY[key].tooltip


def brief(key: str) -> str:
    """Name and definition, for lists of several; Markdown."""
    return GLOSSARY[key].brief
