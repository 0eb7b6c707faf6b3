"""A Run as a folder: run.json, selection.npz (no pickle), coreset.csv; written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.select.run import DatasetReference, RowScores, Run
from goracs_core.methods import config_from_dict, config_to_dict
from goracs_core.scores import ScoreTrace
from goracs_core.types import BoundHistory, Certificate, Exchange, Trace, TransportSolution

FORMAT = 1
RUN = "run.json"
SELECTION = "selection.npz"
CORESET = "coreset.csv"

_EXCHANGE_INTEGERS = ("leaves", "enters", "tried")
_EXCHANGE_FLOATS = ("value", "estimate")
_BOUNDS = ("seconds", "rounds", "lower", "upper")


@dataclass(frozen=True)
class RunFiles:
    """A run's files, name to bytes; coreset.csv is made by `goracs_core.jobs.select.export`."""

    contents: dict[str, bytes]


def encode(run: Run, coreset_csv: bytes) -> RunFiles:
    """The bytes of the three files of `run`."""
    arrays = _arrays_to_npz(run)
    record = _record(run) | {"files": {SELECTION: digest(arrays), CORESET: digest(coreset_csv)}}
    return RunFiles({RUN: dump(record), SELECTION: arrays, CORESET: coreset_csv})


def check_output(output: Path, *, force: bool) -> None:
    """Refuse a folder to write the files into that holds something else than an earlier result.

    Args:
        output: The folder; it need not exist.
        force: Accept any folder.

    Raises:
        StoreError: It is a file, or holds something else.
    """
    if not output.exists():
        return
    if not output.is_dir():
        raise StoreError(f"{output} is a file, and the output is a folder; give another folder")
    names = {path.name for path in output.iterdir()}
    if names and not force and not {RUN, CORESET} <= names <= {RUN, CORESET, SELECTION}:
        foreign = sorted(names - {RUN, CORESET, SELECTION}) or sorted(names)
        raise StoreError(
            f"{output} is not empty and is no earlier result (it holds {foreign[0]}); "
            "give another folder, or force writing into it (--force)"
        )


def write_folder(directory: Path, files: RunFiles, *, replace: bool = False) -> None:
    """Write the files into `directory` by way of a hidden sibling and one rename.

    Args:
        directory: The folder to make.
        files: What to write.
        replace: Put the files into a folder that exists, file by file; other files there stay.

    Raises:
        StoreError: The folder exists (without `replace`) or cannot be written.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".writing-", dir=directory.parent))
        try:
            for name, content in files.contents.items():
                _write_synced(staging / name, content)
            staging.chmod(0o755)
            if replace and directory.exists():
                for name in files.contents:
                    os.replace(staging / name, directory / name)
            else:
                os.rename(staging, directory)
            _sync_folder(directory.parent)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"{directory} cannot be written ({error.strerror or error})") from error


def replace_file(path: Path, content: bytes) -> None:
    """Exchange the content of a file in one step: a reader sees the old or the new one, never half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    staging = Path(name)
    try:
        _write_synced(staging, content)
        staging.chmod(0o644)
        os.replace(staging, path)
    finally:
        staging.unlink(missing_ok=True)


def read_record(directory: Path) -> dict[str, Any]:
    """The run.json of a run folder.

    Raises:
        StoreError: Missing, not readable, of another format.
    """
    path = directory / RUN
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(f"run {directory.name} has no {RUN}; delete the run and select again") from error
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{RUN} of run {directory.name} cannot be read ({error}); delete the run and select again"
        ) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        found = record.get("format") if isinstance(record, dict) else None
        raise StoreError(f"run {directory.name} has format {found!r}, this version reads {FORMAT}; select again")
    return record


