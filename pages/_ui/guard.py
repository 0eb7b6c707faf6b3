"""No traceback reaches a user: errors become sentences, the log keeps the rest."""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from typing import ParamSpec

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.workspace import workspace_root
from pages._ui import text

P = ParamSpec("P")

_log = logging.getLogger("goracs.dashboard")


class PageEnds(BaseException):
    """Ends a page before its last line; the frame still adds the footer, which st.stop() would prevent.

    Derives from BaseException so that no ``except Exception`` on the way takes it for a fault.
    """


def error(problem: GoracsError) -> None:
    """The sentence of a GoracsError: what was given, what is allowed, what to change."""
    sentence = str(problem).strip()
    if sentence.partition(" ")[0].isalpha():  # a word; the name of a file keeps its spelling
        sentence = sentence[:1].upper() + sentence[1:]
    st.error(text.escape(sentence), icon=":material/error:")


@contextmanager
def sentences(what: str = "This page") -> Iterator[None]:
    """Show any error of the block as a sentence in its place.

    Args:
        what: The part that failed, as the general sentence begins.
    """
    try:
        yield
    except GoracsError as problem:
        error(problem)
    except MemoryError:
        _report(f"{what} needs more memory than is available. Use a smaller sample of the data (Prepare / Dataset).")
    except Exception:  # the last line of defence: anything else would reach the user as a traceback
        _report(f"{what} could not be shown because of an internal error.")


def guarded(function: Callable[P, None]) -> Callable[P, None]:
    """`sentences` around a whole function; for fragments, which run without the frame around them."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with suppress(PageEnds), sentences("This part"):
            function(*args, **kwargs)

    return run


def _report(sentence: str) -> None:
    reference = uuid.uuid4().hex[:8]
    _log_file()
    _log.exception("reference %s: %s", reference, sentence)
    st.error(
        f"{sentence} Your data are not affected. Reload the page. If the error occurs again, report it with the "
        f"reference `{reference}`; the details are in dashboard.log in the workspace.",
        icon=":material/error:",
    )


def _log_file() -> None:
    """Let the log go to the workspace, too; attaches the file when something is first written there."""
    path = workspace_root() / "dashboard.log"
    if not any(getattr(handler, "baseFilename", None) == str(path) for handler in _log.handlers):
        for handler in list(_log.handlers):
            _log.removeHandler(handler)
            handler.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        _log.addHandler(handler)
