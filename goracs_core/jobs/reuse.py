"""When two runs are the same work, and what a result depends on besides its inputs."""

from __future__ import annotations

import functools
import json
import os
import platform
from importlib import metadata

import goracs_core
from goracs_core.dense_limit import dense_limit_bytes
from goracs_core.methods import SelectionConfig, config_to_dict
from goracs_core.store.keys import code_fingerprint
from goracs_core.types import fingerprint

_LIBRARIES = (
    "numpy", "scipy", "POT", "numba", "pandas", "pyarrow", "scikit-learn", "umap-learn", "torch", "transformers",
    "peft", "sentence-transformers", "tokenizers", "safetensors", "plotly", "streamlit",
)  # fmt: skip


def run_key(
    problem_fingerprint: str, config: SelectionConfig, *, dataset_fingerprint: str = "", scores_fingerprint: str = ""
) -> str:
    """Same problem, config, dataset, scores and selecting code: same key, and the finished run can be reused.

    The code is part of the key, so that a changed solver never answers with a result of its predecessor.
    """
    values = {name: value for name, value in config_to_dict(config).items() if name not in config.idle_options}
    options = json.dumps(values, sort_keys=True)
    # Distances in memory or recomputed differ by rounding, and so may the coresets that are as good.
    place = f"dense up to {dense_limit_bytes()} bytes, GPU {os.environ.get('GORACS_GPU', '')}"
    return fingerprint(problem_fingerprint, options, dataset_fingerprint, scores_fingerprint, selecting_code(), place)


def selecting_code() -> str:
    """Fingerprint of the code and of the libraries that decide which rows are chosen."""
    return code_fingerprint("goracs_core.selection.select", beside=("goracs_core.methods.words",))


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = [
        ("goracs_core", goracs_core.__version__),
        ("python", platform.python_version()),
        ("platform", platform.platform()),
    ]
    for name in _LIBRARIES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def versions() -> dict[str, str]:
    """Version of this program, Python, the platform and each installed library that results depend on."""
    return dict(_versions())
