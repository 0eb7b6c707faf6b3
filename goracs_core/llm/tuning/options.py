"""How a recommender is trained on a coreset, and how it is tested: every choice in frozen values of plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Literal, get_args

from goracs_core.checks import (
    bad_option,
    check_choice,
    check_known,
    check_number,
    check_share,
    check_text,
    check_texts,
    check_whole,
)
from goracs_core.data.dataset import Task
from goracs_core.errors import ConfigError
from goracs_core.option import option, options_of

TITLES_MODEL = "small-titles"

Weights = Literal["full", "lora"]
Precision = Literal["float32", "bfloat16", "8bit"]
Predicted = Literal["all", "targets"]


class Recommender(StrEnum):
    """What is trained on a coreset.

    bigrec: a language model writes the next title, grounded in the catalogue by embedding distance (arXiv 2308.08434).
    tallrec: a language model answers Yes or No (arXiv 2305.00447).
    tiger: an encoder-decoder writes the next item's semantic id (arXiv 2305.05065).
    """

    BIGREC = "bigrec"
    TALLREC = "tallrec"
    TIGER = "tiger"


def default_recommender(task: Task) -> Recommender:
    """The language model's recommender for a task."""
    return Recommender.TALLREC if task is Task.CTR else Recommender.BIGREC


@dataclass(frozen=True, kw_only=True)
class FineTuneOptions:
    """How a language model is fine-tuned on a coreset (BIGRec and TALLRec).

    Args:
        model: "small-titles" (made here; it has read the catalogue's titles, but nobody's history), "small" (the one of
            the features; it has read the pool, too, so that coresets can teach it little), a folder or a Hugging Face
            name.
        weights: "full": all weights are trained; "lora": adapters only (arXiv 2106.09685).
        rank: Rank r of the adapters.
        alpha: Adapter scale; outputs are multiplied by alpha / r.
        targets: Names of the layers that get adapters.
        epochs: Maximum number of passes over the coreset.
        batch: Samples per step.
        learning_rate: Peak learning rate, reached after the warm-up, falling to zero as a cosine. None: 3e-4 for models
            up to 50 million parameters (3e-3 for their adapters), 2e-4 for larger ones.
        warmup_share: Warm-up ratio: share of the steps in which the learning rate rises.
        weight_decay: Of AdamW.
        patience: Epochs without a lower validation loss after which training stops; the best epoch's weights are kept.
            0 trains all epochs and keeps the last.
        watched: Validation samples on which an epoch is judged.
        precision: Of the weights that are not trained; "bfloat16" and "8bit" need a GPU.
        max_tokens: Longest prompt with answer; longer prompts lose their oldest part, answers nothing.
        seed: Decides the order of the samples and the adapters' first weights.
    """

    model: str = TITLES_MODEL
    weights: Weights = "full"
    rank: int = 8
    alpha: float = 16.0
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    epochs: int = 4
    batch: int = 8
    learning_rate: float | None = None
    warmup_share: float = 0.1
    weight_decay: float = 0.01
    patience: int = 1
    watched: int = 256
    precision: Precision = "float32"
    max_tokens: int = 512
    seed: int = 0

    def __post_init__(self) -> None:
        check_texts("targets", self.targets)
        check_text("model", self.model, "give small-titles, a folder or a Hugging Face name")
        object.__setattr__(self, "targets", tuple(self.targets))
        object.__setattr__(self, "model", self.model.strip())
        if self.weights == "lora" and not (self.targets and all(self.targets)):
            raise bad_option("targets", self.targets, "adapters need layers; give targets such as q_proj,v_proj")
        check_choice("weights", self.weights, get_args(Weights))
        check_choice("precision", self.precision, get_args(Precision))
        _check_training(self)
        check_number("alpha", self.alpha, above=0)
        check_whole("rank", self.rank, least=1)
        check_whole("max_tokens", self.max_tokens, least=2)

    def to_dict(self) -> dict[str, Any]:
        """Plain values under their field names."""
        return asdict(self) | {"targets": list(self.targets)}


