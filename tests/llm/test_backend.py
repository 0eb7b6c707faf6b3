"""Models by folder or name: what is loaded, what is refused, and with which sentence."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest
import torch

from goracs_core.errors import ModelError
from goracs_core.llm.backend import load_causal_model
from goracs_core.llm.files import folder_fingerprint, model_folder
from tests.llm.tiny import ARCHITECTURES, save_model
from tests.refusals import told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "tiny", "llama", context=48)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_folder_is_loaded_frozen_without_dropout_and_without_network(kind, tmp_path, monkeypatch):
    folder = save_model(tmp_path / kind, kind, context=40)

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    model = load_causal_model(str(folder))
    assert model.context == 40
    assert not model.model.training
    assert not any(parameter.requires_grad for parameter in model.model.parameters())
    assert next(model.model.parameters()).dtype == torch.float64
    assert model.tokenizer("Alpha")["input_ids"]
    assert model.name == str(folder)
    assert model.meta == {}


def test_the_fingerprint_is_of_the_bytes_not_of_the_place(folder: Path, copy: Path):
    assert folder_fingerprint(copy) == load_causal_model(str(folder)).fingerprint
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 1e-3}))
    assert folder_fingerprint(copy) != folder_fingerprint(folder)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    before = folder_fingerprint(copy)
    (copy / "model.safetensors").write_bytes(weights)
    assert folder_fingerprint(copy) != before


def test_pickled_weights_are_refused_even_when_they_would_load(copy: Path):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, check=told("pickled-weights")):
        load_causal_model(str(copy))


def test_a_pickle_beside_safetensors_is_not_opened(copy: Path):
    (copy / "pytorch_model.bin").write_bytes(b"not even a pickle")
    (copy / "training_args.bin").write_bytes(b"nor this")
    assert load_causal_model(str(copy)).context == 48


def test_code_in_the_folder_is_not_run(copy: Path):
    (copy / "evil.py").write_text("raise SystemExit('code was run')\n")
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, check=told("not-a-language-model")):
        load_causal_model(str(copy))


def test_missing_parts_are_named(copy: Path, tmp_path: Path):
    with pytest.raises(ModelError, check=told("no-such-folder", name="/no/such/folder")):
        load_causal_model("/no/such/folder")
    with pytest.raises(ModelError, check=told("no-such-folder", name="")):
        load_causal_model("  ")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, check=told("no-weights")):
        load_causal_model(str(tmp_path / "empty"))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()
    with pytest.raises(ModelError, check=told("no-tokenizer")):
        load_causal_model(str(copy))
    (copy / "config.json").write_text("{")
    with pytest.raises(ModelError, check=told("not-a-language-model")):
        load_causal_model(str(copy))


def test_damaged_weights_are_one_sentence(copy: Path):
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, check=told("not-a-language-model")) as caught:
        load_causal_model(str(copy))
    assert "\n" not in str(caught.value)


def test_weights_that_would_be_random_are_an_error(copy: Path):
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    weights.pop("model.layers.1.self_attn.v_proj.weight")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, check=told("weights-missing", missing=1)):
        load_causal_model(str(copy))


def test_a_hub_name_without_network_is_one_sentence(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, check=told("hub-unreachable", name="nobody/no-such-model")) as caught:
        model_folder("nobody/no-such-model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../up", "a/b/c", "a b", "x/../y", "https://example.org/model"])
def test_names_that_are_neither_folder_nor_hub_name(name):
    with pytest.raises(ModelError, check=told("no-such-folder")):
        model_folder(name)
