"""What a page may read: the published aggregates of one DuckDB file, opened read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import duckdb

from fit_warehouse.report.cost_rows import (
    Assumption,
    Confirmed,
    CostOutcome,
    Excluded,
    Net,
    Sensitivity,
)
from fit_warehouse.report.effect_rows import Comparison, Flow, Probability
from fit_warehouse.report.errors import ReportError

Row = TypeVar("Row")

# Tables that a publication may have been made before: where a revision is held back, the pages are made
# anew from it.
LATER = frozenset(
    {
        "cost_net",
        "cost_sensitivity",
        "cost_excluded",
        "cost_outcome",
        "cost_confirmed",
        "dim_cost_assumption",
        "cost_comparison",
        "cost_probability",
        "flow_effect",
    }
)


@dataclass(frozen=True, slots=True)
class Publication:
    """What the release is: its time, its period, its rules of disclosure."""

    is_synthetic: int
    as_of: date
    period_start: date
    period_end: date
    parameter_set: str
    k_min: int
    n_min_estimate: int
    generated_at: datetime
    release_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One indicator of one instrument and respondent role; shares lie between 0 and 1."""

    instrument_code: str
    respondent_role: str
    indicator: str
    n: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """The mean total at one attended session."""

    instrument_code: str
    respondent_role: str
    session_number: int
    n: int | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many of the closed episodes are left at a step between referral and improvement."""

    step_order: int
    step: str
    n_episodes: int | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Use:
    """A share of attended sessions in a quarter, of the teams that have adopted FIT."""

    quarter_start: date
    indicator: str
    n: int | None
    numerator: int | None
    estimate: float | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Planned units that were not used, and what they would have cost, gross, in euros."""

    service_code: str
    is_agreed: int
    procurement: str
    price_year: int
    unit: str | None
    n_episodes: int | None
    n_persons: int | None
    unused_units: Decimal | None
    gross_amount_eur: Decimal | None
    is_suppressed: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument of the registry; `kind` is PROM or PREM."""

    instrument_code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How many rows of a table the disclosure control hid."""

    table_name: str
    n_rows: int
    n_suppressed: int


@dataclass(frozen=True, slots=True)
class Marts:
    """Every table that a page reads, small enough to be held whole."""

    publication: Publication
    outcomes: Sequence[Outcome]
    course: Sequence[CoursePoint]
    funnel: Sequence[FunnelStep]
    use: Sequence[Use]
    costs: Sequence[Cost]
    nets: Sequence[Net]
    sensitivities: Sequence[Sensitivity]
    excluded: Sequence[Excluded]
    cost_outcomes: Sequence[CostOutcome]
    confirmed: Sequence[Confirmed]
    assumptions: Sequence[Assumption]
    comparisons: Sequence[Comparison]
    flows: Sequence[Flow]
    probabilities: Sequence[Probability]
    instruments: Sequence[Instrument]
    service_names: Mapping[str, str]
    disclosure: Sequence[Disclosure]
    absent: frozenset[str]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Return the columns of a published table; none where there is no such table."""
    found = connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = ?",
        [table],
    ).fetchall()
    return {name for (name,) in found}


def _read(
    connection: duckdb.DuckDBPyConnection, table: str, row: type[Row], *, period: bool = False
) -> list[Row]:
    """Read the fields of `row` from a table, in the order of those fields.

    A field with a default keeps it where the table has no such column; a later table that is not there
    has no rows. With `period`, a table whose rows are of another period than the publication is refused:
    the page names one period, and its numbers must be of it.
    """
    there = _columns(connection, table)
    if not there and table in LATER:
        return []
    wanted = [
        field.name
        for field in fields(row)  # type: ignore[arg-type]
        if field.default is MISSING or field.name in there
    ]
    columns = ", ".join(wanted)
    try:
        rows = connection.execute(f"select {columns} from marts.{table} order by all").fetchall()
        if period:
            _refuse_other_period(connection, table)
    except duckdb.Error as error:
        raise ReportError(f"table marts.{table} cannot be read: {error}") from error
    return [row(**dict(zip(wanted, values, strict=True))) for values in rows]


def _refuse_other_period(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    other = connection.execute(
        f"select t.period_start, t.period_end from marts.{table} as t, marts.publication as p "
        "where t.period_start <> p.period_start or t.period_end <> p.period_end limit 1"
    ).fetchone()
    if other is not None:
        raise ReportError(
            f"table marts.{table} has rows of {other[0]} to {other[1]}, "
            "which is not the period of the publication"
        )


def _connect(database: Path) -> duckdb.DuckDBPyConnection:
    if not database.is_file():
        raise ReportError(f"no database at {database}")
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        raise ReportError(f"{database} cannot be opened: {error}") from error


def _publication(connection: duckdb.DuckDBPyConnection) -> Publication:
    rows = _read(connection, "publication", Publication)
    if len(rows) != 1:
        raise ReportError(f"table marts.publication has {len(rows)} rows, not one")
    return rows[0]


def read_publication(database: Path) -> Publication:
    """Read what the release is.

    Raises
    ------
    ReportError
        When the file or its one row of `marts.publication` is not there.
    """
    with _connect(database) as connection:
        return _publication(connection)


def read_marts(database: Path, language: str) -> Marts:
    """Read all that a city page needs; names come in `language`, else in Finnish.

    Raises
    ------
    ReportError
        When the file cannot be opened, a table is missing, or its period is another one.
    """
    with _connect(database) as connection:
        try:
            names = connection.execute(
                f"select service_code, coalesce(name_{language}, name_fi, service_code) "
                "from marts.dim_service"
            ).fetchall()
        except duckdb.Error as error:
            raise ReportError(f"table marts.dim_service cannot be read: {error}") from error
        return Marts(
            publication=_publication(connection),
            outcomes=_read(connection, "city_outcome", Outcome, period=True),
            course=_read(connection, "course", CoursePoint, period=True),
            funnel=_read(connection, "city_funnel", FunnelStep, period=True),
            use=_read(connection, "city_use", Use),
            costs=_read(connection, "cost_effect", Cost, period=True),
            nets=_read(connection, "cost_net", Net, period=True),
            sensitivities=_read(connection, "cost_sensitivity", Sensitivity, period=True),
            excluded=_read(connection, "cost_excluded", Excluded, period=True),
            cost_outcomes=_read(connection, "cost_outcome", CostOutcome, period=True),
            confirmed=_read(connection, "cost_confirmed", Confirmed),
            assumptions=_read(connection, "dim_cost_assumption", Assumption),
            comparisons=_read(connection, "cost_comparison", Comparison),
            flows=_read(connection, "flow_effect", Flow, period=True),
            probabilities=_read(connection, "cost_probability", Probability, period=True),
            instruments=_read(connection, "dim_instrument", Instrument),
            service_names=dict(names),
            disclosure=_read(connection, "disclosure_summary", Disclosure),
            absent=frozenset(table for table in LATER if not _columns(connection, table)),
        )
