"""The options of a training and of its test as widgets, the same on every page that trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import streamlit as st

from goracs_core.data.dataset import Task
from goracs_core.llm.tuning.options import (
    TITLES_MODEL,
    FineTuneOptions,
    MeasureOptions,
    Precision,
    Recommender,
    TigerOptions,
    default_recommender,
)
from goracs_core.option import options_of
from pages._ui import training_words, widgets
from pages._ui.state import DatasetRef
from pages._ui.widgets import KEPT

Kind = Literal["tuned", "tiger"]

_PER_ROW = 4


@dataclass(frozen=True)
class Field:
    """One number.

    Args:
        name: Of the option.
        label: Of the widget.
        help: What it decides.
        low, high: Range.
    """

    name: str
    label: str
    help: str
    low: float
    high: float


_COMMON = (
    Field("batch", "Batch size", "Samples per optimizer step.", 1, 4096),
    Field("patience", "Patience", "Epochs without a lower validation loss before training stops; 0: never.", 0, 1000),
    Field("watched", "Validation samples", "Number of samples of the validation loss after each epoch.", 1, 100_000),
    Field("warmup_share", "Warm-up ratio", "Share of the steps in which the learning rate rises.", 0.0, 0.99),
    Field("weight_decay", "Weight decay", "Of AdamW.", 0.0, 10.0),
)
_TUNED = (Field("max_tokens", "Maximum tokens", "Longer prompts lose their oldest part, answers nothing.", 2, 1 << 20),)
LORA = (
    Field("rank", "LoRA rank r", "Rank of the adapters.", 1, 512),
    Field("alpha", "LoRA alpha", "The outputs of the adapters are multiplied by alpha / r.", 0.1, 4096.0),
)
_TIGER = (
    Field("levels", "Levels", "Codes per semantic id, not counting the one that resolves collisions.", 1, 8),
    Field("codes", "Codes", "Codes per level.", 2, 4096),
    Field("width", "Width", "Dimension of a token inside the model.", 8, 1024),
    Field("layers", "Layers", "Of the encoder, and of the decoder.", 1, 24),
    Field("heads", "Heads", "Attention heads; the width must be a multiple of their number.", 1, 32),
    Field("feed_forward", "Feed-forward", "Width of the feed-forward layers.", 8, 8192),
    Field("history", "Maximum history", "Maximum number of previous items that are read.", 1, 1000),
    Field("beams", "Beams", "Beams of the search for semantic ids.", 1, 200),
)
_TEST = {
    one.name: Field(one.name, one.words.label, one.words.help, one.words.low, one.words.high)
    for one in options_of(MeasureOptions)
}


def recommender(ref: DatasetRef, *, key: str, place: Any) -> Recommender:
    """What is trained: of those that do the dataset's task."""
    task = Task(ref.task)
    usual = default_recommender(task)
    choices = [usual] if task is Task.CTR else [usual, Recommender.TIGER]
    help_ = training_words.RECOMMENDER_HELP
    named = training_words.recommender
    chosen = place.selectbox(
        "Recommender", choices, key=f"{key}_recommender_{task}", format_func=named, help=help_, **KEPT
    )
    return Recommender(chosen) if chosen else usual


def kind_of(chosen: Recommender) -> Kind:
    """Which options it has: those of a language model, or TIGER's."""
    return "tiger" if chosen is Recommender.TIGER else "tuned"


def defaults(kind: Kind) -> FineTuneOptions | TigerOptions:
    """The default options."""
    return TigerOptions() if kind == "tiger" else FineTuneOptions()


def model(*, key: str, place: Any) -> str:
    """The language model by name or folder."""
    return widgets.line("Model", TITLES_MODEL, key=f"{key}_model", place=place, help=training_words.MODEL_HELP, **KEPT)


