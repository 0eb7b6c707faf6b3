"""What all trainings on one dataset share: the model they start from, the test samples, the baselines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from goracs_core.data.dataset import Dataset
from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import DataError
from goracs_core.features.encoder import encoder_fingerprint
from goracs_core.features.grounding import title_grounding
from goracs_core.jobs.machine import machine
from goracs_core.jobs.train.metrics import training_metrics
from goracs_core.jobs.train.record import Training
from goracs_core.jobs.train.store import TrainingStore
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.bigrec import rank_by_writing
from goracs_core.llm.grounding import Grounding
from goracs_core.llm.tallrec import choose
from goracs_core.llm.tiger.train import train_tiger
from goracs_core.llm.tuning.base import base_model
from goracs_core.llm.tuning.fine_tune import fine_tuned
from goracs_core.llm.tuning.losses import sample_losses
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender, TigerOptions, TrainingOptions
from goracs_core.llm.tuning.outcomes import Choices, Rankings, SampleLosses, Tested, TrainingLog
from goracs_core.progress import Progress, silent
from goracs_core.ranking import popularity_positions, sampled_negatives, sampled_popularity
from goracs_core.store.keys import code_fingerprint
from goracs_core.types import IndexArray, fingerprint
from goracs_core.workspace import Workspace

Watch = Callable[[TrainingLog], None]

# What says where and how a training was kept, but not what came out.
_BESIDE = ("goracs_core.jobs.machine", "goracs_core.jobs.train.store", "goracs_core.workspace")


class Workbench:
    """Trains one kind of recommender on coresets of one dataset and tests it, always on the same test samples.

    Args:
        dataset: The parts.
        recommender: What is trained.
        options: Of the training; its seed is replaced by that of each training.
        measure: Of the test.
        workspace: Where trainings, models and checkpoints are kept.
        encoder: Name of the sentence encoder that grounds what BIGRec writes and quantises TIGER's items.
        progress: Told about the model that has to be made or loaded first; may raise JobCancelled.

    Raises:
        DataError: The dataset has no test samples.
        ModelError: The model cannot be loaded, or cannot be used for this task.
    """

    def __init__(
        self,
        dataset: Dataset,
        recommender: Recommender,
        options: TrainingOptions,
        *,
        measure: MeasureOptions,
        workspace: Workspace,
        encoder: str,
        progress: Progress = silent,
    ) -> None:
        if len(dataset.test) == 0:
            message = (
                f"{dataset.name} has no test samples to measure a training on; prepare it with a test share "
                "above 0, or with a test file"
            )
            raise DataError(message, code="no-test-samples", fields={"dataset": dataset.name})
        self.dataset, self.recommender, self.options, self.measure = dataset, recommender, options, measure
        self.workspace, self.encoder = workspace, encoder
        self._progress = progress
        self._base = self._load_base(progress)
        self.start_losses = self._losses(self._base, "Measuring the model before training") if self._base else None

    @property
    def model_name(self) -> str:
        """What is trained, in words."""
        if self._base is None:
            return "TIGER, from random weights"
        count = sum(weight.numel() for weight in self._base.model.parameters())
        return f"{self._base.name} ({count / 1e6:.1f} million weights)"

    def training_id(self, rows: IndexArray, seed: int) -> str:
        """What decides a training's result, as a fingerprint."""
        rows = np.sort(np.asarray(rows, np.int64))
        options = sorted(replace(self.options, seed=seed).to_dict().items())
        words = (str(self.recommender), repr(options), repr(sorted(self.measure.to_dict().items())))
        used = (self.model_fingerprint, self.encoder_fingerprint, code_fingerprint(__name__, beside=_BESIDE))
        return fingerprint("training", self.dataset.fingerprint, rows, *words, *used)

    @cached_property
    def encoder_fingerprint(self) -> str:
        """Hash of the encoder's files; "" where no encoder is used."""
        return "" if self.asks_choices else encoder_fingerprint(self.encoder)

    @property
    def asks_choices(self) -> bool:
        """Whether it answers Yes or No."""
        return self.recommender is Recommender.TALLREC

    @property
    def test_rows(self) -> IndexArray:
        """Test samples whose loss is measured; shape [q]."""
        return self._test_rows if self.start_losses is None else self.start_losses.rows

    @property
    def model_fingerprint(self) -> str:
        """Hash of the files of the model that is fine-tuned; "" for one that starts from random weights."""
        return "" if self._base is None else self._base.fingerprint

    def train(
        self,
        rows: IndexArray,
        *,
        seed: int,
        run: str = "",
        watch: Watch | None = None,
        fresh: bool = False,
        progress: Progress = silent,
    ) -> tuple[Training, bool]:
        """Train on the given pool rows and test, or take the training kept before.

        Args:
            rows: Pool rows; their order does not matter; shape [k].
            seed: Of this training.
            run: Id of the run that chose the rows, to be recorded.
            watch: Shown the log as it grows.
            fresh: Train again even if the same training is kept.
            progress: Told the stages; may raise JobCancelled, and then training goes on from its last epoch next time.

        Returns:
            The training, and whether it was there already.

        Raises:
            GoracsError: A sentence: samples that do not fit the model, a loss that is no number, no memory.
        """
        self._progress = progress  # also for what is shared and made when it is first needed
        rows = np.sort(np.asarray(rows, np.int64))
        key = self.training_id(rows, seed)
        store = TrainingStore(self.workspace)
        if not fresh and store.has(key):
            return store.get(key), True
        options = replace(self.options, seed=seed)
        checkpoint = self.workspace.cache / "trainings" / key
        if isinstance(options, TigerOptions):
            log, tested, model = self._tiger(rows, options, checkpoint, watch, progress)
        else:
            log, tested, model = self._fine_tuned(rows, options, checkpoint, watch, progress)
        training = Training(
            id=key,
            created=time.time(),
            dataset_name=self.dataset.name,
            dataset_fingerprint=self.dataset.fingerprint,
            run=run,
            rows_fingerprint=fingerprint(rows),
            budget=len(rows),
            recommender=self.recommender,
            options=options.to_dict(),
            measure=self.measure.to_dict(),
            model=model,
            model_fingerprint=self.model_fingerprint,
            log=log,
            tested=tested,
            metrics=training_metrics(tested),
            machine=machine(),
        )
        store.save(training)
        return training, False

    def _fine_tuned(
        self, rows: IndexArray, options: FineTuneOptions, checkpoint: Path, watch: Watch | None, progress: Progress
    ) -> tuple[TrainingLog, Tested, str]:
        if self._base is None:
            raise TypeError("fine-tuning starts from a model")
        with fine_tuned(
            self._base, self.dataset, rows, options, checkpoint=checkpoint, watch=watch, progress=progress
        ) as tuned:
            losses = self._losses(tuned.model, "Measuring the test loss", progress)
            rankings = self._written(tuned.model, progress)
            choices = self._chosen(tuned.model, progress)
        return tuned.log, self._tested(losses, rankings, choices), self.model_name

    def _tiger(
        self, rows: IndexArray, options: TigerOptions, checkpoint: Path, watch: Watch | None, progress: Progress
    ) -> tuple[TrainingLog, Tested, str]:
        trained = train_tiger(
            self.dataset, rows, self._grounding.titles, options, checkpoint=checkpoint, watch=watch, progress=progress
        )
        losses = trained.losses(self.dataset.test, self.test_rows, progress=progress)
        rankings = None
        if len(self.ranked_rows):
            rankings = trained.rank(self.dataset.test, self.ranked_rows, self._negatives, progress=progress)
        return trained.log, self._tested(losses, rankings, None), trained.description

    def _tested(self, losses: SampleLosses, rankings: Rankings | None, choices: Choices | None) -> Tested:
        popularity = None if rankings is None else self.popularity
        scores = None
        if choices is not None:
            scores = self.dataset.items.popularity[self.dataset.test.targets[choices.rows]].astype(float)
        return Tested(losses, self.start_losses, rankings, popularity, choices, scores)

    def _load_base(self, progress: Progress) -> CausalModel | None:
        if not isinstance(self.options, FineTuneOptions):
            return None
        return base_model(self.dataset, self.options, cache=self.workspace.cache, progress=progress)

    def _losses(self, model: CausalModel, stage: str, progress: Progress | None = None) -> SampleLosses:
        test, told = self.dataset.test, progress or self._progress
        return sample_losses(
            model, self.dataset, test, self._test_rows, max_tokens=self._max_tokens, stage=stage, progress=told
        )

    def _written(self, model: CausalModel, progress: Progress) -> Rankings | None:
        if not len(self.ranked_rows):
            return None
        asked = (self.dataset.test, self.ranked_rows, self._grounding, self._negatives)
        return rank_by_writing(model, *asked, beams=self.measure.beams, max_tokens=self._max_tokens, progress=progress)

    def _chosen(self, model: CausalModel, progress: Progress) -> Choices | None:
        if not self.asks_choices:
            return None
        return choose(model, self.dataset.test, self.test_rows, max_tokens=self._max_tokens, progress=progress)

    @property
    def _max_tokens(self) -> int:
        return self.options.max_tokens if isinstance(self.options, FineTuneOptions) else 0

    @cached_property
    def _test_rows(self) -> IndexArray:
        return evenly_spread(len(self.dataset.test), self.measure.test_samples or len(self.dataset.test))

    @cached_property
    def ranked_rows(self) -> IndexArray:
        """Test samples for which items are ranked; shape [r], empty when none are."""
        if self.asks_choices:
            return np.empty(0, np.int64)
        return evenly_spread(len(self.dataset.test), self.measure.ranked_samples)

    @cached_property
    def _negatives(self) -> IndexArray:
        """Items that compete with the right one; shape [q, c]."""
        test, rows = self.dataset.test, self.ranked_rows
        count, seed, num_items = self.measure.negatives, self.measure.seed, len(self.dataset.items)
        histories = test.histories.take(rows)
        return sampled_negatives(test.targets[rows], histories, rows, num_items=num_items, count=count, seed=seed)

    @cached_property
    def popularity(self) -> Rankings:
        """The ranked samples as mere popularity ranks them."""
        counts, rows = self.dataset.items.popularity, self.ranked_rows
        targets = self.dataset.test.targets[rows]
        return Rankings(
            rows, popularity_positions(counts, targets), sampled_popularity(counts, targets, self._negatives)
        )

    @cached_property
    def _grounding(self) -> Grounding:
        return title_grounding(self.dataset, self.encoder, cache=self.workspace.cache, progress=Progress(self._forward))

    def _forward(self, stage: str, done: int, total: int, detail: str) -> None:
        """Report to whom the training of the moment reports: the grounding outlives the one that made it."""
        self._progress(stage, done, total, detail)
