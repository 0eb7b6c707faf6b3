"""Each method's own options as widgets: a table of what there is, and the one function that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

import goracs_core.methods as c
from goracs_core.methods import SelectionConfig

_PER_ROW = 4
_WITHOUT_NORMS = "These features have no gradient norms, so the effort cannot count."


@dataclass(frozen=True)
class Option:
    """A field of a config as a widget; its default is the config's.

    Args:
        field: Name in the config.
        key: Name in the session and in the address; options of the same key are one widget for several methods.
        label: What the widget says, with the unit.
        help: What it decides.
        low, high: Range, for numbers.
        step: Of the plus and minus buttons.
        format: As printf has it; for numbers with a point.
        names: Value to name, for a choice.
        percent: Shown in per cent, kept as a share.
        front: In sight at once; the others are among the advanced options.
        only_with: Field and value of another option without which this one decides nothing.
    """

    field: str
    key: str
    label: str
    help: str
    low: float = 0.0
    high: float = 1e6
    step: float | None = None
    format: str | None = None
    names: Mapping[str, str] | None = None
    percent: bool = False
    front: bool = False
    only_with: tuple[str, str] | None = None

    def default(self, kind: type[SelectionConfig]) -> Any:
        """What the widget shows at first."""
        value = getattr(kind, self.field)
        return 100 * value if self.percent else value


_STRATA = Option("strata", "strata", "Strata", "Bands of equal width that the score is cut into (K); the budget is "
                 "spent evenly over them.", 1, 10_000)  # fmt: skip
_PRUNE = Option("hard_prune_fraction", "hard_prune", "Highest dropped (%)", "Share of the samples with the "
                "highest scores that is left out as noise before the draw; less where the budget needs them.",
                0.0, 99.0, 1.0, "%.1f", percent=True)  # fmt: skip
_SCORE = Option("score", "score", "Difficulty", "**EL2N**: error of the predicted answer tokens. **Entropy**: how "
                "uncertain they are. **GraNd**: gradient norm of the language model at initialisation. **Gradient "
                "norm**: the one of the features, which GORACS weighs.", front=True,
                names={"el2n": "EL2N", "entropy": "Entropy", "grand": "GraNd", "gradient-norm": "Gradient norm"},
                )  # fmt: skip
_TARGET = Option("target", "target", "To represent", "Whom the chosen samples shall stand for: the **validation** "
                 "samples, or the whole **pool**.", front=True,
                 names={"validation": "Validation", "pool": "Pool"})  # fmt: skip

_CERTIFIED = (
    Option("gap", "gap", "Requested gap (%)", "Stop as soon as it is proven that no coreset of this size can be better "
           "by more than this share of the transport term. 0 never stops early.", 0.0, 99.0, 0.05, "%.3f",
           percent=True),
    Option("max_rounds", "rounds", "Most rounds", "Most price updates of the dual ascent. More rounds prove a little "
           "more and take longer.", 1, 100_000),
    Option("max_seconds", "seconds", "Time limit (s)", "Stop after so many seconds with what is proven by then; 0 for "
           "no limit. With a limit, the coreset can change from run to run: a faster machine gets further.",
           0.0, 86_400.0, 10.0, "%.0f"),
)  # fmt: skip
_ITRA = (
    Option("max_exchanges", "exchanges", "Most exchanges (T)", "Accepted exchanges after the greedy stage; 0 keeps the "
           "greedy set.", 0, 10_000),
    Option("prune_candidates", "candidates", "Candidate rows (c)", "Rows kept by outer and by inner pruning: up to "
           "c × c pairs are tried per exchange.", 1, 200),
    Option("bound", "bound", "Also prove a lower bound", "Dual ascent after the exchanges: the coreset stays the same, "
           "and it is proven how much better another one of its size could be at most."),
)  # fmt: skip
_CG, _RECURSION = ("influence_solver", "cg"), ("influence_solver", "recursion")
_DEALREC = (
    Option("surrogate", "surrogate", "Surrogate", "The small recommender that is trained on the pool and whose loss "
           "tells the influence of each sample.", front=True,
           names={"sasrec": "SASRec", "bert4rec": "BERT4Rec", "dcrec": "DCRec"}),
    Option("surrogate_epochs", "epochs", "Most epochs", "Most passes of its training over the pool; it stops early "
           "once the validation NDCG no longer rises.", 1, 10_000, front=True),
    Option("influence_solver", "influence_solver", "Influence by", "How the inverse Hessian is applied. **Conjugate "
           "gradients** work on the whole pool, to a tolerance. The authors' **recursion** takes single random "
           "samples, and keeps some of their noise.", front=True,
           names={"cg": "Conjugate gradients", "recursion": "Recursion"}),
    Option("effort_weight", "effort_weight", "Effort weight", "Weight of the effort (the language model's gradient "
           "norm) beside the influence, both scaled to 0 … 1; the paper's λ: 0.3 for Games, 1.0 for Book and "
           "MicroLens.", 0.0, 1000.0, 0.1, "%.2f", front=True),
    _PRUNE,
    _STRATA,
    Option("surrogate_seed", "surrogate_seed", "Surrogate's seed", "Of its training. Apart from the draw's seed, so "
           "that coresets of several seeds share one surrogate.", 0, 2**31 - 1),
    Option("damping", "damping", "Damping", "With the scale, what is added to the Hessian's diagonal: damping × "
           "scale. Small: nearer to the true influence, harder to solve.", 1e-9, 100.0, 0.01, "%g"),
    Option("scale", "scale", "Scale", "Of the recursion: it must exceed the Hessian's largest eigenvalue, or the "
           "recursion diverges. Conjugate gradients solve the same damped system.", 1e-9, 1e6, 5.0, "%g"),
    Option("tolerance", "tolerance", "Tolerance", "Residual, relative to the right-hand side, at which conjugate "
           "gradients stop.", 1e-12, 1.0, 1e-4, "%g", only_with=_CG),
    Option("max_iterations", "iterations", "Most iterations", "Of conjugate gradients. Not reaching the tolerance "
           "within them is an error, no result.", 1, 100_000, only_with=_CG),
    Option("recursion_steps", "steps", "Recursion steps", "Random samples that the recursion takes, one per step; the "
           "authors take 5,000.", 1, 1_000_000, only_with=_RECURSION),
)  # fmt: skip
_CCS = (_SCORE, _PRUNE, _STRATA)
_D2 = (
    _SCORE,
    Option("neighbours", "d2_neighbours", "Neighbours", "Of each sample in the graph that spreads difficulty.", 1, 1000,
           front=True),
    Option("forward_decay", "forward_decay", "Forward decay (γf)", "How fast a message fades with distance while "
           "difficulty is gathered from neighbours; 0: not at all.", 0.0, 1e6, 0.1, "%g"),
    Option("reverse_decay", "reverse_decay", "Reverse decay (γr)", "How fast the discount fades with distance that a "
           "chosen sample gives its neighbours; 0: not at all.", 0.0, 1e6, 0.1, "%g"),
)  # fmt: skip
_GRAND = (
    Option("draws", "draws", "Draws", "Random initialisations of the adapters over which the gradient norm is "
           "averaged. Each takes one pass over the pool.", 1, 100, front=True),
)  # fmt: skip
_FDMAT = (
    Option("clusters", "fdmat_clusters", "Clusters", "Classes made by k-means where the pool has no labels.", 1, 1000,
           front=True),
    Option("regularisation", "regularisation", "Regularisation", "Weight of the entropy in the transport to the class "
           "means, relative to the mean cost.", 1e-6, 100.0, 0.01, "%g"),
)  # fmt: skip
_K_MEANS = (
    Option("passes", "passes", "Passes", "Over the pool while the cluster centres settle.", 1, 1000, front=True),
)  # fmt: skip

OPTIONS: dict[type[SelectionConfig], tuple[Option, ...]] = {
    c.CertifiedConfig: _CERTIFIED,
    c.ItraConfig: _ITRA,
    c.DealRecConfig: _DEALREC,
    c.GrandConfig: _GRAND,
    c.CcsConfig: _CCS,
    c.D2Config: _D2,
    c.FdmatConfig: _FDMAT,
    c.HerdingConfig: (_TARGET,),
    c.FacilityLocationConfig: (_TARGET,),
    c.KMeansConfig: _K_MEANS,
}


def of(kind: type[SelectionConfig]) -> tuple[Option, ...]:
    """The options that only some methods have."""
    return OPTIONS.get(kind, ())


def defaults() -> dict[str, Any]:
    """Session key to default, of every option of every method; for a reset."""
    return {option.key: option.default(kind) for kind, options in OPTIONS.items() for option in options}


def show(
    kind: type[SelectionConfig], options: Sequence[Option], values: dict[str, Any], *, has_norms: bool
) -> dict[str, Any]:
    """Widgets for some of a method's options, and what they say under the config's names.

    Args:
        kind: The method's config.
        options: Which of its options.
        values: What was chosen before; options without a use beside it are left out.
        has_norms: Whether the features have gradient norms.

    Returns:
        `values` and the new ones.
    """
    shown = [one for one in options if one.only_with is None or values.get(one.only_with[0]) == one.only_with[1]]
    values = dict(values)
    for start in range(0, len(shown), _PER_ROW):
        row = shown[start : start + _PER_ROW]
        for column, option in zip(st.columns(_PER_ROW, vertical_alignment="bottom"), row, strict=False):
            with column:
                values[option.field] = _widget(kind, option, has_norms)
    return values


def _widget(kind: type[SelectionConfig], option: Option, has_norms: bool) -> Any:
    default = option.default(kind)
    if isinstance(default, bool):
        return st.toggle(option.label, default, key=option.key, bind="query-params", help=option.help)
    if option.names is not None:
        return _choice(option, str(default), has_norms)
    if option.field == "effort_weight" and not has_norms:
        st.number_input(option.label, 0.0, 0.0, 0.0, disabled=True, key="no_effort_weight", help=_WITHOUT_NORMS)
        return 0.0
    if isinstance(default, int):
        return int(st.number_input(
            option.label, int(option.low), int(option.high), default, key=option.key, bind="query-params",
            help=option.help,
        ))  # fmt: skip
    value = st.number_input(
        option.label, float(option.low), float(option.high), float(default), step=option.step, format=option.format,
        key=option.key, bind="query-params", help=option.help,
    )  # fmt: skip
    # A share of 0.07 % is 0.0007, not the nearest double to 0.07 / 100.
    return round(float(value) / 100, 12) if option.percent else float(value)


def _choice(option: Option, default: str, has_norms: bool) -> str:
    names = dict(option.names or {})
    if not has_norms:
        names.pop("gradient-norm", None)
    chosen = st.selectbox(
        option.label, list(names), list(names).index(default), key=option.key, bind="query-params", help=option.help,
        format_func=lambda value: names.get(str(value), str(value)),
    )  # fmt: skip
    return str(chosen) if chosen in names else default
