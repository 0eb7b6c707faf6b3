"""All selection methods by name and solver: the one list that command line, pages, jobs and documents read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from goracs_core.errors import ConfigError
from goracs_core.methods.config import SelectionConfig, own_options
from goracs_core.methods.cost import Sizes, problem_bytes
from goracs_core.methods.method import Method
from goracs_core.option import options_of

if TYPE_CHECKING:
    import pandas as pd

# In the order of lists; a method's default solver comes first.
METHODS: dict[tuple[str, str], Method[Any]] = {}


def register(method: Method[Any]) -> Method[Any]:
    """Add a method; it is then known to the command line, the pages, the estimates and the documents.

    Raises:
        ConfigError: It is there already, says too little about itself, or has an option that another method has with
            another type or other choices.
    """
    if (method.name, method.solver) in METHODS:
        raise ConfigError(
            f"the method {method.name!r} with solver {method.solver!r} is registered already",
            code="method-taken",
            fields={"method": method.name, "solver": method.solver},
        )
    method.check()
    for known in METHODS.values():
        theirs = {one.name: one for one in own_options(known.config)}
        for one in own_options(method.config):
            other = theirs.get(one.name)
            if other is not None and (type(one.default), one.words.choices) != (
                type(other.default),
                other.words.choices,
            ):
                raise ConfigError(
                    f"the option {one.name!r} of {method.name} has another type or other choices than that of "
                    f"{known.name}; on the command line they are one option, so give it another name",
                    code="option-taken",
                    fields={"option": one.name, "method": method.name, "other": known.name},
                )
    METHODS[method.name, method.solver] = method
    return method


def unregister(method: Method[Any]) -> None:
    """Take a method out again; for tests."""
    METHODS.pop((method.name, method.solver), None)


def method_names() -> list[str]:
    """Every method once, in the order of lists."""
    return list(dict.fromkeys(name for name, _ in METHODS))


def solvers_of(name: str) -> list[Method[Any]]:
    """The entries of a method, its default solver first.

    Raises:
        ConfigError: There is no method of that name.
    """
    found = [one for one in METHODS.values() if one.name == name]
    if not found:
        raise ConfigError(
            f"there is no method {name!r}; there are {', '.join(method_names())}",
            code="unknown-method",
            fields={"method": name},
        )
    return found


def find_method(name: str | None, solver: str | None = None) -> Method[Any]:
    """A method by its name, and by its solver unless the default one is meant.

    Raises:
        ConfigError: There is none.
    """
    for one in METHODS.values():
        if one.name == name and solver in (one.solver, None):
            return one
    known = ", ".join(f"{one.name} ({one.solver})" for one in METHODS.values())
    raise ConfigError(
        f"no method {name!r} with solver {solver!r}; there are {known}",
        code="unknown-method",
        fields={"method": name, "solver": solver},
    )


def method_of(config: SelectionConfig | type[SelectionConfig]) -> Method[Any]:
    """The method that a config belongs to.

    Raises:
        ConfigError: It is not registered.
    """
    return find_method(config.method, config.solver)


def selection_seconds(config: SelectionConfig, sizes: Sizes) -> float:
    """Seconds of the choice and its exact transport on two cores, scores and the scales of the problem left out."""
    return method_of(config).seconds(config, sizes)


def selection_bytes(config: SelectionConfig, sizes: Sizes) -> int:
    """Peak bytes of a selection: libraries, embeddings, blocks of distances, and what the method holds.

    Measured with width 384, in MB (said): certified on 15,000 x 5,000 with k = 3000 1488 (1560), k = 1000 817 (1040),
    k = 256 744 (856), in blocks 555 (585); on 15,000 x 2,000 with k = 256 559 (624). ITRA on 15,000 x 5,000 with
    k = 1000 889 (980), k = 256 742 (831). Facility location on 15,000 x 5,000 with k = 1000 740 (781), with the pool
    as target 1366 (1381). On 100,000 x 5,000 with k = 256: D2 with 50 neighbours 1093 (1263), FDMat 732 (812).
    """
    return problem_bytes(sizes) + method_of(config).memory(config, sizes)


def is_default(method: Method[Any]) -> bool:
    """Whether it is the default solver of its method."""
    return find_method(method.name) is method


def short_name(method: Method[Any]) -> str:
    """The name of a method where one word has to do: a solver that is not the default goes by its own name."""
    return method.name if is_default(method) else method.solver


def key_of(method: Method[Any]) -> str:
    """The name of a method in addresses: with the solver, unless that is the default one."""
    return method.name if is_default(method) else f"{method.name}-{method.solver}"


def config_to_dict(config: SelectionConfig) -> dict[str, Any]:
    """Plain values under their field names, plus `method` and `solver`."""
    return {"method": config.method, "solver": config.solver, **asdict(config)}


def config_from_dict(values: Mapping[str, Any]) -> SelectionConfig:
    """The inverse of `config_to_dict`.

    Raises:
        ConfigError: An unknown method, solver or option, or no mapping at all.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"the config of a method is {values!r}, but it must be a mapping of options to values",
            code="bad-config",
            fields={"value": values},
        )
    options = dict(values)
    method = find_method(options.pop("method", None), options.pop("solver", None))
    unknown = set(options) - {entry.name for entry in fields(method.config)}
    if unknown:
        raise ConfigError(
            f"unknown option {sorted(unknown)[0]!r} for method {method.name!r}",
            code="unknown-option",
            fields={"option": sorted(unknown)[0], "method": method.name},
        )
    return method.config(**options)


def owners_of(option: str) -> list[Method[Any]]:
    """The methods that have an option of their own by this name."""
    return [one for one in METHODS.values() if option in {own.name for own in own_options(one.config)}]


def methods() -> pd.DataFrame:
    """One line per method and solver, a method's default solver first.

    Columns: method, solver, summary, options (names, to be given to `select` by keyword), seeded (whether another seed
    gives another coreset), reference.

    >>> import goracs_core as goracs
    >>> table = goracs.methods()
    >>> table.loc[table.method == "goracs", "solver"].tolist()
    ['certified', 'itra']
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "method": one.name,
                "solver": one.solver,
                "summary": one.summary,
                "options": tuple(entry.name for entry in options_of(one.config) if entry.name != "budget"),
                "seeded": one.seeded,
                "reference": one.reference,
            }
            for one in METHODS.values()
        ]
    )


def markdown_table() -> str:
    """All methods as a Markdown table: what each looks at, whether it is stochastic, its own options."""
    lines = ["| method | what it does | looks at | seeded | own options (default) |", "|---|---|---|---|---|"]
    for one in METHODS.values():
        name = f"`{one.name}`" if is_default(one) else f"`{one.name}` `--solver {one.solver}`"
        options = ", ".join(f"`{own.name}` ({_default(own.default)})" for own in own_options(one.config))
        reference = f" ({one.reference})" if one.reference else ""
        seeded = "yes" if one.seeded else "no"
        lines.append(f"| {name} | {one.summary}{reference} | {one.looks_at} | {seeded} | {options} |")
    return "\n".join(lines) + "\n"


def _default(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
