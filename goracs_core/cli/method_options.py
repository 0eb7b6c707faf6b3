"""Options of the methods on the command line: made from the words of the configs, refused where a method has no use."""

from __future__ import annotations

import argparse
from typing import Any

from goracs_core.cli.named_options import add_option, first_low
from goracs_core.cli.terminal import BUDGET_HELP, budget, given_options
from goracs_core.errors import ConfigError
from goracs_core.methods import COMMON_OPTIONS, METHODS, find_method, method_names, own_options
from goracs_core.methods.method import Method
from goracs_core.methods.registry import owners_of, solvers_of
from goracs_core.option import NamedOption, options_of


def add_method_options(parser: argparse.ArgumentParser) -> None:
    """Add --method, --budget and everything that some method can be told."""
    _common(parser.add_argument_group("how to choose"))
    there: set[str] = set()
    for method in METHODS.values():
        fresh = [one for one in own_options(method.config) if one.name not in there]
        if fresh:
            solver = f", solver {method.solver}" if len(solvers_of(method.name)) > 1 else ""
            group = parser.add_argument_group(f"{method.name}{solver}")
            for one in fresh:
                _add(group, one, method)
        there |= {one.name for one in fresh}


def method_config(options: argparse.Namespace) -> dict[str, Any]:
    """Plain values for `config_from_dict`.

    Raises:
        ConfigError: An unknown solver, or an option of another method or solver.
    """
    solvers = solvers_of(options.method)
    if options.solver is not None and options.solver not in {one.solver for one in solvers}:
        raise ConfigError(
            f"--solver {options.solver} does not go with --method {options.method}; it has "
            + ", ".join(one.solver for one in solvers),
            code="unknown-method",
            fields={"method": options.method, "solver": options.solver},
        )
    method = find_method(options.method, options.solver)
    known = {one.name: one for one in options_of(method.config)}
    given = given_options(options, (*COMMON_OPTIONS, *own_option_names()))
    for name in given:
        if name not in known:
            raise ConfigError(
                _foreign(name, method, options),
                code="foreign-option",
                fields={"option": name, "method": method.name, "solver": method.solver},
            )
    probe = method.config(**{"budget": 1, **{name: given[name] for name in given if name not in COMMON_OPTIONS}})
    for name in probe.idle_options:
        if name in given:
            raise ConfigError(_idle(known[name], known, probe), code="idle-option", fields={"option": name})
    return {"method": method.name, "solver": method.solver, **given}


def own_option_names() -> list[str]:
    """Names of the options that not every method has."""
    return list(dict.fromkeys(one.name for method in METHODS.values() for one in own_options(method.config)))


def _foreign(name: str, method: Method[Any], options: argparse.Namespace) -> str:
    several = len(solvers_of(method.name)) > 1
    default = f", the default of --method {method.name}" if several and not options.solver else ""
    whom = f"the solver {method.solver}{default}" if several else f"the method {method.name}"
    ways = [
        f"--method {owner.name}" + ("" if owner.solver == owner.name else f" --solver {owner.solver}")
        for owner in owners_of(name)
    ]
    return f"--{name.replace('_', '-')} does not go with {whom}; leave it out, or choose {' or '.join(ways)}"


def _idle(one: NamedOption, known: dict[str, NamedOption], config: Any) -> str:
    other, value = one.words.only_with or ("", "")
    flag = known[other].flag
    return f"{one.flag} changes nothing with {flag} {getattr(config, other)}; leave it out, or give {flag} {value}"


def _common(how: Any) -> None:
    words = {one.name: one.words for one in options_of(find_method("random").config)}
    how.add_argument(
        "--method",
        default="goracs",
        choices=method_names(),
        metavar="METHOD",
        help="`methods` lists them with a line each (default: %(default)s): " + ", ".join(method_names()),
    )
    how.add_argument(
        "--solver",
        metavar="SOLVER",
        help="how the method solves its problem; for goracs: certified (the default; proves how good its coreset is) "
        "or itra (the published procedure)",
    )
    how.add_argument("--budget", type=budget, required=True, metavar="K", help=BUDGET_HELP)
    how.add_argument(
        "--lambda", dest="lambda_", type=float, metavar="L", help=f"{first_low(words['lambda_'].help)} (default: 0.05)"
    )
    how.add_argument("--seed", type=int, metavar="S", help=f"{first_low(words['seed'].help)} (default: 0)")
    how.add_argument(
        "--label-aware",
        action=argparse.BooleanOptionalAction,
        default=None,
        help=f"{first_low(words['label_aware'].help)} (default: with goracs, whenever there are labels)",
    )


def _add(group: Any, one: NamedOption, method: Method[Any]) -> None:
    """An option of the type of its default."""
    others = [owner.name for owner in owners_of(one.name) if owner is not method]
    add_option(group, one, kind=type(one.default), note=f" (also {', '.join(others)})" if others else "")
