"""Why a sample is selected: what the coreset would be without it, and with the best other sample in its place."""

from __future__ import annotations

import math
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from goracs_core import glossary
from goracs_core.jobs.weights import recorded_weighting
from goracs_core.methods import method_of
from goracs_core.quantities import proven
from pages._ui import cache, text

if TYPE_CHECKING:
    from goracs_core.evaluation.alternatives import Alternatives, Change, Replacement
    from goracs_core.jobs.select.run import Run
    from goracs_core.objective import Problem
    from pages._ui.samples import View
    from pages._ui.state import DatasetRef

HELP = f"{glossary.tooltip('removal')}\n\n{glossary.tooltip('replacement')}"
ASKED = "alternatives_asked"
# Below so many distances and costs of the plan the answer takes about 0.2 s; above, it waits until asked for.
_CHEAP_DISTANCES, _CHEAP_COSTS = 4_000_000, 400_000
_DIGITS = 5
# Numba's plainest threads, which it takes where OpenMP is missing, must not be started from two sessions at once.
_ONE_AT_A_TIME = Lock()


def show(seen: View, run: Run, position: int, *, key: str) -> None:
    """The sentence, or a button where it takes longer than a page may.

    Args:
        seen: Dataset and features.
        run: The run.
        position: Place of the sample in the coreset, 0-based.
        key: Unique on the page.
    """
    title = "**Why was this sample selected?**"
    asked = st.session_state.setdefault(ASKED, set())
    if not cheap(run) and run.id not in asked:
        st.markdown(title, help=HELP)
        help_ = "Solves exact transport plans without this sample; on data of this size that takes seconds."
        more = {"icon": ":material/calculate:", "help": help_, "on_click": asked.add, "args": (run.id,)}
        st.button("Compare with the other samples", key=f"{key}_compare", **more)
        return
    found = of(run, seen.ref, position)
    if found is None:
        st.markdown(f"{title} Unknown: the features or weights of this run are no longer those of the dataset.")
        return
    st.markdown(f"{title} {sentence(found, run, seen)}", help=HELP)
    if found.replacement is not None:
        st.caption(_extent(found.replacement))


def cheap(run: Run) -> bool:
    """Whether the answer takes a fraction of a second."""
    pool, validation = run.selection.num_pool, run.selection.num_validation
    return pool * validation <= _CHEAP_DISTANCES and len(run.selection) * validation <= _CHEAP_COSTS


def of(run: Run, ref: DatasetRef, position: int) -> Alternatives | None:
    """What the coreset would be without one of its samples, computed once; None where the data are others by now."""
    problem = cache.problem(ref, half_life=recorded_weighting(run.inputs).get("half_life"))
    if problem.fingerprint != run.selection.problem_fingerprint:
        return None
    return _alternatives(run.id, run.fingerprint, problem.fingerprint, position, problem, run)


@st.cache_resource(max_entries=1024, show_spinner="Solving the transport plans without this sample …")
def _alternatives(
    run_id: str, fingerprint: str, problem_fingerprint: str, position: int, _problem: Problem, _run: Run
) -> Alternatives:
    from goracs_core.evaluation.alternatives import alternatives  # brings the solver's libraries along

    chosen = _run.selection
    prices = chosen.plan.column_potentials
    with _ONE_AT_A_TIME:
        return alternatives(_problem, chosen.indices, position, _run.config, prices=prices)


def sentence(found: Alternatives, run: Run, seen: View) -> str:
    """Removal and replacement in words; Markdown."""
    parts = []
    if found.removal is not None:
        parts.append(f"without it POO {_told(found.removal)}")
    if found.replacement is not None:
        best = found.replacement
        which = "the best other sample" if best.proven else f"the best of {best.solved:,} candidates"
        name = text.escape(text.shorten(seen.title(best.row), 60))
        parts.append(f"with {which} in its place, *{name}*, it {_told(best.change)}")
    if not parts:
        return "It is the only sample there is."
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}.{_better_exchange(found, run)}"


def _better_exchange(found: Alternatives, run: Run) -> str:
    """What to think of a replacement that lowers POO; "" without one."""
    if found.replacement is None or found.replacement.change.poo >= -1e-9:
        return ""
    method, certificate = method_of(run.config), run.selection.certificate
    if not method.by_objective:
        return f" {text.escape(method.label)} does not minimize POO."
    if certificate is not None and certificate.gap > 0:
        return f" The solver stopped before this exchange, within {proven(certificate.gap)} of the optimum."
    return " The solver stopped before this exchange."


def _told(change: Change) -> str:
    digits = _DIGITS if not change.poo else max(_DIGITS, 1 - math.floor(math.log10(abs(change.poo))))
    if round(change.poo, 9) == 0:
        return "stays the same"
    verb = "rises" if change.poo > 0 else "falls"
    terms = f"transport {_signed(change.transport, digits)}, gradient {_signed(change.gradient, digits)}"
    return f"{verb} by {abs(change.poo):.{digits}f} ({terms})"


def _signed(value: float, digits: int) -> str:
    shown = f"{value:+.{digits}f}"
    return (shown[1:] if not float(shown) else shown).replace("-", "−")


def _extent(best: Replacement) -> str:
    """How far the search for the replacement went."""
    if best.proven:
        return f"Exact transport plans: {best.solved:,} of {best.others:,} other samples solved, the rest are bounded."
    return (
        f"Exact transport plans: the {best.solved:,} most promising of {best.others:,} other samples solved, a better "
        "one is possible."
    )
