"""The run store: one folder per run is the truth, the SQLite index only makes lists fast and can always be rebuilt."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from goracs_core.data.demo import demo_directory
from goracs_core.errors import GoracsError, StoreError
from goracs_core.jobs.queue.database import reading, writing
from goracs_core.jobs.select import files
from goracs_core.jobs.select.run import Imported, Run, RunSummary, imported_words
from goracs_core.store.codec import unpack
from goracs_core.store.kind import read_files, read_head, stamp
from goracs_core.store.records import RecordStore
from goracs_core.types import IndexArray
from goracs_core.workspace import Workspace

SHIPPED = "runs"


class RunStore:
    """The runs of one workspace, and those that are shipped with the demo.

    Every method may be called from several processes and threads at once.

    Args:
        workspace: Whose runs.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._records = RecordStore(files.RUN_KIND, workspace.runs, shipped=demo_directory() / SHIPPED)

    def save(self, run: Run, coreset_csv: bytes) -> None:
        """Keep a run: its folder first, in one step, then its line in the index.

        Raises:
            StoreError: A run with this id exists, or the workspace cannot be written.
        """
        self._records.save(run, {files.CORESET: coreset_csv}, replace=False)
        with writing(self.workspace) as connection:
            _insert(connection, self.directory(run.id))

    def get(self, run_id: str) -> Run:
        """Read a run, every byte checked.

        Raises:
            StoreError: No such run, or its folder is damaged.
        """
        return self._records.get(run_id)

    def files(self, run_id: str) -> dict[str, bytes]:
        """The files of a run, name to bytes, each checked; errors as of `get`."""
        return self._records.files(run_id)

    def solved_by(self, run_id: str, source: str) -> bool:
        """Whether a run's inputs name `source`; False for a run that cannot be read."""
        try:
            return source in self._records.head(run_id).values["inputs"]
        except StoreError:
            return False

    def list(self, *, shipped: bool = False) -> tuple[RunSummary, ...]:
        """All runs, newest first. A run whose folder is damaged stays in the list with the sentence that says so.

        Args:
            shipped: Also those that came with the demo, after those of the workspace.
        """
        self._sync()
        with reading(self.workspace) as connection:
            rows = connection.execute(
                "SELECT id, created, key, summary, damaged FROM runs ORDER BY created DESC, id DESC"
            )
            found = [_summary(row) for row in rows]
        came = {run.id for run in found if self.is_shipped(run.id)}
        own = [run for run in found if run.id not in came]
        return (*own, *(run for run in found if run.id in came)) if shipped else tuple(own)

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
        given = {field: text.strip() for field, text in (("name", name), ("notes", notes)) if text is not None}
        with writing(self.workspace) as connection:  # the write lock keeps two renamings from losing one
            run, contents = self.get(run_id), self.files(run_id)
            self._records.save(replace(run, **given), {files.CORESET: contents[files.CORESET]})
            _insert(connection, self.directory(run_id))

    def delete(self, run_id: str) -> None:
        """Remove a run, damaged or not.

        Raises:
            StoreError: No such run.
        """
        with writing(self.workspace) as connection:
            self._records.delete(run_id)
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def directory(self, run_id: str) -> Path:
        """The folder of a run.

        Raises:
            StoreError: Not an id (ids hold letters, digits, _ and -), so that no path can be smuggled in.
        """
        return self._records.path(run_id)

    def indices(self, run_id: str) -> IndexArray:
        """The chosen rows alone, without what only the solver's libraries can read; shape [k]; errors as of `get`."""
        record, contents = self._records.head(run_id).values, self.files(run_id)
        return unpack(contents[files.SELECTION])[record["selection"]["indices"]]

    def is_shipped(self, run_id: str) -> bool:
        """Whether the run came with the demo, so that it cannot be deleted."""
        return self._records.is_shipped(run_id)

    def stamp(self, run_id: str) -> str:
        """Changes whenever a file of the run is rewritten, cut short or removed."""
        return self._records.stamp(run_id)

    def _sync(self) -> None:
        """Bring the index in line with the folders: new, gone and changed ones."""
        found = {name: self._records.find(name) for name in self._records.ids()}
        with reading(self.workspace) as connection:
            known = {row["id"]: row["stamp"] for row in connection.execute("SELECT id, stamp FROM runs")}
        changed = [name for name, path in found.items() if known.get(name) != stamp(path)]
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


def _insert(connection: sqlite3.Connection, directory: Path) -> None:
    seen = stamp(directory)
    try:
        head = read_head(files.RUN_KIND, directory)
        read_files(files.RUN_KIND, directory, head)
        summary = _summarise(head.values)
        if summary.id != directory.name:
            raise StoreError(
                f"run {directory.name} says it is {summary.id!r}; give the folder its old name or delete it",
                code="other-id",
                fields={"run": directory.name, "id": summary.id},
            )
    except (GoracsError, KeyError, TypeError, ValueError) as error:
        sentence = str(error) if isinstance(error, GoracsError) else f"run {directory.name} is damaged; delete it"
        summary = RunSummary(id=directory.name, name=directory.name, created=_age(directory), damaged=sentence)
    connection.execute(
        "INSERT OR REPLACE INTO runs (id, created, key, stamp, summary, damaged) VALUES (?, ?, ?, ?, ?, ?)",
        (directory.name, summary.created, summary.key, seen, json.dumps(asdict(summary)), summary.damaged),
    )


def _summarise(record: dict[str, Any]) -> RunSummary:
    selection, certificate = record["selection"], record["selection"]["certificate"] or {}
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
        key="" if record.get("imported") else record["key"],  # not reused: nobody here has seen it being made
        imported=_imported(record),
    )


def _imported(record: dict[str, Any]) -> str:
    found = record.get("imported")
    return "" if found is None else imported_words(Imported(**found), float(record["created"]))


def _pass_at_1(record: dict[str, Any]) -> float | None:
    """As in `Trace.pass_at_1`; older records hold None, too, where pairs were tried and none was accepted."""
    stored = record["metrics"].get("pass_at_1")
    return 0.0 if stored is None and record["selection"]["trace"]["tried_pairs"] else stored


def _summary(row: sqlite3.Row) -> RunSummary:
    return RunSummary(**json.loads(row["summary"]))


def _age(directory: Path) -> float:
    try:
        return directory.stat().st_mtime
    except OSError:
        return 0.0
