"""The words a language model reads; a prompt ends with a line end, the answer follows directly.

The tasks are those of GORACS section 5 (SeqRec as in BIGRec, CTR as in TALLRec); the wording is our own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_TITLE = 200  # characters; longer titles are descriptions and crowd out the history
YES, NO = "Yes", "No"
DEFAULT_DOMAIN = "items"
_SPACE = re.compile(r"\s+")


def clean_title(text: str, *, limit: int = MAX_TITLE) -> str:
    """One line without control characters, single spaces, at most `limit` characters."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    text = _SPACE.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def seqrec_prompt(history_titles: Sequence[str], domain: str = DEFAULT_DOMAIN) -> str:
    """Ask for the next title.

    Args:
        history_titles: Titles in time order, oldest first.
        domain: What the items are called, in the plural ("video games").
    """
    return (
        f"Someone picked these {domain}, from earliest to latest: {_listed(history_titles)}.\n"
        f"Which of all {domain} comes next? Give one title.\n"
    )


def seqrec_answer(title: str) -> str:
    """The text to learn for sequential recommendation: the next title."""
    return title


def ctr_prompt(liked: Sequence[str], disliked: Sequence[str], target: str, domain: str = DEFAULT_DOMAIN) -> str:
    """Ask whether `target` will be liked.

    Args:
        liked: Titles in time order, oldest first; may be empty.
        disliked: Likewise.
        target: The title asked about.
        domain: What the items are called, in the plural ("movies").
    """
    return (
        f"Someone rated these {domain}. Liked: {_listed(liked)}. Disliked: {_listed(disliked)}.\n"
        f'Will "{target}" be liked too? Answer {YES} or {NO}.\n'
    )


def ctr_answer(label: int) -> str:
    """The text to learn for click prediction: Yes for 1, No for 0."""
    return YES if label else NO


def _listed(titles: Sequence[str]) -> str:
    return ", ".join([f'"{title}"' for title in titles]) or "none"