@dataclass(frozen=True, kw_only=True)
class TigerOptions:
    """How TIGER is trained on a coreset.

    Args:
        levels: Codes per semantic id, before the one that tells collisions apart.
        codes: Codes to choose from at each level.
        width, layers, heads, feed_forward: Shape of the encoder and of the decoder.
        dropout: Share of the signals that are dropped in training.
        history: Most earlier items that are read.
        predicted: What is learned from a sample: "all" items, each from those before it, or the "targets" alone.
        epochs: Maximum number of passes over the coreset.
        most_steps: Fewer passes are made where all would take more steps than this; one is made in any case.
        batch: Predicted items per step.
        learning_rate: Peak learning rate.
        warmup_share, weight_decay, patience, watched, seed: As in `FineTuneOptions`; the seed also decides the first
            weights and the semantic ids.
        beams: Beams of the search for ids.
    """

    levels: int = 3
    codes: int = 64
    width: int = 64
    layers: int = 2
    heads: int = 4
    feed_forward: int = 256
    dropout: float = 0.1
    history: int = 10
    predicted: Predicted = "all"
    epochs: int = 20
    most_steps: int = 4000
    batch: int = 64
    learning_rate: float = 3e-3
    warmup_share: float = 0.05
    weight_decay: float = 0.01
    patience: int = 5
    watched: int = 128
    beams: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        _check_training(self)
        for name in ("levels", "width", "layers", "heads", "feed_forward", "history", "most_steps", "beams"):
            check_whole(name, getattr(self, name), least=1)
        check_whole("codes", self.codes, least=2)
        check_choice("predicted", self.predicted, get_args(Predicted))
        check_number("learning_rate", self.learning_rate, above=0)
        check_share("dropout", self.dropout)
        if self.width % self.heads:
            message = f"width is {self.width}, which {self.heads} heads cannot share; take a multiple of heads"
            raise bad_option("heads", self.heads, message, width=self.width)

    def to_dict(self) -> dict[str, Any]:
        """Plain values under their field names."""
        return asdict(self)


TrainingOptions = FineTuneOptions | TigerOptions


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """What is measured of a trained recommender on the test samples; the fields say what each option does."""

    test_samples: int = option(
        400,
        help="Test samples whose loss is measured, spread evenly over the test; 0 takes all.",
        label="Test samples",
        metavar="N",
    )
    ranked_samples: int = option(
        0,
        help="Test samples for which items are ranked, for HR and NDCG; 0 ranks none. Click prediction ranks nothing.",
        label="Ranked samples",
        metavar="N",
    )
    negatives: int = option(
        99,
        help="Other items that the right one competes with, a fresh draw per sample; the whole catalogue competes "
        "besides.",
        label="Sampled negatives",
        low=1,
        metavar="N",
    )
    beams: int = option(
        4,
        help="Beams with which titles are generated; with tiger, of the search for semantic ids (there 50 by default).",
        label="Beams",
        low=1,
        metavar="N",
    )
    seed: int = option(
        0,
        help="Seed of the sampled negatives, the same for every coreset, so that coresets compare sample by sample.",
        label="Seed of the test",
        metavar="S",
    )

    def __post_init__(self) -> None:
        for one in options_of(MeasureOptions):
            one.check(getattr(self, one.name))

    def to_dict(self) -> dict[str, Any]:
        """Plain values under their field names."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MeasureOptions:
        """The inverse of `to_dict`; options that are not given keep their defaults.

        Raises:
            ConfigError: An unknown option or a value that is not allowed.
        """
        return cls(**_known(cls, values, "measuring"))


def training_options(recommender: Recommender, values: Mapping[str, Any]) -> TrainingOptions:
    """The options of a recommender's training from plain values; what is not given keeps its default.

    Raises:
        ConfigError: An unknown option or a value that is not allowed.
    """
    kind = TigerOptions if recommender is Recommender.TIGER else FineTuneOptions
    return kind(**_known(kind, values, f"training {recommender}"))


def default_learning_rate(parameters: int, *, adapters: bool = False) -> float:
    """Peak learning rate of fine-tuning where none is given.

    Args:
        parameters: Weights of the model.
        adapters: Only adapters are trained. A small model's need far larger steps than the model itself (measured on
            the demo: at 3e-4 they learn next to nothing); a large one's take those of the model.
    """
    if parameters > 50_000_000:
        return 2e-4
    return 3e-3 if adapters else 3e-4


def recommender_of(name: str | None, task: Task) -> Recommender:
    """The recommender of that name, or the task's own where none is named.

    Raises:
        ConfigError: Unknown, or not for this task.
    """
    if not name:
        return default_recommender(task)
    try:
        found = Recommender(name)
    except ValueError:
        message = f"recommender is {name!r}; choose one of {', '.join(Recommender)}"
        raise ConfigError(message, code="unknown-recommender", fields={"recommender": name}) from None
    if (found is Recommender.TALLREC) != (task is Task.CTR):
        fitting = Recommender.TALLREC if task is Task.CTR else f"{Recommender.BIGREC} or {Recommender.TIGER}"
        message = f"the recommender {found} does not do the task {task} of this dataset; take {fitting}"
        raise ConfigError(message, code="wrong-task", fields={"recommender": str(found), "task": str(task)})
    return found


def _known(kind: type, values: Mapping[str, Any], what: str) -> dict[str, Any]:
    check_known(values, [field.name for field in fields(kind)], what)
    return dict(values)


def _check_training(options: TrainingOptions) -> None:
    for name, least in (("epochs", 1), ("batch", 1), ("patience", 0), ("watched", 1), ("seed", 0)):
        check_whole(name, getattr(options, name), least=least)
    if options.learning_rate is not None:
        check_number("learning_rate", options.learning_rate, above=0)
    check_share("warmup_share", options.warmup_share)
    check_number("weight_decay", options.weight_decay)
