"""The loss of a sample is its definition, whichever samples it is measured with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goracs_core.data.dataset import Task
from goracs_core.errors import DataError, JobCancelled
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.tuning.losses import sample_losses
from goracs_core.progress import Progress
from tests.features.datasets import make_dataset
from tests.llm.tuning.made import loss_by_hand, make_base, with_answer
from tests.refusals import told


@pytest.fixture(scope="module", params=["llama", "gpt2", "gpt_neox"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return make_base(tmp_path_factory.mktemp("model"), request.param, pad=False)


@pytest.mark.parametrize("task", list(Task))
def test_losses_equal_plain_torch_sample_by_sample(base: CausalModel, task: Task):
    dataset = make_dataset(task=task)
    rows = np.array([7, 0, 39, 12, 3])
    measured = sample_losses(base, dataset, dataset.pool, rows, max_tokens=64)
    by_hand = [loss_by_hand(base, dataset.pool, int(row), task) for row in rows]
    assert measured.rows.tolist() == rows.tolist()
    assert measured.values == pytest.approx([total / count for total, count in by_hand], rel=1e-9)
    assert measured.mean == pytest.approx(measured.values.mean())
    assert measured.standard_error == pytest.approx(measured.values.std(ddof=1) / np.sqrt(5))


@pytest.mark.parametrize("task", list(Task))
def test_losses_do_not_depend_on_the_company(base: CausalModel, task: Task):
    dataset = make_dataset(task=task)
    together = sample_losses(base, dataset, dataset.pool, np.arange(40), max_tokens=64).values
    backwards = sample_losses(base, dataset, dataset.pool, np.arange(40)[::-1], max_tokens=64).values[::-1]
    assert backwards == pytest.approx(together, rel=1e-9)
    for row in (0, 17):
        alone = sample_losses(base, dataset, dataset.pool, np.array([row]), max_tokens=64)
        assert alone.values == pytest.approx(together[[row]], rel=1e-9)


def test_answers_that_are_too_long_leave_their_rows_out(base: CausalModel):
    dataset = make_dataset()
    pool = with_answer(dataset.pool, 4, "Alpha " * 70)
    measured = sample_losses(base, dataset, pool, np.array([2, 4, 6]), max_tokens=512)
    assert measured.rows.tolist() == [2, 6]
    whole = sample_losses(base, dataset, dataset.pool, np.array([2, 6]), max_tokens=512)
    assert measured.values == pytest.approx(whole.values, rel=1e-12)


def test_an_answer_fills_the_context_to_the_last_token(base: CausalModel):
    """64 tokens: one of the prompt, 62 of the answer and the end; one more does not fit."""
    dataset = make_dataset()
    for words, remain in ((62, [4]), (63, [])):
        pool = with_answer(dataset.pool, 4, "Alpha " * (words - 1) + "Beta")
        rows = np.array([4, 5])
        assert sample_losses(base, dataset, pool, rows, max_tokens=512).rows.tolist() == [*remain, 5]


def test_long_prompts_lose_their_oldest_part(base: CausalModel):
    dataset = make_dataset()
    rows = np.arange(10)
    cut = sample_losses(base, dataset, dataset.pool, rows, max_tokens=12)
    shortened = replace(
        dataset.pool,
        prompts=tuple(" ".join(prompt.split()[-(11 - 3) :]) + "\n" for prompt in dataset.pool.prompts),
    )  # the start token, eight words, two of the answer, the end
    assert cut.values == pytest.approx(sample_losses(base, dataset, shortened, rows, max_tokens=64).values, rel=1e-9)
    assert cut.rows.tolist() == rows.tolist()


def test_progress_is_told_and_can_stop(base: CausalModel):
    dataset, told = make_dataset(), list[tuple[str, int, int]]()

    def note(stage: str, done: int, total: int, detail: str = "") -> None:
        told.append((stage, done, total))
        if len(told) > 100:
            raise JobCancelled

    sample_losses(base, dataset, dataset.pool, np.arange(40), max_tokens=64, stage="Measuring", progress=Progress(note))
    assert told[0] == ("Measuring", 0, 40)
    assert told[-1] == ("Measuring", 40, 40)

    def stop(*_: Any, **__: Any) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        sample_losses(base, dataset, dataset.pool, np.arange(4), max_tokens=64, progress=Progress(stop))


def test_rows_that_are_not_there(base: CausalModel, tmp_path: Path):
    dataset = make_dataset()
    with pytest.raises(DataError, check=told("rows-out-of-range", largest=1)):
        sample_losses(base, dataset, dataset.test, np.array([2]), max_tokens=64)
