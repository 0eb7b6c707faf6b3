"""A run bundle comes back as it went out, and nothing that a stranger put into one does harm."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from goracs_core.cli import main
from goracs_core.data.dataset import Dataset
from goracs_core.data.store import save_dataset
from goracs_core.errors import GoracsError, RecordExistsError, StoreError
from goracs_core.jobs.select.bundle import import_bundle
from goracs_core.jobs.select.export import bundle, coreset_table, summary, to_csv
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.select.store import RunStore
from goracs_core.methods import CertifiedConfig, RandomConfig
from goracs_core.store.kind import digest, digest_of
from goracs_core.workspace import Workspace
from tests.jobs.made import inputs, run_of, shop
from tests.refusals import told

Members = dict[str, bytes]


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace with the dataset."""
    workspace = Workspace(tmp_path / "here").ensure()
    save_dataset(shop(), workspace.datasets / "shop")
    return workspace


@pytest.fixture
def made() -> tuple[Run, Dataset]:
    """A run with a proof, made elsewhere, and its dataset."""
    dataset = shop()
    run = run_of(
        CertifiedConfig(6, lambda_=0.1, max_rounds=30), source=inputs(dataset=dataset), name="=Far <b>away</b>"
    )
    return replace(run, dataset=replace(run.dataset, directory="/far/away/shop"), notes="Some notes"), dataset


def members(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Members, *, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def signed(files: Members, **changed: bytes) -> bytes:
    """The bundle with other files, whose digests are right: whoever writes a bundle can write these, too."""
    files = files | {name.replace("__", "."): content for name, content in changed.items()}
    record = json.loads(files["run.json"])
    record["files"] = {name: digest(files[name]) for name in record["files"]}
    record["digest"] = digest_of(record["record"], record["files"])
    return zipped(files | {"run.json": json.dumps(record).encode()})


def test_export_and_import_give_the_same_run(made: tuple[Run, Dataset], here: Workspace) -> None:
    run, dataset = made
    content = bundle(run, dataset)
    kept = import_bundle(content, here)
    found = RunStore(here).get(run.id)
    assert found.fingerprint == kept.fingerprint == run.fingerprint
    np.testing.assert_array_equal(found.selection.indices, run.selection.indices)
    np.testing.assert_array_equal(found.selection.plan.mass, run.selection.plan.mass)
    assert summary(found) == summary(run)
    assert (found.name, found.notes, found.created, found.versions) == (run.name, run.notes, run.created, run.versions)
    assert found.imported is not None
    assert (found.imported.run, found.imported.version) == (run.id, run.versions["goracs_core"])
    assert found.dataset.directory == str(here.datasets / "shop")
    (listed,) = RunStore(here).list()
    assert (listed.id, listed.poo, listed.damaged) == (run.id, run.selection.poo, "")
    assert listed.imported

    again = members(bundle(found, dataset))
    before = members(content)
    assert {name for name in before if before[name] != again[name]} == {"run.json"}
    then, now = (json.loads(one["run.json"]) for one in (before, again))
    for record in (then, now):
        record["record"].pop("imported")
        record["record"]["dataset"].pop("directory")
        record.pop("digest")
    assert then == now


def test_an_imported_run_is_not_taken_for_one_made_here(made: tuple[Run, Dataset], here: Workspace) -> None:
    run, dataset = made
    import_bundle(bundle(run, dataset), here)
    assert RunStore(here).find(run.key) is None


def test_a_run_is_imported_once(made: tuple[Run, Dataset], here: Workspace) -> None:
    run, dataset = made
    content = bundle(run, dataset)
    import_bundle(content, here)
    with pytest.raises(RecordExistsError, check=told("record-exists", run=run.id)):
        import_bundle(content, here)
    RunStore(here).delete(run.id)
    import_bundle(content, here)
    assert len(RunStore(here).list()) == 1


def test_a_run_of_other_data_is_refused_and_named(made: tuple[Run, Dataset], tmp_path: Path) -> None:
    run, dataset = made
    other = Workspace(tmp_path / "other").ensure()
    save_dataset(shop(tuple(f"Other {place}" for place in range(12))), other.datasets / "shop")
    fields = {"dataset": dataset.name, "fingerprint": dataset.fingerprint}
    with pytest.raises(StoreError, check=told("other-dataset", **fields)) as caught:
        import_bundle(bundle(run, dataset), other)
    assert repr(dataset.name) in str(caught.value)
    assert RunStore(other).list() == ()


def test_a_run_on_bare_arrays_needs_no_dataset(tmp_path: Path) -> None:
    run = run_of(RandomConfig(5))
    workspace = Workspace(tmp_path).ensure()
    import_bundle(bundle(run), workspace)
    assert RunStore(workspace).get(run.id).fingerprint == run.fingerprint


def test_texts_come_from_the_dataset_and_not_from_the_bundle(made: tuple[Run, Dataset], here: Workspace) -> None:
    run, dataset = made
    files = members(bundle(run, dataset))
    import_bundle(signed(files, coreset__csv=b"index,prompt\n0,Send me your password\n"), here)
    kept = RunStore(here).files(run.id)["coreset.csv"]
    assert kept == to_csv(coreset_table(run, dataset))


def bomb(files: Members) -> bytes:
    return signed(files, coreset__csv=b"\0" * 40_000_000)


def array_bomb(files: Members) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, indices=np.zeros(6_000_000))
    return signed(files, selection__npz=buffer.getvalue())


