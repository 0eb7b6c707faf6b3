"""Files for fine-tuning: each layout is read back as the tool's documentation says that the tool reads it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml

from goracs_core.cli import main
from goracs_core.data.dataset import Dataset
from goracs_core.errors import ConfigError, StoreError
from goracs_core.jobs.select.formats import FORMATS, named, packed, packed_name, stem
from goracs_core.jobs.select.run import Run
from goracs_core.methods import CertifiedConfig, ItraConfig, RandomConfig
from tests.cli.calls import arrays, refused
from tests.jobs.made import inputs, run_of, shop

NASTY = ("---", 'a "b": c', "line\nbreak", "Ünïcode 🎮", "</script><b>", "plain")
DEFAULTS = {"prompt": "instruction", "query": "input", "response": "output"}


@pytest.fixture(scope="module")
def made() -> tuple[Run, Dataset]:
    dataset = shop(NASTY)
    return run_of(CertifiedConfig(12, lambda_=0.05), source=inputs(dataset=dataset)), dataset


def llama_factory(files: dict[str, bytes], name: str) -> list[tuple[str, str]]:
    """Question and answer of each sample as LLaMA-Factory reads a dataset: by the description of its name."""
    about = json.loads(files["dataset_info.json"])[name]
    content = files[about["file_name"]].decode()
    if about.get("formatting", "alpaca") == "alpaca":
        columns = DEFAULTS | about.get("columns", {})
        rows = json.loads(content)
        asked = ["\n".join(filter(None, (row[columns["prompt"]], row[columns["query"]]))) for row in rows]
        return list(zip(asked, [row[columns["response"]] for row in rows], strict=True))
    tags = about["tags"]
    found = []
    for line in content.splitlines():
        messages = json.loads(line)[about["columns"]["messages"]]
        roles = [message[tags["role_tag"]] for message in messages]
        assert roles == [tags["user_tag"], tags["assistant_tag"]], "odd turns are the user's, even ones the model's"
        found.append(tuple(message[tags["content_tag"]] for message in messages))
    return found


def hugging_face(files: dict[str, bytes], config: str = "default") -> dict[str, pd.DataFrame]:
    """The splits of a configuration, by the YAML at the top of README.md, as `datasets.load_dataset` reads them."""
    _, front, _ = files["README.md"].decode().split("---\n", 2)
    configs = {one["config_name"]: one for one in yaml.safe_load(front)["configs"]}
    assert [name for name, one in configs.items() if one.get("default")] == ["default"]
    parts = {one["split"]: one["path"] for one in configs[config]["data_files"]}
    return {name: pd.read_parquet(io.BytesIO(files[path])) for name, path in parts.items()}


def expected(run: Run, dataset: Dataset) -> list[tuple[str, str]]:
    rows = [int(row) for row in run.selection.indices]
    return [(dataset.pool.prompts[row].rstrip("\n"), dataset.pool.answers[row]) for row in rows]


def test_llama_factory_reads_coreset_validation_and_test(made: tuple[Run, Dataset]) -> None:
    run, dataset = made
    files, name = dict(FORMATS["llama-factory"].write(run, dataset)), stem(run)
    assert llama_factory(files, name) == llama_factory(files, f"{name}_chat") == expected(run, dataset)
    for part, samples in (("validation", dataset.validation), ("test", dataset.test)):
        answers = [answer for _, answer in llama_factory(files, f"{name}_{part}")]
        assert answers == list(samples.answers)
    described = json.loads(files["dataset_info.json"])
    assert {one["file_name"] for one in described.values()} == set(files) - {"dataset_info.json"}


def test_a_line_of_chat_is_one_conversation(made: tuple[Run, Dataset]) -> None:
    run, dataset = made
    (content,) = FORMATS["chat"].write(run, dataset).values()
    lines = [json.loads(line) for line in content.decode().splitlines()]
    assert [set(line) for line in lines] == [{"messages"}] * 12
    told = [tuple((one["role"], one["content"]) for one in line["messages"]) for line in lines]
    assert told == [(("user", asked), ("assistant", answer)) for asked, answer in expected(run, dataset)]


def test_hugging_face_finds_splits_of_equal_columns(made: tuple[Run, Dataset]) -> None:
    run, dataset = made
    files = dict(FORMATS["hugging-face"].write(run, dataset))
    splits = hugging_face(files)
    assert list(splits) == ["train", "validation", "test"]
    assert len({tuple(frame.dtypes.items()) for frame in splits.values()}) == 1, "all splits need the same features"
    train = splits["train"]
    assert train["id"].tolist() == [dataset.pool.ids[int(row)] for row in run.selection.indices]
    exact = [(dataset.pool.prompts[int(row)], dataset.pool.answers[int(row)]) for row in run.selection.indices]
    assert list(zip(train["prompt"], train["completion"], strict=True)) == exact, "the texts as they were scored"
    assert len(splits["validation"]) == len(dataset.validation)
    scores = hugging_face(files, "scores")["train"]
    assert scores["index"].tolist() == run.selection.indices.tolist()
    assert run.fingerprint in files["README.md"].decode()


def test_names_of_files_tell_what_was_selected(made: tuple[Run, Dataset]) -> None:
    run, _ = made
    assert stem(run).endswith("_goracs_k12_l0.05")
    assert packed_name(FORMATS["instructions"], run) == f"{stem(run)}.json"
    assert packed_name(FORMATS["llama-factory"], run) == f"{stem(run)}_llama-factory.zip"
    assert stem(run_of(ItraConfig(4, lambda_=0.0))) == "arrays_goracs-itra_k4_l0"
    assert stem(run_of(RandomConfig(4, seed=3))) == "arrays_random_k4_s3"


@pytest.mark.parametrize("form", FORMATS.values(), ids=list(FORMATS))
def test_every_format_is_the_same_bytes_every_time(form, made: tuple[Run, Dataset]) -> None:
    run, dataset = made
    content = packed(form, run, dataset)
    assert content == packed(form, run, dataset)
    if not form.ending:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == dict(form.write(run, dataset))


@pytest.mark.parametrize("name", ["instructions", "chat", "llama-factory", "hugging-face"])
def test_formats_with_texts_refuse_bare_arrays(name: str) -> None:
    with pytest.raises(StoreError) as refusal:
        FORMATS[name].write(run_of(RandomConfig(4)), None)
    assert refusal.value.code == "no-prompts"


def test_lists_of_formats() -> None:
    assert [one.name for one in named("chat, llama-factory,chat")] == ["chat", "llama-factory"]
    assert named("") == ()
    with pytest.raises(ConfigError) as refusal:
        named("chat,word")
    assert refusal.value.code == "unknown-format"


def test_select_writes_formats_beside_the_coreset_and_again(tmp_path: Path, own_workspace: Path) -> None:
    output = tmp_path / "coreset"
    words = ["select", *arrays(tmp_path), "--budget", "5", "--gap", "0.05", "--output", str(output)]
    assert main([*words, "--export", "csv,jsonl"]) == 0
    assert {path.name for path in output.iterdir()} == {"coreset.csv", "run.json", "selection.npz", "csv", "jsonl"}
    assert (output / "csv" / "arrays_goracs_k5_l0.05.csv").read_bytes() == (output / "coreset.csv").read_bytes()
    assert main([*words, "--export", "csv"]) == 0, "an earlier result with exports is an earlier result"


def test_runs_export_writes_a_folder_or_its_zip(
    tmp_path: Path, own_workspace: Path, made: tuple[Run, Dataset], capsys: pytest.CaptureFixture[str]
) -> None:
    from goracs_core.data.store import save_dataset
    from goracs_core.jobs.select.store import RunStore
    from goracs_core.workspace import Workspace

    run, dataset = made
    workspace = Workspace(own_workspace).ensure()
    save_dataset(dataset, workspace.datasets / "shop")
    RunStore(workspace).save(run, b"index\n")
    words = ["runs", "export", run.id, "--format", "hugging-face", "--output"]
    assert main([*words, str(tmp_path / "folder")]) == 0
    assert (tmp_path / "folder" / "data" / "train-00000-of-00001.parquet").is_file()
    assert main([*words, str(tmp_path / "folder.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "folder.zip") as archive:
        assert "README.md" in archive.namelist()
    capsys.readouterr()
    assert "not empty" in refused(capsys, *words, str(tmp_path / "folder"))
