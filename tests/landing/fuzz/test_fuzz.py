"""Spoiled files: a reader refuses them or accounts for every row, and raises nothing else.

A valid file is spoiled by changing, taking away, putting in and repeating bytes. `FIT_FUZZ_EXAMPLES`
gives the number of examples of each test: a longer search than a test run has time for.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.errors import DataError, UsageError
from fit_warehouse.landing import contract, files, guards, intake, read_csv, read_other, tabular
from fit_warehouse.landing.refusal import RefusedFileError

EXAMPLES = int(os.environ.get("FIT_FUZZ_EXAMPLES", "60"))
TEAM = contract.tables()["team"]
ROWS = [
    ("T1", "Hehku", "2024-01-01"),
    ("T2", 'Ään, "päin"', ""),
    ("T3", "", "1.1.2024"),
    ("T4", "x\ny", ""),
]
NAMES = ("team_code", "name_fi", "fit_adopted_on")
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def as_csv() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([NAMES, *ROWS])
    return text.getvalue().encode()


def as_parquet() -> bytes:
    file = io.BytesIO()
    pl.DataFrame(ROWS, schema=NAMES, orient="row").write_parquet(file)
    return file.getvalue()


def as_workbook() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("team")
        for number, row in enumerate([NAMES, *ROWS]):
            sheet.write_row(number, 0, row)
    return file.getvalue()


@dataclass(frozen=True)
class Spoiling:
    """One change of a file: where (as a share of its length), what is taken and what is put there."""

    share: float
    n_taken: int
    put: bytes

    def __call__(self, raw: bytes) -> bytes:
        start = int(self.share * len(raw))
        return raw[:start] + self.put + raw[start + self.n_taken :]


MARKS = (
    b'"',
    b'""',
    b",",
    b";",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"=",
)
places = st.floats(0, 1, allow_nan=False)
spoilings = st.lists(
    st.builds(
        Spoiling,
        places,
        st.sampled_from([0, 0, 1, 1, 2, 5, 30, 1 << 20]),
        st.one_of(st.just(b""), st.sampled_from(MARKS), st.binary(max_size=8)),
    ),
    min_size=1,
    max_size=5,
)


def spoiled(raw: bytes, changes: list[Spoiling]) -> bytes:
    for change in changes:
        raw = change(raw)
    return raw


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        intake.prepare(opened)
        yield opened


@contextmanager
def file_of(name: str, raw: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        yield path


def taken(
    connection: duckdb.DuckDBPyConnection, path: Path, load: Callable[[], tuple[str, ...]]
) -> intake.Taken | None:
    """Return what became of a file's rows, or None when it is refused; other errors are defects."""
    try:
        guards.check(path, path.parent)
        found = intake.take(connection, TEAM, load(), extracted_at=None, today=date(2026, 1, 1))
    except RefusedFileError:
        return None
    assert found.delivered == found.kept + found.quarantined
    assert found.kept >= 0
    return found


def reference_rows(raw: bytes) -> int | None:
    """Return how many rows a CSV file has, counted in another way; None where marks make it a guess."""
    text = raw.decode("utf-8-sig")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if '"' not in text:
        return sum(bool(line.strip(" ,;\t\x0b\x0c\x1c\x1d\x1e\x85\xa0")) for line in lines[1:])
    return None


@bounded
@given(changes=spoilings)
def test_spoiled_csv_is_refused_or_every_row_is_somewhere(
    connection: duckdb.DuckDBPyConnection, changes: list[Spoiling]
) -> None:
    raw = spoiled(as_csv(), changes)
    with file_of("team.csv", raw) as path:
        found = taken(connection, path, lambda: read_csv.read(connection, path, TEAM.names))
    if found is None:
        return
    n_rows = reference_rows(raw)
    assert n_rows is None or found.delivered == n_rows


