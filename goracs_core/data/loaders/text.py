"""Text out of plain or gzip files in bounded memory, with a sentence for everything that is not text."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from goracs_core.data.report import InputError
from goracs_core.progress import Progress, silent

MAX_LINE = 10_000_000  # characters; a longer line is no record of anything we read
_CHUNK = 1 << 20
_MAGIC = {
    b"PAR1": "a Parquet file; rename it to end in .parquet",
    b"PK\x03\x04": "a zip archive (or a spreadsheet); unpack it, or save the sheet as CSV",
    b"%PDF": "a PDF; give the data as CSV, Parquet or JSON Lines",
    b"\x89PNG": "an image; give the data as CSV, Parquet or JSON Lines",
    b"\x93NUM": "a NumPy array; it can be used as precomputed features, not as interactions",
    b"BZh": "a bzip2 archive; unpack it first",
    b"\xfd7zX": "an xz archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive; unpack it first",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def existing(path: Path) -> Path:
    """`path`, if something is there.

    Raises:
        InputError: Nothing is there.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist; check the path for typing errors", "path-missing", file=path.name)
    return path


def plain_suffix(path: Path) -> str:
    """File ending in small letters, without .gz."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def first_bytes(path: Path, size: int = 8) -> bytes:
    """The first bytes as they lie on disk.

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise InputError(
            f"cannot be opened ({error.strerror}); check that it is a readable file", "cannot-read", file=path.name
        ) from error


class TextFile(io.TextIOBase):
    """Decoded text of a file, plain or gzip (told by its first bytes, not its name).

    Holds at most one chunk. Checks as it reads: encoding, NUL characters, line length, gzip integrity.

    Args:
        path: The file.
        encoding: Its text encoding.
        progress: Called with stage "read <file>" and compressed bytes.
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8", progress: Progress = silent) -> None:
        super().__init__()
        self.path = path
        self._progress = progress
        self._total = path.stat().st_size if path.exists() else 0
        self._newlines = 0
        self._since_newline = 0
        head = first_bytes(existing(path))
        self._refuse_other_formats(head, encoding)
        self._raw = path.open("rb")
        self._bytes = cast(IO[bytes], gzip.GzipFile(fileobj=self._raw)) if head[:2] == b"\x1f\x8b" else self._raw
        try:
            name = codecs.lookup(encoding).name
        except LookupError as error:
            raise self._error(
                f"unknown text encoding {encoding!r}; give a name such as utf-8 or latin-1", "unknown-encoding"
            ) from error
        self._encoding = name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)()

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            self._bytes.close()
            self._raw.close()
        super().close()

    def read(self, size: int | None = -1, /) -> str:
        """At most `size` characters; everything for a negative size."""
        if size is None or size < 0:
            return "".join(iter(lambda: self.read(_CHUNK), ""))
        while True:
            data = self._read_bytes(min(size, _CHUNK))
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise self._wrong_encoding(error) from error
            self._check(text)
            if text or not data:
                return text

    def lines(self) -> Iterator[tuple[int, str]]:
        """Pairs of 1-based line number and line without its end."""
        number, rest = 1, ""
        while chunk := self.read(_CHUNK):
            first, *more = chunk.split("\n")
            rest += first
            for line in more:
                yield number, rest.rstrip("\r")
                number, rest = number + 1, line
        if rest:
            yield number, rest.rstrip("\r")

    def _read_bytes(self, size: int) -> bytes:
        try:
            data = self._bytes.read(size)
        except EOFError as error:
            raise self._error(
                "the gzip data ends too early; the file was cut off, so copy or download it again", "file-cut-off"
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self._error(
                f"the gzip data is damaged ({error}); copy or download the file again", "file-damaged"
            ) from error
        except OSError as error:
            raise self._error(
                f"cannot be read ({error.strerror or error}); check the disk and the permissions", "cannot-read"
            ) from error
        self._progress(f"read {self.path.name}", min(self._raw.tell(), self._total), self._total)
        return data

    def _check(self, text: str) -> None:
        if "\0" in text:
            row = self._newlines + 1 + text.count("\n", 0, text.index("\0"))
            raise self._error(
                "holds NUL characters, so it is a binary file or UTF-16 text; give text in UTF-8 (or a .parquet file)",
                "binary-file",
                row=row,
            )
        first = text.find("\n")
        length = self._since_newline + (len(text) if first < 0 else first)
        if length > MAX_LINE:
            raise self._error(
                f"the line is longer than {MAX_LINE // 1_000_000} million characters; give one record per line",
                "line-too-long",
                row=self._newlines + 1,
            )
        self._since_newline = length if first < 0 else len(text) - text.rfind("\n") - 1
        self._newlines += text.count("\n")

    def _wrong_encoding(self, error: UnicodeDecodeError) -> InputError:
        row = self._newlines + 1 + error.object[: error.start].count(b"\n")
        return self._error(
            f"byte 0x{error.object[error.start]:02x} is not {self._encoding.upper()} text; "
            "save the file as UTF-8 or name its encoding (for example latin-1)",
            "wrong-encoding",
            row=row,
        )

    def _refuse_other_formats(self, head: bytes, encoding: str) -> None:
        for magic, what in _MAGIC.items():
            if head.startswith(magic):
                raise self._error(f"is {what}", "other-format")
        if head.startswith(_UTF16) and not encoding.lower().replace("_", "-").startswith("utf-16"):
            raise self._error("is UTF-16 text; save it as UTF-8 or name its encoding (utf-16)", "wrong-encoding", row=1)

    def _error(self, message: str, code: str, row: int | None = None) -> InputError:
        return InputError(message, code, file=self.path.name, row=row)
