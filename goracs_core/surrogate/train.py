"""Training of a surrogate on the pool: early stopping on the validation's NDCG@10, resumable, the same every time."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from goracs_core.data.dataset import Dataset, Samples
from goracs_core.data.sampling import evenly_spread
from goracs_core.errors import DataError, ModelError
from goracs_core.progress import Progress, silent
from goracs_core.ranking import popularity_positions, ranking_metrics
from goracs_core.store.tensors import load_tensors, save_tensors
from goracs_core.surrogate.bert4rec import BERT4Rec
from goracs_core.surrogate.blocks import SequenceModel
from goracs_core.surrogate.dcrec import DCRec
from goracs_core.surrogate.kept import TrainingState, load_finished, surrogate_key, weights_fingerprint
from goracs_core.surrogate.losses import NextItemLoss, like_loss
from goracs_core.surrogate.model import TrainedSurrogate
from goracs_core.surrogate.options import SurrogateOptions
from goracs_core.surrogate.rank import mean_ndcg, ranked_samples, surrogate_positions
from goracs_core.surrogate.sasrec import SASRec
from goracs_core.surrogate.sequences import TrainingSequences, labelled_tokens, training_sequences
from goracs_core.torch_threads import one_thread
from goracs_core.types import IndexArray

# Validation samples on which an epoch is judged: enough to tell epochs apart, few enough not to double the time.
_WATCHED = 5000
# A small pool is cut into smaller batches, or an epoch would be one step and patience would run out before it learns.
_STEPS, _LEAST_BATCH = 16, 8
_CLIP = 5.0
# Before a surrogate learns sequences it learns popularity and stays there for a while: until its NDCG@10 is this many
# times that of popularity, patience is this many times as long.
_LEARNED, _PLATEAU_PATIENCE = 1.2, 4


def train_surrogate(
    dataset: Dataset, options: SurrogateOptions, *, cache: Path, progress: Progress = silent
) -> TrainedSurrogate:
    """Train a surrogate on the pool, or take the one trained before on the same samples with the same options.

    Only the pool is learned from; the validation decides when to stop, the test nothing. A training that is cancelled
    resumes after its last finished epoch when it is started again, and ends with the same weights as one that was
    never stopped: all that is random in an epoch follows from the seed and the epoch's number.

    Args:
        dataset: The parts.
        options: What decides the surrogate.
        cache: Surrogates are kept in its folder `models`, by content.
        progress: Told after every batch; may raise JobCancelled.

    Raises:
        DataError: No histories, a single user, or no validation sample to rank.
        ModelError: The training diverges.
        StoreError: The folder cannot be written.
    """
    key = surrogate_key(dataset, options)
    path = Path(cache) / "models" / f"surrogate-{key}.safetensors"
    finished = load_finished(path, key)
    sequences = training_sequences(dataset.pool, options.length, progress=progress)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(_seed(options, 0))
        model = _build(options, len(dataset.items), sequences)
        if finished is not None:
            return _trained(model, options, *finished)
        training = _Training(model, dataset, sequences, path.with_suffix(".checkpoint"), key)
        training.run(progress)
        weights = training.best_weights()
        record = training.record(progress)
    save_tensors(path, key, record, weights)
    training.checkpoint.unlink(missing_ok=True)
    return _trained(model, options, weights, record)


class _Training:
    """The work of one sitting.

    Args:
        model: Freshly initialised.
        dataset: The parts.
        sequences: The pool's.
        checkpoint: Where the state is kept between epochs.
        key: Fingerprint of all that decides the training.
    """

    def __init__(
        self, model: SequenceModel, dataset: Dataset, sequences: TrainingSequences, checkpoint: Path, key: str
    ) -> None:
        self.model, self.options, self.dataset, self.sequences = model, model.options, dataset, sequences
        self.checkpoint, self.key, self.state = checkpoint, key, TrainingState()
        # The fused step and the others round differently; one is chosen so that machines agree as far as they can.
        self.optimizer = torch.optim.Adam(model.parameters(), lr=self.options.learning_rate, fused=True)
        self._best = _copied(model)
        self._tokens = torch.tensor(sequences.tokens)
        self._predicted = torch.tensor(sequences.predicted)
        self._batch = min(self.options.batch, max(_LEAST_BATCH, -(-len(sequences) // _STEPS)))
        self._steps = -(-len(sequences) // self._batch)
        self._next_item_loss = NextItemLoss(sequences.item_counts(len(dataset.items)))
        self._labelled = labelled_tokens(dataset, self.options.length)
        tokens, targets = ranked_samples(dataset.validation, self.options.length)
        if not len(targets):
            message = (
                f"none of the {len(dataset.validation):,} validation samples was liked, so that there is nothing to "
                "rank; prepare the data with a lower rating threshold or a larger validation share"
            )
            raise DataError(message, code="nothing-to-rank", fields={"samples": len(dataset.validation)})
        rows = evenly_spread(len(targets), _WATCHED)
        self._watched = tokens[rows], targets[rows]
        popular = popularity_positions(sequences.item_counts(len(dataset.items)), targets[rows])
        self._popularity_ndcg = mean_ndcg(popular)
        self._started = time.perf_counter()
        self._before = 0.0

    def run(self, progress: Progress) -> None:
        """Train until the epochs or the patience are used up."""
        self._resume()
        while self.stop_reason() is None:
            self._epoch(len(self.state.epochs) + 1, progress)

    def stop_reason(self) -> str | None:
        """Why training is over; None while it is not."""
        done, patience = len(self.state.epochs), self.options.patience
        if self.state.best_ndcg < _LEARNED * self._popularity_ndcg:
            patience *= _PLATEAU_PATIENCE
        if done - self.state.best_epoch >= patience:
            return f"validation NDCG@10 had not risen for {patience} epochs"
        return f"all {done} epochs were done" if done >= self.options.epochs else None

    def best_weights(self) -> dict[str, torch.Tensor]:
        """The weights of the best epoch; the model has them from now on."""
        self.model.load_state_dict(self._best)
        return self._best

    def record(self, progress: Progress) -> dict[str, Any]:
        """What is known of the training, JSON-able, with ranking metrics of the best weights and of popularity."""
        self.model.eval()
        counts = self.sequences.item_counts(len(self.dataset.items))
        parts = [("validation", self.dataset.validation), ("test", self.dataset.test)]
        metrics = {name: self._metrics(samples, counts, progress) for name, samples in parts}
        return {
            "options": asdict(self.options),
            "epochs": self.state.epochs,
            "best_epoch": self.state.best_epoch,
            "validation_ndcg@10": self.state.best_ndcg,
            "watched_samples": len(self._watched[1]),
            "stopped": self.stop_reason(),
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "sequences": len(self.sequences),
            "predicted_interactions": int(self.sequences.predicted.sum()),
            "metrics": {name: each for name, each in metrics.items() if each},
            "seconds": round(self.state.seconds, 2),
            "fingerprint": weights_fingerprint(self._best),
        }

    def _metrics(self, samples: Samples, counts: IndexArray, progress: Progress) -> dict[str, dict[str, float]] | None:
        tokens, targets = ranked_samples(samples, self.options.length)
        if not len(targets):
            return None
        positions = surrogate_positions(
            self.model,
            tokens,
            targets,
            num_items=len(counts),
            watch=lambda done: progress("Ranking with the surrogate", done, len(targets)),
        )
        popular = popularity_positions(counts, targets)
        return {"surrogate": ranking_metrics(positions), "popularity": ranking_metrics(popular)}

    def _epoch(self, epoch: int, progress: Progress) -> None:
        torch.manual_seed(_seed(self.options, epoch))
        self.model.begin_epoch(self._tokens, epoch)
        self.model.train()
        loss = self._pass(epoch, progress)
        self.model.eval()
        if not all(bool(parameter.isfinite().all()) for parameter in self.model.parameters()):
            raise self._diverged(epoch, "weights that are not finite")
        # The same stage as training: a reader of many epochs wants one line that moves, not two that take turns.
        detail = f"validating epoch {epoch}, loss {loss:.3f}"
        watch = partial(self._report, progress, epoch * self._steps, detail)
        ndcg = mean_ndcg(surrogate_positions(self.model, *self._watched, num_items=self.model.num_items, watch=watch))
        state = self.state
        state.epochs.append({"epoch": epoch, "loss": loss, "validation_ndcg@10": ndcg})
        if ndcg > state.best_ndcg:
            state.best_epoch, state.best_ndcg, self._best = epoch, ndcg, _copied(self.model)
        state.seconds = self._before + time.perf_counter() - self._started
        save_tensors(self.checkpoint, self.key, state, self._tensors())

    def _pass(self, epoch: int, progress: Progress) -> float:
        """One pass over the sequences; the mean loss per batch."""
        judged = "" if epoch == 1 else f", validation NDCG@10 {self.state.epochs[-1]['validation_ndcg@10']:.4f}"
        judged += "" if epoch <= 2 else f" (best {self.state.best_ndcg:.4f})"
        total = 0.0
        for step, (rows, labelled) in enumerate(self._batches(), 1):
            loss = self._loss(rows, labelled)
            value = loss.item()
            if not np.isfinite(value):
                raise self._diverged(epoch, f"a loss of {value}")
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
            self.optimizer.step()
            total += value
            detail = f"epoch {epoch}, loss {total / step:.3f}{judged}"
            self._report(progress, (epoch - 1) * self._steps + step, detail)
        return total / self._steps

    def _report(self, progress: Progress, done: int, detail: str, samples: int = 0) -> None:
        progress("Training the surrogate", done, self.options.epochs * self._steps, detail)

    def _batches(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Rows of sequences and of labelled samples (empty without labels), in random order."""
        rows = torch.randperm(len(self.sequences)).split(self._batch)
        labelled = torch.randperm(0 if self._labelled is None else len(self._labelled[1]))
        return list(zip(rows, labelled.tensor_split(len(rows)), strict=True))

    def _loss(self, rows: torch.Tensor, labelled: torch.Tensor) -> torch.Tensor:
        tokens, predicted = self._tokens[rows], self._predicted[rows]
        t = max(2, int((tokens != 0).sum(dim=1).max()))  # less padding, same result
        states, targets, own = self.model.training_states(tokens[:, -t:], predicted[:, -t:], rows)
        # An empty sum rather than a mean of nothing, which is no number.
        loss = self._next_item_loss(self.model, states, targets) if len(targets) else states.sum()
        if own is not None:
            loss = loss + own
        if self._labelled is not None and len(labelled):
            histories, items, labels = (torch.tensor(column[labelled.numpy()]) for column in self._labelled)
            loss = loss + like_loss(self.model, histories, items + 1, labels)
        return loss

    def _diverged(self, epoch: int, what: str) -> ModelError:
        self.checkpoint.unlink(missing_ok=True)
        return ModelError(
            f"the surrogate {self.options.name} diverged: epoch {epoch} ended with {what}; train it with another "
            f"seed or a learning rate below {self.options.learning_rate:g}, or choose another surrogate",
            code="diverged",
            fields={"epoch": epoch, "learning_rate": self.options.learning_rate},
        )

    def _tensors(self) -> dict[str, torch.Tensor]:
        tensors = {f"now.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self._best.items()}
        for number, values in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": value for name, value in values.items()}
        return tensors

    def _resume(self) -> None:
        found = load_tensors(self.checkpoint, self.key, TrainingState)
        if found is None:
            return
        self.state, tensors = found
        self._before = self.state.seconds
        self.model.load_state_dict(_below("now.", tensors))
        self._best = _below("best.", tensors)
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in _below("optimizer.", tensors).items():
            number, part = name.split(".")
            moments.setdefault(int(number), {})[part] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _build(options: SurrogateOptions, num_items: int, sequences: TrainingSequences) -> SequenceModel:
    if options.name == "sasrec":
        return SASRec(options, num_items)
    if options.name == "bert4rec":
        return BERT4Rec(options, num_items)
    return DCRec(options, num_items, sequences)


def _trained(
    model: SequenceModel, options: SurrogateOptions, weights: dict[str, torch.Tensor], record: dict[str, Any]
) -> TrainedSurrogate:
    model.load_state_dict(weights)
    model.eval()
    return TrainedSurrogate(model, options, record, record["seconds"], record["fingerprint"])


def _seed(options: SurrogateOptions, epoch: int) -> int:
    return int(np.random.SeedSequence([options.seed, epoch]).generate_state(1)[0])


def _copied(model: SequenceModel) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
