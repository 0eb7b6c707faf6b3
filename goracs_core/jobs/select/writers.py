"""A coreset as files, format by format: for spreadsheets and programs, and as the fine-tuning tools document them.

LLaMA-Factory: data/README.md of its repository (alpaca and sharegpt formats, dataset_info.json). Hugging Face: "Manual
configuration" of the hub's documentation (configs in the YAML of README.md). Chat: "Dataset formats" of TRL.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from goracs_core.errors import StoreError
from goracs_core.jobs.select import export
from goracs_core.jobs.select.formats import Files, stem

if TYPE_CHECKING:
    from goracs_core.data.dataset import Dataset, Samples
    from goracs_core.jobs.select.run import Run

_ALPACA = {"prompt": "instruction", "query": "input", "response": "output"}
_MESSAGES = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}


def csv(run: Run, dataset: Dataset | None) -> Files:
    """One file for spreadsheets."""
    return {f"{stem(run)}.csv": export.to_csv(export.coreset_table(run, dataset))}


def parquet(run: Run, dataset: Dataset | None) -> Files:
    """One Parquet file."""
    return {f"{stem(run)}.parquet": export.to_parquet(export.coreset_table(run, dataset))}


def jsonl(run: Run, dataset: Dataset | None) -> Files:
    """One JSON object per sample."""
    return {f"{stem(run)}.jsonl": export.to_jsonl(export.coreset_table(run, dataset))}


def instructions(run: Run, dataset: Dataset | None) -> Files:
    """Instruction, input, output."""
    return {f"{stem(run)}.json": export.to_instructions(export.coreset_table(run, dataset))}


def chat(run: Run, dataset: Dataset | None) -> Files:
    """One conversation per line: the prompt by the user, the answer by the assistant.

    Raises:
        StoreError: Without a dataset there are no prompts.
    """
    table = export.coreset_table(run, _needed(dataset))
    lines = (
        {
            "messages": [
                {"role": "user", "content": str(prompt).rstrip("\n")},
                {"role": "assistant", "content": str(answer)},
            ]
        }
        for prompt, answer in zip(table["prompt"], table["answer"], strict=True)
    )
    return {f"{stem(run)}.jsonl": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()}


def llama_factory(run: Run, dataset: Dataset | None) -> Files:
    """Folder for `--dataset_dir`: the coreset for `--dataset`, validation and test for `--eval_dataset`.

    Raises:
        StoreError: Without a dataset there are no prompts.
    """
    data, name = _needed(dataset), stem(run)
    contents = {name: export.to_instructions(export.coreset_table(run, data))}
    for part, samples in (("validation", data.validation), ("test", data.test)):
        if len(samples):
            contents[f"{name}_{part}"] = export.to_instructions(_texts(samples, data))
    described = {key: {"file_name": f"{key}.json", "formatting": "alpaca", "columns": _ALPACA} for key in contents}
    files = {f"{key}.json": content for key, content in contents.items()}
    (conversations,) = chat(run, data).items()
    described[f"{name}_chat"] = {
        "file_name": f"{name}_chat.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": _MESSAGES,
    }
    files[f"{name}_chat.jsonl"] = conversations[1]
    return {**files, "dataset_info.json": (json.dumps(described, indent=2) + "\n").encode()}


def hugging_face(run: Run, dataset: Dataset | None) -> Files:
    """Folder for `datasets.load_dataset`: train is the coreset; a second configuration has its scores.

    Raises:
        StoreError: Without a dataset there are no prompts.
    """
    data = _needed(dataset)
    rows = run.selection.indices
    parts = {"train": data.pool.take(rows), "validation": data.validation, "test": data.test}
    files = {
        _parquet_path("data", name): export.to_parquet(_texts(samples, data).rename(columns={"answer": "completion"}))
        for name, samples in parts.items()
        if len(samples)
    }
    card = _card(run, data, {name: _parquet_path("data", name) for name in parts if len(parts[name])})
    scores = {_parquet_path("scores", "train"): export.to_parquet(export.coreset_table(run, data))}
    return {**files, **scores, "README.md": card.encode()}


def whole_run(run: Run, dataset: Dataset | None) -> Files:
    """The bundle: everything about the run in one zip."""
    return {f"{stem(run)}.zip": export.bundle(run, dataset)}


def _needed(dataset: Dataset | None) -> Dataset:
    if dataset is None:
        raise StoreError(
            "files for fine-tuning need prompts and answers, and this run has no dataset; export CSV instead",
            code="no-prompts",
        )
    return dataset


def _texts(samples: Samples, dataset: Dataset) -> pd.DataFrame:
    """Samples as rows of the same columns for every part; texts exactly as they were scored."""
    items = dataset.items
    columns: dict[str, Any] = {
        "id": list(samples.ids),
        "item": [items.ids[target] for target in samples.targets],
        "title": [items.titles[target] for target in samples.targets],
        "prompt": list(samples.prompts),
        "answer": list(samples.answers),
    }
    if samples.labels is not None:
        columns["label"] = samples.labels
    return pd.DataFrame(columns)


def _parquet_path(folder: str, split: str) -> str:
    return f"{folder}/{split}-00000-of-00001.parquet"


def _card(run: Run, dataset: Dataset, parts: dict[str, str]) -> str:
    """The dataset card: YAML that names the files of each split, then how the coreset was made."""
    splits = "\n".join(f"  - split: {name}\n    path: {json.dumps(path)}" for name, path in parts.items())
    title = json.dumps(f"Coreset of {dataset.name}", ensure_ascii=False)
    values = export.summary(run)
    proof = export.proof_sentence(run)
    facts = {
        "method": f"{values['method']} ({values['solver']})",
        "selected": f"{len(run.selection):,} of {run.selection.num_pool:,} pool samples",
        "lambda": f"{run.config.lambda_:g}",
        "seed": str(run.config.seed),
        "POO": f"{values['poo']:.6f}",
        "proven": proof or "nothing",
        "coreset": run.fingerprint,
        "dataset": run.dataset.fingerprint,
        "run": run.id,
    }
    listed = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    notes = "\n\n".join(f"{sentence}." for sentence in run.dataset.sampling)
    return f"""---
pretty_name: {title}
tags:
- recommendation
- coreset
configs:
- config_name: default
  default: true
  data_files:
{splits}
- config_name: scores
  data_files:
  - split: train
    path: "{_parquet_path("scores", "train")}"
---

# Coreset

`train` holds the selected samples in the order of selection, `validation` what they were selected for, `test` neither.
`prompt` and `completion` are the texts as they were scored; the configuration `scores` has the scores of the selected
samples. The texts come from the source of the data; its license holds for them.

| | |
|---|---|
{listed}

{notes}
"""
