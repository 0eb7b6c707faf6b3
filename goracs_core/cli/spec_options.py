"""From the fields of a job's spec to the options of its command, and from what was given back to the spec."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from goracs_core.budget import split_budgets
from goracs_core.cli.terminal import named_value, parse_names
from goracs_core.data.folders import dataset_folder
from goracs_core.jobs.lists import parse_numbers
from goracs_core.jobs.source import SourceSpec
from goracs_core.jobs.spec import Argument, Spec, Style, arguments_of, item_type, required, type_of
from goracs_core.workspace import Workspace

_MAPPINGS = (Style.SPREAD, Style.NAMED, Style.JSON)


def add_spec_options(target: Any, spec: type[Spec], names: Sequence[str] | None = None) -> None:
    """Add an option for each field of a spec that has one; mappings only where they are written as JSON or named here.

    Args:
        target: The parser or its group.
        spec: The kind of spec.
        names: Only these fields.
    """
    for name, option in arguments_of(spec).items():
        plain = option.style not in _MAPPINGS or option.style is Style.JSON
        if plain if names is None else name in names:
            _add(target, spec, name, option)


def spec_values(
    options: argparse.Namespace, spec: type[Spec], workspace: Workspace, names: Sequence[str] | None = None
) -> dict[str, Any]:
    """What was given of the fields that `add_spec_options` added, as plain values of the spec.

    Raises:
        ConfigError: A list that holds something else than it should, or an entry that is not written NAME=VALUE.
        StoreError: No such dataset.
    """
    values: dict[str, Any] = {}
    for name, option in arguments_of(spec).items():
        given = getattr(options, name, None)
        if given is not None and given != [] and (names is None or name in names):
            whole = option.style is Style.LIST and item_type(spec, name) is int
            values[name] = _read(option, given, workspace, whole=whole)
    return values


def add_data_options(source: Any) -> None:
    """Add the options that say what to choose from, a dataset or arrays, to a parser or its group."""
    add_spec_options(source, SourceSpec, [name for name in arguments_of(SourceSpec) if name != "half_life"])


def add_source_options(parser: argparse.ArgumentParser) -> Any:
    """Add the options of a command that chooses: what from, and how much validation samples count; their group."""
    source = parser.add_argument_group("what to choose from: a dataset, or arrays (.npy, .npz, .safetensors)")
    add_spec_options(source, SourceSpec)
    return source


def data_spec(options: argparse.Namespace, workspace: Workspace) -> dict[str, Any]:
    """What these options were given, as `goracs_core.jobs.inputs.load_inputs` takes it."""
    return spec_values(options, SourceSpec, workspace)


def _add(target: Any, spec: type[Spec], name: str, option: Argument) -> None:
    kind = type_of(spec, name)
    more: dict[str, Any] = {"dest": name, "help": option.help or None}
    if option.style is not Style.POSITION:
        more["required"] = required(spec, name)
    if option.style is Style.SWITCH:
        action = argparse.BooleanOptionalAction if option.off and option.name else None
        more |= {"action": action or ("store_true" if option.name else "store_false"), "default": None}
    elif option.style in (Style.REPEATED, Style.NAMED, Style.JSON):
        more |= {"action": "append", "default": [], "metavar": option.metavar or None}
    else:
        more |= {"type": kind if kind in (int, float) else str, "metavar": option.metavar or None}
    if option.style is Style.POSITION:
        del more["dest"]
        target.add_argument(name, **more)
    else:
        target.add_argument(option.name or option.off, **more)


def _read(option: Argument, given: Any, workspace: Workspace, *, whole: bool) -> Any:
    readers: dict[Style, Callable[[], Any]] = {
        Style.DATASET: lambda: str(dataset_folder(given, workspace)),
        Style.FILE: lambda: str(Path(given).expanduser()),
        Style.LIST: lambda: _listed(option, given, whole=whole),
        Style.BUDGETS: lambda: split_budgets(given),
        Style.NAMES: lambda: parse_names(given),
        Style.NAMED: lambda: dict(named_value(text, option.name) for text in given),
        Style.JSON: lambda: dict(_entry(option.name, text) for text in given),
    }
    return readers.get(option.style, lambda: given)()


def _listed(option: Argument, text: str, *, whole: bool) -> list[float]:
    numbers = parse_numbers(text, of=option.name.removeprefix("--"), example=option.metavar or "1, 2, 3")
    return [int(number) if whole and number.is_integer() else number for number in numbers]


def _entry(option: str, text: str) -> tuple[str, Any]:
    name, value = named_value(text, option, example="budget=64")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
