"""Workbooks that are bad: bombs, passwords, merged and hidden parts, formulas without a value."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.landing.faults.registry import SECRET, Case, Write

Fill = Callable[[Any, Any, str], object]
Edit = Callable[[str, bytes], bytes]
HEADER = ["team_code", "name_fi", "fit_adopted_on"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def made(fill: Fill, key: str, name: str = "team", **options: Any) -> bytes:
    """Return a workbook with one sheet that has the header and what `fill` puts there."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, HEADER)
        fill(book, sheet, key)
    return file.getvalue()


def edited(raw: bytes, edit: Edit) -> bytes:
    """Return a workbook each part of which `edit` has changed."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, edit(part, old.read(part)))
    return file.getvalue()


def book(fill: Fill, edit: Edit = lambda _, raw: raw, name: str = "team", **options: Any) -> Write:
    def write(folder: Path, key: str) -> None:
        raw = edited(made(fill, key, name, **options), edit)
        (folder / "team.xlsx").write_bytes(raw)

    return write


def one_row(book: Any, sheet: Any, key: str) -> None:
    sheet.write_row(1, 0, [f"{key}1", SECRET])


def in_sheet(old: bytes, new: bytes) -> Edit:
    """Return an edit of the sheet's XML: what matches a pattern is put otherwise."""

    def edit(part: str, raw: bytes) -> bytes:
        return re.sub(old, new, raw) if "worksheets/" in part else raw

    return edit


def bytes_as(change: Callable[[bytes], bytes]) -> Write:
    def write(folder: Path, key: str) -> None:
        (folder / "team.xlsx").write_bytes(change(made(one_row, key)))

    return write


def bomb(folder: Path, key: str) -> None:
    """Write a workbook of a megabyte that unpacks to more than the limit."""
    raw = made(one_row, key)
    path = folder / "team.xlsx"
    path.write_bytes(raw)
    zeros = bytes(1 << 20)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped,
        zipped.open("xl/media/picture.bin", "w", force_zip64=True) as part,
    ):
        for _ in range(1100):
            part.write(zeros)


def lying(raw: bytes) -> bytes:
    """Return a workbook whose directory says that its sheet is smaller than it is."""
    start = raw.rindex(b"PK\x01\x02")
    while b"worksheets/sheet1.xml" not in raw[start : start + 80]:
        start = raw.rindex(b"PK\x01\x02", 0, start)
    return raw[: start + 24] + (100).to_bytes(4, "little") + raw[start + 28 :]


def encrypted_zip(raw: bytes) -> bytes:
    """Return a workbook whose directory says that its parts are encrypted."""
    changed = bytearray(raw)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), raw):
            changed[found.start() + offset] |= 1
    return bytes(changed)


def password(raw: bytes) -> bytes:
    """Return what a spreadsheet program saves under a password: another container altogether."""
    stream = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + stream + bytes(512)


def far_cell(book: Any, sheet: Any, key: str) -> None:
    one_row(book, sheet, key)
    sheet.write(1_048_575, 16_383, "x")


def formatted_far(book: Any, sheet: Any, key: str) -> None:
    one_row(book, sheet, key)
    sheet.write_blank(900_000, 16_000, None, book.add_format({"bold": True}))


def formulas(value: str) -> Fill:
    def fill(book: Any, sheet: Any, key: str) -> None:
        one_row(book, sheet, key)
        sheet.write(2, 0, f"{key}2")
        sheet.write_formula(2, 1, "=A1", None, value)

    return fill


def formula_beside(book: Any, sheet: Any, key: str) -> None:
    one_row(book, sheet, key)
    sheet.write_formula(1, 4, "=NA()", None, "#N/A")


def merged(area: str, *, title: str = "name_fi") -> Fill:
    def fill(book: Any, sheet: Any, key: str) -> None:
        one_row(book, sheet, key)
        sheet.merge_range(area, title)

    return fill


def day_cells(book: Any, sheet: Any, key: str) -> None:
    day = book.add_format({"num_format": "d.m.yyyy"})
    sheet.write(1, 0, f"{key}1")
    sheet.write_datetime(1, 2, date(2025, 1, 31), day)
    sheet.write_row(2, 0, [f"{key}2", "", 45658])
    sheet.write_row(3, 0, [f"{key}3", "", "31.1.2025"])
    sheet.write(4, 0, f"{key}4")
    sheet.write_datetime(4, 2, datetime(2025, 1, 31, 9, 30), day)


def hidden(kind: str) -> Fill:
    def fill(book: Any, sheet: Any, key: str) -> None:
        one_row(book, sheet, key)
        other = book.add_worksheet("team_hidden")
        other.write_row(0, 0, HEADER)
        other.write_row(1, 0, [f"{key}hidden", SECRET])
        getattr(other, kind)()

    return fill


def all_hidden(part: str, raw: bytes) -> bytes:
    return (
        raw.replace(b'sheetId="1"', b'sheetId="1" state="hidden"')
        if part == "xl/workbook.xml"
        else raw
    )


def without_addresses(part: str, raw: bytes) -> bytes:
    return re.sub(rb' r="[A-Z]*[0-9]+"', b"", raw) if "worksheets/" in part else raw


def doubled(folder: Path, key: str) -> None:
    path = folder / "team.xlsx"
    path.write_bytes(made(one_row, key))
    with zipfile.ZipFile(path, "a") as zipped, pytest.warns(UserWarning, match="Duplicate name"):
        zipped.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")


