"""Per-sample gradient norms from one batched backward against autograd, one sample at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer

from goracs_core.errors import ConfigError, ModelError
from goracs_core.llm.backend import CausalModel, load_causal_model
from goracs_core.llm.batches import ChoiceSample, TokenSample, tokenize, tokenize_choices
from goracs_core.llm.gradients import adapters, gradient_norms_in_batches
from goracs_core.llm.options import NormOptions
from tests.llm.tiny import ANSWERS, ARCHITECTURES, PROMPTS, same, save_model
from tests.refusals import told

LABELS = (1, 0, 0, 1, 1, 0)
# What the projections are called, and which of them is the last layer's value projection (fused ones hold both).
VALUE_LAYER = {"llama": "v_proj", "phi": "v_proj", "gpt_neox": "query_key_value", "gpt2": "c_attn"}


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return load_causal_model(str(save_model(tmp_path_factory.mktemp("model"), request.param, pad=False)))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return load_causal_model(str(save_model(tmp_path_factory.mktemp("model"), "llama")))


def samples_of(model: CausalModel) -> list[TokenSample]:
    return tokenize(model.tokenizer, PROMPTS, ANSWERS, context=model.context)


def choices_of(model: CausalModel) -> list[ChoiceSample]:
    return tokenize_choices(model.tokenizer, PROMPTS, LABELS, context=model.context)


def batched(model: CausalModel, samples: list, options: NormOptions, *, tokens: int = 2048) -> np.ndarray:
    with adapters(model, options) as probe:
        whole = options.loss == "sequence"
        return gradient_norms_in_batches(probe, samples, whole_sequence=whole, batch_tokens=tokens)


def by_autograd(model: CausalModel, samples: list, options: NormOptions) -> np.ndarray:
    """The definition: one unpadded sample, one full backward, the norm over the adapter parameters' .grad."""
    with adapters(model, options) as probe:
        network: Any = probe.model
        parameters = [layer.weight for layer in probe.layers.values()]
        norms = []
        for sample in samples:
            logits = network(input_ids=torch.tensor([sample.ids])).logits[0]
            if isinstance(sample, ChoiceSample):
                no, yes = (logits[-1, token] for token in sample.choices)
                loss = torch.logaddexp(no, yes) - (yes if sample.label else no)
            else:
                start = 1 if options.loss == "sequence" else sample.answer
                targets = torch.tensor(sample.ids[start:])
                loss = torch.nn.functional.cross_entropy(logits[start - 1 : -1], targets)
            gradients = torch.autograd.grad(loss, parameters)
            norms.append(float(torch.cat([gradient.flatten() for gradient in gradients]).norm()))
    return np.array(norms)


def lora_layers(network: Any) -> list[tuple[str, Any]]:
    return [(name, module) for name, module in network.named_modules() if isinstance(module, LoraLayer)]


@pytest.mark.parametrize("adapted", ["last-v", "all"])
@pytest.mark.parametrize("loss", ["answer", "sequence"])
def test_token_norms_equal_autograd_sample_by_sample(model: CausalModel, loss, adapted):
    options = NormOptions(loss=loss, adapters=adapted)
    assert same(batched(model, samples_of(model), options), by_autograd(model, samples_of(model), options))


@pytest.mark.parametrize("adapted", ["last-v", "all"])
def test_choice_norms_equal_autograd_sample_by_sample(model: CausalModel, adapted):
    options = NormOptions(adapters=adapted)
    assert same(batched(model, choices_of(model), options), by_autograd(model, choices_of(model), options))


@pytest.mark.parametrize("adapted", ["last-v", "all"])
def test_norms_are_those_of_an_ordinary_peft_model(llama: CausalModel, tmp_path: Path, adapted):
    """An ordinary peft model with every adapter on every layer, both matrices, its own forward: the paper's set-up."""
    options = NormOptions(adapters=adapted)
    ours = batched(llama, samples_of(llama), options)
    with adapters(llama, NormOptions(adapters="all")) as probe:
        first = {name: layer.lora_A["goracs"].weight.detach().clone() for name, layer in lora_layers(probe.model)}
    fresh = load_causal_model(str(save_model(tmp_path / "again", "llama")))
    config = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=["q_proj", "v_proj"], bias="none")
    with pytest.warns(FutureWarning, match="is_gradient_checkpointing"):
        wrapped = get_peft_model(fresh.model, config, autocast_adapter_dtype=False)
    for name, layer in lora_layers(wrapped.get_base_model()):
        layer.lora_A["default"].weight.data.copy_(first[name])
    wanted = [
        parameter
        for name, parameter in wrapped.named_parameters()
        if "lora_" in name and (adapted == "all" or "layers.1.self_attn.v_proj.lora_B" in name)
    ]
    assert len(wanted) == (8 if adapted == "all" else 1)
    norms = []
    for sample in samples_of(llama):
        labels = [-100] * sample.answer + list(sample.ids[sample.answer :])
        loss = wrapped(input_ids=torch.tensor([sample.ids]), labels=torch.tensor([labels])).loss
        gradients = torch.autograd.grad(loss, wanted)
        norms.append(float(torch.cat([gradient.flatten() for gradient in gradients]).norm()))
    # The library rounds logits to single precision before its loss.
    assert same(ours, np.array(norms), tolerance=1e-6)


