"""Write the city down as a delivery: landing files in two dialects and a `delivery.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from fit_warehouse.demo.flaws import (
    ORPHAN_SESSION,
    UNKNOWN_TEAM,
    YEARS_IN_A_CENTURY,
    Flaws,
)
from fit_warehouse.demo.parameters import Calendar
from fit_warehouse.demo.randomness import Ints

# Exports that passed through a Finnish Excel: semicolons, decimal commas, a byte order mark.
FINNISH_FILES = frozenset({"response_2023", "response_2025", "service", "unit_price"})
DECIMALS = {"unit_price": 2}
FIRST_VERSION_DAYS, SECOND_VERSION_DAYS = 7, 21
EXTRACT_HOUR = 6
NOTE = "Synteettinen aineisto / Synthetic data: no row describes a real person, team or service."


@dataclass(frozen=True, slots=True)
class CitySummary:
    """What was written.

    Attributes
    ----------
    files : tuple of Path
        Landing files in the order of their names, `delivery.toml` not included.
    rows : dict of str to int
        Rows of each landing table.
    forms : int
        Rows of the table `response`, planted flaws included.
    """

    files: tuple[Path, ...]
    rows: dict[str, int]
    forms: int


def with_flaws(spoiled: pl.DataFrame, clean: pl.DataFrame, flaws: Flaws) -> pl.DataFrame:
    """Return the responses with flawed references and dates, and with the rows that come twice.

    Parameters
    ----------
    spoiled, clean : DataFrame
        The table `response` with and without slips in its marks, in the same order.
    flaws : Flaws
        Row numbers of each flaw.

    Returns
    -------
    DataFrame
        With a column `file_year`, the true year of the session.
    """
    year = pl.col("session_date").dt.year()
    frame = spoiled.with_columns(file_year=year).with_row_index("row")
    extracted = version_time(FIRST_VERSION_DAYS)
    orphan, team = pl.lit(ORPHAN_SESSION), pl.lit(UNKNOWN_TEAM)
    wrong_century = pl.col("session_date").dt.replace(year=year - YEARS_IN_A_CENTURY)
    frame = frame.with_columns(
        replaced(flaws.orphan_session, "session_ref", orphan),
        replaced(flaws.unknown_team, "team_code", team),
        replaced(flaws.wrong_century, "session_date", wrong_century),
        replaced(flaws.redelivered, "extracted_at", extracted),
    ).drop("row")
    corrected = clean[flaws.redelivered].with_columns(
        file_year=year, extracted_at=version_time(SECOND_VERSION_DAYS)
    )
    return pl.concat([frame, frame[flaws.duplicate], corrected])


def replaced(rows: Ints, column: str, value: pl.Expr) -> pl.Expr:
    """Return `column` with `value` in the given rows."""
    is_chosen = pl.col("row").is_in(pl.Series(rows).cast(pl.UInt32).implode())
    return pl.when(is_chosen).then(value).otherwise(pl.col(column)).alias(column)


def version_time(days: int) -> pl.Expr:
    """Return the extraction time of a row that was extracted `days` after its session."""
    later = timedelta(days=days, hours=EXTRACT_HOUR)
    return pl.col("session_date").cast(pl.Datetime) + later


def response_files(responses: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the table `response` by calendar year, under the names of its files."""
    parts = responses.partition_by("file_year", as_dict=True, include_key=False)
    return {f"response_{year}": part for (year,), part in sorted(parts.items())}


def write_delivery(
    folder: Path, tables: dict[str, pl.DataFrame], responses: pl.DataFrame, calendar: Calendar
) -> CitySummary:
    """Write all landing files into the existing folder `folder`."""
    files = {**tables, **response_files(responses)}
    for stem, frame in files.items():
        write_table(folder / f"{stem}.csv", stem, frame)
    extracted = calendar.extracted_at.isoformat()
    text = f'extracted_at = {extracted}\nsynthetic = true\nnote = "{NOTE}"\n'
    (folder / "delivery.toml").write_text(text, encoding="utf-8", newline="\n")
    rows = {name: frame.height for name, frame in tables.items()}
    return CitySummary(
        files=tuple(sorted(folder / f"{stem}.csv" for stem in files)),
        rows={**rows, "response": responses.height},
        forms=responses.height,
    )


def write_table(path: Path, stem: str, frame: pl.DataFrame) -> None:
    """Write one CSV file in the dialect of its name."""
    is_finnish = stem in FINNISH_FILES
    frame.write_csv(
        path,
        separator=";" if is_finnish else ",",
        decimal_comma=is_finnish,
        include_bom=is_finnish,
        float_precision=DECIMALS.get(stem, 1),
        datetime_format="%Y-%m-%dT%H:%M:%S",
        line_terminator="\n",
    )
