"""Numbers of many commands as one JSON file, to compare two versions of this project bit for bit.

    python -m tests.collect_numbers after.json [--names select,train] [--against before.json]

Run it in a checkout of each version. It only uses the command line, so that it runs on
other layouts of the code too. Times, names and paths are left out. Commands on real data need GORACS_REAL_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
METHODS = [
    "goracs",
    "dealrec",
    "random",
    "stratified-random",
    "grand",
    "el2n",
    "entropy",
    "ccs",
    "d2",
    "moderate",
    "fdmat",
    "k-centre",
    "herding",
    "facility-location",
    "k-means",
    "round-robin",
]
_LEFT_OUT = re.compile(
    r"second|stages|created|started|machine|reused|took|notes|directory|source_fingerprint|tokens_per|"
    r"^(id|runs?|training|experiment|dataset|landscape|sweep|output)$"
)


def commands() -> Iterator[tuple[str, str]]:
    """Name and arguments of each command, in an order in which later ones find what earlier ones wrote."""
    for method in METHODS:
        yield f"select/{method}", f"select --dataset demo --method {method} --budget 64 --seed 3 --output {method}"
    yield "select/itra", "select --dataset demo --solver itra --bound --budget 64 --output itra"
    yield "select/half-life", "select --dataset demo --budget 64 --half-life 14 --output half-life"
    yield "sweep", "sweep --dataset demo --lambdas 0,0.05,0.2 --budgets 64,256 --output sweep"
    yield "surrogate", "surrogate --dataset demo --model sasrec"
    for recommender, options in (("bigrec", "--epochs 2 --ranked-samples 20"), ("tiger", "--epochs 3 --beams 10")):
        train = f"train --dataset demo --run goracs --recommender {recommender} --test-samples 50 {options}"
        yield f"train/{recommender}", train
    if folder := os.environ.get("GORACS_REAL_DATA"):
        games = Path(folder) / "games-15k-5k"
        arrays = (
            f"--pool-embeddings {games / 'train_embeddings.npy'} "
            f"--validation-embeddings {games / 'valid_embeddings.npy'} "
            f"--gradient-norms {games / 'llama7b_gradient_norms_unaligned.npy'}"
        )
        for lambda_ in ("0", "0.1", "0.5"):
            yield f"games/{lambda_}", f"select {arrays} --budget 1000 --lambda {lambda_} --output games-{lambda_}"


def collect(names: tuple[str, ...]) -> dict[str, Any]:
    """What the commands whose names begin so print last, without what changes from run to run."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GORACS_WORKSPACE": f"{folder}/workspace", "PYTHONPATH": str(PROJECT)}
        for name, arguments in commands():
            if not name.startswith(names):
                continue
            words = [sys.executable, "-m", "goracs_core", *arguments.split()]
            done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
            found[name] = _kept(json.loads(done.stdout.strip().splitlines()[-1]))
            sys.stderr.write(f"{name}\n")
    return found


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Each value that differs, with its place; what only one side has is named too."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from differences(before.get(name), after.get(name), f"{path}/{name}")
    elif before != after:
        yield f"{path}: {before} -> {after}"


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kept(inner) for name, inner in value.items() if not _LEFT_OUT.search(name)}
    return value


def main() -> int:
    """Collect, and compare where there is something to compare with; 1 when anything differs."""
    parser = argparse.ArgumentParser(description="Collect the numbers of many commands, to compare two versions.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--names", default="", help="beginnings of names, like select,train (default: all)")
    parser.add_argument("--against", type=Path, help="numbers of another version, to list what differs")
    options = parser.parse_args()
    found = collect(tuple(options.names.split(",")))
    options.output.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    if options.against is None:
        return 0
    before = json.loads(options.against.read_text(encoding="utf-8"))
    told = list(differences({name: before.get(name) for name in found}, found))
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
