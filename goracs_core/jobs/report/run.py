"""A run as a self-contained HTML report: result, proof, figures, samples, settings, provenance."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from goracs_core.charts import bounds as bounds_charts
from goracs_core.charts import map as map_charts
from goracs_core.charts import popularity as popularity_charts
from goracs_core.charts import standing as standing_charts
from goracs_core.charts import trace as trace_charts
from goracs_core.evaluation.coverage import coverage
from goracs_core.evaluation.reading import popularity_reading
from goracs_core.evaluation.standing import verdict
from goracs_core.glossary import GLOSSARY, term
from goracs_core.jobs.report import page
from goracs_core.jobs.report.material import Material, popularity
from goracs_core.jobs.report.page import Section
from goracs_core.jobs.select.export import coreset_table, exchange_sentence, proof_sentence
from goracs_core.jobs.select.repeat import has_given_scores, select_command
from goracs_core.jobs.weights import recorded_weighting, weighting_words
from goracs_core.methods import config_to_dict, method_of
from goracs_core.quantities import duration, proven

if TYPE_CHECKING:
    from goracs_core.jobs.select.run import Run
    from goracs_core.workspace import Workspace

_MOST_SAMPLES, _WORST = 2_000, 10
_DEFINED = ("poo", "transport", "gradient", "lambda", "lower_bound", "gap", "pass_at_1", "random_poo", "below_random")
_OF_POPULARITY = ("arp", "head_share", "tail_share", "coverage", "gini", "js_validation", "js_pool")


def run_report(run: Run, workspace: Workspace) -> bytes:
    """The report of a run; what cannot be drawn without its data is left out, and the report says so.

    Args:
        run: The run.
        workspace: Where its data may lie.
    """
    material = Material(run, workspace)
    sections = [
        Section("Result", _result(material)),
        Section("Convergence", _convergence(run)),
        Section("Map", _map(material)),
        Section("Coverage", _covered(material)),
        Section("Popularity", _popularity(material)),
        Section("Samples", _samples(material)),
        settings([run]),
        definitions((*_DEFINED, *(_OF_POPULARITY if material.dataset is not None else ()))),
    ]
    return page.document(f"Coreset: {run.name}", headline(material), sections)


def headline(material: Material) -> str:
    """The result in a sentence or two."""
    run, found = material.run, material.standing
    selection, config = run.selection, run.config
    source = run.dataset.name or "bare arrays"
    told = f"{len(selection):,} of {selection.num_pool:,} pool samples of {source}, by {method_of(config).label}."
    if found is None:
        proof = proof_sentence(run)
        return f"{told} {proof[:1].upper()}{proof[1:]}." if proof else f"{told} Nothing is proven about it."
    return f"{told} POO {verdict(found, None if found.gap is None else proven(found.gap))[0]}"


def number_of(run: Run, name: str) -> str:
    """A number of a run as reports write it; "–" where it has none."""
    selection, certificate = run.selection, run.selection.certificate
    match name:
        case "poo" | "transport_term" | "gradient_term":
            return f"{getattr(selection, name):.5f}"
        case "lower_bound":
            return "–" if certificate is None else f"{certificate.lower_bound:.5f}"
        case "gap":
            return "–" if certificate is None else proven(certificate.gap)
        case _:
            passed = selection.trace.pass_at_1
            return "–" if passed is None else f"{passed:.0%}"


def _result(material: Material) -> list[str]:
    run, found = material.run, material.standing
    selection = run.selection
    beside = ("", "", "")
    if found is not None:
        values = (found.random_poo, found.random_transport, found.random_gradient)
        beside = tuple(f"random {one.mean():.5f}" for one in values)
    shown = {
        "POO": (number_of(run, "poo"), beside[0]),
        "Transport term": (number_of(run, "transport_term"), beside[1]),
        "Gradient term": (number_of(run, "gradient_term"), beside[2]),
        "λ": (f"{run.config.lambda_:g}", ""),
        "Lower bound": (number_of(run, "lower_bound"), "" if selection.certificate else "not computed"),
        "Gap": (number_of(run, "gap"), "of the transport term"),
        "pass@1": (number_of(run, "pass_at_1"), f"{selection.trace.tried_pairs:,} pairs tried"),
        "Time": (duration(run.seconds), "scores included"),
    }
    parts = [page.numbers(shown)]
    if found is not None:
        parts.append(page.paragraph(verdict(found, None)[1]))  # the first sentence is below the title
        alt = f"POO {found.poo:.5f} of this coreset beside random coresets and the proven bound."
        axis = standing_charts.poo_axis(found, others=found.random_poo[:0])
        parts.append(page.figure(axis, name="poo-axis", alt=alt))
        alt = "Transport term and λ times gradient term of this coreset and of random ones."
        parts.append(page.figure(standing_charts.terms(found), name="terms", alt=alt))
    else:
        parts.append(page.paragraph("Without its data there is no comparison with random coresets.", quiet=True))
    failed = exchange_sentence(accepted=len(selection.trace.exchanges), tried=selection.trace.tried_pairs)
    parts += [page.paragraph(failed)] if failed else []
    parts.append(page.paragraph(f"Stopped because {selection.stop_reason}."))
    return [*parts, page.heading("Notes"), page.paragraph(run.notes)] if run.notes else parts


def _convergence(run: Run) -> list[str]:
    bounds, trace = run.selection.trace.bounds, run.selection.trace
    parts = []
    if bounds is not None and len(bounds) > 1:
        alt = "Lower bound and POO of the best coreset over time."
        figure = bounds_charts.closing(bounds.seconds, bounds.lower, bounds.upper)
        parts.append(page.figure(figure, name="bounds", alt=alt, note=alt))
    if trace.exchanges:
        alt = f"POO after each of {len(trace.exchanges)} exchanges."
        parts.append(page.figure(trace_charts.exchange_curve(trace), name="exchanges", alt=alt, note=alt))
    if trace.stages:
        words = method_of(run.config).stages
        rows = [(name, f"{seconds:.2f}", words.get(name, "")) for name, seconds in trace.stages]
        parts.append(page.table(("Stage", "Seconds", "Description"), rows, caption="Seconds per stage"))
    return parts


def _map(material: Material) -> list[str]:
    place, dataset = material.projection, material.dataset
    if place is None or dataset is None:
        return []
    titles = dataset.items.titles
    told = tuple([titles[target] for target in part.targets] for part in (dataset.pool, dataset.validation))
    figure = map_charts.embedding_map(place, {"Coreset": material.run.selection.indices}, titles=(told[0], told[1]))
    figure.update_layout(height=620)
    alt = "Pool, validation samples and coreset in two dimensions."
    note = f"{place.note} Distances between far groups, sizes and densities mean little."
    return [page.figure(figure, name="map", alt=alt, note=note)]


def _covered(material: Material) -> list[str]:
    problem, dataset = material.problem, material.dataset
    if problem is None or dataset is None:
        return []
    covered, part = coverage(material.run.selection.plan), dataset.validation
    worst = covered.worst_columns(_WORST)
    rows = [
        (
            dataset.items.titles[part.targets[row]],
            part.ids[row],
            f"{covered.column_costs[row] * problem.distance_scale:.4f}",
            f"{covered.column_partners[row]}",
        )
        for row in worst
    ]
    heads = ("Title", "Sample", "Mean distance", "Partners")
    return [
        page.paragraph(f"The {len(rows)} worst covered of {len(part):,} validation samples."),
        page.table(heads, rows, caption="Worst covered validation samples"),
    ]


def _popularity(material: Material) -> list[str]:
    if material.dataset is None:
        return []
    found = popularity({"Coreset": material.run}, material.dataset)
    mine, random = found.coresets["Coreset"], found.random_for("Coreset")
    rows = [
        (term(name).name, *(f"{getattr(one, name):.4g}" for one in (mine, random.low, random.high, found.pool)))
        for name in _OF_POPULARITY
    ]
    alt = "Share of samples by popularity of the target: coreset, pool, validation and random coresets."
    return [
        page.bullets(popularity_reading(found, "Coreset")),
        page.figure(popularity_charts.histogram(found), name="popularity", alt=alt, note=alt),
        page.table(
            ("Measure", "Coreset", "Random, low", "Random, high", "Pool"), rows, caption="Popularity of the coreset"
        ),
    ]


def _samples(material: Material) -> list[str]:
    table = coreset_table(material.run, material.dataset)
    wanted = [name for name in table.columns if name not in {"prompt", "answer", "user", "item"}]
    shown = table[wanted].head(_MOST_SAMPLES)
    rows = [
        [f"{cell:.5g}" if isinstance(cell, float) else cell for cell in row] for row in shown.itertuples(index=False)
    ]
    count = f"{len(shown):,} of {len(table):,}" if len(shown) < len(table) else f"All {len(table):,}"
    listed = page.table(wanted, rows, caption="Selected samples")
    return [page.folded(f"{count} selected samples in the order of selection", listed)]


def settings(runs: list[Run]) -> Section:
    """Options, data, versions, fingerprints and the command of one or several runs."""
    parts = []
    for run in runs:
        if len(runs) > 1:
            parts.append(page.heading(run.name))
        rows = [*config_to_dict(run.config).items(), *_provenance(run)]
        parts.append(page.table(("Setting", "Value"), [(name, str(value)) for name, value in rows], caption="Settings"))
        parts += [page.paragraph("To select it again:"), page.code(_command(run))] if run.dataset.directory else []
        versions = page.table(("Library", "Version"), list(run.versions.items()), caption="Versions")
        inputs = page.table(("Input", "Fingerprint or name"), list(run.inputs.items()), caption="Inputs")
        parts += [page.folded("Versions", versions), page.folded("Inputs", inputs)]
    return Section("Settings and provenance", parts)


def _provenance(run: Run) -> list[tuple[str, str]]:
    created = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(run.created))
    return [
        ("weights of validation samples", weighting_words(run.inputs)),
        ("dataset", run.dataset.name or "bare arrays"),
        *([("sampling", "; ".join(run.dataset.sampling))] if run.dataset.sampling else []),
        ("dataset fingerprint", run.dataset.fingerprint or "–"),
        ("problem fingerprint", run.selection.problem_fingerprint),
        ("coreset fingerprint", run.fingerprint),
        ("run", run.id),
        ("selected", created),
        ("program", f"GORACS Explorer {run.versions.get('goracs_core', '?')}"),
    ]


def _command(run: Run) -> str:
    half_life = recorded_weighting(run.inputs).get("half_life")
    scores = "scores.npy" if has_given_scores(run) else None
    task = run.dataset.task
    return select_command(run.config, run.dataset.directory, task=task, half_life=half_life, scores=scores)


def definitions(keys: tuple[str, ...]) -> Section:
    """What the numbers mean, from the glossary."""
    rows = [(one.name, page.plain(one.text), one.unit, one.source) for one in (GLOSSARY[key] for key in keys)]
    listed = page.table(("Quantity", "Definition", "Unit", "Source"), rows, caption="Definitions")
    return Section("Definitions", [listed])
