"""The run store: one folder per run is the truth, the SQLite index only makes lists fast and can always be rebuilt."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.queue.database import reading, writing
from goracs_core.jobs.select import files
from goracs_core.jobs.select.run import Run, RunSummary
from goracs_core.workspace import Workspace

_IDENTIFIER = re.compile(r"[\w-]{1,80}")


class RunStore:
    """The runs of one workspace. Every method may be called from several processes and threads at once.

    Args:
        workspace: Whose runs.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def save(self, run: Run, coreset_csv: bytes) -> None:
        """Keep a run: its folder first, in one step, then its line in the index.

        Raises:
            StoreError: A run with this id exists, or the workspace cannot be written.
        """
        directory = self.directory(run.id)
        files.write_folder(directory, files.encode(run, coreset_csv))
        with writing(self.workspace) as connection:
            _insert(connection, directory)

    def get(self, run_id: str) -> Run:
        """Read a run, every byte checked.

        Raises:
            StoreError: No such run, or its folder is damaged.
        """
        directory = self.directory(run_id)
        if not directory.is_dir():
            raise StoreError(f"there is no run {run_id!r}; it may have been deleted")
        return files.decode(directory)

    def list(self) -> tuple[RunSummary, ...]:
        """All runs, newest first. A run whose folder is damaged stays in the list with the sentence that says so."""
        self._sync()
        with reading(self.workspace) as connection:
            rows = connection.execute(
                "SELECT id, created, key, summary, damaged FROM runs ORDER BY created DESC, id DESC"
            )
            return tuple(_summary(row) for row in rows)

    def find(self, key: str) -> Run | None:
        """The newest undamaged run with this key (see `goracs_core.jobs.reuse.run_key`), or None."""
        self._sync()
        with reading(self.workspace) as connection:
            rows = connection.execute(
                "SELECT id FROM runs WHERE key = ? AND damaged = '' ORDER BY created DESC, id DESC", (key,)
            ).fetchall()
        for row in rows:
            try:
                return self.get(row["id"])
            except StoreError:  # damaged or deleted since the list was made: the next one, or none
                continue
        return None

    def rename(self, run_id: str, *, name: str | None = None, notes: str | None = None) -> None:
        """Change the user's name or notes of a run; None leaves it as it is.

        Raises:
            StoreError: No such run, or its run.json is damaged.
        """
        directory = self.directory(run_id)
        with writing(self.workspace) as connection:  # the write lock keeps two renamings from losing one
            if not directory.is_dir():
                raise StoreError(f"there is no run {run_id!r}; it may have been deleted")
            record = files.read_record(directory)
            record["name"] = record["name"] if name is None else name.strip()
            record["notes"] = record["notes"] if notes is None else notes.strip()
            files.replace_file(directory / files.RUN, files.dump(record))
            _insert(connection, directory)

    def delete(self, run_id: str) -> None:
        """Remove a run, damaged or not.

        Raises:
            StoreError: No such run.
        """
        directory = self.directory(run_id)
        doomed = directory.with_name(f".deleted-{uuid.uuid4().hex}")
        with writing(self.workspace) as connection:
            try:
                os.replace(directory, doomed)
            except FileNotFoundError as error:
                raise StoreError(f"there is no run {run_id!r}; it may have been deleted") from error
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        shutil.rmtree(doomed, ignore_errors=True)

    def rebuild(self) -> int:
        """Forget the index of runs and read every folder again. Returns the number of runs."""
        with writing(self.workspace) as connection:
            connection.execute("DELETE FROM runs")
        return len(self.list())

    def directory(self, run_id: str) -> Path:
        """The folder of a run.

        Raises:
            StoreError: Not an id (ids hold letters, digits, _ and -), so that no path can be smuggled in.
        """
        if not _IDENTIFIER.fullmatch(run_id):
            raise StoreError(f"{run_id!r} is no run id; ids hold letters, digits, _ and -")
        return self.workspace.runs / run_id

    def _sync(self) -> None:
        """Bring the index in line with the folders: new, gone and changed ones."""
        found = {path.name: path for path in _run_folders(self.workspace.runs)}
        with reading(self.workspace) as connection:
            known = {row["id"]: row["stamp"] for row in connection.execute("SELECT id, stamp FROM runs")}
        changed = [name for name, path in found.items() if known.get(name) != _stamp(path)]
        gone = [name for name in known if name not in found]
        if not changed and not gone:
            return
        with writing(self.workspace) as connection:
            for name in changed:
                if found[name].is_dir():  # it may have been deleted since
                    _insert(connection, found[name])
            for name in gone:
                if not (self.workspace.runs / name).is_dir():  # it may have come back
                    connection.execute("DELETE FROM runs WHERE id = ?", (name,))


def _run_folders(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return [path for path in directory.iterdir() if _IDENTIFIER.fullmatch(path.name) and path.is_dir()]


def _stamp(directory: Path) -> str:
    """Changes whenever a file of the run is rewritten, cut short or removed."""
    parts: list[str] = []
    for name in (files.RUN, files.SELECTION, files.CORESET):
        try:
            status = (directory / name).stat()
            parts.append(f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}")
        except OSError:
            parts.append("missing")
    return " ".join(parts)


def _insert(connection: sqlite3.Connection, directory: Path) -> None:
    stamp = _stamp(directory)
    try:
        record = files.read_record(directory)
        files.verified_files(directory, record)
        summary = _summarise(record)
        if summary.id != directory.name:
            raise StoreError(
                f"run {directory.name} says it is {summary.id!r}; give the folder its old name or delete it"
            )
    except (GoracsError, KeyError, TypeError, ValueError) as error:
        sentence = str(error) if isinstance(error, GoracsError) else f"run {directory.name} is damaged; delete it"
        summary = RunSummary(id=directory.name, name=directory.name, created=_age(directory), damaged=sentence)
    connection.execute(
        "INSERT OR REPLACE INTO runs (id, created, key, stamp, summary, damaged) VALUES (?, ?, ?, ?, ?, ?)",
        (directory.name, summary.created, summary.key, stamp, json.dumps(asdict(summary)), summary.damaged),
    )


def _summarise(record: dict[str, Any]) -> RunSummary:
    selection, certificate = record["selection"], record.get("certificate") or {}
    return RunSummary(
        id=record["id"],
        name=record["name"],
        notes=record["notes"],
        created=float(record["created"]),
        dataset_name=record["dataset"]["name"],
        dataset_fingerprint=record["dataset"]["fingerprint"],
        problem_fingerprint=selection["problem_fingerprint"],
        config=dict(record["config"]),
        poo=float(selection["poo"]),
        transport_term=float(selection["transport_term"]),
        gradient_term=float(selection["gradient_term"]),
        pass_at_1=_pass_at_1(record),
        lower_bound=certificate.get("lower_bound"),
        gap=certificate.get("gap"),
        seconds=float(record["seconds"]),
        stop_reason=selection["stop_reason"],
        fingerprint=selection["fingerprint"],
        key=record["key"],
    )


def _pass_at_1(record: dict[str, Any]) -> float | None:
    """As in `Trace.pass_at_1`; older records hold None, too, where pairs were tried and none was accepted."""
    stored = record["metrics"].get("pass_at_1")
    return 0.0 if stored is None and record["trace"]["tried_pairs"] else stored


def _summary(row: sqlite3.Row) -> RunSummary:
    return RunSummary(**json.loads(row["summary"]))


def _age(directory: Path) -> float:
    try:
        return directory.stat().st_mtime
    except OSError:
        return 0.0
