"""The tab "Over time": test loss in time slices of the test set, with and without decay, and the drift of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from goracs_core.charts import shift as charts
from goracs_core.evaluation.drift import embedding_drift
from goracs_core.evaluation.shift import SLICES, SLOPE_DAYS
from goracs_core.evaluation.shift_reading import shift_reading
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.experiment.shifts import arm_losses, experiment_shift
from goracs_core.jobs.train.record import WHOLE_POOL
from pages._ui import blocks, cache, guard, state, text, widgets
from pages._ui.compare import data as compare_data
from pages._ui.compare import decay as compare_decay
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from goracs_core.charts.arms import ArmLook
    from goracs_core.evaluation.drift import EmbeddingDrift
    from goracs_core.evaluation.shift import ArmShift, OverTime, ShiftReport, TimeSlice
    from goracs_core.types import FloatArray

_SLICES = (2, 3, 4, 6, 8)
_DRIFT_SLICES = 6
_SIDE_BY_SIDE = 4  # with more arms each figure takes the whole width
_LOSS_HELP = (
    "Mean loss of the test samples of each slice, over all seeds of the arm. Bars: 95 % intervals over seeds and test "
    "samples. All slices have the same number of samples."
)
_DIFFERENCE_HELP = (
    "Difference of the losses of the two arms, paired by test sample. Below 0 is better than {other}; a bar that "
    "crosses 0 is not significant."
)
_HALF_LIFE_HELP = (
    "The weight of a validation sample halves for every half-life that it is older than the newest one; the last point "
    "has equal weights. Bars: 95 % intervals over test samples. The paired differences are in the other chart."
)
_DRIFT_HELP = (
    "Energy distance between the embeddings of the earliest samples and of later ones; no training is needed. Values "
    "below the mark are within the range of random splits."
)


def show(experiment: Experiment, ref: DatasetRef) -> None:
    """Everything about an experiment over the time of its test, from the trainings that are finished."""
    dataset = cache.dataset(ref)
    with guard.sentences("The losses over time"):
        budget, report = _report(experiment, dataset.test.times)
        if report is not None:
            looks = compare_data.looks(experiment)
            _show_report(report, looks)
            base = _decay(report, looks)
            if base is not None:
                compare_decay.show(experiment, ref, _with_later_validation(ref), base=base, budget=budget)
    if dataset.validation.times is not None:
        with guard.sentences("The drift of the data"):
            _drift(ref)


def _report(experiment: Experiment, times: FloatArray | None) -> tuple[int, ShiftReport | None]:
    chosen = {entry.budget for entry in experiment.entries if entry.arm != WHOLE_POOL}
    budgets = sorted(budget for budget in chosen if arm_losses(experiment, budget))
    if not budgets:
        st.info("No training is finished yet.", icon=":material/hourglass_empty:")
        return 0, None
    left, right = st.columns(2) if len(budgets) > 1 else (st, st)
    budget = widgets.budget_choice(budgets, key="shift_budget", place=left)
    help_ = "Parts of the test set in order of time, with equal numbers of samples. More slices have wider intervals."
    slices = widgets.choice("Time slices", _SLICES, key="shift_slices", default=SLICES, place=right, help=help_)
    return budget, experiment_shift(experiment, times, budget=budget, slices=slices)


def _show_report(report: ShiftReport, looks: dict[str, ArmLook]) -> None:
    if sentences := shift_reading(report):
        blocks.summary(map(text.escape, sentences))
    few = len(report.arms) <= _SIDE_BY_SIDE
    left, right = st.columns(2, gap="medium") if few else (st.container(), st.container())
    labels = charts.slice_labels(report.slices)
    with left:
        table = _table(labels, [(arm, arm.loss) for arm in report.arms])
        _chart("Test loss", charts.loss_over_time(report, looks), "shift_loss", _LOSS_HELP, table)
    against = [(arm, arm.to_random) for arm in report.arms if arm.to_random is not None]
    with right:
        if against:
            figure, help_ = charts.difference_over_time(report, looks, to="random"), _DIFFERENCE_HELP
            table = _table(labels, against)
            _chart("Difference to random", figure, "shift_to_random", help_.format(other="random"), table)
        else:
            st.caption("Differences to random require trainings of random and of another arm.")
    notes = [f"{len(report.slices[0].places):,} test samples per slice"]
    if report.left_out:
        notes.append(f"{report.left_out:,} samples without a time are not included")
    st.caption(" · ".join(notes))


def _decay(report: ShiftReport, looks: dict[str, ArmLook]) -> str | None:
    """The effect of decay on the losses; the method that is shown, None where there is no decay."""
    if not report.bases:
        return None
    labels = charts.slice_labels(report.slices)
    base = report.bases[0]
    if len(report.bases) > 1:
        base = str(st.selectbox("Method with decay", report.bases, key="shift_base"))
    left, right = st.columns(2, gap="medium")
    with left:
        figure = charts.difference_over_time(report, looks, to=charts.NO_DECAY)
        help_ = _DIFFERENCE_HELP.format(other="the same method with equal weights")
        table = _table(labels, [(arm, arm.to_undecayed) for arm in report.arms if arm.to_undecayed is not None])
        _chart("Difference to no decay", figure, "shift_to_undecayed", help_, table)
    with right:
        title, figure = f"Loss against half-life, {text.escape(base)}", charts.half_life_curve(report, base)
        _chart(title, figure, "shift_half_life", _HALF_LIFE_HELP, _half_life_table(report, base))
    return base


def _chart(title: str, figure: Figure, key: str, help_: str, table: pd.DataFrame) -> None:
    st.markdown(f"**{title}**", help=help_)
    blocks.chart(figure, key=key, alt=f"{title} over time; the numbers are in the table below.", table=table)


def _table(labels: list[str], series: list[tuple[ArmShift, OverTime]]) -> pd.DataFrame:
    """A row per arm and slice, then the whole test and the slope."""
    lines = []
    for arm, values in series:
        parts = [*zip(labels, values.slices, strict=True), ("whole test", values.whole)]
        parts.append((f"change per {SLOPE_DAYS:.0f} days", values.slope))
        lines += [
            {"arm": arm.name, "seeds": arm.seeds, "slice": label, "nats": one.value, "low": one.low, "high": one.high}
            for label, one in parts
        ]
    return pd.DataFrame(lines)


def _half_life_table(report: ShiftReport, base: str) -> pd.DataFrame:
    rows = []
    for arm in report.decays(base):
        for part, one in (("whole test", arm.loss.whole), ("latest slice", arm.loss.slices[-1])):
            rows.append((charts.half_life_label(arm), part, one.value, one.low, one.high))
    return pd.DataFrame(rows, columns=pd.Index(["half-life", "part", "nats", "low", "high"]))


def _drift(ref: DatasetRef) -> None:
    """How far the samples move from their earliest slice; of the parent dataset where later validation was cut off."""
    source = _with_later_validation(ref)
    if not cache.has_features(source):
        return
    with_pool = _pool_has_the_same_target(source)
    measured = _measured(cache.features(source).fingerprint, with_pool, source)
    st.markdown("**Drift of the data**", help=_DRIFT_HELP)
    above = int((measured.distances > measured.chance).sum())
    whose = "" if source is ref else f" of {text.escape(source.title)}, which this dataset was made from"
    parts = "pool and validation" if with_pool else "validation"
    said = f"{above} of {len(measured.distances)} later slices are farther from the earliest"
    blocks.chart(
        charts.drift(measured),
        key="shift_drift",
        alt=f"Energy distance of later samples to the earliest; {said} than random splits.",
        table=_drift_table(measured),
        note=f"{measured.used:,} evenly spaced {parts} samples{whose}. {said} "
        f"({charts.slice_labels(measured.slices)[0]}) than 95 % of random splits.",
    )


def _pool_has_the_same_target(ref: DatasetRef) -> bool:
    """Whether pool and validation differ in time only, so that both show drift."""
    record = ref.manifest["provenance"].get("derived") or {}
    times = cache.dataset(ref).pool.times
    return times is not None and record.get("how") in (None, "early validation")


def _with_later_validation(ref: DatasetRef) -> DatasetRef:
    """The dataset that still has the whole validation: an early one's parent, where that is at hand."""
    record = ref.manifest["provenance"].get("derived") or {}
    if record.get("how") != "early validation":
        return ref
    for name in state.dataset_names():
        with guard.sentences("A dataset of this workspace"):
            found = state.reference(name)
            if found.fingerprint == record.get("fingerprint") and cache.has_features(found):
                return found
    return ref


@st.cache_resource(max_entries=8, show_spinner="Measuring the drift …")
def _measured(features_fingerprint: str, with_pool: bool, _ref: DatasetRef) -> EmbeddingDrift:
    dataset, features = cache.dataset(_ref), cache.features(_ref)
    parts = [(features.validation.values, dataset.validation.times)]
    if with_pool:
        parts.insert(0, (features.pool.values, dataset.pool.times))
    times = [part for _, part in parts if part is not None]
    return embedding_drift(np.concatenate([values for values, _ in parts]), np.concatenate(times), slices=_DRIFT_SLICES)


def _drift_table(measured: EmbeddingDrift) -> pd.DataFrame:
    later: tuple[TimeSlice, ...] = measured.slices[1:]
    sizes = [len(part.places) for part in later]
    columns = {"slice": charts.slice_labels(later), "samples": sizes, "energy distance": measured.distances}
    return pd.DataFrame(columns | {"95 % of random splits below": measured.chance})
