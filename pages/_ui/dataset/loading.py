"""Own data: where it is, what it is, which column holds what, and how it becomes a dataset."""

from __future__ import annotations

import itertools
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
from goracs_core.data.options import Negatives, PrepareOptions
from goracs_core.data.splits import SplitMethod
from goracs_core.errors import ConfigError, DataError
from goracs_core.jobs.kinds import PREPARE
from pages._ui import jobs, state, text, uploads

_SPLITS = {
    SplitMethod.AUTO: "Detect automatically",
    SplitMethod.GLOBAL_TIME: "By time, one split point for all users",
    SplitMethod.PER_USER_LAST: "Last interactions of each user",
    SplitMethod.GIVEN: "As provided by the source",
    SplitMethod.SHUFFLE: "Shuffled (instruction files)",
    SplitMethod.ORDER: "In file order (instruction files)",
}
_NEGATIVES = {
    Negatives.NONE: "None, use ratings",
    Negatives.UNIFORM: "Uniformly sampled items",
    Negatives.POPULAR: "Sampled by popularity",
}
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
    way = st.segmented_control(
        "Data source",
        ["Upload", "Path on this server"],
        default="Upload",
        required=True,
        key="source_way",
        persist_state="session",
    )
    if way == "Upload":
        return _upload()
    given = st.text_input(
        "File or folder",
        key="source_path",
        persist_state="session",
        placeholder="/data/reviews.jsonl.gz",
        help="A path on the machine that runs this dashboard; the data are not copied.",
    ).strip()
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
        st.dataframe(rows, hide_index=True, alt="The first rows of the table")
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
        return pd.read_csv(
            path,
            nrows=_PREVIEW_ROWS,
            dtype=str,
            sep=delimiter,
            engine="python",
            keep_default_na=False,
            encoding=encoding,
        )
    except (OSError, ValueError, StopIteration, pa.ArrowException, DataError, EOFError):
        return None


def _prepare_options(path: Path) -> dict[str, Any]:
    """The options of a dataset as widgets; values for PrepareOptions."""
    first, second, third = st.columns(3)
    default = path.name.split(".")[0]
    name = first.text_input("Name", default, max_chars=80, help="Name under which the dataset is listed.")
    task = second.selectbox(
        "Task",
        ["seqrec", "ctr"],
        key="prepare_task",
        persist_state="session",
        format_func=lambda task: "Next title (SeqRec)" if task == "seqrec" else "Click: yes or no (CTR)",
        help="What the recommender predicts: the next title, or whether a title will be liked.",
    )
    domain = third.text_input(
        "Word for items",
        placeholder="games",
        key="prepare_domain",
        persist_state="session",
        help="Plural noun used in prompts. If empty, a suitable word is chosen for the source.",
    )
    limits = _limits()
    with st.expander("Filters, history and split"):
        advanced = _advanced()
    return {"name": name.strip() or default, "task": task, "domain": domain.strip() or None, **limits, **advanced}


def _limits() -> dict[str, int | None]:
    labels = {
        "max_pool": (
            "Maximum pool samples",
            "Larger pools are subsampled by popularity decile (or label), not truncated.",
        ),
        "max_validation": (
            "Maximum validation samples",
            "More samples increase memory and time of every transport problem.",
        ),
        "max_test": ("Maximum test samples", "Held out for evaluation."),
    }
    places = st.columns(4)
    values: dict[str, int | None] = {}
    for place, (name, (label, help_)) in zip(places, labels.items(), strict=False):
        values[name] = place.number_input(
            label,
            0 if name == "max_test" else 1,
            None,
            None,
            key=f"prepare_{name}",
            persist_state="session",
            placeholder="all",
            help=help_,
        )
    values["seed"] = places[3].number_input(
        "Seed",
        0,
        2**31 - 1,
        0,
        key="prepare_seed",
        persist_state="session",
        help="Random seed of sampling and shuffling.",
    )
    return values


def _advanced() -> dict[str, Any]:
    keep: dict[str, Any] = {"persist_state": "session"}
    first, second, third = st.columns(3)
    return {
        "k_core": first.number_input(
            "k-core",
            1,
            1000,
            None,
            key="prepare_k_core",
            placeholder="5; 1 with a given split",
            help="Minimum number of interactions of every user and item that is kept; 1 keeps all.",
            **keep,
        ),
        "max_history": second.number_input(
            "Maximum history",
            1,
            200,
            10,
            key="prepare_max_history",
            help="Maximum number of previous items in a prompt.",
            **keep,
        ),
        "min_history": third.number_input(
            "Minimum history",
            0,
            200,
            1,
            key="prepare_min_history",
            help="Samples with fewer previous items are excluded.",
            **keep,
        ),
        "split": first.selectbox(
            "Split", list(_SPLITS), format_func=lambda split: _SPLITS[split], key="prepare_split", **keep
        ),
        "validation_share": second.number_input(
            "Validation share", 0.001, 0.9, 0.1, step=0.05, format="%.3f", key="prepare_validation_share", **keep
        ),
        "test_share": third.number_input(
            "Test share", 0.0, 0.9, 0.1, step=0.05, format="%.3f", key="prepare_test_share", **keep
        ),
        "rating_threshold": first.number_input(
            "Liked above rating",
            value=3.0,
            step=0.5,
            key="prepare_threshold",
            help="Click prediction only: ratings above this value count as yes.",
            **keep,
        ),
        "negatives": second.selectbox(
            "Negative sampling",
            list(_NEGATIVES),
            format_func=lambda kind: _NEGATIVES[kind],
            key="prepare_negatives",
            help="Click prediction on data without ratings: every interaction counts as yes, and for each one a no is "
            "sampled from the items that the user never interacted with.",
            **keep,
        ),
    }
