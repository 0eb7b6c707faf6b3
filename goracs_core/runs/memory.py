"""How much memory is left, and whether a selection fits into it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from goracs_core.errors import ConfigError

_GIB = 2**30
_CGROUP = Path("/sys/fs/cgroup")


def selection_bytes(num_pool: int, num_validation: int) -> int:
    """Bytes of the dense single-precision distances that a selection keeps: 4 n m."""
    return 4 * num_pool * num_validation


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


def check_selection_fits(num_pool: int, num_validation: int) -> None:
    """Refuse a selection whose distances do not fit into memory, before any work is done.

    Raises:
        ConfigError: They do not; the message says what would.
    """
    needed, available = selection_bytes(num_pool, num_validation), available_bytes()
    if available is None or needed <= available:
        return
    fitting = available // (4 * num_validation)
    raise ConfigError(
        f"distances of {num_pool:,} pool x {num_validation:,} validation samples need {needed / _GIB:.1f} GiB, but "
        f"only {available / _GIB:.1f} GiB of memory are free; prepare the data with at most {fitting:,} pool samples "
        f"(--max-pool), or with fewer validation samples (--max-validation)"
    )


def _entry(path: Path, name: str) -> int:
    """The number after `name` in a file of "name number" lines; 0 when it is not there."""
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) > 1 and fields[0] == name:
            return int(fields[1])
    return 0
