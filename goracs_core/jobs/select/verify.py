"""A run checked from its files and its data alone: POO by exact transport, the bound from the prices, no solver code.

What is trusted: `goracs_core.objective` (what POO is), the exact transport of a fixed set, and the definition of the
bound in `goracs_core.selection.verify`. What is checked: every number that run.json claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from goracs_core.errors import ConfigError, StoreError
from goracs_core.jobs.inputs import SelectInputs, load_inputs, option_name
from goracs_core.jobs.select import files
from goracs_core.jobs.select.claims import Claims, chosen_rows, prices_of, read_claims
from goracs_core.jobs.weights import recorded_weighting, weighting_words
from goracs_core.methods import SelectionConfig
from goracs_core.objective import Problem, poo
from goracs_core.progress import Progress, silent
from goracs_core.selection.label_aware import class_parts, label_quotas
from goracs_core.selection.result import Selection, relative_gap
from goracs_core.selection.verify import lower_bound
from goracs_core.store.kind import digest
from goracs_core.types import FloatArray, IndexArray, fingerprint

# Largest difference between a claim and what is found, as a share of the transport term; far above rounding, far below
# any gap that is worth a claim.
TOLERANCE = 1e-9
_LEAST_TERM = 1e-6  # a transport term near 0 leaves nothing to be relative to

_COMPARED = {
    "pool_embeddings": "pool embeddings",
    "validation_embeddings": "validation embeddings",
    "gradient_norms": "gradient norms",
    "pool_labels": "pool labels",
    "validation_labels": "validation labels",
    "validation_weights": "validation weights",
}
_CLAIMED = {
    "poo": "a POO",
    "transport_term": "a transport term",
    "gradient_term": "a gradient term",
    "label_aware_poo": "a label-aware POO",
    "lower_bound": "a lower bound",
    "gap": "a gap",
}
_OTHER_PROBLEM = (
    "the data is not what the run was made on (the fingerprints of the problem differ); "
    "give the data that the coreset was chosen from"
)


@dataclass(frozen=True)
class Verification:
    """What was found, and whether it is what the run claims.

    Args:
        run: The run's id.
        budget: Size of the coreset.
        label_aware: Whether the bound is on the mass-weighted sum of the labels' own POO, `label_aware_poo`.
        problem_matches: The data is what the run was made on; otherwise nothing was computed.
        reason: Why it is not verified, in one sentence; "" when it is.
        poo, transport_term, gradient_term: Of the coreset, computed anew; None when they could not be.
        label_aware_poo: Likewise, label-aware runs only.
        lower_bound: What the prices prove, or None without prices.
        gap: (value - lower_bound) / transport term.
        claims: What the run says: same names as the values above.
    """

    run: str
    budget: int
    label_aware: bool
    problem_matches: bool
    reason: str
    claims: Mapping[str, float | None]
    poo: float | None = None
    transport_term: float | None = None
    gradient_term: float | None = None
    label_aware_poo: float | None = None
    lower_bound: float | None = None
    gap: float | None = None

    @property
    def verified(self) -> bool:
        """Whether every claim holds."""
        return not self.reason

    def agrees(self, name: str) -> bool:
        """Whether a value is what the run claims."""
        found, claimed = getattr(self, name), self.claims[name]
        if found is None or claimed is None:
            return found is claimed
        unit = 1.0 if name == "gap" else max(self.transport_term or 0.0, _LEAST_TERM)
        return abs(found - claimed) <= TOLERANCE * unit

    def to_dict(self) -> dict[str, Any]:
        """Plain values, claims as `claimed_...`."""
        values = {name: value for name, value in asdict(self).items() if name not in ("claims", "reason")}
        claims = {f"claimed_{name}": value for name, value in self.claims.items()}
        return values | claims | {"verified": self.verified, "reason": self.reason}


def verify_folder(directory: Path, spec: dict[str, Any], *, progress: Progress = silent) -> Verification:
    """Compute a run's POO and bound anew and compare them with what it claims.

    Args:
        directory: Its folder: run.json, coreset.csv, selection.npz.
        spec: The data, as for `goracs_core.jobs.inputs.load_inputs`; a half-life is taken from the run.
        progress: Told stage, done and total.

    Raises:
        GoracsError: Files or data that cannot be read.
    """
    progress("loading", 0, 0)
    claims = read_claims(directory)
    rows, prices = chosen_rows(directory), prices_of(directory)
    empty = Verification(claims.run, claims.config.budget, claims.config.label_aware, False, "", claims.values)
    if claims.dataset and not spec.get("dataset"):
        return replace(empty, reason=f"the run was made on the dataset {claims.dataset}; give it with --dataset")
    inputs = _load(spec, claims)
    if reason := _other_data(inputs, claims):
        return replace(empty, reason=reason)
    problem = inputs.problem(progress=progress)
    if problem.fingerprint != claims.problem_fingerprint:
        return replace(empty, reason=_OTHER_PROBLEM)
    empty = replace(empty, problem_matches=True)
    if reason := _no_coreset(rows, claims.config, problem):
        return replace(empty, reason=reason)
    found = _values(problem, rows, prices, claims.config, empty, progress)
    return replace(found, reason=_first_fault(found, rows, claims, directory))


def verify_selection(problem: Problem, selection: Selection, *, progress: Progress = silent) -> Verification:
    """Compute POO and bound of a selection in memory anew and compare them with what it says.

    Args:
        problem: What it was made on.
        selection: The coreset with its values and certificate.
        progress: Told stage, done and total.
    """
    proof = selection.certificate
    claims = {name: getattr(selection, name) for name in ("poo", "transport_term", "gradient_term", "label_aware_poo")}
    claims |= {name: None if proof is None else getattr(proof, name) for name in ("lower_bound", "gap")}
    same = problem.fingerprint == selection.problem_fingerprint
    empty = Verification("", selection.config.budget, selection.config.label_aware, same, "", claims)
    if not same:
        return replace(empty, reason=_OTHER_PROBLEM)
    if reason := _no_coreset(selection.indices, selection.config, problem):
        return replace(empty, reason=reason)
    prices = None if proof is None else proof.prices
    found = _values(problem, selection.indices, prices, selection.config, empty, progress)
    return replace(found, reason=_false_claim(found, "the coreset"))


def _load(spec: dict[str, Any], claims: Claims) -> SelectInputs:
    """The data, weighted as the run says unless the spec says how."""
    weighted = any(spec.get(name) for name in ("validation_weights", "half_life"))
    recorded = {} if weighted else recorded_weighting(claims.inputs)
    if spec.get("validation_times") and not recorded:
        raise ConfigError(
            "the run does not weigh its validation samples by age; leave --validation-times out",
            code="idle-option",
            fields={"option": "validation_times"},
        )
    if recorded and not spec.get("dataset") and not spec.get("validation_times"):
        raise ConfigError(
            f"the run weighs its validation samples by a {weighting_words(claims.inputs)}; "
            "give their times with --validation-times",
            code="no-times",
            fields={"option": "validation_times"},
        )
    return load_inputs(spec | recorded)


def _other_data(inputs: SelectInputs, claims: Claims) -> str:
    """In what the data differs from the run's, before any distance is computed; "" when in nothing that is known."""
    if inputs.dataset is not None and inputs.dataset.fingerprint != claims.dataset_fingerprint:
        source = f"another dataset ({claims.dataset})" if claims.dataset else "bare arrays"
        return f"the run was made on {source}, not on {inputs.dataset.name} as given; give what it was made on"
    found = inputs.fingerprints | inputs.weighting.record
    for name, words in _COMPARED.items():
        # Runs record "" for what there was none of, but weights only where there are some.
        theirs = claims.inputs.get(name, "" if name == "validation_weights" else None)
        mine = found.get(name, "")
        if theirs is None or mine == theirs:
            continue
        if inputs.dataset is not None:
            return f"the {words} are not those the run was made on; features or weights of the dataset have changed"
        if not mine:
            return f"the run was made with {words}; give them with {option_name(name)}"
        if not theirs:
            return f"the run was made without {words}; leave {option_name(name)} out"
        return f"the {words} are not those the run was made on; give the same {option_name(name)}"
    return ""


