"""How much memory is left, and whether a selection fits into it."""

from __future__ import annotations

import os
from bisect import bisect_right
from contextlib import suppress
from pathlib import Path

from goracs_core.errors import ConfigError
from goracs_core.methods import SelectionConfig
from goracs_core.methods.cost import Sizes
from goracs_core.methods.registry import selection_bytes

_GIB = 2**30
_CGROUP = Path("/sys/fs/cgroup")


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

    def needs(size: int) -> int:
        return selection_bytes(config, Sizes(size, num_validation, width))

    needed, available = needs(num_pool), available_bytes()
    if available is None or needed <= available:
        return
    fitting = bisect_right(range(num_pool), available, key=needs) - 1
    advice = f"at most {fitting:,} pool samples (--max-pool)" if fitting >= config.budget else "a smaller budget"
    raise ConfigError(
        f"choosing {config.budget:,} of {num_pool:,} pool samples for {num_validation:,} validation samples needs "
        f"about {needed / _GIB:.1f} GiB, but only {available / _GIB:.1f} GiB are free; take {advice} or fewer "
        "validation samples (--max-validation)",
        code="out-of-memory",
        fields={"needed": needed, "available": available, "pool": fitting},
    )


def _entry(path: Path, name: str) -> int:
    """The number after `name` in a file of "name number" lines; 0 when it is not there."""
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) > 1 and fields[0] == name:
            return int(fields[1])
    return 0
