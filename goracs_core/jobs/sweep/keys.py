"""Keys of a sweep's points: when a point that is kept is the same work.

A point is solved from the prices of the point before it, so the same problem and options solved by itself may
give another coreset (just as good as its gap says). "Same inputs, same key, same bytes" therefore counts the way to a
point among its inputs: its key is a hash of `run_key` (problem, options, dataset, code) and the key of the point before
it, and through that of the whole path. Hence

* the first point of a sweep, solved cold, is the same work as a plain selection and shares its key: each finds the
  other's run; label-aware points are all solved cold, so this holds for each of them;
* every other point is found only by a sweep that comes to it by the same path: the same grid again (after a
  cancellation, a deleted run), or a larger one that begins with the same points; a plain `select` never finds it;
* a path may be left and taken up again anywhere: the prices and rows that the next point starts from are in the kept
  run, bit by bit.
"""

from __future__ import annotations

from collections.abc import Sequence

from goracs_core.jobs.reuse import run_key
from goracs_core.jobs.sweep.store import SweepRecord
from goracs_core.methods import CertifiedConfig, config_from_dict
from goracs_core.types import fingerprint


def point_keys(
    problem_fingerprint: str, configs: Sequence[CertifiedConfig], *, dataset_fingerprint: str = ""
) -> list[str]:
    """The key of each point of a path (see the top of this module)."""
    keys: list[str] = []
    for config in configs:
        own = run_key(problem_fingerprint, config, dataset_fingerprint=dataset_fingerprint)
        keys.append(own if not keys or config.label_aware else fingerprint("sweep", own, keys[-1]))
    return keys


def is_current(record: SweepRecord) -> bool:
    """Whether the current code gives the points of a kept sweep the same keys."""
    first = config_from_dict({**record.config, "budget": record.points[0].budget, "lambda_": record.points[0].lambda_})
    key = run_key(record.problem_fingerprint, first, dataset_fingerprint=record.dataset_fingerprint)
    return key == record.points[0].key
