"""Runs and what is read of the pages that explain them."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import CertifiedConfig, ItraConfig, RandomConfig, config_to_dict
from goracs_core.workspace import Workspace
from pages._ui import arrays
from tests.app.conftest import SMALL


def goracs(workspace: Workspace, *, name: str | None = None, dataset: str = SMALL, seed: int = 0) -> Run:
    """A small GORACS run."""
    config = config_to_dict(ItraConfig(14, lambda_=0.1, max_exchanges=3, seed=seed))
    spec = {"dataset": str(workspace.datasets / dataset), "config": config, "name": name, "fresh": True}
    return RunStore(workspace).get(run_job("select", spec, workspace)["run"])


def certified(workspace: Workspace) -> Run:
    """A small run with a proof."""
    spec = {
        "dataset": str(workspace.datasets / SMALL),
        "config": config_to_dict(CertifiedConfig(14, lambda_=0.1, max_rounds=40)),
    }
    return RunStore(workspace).get(run_job("select", spec, workspace)["run"])


def random_run(workspace: Workspace, seed: int) -> Run:
    config = config_to_dict(RandomConfig(20, seed=seed))
    spec = {"dataset": str(workspace.datasets / SMALL), "config": config, "name": "chance"}
    return RunStore(workspace).get(run_job("select", spec, workspace)["run"])


def figures(app: AppTest) -> list[dict[str, Any]]:
    """The plotly figures on the page, as the browser gets them."""
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]  # pyright: ignore[reportAttributeAccessIssue]


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    found = [one for one in figure["data"] if one.get("name") == name]
    assert len(found) == 1, [one.get("name") for one in figure["data"]]
    return found[0]


def decoded(values: Any) -> np.ndarray:
    """An array as plotly sends it: a list, or base64 with its type."""
    if isinstance(values, dict):
        flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
        return flat.reshape([int(n) for n in str(values.get("shape", len(flat))).split(",")])
    return np.asarray(values)


def element(app: AppTest, name: str) -> dict[str, Any]:
    """What the page tells an element of the browser."""
    found = [one for one in app.get("bidi_component") if one.proto.component_name == f"goracs_{name}"]  # pyright: ignore[reportAttributeAccessIssue]
    assert len(found) == 1
    return json.loads(found[0].proto.json)  # pyright: ignore[reportAttributeAccessIssue]


def fetched(address: str, dtype: str = "f4") -> np.ndarray:
    """The array at an address, as the browser reads it."""
    with TestClient(Starlette(routes=[arrays.route()])) as client:
        answer = client.get(f"/{address}")
    assert answer.status_code == 200
    return np.frombuffer(answer.content, f"<{dtype}")
