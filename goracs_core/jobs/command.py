"""A job as a command line: one writer for all kinds, read off the options of their specs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from goracs_core.data.demo import demo_directory
from goracs_core.jobs.kind import JobKind
from goracs_core.jobs.spec import Argument, Spec, Style, arguments_of
from goracs_core.workspace import Workspace

PROGRAM = ("python", "-m", "goracs_core")


def command_line(kind: JobKind[Any], spec: Spec | Mapping[str, Any], workspace: Workspace | None = None) -> str:
    """The command that does a job; what is at its default is left out.

    Args:
        kind: The job's kind.
        spec: What it is asked, also as plain values.
        workspace: A dataset that lies elsewhere than in this one is written as a path. Without it every dataset is
            written by its folder's name: where that lies is nobody's business.
    """
    return shlex.join([*PROGRAM, *command_words(kind, spec, workspace)])


def command_words(kind: JobKind[Any], spec: Spec | Mapping[str, Any], workspace: Workspace | None = None) -> list[str]:
    """The words of the command after the program's name; arguments as for `command_line`."""
    told = kind.shorten(kind.read(spec))
    values = told.to_dict()
    given = [(option, values[name]) for name, option in arguments_of(kind.spec).items() if name in values]
    given.sort(key=lambda pair: pair[0].style is not Style.POSITION)  # stable: otherwise in the order of the fields
    words = [word for option, value in given for word in _written(option, value, workspace)]
    return [*(kind.command or (kind.name,)), *words, *kind.command_extras]


def dataset_word(folder: str, workspace: Workspace | None = None) -> str:
    """What the command line calls a dataset; see `command_line`."""
    path = Path(folder).expanduser().resolve()
    if path == demo_directory().resolve():
        return "demo"
    return path.name if workspace is None or path.parent == workspace.datasets.resolve() else str(path)


def _written(option: Argument, value: Any, workspace: Workspace | None) -> Iterator[str]:
    match option.style:
        case Style.POSITION:
            yield _plain(value)
        case Style.SWITCH:
            yield option.name if value else option.off
        case Style.LIST | Style.BUDGETS | Style.NAMES:
            yield from _pair(option.name, ",".join(_plain(entry) for entry in value))
        case Style.REPEATED:
            for entry in value:
                yield from _pair(option.name, _plain(entry))
        case Style.DATASET:
            yield from _pair(option.name, dataset_word(value, workspace))
        case Style.VALUE | Style.FILE:
            yield from _pair(option.name, _plain(value))
        case Style.SPREAD | Style.NAMED | Style.JSON:
            for key, entry in value.items():
                yield from _entry(option, key, entry)


def _entry(option: Argument, key: str, value: Any) -> Iterator[str]:
    """One entry of a mapping, by an option of its own or as KEY=VALUE."""
    own = (option.own or {}).get(key, option_name(key) if option.style is Style.SPREAD else None)
    if value is None or own == "":
        return
    if own is None:
        yield from _pair(option.name, f"{key}={_as_json(value) if option.style is Style.JSON else _plain(value)}")
    elif isinstance(value, Mapping):  # an option per entry, named after it
        for inner, entry in value.items():
            if entry is not None:
                yield from _pair(own.format(inner), _plain(entry))
    elif isinstance(value, bool):
        yield own if value else f"--no-{own.removeprefix('--')}"
    else:
        yield from _pair(own, _plain(value))


def option_name(key: str) -> str:
    """The option that is named after a key of a mapping."""
    return "--" + key.rstrip("_").replace("_", "-")


def _pair(option: str, text: str) -> list[str]:
    # A text that looks like an option would be taken for one.
    return [f"{option}={text}"] if text.startswith("-") else [option, text]


def _plain(value: Any) -> str:
    """A value as text that reads back as the same value."""
    if isinstance(value, (list, tuple)):
        return ",".join(_plain(entry) for entry in value)
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _as_json(value: Any) -> str:
    """JSON; bare text where that cannot be taken for anything else."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        json.loads(value)
    except ValueError:
        return value
    return json.dumps(value)
