"""What the coefficients of a proxy experiment allow to say, in plain sentences with their conditions."""

from __future__ import annotations

from goracs_core.evaluation.correlation import LEAST_POINTS, LEVEL, Coefficient, Estimate
from goracs_core.evaluation.other_proxies import OTHER_PROXIES
from goracs_core.evaluation.proxy import GRADIENT, POO, SIZE, TRANSPORT, LambdaCurve, ProxyReport

SYMBOLS = {Coefficient.PEARSON: "r", Coefficient.SPEARMAN: "ρ", Coefficient.KENDALL: "τ"}
NAMES = {
    Coefficient.PEARSON: "Pearson's r",
    Coefficient.SPEARMAN: "Spearman's ρ",
    Coefficient.KENDALL: "Kendall's τ-b",
}
_LABELS = {
    POO: "POO",
    TRANSPORT: "Transport term alone",
    GRADIENT: "Gradient term alone (negated)",
    SIZE: "Size alone",
}


def proxy_label(name: str) -> str:
    """What a proxy is called."""
    known = OTHER_PROXIES.get(name)
    return _LABELS.get(name, name) if known is None else known.label


def say(found: Estimate, kind: Coefficient) -> str:
    """A coefficient with its interval: "ρ = 0.62 (0.31 to 0.83)"."""
    return f"{SYMBOLS[kind]} = {found.value:.2f} {interval(found)}"


def interval(found: Estimate) -> str:
    """The interval in brackets."""
    if found.low is None or found.high is None:
        return "(no interval: most draws had a constant side)"
    return f"({found.low:.2f} to {found.high:.2f})"


def proxy_verdict(report: ProxyReport) -> tuple[str, ...]:
    """Sentences from the numbers, the most important first; nothing is claimed that an interval does not carry."""
    if report.n < LEAST_POINTS:
        there = "There is 1 finished coreset" if report.n == 1 else f"There are {report.n} finished coresets"
        return (f"{there}; coefficients need at least {LEAST_POINTS}.",)
    if report.line(POO).overall is None:
        return ("POO or test loss is the same for all coresets, so there is no correlation.",)
    sentences = [_verdict(report), _across(report), _against_terms(report), _against_others(report), _noise(report)]
    return tuple(sentence for sentence in sentences if sentence)


def curve_reading(curve: LambdaCurve, lambda_: float, kind: Coefficient) -> str:
    """Where the curve is highest, and why that is no result."""
    low, high = curve.best
    where = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    place = int(abs(curve.lambdas - lambda_).argmin())
    scope = "within sizes" if curve.within_size is not None else "over all points"
    return (
        f"{scope.capitalize()}, {SYMBOLS[kind]} is largest at λ {where} ({curve.judged.max():.2f}; at the "
        f"experiment's λ {lambda_:g} it is {curve.judged[place]:.2f}). This λ was chosen on the test losses: its "
        "coefficient is optimistic and must be checked on another test set or dataset."
    )


def _verdict(report: ProxyReport) -> str:
    found = report.at_equal_size
    poo = f"POO (λ {report.lambda_:g})"
    if found is None:
        return f"No result for {poo} at equal size: no size has enough coresets. Add methods or seeds."
    where = (
        f"At equal size (mean of {len(report.counts)} sizes)"
        if report.several_sizes
        else "All coresets have the same size:"
    )
    numbers = f"{where} {say(found, report.kind)} for {poo} and test loss, {found.n} coresets"
    if found.low is None or found.high is None:
        return f"{numbers}: too few for a conclusion."
    if not found.clear:
        level = f"{100 * LEVEL:.0f} %"
        return (
            f"{numbers}: not significant, because the {level} interval contains 0; more coresets are needed to "
            "decide whether POO predicts test loss."
        )
    if found.value < 0:
        return f"{numbers}: a lower POO was associated with a HIGHER test loss here, so POO fails as a proxy."
    beyond = ", beyond the effect of size" if report.several_sizes else ""
    return f"{numbers}: coresets with lower POO had lower test loss{beyond}."


def _across(report: ProxyReport) -> str:
    overall, size = report.line(POO).overall, report.line(SIZE).overall
    if not report.several_sizes or overall is None or size is None:
        return ""
    more = "no better than" if size.value >= overall.value else "against"
    return (
        f"Across sizes {say(overall, report.kind)}, {more} {say(size, report.kind)} of size alone. Larger coresets "
        "have lower POO and mostly lower test loss in any case, so this number is no evidence for POO."
    )


def _against_terms(report: ProxyReport) -> str:
    parts = []
    for name, words in ((TRANSPORT, "its transport term alone"), (GRADIENT, "its gradient term alone")):
        behind = report.line(name).behind_poo
        if behind is not None and (name == TRANSPORT or report.lambda_ > 0):
            parts.append(f"{_compared(behind)} {words} ({behind.value:+.2f}; {interval(behind)[1:]}")
    return f"POO ranks the coresets {', and '.join(parts)}." if parts else ""


def _against_others(report: ProxyReport) -> str:
    others = [line for line in report.lines if line.name not in (POO, TRANSPORT, GRADIENT, SIZE)]
    judged = [line for line in others if line.behind_poo is not None]
    if not judged:
        return ""
    beaten = [
        proxy_label(line.name)
        for line in judged
        if line.behind_poo and line.behind_poo.clear and line.behind_poo.value > 0
    ]
    ahead = [
        proxy_label(line.name)
        for line in judged
        if line.behind_poo and line.behind_poo.clear and line.behind_poo.value < 0
    ]
    if not ahead and not beaten:
        return f"None of the {len(judged)} other proxies is significantly better or worse than POO."
    first = (
        f"{', '.join(ahead)} performed significantly better than POO"
        if ahead
        else "No other proxy performed significantly better than POO"
    )
    rest = len(judged) - len(ahead) - len(beaten)
    second = f"; POO performed significantly better than {', '.join(beaten)}" if beaten else ""
    third = f"; for the other {rest} the difference is not significant" if rest else ""
    return f"{first}{second}{third}."


def _noise(report: ProxyReport) -> str:
    if report.spread is None or report.chance is None:
        return ""
    return (
        f"At equal size, test loss varies by {report.spread:.3f} nats (standard deviation), and by "
        f"{report.chance:.3f} among coresets of one method with different seeds: differences of this size are random "
        "variation."
    )


def _compared(behind: Estimate) -> str:
    if not behind.clear:
        return "neither significantly better nor worse than"
    return "better than" if behind.value > 0 else "worse than"