def _no_coreset(rows: IndexArray, config: SelectionConfig, problem: Problem) -> str:
    """Why these rows cannot be the coreset, or ""."""
    if len(rows) != config.budget:
        return f"the coreset was changed: it holds {len(rows):,} rows, and the run chose {config.budget:,}"
    outside = (rows < 0) | (rows >= problem.num_pool)
    if outside.any():
        return f"the coreset was changed: it names row {rows[outside][0]}, and the pool has {problem.num_pool:,} rows"
    if len(np.unique(rows)) < len(rows):
        return "the coreset was changed: it names a pool row twice"
    for label, quota in label_quotas(problem, config.budget).items() if config.label_aware else ():
        count = int((problem.pool_labels[rows] == label).sum()) if problem.pool_labels is not None else 0
        if count != quota:
            return (
                f"the coreset was changed: it holds {count:,} samples of label {label}, and a label-aware one of "
                f"{config.budget:,} holds {quota:,}"
            )
    return ""


def _values(
    problem: Problem,
    rows: IndexArray,
    prices: FloatArray | None,
    config: SelectionConfig,
    empty: Verification,
    progress: Progress,
) -> Verification:
    """POO by exact transport and the bound at the prices."""
    progress("transport", 0, 0)
    value = poo(problem, rows, config.lambda_)
    if prices is not None and (prices.shape != (problem.num_validation,) or not np.isfinite(prices).all()):
        raise StoreError(
            f"{files.SELECTION} holds no {problem.num_validation:,} finite prices, one per validation sample, so they "
            "prove nothing; select again",
            code="bad-prices",
            fields={"samples": problem.num_validation},
        )
    own, transport_term = value.value, value.transport_term
    bound = None
    label_aware_poo = None
    if config.label_aware:
        label_aware_poo, transport_term, bound = _per_label(problem, rows, prices, config, progress)
        own = label_aware_poo
    elif prices is not None:
        bound = lower_bound(problem, prices, config.budget, config.lambda_, progress=progress)
    if bound is not None:
        bound = min(bound, own)  # above it only by rounding
    return replace(
        empty,
        poo=value.value,
        transport_term=value.transport_term,
        gradient_term=value.gradient_term,
        label_aware_poo=label_aware_poo,
        lower_bound=bound,
        gap=None if bound is None else relative_gap(own, bound, transport_term),
    )


