"""What a scan found: where and of what kind, never what."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from fit_warehouse.landing.identity.kinds import Kind

TABLE = "identity_finding"


class IdentityScanError(Exception):
    """The scan itself failed. The engine's own message is left out: it may quote a value."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows of a column hold identity of a kind, and the first of them."""

    column: str
    kind: Kind
    n_rows: int
    first_row: int


@dataclass(frozen=True, slots=True)
class Findings:
    """The sum of a scan; the rows themselves are in a temporary table.

    Attributes
    ----------
    places
        One for each column and kind that was found, gravest first.
    table
        The temporary table with `row_number`, `column_name`, `kind` and `reason_code`: one row for
        each row, column and kind.
    """

    places: tuple[Found, ...]
    table: str = TABLE

    @property
    def has_code(self) -> bool:
        """Return whether a valid personal identity code was found: the whole file is refused."""
        return any(place.kind is Kind.CODE for place in self.places)

    @property
    def where(self) -> str:
        """Return the places in words, for the sentence of a refusal."""
        return "; ".join(
            f"{place.column}: {place.kind} in {place.n_rows} rows, the first is row {place.first_row}"
            for place in self.places
        )


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table of findings, empty."""
    connection.execute(
        f"""
        create or replace temp table {TABLE} (
            row_number bigint, column_name varchar, kind varchar, reason_code varchar
        )
        """
    )


def summary(connection: duckdb.DuckDBPyConnection) -> Findings:
    """Return the sum of what the table of findings holds."""
    rows = connection.execute(
        f"select column_name, kind, count(*), min(row_number) from {TABLE} group by all"
    ).fetchall()
    places = [Found(column, Kind(kind), n_rows, first) for column, kind, n_rows, first in rows]
    gravity = list(Kind)
    return Findings(
        tuple(sorted(places, key=lambda place: (gravity.index(place.kind), place.column)))
    )
