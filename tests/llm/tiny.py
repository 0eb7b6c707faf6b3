"""Tiny language models and encoders in double precision, made on the spot and saved as ordinary model folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

_SENTENCE = (
    "Someone picked these games : Alpha Beta Gamma Delta Omega Kappa Sigma , . Which comes next ? Yes No Liked none "
    "Answer or Will be liked too one two three four five six seven"
)
WORDS = tuple(_SENTENCE.split())

PROMPTS = (
    "Someone picked these games : Alpha , Beta .\nWhich comes next ?\n",
    "Someone picked these games : Gamma .\nWhich comes next ?\n",
    "Someone picked these games : Alpha , Beta , Gamma , Delta , Omega , Kappa , Sigma .\nWhich comes next ?\n",
    "Someone picked these games : Omega , Kappa .\nWhich comes next ?\n",
    "Which comes next ?",
    "Someone picked these games : none .\nWhich ? ",
)
ANSWERS = ("Gamma", "Alpha Beta two", "Omega", "Delta three four five six", "Sigma", "Kappa seven")

ARCHITECTURES = ("llama", "gpt_neox", "gpt2", "phi")


def tokenizer(*, pad: bool = True, start: bool = True) -> Any:
    """A word-level tokenizer; without `pad` it has no padding token, without `start` none at the start."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<unk>", "<s>", "</s>", "<pad>"]
    vocabulary = {token: number for number, token in enumerate([*special, *dict.fromkeys(WORDS), "\n"])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if start:
        inner.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)]
        )
    more: dict[str, Any] = {"pad_token": "<pad>"} if pad else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>" if start else None, eos_token="</s>", unk_token="<unk>", **more
    )


def make_model(kind: str, *, vocabulary: int, context: int = 64, seed: int = 0) -> Any:
    """A random two-layer network of the given architecture in float64, with weights large enough to matter."""
    import torch
    import transformers as hf

    common: dict[str, Any] = {"vocab_size": vocabulary, "bos_token_id": 1, "eos_token_id": 2}
    shape: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": context,
    }
    torch.manual_seed(seed)
    match kind:
        case "llama":
            model = hf.LlamaForCausalLM(hf.LlamaConfig(**common, **shape, num_key_value_heads=2, initializer_range=0.4))
        case "phi":
            model = hf.PhiForCausalLM(hf.PhiConfig(**common, **shape, initializer_range=0.4, resid_pdrop=0.3))
        case "gpt_neox":
            dropout: dict[str, Any] = {"hidden_dropout": 0.3, "attention_dropout": 0.3}
            model = hf.GPTNeoXForCausalLM(hf.GPTNeoXConfig(**common, **shape, initializer_range=0.4, **dropout))
        case "gpt2":
            config = hf.GPT2Config(**common, n_embd=16, n_layer=2, n_head=4, n_positions=context, initializer_range=0.4)
            model = hf.GPT2LMHeadModel(config)
        case _:
            raise ValueError(kind)
    return model.double()


def save_model(folder: Path, kind: str = "llama", *, pad: bool = True, start: bool = True, **options: Any) -> Path:
    """A model folder as save_pretrained writes it."""
    words = tokenizer(pad=pad, start=start)
    make_model(kind, vocabulary=len(words), **options).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_encoder(folder: Path, *, seed: int = 0, max_tokens: int = 32, normalize: bool = False) -> Path:
    """A sentence encoder of width 12: a tiny BERT with mean pooling."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    words = tokenizer()
    torch.manual_seed(seed)
    network = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=12,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=max_tokens,
            initializer_range=0.4,
            pad_token_id=3,
        )
    )
    plain = folder.with_name(f"{folder.name}-network")
    network.save_pretrained(plain)
    words.save_pretrained(plain)
    first = Transformer(str(plain), max_seq_length=max_tokens)
    modules = [first, Pooling(12, "mean"), *([Normalize()] if normalize else [])]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


def same(first: np.ndarray, second: np.ndarray, *, tolerance: float = 1e-9) -> bool:
    """Whether two arrays agree up to rounding relative to their largest value."""
    return bool(np.abs(first - second).max() <= tolerance * np.abs(second).max())
