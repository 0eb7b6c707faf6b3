"""Maps: deterministic, together for pool and validation, stored whole, honest about their worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core.errors import ConfigError, ShapeError
from goracs_core.evaluation.projection import (
    Projection,
    ProjectionMethod,
    embeddings_key,
    pca_2d,
    projection_key,
    projections_in,
    save_projection,
    trustworthiness,
    umap_2d,
)
from goracs_core.progress import Progress
from goracs_core.types import Embeddings
from tests.refusals import told


def embeddings(rows: int, width: int = 8, seed: int = 0) -> Embeddings:
    rng = np.random.default_rng(seed)
    scale = np.linspace(3, 0.2, width)
    return Embeddings((rng.normal(size=(rows, width)) * scale).astype(np.float32), "test")


def test_pca_keeps_all_distances_of_points_in_a_plane() -> None:
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.normal(size=(6, 2)))[0]
    flat = rng.normal(size=(40, 2)) @ basis.T
    found = pca_2d(Embeddings(flat[:30], "test"), Embeddings(flat[30:], "test"))
    place = np.concatenate([found.pool, found.validation])
    truth = np.linalg.norm(flat[:, None] - flat[None, :], axis=-1)
    assert np.allclose(np.linalg.norm(place[:, None] - place[None, :], axis=-1), truth, atol=1e-5)
    assert "100%" in found.note
    assert found.trustworthiness == pytest.approx(1)


def test_pca_has_fixed_signs_and_does_not_depend_on_the_order_of_samples() -> None:
    pool, validation = embeddings(60), embeddings(20, seed=1)
    first = pca_2d(pool, validation)
    backwards = pca_2d(Embeddings(pool.values[::-1], "test"), validation)
    assert np.allclose(first.pool, backwards.pool[::-1], atol=1e-4)
    assert first.key == embeddings_key(pool, validation)
    assert first.key != backwards.key


def test_pca_of_width_one_and_of_coinciding_points() -> None:
    line = pca_2d(Embeddings(np.arange(5.0)[:, None], "test"), Embeddings(np.arange(3.0)[:, None], "test"))
    assert (line.pool[:, 1] == 0).all()
    same = pca_2d(Embeddings(np.ones((4, 3)), "test"), Embeddings(np.ones((2, 3)), "test"))
    assert np.allclose(same.pool, 0)


def test_umap_is_the_same_for_the_same_seed_and_keeps_clusters_apart() -> None:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(3, 10)) * 20
    labels = np.arange(90) % 3
    values = centres[labels] + rng.normal(size=(90, 10))
    pool, validation = Embeddings(values[:60], "test"), Embeddings(values[60:], "test")
    stages: list[tuple[str, int, int]] = []
    first = umap_2d(
        pool,
        validation,
        seed=4,
        progress=Progress(lambda stage, done, total, detail="": stages.append((stage, done, total))),
    )
    again = umap_2d(pool, validation, seed=4)
    assert first.pool.tobytes() == again.pool.tobytes()
    assert umap_2d(pool, validation, seed=5).pool.tobytes() != first.pool.tobytes()
    place = np.concatenate([first.pool, first.validation])
    means = np.array([place[labels == label].mean(axis=0) for label in range(3)])
    nearest = np.linalg.norm(place[:, None] - means[None], axis=-1).argmin(axis=1)
    assert (nearest == labels).all()
    assert [done for stage, done, total in stages if stage == "UMAP: layout"][-1] == 500
    assert first.trustworthiness > 0.8


def test_umap_of_a_sample_places_the_others_and_says_so() -> None:
    pool, validation = embeddings(120), embeddings(30, seed=1)
    found = umap_2d(pool, validation, max_fit=80)
    assert found.pool.shape == (120, 2)
    assert "80 of 150 random samples" in found.note


def test_umap_refuses_what_it_cannot_lay_out() -> None:
    with pytest.raises(ConfigError, check=told("too-few-samples")):
        umap_2d(embeddings(1), embeddings(1))
    with pytest.raises(ConfigError, check=told("bad-umap-options")):
        umap_2d(embeddings(9), embeddings(9), num_neighbors=1)


def test_widths_must_agree() -> None:
    with pytest.raises(ShapeError, check=told("widths-differ")):
        pca_2d(embeddings(5, 8), embeddings(5, 6))


def test_trustworthiness_falls_when_the_map_is_shuffled() -> None:
    pool = embeddings(200)
    found = pca_2d(pool, embeddings(5, seed=2))
    shuffled = np.random.default_rng(0).permutation(found.pool)
    assert trustworthiness(pool.values, found.pool) > trustworthiness(pool.values, shuffled) + 0.2


def test_a_projection_survives_the_disk_and_nothing_else_does(tmp_path: Path) -> None:
    found = pca_2d(embeddings(30), embeddings(10, seed=1))
    path, kept = save_projection(found, tmp_path / "maps"), projections_in(tmp_path / "maps")
    key = projection_key(found.key, ProjectionMethod.PCA)
    assert path == kept.path(key)
    assert contents(kept.get(key)) == contents(found)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert kept.get(projection_key(found.key, ProjectionMethod.UMAP)) is None
    path.write_bytes(path.read_bytes()[:200])
    assert kept.get(key) is None


def test_a_map_that_the_first_version_wrote_is_read(tmp_path: Path) -> None:
    found = pca_2d(embeddings(30), embeddings(10, seed=1))
    kept, key = projections_in(tmp_path), projection_key(found.key, found.method)
    first = {name: np.asarray(value) for name, value in vars(found).items()}
    np.savez(kept.path(key), format=np.int64(1), **first)  # pyright: ignore[reportArgumentType]
    assert contents(kept.get(key)) == contents(found)


def test_a_stored_object_array_is_refused(tmp_path: Path) -> None:
    kept = projections_in(tmp_path)
    np.savez(kept.path("evil"), format=np.int64(1), pool=np.array([{"a": 1}], dtype=object))
    assert kept.get("evil") is None


def contents(found: Projection | None) -> tuple[object, ...]:
    """All that a projection holds, as comparable values."""
    assert found is not None
    coordinates = (found.pool.tobytes(), found.validation.tobytes())
    return *coordinates, found.method, found.key, found.trustworthiness, found.note


def test_coordinates_must_be_two_finite_numbers() -> None:
    good = np.zeros((3, 2), np.float32)
    for bad in (np.zeros((3, 3), np.float32), np.full((3, 2), np.nan, np.float32)):
        with pytest.raises(ShapeError, match="coordinates must be"):
            Projection(bad, good, ProjectionMethod.PCA, "key", 1.0, "")
