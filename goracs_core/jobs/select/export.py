"""A coreset to take away: CSV, Parquet, JSONL, instruction JSON, and a bundle with everything about the run.

The same run gives the same bytes every time.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from goracs_core.data.dataset import Dataset
from goracs_core.data.demo import demo_directory
from goracs_core.data.store import load_dataset, read_manifest
from goracs_core.errors import StoreError
from goracs_core.jobs.select import files
from goracs_core.jobs.select.formats import zipped
from goracs_core.jobs.select.run import Run
from goracs_core.jobs.weights import weighting_words
from goracs_core.methods import config_to_dict
from goracs_core.quantities import proven
from goracs_core.scores import ScoreTrace
from goracs_core.store.codec import dump
from goracs_core.store.kind import encode
from goracs_core.workspace import Workspace

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BUNDLE = (files.RUN, files.SELECTION, files.CORESET, "metrics.json", "versions.json", "README.md")  # what it holds
_LEAST_GAP_SHOWN = 1e-9  # what two evaluations of one coreset may differ by, as a share of the transport term

_PROVEN = (
    "\n\nProven: {}, in shares of the transport term.\n"
    "Anybody with the data can check it: python -m goracs_core verify --help"
)

_COLUMNS = {
    "index": "row of the pool, 0-based; rows stand in the order in which they were chosen",
    "order": "place in that order, from 1",
    "id": "sample id",
    "user": "user id; empty where the source has none",
    "item": "id of the target item",
    "title": "title of the target item",
    "category": "category of the target item; empty where unknown",
    "popularity": "training interactions of the target item",
    "label": "1 yes, 0 no (click prediction only)",
    "gradient_norm": "gradient norm of the sample, as measured (not scaled)",
    "influence_score": "estimated change of the surrogate's mean training loss if the sample were removed",
    "effort_score": "norm of the language model's adapter gradient, as measured",
    "overall_score": "min-max scaled influence plus effort_weight times min-max scaled effort; decides (dealrec)",
    "grand": "gradient norm, mean over several draws of the adapters",
    "el2n": "mean distance between predicted and true answer tokens",
    "entropy": "mean predictive entropy over the answer's tokens, in nats",
    "stratum": "band of the deciding score that the sample was drawn from, 0 the lowest",
    "served": "validation samples that the sample sends mass to in the optimal plan",
    "mean_distance": "mass-weighted mean distance to what it serves, in the embedding space (not scaled)",
    "prompt": "what the language model reads",
    "answer": "what it should answer",
}


def coreset_table(run: Run, dataset: Dataset | None = None) -> pd.DataFrame:
    """One line per chosen sample, in the order chosen.

    Args:
        run: The run.
        dataset: Its dataset; without it only index and scores.

    Raises:
        StoreError: The dataset is not the one the run was made on.
    """
    rows = run.selection.indices
    table: dict[str, Any] = {"index": rows, "order": np.arange(1, len(rows) + 1)}
    if dataset is not None:
        if dataset.fingerprint != run.dataset.fingerprint:
            raise StoreError(
                f"run {run.id} was made on another dataset than {dataset.name!r} (the fingerprints differ); "
                "open the dataset it was made on, or export without samples",
                code="other-dataset",
                fields={"run": run.id, "dataset": dataset.name},
            )
        table |= _sample_columns(rows, dataset)
    if run.metrics.get("has_gradient_norms"):
        table["gradient_norm"] = run.scores.gradient_norms
    if run.selection.scores is not None:
        table |= {
            name: values for name, values in _score_columns(rows, run.selection.scores).items() if name not in table
        }
    table["served"] = run.scores.served
    table["mean_distance"] = run.scores.mean_distances
    if dataset is not None:
        table["prompt"] = _texts([dataset.pool.prompts[int(row)] for row in rows])
        table["answer"] = _texts([dataset.pool.answers[int(row)] for row in rows])
    return pd.DataFrame(table)


def to_csv(table: pd.DataFrame) -> bytes:
    """CSV in UTF-8. A text that begins with = + - @, tab or carriage return gets a ' in front.

    Spreadsheets would run such a cell as a formula, and titles are other people's texts. Carriage returns inside a text
    become line ends, because the writer leaves them unquoted and a reader would take them for the end of the row.
    """
    safe = table.copy()
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column].dtype):
            safe[column] = _texts([_harmless(str(text)) for text in table[column]])
    return safe.to_csv(index=False, lineterminator="\n").encode()


def to_parquet(table: pd.DataFrame) -> bytes:
    """Parquet, texts as they are."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def to_jsonl(table: pd.DataFrame) -> bytes:
    """One JSON object per line, texts as they are."""
    records = table.to_dict(orient="records")
    return "".join(json.dumps(record, ensure_ascii=False, default=_plain) + "\n" for record in records).encode()


