"""`methods`: what there is to choose with, and each method's options."""

from __future__ import annotations

import argparse
import inspect
import re
import textwrap
from dataclasses import MISSING, Field, fields
from typing import Any

from goracs_core.errors import ConfigError
from goracs_core.methods import CONFIG_TYPES, SelectionConfig, method_names
from goracs_core.methods.config import MethodConfig

_WIDTH = 100
_ENTRY = re.compile(r"(\w+): (.*)")


def add_commands(commands: Any) -> None:
    """Add `methods` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "methods",
        help="list the methods, or show one with its options",
        description="List the methods that --method takes, or show what one can be told.",
        allow_abbrev=False,
    )
    parser.add_argument("name", nargs="?", metavar="METHOD", help="show this one with its options")
    parser.set_defaults(command=methods)


def methods(options: argparse.Namespace) -> int:
    """Print one line per method, or one method with its options."""
    lines = list_lines() if options.name is None else [line for kind in _kinds(options.name) for line in show(kind)]
    print("\n".join(lines).rstrip())
    return 0


def list_lines() -> list[str]:
    """Name, summary and reference of every method."""
    width = max(len(name) for name in method_names())
    lines = []
    for name in method_names():
        kind = _kinds(name)[0]
        lines.append(f"{name:<{width}}  {kind.summary}{f' ({kind.reference})' if kind.reference else ''}")
    return lines


def show(kind: type[SelectionConfig]) -> list[str]:
    """A method, or one of its solvers: what it does and its options with their defaults."""
    second = f" --solver {kind.solver}" if len(_kinds(kind.method)) > 1 else ""
    documented = _documented(MethodConfig) | _documented(kind)
    sentence, _, _ = (inspect.getdoc(kind) or "").partition("\n\n")
    lines = [f"--method {kind.method}{second}", *_wrapped(sentence, 2)]
    if kind.reference and kind.reference not in sentence:
        lines += _wrapped(f"Reference: {kind.reference}.", 2)
    if not kind.seeded:
        lines += _wrapped("Draws nothing at random: every seed gives the same coreset.", 2)
    lines.append("")
    for option in fields(kind):
        name = f"--{option.name.rstrip('_').replace('_', '-')}"
        lines += [f"  {name} ({_default(kind, option)})", *_wrapped(documented.get(option.name, ""), 6)]
    return [*lines, ""]


def _kinds(name: str) -> list[type[SelectionConfig]]:
    found = [kind for kind in CONFIG_TYPES if kind.method == name]
    if not found:
        raise ConfigError(f"there is no method {name!r}; there are {', '.join(method_names())}")
    return found


def _documented(kind: type) -> dict[str, str]:
    """What a class' docstring says about its arguments, by name."""
    _, _, section = (inspect.getdoc(kind) or "").partition("Args:\n")
    texts: dict[str, str] = {}
    for paragraph in re.split(r"\n(?=    \w)", section):  # lines that go on are indented further
        entry = _ENTRY.match(" ".join(paragraph.split()))
        if entry:
            texts[entry[1]] = entry[2]
    return texts


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)


def _default(kind: type[SelectionConfig], option: Field[Any]) -> str:
    value = option.default
    if value is MISSING:
        return "must be given"
    if option.name == "label_aware" and kind.method == "goracs":
        return "default: whenever there are labels"  # on the command line; see `jobs.inputs`
    if isinstance(value, bool):
        return f"default: {'yes' if value else 'no'}"
    return f"default: {value:g}" if isinstance(value, float) else f"default: {value}"
