"""Per-sample gradient norms of adapter weights from one batched backward pass.

An adapter's B matrix is a linear layer: with its inputs a_t and the gradients delta_t of its outputs, the gradient of
sample s is sum_t delta_st a_st^T (as in DEALRec, arXiv 2401.17197). Samples of a batch do not see each other, so one
backward of the summed losses gives every sample's delta, and one contraction every norm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from goracs_core.errors import ModelError
from goracs_core.llm.backend import CausalModel
from goracs_core.llm.batches import AnySamples
from goracs_core.llm.logits import BATCH_TOKENS, LogitReader, measure_in_batches
from goracs_core.llm.lora import adapted
from goracs_core.llm.options import NormOptions
from goracs_core.types import FloatArray

_QUERY_VALUE = ("q_proj", "v_proj")


class AdapterProbe:
    """The adapters of a model whose gradients are measured; made by `adapters`.

    Args:
        model: The transformers model with its adapters in place.
        layers: The linear layers (B matrices) to measure, by name.
    """

    def __init__(self, model: Any, layers: dict[str, torch.nn.Linear]) -> None:
        self.model = model
        self.layers = layers
        self._reader = LogitReader(model)

    def norms(self, samples: AnySamples, *, whole_sequence: bool = False) -> FloatArray:
        """L2 norm of each sample's gradient over all measured matrices, from one forward and one backward; shape [b].

        Args:
            samples: One batch, of either kind.
            whole_sequence: Every token of a `TokenSample` counts in its loss, instead of the answer's.
        """
        with self._recorded() as records:
            total = self._reader.each_loss(samples, whole_sequence=whole_sequence).sum()
        # Only the gradients of the outputs are computed: no weight gradient is ever formed.
        deltas = torch.autograd.grad(total, [output for _, output in records])
        squared = torch.zeros(len(samples), dtype=torch.float64)
        for (inputs, _), delta in zip(records, deltas, strict=True):
            width = torch.promote_types(delta.dtype, torch.float32)
            gradient = torch.einsum("bto,btr->bor", delta.to(width), inputs.to(width))  # [b, out, rank]
            squared += gradient.square().sum(dim=(1, 2)).double().cpu()
        return squared.sqrt().numpy()

    @contextmanager
    def _recorded(self) -> Iterator[list[tuple[torch.Tensor, torch.Tensor]]]:
        """Collect (input, output) of every measured layer during a forward pass."""
        records: list[tuple[torch.Tensor, torch.Tensor]] = []

        def record(_: Any, inputs: tuple[Any, ...], output: Any) -> None:
            records.append((inputs[0].detach(), output))

        hooks = [layer.register_forward_hook(record) for layer in self.layers.values()]
        try:
            yield records
        finally:
            for hook in hooks:
                hook.remove()


def gradient_norms_in_batches(
    probe: AdapterProbe,
    samples: AnySamples,
    *,
    whole_sequence: bool = False,
    report: Callable[[int], None] | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> FloatArray:
    """Gradient norm of each sample, in batches of similar length; shape [n].

    Args:
        probe: From `adapters`.
        samples: n samples of one kind.
        whole_sequence: Which loss, see `AdapterProbe.norms`.
        report: Called after each batch with the number of samples done; may raise to stop.
        batch_tokens: Most tokens per backward pass.

    Raises:
        ModelError: The model fails.
    """
    return measure_in_batches(
        samples,
        lambda batch: probe.norms(batch, whole_sequence=whole_sequence),
        what="gradients",
        report=report,
        batch_tokens=batch_tokens,
    )


@contextmanager
def adapters(model: CausalModel, options: NormOptions) -> Iterator[AdapterProbe]:
    """Put adapters (LoRA, no dropout) on the query and value projections, and take them off again afterwards.

    B is zero and A drawn from the seed and the layer's name, so that the model computes what it did before, and the
    A matrices are the same whichever adapters are measured.

    Raises:
        ModelError: The model has no projections to put adapters on.
    """
    targets = _projections(model.model)
    # Adapters that are not measured would change nothing but the time: their B is zero.
    measured = targets if options.adapters == "all" else [_last_value_projection(targets)]
    inner: Any = model.model
    with adapted(inner, measured, rank=options.rank, alpha=options.alpha, seed=options.seed) as layers:
        inner.eval()
        for first, second in layers.values():
            first.weight.requires_grad_(False)
            second.weight.requires_grad_(True)
        yield AdapterProbe(inner, {name: second for name, (_, second) in layers.items()})


def _projections(model: Any) -> list[str]:
    """Names of the query and value projections in the order of the layers, or of the fused ones that hold both."""
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as BY_ARCHITECTURE

    kind = getattr(model.config, "model_type", "")
    known = BY_ARCHITECTURE.get(kind, ())
    for wanted in (_QUERY_VALUE, (known,) if isinstance(known, str) else tuple(known)):
        names = [name for name, _ in model.named_modules() if name.rpartition(".")[2] in wanted]
        if names:
            return names
    message = (
        f"a model of type {kind!r} has no q_proj and v_proj layers to put adapters on; "
        "choose a LLaMA-like model (LLaMA, Mistral, Qwen, Gemma, Phi, GPT-NeoX, ...)"
    )
    raise ModelError(message, code="no-projections", fields={"kind": kind})


def _last_value_projection(targets: list[str]) -> str:
    values = [name for name in targets if name.rpartition(".")[2] == "v_proj"]
    return (values or targets)[-1]
