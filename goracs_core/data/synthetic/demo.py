"""The demo dataset and its variant for click prediction, made from their seed; `goracs_core.data.demo` opens it."""

from __future__ import annotations

from dataclasses import replace

from goracs_core.data.dataset import Dataset, Task
from goracs_core.data.synthetic.dataset import SyntheticOptions, make_synthetic

DEMO_NAME = "Demo shop"
DEMO_OPTIONS = SyntheticOptions()


def make_demo() -> Dataset:
    """Make the demo dataset from its seed; equal to the one that is shipped."""
    return make_synthetic(DEMO_OPTIONS, name=DEMO_NAME)


def make_click_demo() -> Dataset:
    """The same shop asked whether a title will be liked; not shipped."""
    return make_synthetic(replace(DEMO_OPTIONS, task=Task.CTR), name=f"{DEMO_NAME}, clicks")
