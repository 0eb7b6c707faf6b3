"""Selection time against training time: measured training steps, and when selection pays off."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from goracs_core.charts import scalability as charts
from goracs_core.evaluation.scaling import LEVEL, Extrapolation, Interval
from goracs_core.evaluation.trade_off import TradeOff, mean_interval, trade_off
from goracs_core.jobs.scalability.store import Scalability
from goracs_core.llm.speed import TrainingSpeed
from pages._ui import blocks, text, widgets
from pages._ui.scalability.view import known, spell, spell_interval
from pages._ui.widgets import KEPT

_EPOCHS = 3.0


def sentence(record: Scalability, found: Extrapolation) -> str:
    """Whether selecting from this pool pays off with the default options; "" where no training step was measured."""
    if record.training is None:
        return ""
    size = record.num_pool
    select, per_sample = _selection_time(record, found, size), mean_interval(record.training.per_sample)
    more = {"num_pool": size, "epochs": _EPOCHS, "features": record.features_seconds}
    budget = record.budget_at(size)
    trade = trade_off(select, per_sample, budget=budget, **more)
    once = trade.features + trade.select.expected + trade.tune_coreset.expected
    counted = ", features included," if trade.features else ""
    said = {-1: "Selecting does not pay off", 0: "Whether selecting pays off is not clear", 1: "Selecting pays off"}
    return (
        f"**{said[_place(trade)]}**: selecting {budget:,} and fine-tuning on them for {_EPOCHS:g} epochs{counted} "
        f"takes {spell(once)}, fine-tuning on all {size:,} takes {spell(trade.tune_pool.expected)}."
    )


def _place(trade: TradeOff) -> int:
    """1, 0 or -1: the interval of the saved seconds lies above 0, contains it, or lies below it."""
    return int(trade.saved.low > 0) - int(trade.saved.high < 0)


def show(record: Scalability, found: Extrapolation | None, target: int) -> None:
    """The section; without measured steps it says why there are none."""
    st.subheader("Selection time against training time", anchor=False)
    if record.training is None:
        st.info(
            text.escape(record.training_note)
            or "The training steps are measured last, and this measurement ended before them. Measure again to "
            "obtain them.",
            icon=":material/model_training:",
        )
        return
    training = record.training
    size, epochs, features = _options(record, found, target)
    select = _selection_time(record, found, size)
    per_sample = mean_interval(training.per_sample)
    budget = record.budget_at(size)
    trade = trade_off(select, per_sample, num_pool=size, budget=budget, epochs=epochs, features=features)
    st.markdown(_verdict(trade, per_sample, training, size=size, budget=budget, epochs=epochs), help=_HELP)
    ways = f"Select {budget:,}, train on them", f"Train on all {size:,}"
    timed = ("select", "tune_coreset", "tune_pool")
    labels = {"features": spell(trade.features)} | {name: spell_interval(getattr(trade, name)) for name in timed}
    blocks.chart(
        charts.trade_off_bars(trade, ways=ways, labels=labels),
        key="pay_off",
        alt=f"Seconds for two options: selection {labels['select']} and fine-tuning on {budget:,} samples "
        f"{labels['tune_coreset']}, compared with fine-tuning on all {size:,}: {labels['tune_pool']}.",
        table=_table(trade, ways),
        note=_source(record, training),
    )


_HELP = (
    r"Selection pays off when $T_\mathrm{features}+T_\mathrm{select}+E\,k\,t<E\,n\,t$, with $E$ epochs, $k$ of $n$ "
    "samples selected and $t$ training seconds per sample and epoch; that is, for "
    r"$t>(T_\mathrm{features}+T_\mathrm{select})/(E\,(n-k))$. This does not consider whether the resulting model is "
    "as good."
)
_FEATURES_HELP = (
    "They are computed once per dataset and used by every selection. The recorded computation time is used (cached "
    "parts took no time) and is assumed to grow in proportion to the pool."
)


def _options(record: Scalability, found: Extrapolation | None, target: int) -> tuple[int, float, float]:
    """Pool size, epochs, seconds of the features."""
    sizes = [record.num_pool]
    if found is not None:
        further = dict.fromkeys((10 * record.num_pool, target))
        sizes += [size for size in further if size not in sizes and known(record, found, size).useful]
    first, second, third = st.columns([3, 2, 3], vertical_alignment="bottom")
    help_ = "The pool of this dataset, or an extrapolated size whose time can be told."
    size = widgets.choice("Pool samples", sizes, key="pay_size", place=first, format_func=text.count, help=help_)
    more = {"place": second, "step": 1.0, "format": "%g", "help": "Number of fine-tuning epochs.", **KEPT}
    epochs = widgets.real("Epochs", 0.1, 1000.0, _EPOCHS, key="pay_epochs", **more)
    counted = record.features_seconds > 0 and third.toggle(
        "Include embeddings and gradient norms", value=True, key="pay_features", help=_FEATURES_HELP, **KEPT
    )
    return size, epochs, record.features_seconds * size / record.num_pool if counted else 0.0


def _selection_time(record: Scalability, found: Extrapolation | None, size: int) -> Interval:
    if found is not None:
        return found.total.predict([size]).at(0)
    largest = max(run.size for run in record.runs)
    return mean_interval([run.seconds for run in record.runs if run.size == largest])


def _verdict(
    trade: TradeOff, per_sample: Interval, training: TrainingSpeed, *, size: int, budget: int, epochs: float
) -> str:
    """When selection pays off, and whether it does here."""
    once = trade.features + trade.select.expected + trade.tune_coreset.expected
    both = (
        f"selecting {budget:,} of {size:,} and fine-tuning on them for {epochs:g} epochs takes about "
        f"**{spell(once)}**, fine-tuning on all of them about **{spell(trade.tune_pool.expected)}**"
    )
    if _place(trade) > 0:
        said = f"**Selecting pays off here:** {both}; it saves {spell_interval(trade.saved)}."
    elif _place(trade) < 0:
        said = f"**Selecting does not pay off here in time:** {both}."
    else:
        said = f"**No clear result here:** {both}, and the intervals overlap."
    return (
        f"{said} Selection pays off if training takes more than **{spell(trade.break_even)}** per sample and epoch; "
        f"{text.escape(_called(training))} takes {spell_interval(per_sample)}."
    )


def _called(training: TrainingSpeed) -> str:
    if training.model == "small":
        return "the small language model"
    return f"the language model {text.shorten(training.model, 60)}"


def _table(trade: TradeOff, ways: tuple[str, str]) -> pd.DataFrame:
    features = Interval(trade.features, trade.features, trade.features)
    parts = [
        (ways[0], "features", features),
        (ways[0], "selection", trade.select),
        (ways[0], "fine-tuning", trade.tune_coreset),
        (ways[1], "fine-tuning", trade.tune_pool),
    ]
    rows = [(way, part, found.expected, found.low, found.high) for way, part, found in parts]
    columns = pd.Index(["Option", "Part", "Seconds", f"{LEVEL:.0%} from", "to"])
    return pd.DataFrame(rows, columns=columns).round(3)


def _source(record: Scalability, training: TrainingSpeed) -> str:
    """What was measured."""
    where = f"on {training.threads} CPU thread{'s' if training.threads > 1 else ''}"
    where = where if training.device == "processor" else f"on {text.escape(training.device)}"
    what = "all weights" if training.trained == training.parameters else f"{training.trained:,} adapter weights"
    return (
        f"Training seconds are an extrapolation from {len(training.seconds)} timed steps of {training.batch} samples "
        f"({training.tokens:.0f} tokens each) {where}: forward, backward and update of {what} of "
        f"{text.escape(_called(training))} ({training.parameters / 1e6:,.1f} million). "
        f"{text.escape(record.training_note)}"
    )
