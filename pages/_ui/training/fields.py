"""The options of a training that are seldom changed, as widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Precision, Recommender, TigerOptions

_KEEP: Any = {"persist_state": "session"}
_PER_ROW = 4


@dataclass(frozen=True)
class Field:
    """One number.

    Args:
        name: Of the option.
        label: What people read.
        help: What it does.
        low, high: Range.
    """

    name: str
    label: str
    help: str
    low: float
    high: float


_COMMON = (
    Field("batch", "Batch", "Samples per optimiser step.", 1, 4096),
    Field("patience", "Patience", "Epochs without a lower validation loss after which training stops; the best one is "
          "kept. 0 trains them all and keeps the last.", 0, 1000),
    Field("watched", "Watched validation samples", "On how many validation samples each epoch is judged.", 1, 100_000),
    Field("warmup_share", "Warm-up share", "Share of the steps in which the step size rises.", 0.0, 0.99),
    Field("weight_decay", "Weight decay", "Of AdamW.", 0.0, 10.0),
)  # fmt: skip
_TUNED = (
    Field("max_tokens", "Most tokens", "Longest prompt with answer; longer ones lose their oldest part.", 2, 1 << 20),
)
_LORA = (
    Field("rank", "LoRA rank r", "Width of the adapters.", 1, 512),
    Field("alpha", "LoRA alpha", "Adapters' outputs are multiplied by alpha / r.", 0.1, 4096.0),
)
_TIGER = (
    Field("levels", "Levels", "Codes per semantic id, before the one that tells collisions apart.", 1, 8),
    Field("codes", "Codes", "Codes to choose from at each level.", 2, 4096),
    Field("width", "Width", "Numbers per token inside the model.", 8, 1024),
    Field("layers", "Layers", "Of the encoder, and of the decoder.", 1, 24),
    Field("heads", "Heads", "Attention heads; they share the width.", 1, 32),
    Field("feed_forward", "Feed-forward", "Width of the layers' inner part.", 8, 8192),
    Field("history", "History", "Most earlier items that are read.", 1, 1000),
    Field("beams", "Beams", "Of the search for semantic ids.", 1, 200),
)


def further(kind: str, given: Mapping[str, Any], *, key: str) -> dict[str, Any]:
    """The remaining options of a training.

    Args:
        kind: "tuned" for language models, "tiger" for TIGER.
        given: What was chosen already; LoRA has options of its own.
        key: Prefix of the widgets' keys.
    """
    default: Any = TigerOptions() if kind == "tiger" else FineTuneOptions()
    lora = given.get("weights") == "lora"
    fields = _COMMON + (_TIGER if kind == "tiger" else _TUNED + (_LORA if lora else ()))
    values = _numbers(fields, default, f"{key}_{kind}")
    if kind == "tuned":
        left, right = st.columns(2)
        precision = left.segmented_control(
            "Precision", list(get_args(Precision)), default="float32", required=True, key=f"{key}_precision", **_KEEP,
            help="Of the weights that are not trained; bfloat16 and 8bit need a GPU and LoRA adapters.",
        )  # fmt: skip
        values["precision"] = str(precision)
        if lora:
            typed = right.text_input(
                "Layers with adapters", ", ".join(default.targets), key=f"{key}_targets", **_KEEP,
                help="Names of the linear layers that get adapters, with commas between.",
            )  # fmt: skip
            values["targets"] = tuple(part.strip() for part in str(typed or "").split(",") if part.strip())
    return values


def measure(recommender: Recommender, num_test: int, *, key: str) -> dict[str, Any]:
    """How the test is measured, but for the number of ranked samples."""
    fields = [Field(
        "test_samples", "Test samples", "Whose loss is measured, spread evenly over the test, the same for every "
        f"training; 0 takes all {num_test:,}. Four times as many halve the standard error.", 0, max(num_test, 400),
    )]  # fmt: skip
    if recommender is not Recommender.TALLREC:
        fields.append(Field("negatives", "Sampled negatives", "Other items that the right one competes with: a draw of "
                            "its own per sample, the same for every training. The whole catalogue competes besides.",
                            1, 100_000))  # fmt: skip
    if recommender is Recommender.BIGREC:
        fields.append(Field("beams", "Beams", "Of BIGRec's writing.", 1, 64))
    st.markdown("**Test**")
    return _numbers(tuple(fields), MeasureOptions(), f"{key}_measure")


def _numbers(fields: tuple[Field, ...], default: Any, key: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for start in range(0, len(fields), _PER_ROW):
        for column, field in zip(st.columns(_PER_ROW), fields[start : start + _PER_ROW], strict=False):
            usual = getattr(default, field.name)
            whole = isinstance(usual, int)
            low, high = (int(field.low), int(field.high)) if whole else (float(field.low), float(field.high))
            more: dict[str, Any] = {} if whole else {"format": "%g"}
            value: Any = column.number_input(
                field.label, low, high, usual, key=f"{key}_{field.name}", help=field.help, **more, **_KEEP
            )
            values[field.name] = int(value) if whole else float(value)
    return values
