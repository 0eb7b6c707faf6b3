"""How the shipped demo is made and checked, from the seed to the map: `python -m goracs_core.jobs.demo build|check`.

It lives here because it needs every room: data, features and projections. To open the demo, `goracs_core.data.demo` is
enough.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.data.demo import check_files, demo_directory, write_checksums
from goracs_core.data.store import load_dataset, read_manifest, save_dataset
from goracs_core.data.synthetic.demo import make_demo
from goracs_core.errors import GoracsError, StoreError
from goracs_core.evaluation.projection import save_projection, umap_2d
from goracs_core.features.compute import compute_features
from goracs_core.features.options import FeatureOptions
from goracs_core.features.store import FOLDER, load_features, save_features
from goracs_core.jobs.experiment.plan import default_spec
from goracs_core.jobs.experiment.store import EXPERIMENT, SHIPPED, ExperimentStore
from goracs_core.jobs.inputs import load_inputs
from goracs_core.jobs.kinds import run_job
from goracs_core.jobs.reference import REFERENCE, ReferenceStore
from goracs_core.jobs.reference import SHIPPED as REFERENCES
from goracs_core.jobs.scalability.store import SCALABILITY, ScalabilityStore
from goracs_core.jobs.scalability.store import SHIPPED as TIMES
from goracs_core.jobs.select.export import coreset_table, to_csv
from goracs_core.jobs.select.files import CORESET, RUN_KIND
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.select.store import SHIPPED as RUNS
from goracs_core.jobs.select.store import RunStore
from goracs_core.jobs.sweep.store import SHIPPED as SWEEPS
from goracs_core.jobs.sweep.store import SWEEP, SweepStore
from goracs_core.jobs.train.store import SHIPPED as TRAININGS
from goracs_core.jobs.train.store import TRAINING, TrainingStore
from goracs_core.llm.small import SHIPPED as MODELS
from goracs_core.llm.small import train_titles_model
from goracs_core.methods import CertifiedConfig, RandomConfig, config_to_dict
from goracs_core.progress import Progress, silent
from goracs_core.store.atomic import set_aside
from goracs_core.store.records import RecordStore
from goracs_core.types import FloatArray
from goracs_core.workspace import Workspace

EMBEDDING_TOLERANCE = 1e-4  # largest difference of a coordinate; the embeddings have length 1
# Least rank correlation. The model behind the norms is trained on the way, where rounding grows over 300 steps:
# one thread instead of two gave 0.97, with single norms up to 70 % off.
NORM_AGREEMENT = 0.9
SWEPT, SWEPT_BUDGET = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0), 256  # the sweep that is shipped
TIMED = 2  # runs per size of the times that are shipped
RANKED = 100  # test samples that the shipped trainings rank, as the page's form asks for
RANDOM_ROWS = f"random-k{SWEPT_BUDGET}-seed0.csv"  # what the shipped training of a random coreset says it was made on


@dataclass(frozen=True)
class FeatureDeviation:
    """How far features computed here are from the shipped ones.

    Args:
        embeddings: Largest absolute difference of a coordinate, over pool and validation.
        norms: Largest difference of a gradient norm, relative to the shipped one.
        norm_agreement: Rank correlation of computed and shipped gradient norms.
    """

    embeddings: float
    norms: float
    norm_agreement: float

    @property
    def within_tolerance(self) -> bool:
        """Whether a difference in floating-point kernels explains it."""
        return self.embeddings <= EMBEDDING_TOLERANCE and self.norm_agreement >= NORM_AGREEMENT

    @property
    def sentence(self) -> str:
        """All three numbers with what is allowed."""
        return (
            f"embeddings differ by at most {self.embeddings:.2g} (allowed {EMBEDDING_TOLERANCE:g}), gradient norms by "
            f"at most {self.norms:.2%}, their rank correlation is {self.norm_agreement:.4f} (at least {NORM_AGREEMENT})"
        )


def build_demo(directory: Path, *, cache: Path, progress: Progress = silent) -> None:
    """Make every shipped file: the dataset, its features with their UMAP map, and the list of checksums.

    Args:
        directory: A new or empty folder, or that of an earlier demo.
        cache: Where features and models computed before are found again.
        progress: Told about the stages.
    """
    options = FeatureOptions()
    dataset = make_demo()
    features = compute_features(dataset, options, cache=cache, progress=progress)
    save_dataset(dataset, directory)
    save_features(features, directory)
    projection = umap_2d(features.pool, features.validation, seed=options.seed, progress=progress)
    save_projection(projection, directory / FOLDER)  # the page looks there too; PCA needs no storing
    _ship_model(dataset, directory, cache=cache, progress=progress)
    write_checksums(directory)


def ship_experiments(directory: Path, workspace: Workspace, *, progress: Progress = silent) -> list[str]:
    """Make the default proxy experiment and leaderboard on the demo and put their records beside it; their ids.

    Runs and trainings stay in the workspace: the records tell enough for the pages.

    Args:
        directory: The demo's folder.
        workspace: Where the work is done and found again.
        progress: Told about the trainings.
    """
    shipped = []
    with set_aside(directory / SHIPPED):  # what is there would be taken as the answer
        for kind in ("proxy", "leaderboard"):
            made = run_job("experiment", default_spec(kind, directory), workspace, progress)["experiment"]
            shipped.append(made)
            RecordStore(EXPERIMENT, directory / SHIPPED).save(ExperimentStore(workspace).get(made))
    write_checksums(directory)
    return shipped


def ship_sweep(directory: Path, workspace: Workspace, *, progress: Progress = silent) -> str:
    """Sweep lambda on the demo and put the sweep and its runs beside it, so that no page is empty; its id.

    Args:
        directory: The demo's folder.
        workspace: Where the work is done.
        progress: Told about the points.
    """
    spec = {"dataset": str(directory), "lambdas": SWEPT, "budgets": (SWEPT_BUDGET,), "fresh": True}
    with set_aside(directory / RUNS), set_aside(directory / SWEEPS):
        made = run_job("sweep", spec, workspace, progress)
        for identifier in made["runs"]:
            run = RunStore(workspace).get(identifier)
            run = replace(run, dataset=replace(run.dataset, directory=""))  # it lies elsewhere on every machine
            table = coreset_table(run, load_dataset(directory)).drop(columns="prompt")  # which the dataset has, too
            RecordStore(RUN_KIND, directory / RUNS).save(run, {CORESET: to_csv(table)})
        _ship_reference(RunStore(workspace).get(made["runs"][0]), directory, workspace)
        RecordStore(SWEEP, directory / SWEEPS).save(SweepStore(workspace).get(made["sweep"]))
    write_checksums(directory)
    return made["sweep"]


def _ship_reference(run: Run, directory: Path, workspace: Workspace) -> None:
    """Put the terms of random coresets beside the demo, so that its first page compares at once."""
    with set_aside(directory / REFERENCES):
        problem = load_inputs({"dataset": str(directory)}).problem()
        made = ReferenceStore(workspace).make(problem, run.config.budget)
        RecordStore(REFERENCE, directory / REFERENCES).save(made)


def ship_trainings(directory: Path, workspace: Workspace, *, progress: Progress = silent) -> list[str]:
    """Train on a random coreset and on the shipped one of the default lambda, and put the records beside the demo.

    Args:
        directory: The demo's folder.
        workspace: Where the work is done.
        progress: Told about the trainings.

    Returns:
        Their ids, the one of the shipped coreset last, so that it is the newest.
    """
    usual = CertifiedConfig(SWEPT_BUDGET)
    run = next(one for one in RunStore(workspace).list(shipped=True) if one.config == config_to_dict(usual))
    random = config_to_dict(RandomConfig(SWEPT_BUDGET))
    shipped = []
    with tempfile.TemporaryDirectory() as folder, set_aside(directory / TRAININGS):
        drawn = run_job("select", {"dataset": str(directory), "config": random}, workspace, progress)["run"]
        rows = Path(folder) / RANDOM_ROWS
        rows.write_text("index\n" + "".join(f"{row}\n" for row in RunStore(workspace).indices(drawn)), encoding="utf-8")
        for coreset in (str(rows), run.id):
            spec = {"dataset": str(directory), "run": coreset, "measure": {"ranked_samples": RANKED}, "fresh": True}
            made = run_job("train", spec, workspace, progress)["training"]
            RecordStore(TRAINING, directory / TRAININGS).save(TrainingStore(workspace).get(made))
            shipped.append(made)
    write_checksums(directory)
    return shipped


def ship_times(directory: Path, workspace: Workspace, *, progress: Progress = silent) -> str:
    """Measure selection times on the demo and put the record beside it; its id.

    Args:
        directory: The demo's folder.
        workspace: Where the work is done.
        progress: Told about the runs.
    """
    spec = {"dataset": str(directory), "config": config_to_dict(CertifiedConfig(SWEPT_BUDGET)), "repeats": TIMED}
    with set_aside(directory / TIMES):
        made = run_job("scalability", spec, workspace, progress)["measurement"]
        RecordStore(SCALABILITY, directory / TIMES).save(ScalabilityStore(workspace).get(made))
    write_checksums(directory)
    return made


def _ship_model(dataset: Dataset, directory: Path, *, cache: Path, progress: Progress) -> None:
    """Put the model that is fine-tuned by default into the demo, so that nobody waits for it."""
    with tempfile.TemporaryDirectory(dir=cache) as fresh:  # never the one that is shipped now
        shutil.rmtree(directory / MODELS, ignore_errors=True)
        train_titles_model(dataset, seed=0, cache=Path(fresh), progress=progress)
        (made,) = (Path(fresh) / MODELS).iterdir()
        for file in made.iterdir():
            file.chmod(0o644)
        shutil.copytree(made, directory / MODELS / made.name)


def check_demo(directory: Path) -> list[str]:
    """Compare files with checksums, and the dataset with one made from the seed; one sentence per difference."""
    faults = check_files(directory)
    try:
        manifest = read_manifest(directory)
    except StoreError as error:
        return [*faults, str(error)]
    dataset = make_demo()
    if manifest.get("fingerprint") != dataset.fingerprint:
        faults.append(
            f"the dataset made from the seed has fingerprint {dataset.fingerprint}, the shipped one "
            f"{manifest.get('fingerprint')}"
        )
    if manifest.get("provenance") != json.loads(json.dumps(dataset.provenance)):
        faults.append("the provenance made from the seed, ground truth included, differs from the shipped one")
    return faults


def feature_deviation(directory: Path, *, progress: Progress = silent) -> FeatureDeviation:
    """Compute the features of the shipped dataset from nothing and compare; takes minutes.

    Raises:
        StoreError: The shipped dataset or its features cannot be read.
    """
    shipped = load_features(directory)
    dataset = load_dataset(directory)
    with tempfile.TemporaryDirectory() as cache:
        computed = compute_features(dataset, FeatureOptions(), cache=Path(cache), progress=progress)
    if shipped.gradient_norms is None or computed.gradient_norms is None:
        message = f"the features in {directory} have no gradient norms; build the demo again"
        raise StoreError(message, code="no-norms", fields={"folder": str(directory)})
    far = max(
        float(np.abs(mine.values - theirs.values).max())
        for mine, theirs in ((computed.pool, shipped.pool), (computed.validation, shipped.validation))
    )
    return FeatureDeviation(far, *norm_deviation(computed.gradient_norms.values, shipped.gradient_norms.values))


def norm_deviation(computed: FloatArray, shipped: FloatArray) -> tuple[float, float]:
    """(largest relative difference, rank correlation)."""
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (computed, shipped)]
    relative = np.abs(computed - shipped) / np.maximum(shipped, np.finfo(float).tiny)
    return float(relative.max()), float(np.corrcoef(ranks[0], ranks[1])[0, 1])


class _StageLine(Progress):
    """Prints each stage of the work once."""

    def __init__(self) -> None:
        super().__init__(self._tell)
        self._stage = ""

    def _tell(self, stage: str, done: int, total: int, detail: str) -> None:
        if stage != self._stage:
            self._stage = stage
            print(f"{stage} ...", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """The commands `build`, `experiments`, `sweep`, `trainings`, `times` and `check`; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m goracs_core.jobs.demo", description="Make or check the demo.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="make every shipped file again (minutes)")
    commands.add_parser("experiments", help="make the shipped experiments again, on the demo as it is (minutes)")
    commands.add_parser("sweep", help="make the shipped sweep and its runs again, on the demo as it is (seconds)")
    commands.add_parser("trainings", help="make the shipped trainings again, on the demo as it is (a minute)")
    commands.add_parser("times", help="measure the shipped times again; leave the machine alone meanwhile (a minute)")
    check = commands.add_parser("check", help="compare the shipped files with their checksums and with the seed")
    check.add_argument("--features", action="store_true", help="also compute the features again (minutes)")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except GoracsError as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: Any) -> int:
    directory = demo_directory()
    if options.command == "build":
        build_demo(directory, cache=Workspace.default().cache, progress=_StageLine())
        size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
        print(f"wrote {directory} ({size / 1e6:.1f} MB)")
        return 0
    if options.command == "experiments":
        for made in ship_experiments(directory, Workspace.default(), progress=_StageLine()):
            print(f"wrote experiment {made}")
        return 0
    if options.command == "sweep":
        print(f"wrote sweep {ship_sweep(directory, Workspace.default(), progress=_StageLine())}")
        return 0
    if options.command == "trainings":
        for made in ship_trainings(directory, Workspace.default(), progress=_StageLine()):
            print(f"wrote training {made}")
        return 0
    if options.command == "times":
        print(f"wrote measurement {ship_times(directory, Workspace.default(), progress=_StageLine())}")
        return 0
    faults = check_demo(directory)
    for fault in faults:
        print(fault)
    if options.features:
        deviation = feature_deviation(directory, progress=_StageLine())
        print(deviation.sentence)
        if not deviation.within_tolerance:
            faults.append(deviation.sentence)
    print("the demo differs from what was shipped" if faults else "the demo is as it was made")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
