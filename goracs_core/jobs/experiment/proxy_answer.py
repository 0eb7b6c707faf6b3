"""What a proxy experiment answers: sentences, a section of a report, and a table of its coresets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goracs_core.evaluation.correlation import Coefficient, Estimate
from goracs_core.evaluation.proxy import POO, ProxyReport, lambda_curve, proxy_report
from goracs_core.evaluation.proxy_reading import NAMES, curve_reading, interval, proxy_label, proxy_verdict
from goracs_core.jobs.experiment.points import proxy_points
from goracs_core.jobs.experiment.record import Experiment
from goracs_core.jobs.tables import MISSING, Table

if TYPE_CHECKING:
    import pandas as pd

_SCOPES = ("over all", "given size", "within sizes")


def reading(experiment: Experiment) -> list[str]:
    """Does POO predict test loss; nothing before the first coreset is trained on."""
    points = proxy_points(experiment)
    return list(proxy_verdict(proxy_report(points, experiment.lambda_))) if len(points) else []


def section(experiment: Experiment) -> list[str]:
    """The verdict, coefficients of all proxies, and what another lambda would give."""
    points = proxy_points(experiment)
    reports = {kind: proxy_report(points, experiment.lambda_, kind=kind) for kind in Coefficient}
    spearman = reports[Coefficient.SPEARMAN]
    parts = ["\n".join(f"* {sentence}" for sentence in proxy_verdict(spearman)) + "\n"]
    if spearman.line(POO).overall is None:
        return parts
    parts.append(f"POO at λ = {experiment.lambda_:g} and test loss, by coefficient (n = {spearman.n}):\n")
    rows = [[NAMES[kind], *_estimates(found, POO)] for kind, found in reports.items()]
    parts.append(Table.of_cells(["coefficient", *_SCOPES], rows).markdown())
    last = "the last column is POO's coefficient minus the proxy's"
    parts.append(f"{NAMES[Coefficient.SPEARMAN]} of each proxy with test loss; {last}:\n")
    rows = [
        [proxy_label(line.name), str(line.n), *_estimates(spearman, line.name), _estimate(line.behind_poo)]
        for line in spearman.lines
    ]
    parts.append(Table.of_cells(["proxy", "n", *_SCOPES, "POO minus proxy"], rows).markdown())
    sizes = [f"k = {size:,}: {_estimate(found)}" for size, found in spearman.sizes.items() if found is not None]
    if sizes:
        parts.append(f"At each size: {'; '.join(sizes)}.\n")
    curve = lambda_curve(points)
    if curve is not None:
        parts.append(f"{curve_reading(curve, experiment.lambda_, Coefficient.SPEARMAN)}\n")
    return parts


def table(experiment: Experiment) -> pd.DataFrame:
    """One line per coreset, in the order of training: how it was chosen, POO, its terms, other proxies, test loss."""
    import pandas as pd

    points = proxy_points(experiment)
    columns = {
        "arm": points.arms,
        "budget": points.budgets,
        "seed": points.seeds,
        "poo": points.poo(experiment.lambda_),
        "transport_term": points.transport,
        "gradient_term": points.gradient,
        "test_loss": points.loss,
        "test_loss_se": points.loss_error,
    }
    return pd.DataFrame({**columns, **points.others, "run": points.runs, "training": points.trainings})


def _estimates(found: ProxyReport, name: str) -> list[str]:
    line = found.line(name)
    return [_estimate(line.overall), _estimate(line.given_size), _estimate(line.within_size)]


def _estimate(found: Estimate | None) -> str:
    return MISSING if found is None else f"{found.value:+.2f} {interval(found)}"
