"""MovieLens folders.

100K: u.data, u.item; 1M and 10M: ratings.dat, movies.dat; 25M and latest: ratings.csv, movies.csv.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble, sound_catalogue
from goracs_core.data.loaders.columns import as_ids, as_numbers
from goracs_core.data.loaders.faults import FileFaults, RowFaults
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.source import Source, SourceOptions
from goracs_core.data.loaders.table_files import Columns, TextForm, read_columns, read_text_table
from goracs_core.data.loaders.text import TextFile, existing
from goracs_core.data.report import InputError, ValidationReport
from goracs_core.progress import Progress, silent

# The 19 flags at the end of a u.item line, in the order of u.genre.
_GENRES = [
    "",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]
_NO_GENRE = "(no genres listed)"
_Parse = Callable[[list[str]], tuple[str, str]]  # fields of a line -> title, genre
_COLUMNS = ("user", "item", "rating", "time")


def detect_movielens(path: Path) -> Match:
    """Told by the names of the files; of a single file with those that lie beside it."""
    if path.is_dir():
        names = {entry.name.lower() for entry in path.iterdir()}
        tells = bool({"u.data", "ratings.dat"} & names) or {"ratings.csv", "movies.csv"} <= names
    else:
        name = path.name.lower()
        tells = name in ("u.data", "ratings.dat")
        tells = tells or (name == "ratings.csv" and (path.parent / "movies.csv").is_file())
    return Match.NAMES if tells else Match.NO


def load_movielens(path: Path, *, options: SourceOptions, faults: RowFaults, progress: Progress = silent) -> Source:
    """Read a MovieLens folder, or its ratings file with the rest beside it.

    Raises:
        InputError: A file is missing, or holds nothing.
    """
    folder = path if path.is_dir() else path.parent
    layouts = (
        ("u.data", "u.item", _read_u_item),
        ("ratings.dat", "movies.dat", _read_movies_dat),
        ("ratings.csv", "movies.csv", _read_movies_csv),
    )
    for ratings, movies, read_movies in layouts:
        if (folder / ratings).is_file():
            if not (folder / movies).is_file():
                raise InputError(
                    f"the folder lacks {movies}, which holds the titles; add it", "file-missing", file=folder.name
                )
            found = faults.of(folder / ratings)
            table = _read_ratings(folder / ratings, options.encoding, found, progress)
            catalogue = read_movies(folder / movies, options.encoding, faults.of(folder / movies))
            content, entries = assemble(_interactions(table, found).without(found), catalogue)
            return Source(
                folder.name,
                LOADER.name,
                (ratings, movies),
                "movies",
                content,
                ValidationReport(tuple(entries)),
            )
    raise InputError("the folder holds no u.data, ratings.dat or ratings.csv; add it", "file-missing", file=folder.name)


def _read_ratings(path: Path, encoding: str, faults: FileFaults, progress: Progress) -> Columns:
    if path.suffix == ".csv":
        names = ("userId", "movieId", "rating", "timestamp")
        table = read_columns(path, names, encoding=encoding, faults=faults, progress=progress)
        return dict(zip(_COLUMNS, table.values(), strict=True))
    # "1::1193::5::978300760" split at ":" has every second field empty, which the fast parser reads as columns too.
    separator, width, step = ("\t", 4, 1) if path.name == "u.data" else (":", 7, 2)
    places = tuple(range(0, width, step))
    form = TextForm(path, encoding, separator, width, first_row=1, columns=places)
    frame = read_text_table(form, faults, progress)
    return {name: pd.Series(frame[column], name=name) for name, column in zip(_COLUMNS, places, strict=True)}


def _interactions(table: Columns, faults: FileFaults) -> RawInteractions:
    if not len(table["user"]):
        raise InputError(
            "holds no ratings; it needs user, movie, rating and time per row", "no-interactions", file=faults.file
        )
    return RawInteractions(
        users=as_ids(table["user"], faults),
        items=as_ids(table["item"], faults),
        rows=table["user"].index.to_numpy("int64"),
        file=faults.file,
        times=as_numbers(table["time"], faults, required=True),
        ratings=as_numbers(table["rating"], faults, required=True),
    )


def _read_u_item(path: Path, encoding: str, faults: FileFaults) -> Catalogue:
    def parse(fields: list[str]) -> tuple[str, str]:
        flags = fields[-len(_GENRES) :]
        return fields[1], next((genre for genre, flag in zip(_GENRES, flags, strict=True) if flag == "1" and genre), "")

    return _read_lines(path, "|", 5 + len(_GENRES), encoding, parse, faults)


def _read_movies_dat(path: Path, encoding: str, faults: FileFaults) -> Catalogue:
    return _read_lines(path, "::", 3, encoding, lambda fields: (fields[1], _first_genre(fields[2])), faults)


def _read_movies_csv(path: Path, encoding: str, faults: FileFaults) -> Catalogue:
    table = read_columns(existing(path), ("movieId", "title", "genres"), encoding=encoding, faults=faults)
    if not len(table["movieId"]):
        raise InputError("lists no movies; it needs movieId, title and genres per row", "no-items", file=path.name)
    ids = as_ids(table["movieId"], faults)
    return sound_catalogue(ids, list(table["title"]), [_first_genre(value) for value in table["genres"]], faults)


def _read_lines(path: Path, separator: str, width: int, encoding: str, parse: _Parse, faults: FileFaults) -> Catalogue:
    ids: list[str] = []
    rows: list[int] = []
    described: list[tuple[str, str]] = []
    with TextFile(path, encoding=_encoding(path, encoding)) as file:
        for row, line in file.lines():
            fields = line.split(separator)
            if not line.strip():
                continue
            if len(fields) != width:
                message = f"has {len(fields)} fields separated by {separator}, but a movie has {width}"
                faults.add(message, "rows-unequal", row=row)
                continue
            ids.append(fields[0].strip())
            rows.append(row)
            described.append(parse(fields))
    if not ids:
        raise InputError("is empty; it needs one movie per row", "empty-file", file=path.name)
    series = as_ids(pd.Series(ids, index=rows, name="movie", dtype="str"), faults)
    return sound_catalogue(series, [title for title, _ in described], [genre for _, genre in described], faults)


def _encoding(path: Path, encoding: str) -> str:
    """The older catalogues are Latin-1 and the later ones UTF-8; text that is valid UTF-8 by chance is hardly any."""
    try:
        with TextFile(path, encoding=encoding) as file:
            file.read()
    except InputError:
        return "latin-1" if encoding == "utf-8" else encoding
    return encoding


def _first_genre(genres: str) -> str:
    return "" if genres == _NO_GENRE else genres.split("|")[0]


LOADER = Loader(
    name="movielens",
    title="MovieLens",
    layout="a MovieLens folder (u.data, ratings.dat, or ratings.csv with movies.csv)",
    endings=("data", "item", "user", "dat", "csv"),
    options=frozenset({"encoding", "bad_rows"}),
    detect=detect_movielens,
    load=load_movielens,
)
