"""Own data: where they are, their format and columns, and how they become a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

from goracs_core.data.loaders.columns import guess_mapping
from goracs_core.data.loaders.records import is_json, iter_records
from goracs_core.data.loaders.registry import detect_kind, find_loader, known_endings, known_layouts, loaders
from goracs_core.data.loaders.source import ColumnMapping, SourceOptions
from goracs_core.data.loaders.table_files import is_parquet, table_columns
from goracs_core.data.options import PrepareOptions
from goracs_core.errors import ConfigError, DataError
from goracs_core.jobs.kinds import PREPARE
from goracs_core.option import NamedOption, options_of
from pages._ui import jobs, state, text, uploads, widgets
from pages._ui.widgets import KEPT

_ROLES = {
    "user": "User",
    "item": "Item",
    "time": "Time",
    "rating": "Rating",
    "title": "Title",
    "category": "Category",
    "split": "Split",
    "position": "Position",
}
_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "vertical bar", " ": "space"}
_NO_COLUMN = "(none)"
_PREVIEW_ROWS = 5


def source() -> tuple[Path, bool] | None:
    """Ask where the data is: an upload or a path on the server.

    Returns:
        The path, and whether it is an upload; None while nothing is given.

    Raises:
        DataError: An archive that cannot be unpacked, or a path that leads nowhere.
    """
    way = widgets.choice("Data source", ["Upload", "Path on this server"], key="source_way", **KEPT)
    if way == "Upload":
        return _upload()
    help_ = "A path on the machine that runs this dashboard; the data are not copied."
    given = widgets.line("File or folder", key="source_path", placeholder="/data/reviews.jsonl.gz", help=help_, **KEPT)
    if not given:
        return None
    path = Path(given).expanduser()
    if not path.exists():
        raise DataError(f"there is nothing at {given!r} on this server; check the path")
    return path, False


def _upload() -> tuple[Path, bool] | None:
    limit = int(st.get_option("server.maxUploadSize"))
    files = st.file_uploader(
        f"One or more files, or one zip archive; up to {limit} MB each",
        [*known_endings(), "zip"],
        accept_multiple_files=True,
        key="source_files",
        help="Uncompressed or compressed (gz, zip). For larger data, place the files on the server and enter their "
        "path.",
    )
    st.caption(
        f"At most {limit} MB per file, {uploads.MAX_UNPACKED // 2**30} GiB unpacked. Uploads stay on this server and "
        "are deleted after use."
    )
    kept = st.session_state.get("kept_upload")
    names = tuple(file.file_id for file in files)
    if kept is not None and (kept[0] != names or not kept[1].exists()):
        uploads.discard(kept[1], state.workspace())
        kept = st.session_state["kept_upload"] = None
    if not files:
        return None
    if kept is None:
        uploads.sweep(state.workspace())
        kept = st.session_state["kept_upload"] = (names, uploads.keep(files, state.workspace()))
    return kept[1], True


def options(path: Path, *, uploaded: bool) -> None:
    """Ask how to read and prepare what lies at `path`, and start the job.

    Raises:
        GoracsError: Not a known layout, or options that do not go together.
    """
    source_options = _source_options(path)
    with st.form("prepare"):
        chosen = _prepare_options(path)
        replace = st.checkbox("Replace the dataset of the same name", key="prepare_replace")
        submitted = st.form_submit_button(
            "Prepare", type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter", key="prepare_submit"
        )
    if submitted:
        taken = state.workspace().dataset_directory(chosen["name"])
        if taken.exists() and not replace:
            raise ConfigError(
                f"there is already a dataset called {taken.name!r}; enter another name, or tick the box to replace it"
            )
        spec = {
            "source": str(path.resolve()),
            "options": PrepareOptions(**chosen).to_dict(),
            "source_options": source_options.to_dict(),
            "delete_upload": uploaded,
        }
        jobs.submit(PREPARE, spec)
        st.rerun()


def _source_options(path: Path) -> SourceOptions:
    """The format, and the options about reading that it takes."""
    detected = detect_kind(path)
    titles = {loader.name: loader.title for loader in loaders()}
    kind = st.selectbox(
        "Format",
        list(titles),
        index=list(titles).index(detected),
        format_func=lambda name: titles[name],
        help=f"Detected format: {titles[detected]}. Supported formats: {known_layouts()}.",
    )
    takes = find_loader(kind).options
    given: dict[str, Any] = {}
    places = st.columns(2)
    if "encoding" in takes:
        encoding = places[0].text_input(
            "Text encoding", "utf-8", key="source_encoding", help="Encoding of text files, such as utf-8 or latin-1."
        )
        given["encoding"] = encoding.strip() or "utf-8"
    if "delimiter" in takes:
        given["delimiter"] = places[1].selectbox(
            "Column separator",
            [None, *_DELIMITERS],
            format_func=lambda character: "detect" if character is None else _DELIMITERS[character],
            key="source_delimiter",
            help="Column separator of text tables.",
        )
    if "mapping" in takes and path.is_file():
        given["mapping"] = _mapping(path, **{name: given[name] for name in ("encoding", "delimiter") if name in given})
    return SourceOptions(kind=kind, **given)


def _mapping(path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> ColumnMapping:
    """The first rows, and a selector per role with a guess to start from."""
    columns = table_columns(path, encoding=encoding, delimiter=delimiter)
    guessed = asdict(guess_mapping(columns))
    st.markdown("**Assign the columns.** First rows:")
    rows = _first_rows(path, encoding, delimiter)
    if rows is not None:
        widgets.table(rows, key="first_rows", alt="The first rows of the table")
    choices = [_NO_COLUMN, *columns]
    chosen: dict[str, str] = {}
    places = st.columns(4)
    for position, role in enumerate(field.name for field in fields(ColumnMapping)):
        picked = places[position % 4].selectbox(
            _ROLES[role] + (" *" if role in ("user", "item") else ""),
            choices,
            index=choices.index(guessed[role] or _NO_COLUMN),
            key=f"column_{role}_{text.short_fingerprint(str(hash(columns)))}",
        )
        chosen[role] = "" if picked == _NO_COLUMN else str(picked)
    return ColumnMapping(**chosen)


def _first_rows(path: Path, encoding: str, delimiter: str | None) -> pd.DataFrame | None:
    """A few rows as text; None when they cannot be read that way (the job will say why)."""
    try:
        if is_parquet(path):
            return next(pq.ParquetFile(path).iter_batches(_PREVIEW_ROWS)).to_pandas().astype(str)
        if is_json(path):
            records = [record for _, record in itertools.islice(iter_records(path, encoding=encoding), _PREVIEW_ROWS)]
            return pd.DataFrame.from_records(records).astype(str)
        more: dict[str, Any] = {"sep": delimiter, "engine": "python", "encoding": encoding}
        return pd.read_csv(path, nrows=_PREVIEW_ROWS, dtype=str, keep_default_na=False, **more)
    except (OSError, ValueError, StopIteration, pa.ArrowException, DataError, EOFError):
        return None


def _prepare_options(path: Path) -> dict[str, Any]:
    """The options of a dataset as widgets; values for PrepareOptions."""
    words = {one.name: one for one in options_of(PrepareOptions)}
    default = path.name.split(".")[0]
    first, second, third = st.columns(3)
    name = first.text_input(words["name"].words.label, default, max_chars=80, help=words["name"].words.help)
    chosen: dict[str, Any] = {"name": name.strip() or default, "task": _widget(second, words["task"])}
    domain = third.text_input(
        words["domain"].words.label,
        placeholder=words["domain"].words.unset,
        key="prepare_domain",
        persist_state="session",
        help=words["domain"].words.help,
    )
    chosen["domain"] = domain.strip() or None
    others = [one for one in words.values() if one.name not in chosen]
    chosen |= _row([one for one in others if not one.words.advanced], per_row=4)
    with st.expander("Filters, history and split"):
        return chosen | _row([one for one in others if one.words.advanced], per_row=3)


def _row(options: Sequence[NamedOption], *, per_row: int) -> dict[str, Any]:
    """Widgets side by side."""
    places = st.columns(per_row)
    return {one.name: _widget(places[number % per_row], one) for number, one in enumerate(options)}


def _widget(place: Any, one: NamedOption) -> Any:
    words, default = one.words, one.default
    keep: dict[str, Any] = {"key": f"prepare_{one.name}", "persist_state": "session", "help": words.help}
    if words.choices:
        names = dict(words.choices)
        return place.selectbox(words.label, [str(one) for one in names], format_func=lambda one: names[one], **keep)
    if isinstance(default, float):
        value = {"value": default, "step": words.step, "format": words.format}
        return place.number_input(words.label, words.low, words.high, **value, **keep)
    low, high = int(words.low), int(words.high)
    return place.number_input(words.label, low, high, default, placeholder=words.unset or None, **keep)
