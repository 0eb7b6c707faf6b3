"""What an experiment will take, told before it is started: from earlier trainings on the same data, or roughly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from goracs_core.jobs.experiment.plan import ExperimentPlan, entry_config
from goracs_core.jobs.experiment.record import Entry, Experiment
from goracs_core.jobs.experiment.store import ExperimentStore
from goracs_core.jobs.train.record import WHOLE_POOL
from goracs_core.llm.tuning.options import TITLES_MODEL, Recommender, TigerOptions, TrainingOptions
from pages._ui import cache, estimates, method_costs, state, text, training_estimate
from pages._ui.state import DatasetRef

# Measured on one thread of a two-core machine with the model that is made here; good to a factor of about two.
_PACE = 9_000.0  # tokens per second of training
_TESTED = 3.0  # tests run so many times as fast as training: no way back through the network
_RANKED = 0.06  # seconds per ranked sample and beam
_TIGER_SAMPLE = 0.0012  # seconds per sample and epoch
_PRETRAINING = 180.0  # reading the catalogue's titles, once per dataset


@dataclass(frozen=True)
class ExperimentEstimate:
    """What is to be done.

    Args:
        trainings: Entries that are not done yet.
        there: Entries that are.
        seconds: Expected time; None where nothing is known about the model.
        basis: Where the time comes from, as the rest of a sentence.
    """

    trainings: int
    there: int
    seconds: float | None
    basis: str

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        count = f"{self.trainings:,} training{'s' if self.trainings != 1 else ''}"
        if not self.trainings:
            return "All of its trainings are done already; it opens at once."
        done = f", and {self.there} that are done already" if self.there else ""
        time = "" if self.seconds is None else f"about {text.duration(self.seconds)} "
        return f"{count}{done}: {time}({self.basis})."


def estimate(ref: DatasetRef, plan: ExperimentPlan, experiment: str, *, width: int) -> ExperimentEstimate:
    """Time of what is still to be chosen and trained.

    Args:
        ref: The dataset.
        plan: What is asked for.
        experiment: Its id, to find what is done of it.
        width: Numbers per embedding.
    """
    kept = ExperimentStore(state.workspace()).list(ref.fingerprint)
    done = {_key(entry) for one in kept if one.id == experiment for entry in one.entries if entry.done}
    left = [entry for entry in plan.entries if _key(entry) not in done]
    there = len(plan.entries) - len(left)
    samples = sum(entry.budget for entry in left)
    tested = len(left) * (plan.measure.test_samples or ref.counts["test"])
    pace = _pace(kept, plan)
    if pace is not None:
        seconds, basis = samples * pace[0] + tested * pace[1], "as earlier trainings on this data took"
    elif isinstance(plan.options, TigerOptions):
        seconds, basis = samples * plan.options.epochs * _TIGER_SAMPLE, "a rough guess from the sizes"
    elif plan.options.model == TITLES_MODEL:
        watched = len(left) * min(plan.options.watched, ref.counts["validation"]) * (plan.options.epochs + 1)
        read = samples * plan.options.epochs + (tested + watched) / _TESTED
        ranked = 0.0 if plan.recommender is Recommender.TALLREC else len(left) * plan.measure.ranked_samples
        seconds = read * training_estimate.tokens_per_sample(ref) / _PACE + ranked * plan.measure.beams * _RANKED
        basis = "a rough guess from the sizes"
        if ref.name != state.DEMO:  # its model comes along
            seconds += _PRETRAINING
            basis += ", with three minutes for the model, which is made once"
    else:
        return ExperimentEstimate(len(left), there, None, "how long one takes is known after the first")
    return ExperimentEstimate(len(left), there, seconds + _selecting(ref, plan, left, width), basis)


def _key(entry: Entry) -> tuple[str, int, int]:
    return entry.arm, entry.budget, entry.seed


def _pace(kept: Iterable[Experiment], plan: ExperimentPlan) -> tuple[float, float] | None:
    """Seconds per sample trained on and per sample tested, in earlier experiments with the same model; or None."""
    training, testing = [], []
    for one in kept:
        ranked = bool(one.measure.get("ranked_samples")) is (plan.measure.ranked_samples > 0)
        if one.recommender is not plan.recommender or not ranked or not _alike(one, plan.options):
            continue
        epochs = plan.options.epochs / max(int(one.options.get("epochs", 1)), 1)
        for entry in one.entries:
            if entry.done and entry.values.get("train_seconds", 0) > 0:
                training.append(epochs * entry.values["train_seconds"] / entry.budget)
                testing.append(entry.values.get("test_seconds", 0.0) / max(len(one.outcomes.rows), 1))
    return (median(training), median(testing)) if training else None


def _alike(one: Experiment, options: TrainingOptions) -> bool:
    asked = options.to_dict()
    names = ("model", "weights", "width", "layers")
    return all(one.options.get(name) == asked.get(name) for name in names)


def _selecting(ref: DatasetRef, plan: ExperimentPlan, left: Iterable[Entry], width: int) -> float:
    """Seconds of all choices; what scores cost counts once per method, and not where it has run: they are kept."""
    n, m, total = ref.counts["pool"], ref.counts["validation"], 0.0
    arms = {arm.name: arm for arm in plan.arms if arm.method != WHOLE_POOL}
    scored = {str(run.config.get("method")) for run in cache.runs(ref.fingerprint) if run.config}
    for entry in left:
        if entry.arm not in arms:
            continue
        config = entry_config(arms[entry.arm], entry)
        total += estimates.solver_seconds(config, n, m, width)
        if arms[entry.arm].method not in scored:
            scored.add(arms[entry.arm].method)
            total += method_costs.score_seconds(config, ref)
    return total