def renamed(folder: Path, key: str) -> None:
    """Write a workbook with a capital in the name of a part, as some programs do."""
    raw = made(one_row, key).replace(b"xl/workbook.xml", b"xl/Workbook.xml")
    (folder / "team.xlsx").write_bytes(raw)


def wide_and_long(part: str, raw: bytes) -> bytes:
    """Return a sheet of few cells that spans many, none of which says where it stands."""
    cell = b"<c><v>1</v></c>"
    rows = b"<row>" + cell * 16_000 + b"</row>" + (b"<row>" + cell + b"</row>") * 5_000
    return raw.replace(b"</sheetData>", rows + b"</sheetData>") if "worksheets/" in part else raw


def prefixed(part: str, raw: bytes) -> bytes:
    """Return the sheet with a prefix on every element, as some programs write it."""
    if "worksheets/" not in part:
        return raw
    raw = re.sub(rb"<(/?)([A-Za-z])", rb"<\1x:\2", raw)
    return raw.replace(b' xmlns="', b' xmlns:x="')


def entities(part: str, raw: bytes) -> bytes:
    return raw.replace(b"?>", b"?>" + ENTITIES, 1) if part == "xl/sharedStrings.xml" else raw


def refused(name: str, write: Write, reason: str, *says: str, sheet: str = "") -> Case:
    return Case(name, write, "team.xlsx", refused=reason, says=says, sheet=sheet)


def landed(name: str, write: Write, accepted: int, **more: Any) -> Case:
    return Case(name, write, "team.xlsx", accepted=accepted, **more)


NO_VALUE: Mapping[str, tuple[Fill, Edit]] = {
    "never computed": (formulas("5"), in_sheet(rb"(</f>)<v>[^<]*</v>", rb"\1")),
    "left empty by a program": (formulas(""), lambda _, raw: raw),
    "error": (formulas("#REF!"), lambda _, raw: raw),
    "never computed, prefixed": (
        formulas("5"),
        lambda part, raw: prefixed(part, in_sheet(rb"(</f>)<v>[^<]*</v>", rb"\1")(part, raw)),
    ),
}

CASES = [
    refused("workbook with a password", bytes_as(password), "password_protected"),
    refused("workbook with encrypted parts", bytes_as(encrypted_zip), "password_protected"),
    refused("old workbook", bytes_as(lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024)),
            "unreadable_file", ".xls"),
    refused("page as workbook", bytes_as(lambda _: b"<html><table></table></html>"), "unreadable_file"),
    refused("workbook cut", bytes_as(lambda raw: raw[: len(raw) // 2]), "unreadable_file"),
    refused("workbook empty", bytes_as(lambda _: b""), "unreadable_file"),
    refused("zip bomb", bomb, "unpacks_too_large", "1024 MiB"),
    refused("zip that lies", bytes_as(lying), "unreadable_file"),
    refused("entities", book(one_row, entities), "unreadable_file", "entities"),
    refused("a cell far away", book(far_cell), "unpacks_too_large", "cells"),
    refused("a cell far away, prefixed", book(far_cell, prefixed), "unpacks_too_large", "cells"),
    refused("a wide row above many without addresses", book(one_row, wide_and_long),
            "unpacks_too_large", "cells"),
    landed("a blank formatted cell far away", book(formatted_far), 1),
    landed("prefixed", book(one_row, prefixed), 1),
    landed("without addresses", book(one_row, without_addresses), 1),
    *(refused(f"formula {name}", book(*parts), "cell_without_value", "sheet team: B3", sheet="team")
      for name, parts in NO_VALUE.items()),
    landed("formula computed", book(formulas("5")), 2),
    landed("formula that gives an empty text",
           book(formulas(""), in_sheet(rb"<c (r=.B3.)>", rb"<c \1 t='str'>")), 2),
    landed("error in a column that is not read", book(formula_beside), 1),
    refused("merged header", book(merged("B1:C1")), "merged_cells", "sheet team: B1:C1", sheet="team"),
    refused("merged rows", book(merged("B2:B3")), "merged_cells", "sheet team: B2:B3", sheet="team"),
    refused("merged title", book(merged("A1:C1", title="Tiimit")), "merged_cells", "A1:C1", sheet="team"),
    landed("merged beside the table", book(merged("F2:G9")), 1),
    landed("cells of days", book(day_cells), 1,
           problems=dict.fromkeys((3, 4, 5), ("fit_adopted_on", "not_a_date"))),
    landed("cells of days since 1904", book(day_cells, date_1904=True), 1,
           problems=dict.fromkeys((3, 4, 5), ("fit_adopted_on", "not_a_date"))),
    landed("hidden sheet", book(hidden("hide")), 1, note="team_hidden (hidden)"),
    landed("very hidden sheet", book(hidden("very_hidden")), 1, note="team_hidden (hidden)"),
    refused("line break in the name of a sheet",
            book(merged("B1:C1"), lambda _, raw: raw.replace(b'name="team"', b'name="a&#10;b"')),
            "merged_cells", "sheet a\\nb: B1:C1", sheet="a\\nb"),
    refused("two parts of one name", doubled, "unreadable_file", "two parts"),
    landed("parts with capitals", renamed, 1),
    refused("every sheet hidden", book(one_row, all_hidden), "unknown_table", "hidden: team"),
]  # fmt: skip
