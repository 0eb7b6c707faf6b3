"""A selection of the map as a file: the browser sends the numbers of samples, the server answers with the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from goracs_core.jobs.select.export import to_csv, to_parquet
from goracs_core.types import IndexArray

_ADDRESS = "map-selection"
_NAME = re.compile(r"[0-9a-f]{16,64}")
_LONGEST_NAME = 200


@dataclass(frozen=True, eq=False)
class Exporter:
    """Makes tables of samples of one view, as long as somebody holds it.

    Args:
        name: Fingerprint of the view.
        total: Samples of the view; ids are smaller.
        table: The table of some samples.
        details: Further columns of the same samples, for files whose cells may hold long texts and lists.
        named_set: The ids of some samples as JSON, under a name.
    """

    name: str
    total: int
    table: Callable[[IndexArray], pd.DataFrame] = field(repr=False)
    details: Callable[[IndexArray], pd.DataFrame] = field(repr=False)
    named_set: Callable[[IndexArray, str], bytes] = field(repr=False)

    @property
    def address(self) -> str:
        """Where the browser asks, relative to the dashboard's root; `.csv`, `.parquet` or `.json` is to be added."""
        return f"{_ADDRESS}/{self.name}"


def _parquet(exporter: Exporter, ids: IndexArray, name: str) -> bytes:
    return to_parquet(pd.concat([exporter.table(ids), exporter.details(ids)], axis="columns"))


_WRITERS: dict[str, tuple[Callable[[Exporter, IndexArray, str], bytes], str]] = {
    "csv": (lambda exporter, ids, name: to_csv(exporter.table(ids)), "text/csv; charset=utf-8"),
    "parquet": (_parquet, "application/octet-stream"),
    "json": (lambda exporter, ids, name: exporter.named_set(ids, name), "application/json"),
}


_OFFERED: WeakValueDictionary[str, Exporter] = WeakValueDictionary()


def offer(exporter: Exporter) -> Exporter:
    """Answer for this view from now on."""
    return _OFFERED.setdefault(exporter.name, exporter)


def route() -> Route:
    """Where the server of the dashboard answers; for app.py.

    The body holds the numbers of samples, 4 bytes each, little-endian; `name` in the query names a set.
    """
    return Route(f"/{_ADDRESS}/{{name}}.{{kind}}", _answer, methods=["POST"])


async def _answer(request: Request) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":  # a page of another site asks
        return Response("only for pages of this dashboard", status_code=403, media_type="text/plain")
    name, writer = request.path_params["name"], _WRITERS.get(request.path_params["kind"])
    exporter = _OFFERED.get(name) if _NAME.fullmatch(name) else None
    if exporter is None or writer is None:
        return Response("not here", status_code=404, media_type="text/plain")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 4 * exporter.total:
            return Response("more ids than samples", status_code=413, media_type="text/plain")
    if len(body) % 4:
        return Response("ids have 4 bytes each", status_code=400, media_type="text/plain")
    ids = np.frombuffer(body, "<u4").astype(np.int64)
    if len(ids) and ids.max() >= exporter.total:
        return Response("an id that is not a sample", status_code=400, media_type="text/plain")
    write, media_type = writer
    called = request.query_params.get("name", "")[:_LONGEST_NAME]
    content = await run_in_threadpool(lambda: write(exporter, ids, called))
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-store"})
