"""Large values by HTTP: bytes that a page has made, at an address that names their content.

What the browser has once it keeps (the address changes with the content), and a rerun of a page sends addresses only.
Nothing of a request reaches the disk: it only selects among the values that pages hold at the moment.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from goracs_core.types import fingerprint

_ADDRESS = "arrays"
_NAME = re.compile(r"[0-9a-f]{16,64}")
_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, eq=False)
class Served:
    """Bytes that are offered as long as somebody holds this object (a page's cache does).

    Args:
        fingerprint: Of the content and its type.
        content: The bytes.
        media_type: What they are.
    """

    fingerprint: str
    content: bytes = field(repr=False)
    media_type: str

    @property
    def address(self) -> str:
        """Where the browser finds it, relative to the dashboard's root."""
        return f"{_ADDRESS}/{self.fingerprint}"


_OFFERED: WeakValueDictionary[str, Served] = WeakValueDictionary()


def _offer(content: bytes, media_type: str) -> Served:
    """Two pages that make the same content share it: the one must not stop offering what the other still shows."""
    name = fingerprint(media_type, content)
    return _OFFERED.setdefault(name, Served(name, content, media_type))


def serve(values: NDArray[Any]) -> Served:
    """Offer an array of 1, 2 or 4 bytes per value, little-endian, in C order."""
    return _offer(values.astype(values.dtype.newbyteorder("<"), order="C").tobytes(), "application/octet-stream")


def serve_json(value: Any) -> Served:
    """Offer lists and texts."""
    return _offer(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), "application/json")


def serve_numbers(values: NDArray[Any]) -> Served:
    """Offer numbers in single precision."""
    return serve(np.asarray(values, np.float32))


def route() -> Route:
    """Where the server of the dashboard offers what pages have made; for app.py."""
    return Route(f"/{_ADDRESS}/{{name}}", _answer, methods=["GET"])


async def _answer(request: Request) -> Response:
    name = request.path_params["name"]
    found = _OFFERED.get(name) if _NAME.fullmatch(name) else None
    if found is None:
        return Response("not here", status_code=404, media_type="text/plain", headers={"Cache-Control": "no-store"})
    return Response(found.content, media_type=found.media_type, headers=_HEADERS)
