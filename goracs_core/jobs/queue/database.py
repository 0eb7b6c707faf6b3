"""The SQLite file of a workspace: run index and job queue, in WAL mode, safe for several processes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from goracs_core.errors import StoreError
from goracs_core.workspace import Workspace

SCHEMA_VERSION = 2

_BUSY_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    created REAL NOT NULL,
    key TEXT NOT NULL,
    stamp TEXT NOT NULL,
    summary TEXT NOT NULL,
    damaged TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_key ON runs (key);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    created REAL NOT NULL,
    started REAL,
    finished REAL,
    stage TEXT NOT NULL DEFAULT '',
    stage_started REAL,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    bounds TEXT NOT NULL DEFAULT '[]',
    result TEXT NOT NULL DEFAULT '{}',
    error TEXT NOT NULL DEFAULT '',
    cancel_requested REAL NOT NULL DEFAULT 0,
    worker INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_active_job_per_key ON jobs (key) WHERE state IN ('queued', 'running');
"""


@contextmanager
def reading(workspace: Workspace) -> Iterator[sqlite3.Connection]:
    """A connection for queries; closed on leaving."""
    with _guarded(workspace) as connection:
        yield connection


@contextmanager
def writing(workspace: Workspace) -> Iterator[sqlite3.Connection]:
    """A connection inside one write transaction: committed on leaving, rolled back on any exception."""
    with _guarded(workspace) as connection:
        # IMMEDIATE takes the write lock at once: two writers queue up instead of failing half-way.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextmanager
def _guarded(workspace: Workspace) -> Iterator[sqlite3.Connection]:
    """Open the index, making it when needed, and turn SQLite's failures into sentences.

    Raises:
        StoreError: The index was written by a newer version, is busy for too long, cannot be written or is damaged.
    """
    try:
        connection = _connect(workspace.index)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) or not workspace.index.exists():
            raise StoreError(
                f"the index of runs {workspace.index} cannot be opened ({error})", code="index-unusable"
            ) from error
        _set_aside(workspace.index)
        connection = _connect(workspace.index)
    try:
        yield connection
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"the index of runs {workspace.index} cannot be used ({error}); try again", code="index-unusable"
        ) from error
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        connection.close()
        kept = _set_aside(workspace.index)
        raise StoreError(
            f"the index of runs was damaged ({error}) and is kept as {kept.name}; it is rebuilt from the run folders, "
            "waiting jobs are lost: try again",
            code="index-damaged",
            fields={"kept": kept.name},
        ) from error
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        version = _version(connection)
        if version == 0:
            version = _create(connection, path)
        if version == 1:
            version = _add_bounds(connection, path)
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"the index of runs {path} has schema {version}, this version reads {SCHEMA_VERSION}; "
                "update the program or use another workspace",
                code="unknown-format",
                fields={"version": version},
            )
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _create(connection: sqlite3.Connection, path: Path) -> int:
    # Switching to WAL ignores the busy timeout when two processes do it at once, hence a lock of its own.
    with filelock.FileLock(f"{path}.lock", timeout=_BUSY_SECONDS):
        if _version(connection) == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        return _version(connection)


def _add_bounds(connection: sqlite3.Connection, path: Path) -> int:
    """From schema 1 to 2: jobs keep the bounds that they report."""
    with filelock.FileLock(f"{path}.lock", timeout=_BUSY_SECONDS):
        if _version(connection) == 1:
            connection.executescript(
                "BEGIN IMMEDIATE; ALTER TABLE jobs ADD COLUMN bounds TEXT NOT NULL DEFAULT '[]'; "
                "PRAGMA user_version = 2; COMMIT;"
            )
        return _version(connection)


def _set_aside(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.damaged-{int(time.time())}")
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            os.replace(source, kept.with_name(kept.name + suffix))
    return kept