def claiming(shape: tuple[int, ...]) -> Callable[[Members], bytes]:
    def make(files: Members) -> bytes:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
        return signed(files, selection__npz=zipped({"indices.npy": header.getvalue() + b"\0" * 8}))

    return make


class Harm:
    def __reduce__(self):
        return print, ("executed",)


def pickled(files: Members) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, indices=np.array([Harm()], dtype=object))
    return signed(files, selection__npz=buffer.getvalue())


def raw_pickle(files: Members) -> bytes:
    return signed(files, selection__npz=pickle.dumps(Harm()))


def changed_record(**changes: object) -> Callable[[Members], bytes]:
    def make(files: Members) -> bytes:
        record = json.loads(files["run.json"])
        record["record"] |= changes
        record["digest"] = digest_of(record["record"], record["files"])
        return zipped(files | {"run.json": json.dumps(record).encode()})

    return make


def poo_changed(files: Members) -> bytes:
    return zipped(files | {"run.json": files["run.json"].replace(b'"poo": 0', b'"poo": 1', 1)})


HOSTILE: dict[str, tuple[Callable[[Members], bytes], str]] = {
    "no zip": (lambda files: b"hello", "bundle-damaged"),
    "cut off": (lambda files: zipped(files)[:-200], "bundle-damaged"),
    "a byte changed": (lambda files: zipped(files | {"coreset.csv": files["coreset.csv"] + b"x"}), "bundle-damaged"),
    "a number changed": (poo_changed, "bundle-damaged"),
    "path out of the folder": (lambda files: zipped(files | {"../../evil.csv": b"x"}), "no-bundle"),
    "absolute path": (lambda files: zipped(files | {"/tmp/evil.csv": b"x"}), "no-bundle"),
    "one more file": (lambda files: zipped(files | {"evil.pkl": b"x"}), "no-bundle"),
    "a file less": (lambda files: zipped({"run.json": files["run.json"]}), "no-bundle"),
    "size bomb": (bomb, "bundle-too-large"),
    "size bomb in the arrays": (array_bomb, "bundle-too-large"),
    "array that claims a terabyte": (claiming((10**12 // 8,)), "bundle-damaged"),
    "array that claims too much to multiply": (claiming((2**62, 2**62)), "bundle-damaged"),
    "pickled array": (pickled, "bundle-damaged"),
    "pickle": (raw_pickle, "bundle-damaged"),
    "deep JSON": (lambda files: zipped(files | {"run.json": b"[" * 100_000}), "bundle-damaged"),
    "record is a list": (lambda files: zipped(files | {"run.json": b"[1]"}), "bundle-damaged"),
    "metrics are null": (changed_record(metrics=None), "bundle-damaged"),
    "id is a path": (changed_record(id="../../evil"), "bad-id"),
    "date of 400 digits": (changed_record(created=10**400), "bundle-damaged"),
    "unknown field": (changed_record(evil=1), "bundle-damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_one_sentence_and_leaves_nothing(
    name: str,
    made: tuple[Run, Dataset],
    here: Workspace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make, code = HOSTILE[name]
    content = make(members(bundle(*made)))
    before = set(here.root.parent.rglob("*"))
    with pytest.raises(GoracsError, check=told(code)):
        import_bundle(content, here, max_bytes=30_000_000)
    assert "executed" not in capsys.readouterr().out
    assert RunStore(here).list() == ()
    new = {path.name for path in set(here.root.parent.rglob("*")) - before}
    assert new <= {"index.sqlite", "index.sqlite.lock"}


def test_two_members_of_one_name_are_refused(made: tuple[Run, Dataset], here: Workspace) -> None:
    files = members(bundle(*made))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("coreset.csv", b"other")
    with pytest.raises(StoreError, check=told("no-bundle")):
        import_bundle(buffer.getvalue(), here)


def test_the_command_line_imports_what_it_exported(
    made: tuple[Run, Dataset], here: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setenv("GORACS_WORKSPACE", str(here.root))
    run, dataset = made
    RunStore(here).save(run, to_csv(coreset_table(run, dataset)))
    path = tmp_path / "out.zip"
    assert main(["runs", "export", run.id, "--format", "bundle", "--output", str(path)]) == 0
    assert main(["runs", "import", str(path)]) == 2, "it is here"
    assert main(["runs", "delete", run.id]) == 0
    capsys.readouterr()
    assert main(["runs", "import", str(path)]) == 0
    assert run.id in capsys.readouterr().out
    assert main(["runs", "show", run.id]) == 0
    assert json.loads(capsys.readouterr().out)["imported"]["run"] == run.id
    assert main(["runs", "list"]) == 0
    assert "imported" in capsys.readouterr().out
    assert main(["runs", "import", str(tmp_path / "nowhere.zip")]) == 2
