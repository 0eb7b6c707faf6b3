"""The form that derives a dataset from the open one: another target, or earlier validation samples."""

from __future__ import annotations

from typing import Any

import streamlit as st

from goracs_core.data.derive import target_categories
from goracs_core.errors import ConfigError
from goracs_core.jobs.kinds import DERIVE
from pages._ui import cache, guard, jobs, state, text, widgets
from pages._ui.state import DatasetRef

CATEGORY, EARLY, OTHER = "One category as the target", "Early validation", "Another dataset's target"
_HELP = {
    CATEGORY: "Validation and test keep only samples whose target item is in the category. Select from the whole pool "
    "or only from other categories.",
    EARLY: "The earliest part of the validation set is kept. The rest moves to the beginning of the test set, which "
    "then covers a longer period. Use this to test whether a coreset selected early is still useful later.",
    OTHER: "Validation and test of another dataset replace those of this one. Both datasets need the same encoder and "
    "task.",
}


def show(ref: DatasetRef) -> None:
    """The form in an expander; the dataset opens when its job is done."""
    expander = st.expander("Derive another dataset from this one", icon=":material/call_split:")
    with expander, guard.sentences("The new dataset"):
        way = widgets.choice("How", _HELP, key="derive_way", label_visibility="collapsed")
        st.caption(_HELP[way])
        spec = _spec(ref, way)
        if spec is None:
            return
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        more = {"max_chars": 80, "placeholder": "derived automatically"}
        help_ = "Name under which the new dataset is listed."
        name = widgets.line("Name", key="derive_name", place=left, help=help_, **more)
        icon = ":material/play_arrow:"
        if right.button("Create dataset", type="primary", icon=icon, key="derive_submit", width="stretch"):
            _make(spec | ({"name": name} if name else {}))


def _spec(ref: DatasetRef, way: str) -> dict[str, Any] | None:
    """The spec of the form; None while it is not possible, with an explanation on the page."""
    spec: dict[str, Any] = {"dataset": str(ref.directory)}
    if way == CATEGORY:
        return _category(ref, spec)
    if way == EARLY:
        help_ = f"The earliest samples by time, of {ref.counts['validation']:,} validation samples."
        more = {"step": 5, "format": "%d%%", "key": "derive_share", "help": help_}
        share = st.slider("Share of the validation set to keep", 5, 95, 50, **more)
        return spec | {"early_validation": share / 100}
    others = [name for name in state.dataset_names() if name != ref.name]
    if not others:
        st.info("There is no other dataset in this workspace yet. Load one first.", icon=":material/info:")
        return None
    other = st.selectbox("Dataset with the new target", others, key="derive_other")
    return spec | {"target_dataset": str(state.reference(str(other)).directory)}


def _category(ref: DatasetRef, spec: dict[str, Any]) -> dict[str, Any] | None:
    counts = target_categories(cache.dataset(ref))
    if not counts:
        st.info(
            "The items of this dataset have no categories. Prepare the data from a source with categories to use one "
            "as the target.",
            icon=":material/info:",
        )
        return None
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.multiselect(
        "Categories",
        list(counts),
        key="derive_categories",
        placeholder="Choose one or more",
        format_func=lambda name: f"{text.escape(name)} ({counts[name]:,})",
        help="The number is the count of validation samples with a target item in the category.",
    )
    help_ = (
        "Exclude pool samples whose target item is in one of these categories. Use this to find samples of other "
        "categories that help with this one."
    )
    elsewhere = right.toggle("Pool: only other categories", False, key="derive_elsewhere", help=help_)
    return spec | {"target_categories": chosen, "pool_others": elsewhere}


def _make(spec: dict[str, Any]) -> None:
    if spec.get("target_categories") == []:
        raise ConfigError("no category is selected; select at least one")
    jobs.submit(DERIVE, spec)
    st.rerun()