@pytest.mark.parametrize("loss", ["answer", "sequence"])
def test_norms_do_not_depend_on_padding_or_batch_size(model: CausalModel, loss):
    options = NormOptions(loss=loss)
    together = batched(model, samples_of(model), options)
    for tokens in (1, 30, 60):
        assert same(batched(model, samples_of(model), options, tokens=tokens), together)
    backwards = batched(model, samples_of(model)[::-1], options)[::-1]
    assert same(backwards, together)


def test_choice_norms_do_not_depend_on_padding(model: CausalModel):
    assert same(
        batched(model, choices_of(model), NormOptions(), tokens=1), batched(model, choices_of(model), NormOptions())
    )


def test_last_value_layer_is_the_one_measured(model: CausalModel):
    with adapters(model, NormOptions()) as probe:
        (name,) = probe.layers
    kind = model.model.config.model_type
    assert name.endswith(VALUE_LAYER[kind])
    assert ".1." in name


def test_every_option_changes_the_norms(llama: CausalModel):
    samples = samples_of(llama)
    plain = batched(llama, samples, NormOptions())
    for other in (
        NormOptions(loss="sequence"),
        NormOptions(adapters="all"),
        NormOptions(seed=1),
        NormOptions(rank=4),
        NormOptions(alpha=8.0),
    ):
        assert not np.allclose(batched(llama, samples, other), plain), other
    # The scale is linear, and all adapters hold the last one.
    assert same(batched(llama, samples, NormOptions(alpha=8.0)) * 2, plain)
    assert (batched(llama, samples, NormOptions(adapters="all")) > plain).all()


def test_same_seed_gives_the_same_bytes(llama: CausalModel):
    samples = samples_of(llama)
    assert batched(llama, samples, NormOptions()).tobytes() == batched(llama, samples, NormOptions()).tobytes()


def test_adapters_leave_the_model_as_it_was(llama: CausalModel):
    ids = torch.tensor([samples_of(llama)[0].ids])
    names = [name for name, _ in llama.model.named_modules()]
    before = llama.model(input_ids=ids).logits
    with adapters(llama, NormOptions(adapters="all")) as probe:
        assert torch.equal(probe.model(input_ids=ids).logits, before)  # B is zero
        assert [name for name, _ in llama.model.named_modules()] != names
    assert [name for name, _ in llama.model.named_modules()] == names
    assert torch.equal(llama.model(input_ids=ids).logits, before)
    assert not any(parameter.requires_grad for parameter in llama.model.parameters())


def test_adapters_come_off_when_the_work_is_stopped(llama: CausalModel):
    names = [name for name, _ in llama.model.named_modules()]

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), adapters(llama, NormOptions()) as probe:
        gradient_norms_in_batches(probe, samples_of(llama), report=stop)
    assert [name for name, _ in llama.model.named_modules()] == names


def test_a_model_without_projections_is_refused_with_advice(llama: CausalModel):
    bare = CausalModel(torch.nn.Linear(2, 2), llama.tokenizer, "bare", "0", 8, {})
    bare.model.config = llama.model.config.__class__(model_type="unheard_of")
    bare.model.config.model_type = "unheard_of"
    with pytest.raises(ModelError, check=told("no-projections")), adapters(bare, NormOptions()):
        pass


def test_a_model_that_computes_nonsense_is_an_error(tmp_path: Path):
    model = load_causal_model(str(save_model(tmp_path / "model", "llama")))
    model.model.lm_head.weight[0, 0] = float("nan")
    with pytest.raises(ModelError, check=told("not-finite")):
        batched(model, samples_of(model), NormOptions())


@pytest.mark.parametrize(
    ("option", "value"),
    [("loss", "answers"), ("adapters", "v"), ("rank", 0), ("alpha", 0.0), ("seed", -1), ("max_tokens", 1)],
)
def test_options_that_are_not_allowed_are_named(option: str, value: Any):
    with pytest.raises(ConfigError, check=told("bad-option", option=option)):
        NormOptions(**{option: value})
