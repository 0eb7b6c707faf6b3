"""Every error a user can cause. A message says what was given, what is allowed and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GoracsError(Exception):
    """Base of all errors whose message is written for the user and shown without a traceback.

    Args:
        message: One sentence: what was given, what is allowed, what to change.
        code: Short, stable name of what is wrong, such as "budget-too-large"; "" where it has none.
        fields: The values that the message speaks of, by name.

    Attributes:
        details: A sentence for each of several problems, where the message can name only the first.
    """

    details: tuple[str, ...] = ()

    def __init__(self, message: str = "", *, code: str = "", fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.fields: dict[str, Any] = dict(fields or {})


class ShapeError(GoracsError):
    """An array has the wrong number of dimensions, length or content (NaN, negative, out of range)."""


class DataError(GoracsError):
    """An input file or table cannot be read as what it claims to be."""


class ConfigError(GoracsError):
    """An option has a value that is not allowed, or does not go with another one."""


class SolverError(GoracsError):
    """A solver ended without the answer it promises (not optimal, not converged)."""


class ModelError(GoracsError):
    """A model or encoder cannot be loaded or used."""


class StoreError(GoracsError):
    """A run, dataset or cache entry on disk is missing or damaged."""


class RecordMissingError(StoreError):
    """There is no record of that name."""


class RecordDamagedError(StoreError):
    """A record's files are there, but not as they were written."""


class RecordFormatError(StoreError):
    """A record is of another format than those that this version reads."""


class RecordExistsError(StoreError):
    """There is a record of that name already."""


class JobCancelled(BaseException):
    """The user cancelled the running job.

    Derives from BaseException so that no ``except Exception`` on the way up can swallow a cancellation.
    """
