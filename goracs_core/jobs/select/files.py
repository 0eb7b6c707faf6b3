"""How a Run is kept: run.json, selection.npz (no pickle) and coreset.csv in one folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.jobs.outputs import check_folder
from goracs_core.jobs.select.run import Run
from goracs_core.methods import SelectionConfig, config_from_dict, config_to_dict
from goracs_core.store.codec import Codec
from goracs_core.store.kind import Kind

RUN = "run.json"
SELECTION = "selection.npz"
CORESET = "coreset.csv"

_EXCHANGE = ("leaves", "enters", "value", "estimate", "tried")
_PLAN = ("rows", "columns", "mass")
_POTENTIALS = ("row_potentials", "column_potentials")
_BOUNDS = ("seconds", "rounds", "lower", "upper")
_ROW_SCORES = ("gradient_norms", "served", "mean_distances")


def check_output(output: Path, *, force: bool, folders: Collection[str] = ()) -> None:
    """Refuse a folder to write the files into that holds something else than an earlier result.

    Args:
        output: The folder; it need not exist.
        force: Accept any folder.
        folders: Names of the folders of exports that may lie in it.

    Raises:
        StoreError: It is a file, or holds something else.
    """
    check_folder(output, always={RUN, CORESET}, written={RUN, CORESET, SELECTION, *folders}, force=force)


def _names() -> Mapping[str, Any]:
    from goracs_core.selection.result import Selection  # brings the solver's libraries along

    return {"Selection": Selection}


def _former(values: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """What version 1 wrote: the parts of the selection side by side, its arrays under short names."""
    kept, trace, certificate, scores = (values.pop(name) for name in ("selection", "trace", "certificate", "scores"))
    plan = {name: f"plan_{name}" for name in _PLAN} | {name: name for name in _POTENTIALS}
    columns = [arrays[f"exchange_{name}"].tolist() for name in _EXCHANGE if f"exchange_{name}" in arrays]
    exchanges = [dict(zip(_EXCHANGE, row, strict=True)) for row in zip(*columns, strict=True)]
    bounds = {name: f"bounds_{name}" for name in _BOUNDS} if "bounds_lower" in arrays else None
    if scores is not None:
        columns_of = {name: f"score_{place}" for place, name in enumerate(scores["columns"])}
        scores = {**scores, "columns": columns_of, "strata": "strata", "edges": "strata_edges"}
    selection = {
        "indices": "indices",
        "config": values["config"],
        "plan": {"value": kept["plan_value"], **plan},
        "certificate": None if certificate is None else {**certificate, "prices": "prices"},
        "trace": {**trace, "greedy_values": "greedy_values", "exchanges": exchanges, "bounds": bounds},
        "scores": scores,
        **{name: value for name, value in kept.items() if name != "plan_value"},
    }
    return {**values, "selection": selection, "scores": {name: name for name in _ROW_SCORES}}


RUN_KIND = Kind(
    "run",
    lambda: Run,
    r"[\w-]{1,80}",
    "select again",
    record=RUN,
    arrays=SELECTION,
    codec=Codec({SelectionConfig: (config_to_dict, config_from_dict)}, _names),
    former=_former,
)