def epochs(kind: Kind, *, key: str, place: Any) -> int:
    """The maximum number of epochs."""
    usual = defaults(kind)
    help_ = (
        "Training stops earlier when the validation loss has not fallen for "
        f"{usual.patience} epoch{'s' if usual.patience != 1 else ''}; the weights of the best epoch are kept."
    )
    return widgets.whole(
        "Maximum epochs", 1, 1000, usual.epochs, key=f"{key}_epochs_{kind}", place=place, help=help_, **KEPT
    )


def learning_rate(kind: Kind, *, key: str, place: Any) -> float | None:
    """The peak learning rate; None for the default of the model's size."""
    usual = defaults(kind).learning_rate
    help_ = training_words.RATE_HELP + ("" if kind == "tiger" else training_words.USUAL_RATE)
    given = place.number_input(
        "Learning rate",
        1e-7,
        1.0,
        usual,
        step=1e-4,
        format="%g",
        key=f"{key}_rate_{kind}",
        placeholder="default",
        help=help_,
        **KEPT,
    )
    return None if given is None else float(given)


def weights(*, key: str, place: Any) -> str:
    """All weights, or LoRA adapters."""
    names = training_words.WEIGHTS
    help_ = training_words.WEIGHTS_HELP
    return widgets.choice(
        "Trained weights", names, key=f"{key}_weights", place=place, format_func=names.get, help=help_, **KEPT
    )


def further(kind: Kind, given: Mapping[str, Any], *, key: str) -> dict[str, Any]:
    """The remaining options of a training.

    Args:
        kind: Of the options.
        given: What was chosen already; LoRA has options of its own.
        key: Prefix of the widgets' keys.
    """
    default: Any = defaults(kind)
    lora = given.get("weights") == "lora"
    fields = _COMMON + (_TIGER if kind == "tiger" else _TUNED + (LORA if lora else ()))
    values = numbers(fields, default, f"{key}_{kind}")
    if kind == "tiger":
        return values
    left, right = st.columns(2)
    help_ = "Of the weights that are not trained; bfloat16 and 8bit need a GPU and LoRA adapters."
    named = get_args(Precision)
    values["precision"] = widgets.choice("Precision", named, key=f"{key}_precision", place=left, help=help_, **KEPT)
    if lora:
        help_ = "Names of the linear layers that get adapters, separated by commas."
        usual = ", ".join(default.targets)
        typed = widgets.line("Layers with adapters", usual, key=f"{key}_targets", place=right, help=help_, **KEPT)
        values["targets"] = tuple(part.strip() for part in typed.split(",") if part.strip())
    return values


def measure(chosen: Recommender, *, key: str) -> dict[str, Any]:
    """How the test is measured, except for the number of ranked samples."""
    fields = [_TEST["test_samples"]]
    fields += [] if chosen is Recommender.TALLREC else [_TEST["negatives"]]
    fields += [_TEST["beams"]] if chosen is Recommender.BIGREC else []
    st.markdown("**Test**")
    return numbers(fields, MeasureOptions(), f"{key}_measure")


def numbers(fields: tuple[Field, ...] | list[Field], default: Any, key: str) -> dict[str, Any]:
    """Widgets for some numbers, and what they say, by name.

    Args:
        fields: The numbers.
        default: Has the default of each as an attribute.
        key: Prefix of the widgets' keys.
    """
    values: dict[str, Any] = {}
    for start in range(0, len(fields), _PER_ROW):
        for column, field in zip(st.columns(_PER_ROW), fields[start : start + _PER_ROW], strict=False):
            usual, name = getattr(default, field.name), f"{key}_{field.name}"
            if isinstance(usual, int):
                low, high = int(field.low), int(field.high)
                value = widgets.whole(field.label, low, high, usual, key=name, place=column, help=field.help, **KEPT)
            else:
                more = {"format": "%g", "help": field.help, **KEPT}
                value = widgets.real(field.label, field.low, field.high, usual, key=name, place=column, **more)
            values[field.name] = value
    return values
