"""MovieLens folders.

100K: u.data, u.item; 1M and 10M: ratings.dat, movies.dat; 25M and latest: ratings.csv, movies.csv.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from goracs_core.data.loaders.assemble import Catalogue, RawInteractions, assemble, refuse_repeats
from goracs_core.data.loaders.columns import as_ids, as_numbers
from goracs_core.data.loaders.loader import Loader, Match
from goracs_core.data.loaders.source import Source, SourceOptions
from goracs_core.data.loaders.table_files import Columns, csv_fault, drop_blank, read_columns
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


def load_movielens(path: Path, *, options: SourceOptions, progress: Progress = silent) -> Source:
    """Read a MovieLens folder, or its ratings file with the rest beside it.

    Raises:
        InputError: The movies file is missing, or a row is not user, movie, rating and time.
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
            table = _read_ratings(folder / ratings, options.encoding, progress)
            catalogue = read_movies(folder / movies, options.encoding)
            content, entries = assemble(_interactions(table, ratings), catalogue)
            return Source(
                folder.name,
                LOADER.name,
                (ratings, movies),
                "movies",
                content,
                ValidationReport(tuple(entries)),
            )
    raise InputError("the folder holds no u.data, ratings.dat or ratings.csv; add it", "file-missing", file=folder.name)


def _read_ratings(path: Path, encoding: str, progress: Progress) -> Columns:
    if path.suffix == ".csv":
        names = ("userId", "movieId", "rating", "timestamp")
        table = read_columns(path, names, encoding=encoding, progress=progress)
        return dict(zip(_COLUMNS, table.values(), strict=True))
    # "1::1193::5::978300760" split at ":" has every second field empty, which the fast parser reads as columns too.
    separator, width, step = ("\t", 4, 1) if path.name == "u.data" else (":", 7, 2)
    with TextFile(path, encoding=encoding, progress=progress) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame = pd.read_csv(
                file,
                sep=separator,
                header=None,
                names=list(range(width)),
                dtype="str",
                na_filter=False,
                index_col=False,
                skip_blank_lines=False,
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            message = f"the rows do not fit ({csv_fault(error)}); each needs user, movie, rating and time"
            raise InputError(message, "rows-unequal", file=path.name) from error
    frame = drop_blank(frame, first_row=1)
    return {
        name: pd.Series(frame[column], name=name) for name, column in zip(_COLUMNS, range(0, width, step), strict=True)
    }


def _interactions(table: Columns, file: str) -> RawInteractions:
    if not len(table["user"]):
        raise InputError(
            "holds no ratings; it needs user, movie, rating and time per row", "no-interactions", file=file
        )
    return RawInteractions(
        users=as_ids(table["user"], file=file),
        items=as_ids(table["item"], file=file),
        rows=table["user"].index.to_numpy("int64"),
        file=file,
        times=as_numbers(table["time"], file=file, required=True),
        ratings=as_numbers(table["rating"], file=file, required=True),
    )


def _read_u_item(path: Path, encoding: str) -> Catalogue:
    def parse(fields: list[str]) -> tuple[str, str]:
        flags = fields[-len(_GENRES) :]
        return fields[1], next((genre for genre, flag in zip(_GENRES, flags, strict=True) if flag == "1" and genre), "")

    return _read_lines(path, "|", 5 + len(_GENRES), encoding, parse)


def _read_movies_dat(path: Path, encoding: str) -> Catalogue:
    return _read_lines(path, "::", 3, encoding, lambda fields: (fields[1], _first_genre(fields[2])))


def _read_movies_csv(path: Path, encoding: str) -> Catalogue:
    table = read_columns(existing(path), ("movieId", "title", "genres"), encoding=encoding)
    if not len(table["movieId"]):
        raise InputError("lists no movies; it needs movieId, title and genres per row", "no-items", file=path.name)
    ids = as_ids(table["movieId"], file=path.name)
    refuse_repeats(ids, file=path.name)
    return Catalogue(list(ids), list(table["title"]), [_first_genre(value) for value in table["genres"]], path.name)


def _read_lines(path: Path, separator: str, width: int, encoding: str, parse: _Parse) -> Catalogue:
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
                raise InputError(message, "rows-unequal", file=path.name, row=row)
            ids.append(fields[0].strip())
            rows.append(row)
            described.append(parse(fields))
    if not ids:
        raise InputError("is empty; it needs one movie per row", "empty-file", file=path.name)
    series = as_ids(pd.Series(ids, index=rows, name="movie", dtype="str"), file=path.name)
    refuse_repeats(series, file=path.name)
    return Catalogue(list(series), [title for title, _ in described], [genre for _, genre in described], path.name)


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
    options=frozenset({"encoding"}),
    detect=detect_movielens,
    load=load_movielens,
)
