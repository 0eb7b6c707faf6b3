"""Own data: where it is, what it is, which column holds what, and how it becomes a dataset."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from goracs_core.data.loaders import KNOWN_LAYOUTS, ColumnMapping, SourceKind, SourceOptions, detect_kind
from goracs_core.data.options import Negatives, PrepareOptions
from goracs_core.data.splits import SplitMethod
from goracs_core.errors import ConfigError, DataError
from goracs_core.jobs.queue.job import JobKind
from pages._ui import jobs, state, text, uploads

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    SourceKind.DEALREC: "DEALRec folder",
    SourceKind.AMAZON: "Amazon reviews",
    SourceKind.MOVIELENS: "MovieLens",
    SourceKind.TABLES: "Table of interactions",
    SourceKind.INSTRUCTIONS: "Instruction JSON",
}
_SPLITS = {
    SplitMethod.AUTO: "As the data suggests",
    SplitMethod.GLOBAL_TIME: "By time, for all users at once",
    SplitMethod.PER_USER_LAST: "Last items of each user",
    SplitMethod.GIVEN: "As given by the source",
    SplitMethod.SHUFFLE: "Shuffled (instruction files)",
    SplitMethod.ORDER: "In file order (instruction files)",
}
_NEGATIVES = {
    Negatives.NONE: "None, from ratings",
    Negatives.UNIFORM: "Any item alike",
    Negatives.POPULAR: "Popular items more often",
}
_ROLES = {
    "user": "User", "item": "Item", "time": "Time", "rating": "Rating", "title": "Title", "category": "Category",
    "split": "Split", "position": "Position",
}  # fmt: skip
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
        "Where is the data?", ["Upload", "Path on this server"], default="Upload", required=True, key="source_way",
        persist_state="session",
    )  # fmt: skip
    if way == "Upload":
        return _upload()
    given = st.text_input(
        "File or folder", key="source_path", persist_state="session", placeholder="/data/reviews.jsonl.gz",
        help="On the machine this dashboard runs on; nothing is copied.",
    ).strip()  # fmt: skip
    if not given:
        return None
    path = Path(given).expanduser()
    if not path.exists():
        raise DataError(f"there is nothing at {given!r} on this server; check the path")
    return path, False


def _upload() -> tuple[Path, bool] | None:
    limit = int(st.get_option("server.maxUploadSize"))
    files = st.file_uploader(
        f"One or several files, or one zip; up to {limit} MB each", uploads.TYPES, accept_multiple_files=True,
        key="source_files", help="Plain or compressed (gz, zip). Larger data: put it on the server and give its path.",
    )  # fmt: skip
    st.caption(
        f"Up to {limit} MB a file, {uploads.MAX_UNPACKED // 2**30} GiB unpacked. Uploads stay on this server and are "
        "deleted after use."
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
    detected = detect_kind(path)
    kind = st.selectbox(
        "Format", list(KINDS), index=list(KINDS).index(detected), format_func=lambda kind: KINDS[kind],
        help=f"Recognised as: {KINDS[detected]}. Known are {KNOWN_LAYOUTS}.",
    )  # fmt: skip
    mapping = _mapping(path) if kind is SourceKind.TABLES and path.is_file() else ColumnMapping()
    with st.form("prepare"):
        chosen = _prepare_options(path)
        replace = st.checkbox("Replace a dataset of the same name", key="prepare_replace")
        submitted = st.form_submit_button(
            "Prepare", type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter", key="prepare_submit"
        )
    if submitted:
        taken = state.workspace().dataset_directory(chosen["name"])
        if taken.exists() and not replace:
            raise ConfigError(
                f"there is a dataset called {taken.name!r} already; give another name, or tick that it be replaced"
            )
        spec = {
            "source": str(path.resolve()),
            "options": PrepareOptions(**chosen).to_dict(),
            "source_options": SourceOptions(kind=kind, mapping=mapping).to_dict(),
            "delete_upload": uploaded,
        }
        jobs.submit(JobKind.PREPARE, spec)
        st.rerun()


def _mapping(path: Path) -> ColumnMapping:
    """The first rows, and a selector per role with a guess to start from."""
    from goracs_core.data.loaders.columns import guess_mapping
    from goracs_core.data.loaders.table_files import table_columns

    columns = table_columns(path)
    guessed = asdict(guess_mapping(columns))
    st.markdown("**Which column holds what?** The first rows:")
    rows = _first_rows(path)
    if rows is not None:
        st.dataframe(rows, hide_index=True, alt="The first rows of the table")
    choices = [_NO_COLUMN, *columns]
    chosen: dict[str, str] = {}
    places = st.columns(4)
    for position, role in enumerate(field.name for field in fields(ColumnMapping)):
        guess = guessed[role] or _NO_COLUMN
        picked = places[position % 4].selectbox(
            _ROLES[role] + (" *" if role in ("user", "item") else ""), choices, index=choices.index(guess),
            key=f"column_{role}_{text.short_fingerprint(str(hash(columns)))}",
        )  # fmt: skip
        chosen[role] = "" if picked == _NO_COLUMN else str(picked)
    return ColumnMapping(**chosen)


def _first_rows(path: Path) -> pd.DataFrame | None:
    """A few rows as text; None when they cannot be read that way (the job will say why)."""
    import itertools

    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from goracs_core.data.loaders.records import iter_records
    from goracs_core.data.loaders.table_files import plain_suffix

    suffix = plain_suffix(path)
    try:
        if suffix == ".parquet":
            return next(pq.ParquetFile(path).iter_batches(_PREVIEW_ROWS)).to_pandas().astype(str)
        if suffix.startswith((".json", ".ndjson")):
            records = [record for _, record in itertools.islice(iter_records(path), _PREVIEW_ROWS)]
            return pd.DataFrame.from_records(records).astype(str)
        return pd.read_csv(path, nrows=_PREVIEW_ROWS, dtype=str, sep=None, engine="python", keep_default_na=False)
    except (OSError, ValueError, StopIteration, pa.ArrowException, DataError, EOFError):
        return None


def _prepare_options(path: Path) -> dict[str, Any]:
    """The options of a dataset as widgets; values for PrepareOptions."""
    first, second, third = st.columns(3)
    default = path.name.split(".")[0]
    name = first.text_input("Name", default, max_chars=80, help="What the dataset is called everywhere.")
    task = second.selectbox(
        "Task", ["seqrec", "ctr"], key="prepare_task", persist_state="session",
        format_func=lambda task: "Next title (SeqRec)" if task == "seqrec" else "Click: yes or no (CTR)",
        help="What the recommender is asked: the next title, or whether a title will be liked.",
    )  # fmt: skip
    domain = third.text_input(
        "Items are called", placeholder="games", key="prepare_domain", persist_state="session",
        help="In prompts, in the plural; empty takes what suits the source.",
    )  # fmt: skip
    limits = _limits()
    with st.expander("Filters, history and split"):
        advanced = _advanced()
    return {"name": name.strip() or default, "task": task, "domain": domain.strip() or None, **limits, **advanced}


def _limits() -> dict[str, int | None]:
    labels = {
        "max_pool": ("Most pool samples", "Larger pools are sampled by popularity decile (or label), never cut off."),
        "max_validation": ("Most validation samples", "More samples cost memory and time in every transport."),
        "max_test": ("Most test samples", "Held out for evaluation."),
    }
    places = st.columns(4)
    values: dict[str, int | None] = {}
    for place, (name, (label, help_)) in zip(places, labels.items(), strict=False):
        values[name] = place.number_input(
            label, 0 if name == "max_test" else 1, None, None, key=f"prepare_{name}", persist_state="session",
            placeholder="all", help=help_,
        )  # fmt: skip
    values["seed"] = places[3].number_input(
        "Seed", 0, 2**31 - 1, 0, key="prepare_seed", persist_state="session", help="Of the sampling and any shuffling."
    )
    return values


def _advanced() -> dict[str, Any]:
    keep: dict[str, Any] = {"persist_state": "session"}
    first, second, third = st.columns(3)
    return {
        "k_core": first.number_input(
            "k-core", 1, 1000, None, key="prepare_k_core", placeholder="5; 1 with a given split", **keep,
            help="Least interactions of every user and item that is kept; 1 keeps all."),
        "max_history": second.number_input("Longest history", 1, 200, 10, key="prepare_max_history", **keep,
                                           help="Most previous items in a prompt."),
        "min_history": third.number_input("Shortest history", 0, 200, 1, key="prepare_min_history", **keep,
                                          help="Samples with fewer previous items are left out."),
        "split": first.selectbox("Split", list(_SPLITS), format_func=lambda split: _SPLITS[split],
                                 key="prepare_split", **keep),
        "validation_share": second.number_input("Validation share", 0.001, 0.9, 0.1, step=0.05, format="%.3f",
                                                key="prepare_validation_share", **keep),
        "test_share": third.number_input("Test share", 0.0, 0.9, 0.1, step=0.05, format="%.3f",
                                         key="prepare_test_share", **keep),
        "rating_threshold": first.number_input(
            "Liked above rating", value=3.0, step=0.5, key="prepare_threshold", **keep,
            help="Click prediction only: a rating above this means yes."),
        "negatives": second.selectbox(
            "Made-up No samples", list(_NEGATIVES), format_func=lambda kind: _NEGATIVES[kind], key="prepare_negatives",
            help="Click prediction on data without ratings: every interaction is a yes, and for each a no is made up, "
                 "about an item that the user never touched.", **keep),
    }  # fmt: skip
