"""CSV, Parquet and XLSX of the same content are the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import xlsxwriter

from fit_warehouse.landing.contract import tables

if TYPE_CHECKING:
    from tests.landing.conftest import Site

Rows = Sequence[dict[str, Any]]


def value(kind: str, text: str) -> Any:
    """Return a text of the contract as the value that typed files hold."""
    if not text:
        return None
    match kind:
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case "decimal":
            return float(text)
        case "integer":
            return int(text)
        case "flag":
            return text == "1"
        case _:
            return text


def typed(table: str, rows: Sequence[dict[str, str]]) -> Rows:
    return [
        {name: value(tables()[table][name].type, text) for name, text in row.items()}
        for row in rows
    ]


def write_sheet(sheet: Any, book: Any, rows: Rows, *, first_row: int = 0) -> None:
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
    sheet.write_row(first_row, 0, list(rows[0]))
    for number, row in enumerate(rows, start=first_row + 1):
        for position, cell in enumerate(row.values()):
            if isinstance(cell, datetime):
                sheet.write_datetime(number, position, cell, moment)
            elif isinstance(cell, date):
                sheet.write_datetime(number, position, cell, day)
            elif cell is not None:
                sheet.write(number, position, cell)


def write_book(path: Path, sheets: dict[str, Rows], *, first_row: int = 0) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            write_sheet(book.add_worksheet(name), book, rows, first_row=first_row)


# What makes the second row of a table another one than the first.
SECOND = {
    "response": {"source_record_id": "2"},
    "session": {"session_ref": "S-2"},
    "episode": {"episode_ref": "E-2", "opened_on": "2025-02-01"},
    "episode_client": {"client_ref": "C-2"},
    "client_link": {"source_client_ref": "X-2"},
    "session_worker": {"worker_ref": "W-3"},
    "session_episode": {"episode_ref": "E-3"},
    "team": {"team_code": "T2"},
    "service": {"service_code": "nepsy"},
    "worker": {"worker_ref": "W-3"},
    "unit_price": {"basis": "day"},
    "survey_response": {"item_code": "coherence_2"},
    "avoided_service": {"kind": "avoided"},
    "cost_assumption": {"factor": "avoidable_share"},
    "fit_cost": {"period_from": "2025-02-01"},
    "price_index": {"period": "2026"},
    "finance_confirmation": {"service_code": "nepsy"},
    "correction": {"source_system": "fit", "source_record_id": "3"},
}


def two_rows(site: Site, table: str) -> list[dict[str, str]]:
    """Return the valid row and a second one that has only what is required."""
    first = site.row(table)
    second = {name: first[name] if name in tables()[table].required else "" for name in first}
    return [first, {**second, **SECOND[table]}]


@pytest.fixture(scope="module")
def landed(new_site: Callable[..., Site], every_table: tuple[str, ...]) -> dict[str, Site]:
    sites = {kind: new_site() for kind in ("csv", "parquet", "xlsx", "one workbook")}
    book = {}
    for table in every_table:
        rows = two_rows(sites["csv"], table)
        book[table] = typed(table, rows)
        sites["csv"].csv(f"{table}.csv", *rows)
        pl.DataFrame(book[table], infer_schema_length=None).write_parquet(
            sites["parquet"].landing / f"{table}.parquet"
        )
        write_book(sites["xlsx"].landing / f"{table}.xlsx", {"Taul1": book[table]})
    write_book(sites["one workbook"].landing / "kaikki.xlsx", book)
    for site in sites.values():
        assert not site.land().refused
        assert not site.problems()
    return sites


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "one workbook"])
def test_a_typed_file_gives_the_rows_of_the_csv(
    landed: dict[str, Site], every_table: tuple[str, ...], kind: str
) -> None:
    for table in every_table:
        # One of the two forms is taken away by the correction.
        assert len(landed[kind].accepted(table)) == (1 if table == "response" else 2)
        assert landed[kind].accepted(table) == landed["csv"].accepted(table), table


def test_accepted_files_of_all_kinds_are_equal_to_the_byte(
    landed: dict[str, Site],
) -> None:
    first = parquet_files(landed["csv"])
    assert first
    for site in landed.values():
        assert parquet_files(site) == first


def parquet_files(site: Site) -> dict[str, bytes]:
    stored = site.stored("accepted").items()
    return {name: content for name, content in stored if name.endswith(".parquet")}


def test_numbers_with_gaps_and_decimals_of_typed_files_are_read_as_meant(site: Site) -> None:
    rows = {
        "service_code": [101.0, None, 103.0],  # whole numbers with a gap: floating point
        "basis": ["month"] * 3,
        "amount_eur": [Decimal("250.000"), Decimal("1.234"), Decimal("0.500")],
        "price_year": [2025.0, 2025.0, 2025.0],
        "procurement": ["own"] * 3,
        "source": ["list"] * 3,
        "no_show_is_used": [True, False, None],
    }
    frame = pl.DataFrame(rows, schema_overrides={"amount_eur": pl.Decimal(10, 3)})
    frame = frame.with_columns(pl.col("service_code").fill_null(102.5))
    frame.write_parquet(site.landing / "unit_price.parquet")
    site.land()
    assert not site.problems()
    found = [
        (row["service_code"], row["amount_eur"], row["price_year"], row["no_show_is_used"])
        for row in site.accepted("unit_price")
    ]
    assert found == [
        ("101", Decimal("250"), 2025, 1),
        ("102.5", Decimal("1.234"), 2025, 0),
        ("103", Decimal("0.5"), 2025, None),
    ]


def test_an_id_has_one_pseudonym_whatever_the_type_of_its_column(site: Site) -> None:
    site.csv("session_worker.csv", {"session_ref": "12345678901", "worker_ref": "7"})
    for name, ids in (("float", [12345678901.0, 2.0]), ("int", [12345678901, 2])):
        frame = pl.DataFrame({"session_ref": ids, "worker_ref": ["7", name]})
        frame.write_parquet(site.landing / f"session_worker_{name}.parquet")
    cells = [{"session_ref": 12345678901, "worker_ref": 7}]
    write_book(site.landing / "session_worker_x.xlsx", {"Taul1": cells})
    site.land()
    rows = site.accepted("session_worker")
    assert len(rows) == 3
    assert len({row["session_ref"] for row in rows}) == 2


def test_not_a_number_in_a_typed_file_is_no_missing_value(site: Site) -> None:
    rows = typed("response", [site.row("response", total="nan")])
    pl.DataFrame(rows).write_parquet(site.landing / "response.parquet")
    site.land()
    assert site.problems() == {("response.parquet", 1): {("total", "not_a_number")}}


def test_rows_of_a_sheet_are_numbered_as_the_spreadsheet_does(site: Site) -> None:
    with xlsxwriter.Workbook(site.landing / "team.xlsx") as book:
        sheet = book.add_worksheet("team")
        sheet.write_row(2, 0, ["team_code", "fit_adopted_on"])
        sheet.write_row(3, 0, ["T1", "2024-01-01"])
        sheet.write_row(5, 0, ["T2", "1.1.2024"])  # row 6: one blank row before it
        sheet.write_row(6, 0, [" ", ""])
        sheet.write_row(7, 0, ["", "2024-01-01"])
    site.land()
    assert site.problems() == {
        ("team.xlsx", 6): {("fit_adopted_on", "not_a_date")},
        ("team.xlsx", 8): {("team_code", "missing_required")},
    }
    assert site.account("team.xlsx").delivered == 3


def test_every_sheet_of_a_table_lands_and_other_sheets_are_noted(site: Site) -> None:
    sheets: dict[str, Rows] = {
        "team_2024": [{"team_code": "T1"}],
        "Team_2025": [{"team_code": "T2"}],
        "service": [{"service_code": "hehku"}],
        "Ohje": [{"x": "y"}],
    }
    write_book(site.landing / "vienti.xlsx", sheets)
    landing = site.land()
    assert [row["team_code"] for row in site.accepted("team")] == ["T1", "T2"]
    assert len(site.accepted("service")) == 1
    (note,) = landing.notes
    assert note.startswith("vienti.xlsx, sheet Ohje:")
    again = site.land()
    assert (again.new, len(again.known)) == ([], 3)


def test_a_workbook_of_several_sheets_is_not_recognised_by_its_file_name(site: Site) -> None:
    sheets: dict[str, Rows] = {"Taul1": [{"team_code": "T1"}], "Taul2": [{"team_code": "T2"}]}
    write_book(site.landing / "team.xlsx", sheets)
    assert [entry.refused_for for entry in site.land().refused] == ["unknown_table"]
