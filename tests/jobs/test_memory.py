"""What a selection needs is told before it starts, by the solver that will do it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from goracs_core import types
from goracs_core.errors import ConfigError
from goracs_core.features.store import load_features
from goracs_core.jobs import memory
from goracs_core.jobs.select.estimate import estimate_select
from goracs_core.jobs.select.kind import SelectSpec
from goracs_core.methods import (
    CertifiedConfig,
    D2Config,
    FacilityLocationConfig,
    FdmatConfig,
    HerdingConfig,
    ItraConfig,
    KCentreConfig,
    KMeansConfig,
    ModerateConfig,
    RandomConfig,
    RoundRobinConfig,
    SelectionConfig,
    certified,
    config_to_dict,
)
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes
from goracs_core.workspace import Workspace, project_directory

MIB = 2**20
SHOP = Sizes(15_000, 5_000, 384)


@pytest.fixture(autouse=True)
def default_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GORACS_DENSE_MIB", raising=False)


@pytest.mark.parametrize(
    ("config", "sizes", "measured_mb"),
    [
        (CertifiedConfig(3000), SHOP, 1488),
        (CertifiedConfig(256), SHOP, 744),
        (CertifiedConfig(256), Sizes(15_000, 2_000, 384), 559),
        (ItraConfig(1000), SHOP, 889),
        (ItraConfig(256), SHOP, 742),
        (FacilityLocationConfig(1000), SHOP, 740),
        (FacilityLocationConfig(1000, target="pool"), SHOP, 1366),
        (D2Config(256), SHOP, 511),
        (D2Config(256, neighbours=50), Sizes(100_000, 5_000, 384), 1093),
        (FdmatConfig(256), Sizes(100_000, 5_000, 384), 732),
    ],
)
def test_the_estimate_covers_what_was_measured_and_not_much_more(
    config: SelectionConfig, sizes: Sizes, measured_mb: float
) -> None:
    said = selection_bytes(config, sizes) / 1e6
    assert measured_mb <= said <= 1.2 * measured_mb


def test_certified_holds_the_distances_only_where_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    dense, published = (selection_bytes(config, SHOP) for config in (CertifiedConfig(1000), ItraConfig(1000)))
    monkeypatch.setenv("GORACS_DENSE_MIB", "100")
    streamed = selection_bytes(CertifiedConfig(1000), SHOP)
    assert dense - streamed == 4 * 15_000 * 5_000, "here the active rows outweigh the first sample"
    assert streamed / 1e6 >= 593, "as measured"
    assert selection_bytes(ItraConfig(1000), SHOP) == published, "ITRA holds them whatever the limit"


def test_a_million_rows_fit_into_four_gibibytes() -> None:
    assert selection_bytes(CertifiedConfig(1000), Sizes(1_000_000, 5_000, 384)) < 4 * 2**30
    assert selection_bytes(ItraConfig(1000), Sizes(1_000_000, 5_000, 384)) > 16 * 2**30


def test_facility_location_holds_what_the_limit_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = selection_bytes(FacilityLocationConfig(10), SHOP)
    monkeypatch.setenv("GORACS_DENSE_MIB", "100")
    streamed = selection_bytes(FacilityLocationConfig(10), SHOP)
    assert dense - streamed == pytest.approx(4 * 15_000 * 5_000 - 100 * MIB, rel=1e-3)
    assert selection_bytes(FacilityLocationConfig(10, target="pool"), Sizes(1_000_000, 5_000, 384)) < 3 * 2**30


@pytest.mark.parametrize("kind", [KCentreConfig, HerdingConfig, RoundRobinConfig])
def test_methods_that_pass_over_the_pool_hold_nothing_more(kind: type[SelectionConfig]) -> None:
    assert selection_bytes(kind(256), SHOP) == selection_bytes(RandomConfig(256), SHOP)


def test_what_a_choice_holds_grows_with_what_it_is_made_of() -> None:
    large = Sizes(1_000_000, 100, 384)
    bare = selection_bytes(RandomConfig(10), large)
    copy = 4 * 384 * 1_000_000
    assert selection_bytes(ModerateConfig(10), large) == pytest.approx(bare + copy, rel=1e-2)
    few, many = (selection_bytes(FdmatConfig(10, clusters=clusters), large) for clusters in (10, 100))
    assert many - few == 6 * 8 * 90 * 1_000_000
    sparse, dense = (selection_bytes(D2Config(10, neighbours=count), large) for count in (20, 40))
    assert dense - sparse == 64 * 2 * 20 * 1_000_000
    small, wide = (selection_bytes(KMeansConfig(k), large) for k in (1_000, 10_000))
    assert wide - small >= 4 * 384 * 9_000


def test_drawing_needs_the_transport_of_the_draw_alone() -> None:
    small, large = (selection_bytes(RandomConfig(k), SHOP) for k in (10, 1010))
    assert large - small == 5 * 8 * 1000 * 5_000
    assert selection_bytes(ItraConfig(10), SHOP) - small == 4 * 15_000 * 5_000


def test_rows_that_the_solver_works_on_stay_within_the_pool() -> None:
    assert certified.active_rows(100, 10_000) == 1_100
    assert certified.active_rows(1_000, 10_000) == 3_000
    assert certified.active_rows(1_000, 2_500) == 2_500
    assert certified.first_rows(1_000, 1_000_000, 5_000) == 12_000
    assert certified.first_rows(5_000, 1_000_000, 5_000) == 20_000
    assert certified.first_rows(1_000, 3_000, 5_000) == 3_000


def test_the_advice_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CertifiedConfig(500)
    available = selection_bytes(config, Sizes(12_000, 2_000, 64))
    monkeypatch.setattr(memory, "available_bytes", lambda: available)
    memory.check_selection_fits(config, 12_000, 2_000, 64)
    with pytest.raises(ConfigError, match=r"at most 12,000 pool samples \(--max-pool\)"):
        memory.check_selection_fits(config, 14_000, 2_000, 64)
    with pytest.raises(ConfigError, match="a smaller budget"):
        memory.check_selection_fits(CertifiedConfig(5_000), 14_000, 20_000, 64)


def test_the_estimate_of_a_job_reads_no_embeddings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    paths = {f"{side}_embeddings": str(tmp_path / f"{side}.npy") for side in ("pool", "validation")}
    for path, rows in zip(paths.values(), (50, 20), strict=True):
        np.save(path, rng.normal(size=(rows, 6)))
    dataset = project_directory() / "tests" / "fixtures" / "workspace" / "datasets" / "small"
    sizes = load_features(dataset).pool.values.shape
    monkeypatch.setattr(types.Embeddings, "__post_init__", lambda self: pytest.fail("embeddings were read"))
    config = config_to_dict(RandomConfig(5))
    for source, asked in ((paths, Sizes(50, 20, 6)), ({"dataset": str(dataset)}, Sizes(sizes[0], 24, sizes[1]))):
        told = estimate_select(SelectSpec.from_dict({**source, "config": config}), Workspace(tmp_path).ensure())
        assert told.memory_bytes == selection_bytes(RandomConfig(5), asked)
        assert told.fits
