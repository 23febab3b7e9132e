"""What a workbook is made of: its size unpacked, hidden sheets, merged cells, cells without value.

An XLSX file is a zip of XML. Its reader takes memory for every cell of the rectangle that the sheet
spans, however few of them are filled, and unpacks whatever the zip holds; so both are counted here
first. What it gives as empty is not always empty: a formula that was never computed, an error, and
all but one of merged cells.
"""

from __future__ import annotations

import errno
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from fit_warehouse.landing.refusal import RefusedFileError

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A full sheet of a million rows has some 700 MB of XML. The reader takes some 50 bytes for a
# cell: both bounds keep it below the 4 GB that the engine may use by default.
LARGEST_UNPACKED = 1 << 30  # bytes
MOST_CELLS = 50_000_000
MOST_PARTS = 10_000
MOST_COLUMNS = 1 << 14  # of a sheet, by its format
PIECE = 1 << 20

OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}"

# Names may have a prefix (<x:c>), attributes either quotation mark. A cell closed at once is blank.
CELL = re.compile(rb"""\sr=["']([A-Za-z]{1,3})([0-9]{1,9})["'][^<>]*(?<!/)>""")
ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["']([0-9]{1,9})["']""")
ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]*?\bref=["']([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)["']"""
)
WHOLE_CELL = re.compile(rb"<(?:\w+:)?c(\s[^<>]*)?(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
ADDRESS = re.compile(rb"""\sr=["']([A-Z]{1,3}[0-9]{1,9})["']""")
SUSPECT = (b"<f", b":f", b't="e"', b"t='e'")  # a formula or an error may be in a piece
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>[^<]")
ANY_VALUE = re.compile(rb"<(?:\w+:)?v[\s/>]")
TEXT = re.compile(rb"""\st=["']str["']""")  # a formula may well give an empty text
ERROR = re.compile(rb"""\st=["']e["']""")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells; rows and columns are counted from 1, both ends belong to it."""

    text: str
    first: tuple[int, int]
    last: tuple[int, int]

    def spans_row(self, row: int) -> bool:
        """Return whether it lies in a row."""
        return self.first[0] <= row <= self.last[0]

    def touches(self, columns: set[int], first_row: int) -> bool:
        """Return whether a cell of some columns lies in it, in `first_row` or below."""
        spanned = range(self.first[1], self.last[1] + 1)
        return self.last[0] >= first_row and any(column in spanned for column in columns)


SOMEWHERE = Area("a cell without address", (1, 1), (1 << 20, MOST_COLUMNS))


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells of a sheet that do not say what they seem to: merged, or filled but without a value."""

    merged: tuple[Area, ...]
    valueless: tuple[Area, ...]


def check(path: Path) -> None:
    """Refuse a workbook that would take more memory than there may be, or that has a password.

    Raises
    ------
    RefusedFileError
        `password_protected`, `unpacks_too_large`, or `unreadable_file` when it is no workbook, is
        damaged, or declares XML entities.
    """
    _check_container(path)
    with opened(path) as book:
        parts = book.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise RefusedFileError("password_protected")
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise RefusedFileError("unpacks_too_large", f"limit {LARGEST_UNPACKED >> 20} MiB")
        if len({part.filename for part in parts}) < len(parts):
            raise RefusedFileError("unreadable_file", "two parts of one name")
        if not {part.compress_type for part in parts} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise RefusedFileError("unreadable_file")
        for part in parts:
            _check_part(book, part)


def _check_container(path: Path) -> None:
    """Say what the file is when it is no zip."""
    with path.open("rb") as file:
        head = file.read(PIECE)
    if not head.startswith(OLE):
        return
    # The directory of the container names its streams in UTF-16; it may lie anywhere in the file.
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise RefusedFileError("password_protected")
    raise RefusedFileError("unreadable_file", "it is an old workbook (.xls): save it as .xlsx")


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a workbook's zip; whatever is wrong with it in the block refuses the file."""
    try:
        with zipfile.ZipFile(path) as book:
            yield book
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        ValueError,
        KeyError,
        OverflowError,
        RuntimeError,  # a way of packing that Python does not know, or a password
        ElementTree.ParseError,
    ) as problem:
        raise RefusedFileError("unreadable_file") from problem
    except OSError as problem:
        if problem.errno not in (None, errno.EINVAL):  # a place before the beginning of the file
            raise
        raise RefusedFileError("unreadable_file") from problem


