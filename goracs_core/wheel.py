"""How setuptools builds the package: with the demo dataset, as goracs_core/demo. Only pyproject.toml refers to it."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

_DEMO = Path("data") / "demo"


class BuildWithDemo(build_py):
    """Copies data/demo into the package, which needs it to open the demo away from a checkout."""

    def run(self) -> None:
        """Build as always, then add the demo; an editable install keeps using that of the checkout."""
        super().run()
        if not self.editable_mode:
            shutil.copytree(_DEMO, Path(self.build_lib) / "goracs_core" / "demo", dirs_exist_ok=True)

    def get_source_files(self) -> list[str]:
        """The sources with the demo's files, so that a source distribution has them, too."""
        return [*super().get_source_files(), *(str(path) for path in sorted(_DEMO.rglob("*")) if path.is_file())]
