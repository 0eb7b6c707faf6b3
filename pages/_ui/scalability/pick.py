"""Which measurement is shown, and how it was made."""

from __future__ import annotations

import streamlit as st

from goracs_core.errors import GoracsError
from goracs_core.jobs.reuse import selecting_code
from goracs_core.jobs.scalability.store import Scalability, ScalabilityStore
from pages._ui import text, widgets
from pages._ui.picker import Picker
from pages._ui.widgets import KEPT

DEFAULT_TARGET = 140_000
_TARGET_HELP = "Predicts the time of a selection from this number of pool samples, with the same validation samples."
_PICKER = Picker("measurement")


def pick(store: ScalabilityStore, measured: tuple[Scalability, ...], *, running: bool) -> tuple[Scalability, int]:
    """The measurement to show (the newest unless another one is chosen), and the pool size to extrapolate to."""
    left, middle, right = st.columns([5, 3, 1.8], vertical_alignment="bottom")
    by_id = {record.id: record for record in measured}
    _PICKER.follow("newest", measured[0].id, measured[0].id)
    current = _PICKER.opened(by_id)
    record = measured[0] if current is None else by_id[current]
    labels = {name: _label(one, shipped=store.is_shipped(name)) for name, one in by_id.items()}
    help_ = "Stored in the workspace. Times depend on the machine and its load."
    _PICKER.box(labels, current, label="Measurement", place=left, help=help_)
    more = {"step": 10_000, "help": _TARGET_HELP, "place": middle, **KEPT}
    label = "Extrapolate to (pool samples)"
    target = widgets.whole(label, 2, 100_000_000, DEFAULT_TARGET, key="scale_target", **more)
    unfinished = not record.finished and record is measured[0] and running
    shipped = store.is_shipped(record.id)
    more = {"key": "delete_measurement", "place": right, "disabled": unfinished or shipped}
    more["help"] = "Measurements of the demo are kept." if shipped else None
    widgets.delete_popover("Delete this measurement?", _delete, store, record, **more)
    if not record.finished:
        asked = len(record.sizes) * record.repeats
        state = "It is still running" if unfinished else "It ended early"
        if len(record.runs) < asked:
            st.info(f"{state}: {len(record.runs)} of {asked} runs are measured.", icon=":material/hourglass_bottom:")
    return record, target


def _label(record: Scalability, *, shipped: bool) -> str:
    rule = "proportional" if record.proportional else "fixed"
    came = "Part of the demo · " if shipped else ""
    return (
        f"{came}{text.moment(record.started)} · {record.config['solver']} · k = {record.config['budget']:,} {rule} · "
        f"λ = {record.config['lambda_']:g} · {len(record.runs)} runs"
    )


def _delete(store: ScalabilityStore, record: Scalability) -> None:
    try:
        store.delete(record.id)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def provenance(store: ScalabilityStore, record: Scalability) -> list[str]:
    """What was measured, on what, with what; Markdown."""
    machine = {name: text.escape(value) for name, value in record.machine.items()}
    load = f" · other programs used about {machine['load']} cores at the start" if "load" in machine else ""
    device = " · distances on the GPU" if machine.get("device") == "GPU" else ""
    versions = [
        f"{name} {machine[name]}" for name in ("goracs_core", "python", "numpy", "numba", "POT") if name in machine
    ]
    labelled = " · within each label" if record.config.get("label_aware") else ""
    lines = [
        f"Measured {text.moment(record.started)} in the background worker on {machine.get('processor', 'unknown')}, "
        f"{machine.get('cores', '?')} cores, {machine.get('threads', '?')} threads{device}{load}",
        f"{' · '.join(versions)} · features {text.short_fingerprint(record.features_fingerprint)}{labelled}",
        f"Samples: {text.escape(record.sampling)}; every run uses all {record.num_validation:,} validation samples, "
        "because every coreset has to cover them",
        "Wall-clock seconds without reading files. One warm-up run on the smallest sample is not counted, because it "
        "includes compilation.",
    ]
    if store.is_shipped(record.id):
        lines.insert(0, "Part of the demo, measured on another machine: `python -m goracs_core.jobs.demo times`")
    elif record.code != selecting_code():
        lines.append("Measured with an earlier version of the selection code. Measure again to obtain current times.")
    return lines
