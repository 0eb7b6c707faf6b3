"""Embeddings of samples and the chunks they are kept in."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goracs_core.data.dataset import Task
from goracs_core.errors import DataError, JobCancelled
from goracs_core.features import chunks
from goracs_core.features.chunks import Texts, chunk_cache, compute_in_chunks
from goracs_core.features.embed import embed_samples, embedded_texts
from goracs_core.features.encoder import Encoder, load_encoder
from goracs_core.progress import Progress, silent
from goracs_core.types import fingerprint
from tests.features.datasets import make_samples
from tests.llm.tiny import save_encoder
from tests.refusals import told


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(str(save_encoder(tmp_path_factory.mktemp("encoders") / "tiny", max_tokens=64)))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 8)


def files(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.npz"))


def test_seqrec_reads_prompt_and_answer_and_ctr_the_prompt_alone(encoder: Encoder, tmp_path: Path):
    for task in Task:
        samples = make_samples(12, task=task, seed=1)
        texts = embedded_texts(samples, task)
        for text, prompt, answer in zip(texts, samples.prompts, samples.answers, strict=True):
            assert text == (prompt if task is Task.CTR else prompt + answer)
        embeddings = embed_samples(samples, task=task, encoder=encoder, cache=tmp_path)
        assert embeddings.values == pytest.approx(encoder.encode(texts), abs=1e-6)
        assert embeddings.encoder == encoder.name


@pytest.mark.usefixtures("small_chunks")
def test_a_cancelled_job_goes_on_where_it_was(encoder: Encoder, tmp_path: Path):
    samples = make_samples(30, task=Task.SEQREC, seed=1)
    whole = embed_samples(samples, task=Task.SEQREC, encoder=encoder, cache=tmp_path / "whole")

    def cancel(stage: str, done: int, total: int, detail: str = "") -> None:
        if done >= 20:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        embed_samples(samples, task=Task.SEQREC, encoder=encoder, cache=tmp_path / "part", progress=Progress(cancel))
    assert len(files(tmp_path / "part")) == 2
    encoded: list[int] = []

    class Counting:
        fingerprint, name = encoder.fingerprint, encoder.name

        def encode(self, texts, *, report):
            encoded.append(len(texts))
            return encoder.encode(texts, report=report)

    again = embed_samples(samples, task=Task.SEQREC, encoder=Counting(), cache=tmp_path / "part")  # pyright: ignore[reportArgumentType]
    assert encoded == [8, 6]
    assert again.values.tobytes() == whole.values.tobytes()


@pytest.mark.usefixtures("small_chunks")
def test_chunks_do_not_depend_on_the_order_of_the_samples(encoder: Encoder, tmp_path: Path):
    samples = make_samples(30, task=Task.SEQREC, seed=1)
    values = embed_samples(samples, task=Task.SEQREC, encoder=encoder, cache=tmp_path).values
    before = files(tmp_path)
    order = np.random.default_rng(0).permutation(30)
    shuffled = embed_samples(samples.take(order), task=Task.SEQREC, encoder=encoder, cache=tmp_path).values
    assert files(tmp_path) == before
    assert shuffled.tobytes() == values[order].tobytes()


def damage_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def damage_swap(path: Path) -> None:
    other = next(file for file in files(path.parent.parent) if file != path)
    path.write_bytes(other.read_bytes())


def damage_values(path: Path) -> None:
    with np.load(path) as archive:
        arrays = {name: archive[name].copy() for name in archive.files}
    arrays["values"][0, 0] += 1
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    path.write_bytes(buffer.getvalue())


def damage_not_finite(path: Path) -> None:
    with np.load(path) as archive:
        values = archive["values"].copy()
    values[0, 0] = np.nan
    chunk_cache(path.parents[2], path.stem).put(path.stem, values)


def damage_pickle(path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, values=np.array([{"not": "numbers"}], dtype=object), check=np.array("x"))
    path.write_bytes(buffer.getvalue())


def damage_plain_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(np.zeros(3)))


def damage_plain_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros((8, 12)))


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES = (
    damage_truncate,
    damage_swap,
    damage_values,
    damage_not_finite,
    damage_pickle,
    damage_plain_pickle,
    damage_empty,
    damage_plain_array,
)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_chunks_are_computed_again(encoder: Encoder, tmp_path: Path, damage):
    samples = make_samples(30, task=Task.SEQREC, seed=1)
    sound = embed_samples(samples, task=Task.SEQREC, encoder=encoder, cache=tmp_path).values
    bytes_before = {path: path.read_bytes() for path in files(tmp_path)}
    damage(files(tmp_path)[1])
    assert {path: path.read_bytes() for path in files(tmp_path)} != bytes_before
    again = embed_samples(samples, task=Task.SEQREC, encoder=encoder, cache=tmp_path).values
    assert again.tobytes() == sound.tobytes()
    with np.load(files(tmp_path)[1], allow_pickle=False) as archive:
        assert np.isfinite(archive["values"]).all()


def test_another_recipe_finds_no_chunk(tmp_path: Path):
    calls: list[str] = []

    def compute_with(recipe: str) -> None:
        def compute(chunk, report):
            calls.append(recipe)
            return np.zeros((len(chunk), 1))

        compute_in_chunks([("a",)], recipe=recipe, compute=compute, cache=tmp_path, stage="", progress=silent)

    for recipe in ("one", "two", "one", "two"):
        compute_with(recipe)
    assert calls == ["one", "two"]


def test_texts_with_shifted_borders_are_different_chunks(tmp_path: Path):
    def compute(chunk, report):
        return np.array([len(entry[0]) for entry in chunk], float)

    for entry in (("ab", "c"), ("a", "bc"), ("abc", "")):
        values = compute_in_chunks([entry], recipe="", compute=compute, cache=tmp_path, stage="", progress=silent)
        assert values.tolist() == [len(entry[0])]


def test_equal_texts_get_equal_rows_and_progress_counts_them_once(tmp_path: Path):
    seen: list[tuple[int, int]] = []

    def compute(chunk, report):
        report(1)
        return np.arange(len(chunk), dtype=float)

    values = compute_in_chunks(
        [("b",), ("aa",), ("b",), ("aa",), ("c",)],
        recipe="",
        compute=compute,
        cache=tmp_path,
        stage="x",
        progress=Progress(lambda stage, done, total, detail="": seen.append((done, total))),
    )
    assert values.tolist() == [1, 0, 1, 0, 2]
    assert seen == [(0, 3), (1, 3), (3, 3)]


def test_a_chunk_of_another_length_is_not_used(tmp_path: Path):
    calls: list[int] = []

    def compute(chunk: list[Texts], report: Callable[[int], None]) -> np.ndarray:
        calls.append(len(chunk))
        return np.ones((len(chunk), 2))

    more: dict[str, Any] = {"recipe": "", "compute": compute, "cache": tmp_path, "stage": "x", "progress": silent}
    whole = compute_in_chunks([("b",), ("aa",)], **more)
    (path,) = files(tmp_path)
    chunk_cache(tmp_path, path.stem).put(path.stem, np.zeros((3, 2)))
    assert compute_in_chunks([("b",), ("aa",)], **more).tobytes() == whole.tobytes()
    assert calls == [2, 2]


def test_a_chunk_that_the_first_version_wrote_is_read(tmp_path: Path):
    key, values = fingerprint("key"), np.arange(6.0).reshape(3, 2)
    kept = chunk_cache(tmp_path, key)
    kept.folder.mkdir(parents=True)
    np.savez(kept.path(key), values=values, check=np.array(fingerprint(key, values)))
    assert np.array_equal(np.asarray(kept.get(key)), values)
    np.savez(kept.path(key), values=values + 1, check=np.array(fingerprint(key, values)))
    assert kept.get(key) is None


def test_no_samples_is_an_error(encoder: Encoder, tmp_path: Path):
    none = make_samples(3, task=Task.SEQREC, seed=0).take(np.empty(0, np.int64))
    with pytest.raises(DataError, check=told("no-samples")):
        embed_samples(none, task=Task.SEQREC, encoder=encoder, cache=tmp_path)