def to_instructions(table: pd.DataFrame) -> bytes:
    """Instruction JSON, as most fine-tuning scripts read it: instruction, input, output.

    `instruction` is the whole prompt and `input` is empty, so that a model trains on exactly what was scored.

    Raises:
        StoreError: The table has no prompts (runs on bare arrays).
    """
    if "prompt" not in table:
        raise StoreError(
            "instruction JSON needs prompts and answers, and this run has no dataset; export CSV instead",
            code="no-prompts",
        )
    records = [
        {"instruction": str(prompt).rstrip("\n"), "input": "", "output": str(answer)}
        for prompt, answer in zip(table["prompt"], table["answer"], strict=True)
    ]
    return (json.dumps(records, ensure_ascii=False, indent=1) + "\n").encode()


def bundle(run: Run, dataset: Dataset | None = None) -> bytes:
    """A zip with coreset.csv, run.json, selection.npz, metrics.json, versions.json and a README that explains them."""
    csv = to_csv(coreset_table(run, dataset))
    contents = encode(files.RUN_KIND, run, {files.CORESET: csv}) | {
        "metrics.json": dump(summary(run)),
        "versions.json": dump(dict(run.versions)),
        "README.md": _readme(run, csv).encode(),
    }
    assert tuple(sorted(contents)) == tuple(sorted(BUNDLE))
    return zipped(contents)


def find_dataset(run: Run, workspace: Workspace) -> Dataset | None:
    """The dataset a run was made on, from where it lay or from the workspace or the demo; None when it is gone."""
    folder = find_dataset_folder(run, workspace)
    try:
        return None if folder is None else load_dataset(folder)
    except StoreError:  # damaged
        return None


def find_dataset_folder(run: Run, workspace: Workspace) -> Path | None:
    """Where the dataset of a run lies; see `find_dataset`."""
    if not run.dataset.fingerprint:
        return None
    for folder in (Path(run.dataset.directory), *workspace.dataset_directories(), demo_directory()):
        try:
            if read_manifest(folder).get("fingerprint") == run.dataset.fingerprint:
                return folder
        except StoreError:  # no dataset there any more, or a damaged one
            continue
    return None


def summary(run: Run) -> dict[str, Any]:
    """The run in numbers, as the command line prints it. `gradient_term` is not multiplied by lambda."""
    selection, config = run.selection, config_to_dict(run.config)
    values = {
        "method": config.pop("method"),
        "solver": config.pop("solver"),
        "budget": config.pop("budget"),
        "lambda": config.pop("lambda_"),
        "seed": config.pop("seed"),
        "poo": selection.poo,
        "lower_bound": None if selection.certificate is None else selection.certificate.lower_bound,
        "gap": None if selection.certificate is None else selection.certificate.gap,
        "rounds": None if selection.certificate is None else selection.certificate.rounds,
        "transport_term": selection.transport_term,
        "gradient_term": selection.gradient_term,
        "seconds": run.seconds,
        "stages": {name: round(seconds, 3) for name, seconds in selection.trace.stages},
        "stop_reason": selection.stop_reason,
        "fingerprint": selection.fingerprint,
        **{"requested_gap" if name == "gap" else name: value for name, value in config.items()},
        **run.metrics,
        "pass_at_1": selection.trace.pass_at_1,
        "exchanges": len(selection.trace.exchanges),
        "tried_pairs": selection.trace.tried_pairs,
        "validation_weights": weighting_words(run.inputs),
        "problem_fingerprint": selection.problem_fingerprint,
        "dataset": run.dataset.name,
        "dataset_fingerprint": run.dataset.fingerprint,
        "run": run.id,
    }
    if selection.label_aware_poo is not None:
        values["label_aware_poo"] = selection.label_aware_poo
    return values


