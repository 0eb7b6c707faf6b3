"""The command that makes an experiment again, from its spec."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

_LISTS = (("methods", "--methods"), ("lambdas", "--lambdas"), ("budgets", "--budgets"), ("half_lives", "--half-lives"))
_MEASURES = ("test_samples", "ranked_samples", "negatives", "beams")


def experiment_command(spec: Mapping[str, Any], dataset: str) -> str:
    """The command line of a spec; options that were not given keep their defaults.

    Args:
        spec: See `goracs_core.jobs.experiment.job`.
        dataset: What to call the dataset: a name that the command line understands, or its folder.
    """
    parts = ["python", "-m", "goracs_core", "experiment", str(spec["kind"]), "--dataset", dataset]
    for name, option in _LISTS:
        if spec.get(name):
            parts += [option, ",".join(_plain(value) for value in spec[name])]
    if spec.get("lambda_") is not None:
        parts += ["--lambda", _plain(spec["lambda_"])]
    if spec.get("seeds") is not None:
        parts += ["--seeds", str(spec["seeds"])]
    if spec.get("whole_pool") is not None:  # some kinds have it by default, some have not
        parts.append("--whole-pool" if spec["whole_pool"] else "--no-whole-pool")
    for name, value in (spec.get("method_options") or {}).items():
        parts += ["--option", f"{name}={value}"]
    if spec.get("recommender"):
        parts += ["--recommender", str(spec["recommender"])]
    for name, value in (spec.get("measure") or {}).items():
        parts += [f"--{name.replace('_', '-')}", str(value)] if name in _MEASURES else ["--test-seed", str(value)]
    for name, value in (spec.get("options") or {}).items():
        given = ",".join(value) if isinstance(value, list | tuple) else _plain(value)
        parts += ["--train", f"{name}={given}"]
    return shlex.join(parts)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