fields = st.sampled_from(
    ["", "T1", "a b", "x,y", "x;y", 'say "x"', "x\ny", "ä😀", "=1+1", " ", "1.1.2024"]
)
# A row is (fields, whether it is written as CSV should be or just joined by commas).
lines = st.lists(st.tuples(st.lists(fields, min_size=1, max_size=4), st.booleans()), max_size=12)


@bounded
@given(rows=lines, end=st.sampled_from(["\n", "\r\n"]))
def test_rows_that_are_written_well_are_all_read_and_broken_ones_named(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[list[str], bool]], end: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(NAMES)
    n_rows = n_broken = 0
    for row, is_padded in rows:
        # A broken row over two lines cannot be told from two broken rows.
        whole = (row + [""] * 3)[:3] if is_padded else [field for field in row if "\n" not in field]
        if not whole:
            continue
        # A delimiter after the last field is no fault.
        fits = len(whole) == 3 or (len(whole) == 4 and not whole[3])
        writer.writerow(whole)
        n_rows += any(whole) or not fits
        n_broken += not fits
    with file_of("team.csv", text.getvalue().encode()) as path:
        found = taken(connection, path, lambda: read_csv.read(connection, path, TEAM.names))
    assert found is not None
    assert found.delivered == n_rows
    assert found.reasons.get("malformed_row", 0) == n_broken


@bounded
@given(changes=spoilings)
def test_spoiled_parquet_is_refused_or_read(
    connection: duckdb.DuckDBPyConnection, changes: list[Spoiling]
) -> None:
    with file_of("team.parquet", spoiled(as_parquet(), changes)) as path:
        found = taken(
            connection, path, lambda: read_other.read_parquet(connection, path, TEAM.names)
        )
    assert found is None or found.delivered <= len(ROWS)


WORKBOOK = as_workbook()


def repacked(changes: list[Spoiling], part: str) -> bytes:
    """Return a sound zip in which one part of the workbook is spoiled: the XML reader's turn."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            raw = old.read(name)
            new.writestr(name, spoiled(raw, changes) if name == part else raw)
    return file.getvalue()


def read_workbook(connection: duckdb.DuckDBPyConnection, raw: bytes) -> None:
    with file_of("team.xlsx", raw) as path:

        def load() -> tuple[str, ...]:
            tabular.sheets(path)
            found, _ = read_other.sheets(path)
            return read_other.read_sheet(connection, path, next(iter(found)), TEAM.names)

        taken(connection, path, load)


@bounded
@given(changes=spoilings)
def test_spoiled_workbooks_are_refused_or_read(
    connection: duckdb.DuckDBPyConnection, changes: list[Spoiling]
) -> None:
    read_workbook(connection, spoiled(WORKBOOK, changes))


PARTS = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml",
         "xl/_rels/workbook.xml.rels", "[Content_Types].xml")  # fmt: skip


@bounded
@given(changes=spoilings, part=st.sampled_from(PARTS))
def test_spoiled_parts_of_workbooks_are_refused_or_read(
    connection: duckdb.DuckDBPyConnection, changes: list[Spoiling], part: str
) -> None:
    read_workbook(connection, repacked(changes, part))


DELIVERY = b"extracted_at = 2025-01-31T06:00:00\nsynthetic = false\nnote = 'p\xc3\xa4iv\xc3\xa4'\n"
TOML = (
    b"[",
    b"]",
    b"{",
    b"'",
    b'"""',
    b"=",
    b"\n",
    b"[" * 3000,
    b"9" * 5000,
    b"true",
    b".",
    b"\\u",
)


toml_spoilings = st.lists(
    st.builds(Spoiling, places, st.integers(0, 9), st.sampled_from(TOML) | st.binary()),
    min_size=1,
    max_size=4,
)


@bounded
@given(changes=toml_spoilings)
def test_a_spoiled_delivery_toml_is_said_or_understood(changes: list[Spoiling]) -> None:
    with file_of("delivery.toml", spoiled(DELIVERY, changes)) as path:
        try:
            said = files.read_delivery(path)
        except (DataError, UsageError):
            return
    assert isinstance(said.is_synthetic, bool)
