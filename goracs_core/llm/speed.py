"""How long fine-tuning takes here: real training steps on a loaded model, timed and thrown away."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from goracs_core.data.dataset import Samples
from goracs_core.errors import DataError, ModelError
from goracs_core.llm.backend import CausalModel, device_name
from goracs_core.llm.batches import TokenSample, token_batch, tokenize
from goracs_core.llm.files import one_line
from goracs_core.llm.options import NormOptions
from goracs_core.progress import Progress, silent

STAGE = "training steps"

# All weights of a model up to this size are updated; a larger one is fine-tuned through adapters, as the papers do.
_FULL_PARAMETERS = 50_000_000
_BATCH, _BATCH_LARGE = 16, 4
_UNTIMED_STEPS = 3
_LEAST_STEPS, _MOST_STEPS = 8, 24
_SECONDS = 5.0
_SLOW_STEP = 10.0  # seconds; of such steps two must do
_CONTEXT = 512
_LEARNING_RATE = 1e-4


@dataclass(frozen=True)
class TrainingSpeed:
    """Measured training steps: forward, backward, update.

    Args:
        model: Name of the language model.
        parameters: Its weights.
        trained: Weights that each step updates.
        batch: Samples per step.
        tokens: Mean tokens per sample, padding not counted.
        seconds: Of each timed step.
        device: Where it ran.
        threads: Threads of the computation on a processor: one or all, whichever was faster.
    """

    model: str
    parameters: int
    trained: int
    batch: int
    tokens: float
    seconds: tuple[float, ...]
    device: str
    threads: int

    @property
    def per_sample(self) -> tuple[float, ...]:
        """Seconds per sample, of each timed step."""
        return tuple(seconds / self.batch for seconds in self.seconds)


def measure_training(
    model: CausalModel, samples: Samples, *, seed: int = 0, progress: Progress = silent
) -> TrainingSpeed:
    """Time a few training steps on random batches of prompts with answers.

    The loss is the mean cross-entropy of the answers' tokens, the optimiser AdamW. All weights of a small model are
    updated, adapters (LoRA on queries and values) of a larger one.

    Args:
        model: Its weights change: hand over a copy that nobody uses afterwards.
        samples: Where the batches are drawn from.
        seed: Decides which samples are drawn.
        progress: Told after every step; may raise JobCancelled.

    Raises:
        DataError: There are no samples.
        ModelError: The model cannot be trained on these samples.
    """
    import torch

    if len(samples) == 0:
        raise DataError("there are no samples to train on; give at least one", code="no-samples")
    parameters = sum(weight.numel() for weight in model.model.parameters())
    full = parameters <= _FULL_PARAMETERS
    batch = min(_BATCH if full else _BATCH_LARGE, len(samples))
    rng = np.random.default_rng(seed)
    steps = _UNTIMED_STEPS + _MOST_STEPS
    rows = np.stack([rng.choice(len(samples), batch, replace=False) for _ in range(steps)])  # [steps, batch]
    flat = rows.ravel()
    tokens = tokenize(
        model.tokenizer,
        [samples.prompts[row] for row in flat],
        [samples.answers[row] for row in flat],
        context=min(model.context, _CONTEXT),
    )
    batches = [tokens[start : start + batch] for start in range(0, len(tokens), batch)]
    with ExitStack() as stack:
        network, weights = _trainable(model, full, stack)
        optimizer = torch.optim.AdamW(weights, lr=_LEARNING_RATE)
        seconds, threads = _timed(network, optimizer, batches, progress)
    return TrainingSpeed(
        model=model.name,
        parameters=parameters,
        trained=sum(weight.numel() for weight in weights),
        batch=batch,
        tokens=float(np.mean([len(sample.ids) for sample in tokens])),
        seconds=tuple(seconds),
        device=device_name(network),
        threads=threads,
    )


def _trainable(model: CausalModel, full: bool, stack: ExitStack) -> tuple[Any, list[Any]]:
    """The network with the weights that are updated."""
    network = model.model
    if full:
        network.requires_grad_(True)
        stack.callback(network.requires_grad_, False)
    else:
        from goracs_core.llm.gradients import adapters

        stack.enter_context(adapters(model, NormOptions(adapters="all")))
        for name, weight in network.named_parameters():
            weight.requires_grad_("lora_" in name)
    network.train()
    stack.callback(network.eval)
    return network, [weight for weight in network.parameters() if weight.requires_grad]


def _timed(
    network: Any, optimizer: Any, batches: list[list[TokenSample]], progress: Progress
) -> tuple[list[float], int]:
    """Seconds of the steps that count, and the number of threads they ran on.

    After the first step, one step is made on one thread and one on all: small products are often faster on one, above
    all while other programs run. The faster way is the one that is measured.
    """
    import torch

    everything = torch.get_num_threads()
    untimed = [everything, *dict.fromkeys((1, everything))]  # threads of the steps that do not count
    trials: dict[int, float] = {}
    seconds: list[float] = []
    begun = time.perf_counter()
    try:
        for number, batch in enumerate(batches):
            trial = untimed.pop(0) if untimed else None
            torch.set_num_threads(min(trials, key=lambda n: trials[n]) if trial is None else trial)
            spent = _step(network, optimizer, batch)
            if trial is None:
                seconds.append(spent)
            else:
                trials[trial] = spent
                untimed = untimed if spent < _SLOW_STEP else []
            progress(STAGE, number + 1, len(batches))
            least = _LEAST_STEPS if spent < _SLOW_STEP else 2
            if len(seconds) >= least and time.perf_counter() - begun > _SECONDS:
                break
        return seconds, torch.get_num_threads()
    finally:
        torch.set_num_threads(everything)


def _step(network: Any, optimizer: Any, samples: list[TokenSample]) -> float:
    """One forward, backward and update; its seconds."""
    import torch

    started = time.perf_counter()
    batch = token_batch(samples, whole_sequence=False)
    device = network.device
    ids = torch.tensor(batch.ids, device=device)
    labels = ids.masked_fill(~torch.tensor(batch.scored, device=device), -100)  # what transformers leaves out
    mask = torch.tensor(batch.mask, device=device).long()
    optimizer.zero_grad(set_to_none=True)
    try:
        loss = network(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss
        loss.backward()
        optimizer.step()
        loss.item()  # waits for the device
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        message = f"the language model cannot be trained on these samples ({one_line(error)}); choose another"
        raise ModelError(message, code="model-failed") from error
    return time.perf_counter() - started