def _check_part(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part piece by piece: its true size and checksum, no entities, and its rectangle."""
    n_rows = n_columns = last_row = 0
    is_xml = part.filename.lower().endswith((".xml", ".rels"))
    for piece in _pieces(book, part.filename):
        if not is_xml:
            continue
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece or b"\0" in piece:
            raise RefusedFileError("unreadable_file", "it declares XML entities")
        if not ANY_CELL.search(piece):
            continue
        cells = CELL.findall(piece)
        n_rows += len(ROW.findall(piece))
        if cells:
            n_columns = max(n_columns, max(map(_column, {letters for letters, _ in cells})))
            last_row = max(last_row, max(map(int, {digits for _, digits in cells})))
        if rows := set(ROW_NUMBER.findall(piece)):
            last_row = max(last_row, max(map(int, rows)))
        # A cell need not say where it stands: then it stands beside the one before.
        if piece.count(b"<c") != piece.count(b'<c r="'):
            in_a_row = max(len(ANY_CELL.findall(row)) for row in ROW.split(piece))
            n_columns = max(n_columns, min(in_a_row, MOST_COLUMNS))
        if max(n_rows, last_row) * n_columns > MOST_CELLS:
            raise RefusedFileError("unpacks_too_large", f"limit {MOST_CELLS} cells a sheet")


def _pieces(book: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a part in pieces that end after a row, so that no cell is cut in two."""
    rest = b""
    with book.open(name) as part:
        while piece := part.read(PIECE):
            rest += piece
            end = rest.rfind(b"row>") + 4
            if end > 3:
                yield rest[:end]
                rest = rest[end:]
    yield rest


def _column(letters: bytes) -> int:
    """Return the number of a column, A being 1."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def hidden_sheets(path: Path) -> frozenset[str]:
    """Return the names of the sheets that a person who opens the workbook does not see."""
    with opened(path) as book:
        return frozenset(name for name, (_, is_hidden) in _sheets(book).items() if is_hidden)


def layout(path: Path, sheet: str) -> Layout:
    """Return the cells of a sheet that do not say what they seem to."""
    merged: list[Area] = []
    valueless: list[Area] = []
    with opened(path) as book:
        part, _ = _sheets(book).get(sheet, ("", False))
        for piece in _pieces(book, part) if part else ():
            if b"mergeCell" in piece:
                merged += [_area(found.decode()) for found in MERGED.findall(piece)]
            if any(mark in piece for mark in SUSPECT):
                valueless += [
                    _address(attributes)
                    for attributes, inner in WHOLE_CELL.findall(piece)
                    if ERROR.search(attributes) or _is_unfilled(attributes, inner)
                ]
    return Layout(tuple(merged), tuple(valueless))


def _is_unfilled(attributes: bytes, inner: bytes) -> bool:
    """Return whether a cell has a formula and no value; an empty text is one."""
    has_text = TEXT.search(attributes) and ANY_VALUE.search(inner)
    return bool(FORMULA.search(inner)) and not (VALUE.search(inner) or has_text)


def _address(attributes: bytes) -> Area:
    """Return the cell that an element stands for."""
    found = ADDRESS.search(attributes)
    return _area(found.group(1).decode()) if found else SOMEWHERE


def _area(text: str) -> Area:
    """Return the area that a reference as A1 or A1:C2 means."""
    corners = []
    for corner in text.split(":"):
        letters = corner.rstrip("0123456789")
        corners.append((int(corner[len(letters) :]), _column(letters.encode())))
    return Area(text, corners[0], corners[-1])


def _sheets(book: zipfile.ZipFile) -> dict[str, tuple[str, bool]]:
    """Return {sheet: (its part in the zip, whether it is hidden)}."""
    # Some programs write the names of parts with capitals or backslashes, and readers take them.
    parts = {name.replace("\\", "/").lower(): name for name in book.namelist()}

    def root(name: str) -> ElementTree.Element:
        return ElementTree.fromstring(book.read(parts[name]))

    targets = {
        relation.get("Id", ""): relation.get("Target", "").replace("\\", "/").lower()
        for relation in root("xl/_rels/workbook.xml.rels")
    }
    found = {}
    for element in root("xl/workbook.xml").iter():
        if not element.tag.endswith("}sheet"):
            continue
        relation = element.get(f"{OFFICE}id") or element.get(f"{STRICT}id") or ""
        target = targets.get(relation, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        is_hidden = element.get("state", "visible") != "visible"
        found[element.get("name", "")] = (parts.get(part, ""), is_hidden)
    return found
