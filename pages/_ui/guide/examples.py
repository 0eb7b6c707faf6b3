"""A live example of each quantity of the glossary: a number of the shown run, of the demo's experiments, or worked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from goracs_core.evaluation.coverage import coverage
from goracs_core.evaluation.overlap import jaccard, pareto_front
from goracs_core.evaluation.projection import trustworthiness
from goracs_core.evaluation.standing import Standing
from pages._ui import alternatives, cache, proof
from pages._ui.cache import RANDOM_DRAWS
from pages._ui.guide import measured, worked
from pages._ui.guide.shown import Shown


@dataclass(frozen=True)
class Example:
    """A number and where it comes from.

    Args:
        value: As it is shown.
        note: What it is of.
    """

    value: str
    note: str = ""


def of(keys: tuple[str, ...], shown: Shown) -> dict[str, Example]:
    """Examples of some terms by key.

    Args:
        keys: Of the glossary.
        shown: The run to take them from.
    """
    return {key: _example(key, shown) for key in keys}


def _example(key: str, shown: Shown) -> Example:
    if key in _OF_RUN:
        return _OF_RUN[key](shown)
    if key in measured.EXAMPLES:
        return Example(*measured.EXAMPLES[key](shown.ref))
    return Example(*worked.example(key, shown.run.selection.scores))


def _terms(shown: Shown) -> dict[str, Example]:
    one = shown.run.selection
    random = shown.random_terms()
    about = ("", "") if random is None else tuple(f"random: {values.mean():.5f}" for values in random)
    return {
        "transport": Example(f"{one.transport_term:.5f}", about[0]),
        "gradient": Example(f"{one.gradient_term:.5f}", about[1]),
    }


def _poo(shown: Shown) -> Example:
    one = shown.run.selection
    terms = f"{one.transport_term:.5f} − {one.config.lambda_:g} × {one.gradient_term:.5f}"
    return Example(f"{one.poo:.5f}", terms)


def _random_poo(shown: Shown) -> Example:
    values = shown.random_values()
    if values is None:
        return Example("–", "takes long for data of this size")
    return Example(f"{values.mean():.5f}", f"{values.min():.5f} to {values.max():.5f}, {RANDOM_DRAWS} draws")


def _below_random(shown: Shown) -> Example:
    terms = shown.random_terms()
    if terms is None:
        return Example("–", "takes long for data of this size")
    found = Standing.of(shown.run.selection, *terms)
    return Example(f"{found.below_random:.1%}", f"of {terms[0].mean():.4f}, the mean transport term of random coresets")


def _proven(shown: Shown, name: str) -> Example:
    certificate = shown.run.selection.certificate
    if certificate is None:
        return Example("–", "this run proves nothing")
    value = getattr(certificate, name)
    told = {"lower_bound": "{:.5f}", "rounds": "{:,}", "full_passes": "{:,}"}
    return Example(proof.share(value) if name == "gap" else told[name].format(value))


def _price(shown: Shown) -> Example:
    certificate = shown.run.selection.certificate
    if certificate is None or not len(certificate.prices):
        return Example("–", "this run proves nothing")
    prices = certificate.prices
    return Example(f"{np.ptp(prices):.4f}", f"range, from {prices.min():.4f} to {prices.max():.4f}")


def _passed(shown: Shown) -> Example:
    trace = shown.run.selection.trace
    passed = trace.pass_at_1
    if passed is None:
        return Example("–", "no pair was tried in this run")
    return Example(f"{passed:.0%}", f"{len(trace.exchanges):,} exchanges accepted, {trace.tried_pairs:,} pairs tried")


def _alternatives(shown: Shown, name: str) -> Example:
    """Of the sample that was selected first."""
    if not alternatives.cheap(shown.run):
        return Example("–", "takes long for data of this size")
    found = alternatives.of(shown.run, shown.ref, 0)
    if found is None:
        return Example("–", "the data have changed since this run")
    change = found.removal if name == "removal" else found.replacement and found.replacement.change
    title = shown.dataset.items.titles[int(shown.dataset.pool.targets[shown.run.selection.indices[0]])]
    return Example("–", "no other sample") if change is None else Example(f"{change.poo:+.5f}", f"of {title}")


def _plan(shown: Shown) -> dict[str, Example]:
    selection, scale = shown.run.selection, shown.problem.distance_scale
    plan, covered = selection.plan, coverage(selection.plan)
    costs = covered.column_costs * scale
    title = shown.dataset.items.titles[int(shown.dataset.validation.targets[int(costs.argmax())])]
    share = f"{len(selection)} × {selection.num_validation} samples"
    return {
        "mass": Example(f"1/{len(selection):,}", f"of each selected sample; {len(plan.mass):,} flows among {share}"),
        "partners": Example(f"{covered.row_partners.mean():.1f}", "per selected sample, on average"),
        "mean_distance": Example(f"{covered.row_costs.mean() * scale:.4f}", f"max d = {scale:.4f}"),
        "worst_covered": Example(f"{costs.max():.4f}", title),
    }


def _norms(shown: Shown) -> Example:
    norms = shown.run.scores.gradient_norms
    if not shown.run.metrics.get("has_gradient_norms"):
        return Example("–", "these features have no gradient norms")
    return Example(f"{norms.mean():.4g}", f"mean of the coreset; max g = {shown.problem.gradient_scale:.4g}")


def _jaccard(shown: Shown) -> Example:
    rows = np.asarray(shown.run.selection.indices)
    drawn = np.random.default_rng(0).choice(shown.ref.counts["pool"], size=len(rows), replace=False)
    k, n = len(rows), shown.ref.counts["pool"]
    return Example(f"{jaccard(rows, drawn):.3f}", f"with one random coreset; expected {k / (2 * n - k):.3f}")


def _pareto(shown: Shown) -> Example:
    random = shown.random_terms()
    if random is None:
        return Example("–", "takes long for data of this size")
    one = shown.run.selection
    front = pareto_front(np.append(random[0], one.transport_term), np.append(random[1], one.gradient_term))
    others = f"beside {RANDOM_DRAWS} random coresets, {int(front[:-1].sum())} of them on the front"
    return Example("yes" if front[-1] else "no", others)


def _trust(shown: Shown) -> Example:
    features = cache.features(shown.ref)
    rows = features.pool.values[:_MAPPED]
    centred = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    placed = (centred @ directions[:2].T).astype(np.float32)
    return Example(f"{trustworthiness(rows, placed):.3f}", f"PCA of {len(rows):,} pool samples")


def _pca(shown: Shown) -> Example:
    rows = cache.features(shown.ref).pool.values[:_MAPPED].astype(np.float64)
    variances = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    return Example(f"{variances[:2].sum() / variances.sum():.1%}", f"of the variance of {len(rows):,} pool samples")


_MAPPED = 500  # pool samples whose map is measured for an example


def _contribution(shown: Shown) -> Example:
    run, problem = shown.run, shown.problem
    reward = run.config.lambda_ * run.scores.gradient_norms / max(problem.gradient_scale, 1e-300)
    parts = run.scores.mean_distances / problem.distance_scale - reward
    return Example(f"{parts.mean():.5f}", f"mean, which is POO; from {parts.min():.4f} to {parts.max():.4f}")


def _popularity(name: str, shape: str) -> Callable[[Shown], Example]:
    def example(shown: Shown) -> Example:
        found = shown.popularity()
        mine, random = found.coresets["coreset"], found.random_for("coreset")
        ends = (format(getattr(side, name), shape) for side in (random.low, random.high))
        return Example(format(getattr(mine, name), shape), f"random: {' to '.join(ends)}")

    return example


def _mid(shown: Shown) -> Example:
    found = shown.popularity()
    return Example(f"{found.coresets['coreset'].class_shares[1]:.1%}", f"pool: {found.pool.class_shares[1]:.1%}")


def _item(shown: Shown) -> Example:
    items = shown.dataset.items
    most = int(items.popularity.argmax())
    return Example(f"{int(items.popularity[most]):,}", f"the most popular item: {items.titles[most]}")


_OF_RUN: dict[str, Callable[[Shown], Example]] = {
    "pool": lambda shown: Example(f"{shown.ref.counts['pool']:,}"),
    "validation": lambda shown: Example(f"{shown.ref.counts['validation']:,}"),
    "budget": lambda shown: Example(f"{shown.run.config.budget:,}"),
    "distance": lambda shown: Example(f"{shown.problem.distance_scale:.4f}", "max d over all pairs"),
    "transport": lambda shown: _terms(shown)["transport"],
    "gradient_norm": _norms,
    "gradient": lambda shown: _terms(shown)["gradient"],
    "lambda": lambda shown: Example(f"{shown.run.config.lambda_:g}"),
    "poo": _poo,
    "random_poo": _random_poo,
    "below_random": _below_random,
    "lower_bound": lambda shown: _proven(shown, "lower_bound"),
    "gap": lambda shown: _proven(shown, "gap"),
    "iterations": lambda shown: _proven(shown, "rounds"),
    "full_passes": lambda shown: _proven(shown, "full_passes"),
    "price": _price,
    "pass_at_1": _passed,
    **{
        name: (lambda shown, name=name: _plan(shown)[name])
        for name in ("mass", "partners", "mean_distance", "worst_covered")
    },
    **{name: (lambda shown, name=name: _alternatives(shown, name)) for name in ("removal", "replacement")},
    "contribution": _contribution,
    "jaccard": _jaccard,
    "pareto": _pareto,
    "pca": _pca,
    "trust": _trust,
    "popularity": _item,
    "mid_share": _mid,
    "arp": _popularity("arp", ",.1f"),
    "head_share": _popularity("head_share", ".1%"),
    "tail_share": _popularity("tail_share", ".1%"),
    "coverage": _popularity("coverage", ".1%"),
    "gini": _popularity("gini", ".4f"),
    "js_validation": _popularity("js_validation", ".4f"),
    "js_pool": _popularity("js_pool", ".4f"),
    "category_js": _popularity("category_js", ".4f"),
}
