"""The default proxy experiment on the demo: 30 coresets chosen, trained on and tested, as one job.

The table says how long it takes on this machine and on how many tokens a second one core trains. Nothing is taken from
earlier runs; the language model that all trainings start from comes with the demo.
Run with `python benchmarks/proxy_experiment.py`; it takes some minutes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from goracs_core.data.demo import demo_directory
from goracs_core.jobs.experiment.plan import default_spec
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.kinds import run_job
from goracs_core.workspace import Workspace

GOAL = 600.0  # seconds


def main() -> int:
    """Print one table; exit status 1 when the experiment takes longer than the goal."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        started = time.perf_counter()
        spec = default_spec("proxy", demo_directory()) | {"fresh": True}
        made = run_job("experiment", spec, workspace)["experiment"]
        seconds = time.perf_counter() - started
        assert not ExperimentStore(workspace).is_shipped(made), "the one that came with the demo proves nothing"
        entries = ExperimentStore(workspace).get(made).entries
    told = {name: sum(entry.values[name] for entry in entries) for name in ("tokens", "train_seconds", "test_seconds")}
    choosing = sum(entry.values["select_seconds"] for entry in entries)
    budgets = sorted({entry.budget for entry in entries})
    print(f"demo, {len(entries)} coresets of {budgets[0]} to {budgets[-1]} samples")
    print(f"{'':24}{'measured':>10}{'goal':>8}")
    print(f"{'seconds in all':24}{seconds:10.0f}{GOAL:8.0f}")
    for part, value in {
        "choosing": choosing,
        "training": told["train_seconds"],
        "testing": told["test_seconds"],
    }.items():
        print(f"{f'... {part}':24}{value:10.0f}")
    print(f"{'tokens a second and core':24}{told['tokens'] / told['train_seconds']:10,.0f}")
    return int(seconds > GOAL)


if __name__ == "__main__":
    sys.exit(main())
