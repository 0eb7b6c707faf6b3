"""What a test asserts of a refusal: its code and the values it speaks of, not the sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def told(code: str, **fields: Any) -> Callable[[BaseException], bool]:
    """For `pytest.raises(..., check=...)`: the error has this code and these fields, and is one line of text."""

    def check(error: BaseException) -> bool:
        assert getattr(error, "code", None) == code, repr(error)
        found = getattr(error, "fields", {})
        assert {name: found.get(name) for name in fields} == fields
        assert str(error).strip()
        assert "\n" not in str(error)
        return True

    return check
