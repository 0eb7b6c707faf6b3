"""A named set of samples as a file of sample ids, which keep their meaning in whatever order the samples are read."""

from __future__ import annotations

import json

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.errors import DataError
from goracs_core.types import IndexArray

FORMAT, VERSION = "goracs-sample-set", 1


def sample_set(dataset: Dataset, samples: IndexArray, name: str) -> bytes:
    """The set as JSON: format, version, name, dataset with its fingerprint, and the ids of pool and validation samples.

    Args:
        dataset: Whose samples.
        samples: Pool rows, and the number of pool samples plus validation rows; any order, repeats count once.
        name: What people call the set.

    Raises:
        DataError: A number that is not a sample.
    """
    num_pool, total = len(dataset.pool), len(dataset.pool) + len(dataset.validation)
    rows = np.unique(samples)
    if len(rows) and not 0 <= rows[0] <= rows[-1] < total:
        raise DataError(
            f"a set of samples needs numbers between 0 and {total - 1}, got {rows[0]} to {rows[-1]}",
            code="not-a-sample",
            fields={"samples": total},
        )
    content = {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "dataset": dataset.name,
        "dataset_fingerprint": dataset.fingerprint,
        "pool": [dataset.pool.ids[row] for row in rows[rows < num_pool]],
        "validation": [dataset.validation.ids[row - num_pool] for row in rows[rows >= num_pool]],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
