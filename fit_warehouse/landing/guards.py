"""What a file is, looked at before any reader touches it: a reader cannot refuse what kills it."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from fit_warehouse.landing import files, workbook
from fit_warehouse.landing.refusal import RefusedFileError

MOST_COLUMNS = 2_000  # the widest table has some fifty
LONGEST_HEADER = 1 << 20  # bytes

# The first bytes of files that come under a wrong ending.
MAGIC: Mapping[bytes, str] = {
    b"PK\x03\x04": "a workbook or zip file",
    workbook.OLE: "an old workbook (.xls) or one with a password",
    b"PAR1": "a Parquet file",
    b"PARE": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF file",
}
MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def check(path: Path, folder: Path) -> None:
    """Refuse what no reader may touch; reads the beginning of a file, of a workbook all its parts.

    Parameters
    ----------
    path
        What lies in the landing folder.
    folder
        The landing folder.

    Raises
    ------
    RefusedFileError
        `link_not_followed`, `special_file`, `bad_file_name`, `password_protected`,
        `unpacks_too_large`, `too_many_columns`, `wrong_encoding` or `unreadable_file`.
    OSError
        When the file cannot be opened.
    """
    check_place(path, folder)
    match path.suffix.lower():
        case ".csv":
            check_text(path)
        case ".xlsx":
            workbook.check(path)
        case ".parquet":
            if _head(path, 4) == b"PARE":
                raise RefusedFileError("password_protected")


def check_place(path: Path, folder: Path) -> None:
    """Refuse links out of the folder, whatever is no ordinary file, and names nobody can write."""
    name = str(path.relative_to(folder))
    if files.shown(name) != name:
        raise RefusedFileError("bad_file_name", files.shown(name))
    try:
        target = path.resolve(strict=True)
    except PermissionError:
        raise
    except (OSError, RuntimeError) as problem:  # links in a circle are a RuntimeError before 3.13
        raise RefusedFileError("link_not_followed") from problem
    if not target.is_relative_to(folder.resolve()) or target.is_dir():
        raise RefusedFileError("link_not_followed")
    if not stat.S_ISREG(target.stat().st_mode):
        raise RefusedFileError("special_file")


def check_text(path: Path) -> None:
    """Refuse a CSV file that is no UTF-8 text from its first bytes on, or has an endless header."""
    head = _head(path, LONGEST_HEADER)
    for magic, kind in MAGIC.items():
        if head.startswith(magic):
            raise RefusedFileError("unreadable_file", f"it is {kind}, not CSV")
    if seems := _wide_encoding(head):
        raise RefusedFileError("wrong_encoding", f"line 1: it seems to be {seems}")
    if b"\0" in head:  # also what a disk gives for a file that was never filled
        line = head[: head.index(b"\0")].count(b"\n") + 1
        raise RefusedFileError("wrong_encoding", f"line {line} has a NUL byte")
    header = head.replace(b"\r", b"\n").split(b"\n", 1)[0]
    n_columns = 1 + max(header.count(mark) for mark in (b",", b";", b"\t"))
    if n_columns > MOST_COLUMNS:
        raise RefusedFileError("too_many_columns", f"more than {MOST_COLUMNS}")


def narrow_encoding(piece: bytes, wrong: int) -> str:
    """Return which encoding a text seems to have that is no UTF-8.

    Parameters
    ----------
    piece
        A part of the text.
    wrong
        Where in it the first byte is that UTF-8 does not have there.

    Examples
    --------
    >>> narrow_encoding("Pähkinä".encode("latin-1"), 1)
    'Latin-1 or Windows-1252'
    >>> narrow_encoding("Pähkinä ".encode() + "Pähkinä".encode("latin-1"), 11)
    'UTF-8 and Latin-1 or Windows-1252 mixed'
    """
    is_mixed = any(byte > 127 for byte in piece[:wrong])
    return "UTF-8 and Latin-1 or Windows-1252 mixed" if is_mixed else "Latin-1 or Windows-1252"


def _wide_encoding(head: bytes) -> str:
    """Return UTF-16 or UTF-32 by the byte order mark, or by every second byte being NUL."""
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name
    start = head[:64]
    evens, odds = start[::2], start[1::2]
    is_wide = len(start) > 3 and {evens.count(0), odds.count(0)} == {0, len(evens)}
    return "UTF-16" if is_wide and len(evens) == len(odds) else ""


def _head(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)
