"""How much memory is left, and whether a selection fits into it."""

from __future__ import annotations

import os
from bisect import bisect_right
from contextlib import suppress
from pathlib import Path

from goracs_core.errors import ConfigError
from goracs_core.methods import (
    CertifiedConfig,
    D2Config,
    FacilityLocationConfig,
    FdmatConfig,
    ItraConfig,
    KMeansConfig,
    ModerateConfig,
    SelectionConfig,
)

_GIB = 2**30
_LIBRARIES_BYTES = 300 * 2**20
_BLOCK_BYTES = 64 * 2**20  # as in goracs_core.objective, with its temporaries
_HEAP_ENTRY_BYTES = 128  # a tuple of a float and an integer
_EDGE_BYTES = 64
_CGROUP = Path("/sys/fs/cgroup")


def selection_bytes(config: SelectionConfig, num_pool: int, num_validation: int, width: int) -> int:
    """Peak bytes of a selection: libraries, embeddings in single precision, blocks of distances, exact transport with
    what ranks the exchanges, and the distances that the solver holds.

    Measured with width 384, in MB (said): certified on 15,000 x 5,000 with k = 3000 1488 (1560), k = 1000 817 (1040),
    k = 256 744 (856), in blocks 555 (585); on 15,000 x 2,000 with k = 256 559 (624). ITRA on 15,000 x 5,000 with
    k = 1000 889 (980), k = 256 742 (831). Facility location on 15,000 x 5,000 with k = 1000 740 (781), with the pool
    as target 1366 (1381). On 100,000 x 5,000 with k = 256: D2 with 50 neighbours 1093 (1263), FDMat 732 (812).

    Args:
        config: What is to be run.
        num_pool: Number of pool samples, n.
        num_validation: Number of validation samples, m.
        width: Numbers per embedding, d.
    """
    embeddings = 4 * width * (num_pool + num_validation)
    blocks = 2 * min(_BLOCK_BYTES, 8 * num_pool * num_validation)
    transport = 5 * 8 * config.budget * num_validation
    if isinstance(config, CertifiedConfig):
        held = _certified_bytes(config.budget, num_pool, num_validation, transport)
    elif isinstance(config, ItraConfig):
        held = 4 * num_pool * num_validation + transport
    else:  # the transport comes last, when what the choice held is given back
        held = max(transport, _choice_bytes(config, num_pool, num_validation, width))
    return _LIBRARIES_BYTES + embeddings + blocks + held


def _choice_bytes(config: SelectionConfig, num_pool: int, num_validation: int, width: int) -> int:
    """What a method holds beside embeddings and blocks while it chooses by them."""
    copy = 4 * width * num_pool
    match config:
        case FacilityLocationConfig():
            from goracs_core.selection.target_rows import held_rows  # brings numba along

            target = num_pool if config.target == "pool" else num_validation
            return 4 * held_rows(num_pool, target) * target + _HEAP_ENTRY_BYTES * num_pool
        case D2Config():  # the screen's copy of the embeddings, then the edges while they are sorted
            edges = 2 * num_pool * min(config.neighbours, num_pool)
            return max(copy, _EDGE_BYTES * edges) + _HEAP_ENTRY_BYTES * num_pool
        case FdmatConfig():  # normalised features, costs and plan with POT's temporaries
            return copy + 6 * 8 * num_pool * config.clusters
        case KMeansConfig():  # candidates for the first centres, centres before and after a batch
            return 4 * width * (min(num_pool, max(20_000, config.budget)) + 6 * config.budget)
        case ModerateConfig():  # the rows of one class
            return copy
        case _:
            return 0


def active_rows(budget: int, num_pool: int) -> int:
    """Rows that the certified solver prices in most rounds, at most."""
    return min(num_pool, max(3 * budget, budget + 1000))


def first_rows(budget: int, num_pool: int, num_validation: int) -> int:
    """Rows that the certified solver finds its first prices on where the distances of all do not fit into memory."""
    from goracs_core.engine.memory import dense_limit_bytes  # its package brings numba along

    return min(num_pool, max(4 * budget, min(12_000, dense_limit_bytes() // (4 * num_validation))))


def held_at_once(num_pool: int, num_validation: int) -> bool:
    """Whether the certified solver keeps all distances in memory."""
    from goracs_core.engine.memory import dense_fits

    return dense_fits(num_pool, num_validation)


def _certified_bytes(budget: int, num_pool: int, num_validation: int, transport: int) -> int:
    """All distances in single precision where they fit, else the first sample; then the active rows."""
    active = 4 * active_rows(budget, num_pool) * num_validation + transport
    if held_at_once(num_pool, num_validation):
        return 4 * num_pool * num_validation + active
    return max(4 * first_rows(budget, num_pool, num_validation) * num_validation, active)


def available_bytes() -> int | None:
    """Memory that a new allocation can get without swapping, container limits included; None when unknown."""
    found: list[int] = []
    with suppress(OSError, ValueError):
        found.append(_entry(Path("/proc/meminfo"), "MemAvailable:") * 1024)
    with suppress(OSError, ValueError):  # "max" when there is no limit
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        # The system gives unused file cache back on demand, although the group's use counts it.
        found.append(limit - used + _entry(_CGROUP / "memory.stat", "inactive_file"))
    if not found:
        with suppress(OSError, ValueError, AttributeError):
            found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return max(min(found), 0) if found else None


def check_selection_fits(config: SelectionConfig, num_pool: int, num_validation: int, width: int) -> None:
    """Refuse a selection that does not fit into memory, before any work is done.

    Raises:
        ConfigError: It does not; the message says what would.
    """
    needed, available = selection_bytes(config, num_pool, num_validation, width), available_bytes()
    if available is None or needed <= available:
        return
    fitting = bisect_right(
        range(num_pool), available, key=lambda n: selection_bytes(config, n, num_validation, width)
    ) - 1  # fmt: skip
    advice = f"at most {fitting:,} pool samples (--max-pool)" if fitting >= config.budget else "a smaller budget"
    raise ConfigError(
        f"choosing {config.budget:,} of {num_pool:,} pool samples for {num_validation:,} validation samples needs "
        f"about {needed / _GIB:.1f} GiB, but only {available / _GIB:.1f} GiB are free; take {advice} or fewer "
        "validation samples (--max-validation)"
    )


def _entry(path: Path, name: str) -> int:
    """The number after `name` in a file of "name number" lines; 0 when it is not there."""
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) > 1 and fields[0] == name:
            return int(fields[1])
    return 0
