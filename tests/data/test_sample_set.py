"""A named set of samples as a file of ids."""

from __future__ import annotations

import json

import numpy as np
import pytest

from goracs_core.data.demo import load_demo
from goracs_core.data.sample_set import FORMAT, VERSION, sample_set
from goracs_core.errors import DataError
from tests.refusals import told


def test_a_set_holds_the_ids_of_its_samples_and_says_of_which_dataset() -> None:
    demo = load_demo()
    last = len(demo.pool) + len(demo.validation) - 1
    content = json.loads(sample_set(demo, np.array([7, last, 0, 7, len(demo.pool)]), "Köche \u2028 <b>"))
    assert (content["format"], content["version"]) == (FORMAT, VERSION)
    assert content["name"] == "Köche \u2028 <b>"
    assert (content["dataset"], content["dataset_fingerprint"]) == (demo.name, demo.fingerprint)
    assert content["pool"] == [demo.pool.ids[0], demo.pool.ids[7]]
    assert content["validation"] == [demo.validation.ids[0], demo.validation.ids[-1]]
    rows = [demo.pool.ids.index(one) for one in content["pool"]]
    assert rows == [0, 7], "ids lead back to the rows"


def test_a_set_may_be_empty_and_is_the_same_in_any_order() -> None:
    demo = load_demo()
    empty = json.loads(sample_set(demo, np.array([], np.int64), ""))
    assert (empty["pool"], empty["validation"]) == ([], [])
    assert sample_set(demo, np.array([3, 1, 2]), "x") == sample_set(demo, np.array([1, 2, 3, 3]), "x")


@pytest.mark.parametrize("wrong", [-1, 10**6])
def test_what_is_not_a_sample_is_refused(wrong: int) -> None:
    with pytest.raises(DataError, check=told("not-a-sample")):
        sample_set(load_demo(), np.array([0, wrong]), "x")
