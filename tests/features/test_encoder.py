"""Sentence encoders: the packaged one without network, any folder, and what is refused."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from goracs_core.errors import ModelError
from goracs_core.features import encoder as module
from goracs_core.features.encoder import DEFAULT_ENCODER, load_encoder, packaged_folder
from tests.llm.tiny import save_encoder, save_model
from tests.refusals import told

TEXTS = ("Alpha Beta", "Gamma", "one two three four five six seven", "Which comes next ?", "Omega")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoders") / "tiny")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def no_network(*_: object, **__: object) -> None:
    raise AssertionError("the network was asked")


def test_the_default_comes_with_the_installation(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    encoder = load_encoder()
    assert (encoder.name, encoder.width, encoder.max_tokens) == (DEFAULT_ENCODER, 384, 256)
    values = encoder.encode(["a racing game", "a car racing video game", "the price of cheese"])
    assert np.linalg.norm(values, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    nearer, further = np.linalg.norm(values[0] - values[1:], axis=1)
    assert nearer < 0.8 < further


def test_changed_default_weights_are_refused(tmp_path: Path, monkeypatch):
    copy = tmp_path / "model"
    shutil.copytree(packaged_folder(), copy)
    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    monkeypatch.setattr(module, "packaged_folder", lambda: copy)
    with pytest.raises(ModelError, check=told("weights-changed")):
        load_encoder()


def test_finding_the_default_imports_nothing_heavy():
    code = (
        "import sys; from goracs_core.features.encoder import packaged_folder; assert packaged_folder().is_dir(); "
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_folder_gives_the_mean_of_the_token_vectors(folder: Path):
    encoder = load_encoder(str(folder))
    values = encoder.encode(TEXTS)
    parts: Any = encoder.model
    network, words = parts[0].model, parts.tokenizer
    for text, value in zip(TEXTS, values, strict=True):
        with torch.inference_mode():
            states = network(input_ids=torch.tensor([words(text)["input_ids"]])).last_hidden_state[0]
        assert value == pytest.approx(states.mean(dim=0).numpy(), abs=1e-6)


def test_vectors_do_not_depend_on_company_or_order(folder: Path):
    encoder = load_encoder(str(folder))
    together = encoder.encode(TEXTS)
    assert encoder.encode(TEXTS[::-1])[::-1] == pytest.approx(together, abs=1e-6)
    assert np.concatenate([encoder.encode([text]) for text in TEXTS]) == pytest.approx(together, abs=1e-6)
    assert encoder.encode(TEXTS).tobytes() == together.tobytes()
    assert encoder.encode([]).shape == (0, 12)


def test_long_texts_lose_their_beginning_and_are_counted(folder: Path):
    encoder = load_encoder(str(folder))
    ending = "Alpha Beta Gamma"
    first, second, third = encoder.encode([f"one {'two ' * 60}{ending}", f"six {'two ' * 60}{ending}", "two " * 60])
    assert first == pytest.approx(second, abs=1e-6)
    assert not np.allclose(first, third, atol=1e-3)
    assert encoder.count_truncated(["two " * 60, "two " * 30, ending]) == 1  # 31 tokens with the start token fit


def test_progress_is_told_after_every_batch_and_may_stop(folder: Path, monkeypatch):
    monkeypatch.setattr(module, "_MAX_BATCH", 2)
    encoder = load_encoder(str(folder))
    done: list[int] = []
    encoder.encode(TEXTS, report=done.append)
    assert done == [2, 4, 5]

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(TEXTS, report=stop)


def test_fingerprints_tell_encoders_apart(folder: Path, tmp_path: Path):
    other = save_encoder(tmp_path / "other", seed=1)
    assert load_encoder(str(folder)).fingerprint != load_encoder(str(other)).fingerprint
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert load_encoder(str(folder)).fingerprint == load_encoder(str(moved)).fingerprint


def test_pickled_weights_are_refused(copy: Path):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, check=told("pickled-weights")):
        load_encoder(str(copy))


def test_a_pickled_part_is_refused(copy: Path):
    (copy / "2_Dense").mkdir()
    (copy / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, check=told("pickled-weights")):
        load_encoder(str(copy))


@pytest.mark.parametrize("kind", ["os.path", "evil.Module", "sentence_transformersx.Module"])
def test_parts_of_their_own_are_not_imported(copy: Path, kind: str):
    parts = json.loads((copy / "modules.json").read_text())
    parts[1]["type"] = kind
    (copy / "modules.json").write_text(json.dumps(parts))
    with pytest.raises(ModelError, check=told("own-code")):
        load_encoder(str(copy))


def test_everything_else_that_is_no_encoder_is_one_sentence(copy: Path, tmp_path: Path):
    (copy / "modules.json").write_text("[1, 2")
    with pytest.raises(ModelError, check=told("encoder-damaged")):
        load_encoder(str(copy))
    (copy / "modules.json").unlink()
    (copy / "config.json").write_text("{}")
    with pytest.raises(ModelError, check=told("not-an-encoder")):
        load_encoder(str(copy))
    with pytest.raises(ModelError, check=told("no-such-folder", name="/no/such/encoder")):
        load_encoder("/no/such/encoder")
    with pytest.raises(ModelError, match="'nobody/nothing' is no folder here"):
        load_encoder("nobody/nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, check=told("no-weights")):
        load_encoder(str(tmp_path / "empty"))


def test_a_plain_network_without_pooling_is_mean_pooled(tmp_path: Path):
    encoder = load_encoder(str(save_model(tmp_path / "plain", "llama")))
    assert encoder.width == 16
    assert np.isfinite(encoder.encode(TEXTS)).all()
