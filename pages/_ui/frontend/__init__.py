"""Elements that run in the browser (Streamlit's Components V2): sources in src/, what is served in built/.

`make elements` builds them and needs node; the built files are committed, so that nothing else does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from streamlit.components.v2 import component

FOLDER = Path(__file__).parent
BUILT = FOLDER / "built"
_ADDRESS = "elements"


def route() -> Mount:
    """Where the server of the dashboard offers the built elements; for app.py."""
    return Mount(f"/{_ADDRESS}", StaticFiles(directory=BUILT))


@cache
def element(name: str) -> Callable[..., Any]:
    """The function that shows an element, as `st.components.v2.component` returns it.

    The browser fetches the element's code once from this server, and keeps it until it changes; only its address is
    sent with each run of a page.

    Args:
        name: Of built/<name>.js, whose module exports the element's function as its default.
    """
    version = hashlib.sha256((BUILT / f"{name}.js").read_bytes()).hexdigest()[:16]
    address = f"{_ADDRESS}/{name}.js?v={version}"
    code = f"""const made = await import(new URL("{address}", document.baseURI).href);\nexport default made.default;"""
    return component(f"goracs_{name}", js=code, isolate_styles=False)


def sources_digest() -> str:
    """Digest of what the built files are made from; their first line names it (build.mjs computes the same)."""
    found = [path for path in (FOLDER / "src").rglob("*") if path.is_file()]
    found += [FOLDER / "build.mjs", FOLDER / "package-lock.json"]
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(FOLDER).as_posix(), path) for path in found):
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
