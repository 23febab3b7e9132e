"""When each extract is taken, and which extracts a version of a row comes in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from fit_warehouse.demo.parameters import Parameters

# An extract is taken on the third of the next month, at six.
TAKEN_AFTER = timedelta(days=2, hours=6)
# What happens on a day is entered by the evening.
ENTERED_BY = timedelta(hours=20)
MOMENT = pl.Datetime("ms")


def last_month(parameters: Parameters) -> date:
    """Return the month of the last extract."""
    return parameters.calendar.last_session.replace(day=1)


def evening(day: str) -> pl.Expr:
    """Return when what happened on a day has been entered."""
    return pl.col(day).cast(MOMENT) + ENTERED_BY


def month_of(parameters: Parameters, known_at: pl.Expr) -> pl.Expr:
    """Return the month of the first extract that can hold what was entered at a time.

    The first extract holds everything older, the last one all the rest.
    """
    month = (known_at - TAKEN_AFTER).dt.date().dt.month_start()
    return month.clip(parameters.calendar.first_opening.replace(day=1), last_month(parameters))


def taken_at(parameters: Parameters, month: pl.Expr) -> pl.Expr:
    """Return when the extract of a month is taken; the last one with the whole delivery."""
    usual = month.dt.offset_by("1mo").cast(MOMENT) + TAKEN_AFTER
    whole: datetime = parameters.calendar.extracted_at
    return pl.when(month < last_month(parameters)).then(usual).otherwise(pl.lit(whole, MOMENT))


def next_month(month: str = "month") -> pl.Expr:
    """Return the month after."""
    return pl.col(month).dt.offset_by("1mo")


def replaced_in(parameters: Parameters, versions: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return the versions of each key in the order of `known_at`, with the month of the next one.

    Returns
    -------
    DataFrame
        With a column `until`: from this month's extract on, a later version stands there instead.
    """
    ordered = versions.sort(key, "known_at", maintain_order=True)
    has_next = pl.col(key) == pl.col(key).shift(-1)
    month = month_of(parameters, pl.col("known_at")).shift(-1)
    return ordered.with_columns(until=pl.when(has_next).then(month))


def in_extracts(parameters: Parameters, versions: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of all extracts, each with `month` and `taken_at`.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    versions : DataFrame
        Rows with `known_at`, the time when they were entered or changed, and `until`, the month from
        whose extract on they are not written any more (null: none).

    Returns
    -------
    DataFrame
        A version that another one replaces before any extract was taken is in none of them.
    """
    rows = versions.with_columns(month=month_of(parameters, pl.col("known_at")))
    rows = rows.with_columns(taken_at=taken_at(parameters, pl.col("month")))
    stays = pl.col("until").is_null()
    first = rows.filter(stays | (pl.col("until") > pl.col("month")))
    overlap = timedelta(days=parameters.extracts.overlap_days)
    again = rows.filter(
        (pl.col("known_at") >= pl.col("taken_at") - overlap)
        & (pl.col("month") < last_month(parameters))
        & (stays | (pl.col("until") > next_month()))
    )
    again = again.with_columns(month=next_month())
    again = again.with_columns(taken_at=taken_at(parameters, pl.col("month")))
    return pl.concat([first, again])


def monthly_files(table: str, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return a table's extracts by the stem of their file; a row's own `extracted_at` stays."""
    if "extracted_at" not in rows.columns:
        rows = rows.with_columns(extracted_at=pl.lit(None, MOMENT))
    rows = rows.with_columns(pl.coalesce("extracted_at", "taken_at").alias("extracted_at"))
    rows = rows.drop("known_at", "until", "taken_at")
    months = rows.partition_by("month", as_dict=True, include_key=False, maintain_order=True)
    return {f"{table}_{month:%Y-%m}": months[(month,)] for (month,) in sorted(months)}
