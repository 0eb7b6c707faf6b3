"""`methods`: what there is to choose with, and each method's options."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import Any

from goracs_core.errors import ConfigError
from goracs_core.methods import METHODS, method_names
from goracs_core.methods.method import Method
from goracs_core.methods.registry import markdown_table, solvers_of
from goracs_core.option import NamedOption, options_of

_WIDTH = 100
_START, _END = "<!-- methods -->", "<!-- end of methods -->"


def add_commands(commands: Any) -> None:
    """Add `methods` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "methods",
        help="list the methods, or show one with its options",
        description="List the methods that --method takes, or show the options of one.",
        allow_abbrev=False,
    )
    parser.add_argument("name", nargs="?", metavar="METHOD", help="show this one with its options")
    parser.add_argument("--markdown", action="store_true", help="print all methods as a Markdown table")
    parser.add_argument("--update", metavar="FILE", help="rewrite the table of methods in a Markdown file")
    parser.set_defaults(command=methods)


def methods(options: argparse.Namespace) -> int:
    """Print one line per method, or one method with its options."""
    if options.update:
        path = Path(options.update)
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    if options.markdown:
        print(markdown_table(), end="")
        return 0
    lines = list_lines() if options.name is None else [line for one in solvers_of(options.name) for line in show(one)]
    print("\n".join(lines).rstrip())
    return 0


def with_table(document: str) -> str:
    """A document with the table of methods between its two marks.

    Raises:
        ConfigError: It has no marks.
    """
    before, start, rest = document.partition(_START)
    _, end, after = rest.partition(_END)
    if not end:
        marks = f"{_START} and {_END}"
        raise ConfigError(f"the file has no place for the table; write {marks} on lines of their own", code="no-marks")
    return f"{before}{start}\n{markdown_table()}{end}{after}"


def list_lines() -> list[str]:
    """Name, summary and reference of every method."""
    width = max(len(name) for name in method_names())
    defaults = [solvers_of(name)[0] for name in method_names()]
    return [f"{one.name:<{width}}  {one.summary}{f' ({one.reference})' if one.reference else ''}" for one in defaults]


def show(method: Method[Any]) -> list[str]:
    """A method, or one of its solvers: what it does, what it needs, and its options with their defaults."""
    several = any(one is not method and one.name == method.name for one in METHODS.values())
    lines = [
        f"--method {method.name}{f' --solver {method.solver}' if several else ''}",
        *_wrapped(f"{method.label}: {method.summary}.", 2),
        *_wrapped(f"Looks at {method.looks_at}.", 2),
        *_wrapped(f"Needs {method.needs.sentence}.", 2),
    ]
    if method.reference:
        lines += _wrapped(f"Reference: {method.reference}.", 2)
    if not method.seeded:
        lines += _wrapped("Draws nothing at random: every seed gives the same coreset.", 2)
    lines.append("")
    for one in options_of(method.config):
        lines += [f"  {one.flag} ({_default(method, one)})", *_wrapped(_help(one), 6)]
    return [*lines, ""]


def _help(one: NamedOption) -> str:
    """The help, with the values that it takes where there are a few."""
    return f"{one.words.help} One of {', '.join(one.words.choices)}." if one.words.choices else one.words.help


def _default(method: Method[Any], one: NamedOption) -> str:
    if one.name == "label_aware" and method.by_objective:
        return "default: whenever there are labels"  # on the command line; see `jobs.inputs`
    return one.shown_default


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
