"""Search in a list of runs: words of their names, and conditions such as "method = goracs and gap < 0.1 %"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

from goracs_core.errors import ConfigError
from goracs_core.jobs.select.run import RunSummary

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(r"^\s*([^\s<>=!]+)\s*(<=|>=|!=|=|<|>)\s*(.+?)\s*$")
_NUMBERS: dict[str, Callable[[RunSummary], float | None]] = {
    "k": lambda run: run.budget,
    "λ": lambda run: run.lambda_,
    "seed": lambda run: run.seed,
    "poo": lambda run: run.poo,
    "transport": lambda run: run.transport_term,
    "gradient": lambda run: run.gradient_term,
    "gap": lambda run: run.gap,
    "pass@1": lambda run: run.pass_at_1,
    "seconds": lambda run: run.seconds,
}
_TEXTS: dict[str, Callable[[RunSummary], Iterable[str]]] = {
    "method": lambda run: (str((run.config or {}).get(name, "")) for name in ("method", "solver")),
    "data": lambda run: (run.dataset_name,),
    "name": lambda run: (run.name,),
    "notes": lambda run: (run.notes,),
}
_ALSO = {"budget": "k", "lambda": "λ", "solver": "method", "dataset": "data", "time": "seconds"}
FIELDS = (*_NUMBERS, *_TEXTS)


def matching(runs: Iterable[RunSummary], query: str) -> tuple[RunSummary, ...]:
    """The runs that fulfil all conditions of a query, in their order.

    Args:
        runs: What is searched.
        query: Conditions joined by "and": a field of `FIELDS`, one of < <= > >= = !=, and a value (a number, "0.1 %" or
            text); anything else is looked for in name, method and notes. Empty for all runs.

    Raises:
        ConfigError: A field that is none, or text where a number belongs.

    >>> [run.id for run in matching([RunSummary("a", "first"), RunSummary("b", "second")], "name = second")]
    ['b']
    """
    parts = [part for part in re.split(r"\band\b", query, flags=re.IGNORECASE) if part.strip()]
    tests = [_test(part.strip()) for part in parts]
    return tuple(run for run in runs if all(test(run) for test in tests))


def _test(part: str) -> Callable[[RunSummary], bool]:
    found = _CONDITION.match(part)
    if found is None:
        word = part.casefold()
        return lambda run: any(word in text.casefold() for name in _TEXTS for text in _TEXTS[name](run))
    name, sign, value = found[1].casefold(), found[2], found[3]
    name = _ALSO.get(name, name)
    if name in _TEXTS:
        return _text_test(name, sign, value)
    if name not in _NUMBERS:
        raise ConfigError(
            f"the search speaks of {found[1]!r}, but runs have {', '.join(FIELDS)}; take one of these",
            code="unknown-field",
            fields={"field": found[1]},
        )
    number, read, compare = _number(name, value), _NUMBERS[name], _COMPARE[sign]

    def holds(run: RunSummary) -> bool:
        own = None if run.damaged else read(run)
        return own is not None and compare(own, number)

    return holds


def _text_test(name: str, sign: str, value: str) -> Callable[[RunSummary], bool]:
    if sign not in ("=", "!="):
        raise ConfigError(
            f"the search asks for {name} {sign} {value}, but {name} is text; write {name} = {value}",
            code="not-comparable",
            fields={"field": name},
        )
    word = value.strip("\"'").casefold()
    return lambda run: any(word in text.casefold() for text in _TEXTS[name](run)) == (sign == "=")


def _number(name: str, value: str) -> float:
    digits, percent, _ = value.partition("%")
    try:
        return float(digits) / (100 if percent else 1)
    except ValueError as error:
        raise ConfigError(
            f"the search asks for {name} {value!r}, which is no number; write one, such as {name} < 0.1",
            code="not-a-number",
            fields={"field": name, "value": value},
        ) from error
