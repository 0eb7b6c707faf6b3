"""The machine that results were made on."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

from goracs_core.engine.gpu import cuda_device
from goracs_core.jobs.reuse import versions
from goracs_core.selection.threads import thread_limit


def machine() -> dict[str, str]:
    """What the times depend on besides data and options."""
    found = {"processor": _processor(), "cores": str(cores()), "threads": str(thread_limit())}
    found["device"] = "GPU" if cuda_device() is not None else "processor"
    with suppress(OSError, AttributeError):
        found["load"] = f"{os.getloadavg()[0]:.1f}"
    known = versions()
    names = ("goracs_core", "python", "platform", "numpy", "numba", "POT", "torch")
    return found | {name: known[name] for name in names if name in known}


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine() or "unknown"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
