"""The methods as people meet them: names, groups, and in one line what each looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import goracs_core.methods as c
from goracs_core.methods import CONFIG_TYPES, SelectionConfig


class Group(StrEnum):
    """What kind of thing decides."""

    GORACS = "GORACS"
    DEALREC = "DEALRec"
    REFERENCE = "Reference"
    SCORE = "Score"
    GEOMETRY = "Geometry"


@dataclass(frozen=True)
class Method:
    """One entry of the form.

    Args:
        key: In the address: the method, with the solver where it is not the method's default.
        label: Its name.
        group: What kind of thing decides.
        sees: What it looks at, as the rest of the sentence "It looks at …".
        decides: What decided in a finished run; a sentence.
        kind: Its config.
    """

    key: str
    label: str
    group: Group
    sees: str
    decides: str
    kind: type[SelectionConfig]

    @property
    def title(self) -> str:
        """Group, name and summary, for a list; a group of one's own name is not said twice."""
        group = "" if self.label.startswith(self.group) else f"{self.group} · "
        return f"{group}{self.label}: {self.kind.summary}"

    @property
    def caption(self) -> str:
        """What it looks at, whether it draws, and where it was published."""
        chance = " · another seed, another coreset" if self.kind.seeded else " · nothing is drawn at random"
        published = f" · {self.kind.reference}" if self.kind.reference else ""
        return f"Looks at {self.sees}{chance}{published}"


_EMBEDDINGS, _BOTH = "the pool's embeddings only", "the embeddings of pool and validation"
_ANSWERS = "the language model's answers on the pool; at no validation sample"
_HIGHEST = "The language model gave each pool sample a number, and the highest ones were taken."
_TRANSPORT = "Optimal transport to the validation samples and gradient norms decided, no score of a single sample."
_ABOUT: dict[type[SelectionConfig], tuple[str, Group, str, str]] = {
    c.CertifiedConfig: ("GORACS (certified)", Group.GORACS, f"{_BOTH}, and gradient norms", _TRANSPORT),
    c.ItraConfig: ("GORACS (ITRA, as published)", Group.GORACS, f"{_BOTH}, and gradient norms", _TRANSPORT),
    c.DealRecConfig: (
        "DEALRec", Group.DEALREC, "a small recommender trained on the pool, and gradient norms; at no embedding",
        "Influence and effort made one score; the highest were dropped, the others drawn stratum by stratum.",
    ),
    c.RandomConfig: ("Random", Group.REFERENCE, "nothing", "The samples were drawn at random; nothing decided."),
    c.StratifiedRandomConfig: (
        "Stratified random", Group.REFERENCE, "labels or popularity only",
        "The samples were drawn at random within each label or popularity decile, as many as its share of the pool.",
    ),
    c.GrandConfig: ("GraNd", Group.SCORE, "the language model's gradients on the pool; at no validation sample",
                    _HIGHEST),
    c.El2nConfig: ("EL2N", Group.SCORE, _ANSWERS, _HIGHEST),
    c.EntropyConfig: ("Entropy", Group.SCORE, _ANSWERS, _HIGHEST),
    c.CcsConfig: (
        "CCS", Group.SCORE, "one score of difficulty; at no validation sample",
        "The most difficult samples were dropped, the others drawn stratum by stratum.",
    ),
    c.D2Config: (
        "D2 pruning", Group.SCORE, "one score of difficulty and the pool's embeddings",
        "Difficulty was gathered from neighbours; each sample taken lowered the score of those near it.",
    ),
    c.ModerateConfig: (
        "Moderate", Group.GEOMETRY, f"{_EMBEDDINGS}, and labels where there are some",
        "The samples at the median distance from the median of their class were taken.",
    ),
    c.FdmatConfig: (
        "FDMat", Group.GEOMETRY, f"{_EMBEDDINGS}, and labels where there are some",
        "The samples nearest to the class means by entropic transport were taken.",
    ),
    c.KCentreConfig: (
        "k-centre", Group.GEOMETRY, _EMBEDDINGS, "Each sample taken was the farthest from all taken before it.",
    ),
    c.HerdingConfig: (
        "Herding", Group.GEOMETRY, f"{_BOTH}, or the pool's alone",
        "Each sample taken brought the coreset's mean embedding nearest to the one it shall match.",
    ),
    c.FacilityLocationConfig: (
        "Facility location", Group.GEOMETRY, f"{_BOTH}, or the pool's alone",
        "Each sample taken was the one that made most samples find a similar one in the coreset.",
    ),
    c.KMeansConfig: (
        "k-means", Group.GEOMETRY, _EMBEDDINGS,
        "The pool was cut into k clusters, and the sample nearest to each centre was taken.",
    ),
    c.RoundRobinConfig: (
        "Round-robin", Group.GEOMETRY, _BOTH,
        "Validation samples took turns, and each took its nearest pool sample that was left.",
    ),
}  # fmt: skip


def _key(kind: type[SelectionConfig]) -> str:
    default = next(one for one in CONFIG_TYPES if one.method == kind.method)
    return kind.method if kind is default else f"{kind.method}-{kind.solver}"


METHODS: dict[str, Method] = {_key(kind): Method(_key(kind), *_ABOUT[kind], kind) for kind in CONFIG_TYPES}
DEFAULT = _key(CONFIG_TYPES[0])


def of_config(config: SelectionConfig) -> Method:
    """The entry that a config belongs to."""
    return METHODS[_key(type(config))]


def method_name(values: Mapping[str, Any]) -> str:
    """What the form calls the method and solver of a config's plain values; "" for those of a damaged run."""
    method = str(values.get("method", ""))
    found = METHODS.get(f"{method}-{values.get('solver')}") or METHODS.get(method)
    return method if found is None else found.label


def ranks_by_scores(values: Mapping[str, Any]) -> bool:
    """Whether the method of a config's plain values gives each sample a score."""
    return any(
        one.kind.method == values.get("method") and one.group in (Group.DEALREC, Group.SCORE)
        for one in METHODS.values()
    )
