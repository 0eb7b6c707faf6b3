"""A popularity report in plain words: one sentence per finding, each with its numbers and what chance would give."""

from __future__ import annotations

import numpy as np

from goracs_core.evaluation.popularity import PopularityReport, RandomReference


def popularity_reading(report: PopularityReport, coreset: str) -> tuple[str, ...]:
    """What the report says about one coreset, most telling first."""
    measures, reference = report.coresets[coreset], report.random_for(coreset)
    sentences = [_leaning(report, coreset)]
    for name, more, less in (
        ("tail_share", "The share of tail items is larger", "The share of tail items is smaller"),
        ("coverage", "It covers more of the catalogue", "It covers less of the catalogue"),
    ):
        place = reference.place(measures, name)
        if place:
            own, chance = f"{getattr(measures, name):.1%}", _chance(reference, name)
            sentences.append(f"{more if place > 0 else less} than in random coresets: {own}; {chance}.")
    sentences.append(_towards_validation(report, coreset))
    steepest = int(np.argmax(np.abs(np.log2(np.maximum(measures.lift, 1 / 1024)))))
    lift, low, high = (float(m.lift[steepest]) for m in (measures, reference.low, reference.high))
    if not low <= lift <= high:
        band = report.scale.decile_labels[steepest]
        sentences.append(
            f"Largest shift: items with {band} interactions are selected {lift:.2f} times as often as their share of "
            f"the pool (random {low:.2f} to {high:.2f})."
        )
    return tuple(sentences)


def _leaning(report: PopularityReport, coreset: str) -> str:
    measures, reference = report.coresets[coreset], report.random_for(coreset)
    place = reference.place(measures, "head_share")
    verdict = {
        1: "head-heavier than random",
        0: "as head-heavy as random coresets",
        -1: "less head-heavy than random",
    }[place]
    return (
        f"The coreset is {verdict}: {measures.head_share:.1%} of its targets are head items; "
        f"{_chance(reference, 'head_share')}; pool {report.pool.head_share:.1%}, validation "
        f"{report.validation.head_share:.1%}."
    )


def _towards_validation(report: PopularityReport, coreset: str) -> str:
    measures, reference = report.coresets[coreset], report.random_for(coreset)
    place = reference.place(measures, "js_validation")
    verdict = {
        -1: "closer to that of the validation samples than",
        0: "as close to that of the validation samples as",
        1: "farther from that of the validation samples than",
    }[place]
    return (
        f"Its popularity distribution is {verdict} a random coreset's: divergence {measures.js_validation:.3f} bit; "
        f"random {reference.low.js_validation:.3f} to {reference.high.js_validation:.3f}."
    )


def _chance(reference: RandomReference, name: str) -> str:
    low, high = getattr(reference.low, name), getattr(reference.high, name)
    return f"random coresets of the same size {low:.1%} to {high:.1%}"