def _per_label(
    problem: Problem, rows: IndexArray, prices: FloatArray | None, config: SelectionConfig, progress: Progress
) -> tuple[float, float, float | None]:
    """Mass-weighted sums over the labels: of POO, of the transport terms, of the bounds."""
    value = transport = bound = 0.0
    for part in class_parts(problem, config.budget):
        inside = np.flatnonzero(np.isin(part.pool_rows, rows))
        found = poo(part.problem, inside, config.lambda_)
        value += part.weight * found.value
        transport += part.weight * found.transport_term
        if prices is not None:
            own = prices[part.validation_rows]
            bound += part.weight * lower_bound(part.problem, own, part.quota, config.lambda_, progress=progress)
    return value, transport, None if prices is None else bound


def _first_fault(found: Verification, rows: IndexArray, claims: Claims, directory: Path) -> str:
    """The most telling difference between what was found and what is claimed; "" when there is none."""
    own_rows = fingerprint(rows) == claims.rows_fingerprint
    for name in (files.CORESET, files.SELECTION):
        path = directory / name
        if not path.exists() or digest(path.read_bytes()) == claims.digests.get(name):
            continue
        if name == files.CORESET and not own_rows:
            return f"{name} was changed: it names other rows, or another order, than the run chose"
        return f"{name} was changed since it was written (it does not match its fingerprint in {files.RUN})"
    if not own_rows:
        return f"the coreset was changed: {files.RUN} names other rows by fingerprint"
    if claims.values["lower_bound"] is not None and found.lower_bound is None:
        return f"{files.RUN} claims a lower bound, but the prices that prove it are missing ({files.SELECTION})"
    return _false_claim(found, files.RUN)


def _false_claim(found: Verification, claimant: str) -> str:
    """The first value that is not what is claimed; "" when there is none."""
    for name, words in _CLAIMED.items():
        if not found.agrees(name):
            value, claimed = getattr(found, name), found.claims[name]
            return f"{claimant} claims {_said(words, claimed)}, but the data gives {_number(value)}"
    return ""


def _said(words: str, value: float | None) -> str:
    return f"no {words.removeprefix('a ')}" if value is None else f"{words} of {_number(value)}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.12g}"
