"""What an experiment will take, told before it starts: the trainings that are left, and the selections before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from goracs_core.jobs.compare.plan import Entry
from goracs_core.jobs.experiment.plan import ExperimentPlan
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.train.estimate import Work
from goracs_core.quantities import duration, memory


@dataclass(frozen=True)
class ExperimentEstimate:
    """What is to be done.

    Args:
        trainings: Entries that are not done yet.
        there: Entries that are.
        seconds: Expected time; None where nothing is known about the model.
        making: Seconds of these that go into making the model, once per dataset.
        memory: Bytes of a training at the peak; None for a model of unknown size.
        basis: Where the time comes from, as the rest of a sentence.
    """

    trainings: int
    there: int
    seconds: float | None
    making: float
    memory: int | None
    basis: str

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        if not self.trainings:
            return "All of its trainings are done already; it opens at once."
        count = f"{self.trainings:,} training{'s' if self.trainings != 1 else ''}"
        done = f", and {self.there} that are done already" if self.there else ""
        if self.seconds is None:
            return f"{count}{done}; {self.basis}."
        making = f"; {duration(self.making)} of it to make the model, once" if self.making else ""
        held = "" if self.memory is None else f" and {memory(self.memory)} memory"
        return f"{count}{done}: about {duration(self.seconds)} ({self.basis}{making}){held}."


def estimate_experiment(
    plan: ExperimentPlan, work: Work, kept: Experiment | None, *, selecting: Callable[[Sequence[Entry]], float]
) -> ExperimentEstimate:
    """Time of what is still to be selected and trained.

    Args:
        plan: What is asked for.
        work: Its trainings.
        kept: The experiment as far as it came before; None where it is new.
        selecting: Seconds of the selections of some entries.
    """
    done = set() if kept is None else {_key(entry) for entry in kept.entries if entry.done}
    left = [entry for entry in plan.entries if _key(entry) not in done]
    there = len(plan.entries) - len(left)
    if not left or not work.known:
        return ExperimentEstimate(len(left), there, None, 0.0, work.memory(), work.basis)
    trained = work.shared_seconds() + sum(work.seconds(entry.budget) for entry in left)
    seconds = trained + selecting(left)
    return ExperimentEstimate(len(left), there, seconds, work.making_seconds(), work.memory(), work.basis)


def _key(entry: Entry) -> tuple[str, int, int]:
    return entry.arm, entry.budget, entry.seed
