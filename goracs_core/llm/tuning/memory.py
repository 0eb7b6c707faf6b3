"""Running out of memory, said in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from goracs_core.errors import ModelError

_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


@contextmanager
def memory_sentences(what: str) -> Iterator[None]:
    """Turn every way in which memory runs out into one sentence that says what needs less.

    Args:
        what: What was being done, as a verb form ("training").

    Raises:
        ModelError: Memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's own error is a RuntimeError
        if isinstance(error, RuntimeError) and not any(sign in str(error).lower() for sign in _SIGNS):
            raise
        message = (
            f"memory ran out while {what}; take a smaller batch, a smaller max_tokens, adapters (weights lora), or a "
            "smaller model"
        )
        raise ModelError(message, code="out-of-memory", fields={"what": what}) from error
