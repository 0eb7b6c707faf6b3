"""The tab "over time": test loss in slices of the test's time, with and without decay, and how far the data drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from goracs_core.jobs.experiment.record import Experiment
from pages._ui import blocks, cache, guard, state, text
from pages._ui.compare import data as compare_data
from pages._ui.compare import decay as compare_decay
from pages._ui.state import DatasetRef

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from goracs_core.charts.arms import ArmLook
    from goracs_core.evaluation.drift import EmbeddingDrift
    from goracs_core.evaluation.shift import ArmShift, OverTime, ShiftReport, TimeSlice
    from goracs_core.types import FloatArray

_SLICES = (2, 3, 4, 6, 8)
_DRIFT_SLICES = 6
_SIDE_BY_SIDE = 4  # with more arms each figure takes the whole width
_LOSS_HELP = (
    "Mean loss of the test samples of each slice, over all seeds of the arm. Bars are 95 % intervals; they count both "
    "which seeds were drawn and which test samples there are. Slices hold equally many samples."
)
_DIFFERENCE_HELP = (
    "The same test samples under both arms, sample by sample, so that samples that are hard for everybody cancel. "
    "Below 0 is better than {other}; a bar that crosses 0 cannot be told from chance."
)


def show(experiment: Experiment, ref: DatasetRef) -> None:
    """Everything about an experiment over the time of its test, as far as it is trained."""
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
    from goracs_core.evaluation.shift import SLICES
    from goracs_core.jobs.experiment.shifts import arm_losses, experiment_shift
    from goracs_core.jobs.train.record import WHOLE_POOL

    chosen = {entry.budget for entry in experiment.entries if entry.arm != WHOLE_POOL}
    budgets = sorted(budget for budget in chosen if arm_losses(experiment, budget))
    if not budgets:
        st.info("Nothing is trained yet; slices appear with the first results.", icon=":material/hourglass_empty:")
        return 0, None
    left, right = st.columns(2) if len(budgets) > 1 else (None, st.container())
    budget = budgets[-1]
    if left is not None:
        if st.session_state.get("shift_budget") not in budgets:
            st.session_state["shift_budget"] = budget
        budget = int(left.segmented_control(
            "Budget", budgets, required=True, key="shift_budget", format_func=lambda k: f"k {k:,}",
        ) or budget)  # fmt: skip
    slices = int(right.segmented_control(
        "Slices of time", _SLICES, default=SLICES, required=True, key="shift_slices",
        help="The test in order of time, cut into parts of equally many samples. More slices show more and are less "
        "certain each.",
    ) or SLICES)  # fmt: skip
    return budget, experiment_shift(experiment, times, budget=budget, slices=slices)


def _show_report(report: ShiftReport, looks: dict[str, ArmLook]) -> None:
    from goracs_core.charts import shift as charts
    from goracs_core.evaluation.shift_reading import shift_reading

    sentences = shift_reading(report)
    if sentences:
        with st.container(border=True):
            st.markdown("**Summary**")
            st.markdown("\n".join(f"- {text.escape(sentence)}" for sentence in sentences))
    few = len(report.arms) <= _SIDE_BY_SIDE
    left, right = st.columns(2, gap="medium") if few else (st.container(), st.container())
    labels = charts.slice_labels(report.slices)
    with left:
        _chart("Test loss", charts.loss_over_time(report, looks), "shift_loss", _LOSS_HELP, _table(
            labels, [(arm, arm.loss) for arm in report.arms]))  # fmt: skip
    against = [(arm, arm.to_random) for arm in report.arms if arm.to_random is not None]
    with right:
        if against:
            _chart("Against random", charts.difference_over_time(report, looks, to="random"), "shift_to_random",
                   _DIFFERENCE_HELP.format(other="random"), _table(labels, against))  # fmt: skip
        else:
            st.caption("Differences to random appear once random and another arm are trained.")
    notes = [f"{len(report.slices[0].places):,} test samples per slice"]
    if report.left_out:
        notes.append(f"{report.left_out:,} without a time are left out")
    st.caption(" · ".join(notes))


def _decay(report: ShiftReport, looks: dict[str, ArmLook]) -> str | None:
    """What decay changes in the losses; the method that is shown, None where there is no decay."""
    from goracs_core.charts import shift as charts

    if not report.bases:
        return None
    labels = charts.slice_labels(report.slices)
    base = report.bases[0]
    if len(report.bases) > 1:
        base = str(st.selectbox("Method with decay", report.bases, key="shift_base"))
    left, right = st.columns(2, gap="medium")
    with left:
        figure = charts.difference_over_time(report, looks, to=charts.NO_DECAY)
        _chart("Does decay help later?", figure, "shift_to_undecayed",
               _DIFFERENCE_HELP.format(other="the same method with all validation samples alike"),
               _table(labels, [(a, a.to_undecayed) for a in report.arms if a.to_undecayed is not None]))  # fmt: skip
    with right:
        _chart(f"Loss against half-life, {text.escape(base)}", charts.half_life_curve(report, base), "shift_half_life",
               "A validation sample counts half as much for every half-life that it is older than the newest one. "
               "The last point counts all alike. The bars count which test samples there are; differences between "
               "the points, sample by sample, are in the chart beside this one.",
               _half_life_table(report, base))  # fmt: skip
    return base


def _chart(title: str, figure: Figure, key: str, help_: str, table: pd.DataFrame) -> None:
    st.markdown(f"**{title}**", help=help_)
    blocks.chart(figure, key=key, alt=f"{title} over time; the numbers are in the table below.", table=table)


def _table(labels: list[str], series: list[tuple[ArmShift, OverTime]]) -> pd.DataFrame:
    """A line per arm and slice, then the whole test and the slope."""
    import pandas as pd

    from goracs_core.evaluation.shift import SLOPE_DAYS

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
    import pandas as pd

    from goracs_core.charts.shift import half_life_label

    return pd.DataFrame([
        {"half-life": half_life_label(arm), "part": part, "nats": one.value, "low": one.low, "high": one.high}
        for arm in report.decays(base)
        for part, one in (("whole test", arm.loss.whole), ("latest slice", arm.loss.slices[-1]))
    ])  # fmt: skip


def _drift(ref: DatasetRef) -> None:
    """How far the samples move from their earliest slice; of the parent where the later validation was cut off."""
    from goracs_core.charts import shift as charts

    source = _with_later_validation(ref)
    if not cache.has_features(source):
        return
    with_pool = _pool_has_the_same_target(source)
    measured = _measured(cache.features(source).fingerprint, with_pool, source)
    st.markdown(
        "**How far do the data themselves drift?**",
        help="No training is needed for this: the energy distance between the embeddings of the earliest samples and "
        "of later ones. Samples that only chance tells apart stay below the mark.",
    )
    above = int((measured.distances > measured.chance).sum())
    whose = "" if source is ref else f" of {text.escape(source.title)}, which this dataset was made from"
    blocks.chart(
        charts.drift(measured), key="shift_drift",
        alt=f"Energy distance of later samples to the earliest; {above} of {len(measured.distances)} slices are "
        "farther than chance.",
        table=_drift_table(measured),
        note=f"{measured.used:,} {'pool and validation' if with_pool else 'validation'} samples{whose}, evenly over "
        f"their rows. {above} of {len(measured.distances)} later slices are farther from the earliest "
        f"({charts.slice_labels(measured.slices)[0]}) than chance alone would put them.",
    )  # fmt: skip


def _pool_has_the_same_target(ref: DatasetRef) -> bool:
    """Whether pool and validation differ in time only, so that both tell of drift."""
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
    from goracs_core.evaluation.drift import embedding_drift

    dataset, features = cache.dataset(_ref), cache.features(_ref)
    parts = [(features.validation.values, dataset.validation.times)]
    if with_pool:
        parts.insert(0, (features.pool.values, dataset.pool.times))
    times = [part for _, part in parts if part is not None]
    return embedding_drift(np.concatenate([values for values, _ in parts]), np.concatenate(times), slices=_DRIFT_SLICES)


def _drift_table(measured: EmbeddingDrift) -> pd.DataFrame:
    import pandas as pd

    from goracs_core.charts.shift import slice_labels

    later: tuple[TimeSlice, ...] = measured.slices[1:]
    return pd.DataFrame({
        "slice": slice_labels(later),
        "samples": [len(part.places) for part in later],
        "energy distance": measured.distances,
        "95 % of chance below": measured.chance,
    })  # fmt: skip
