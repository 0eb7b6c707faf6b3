"""Options of the methods on the command line: one for each field of a config, refused where the method has no use."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any, get_args

import goracs_core.methods as c
from goracs_core.cli.terminal import BUDGET_HELP, budget, given_options
from goracs_core.errors import ConfigError
from goracs_core.methods import CONFIG_TYPES

COMMON = ("budget", "lambda_", "seed", "label_aware")


def add_method_options(parser: argparse.ArgumentParser) -> None:
    """Add --method, --budget and everything that some method can be told."""
    _common(parser.add_argument_group("how to choose"))
    _goracs(parser)
    _dealrec(parser)
    _baselines(parser)


def method_config(options: argparse.Namespace) -> dict[str, Any]:
    """Plain values for `config_from_dict`.

    Raises:
        ConfigError: An unknown solver, or an option of another method or solver.
    """
    kinds = [kind for kind in CONFIG_TYPES if kind.method == options.method]
    solvers = ", ".join(kind.solver for kind in kinds)
    if options.solver is not None and options.solver not in {kind.solver for kind in kinds}:
        raise ConfigError(f"--solver {options.solver} does not go with --method {options.method}; it has {solvers}")
    kind = next(kind for kind in kinds if options.solver in (kind.solver, None))
    known = {field.name for field in fields(kind)}
    for name in own_options():
        if getattr(options, name) is not None and name not in known:
            raise ConfigError(_foreign(name, kind, options, len(kinds)))
    given = given_options(options, (*COMMON, *own_options()))
    idle = kind(**{"budget": 1, **{name: value for name, value in given.items() if name not in COMMON}}).idle_options
    for name in idle:
        if name in given:
            raise ConfigError(
                f"--{name.replace('_', '-')} changes nothing with --influence-solver "
                f"{given.get('influence_solver', c.DealRecConfig.influence_solver)}; leave it out, or choose the other "
                "influence solver"
            )
    return {"method": kind.method, "solver": kind.solver, **given}


def own_options() -> list[str]:
    """Names of the options that not every method has."""
    return list(dict.fromkeys(f.name for kind in CONFIG_TYPES for f in fields(kind) if f.name not in COMMON))


def _foreign(name: str, kind: type[c.SelectionConfig], options: argparse.Namespace, num_solvers: int) -> str:
    owners = [owner for owner in CONFIG_TYPES if name in {field.name for field in fields(owner)}]
    default = "" if options.solver or num_solvers == 1 else f", the default of --method {options.method}"
    whom = f"the solver {kind.solver}{default}" if num_solvers > 1 else f"the method {kind.method}"
    ways = [
        f"--method {owner.method}" + (f" --solver {owner.solver}" if owner.solver != owner.method else "")
        for owner in owners
    ]
    return f"--{name.replace('_', '-')} does not go with {whom}; leave it out, or choose {' or '.join(ways)}"


def _common(how: Any) -> None:
    how.add_argument(
        "--method", default="goracs", choices=c.method_names(), metavar="METHOD",
        help="`methods` lists them with a line each (default: %(default)s): " + ", ".join(c.method_names()),
    )  # fmt: skip
    how.add_argument(
        "--solver", metavar="SOLVER",
        help="how the method solves its problem; for goracs: certified (the default; proves how good its coreset is) "
        "or itra (the published procedure)",
    )  # fmt: skip
    how.add_argument("--budget", type=budget, required=True, metavar="K", help=BUDGET_HELP)
    how.add_argument(
        "--lambda", dest="lambda_", type=float, metavar="L",
        help="weight of the gradient norms, >= 0; 0 is pure transport. goracs chooses by it, for the other methods it "
        "only enters the value that is reported (default: 0.05)",
    )  # fmt: skip
    how.add_argument("--seed", type=int, metavar="S", help="seed of everything random in the choice (default: 0)")
    how.add_argument(
        "--label-aware", action=argparse.BooleanOptionalAction, default=None,
        help="choose within each label, in the labels' proportions (default: with goracs, whenever there are labels)",
    )  # fmt: skip


def _goracs(parser: argparse.ArgumentParser) -> None:
    certified = parser.add_argument_group("goracs, solver certified")
    gap = c.CertifiedConfig.gap
    certified.add_argument(
        "--gap", type=float, metavar="G",
        help="stop once no coreset of this size can be better by more than this share of the transport term; 0 goes on "
        f"as long as it helps (default: {gap:g}, which is {gap:.1%}%)",
    )  # fmt: skip
    rounds = c.CertifiedConfig.max_rounds
    certified.add_argument("--max-rounds", type=int, metavar="R", help=f"most price updates (default: {rounds})")
    certified.add_argument(
        "--max-seconds", type=float, metavar="S",
        help="stop after so many seconds with what is proven by then; 0 for no limit (default: 0)",
    )  # fmt: skip
    itra = parser.add_argument_group("goracs, solver itra")
    itra.add_argument("--max-exchanges", type=int, metavar="T", help="most exchanges to accept (default: 50)")
    itra.add_argument(
        "--prune-candidates", type=int, metavar="C", help="rows kept on each side of an exchange (default: 5)"
    )
    itra.add_argument(
        "--bound", action="store_true", default=None,
        help="also prove a lower bound, so that the gap of the published procedure is known",
    )  # fmt: skip


def _dealrec(parser: argparse.ArgumentParser) -> None:
    group, kind = parser.add_argument_group("dealrec"), c.DealRecConfig
    _add(group, kind, "surrogate", "the small recommender", choices=get_args(c.SurrogateName))
    _add(group, kind, "surrogate_epochs", "most passes of its training; it stops early by validation NDCG", "E")
    _add(group, kind, "surrogate_seed", "seed of its training, so that coresets of several seeds share it", "S")
    _add(group, kind, "influence_solver", "how the inverse Hessian is applied: conjugate gradients, or the authors' "
         "stochastic recursion", choices=get_args(c.InfluenceSolver))  # fmt: skip
    _add(group, kind, "damping", "damping of the Hessian; times the scale it is added to its diagonal", "D")
    _add(group, kind, "scale", "scale of the recursion", "X")
    _add(group, kind, "tolerance", "relative residual at which conjugate gradients stop", "T")
    _add(group, kind, "max_iterations", "most iterations of conjugate gradients", "I")
    _add(group, kind, "recursion_steps", "steps of the recursion", "R")
    _add(group, kind, "effort_weight", "weight of the language model's effort beside the influence", "W")
    _add(group, kind, "hard_prune_fraction", "share of the highest scores that is dropped (also ccs)", "F")
    _add(group, kind, "strata", "equal-width bands of the score (also ccs)", "N")


def _baselines(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("other methods")
    _add(group, c.CcsConfig, "score", "ccs and d2: what counts as difficulty", choices=get_args(c.Difficulty))
    _add(group, c.GrandConfig, "draws", "grand: draws of the adapters to average over", "N")
    _add(group, c.D2Config, "neighbours", "d2: neighbours of each sample in the graph", "N")
    _add(group, c.D2Config, "forward_decay", "d2: decay of messages with distance", "G")
    _add(group, c.D2Config, "reverse_decay", "d2: decay of the discount with distance", "G")
    _add(group, c.FdmatConfig, "clusters", "fdmat: classes by k-means where there are no labels", "N")
    _add(group, c.FdmatConfig, "regularisation", "fdmat: weight of the entropy, relative to the mean cost", "R")
    _add(group, c.HerdingConfig, "target", "herding and facility-location: whom to represent",
         choices=get_args(c.Target))  # fmt: skip
    _add(group, c.KMeansConfig, "passes", "k-means: passes over the pool", "N")


def _add(
    group: Any,
    kind: type[c.SelectionConfig],
    name: str,
    words: str,
    metavar: str | None = None,
    *,
    choices: tuple[str, ...] | None = None,
) -> None:
    """An option named like the config's field, of the type of its default, which the help tells."""
    default = next(field.default for field in fields(kind) if field.name == name)
    shown = f"{default:g}" if isinstance(default, float) else default
    group.add_argument(
        f"--{name.replace('_', '-')}", type=type(default), metavar=metavar, choices=choices,
        help=f"{words} (default: {shown})",
    )  # fmt: skip
