"""Own data: where they are, their format and columns, and how they become a dataset."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from goracs_core.data.loaders.guess import Guess, doubt, guess_columns
from goracs_core.data.loaders.preview import table_head
from goracs_core.data.loaders.registry import detect_kind, find_loader, known_endings, known_layouts, loaders
from goracs_core.data.loaders.source import BadRows, ColumnMapping, SourceOptions
from goracs_core.data.loaders.table_files import table_columns
from goracs_core.data.options import PrepareOptions
from goracs_core.errors import ConfigError, DataError, GoracsError
from goracs_core.jobs.kinds import PREPARE
from goracs_core.jobs.queue.job import Job, JobState
from goracs_core.option import NamedOption, options_of
from goracs_core.types import fingerprint
from pages._ui import columns, jobs, state, text, uploads, widgets
from pages._ui.dataset import contents
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
    files = st.file_uploader(
        "One or more files, or one zip archive",
        [*known_endings(), "zip"],
        accept_multiple_files=True,
        key="source_files",
        help=f"Uncompressed or compressed (gz, zip; at most {uploads.MAX_UNPACKED // 2**30} GiB unpacked). For larger "
        "data, place the files on the server and enter their path. Uploads stay on this server and are deleted after "
        "use.",
    )
    kept = st.session_state.get("kept_upload")
    names = tuple(file.file_id for file in files)
    if kept is not None and (kept[0] != names or not kept[1].exists()):
        if not _is_needed(kept[1]):
            uploads.discard(kept[1], state.workspace())
        kept = st.session_state["kept_upload"] = None
    if not files:
        return None
    if kept is None:
        uploads.sweep(state.workspace())
        kept = st.session_state["kept_upload"] = (names, uploads.keep(files, state.workspace()))
    return kept[1], True


def _is_needed(path: Path) -> bool:
    """Whether a job that waits or runs reads an upload; it is deleted when the job has ended."""
    return any(str(job.spec.get("source")) == str(path.resolve()) for job in jobs.queue().active())


def options(path: Path, *, uploaded: bool) -> None:
    """Ask how to read and prepare what lies at `path`, and start the job.

    Raises:
        GoracsError: Not a known layout, or options that do not go together.
    """
    reading = _source_options(path)
    with st.form("prepare"):
        chosen = _prepare_options(path)
        replace = st.checkbox("Replace the dataset of the same name", key="prepare_replace")
        submitted = st.form_submit_button(
            "Prepare", type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter", key="prepare_submit"
        )
    with st.container():  # the progress stands at the button
        jobs.watch(PREPARE, failed=functools.partial(_failed, path=path, uploaded=uploaded))
    if submitted:
        taken = state.workspace().dataset_directory(chosen["name"])
        if taken.exists() and not replace:
            raise ConfigError(
                f"there is already a dataset called {taken.name!r}; enter another name, or tick the box to replace it"
            )
        spec = {
            "source": str(path.resolve()),
            "options": PrepareOptions(**chosen).to_dict(),
            "source_options": reading.to_dict(),
            "delete_upload": uploaded,
        }
        jobs.submit(PREPARE, spec)
        st.rerun()


def _failed(job: Job, *, path: Path, uploaded: bool) -> None:
    """How a job ended; rows that cannot be used as a list, with a button that reads the others."""
    found = job.result.get("fields", {})
    problems, count = found.get("problems", []), int(found.get("rows", 0))
    if job.state is not JobState.FAILED or not problems:
        jobs.failure(job)
        return
    rows = f"{count:,} row{'s' if count > 1 else ''}"
    st.error(
        f"{rows} cannot be used. Correct the file, assign other columns, or leave the rows out.",
        icon=":material/error:",
    )
    table = contents.report_table(problems).drop(columns="Kind").rename(columns={"Row": "First row", "Count": "Rows"})
    widgets.table(
        table,
        key="problems",
        alt=f"{len(table)} problems by file, row and column",
        columns={"Finding": columns.words(width="large")},
        width="stretch",
    )
    st.button(
        f"Leave out {'these ' if count > 1 else 'this '}{rows}",
        key="leave_out",
        icon=":material/playlist_remove:",
        help="Reads all other rows; the report of the dataset counts and names those left out.",
        on_click=_leave_out,
        args=(job, path, uploaded),
    )


def _leave_out(job: Job, path: Path, uploaded: bool) -> None:
    """Submit the job again, without the rows that stopped it."""
    reading = dict(job.spec.get("source_options") or {}) | {"bad_rows": str(BadRows.DROP)}
    spec = {**job.spec, "source": str(path.resolve()), "source_options": reading, "delete_upload": uploaded}
    try:
        jobs.submit(PREPARE, spec)
    except GoracsError as error:
        st.toast(str(error), icon=":material/error:")


def _source_options(path: Path) -> SourceOptions:
    """The format, and the options about reading that it takes."""
    detected = detect_kind(path)
    titles = {loader.name: loader.title for loader in loaders()}
    first, second, third = st.columns(3)
    kind = first.selectbox(
        "Format",
        list(titles),
        index=list(titles).index(detected),
        format_func=lambda name: titles[name],
        help=f"Detected format: {titles[detected]}. Supported formats: {known_layouts()}.",
    )
    takes = find_loader(kind).options
    given: dict[str, Any] = {}
    if "encoding" in takes:
        encoding = second.text_input(
            "Text encoding", "utf-8", key="source_encoding", help="Encoding of text files, such as utf-8 or latin-1."
        )
        given["encoding"] = encoding.strip() or "utf-8"
    if "delimiter" in takes:
        given["delimiter"] = third.selectbox(
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
    """The first rows, and a selector per role with a guess to start from; what was chosen stays chosen."""
    found = table_columns(path, encoding=encoding, delimiter=delimiter)
    stat = path.stat()
    head, guesses = _looked_at(str(path), (stat.st_size, stat.st_mtime), encoding, delimiter)
    st.markdown("**Assign the columns.** First rows:")
    if len(head):
        widgets.table(head.head(_PREVIEW_ROWS), key="first_rows", alt="The first rows of the table")
    kept = _chosen_columns(path.name)
    choices = [_NO_COLUMN, *found]
    mark = text.short_fingerprint(fingerprint(path.name, *found))
    chosen: dict[str, str] = {}
    places = st.columns(4)
    for position, role in enumerate(_ROLES):
        guess = guesses.get(role, Guess(""))
        start = kept.get(role, "" if guess.doubt else guess.column)
        key = f"column_{role}_{mark}"
        picked = places[position % 4].selectbox(
            _ROLES[role] + (" *" if role in ("user", "item") else ""),
            choices,
            index=choices.index(start) if start in choices else 0,
            key=key,
            on_change=_keep_column,
            args=(path.name, role, key),
        )
        chosen[role] = "" if picked == _NO_COLUMN else str(picked)
    mapping = ColumnMapping(**chosen)
    for role, guess in guesses.items():
        _question(role, guess, chosen, doubt(head, role, mapping), (path.name, role, f"column_{role}_{mark}"))
    by_content = [_ROLES[role] for role, guess in guesses.items() if guess.by_content and chosen[role] == guess.column]
    if by_content:
        st.caption(
            f"Guessed from the values: {', '.join(by_content)}. Columns of other roles were told by their names."
        )
    return mapping


def _question(role: str, guess: Guess, chosen: dict[str, str], against: str, place: tuple[str, str, str]) -> None:
    """A guess that is not taken unasked, or what speaks against the column that is chosen."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if chosen[role] and against:
            st.caption(f":material/help: {_ROLES[role]}: {text.escape(f'{chosen[role]}: {against}')}.")
        elif guess.doubt and not chosen[role] and role not in _chosen_columns(place[0]):
            st.caption(
                f":material/help: Is **{text.escape(guess.column)}** the {_ROLES[role].lower()}? "
                f"{text.escape(guess.doubt[:1].upper() + guess.doubt[1:])}.",
                width="content",
            )
            st.button("Use it", key=f"use_{role}", on_click=_use_column, args=(*place, guess.column))


def _chosen_columns(file: str) -> dict[str, str]:
    """The columns chosen by hand for a file of this name, role to column; kept whatever becomes of the selectors."""
    return st.session_state.setdefault("chosen_columns", {}).setdefault(file, {})


def _keep_column(file: str, role: str, key: str) -> None:
    picked = st.session_state[key]
    _chosen_columns(file)[role] = "" if picked == _NO_COLUMN else str(picked)


def _use_column(file: str, role: str, key: str, column: str) -> None:
    st.session_state[key] = column
    _keep_column(file, role, key)


@st.cache_data(max_entries=8, show_spinner=False)
def _looked_at(
    path: str, stamp: tuple[int, float], encoding: str, delimiter: str | None
) -> tuple[pd.DataFrame, dict[str, Guess]]:
    """The first rows as texts, and what their columns may be."""
    head = table_head(Path(path), encoding=encoding, delimiter=delimiter)
    return head, guess_columns(head)


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