def verified_files(directory: Path, record: dict[str, Any]) -> dict[str, bytes]:
    """The bytes of the files that run.json names, each checked against its digest.

    Raises:
        StoreError: A file is missing or was changed.
    """
    contents: dict[str, bytes] = {}
    files = record.get("files")
    for name in (SELECTION, CORESET):
        try:
            content = (directory / name).read_bytes()
        except OSError as error:
            raise StoreError(
                f"{name} of run {directory.name} cannot be read ({error.strerror}); delete the run and select again"
            ) from error
        if not isinstance(files, dict) or digest(content) != files.get(name):
            raise StoreError(
                f"{name} of run {directory.name} is damaged (it does not match its fingerprint); "
                "delete the run and select again"
            )
        contents[name] = content
    return contents


def decode(directory: Path) -> Run:
    """Read a run folder, every byte checked.

    Raises:
        StoreError: Anything missing or damaged.
    """
    record = read_record(directory)
    contents = verified_files(directory, record)
    try:
        with np.load(io.BytesIO(contents[SELECTION]), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _run(record, arrays)
    except (GoracsError, KeyError, TypeError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise StoreError(f"run {directory.name} is damaged ({error}); delete the run and select again") from error


def dump(record: dict[str, Any]) -> bytes:
    """JSON as it is kept on disk; refuses NaN, which JSON does not have."""
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _record(run: Run) -> dict[str, Any]:
    selection = run.selection
    return {
        "format": FORMAT,
        "id": run.id,
        "name": run.name,
        "notes": run.notes,
        "created": run.created,
        "dataset": asdict(run.dataset),
        "inputs": run.inputs,
        "config": config_to_dict(run.config),
        "selection": {
            "fingerprint": selection.fingerprint,
            "problem_fingerprint": selection.problem_fingerprint,
            "poo": selection.poo,
            "transport_term": selection.transport_term,
            "gradient_term": selection.gradient_term,
            "label_aware_poo": selection.label_aware_poo,
            "stop_reason": selection.stop_reason,
            "num_pool": selection.num_pool,
            "num_validation": selection.num_validation,
            "plan_value": selection.plan.value,
        },
        "trace": {
            "start_value": selection.trace.start_value,
            "tried_pairs": selection.trace.tried_pairs,
            "evaluated_rows": selection.trace.evaluated_rows,
            "stages": [list(stage) for stage in selection.trace.stages],
        },
        "certificate": _certificate_record(selection.certificate),
        "scores": _scores_record(selection.scores),
        "metrics": run.metrics,
        "seconds": run.seconds,
        "versions": run.versions,
        "key": run.key,
    }


def _certificate_record(certificate: Certificate | None) -> dict[str, Any] | None:
    if certificate is None:
        return None
    names = ("value", "lower_bound", "gap", "rounds", "full_passes")
    return {name: getattr(certificate, name) for name in names}


def _arrays_to_npz(run: Run) -> bytes:
    plan, trace, scores = run.selection.plan, run.selection.trace, run.scores
    arrays: dict[str, np.ndarray] = {
        "indices": run.selection.indices,
        "plan_rows": plan.rows,
        "plan_columns": plan.columns,
        "plan_mass": plan.mass,
        "row_potentials": plan.row_potentials,
        "column_potentials": plan.column_potentials,
        "greedy_values": trace.greedy_values,
        "gradient_norms": scores.gradient_norms,
        "served": scores.served,
        "mean_distances": scores.mean_distances,
    }
    for name in _EXCHANGE_INTEGERS:
        arrays[f"exchange_{name}"] = np.array([getattr(exchange, name) for exchange in trace.exchanges], np.int64)
    for name in _EXCHANGE_FLOATS:
        arrays[f"exchange_{name}"] = np.array([getattr(exchange, name) for exchange in trace.exchanges], np.float64)
    if run.selection.certificate is not None:
        arrays["prices"] = run.selection.certificate.prices
    if trace.bounds is not None:
        arrays |= {f"bounds_{name}": getattr(trace.bounds, name) for name in _BOUNDS}
    if run.selection.scores is not None:
        arrays |= _score_arrays(run.selection.scores)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def _run(record: dict[str, Any], arrays: dict[str, np.ndarray]) -> Run:
    from goracs_core.selection.result import Selection  # brings the solver's libraries along

    config = config_from_dict(record["config"])
    values, trace, dataset = record["selection"], record["trace"], record["dataset"]
    columns = [arrays[f"exchange_{name}"].tolist() for name in ("leaves", "enters", "value", "estimate", "tried")]
    selection = Selection(
        indices=arrays["indices"],
        config=config,
        poo=float(values["poo"]),
        transport_term=float(values["transport_term"]),
        gradient_term=float(values["gradient_term"]),
        label_aware_poo=None if values["label_aware_poo"] is None else float(values["label_aware_poo"]),
        plan=TransportSolution(
            float(values["plan_value"]), arrays["plan_rows"], arrays["plan_columns"], arrays["plan_mass"],
            arrays["row_potentials"], arrays["column_potentials"],
        ),
        certificate=_certificate(record.get("certificate"), arrays),
        trace=Trace(
            start_value=float(trace["start_value"]),
            greedy_values=arrays["greedy_values"],
            exchanges=tuple(Exchange(*fields) for fields in zip(*columns, strict=True)),
            tried_pairs=int(trace["tried_pairs"]),
            evaluated_rows=int(trace["evaluated_rows"]),
            stages=tuple((str(name), float(seconds)) for name, seconds in trace["stages"]),
            bounds=_bounds(arrays),
        ),
        stop_reason=str(values["stop_reason"]),
        scores=_scores(record.get("scores"), arrays),
        num_pool=int(values["num_pool"]),
        num_validation=int(values["num_validation"]),
        problem_fingerprint=str(values["problem_fingerprint"]),
    )  # fmt: skip
    if selection.fingerprint != values["fingerprint"]:
        raise StoreError("the chosen rows do not match their fingerprint")
    return Run(
        id=str(record["id"]),
        name=str(record["name"]),
        notes=str(record["notes"]),
        created=float(record["created"]),
        dataset=DatasetReference(**{**dataset, "sampling": tuple(dataset["sampling"])}),
        inputs=dict(record["inputs"]),
        config=config,
        selection=selection,
        scores=RowScores(*(arrays[name] for name in ("gradient_norms", "served", "mean_distances"))),
        metrics=dict(record["metrics"]),
        seconds=float(record["seconds"]),
        versions=dict(record["versions"]),
        key=str(record["key"]),
    )


def _certificate(record: dict[str, Any] | None, arrays: dict[str, np.ndarray]) -> Certificate | None:
    if record is None:
        return None
    return Certificate(
        value=float(record["value"]),
        lower_bound=float(record["lower_bound"]),
        prices=arrays["prices"],
        gap=float(record["gap"]),
        rounds=int(record["rounds"]),
        full_passes=int(record["full_passes"]),
    )


def _bounds(arrays: dict[str, np.ndarray]) -> BoundHistory | None:
    if "bounds_lower" not in arrays:
        return None
    return BoundHistory(*(arrays[f"bounds_{name}"] for name in _BOUNDS))


def _scores_record(scores: ScoreTrace | None) -> dict[str, Any] | None:
    if scores is None:
        return None
    return {
        "columns": list(scores.columns),
        "ranked_by": scores.ranked_by,
        "sources": dict(scores.sources),
        "details": dict(scores.details),
    }


def _score_arrays(scores: ScoreTrace) -> dict[str, np.ndarray]:
    columns = {f"score_{place}": values for place, values in enumerate(scores.columns.values())}
    return {**columns, "strata": scores.strata, "strata_edges": scores.edges}


def _scores(record: dict[str, Any] | None, arrays: dict[str, np.ndarray]) -> ScoreTrace | None:
    if record is None:
        return None
    return ScoreTrace(
        columns={str(name): arrays[f"score_{place}"] for place, name in enumerate(record["columns"])},
        ranked_by=str(record["ranked_by"]),
        strata=arrays["strata"],
        edges=arrays["strata_edges"],
        sources=dict(record["sources"]),
        details=dict(record["details"]),
    )


def digest(content: bytes) -> str:
    """What run.json says about the content of another file; finds accidents, is no signature."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
