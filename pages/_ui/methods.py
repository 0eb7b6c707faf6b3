"""The methods as people meet them: names, groups, and in one line what each looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from goracs_core import config as c
from goracs_core.config import CONFIG_TYPES, SelectionConfig


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
        kind: Its config.
    """

    key: str
    label: str
    group: Group
    sees: str
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
_ABOUT: dict[type[SelectionConfig], tuple[str, Group, str]] = {
    c.CertifiedConfig: ("GORACS (certified)", Group.GORACS, f"{_BOTH}, and gradient norms"),
    c.ItraConfig: ("GORACS (ITRA, as published)", Group.GORACS, f"{_BOTH}, and gradient norms"),
    c.DealRecConfig: (
        "DEALRec", Group.DEALREC, "a small recommender trained on the pool, and gradient norms; at no embedding",
    ),
    c.RandomConfig: ("Random", Group.REFERENCE, "nothing"),
    c.StratifiedRandomConfig: ("Stratified random", Group.REFERENCE, "labels or popularity only"),
    c.GrandConfig: ("GraNd", Group.SCORE, "the language model's gradients on the pool; at no validation sample"),
    c.El2nConfig: ("EL2N", Group.SCORE, _ANSWERS),
    c.EntropyConfig: ("Entropy", Group.SCORE, _ANSWERS),
    c.CcsConfig: ("CCS", Group.SCORE, "one score of difficulty; at no validation sample"),
    c.D2Config: ("D2 pruning", Group.SCORE, "one score of difficulty and the pool's embeddings"),
    c.ModerateConfig: ("Moderate", Group.GEOMETRY, f"{_EMBEDDINGS}, and labels where there are some"),
    c.FdmatConfig: ("FDMat", Group.GEOMETRY, f"{_EMBEDDINGS}, and labels where there are some"),
    c.KCentreConfig: ("k-centre", Group.GEOMETRY, _EMBEDDINGS),
    c.HerdingConfig: ("Herding", Group.GEOMETRY, f"{_BOTH}, or the pool's alone"),
    c.FacilityLocationConfig: ("Facility location", Group.GEOMETRY, f"{_BOTH}, or the pool's alone"),
    c.KMeansConfig: ("k-means", Group.GEOMETRY, _EMBEDDINGS),
    c.RoundRobinConfig: ("Round-robin", Group.GEOMETRY, _BOTH),
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