def proof_sentence(run: Run) -> str:
    """What a run's certificate says about every other coreset of this size; "" without one."""
    certificate, config = run.selection.certificate, run.config
    if certificate is None:
        return ""
    return gap_sentence(certificate.gap, config.budget, label_aware=config.label_aware)


def gap_sentence(gap: float, budget: int, *, label_aware: bool = False) -> str:
    """A proven gap in words. The percentage is rounded up: a proof must not promise more than it holds.

    >>> gap_sentence(0.00339433, 64)
    'no coreset of 64 samples can be more than 0.34 % better'
    """
    whose = f"coreset of {budget:,} sample{'s' if budget > 1 else ''}"
    if label_aware:
        whose += " with the same share of each label"
    if gap <= _LEAST_GAP_SHOWN:
        return f"no {whose} can be better, up to rounding"
    return f"no {whose} can be more than {proven(gap)} better"


def exchange_sentence(*, accepted: int, tried: int) -> str:
    """What pass@1 = 0 means where pairs were tried and none was accepted; "" otherwise.

    Args:
        accepted: Exchanges that lowered POO.
        tried: Pairs tried by exact transport.
    """
    if accepted or not tried:
        return ""
    verdict = (
        "the only pair tried did not lower POO" if tried == 1 else f"none of the {tried:,} pairs tried lowered POO"
    )
    return (
        f"pass@1 is 0 % (no exchange accepted): {verdict}. Either the start set is already locally optimal for these "
        "pairs, or the estimate ranks pairs badly or ranks too few candidates; more candidates tell which."
    )


def _sample_columns(rows: np.ndarray, dataset: Dataset) -> dict[str, Any]:
    pool, items = dataset.pool, dataset.items
    users, targets = pool.users[rows], pool.targets[rows]
    columns: dict[str, Any] = {
        "id": _texts([pool.ids[int(row)] for row in rows]),
        "user": _texts([dataset.interactions.user_ids[user] if user >= 0 else "" for user in users]),
        "item": _texts([items.ids[target] for target in targets]),
        "title": _texts([items.titles[target] for target in targets]),
        "category": _texts([items.categories[target] for target in targets]),
        "popularity": items.popularity[targets],
    }
    if pool.labels is not None:
        columns["label"] = pool.labels[rows]
    return columns


def _score_columns(rows: np.ndarray, scores: ScoreTrace) -> dict[str, Any]:
    columns: dict[str, Any] = {name.replace("-", "_"): values[rows] for name, values in scores.columns.items()}
    if len(scores.strata):
        columns["stratum"] = scores.strata[rows]
    return columns


def _texts(values: list[str]) -> pd.Series:
    return pd.Series(values, dtype="str")


def _harmless(text: str) -> str:
    text = f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _readme(run: Run, csv: bytes) -> str:
    header = csv.split(b"\n", 1)[0].decode().split(",")
    columns = "\n".join(
        f"- `{name}`: {_COLUMNS.get(name, 'score of the method, see its documentation')}" for name in header
    )
    source = run.dataset.name or "arrays given by the user"
    sampling = "".join(f"\n{sentence}" for sentence in run.dataset.sampling)
    proof = proof_sentence(run)
    trace = run.selection.trace
    failed = exchange_sentence(accepted=len(trace.exchanges), tried=trace.tried_pairs)
    remarks = (_PROVEN.format(proof) if proof else "") + (f"\n\n{failed}" if failed else "")
    return f"""# Coreset {run.name}

{len(run.selection)} of {run.selection.num_pool} pool samples of {source}, chosen by {run.config.method}
({run.config.solver}), lambda {run.config.lambda_:g}, seed {run.config.seed}. Weights of the validation samples:
{weighting_words(run.inputs)}.{sampling}{remarks}

- `coreset.csv`: the chosen samples. Text that begins with = + - @ carries a ' in front, against spreadsheet formulas.
- `run.json`: configuration, inputs by fingerprint, values and versions.
- `selection.npz`: chosen rows, optimal plan, potentials, prices that prove the bound, and trace (NumPy, no pickle).
- `metrics.json`, `versions.json`: the numbers and the libraries by themselves.

## Columns of coreset.csv

{columns}

POO = transport_term - lambda * gradient_term; smaller is better. Fingerprint of the chosen rows: {run.fingerprint}
"""
