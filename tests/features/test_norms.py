"""Gradient norms of a dataset's samples: tasks, options, cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core.data.dataset import Task
from goracs_core.errors import DataError, JobCancelled, ModelError
from goracs_core.features import chunks
from goracs_core.features.norms import gradient_norms
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.batches import tokenize, tokenize_choices
from goracs_core.llm.gradients import adapters, gradient_norms_in_batches
from goracs_core.llm.options import NormOptions
from goracs_core.progress import Progress
from tests.features.datasets import make_samples
from tests.llm.tiny import same, save_model
from tests.refusals import told

SEQREC = make_samples(30, task=Task.SEQREC, seed=1)
CTR = make_samples(30, task=Task.CTR, seed=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return load_causal_model(str(save_model(tmp_path_factory.mktemp("model") / "tiny", "llama")), name="tiny")


def test_seqrec_norms_are_those_of_the_answers_loss_in_the_samples_order(model: CausalModel, tmp_path: Path):
    norms = gradient_norms(SEQREC, task=Task.SEQREC, model=model, cache=tmp_path)
    with adapters(model, NormOptions()) as probe:
        tokens = tokenize(model.tokenizer, SEQREC.prompts, SEQREC.answers, context=model.context)
        one_by_one = np.concatenate([gradient_norms_in_batches(probe, [sample]) for sample in tokens])
    assert same(norms.values, one_by_one)
    assert (norms.model, norms.loss) == ("tiny", "mean token cross-entropy of the answer")


def test_ctr_norms_are_those_of_yes_against_no(model: CausalModel, tmp_path: Path):
    norms = gradient_norms(CTR, task=Task.CTR, model=model, cache=tmp_path)
    assert CTR.labels is not None
    with adapters(model, NormOptions()) as probe:
        tokens = tokenize_choices(model.tokenizer, CTR.prompts, CTR.labels.tolist(), context=model.context)
        one_by_one = np.concatenate([gradient_norms_in_batches(probe, [sample]) for sample in tokens])
    assert same(norms.values, one_by_one)
    assert norms.loss == "cross-entropy of Yes against No"


@pytest.mark.parametrize(
    "options",
    [
        NormOptions(loss="sequence"),
        NormOptions(adapters="all"),
        NormOptions(seed=1),
        NormOptions(rank=2),
        NormOptions(alpha=1.0),
        NormOptions(max_tokens=16),
    ],
)
@pytest.mark.parametrize("samples", [SEQREC, CTR])
def test_every_option_changes_the_norms_in_both_tasks_whatever_is_cached(model, tmp_path, options, samples):
    task = Task.SEQREC if samples is SEQREC else Task.CTR
    plain = gradient_norms(samples, task=task, model=model, cache=tmp_path)
    other = gradient_norms(samples, task=task, model=model, options=options, cache=tmp_path)
    assert not np.allclose(plain.values, other.values, rtol=1e-3)
    assert (plain.loss != other.loss) == (options.loss == "sequence")


def test_a_cancelled_job_goes_on_where_it_was(model: CausalModel, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 8)
    whole = gradient_norms(SEQREC, task=Task.SEQREC, model=model, cache=tmp_path / "whole")

    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if done >= 20:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        gradient_norms(SEQREC, task=Task.SEQREC, model=model, cache=tmp_path / "part", progress=Progress(cancel))
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "part").rglob("*.npz")}
    assert len(kept) == 2
    again = gradient_norms(SEQREC, task=Task.SEQREC, model=model, cache=tmp_path / "part")
    assert again.values.tobytes() == whole.values.tobytes()
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())


def test_bad_input_is_one_sentence(model: CausalModel, tmp_path: Path):
    with pytest.raises(DataError, check=told("no-samples")):
        gradient_norms(SEQREC.take(np.empty(0, np.int64)), task=Task.SEQREC, model=model, cache=tmp_path)
    with pytest.raises(DataError, check=told("no-labels")):
        gradient_norms(SEQREC, task=Task.CTR, model=model, cache=tmp_path)
    with pytest.raises(ModelError, check=told("answer-too-long", tokens=2)):
        gradient_norms(SEQREC, task=Task.SEQREC, model=model, options=NormOptions(max_tokens=2), cache=tmp_path)
