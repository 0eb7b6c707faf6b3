"""Options of commands that train and test: read from the command line into the plain values of a spec."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from goracs_core.cli.named_options import add_option
from goracs_core.cli.terminal import given_options
from goracs_core.errors import ConfigError
from goracs_core.llm.tuning.options import FineTuneOptions, MeasureOptions, Recommender, TigerOptions
from goracs_core.option import options_of

# The test's options under their names on the command line, where the training has a seed, too.
_MEASURES = {f"test_{one.name}" if one.name == "seed" else one.name: one for one in options_of(MeasureOptions)}


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add what is trained, how, and how it is tested."""
    how = parser.add_argument_group("what is trained, and how")
    how.add_argument(
        "--recommender",
        choices=[str(one) for one in Recommender],
        help="bigrec (writes titles), tallrec (answers Yes or No) or tiger (writes semantic ids) (default: bigrec, or "
        "tallrec for click prediction)",
    )
    how.add_argument(
        "--model",
        metavar="NAME",
        help="language model to fine-tune: small-titles (default), small, a folder or a Hugging Face name",
    )
    how.add_argument("--epochs", type=int, metavar="N", help="maximum epochs (default: 4; tiger: 20)")
    how.add_argument(
        "--train",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another option of the training, such as weights=lora, rank=8, targets=q_proj,v_proj, batch=8, "
        "learning-rate=0.001, patience=1, precision=bfloat16; may be repeated",
    )
    test = parser.add_argument_group("how it is tested")
    for name, one in _MEASURES.items():
        add_option(test, replace(one, name=name), kind=int)


def training_spec(options: argparse.Namespace) -> dict[str, Any]:
    """What `add_training_options` was given, as a train or experiment job takes it.

    Raises:
        ConfigError: An option that is not written NAME=VALUE, unknown, or of another type.
    """
    spec: dict[str, Any] = {}
    if options.recommender:
        spec["recommender"] = options.recommender
    own = given_options(options, ("model", "epochs")) | _given(options.train, options.recommender or "")
    if own:
        spec["options"] = own
    given = given_options(options, tuple(_MEASURES))
    measure = {_MEASURES[name].name: value for name, value in given.items()}
    if options.recommender == "tiger" and "beams" in measure:  # they belong to the recommender there
        spec["options"] = {"beams": measure.pop("beams"), **spec.get("options", {})}
    return spec | ({"measure": measure} if measure else {})


def _given(texts: Sequence[str], recommender: str) -> dict[str, Any]:
    kind = TigerOptions if recommender == Recommender.TIGER else FineTuneOptions
    defaults = {field.name: field.default for field in fields(kind)}
    values: dict[str, Any] = {}
    for given in texts:
        name, mark, text = given.partition("=")
        name = name.strip().replace("-", "_")
        if not mark or name not in defaults:
            message = f"--train is {given!r}, but it is written NAME=VALUE with one of the names {', '.join(defaults)}"
            raise ConfigError(message, code="not-name-value", fields={"given": given})
        values[name] = _read(name, text.strip(), defaults[name])
    return values


def _read(name: str, text: str, default: Any) -> Any:
    if isinstance(default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(default, str):
        return text
    whole = isinstance(default, int)
    try:
        return int(text) if whole else float(text)
    except ValueError:
        what = "a whole number" if whole else "a number"
        message = f"the option {name} is {text!r}, but it must be {what}"
        raise ConfigError(message, code="bad-option", fields={"option": name, "value": text}) from None
