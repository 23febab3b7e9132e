"""CSV files that are bad as a whole or in single rows: encodings, marks, numbers, dates."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from tests.landing.faults.registry import Case, content

HEADER = "team_code,name_fi,fit_adopted_on\n"
GOOD = "KEY1,SECRET,2024-01-01\n"
PRICES = "service_code,basis,amount_eur,price_year,procurement,source\n"


def encoded(encoding: str, name: str, *says: str, text: str = HEADER + GOOD) -> Case:
    write = content(text, encoding=encoding)
    return Case(name, write, refused="wrong_encoding", says=says)


def dates() -> list[Case]:
    """Return a case of each style of writing a day: all but the ISO one are kept out."""
    styles = {
        "Finnish": "31.1.2025",
        "American": "01/31/2025",
        "British": "31/01/2025",
        "two digits of the year": "31.1.25",
        "English words": "31 Jan 2025",
        "compact": "20250131",
        "week": "2025-W05-5",
        "serial number of a spreadsheet": "45658",
        "formula": "=TODAY()",
        "short ISO": "2025-1-31",
    }
    kept_out = [
        Case(
            f"date {style}",
            content(f"{HEADER}KEY1,,{text}\nKEY2,,2025-01-31\n"),
            problems={2: ("fit_adopted_on", "not_a_date")},
            accepted=1,
        )
        for style, text in styles.items()
    ]
    return [*kept_out, Case("date ISO", content(f"{HEADER}KEY1,,2025-01-31\n"), accepted=1)]


def numbers() -> list[Case]:
    """Return a case of each way to write an amount that could be read wrongly."""
    wrong = {
        "1.234": "ambiguous_number",
        "1,234": "ambiguous_number",
        "1 234,50": "not_a_number",
        "1.234,50": "not_a_number",
        "1'234.50": "not_a_number",
        "12;50": "not_a_number",
        "1e3": "not_a_number",
        "0x10": "not_a_number",
        "=1+1": "not_a_number",
        "12 €": "not_a_number",
        "١٢": "not_a_number",
    }
    return [
        Case(
            f"number {position}",
            content(f'{PRICES}KEY1,session,"{text}",2025,own,x\nKEY2,session,"12,5",2025,own,x\n',
                    "unit_price.csv"),
            "unit_price.csv",
            problems={2: ("amount_eur", reason)},
            accepted=1,
        )
        for position, (text, reason) in enumerate(wrong.items())
    ]  # fmt: skip


def gzipped(folder: Path, key: str) -> None:
    (folder / "team.csv").write_bytes(gzip.compress(f"{HEADER}{key}1,,\n".encode()))


def append(path: Path) -> None:
    """Write to a file without its writer being done."""
    with path.open("ab") as file:
        file.write(b"X,,\n")


def rewrite(path: Path) -> None:
    """Put another content of the same length in the place of a file."""
    text = path.read_bytes()
    path.write_bytes(text.replace(b"2024", b"2023"))
    os.utime(path, ns=(1, 1))


MIXED = (HEADER + "KEY1,Pähkinä,\n").encode() + "KEY2,Pähkinä,\n".encode("latin-1")

FILES = [
    encoded("utf-16", "UTF-16 with mark", "line 1", "UTF-16"),
    encoded("utf-16-le", "UTF-16 without mark", "line 1", "UTF-16"),
    encoded("utf-16-be", "UTF-16 big endian", "line 1", "UTF-16"),
    encoded("utf-32", "UTF-32", "line 1", "UTF-32"),
    encoded("latin-1", "Latin-1", "line 2", "Latin-1", text=HEADER + "KEY1,Pähkinä SECRET,\n"),
    encoded("cp1252", "Windows-1252", "line 2", "Windows-1252", text=HEADER + "KEY1,€ SECRET,\n"),
    Case("mixed", content(MIXED), refused="wrong_encoding", says=("line 3", "mixed")),
    Case("NUL byte", content(f"{HEADER}KEY1,SECRET\0,\n"), refused="wrong_encoding",
         says=("line 2", "NUL")),
    Case("byte order mark", content(HEADER + GOOD, encoding="utf-8-sig"), accepted=1),
    Case("empty", content(""), refused="empty_file"),
    Case("mark alone", content(b"\xef\xbb\xbf"), refused="empty_file"),
    Case("blank lines alone", content("\r\n\r\n"), refused="empty_file"),
    Case("header alone", content(HEADER)),
    Case("one row", content(HEADER + GOOD), accepted=1),
    Case("one row without end", content((HEADER + GOOD).rstrip()), accepted=1),
    Case("no header", content("SECRET,a,b\nSECRET,c,d\n"), refused="missing_column",
         says=("(team_code)",)),
    Case("column twice", content("team_code,name_fi,name_fi\nKEY1,SECRET,b\n"),
         refused="duplicate_column", says=("name_fi",)),
    Case("cut in a row", content(HEADER + GOOD + "KEY2,SECR"), refused="file_truncated",
         says=("line 3",)),
    Case("cut in a letter", content((HEADER + GOOD + "KEY2,SECRET,ä").encode()[:-1]),
         refused="file_truncated", says=("line 3",)),
    Case("cut in a quotation", content(HEADER + GOOD + 'KEY2,"SECR'), refused="file_truncated",
         says=("line 3",)),
    Case("JSON", content(b"[" + b"x" * 200_000 + b"]"), refused="unreadable_file"),
    Case("gzip as CSV", gzipped, refused="unreadable_file", says=("gzip",)),
    Case("PDF as CSV", content(b"%PDF-1.7\n1 0 obj\n"), refused="unreadable_file", says=("PDF",)),
    Case("zip as CSV", content(b"PK\x03\x04" + bytes(30)), refused="unreadable_file",
         says=("workbook or zip",)),
    Case("old workbook as CSV", content(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)),
         refused="unreadable_file", says=("old workbook",)),
    Case("Parquet as CSV", content(b"PAR1" + bytes(30)), refused="unreadable_file",
         says=("Parquet",)),
    Case("columns without end", content("team_code," + "x," * 3000 + "\nKEY1\n"),
         refused="too_many_columns", says=("2000",)),
    Case("unknown name", content(HEADER + GOOD, "people.csv"), "people.csv",
         refused="unknown_table", says=("response, session",)),
    Case("unknown ending", content(HEADER + GOOD, "team.xls"), "team.xls",
         refused="unknown_table", says=("ending .xls",)),
    Case("grows while it is read", content(HEADER + GOOD), refused="file_changed", during=append),
    Case("rewritten while it is read", content(HEADER + GOOD), refused="file_changed",
         during=rewrite),
    Case("removed while it is read", content(HEADER + GOOD), refused="file_changed",
         during=Path.unlink),
    Case("without permission", content(HEADER + GOOD), refused="no_permission", is_locked=True),
]  # fmt: skip
ROWS = [
    Case("mark without end",
         content(f'{HEADER}KEY1,,\nKEY2,"SECRET,\nKEY3,,\n'),
         problems={3: ("", "malformed_row")}, accepted=2),
    Case("two marks without end",
         content(f'{HEADER}KEY1,"x,\nKEY2,,\nKEY3,"y,\nKEY4,,\n'),
         problems={2: ("", "malformed_row"), 4: ("", "malformed_row")}, accepted=2),
    Case("too few and too many fields",
         content(f"{HEADER}KEY1\nKEY2,,\nKEY3,,,,\n"),
         problems={2: ("", "malformed_row"), 4: ("", "malformed_row")}, accepted=1),
    Case("a text of two megabytes",
         content(f'{HEADER}KEY1,"{"x" * (1 << 21)}",\nKEY2,,\n'),
         problems={2: ("", "malformed_row")}, accepted=1),
    Case("formulas in texts are texts",
         content(f"{HEADER}KEY1,=HYPERLINK(1),\nKEY2,=cmd|' /C calc'!A0,\nKEY3,@SUM(1),\nKEY4,-1+1,\n"),
         accepted=4),
    Case("formula in a code",
         content("service_code,measure_rhythm\nKEY1,=A1\n", "service.csv"), "service.csv",
         problems={2: ("measure_rhythm", "unknown_code")}),
    Case("unknown column", content("team_code,Nimi\nKEY1,SECRET\n"), accepted=1, note="Nimi"),
    Case("escape in the name of a column", content("team_code,Ni\x1b[31mmi\nKEY1,SECRET\n"),
         accepted=1, note="Ni\\x1b[31mmi"),
    Case("same row twice", content(f"{HEADER}KEY1,,\nKEY1,,\n"), accepted=1, duplicates=1),
    Case("two versions without order", content(f"{HEADER}KEY1,a,\nKEY1,b,\n"),
         problems={2: ("", "conflicting_versions"), 3: ("", "conflicting_versions")}),
    *dates(),
    *numbers(),
]  # fmt: skip
CASES = [*FILES, *ROWS]
