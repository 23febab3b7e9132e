"""What comes out of a FIT software month by month: overlapping extracts, its own ids, deletions.

An extract holds the forms that were entered since the one before, and those of its last days once
more. The software knows clients under ids of its own, which `client_link` ties to those of the client
information system. Forms that were entered by mistake are deleted later, which `correction` says.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from fit_warehouse.demo.flaws import Flaws
from fit_warehouse.demo.forms import MISSING, Forms
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Ints, Streams
from fit_warehouse.demo.working_time import day_number

# An extract is taken on the third of the next month, at six.
TAKEN_AFTER = timedelta(days=2, hours=6)
# A deletion is known after the extract that delivers the form a second time.
DAYS_UNTIL_DELETED = 75
OWN_LETTER, CLIENT_LETTER = "F", "C"


def withdrawn_rows(
    parameters: Parameters, base: Forms, flaws: Flaws, day: Ints, streams: Streams
) -> Ints:
    """Return forms, without another flaw, that are deleted later as entered by mistake."""
    free = (base.total != MISSING) & (
        day <= day_number(parameters.calendar.last_session) - DAYS_UNTIL_DELETED
    )
    for name in Flaws.__dataclass_fields__:
        free[getattr(flaws, name)] = False
    chosen = streams.named("withdrawn").random(day.size) < parameters.extracts.withdrawn
    return np.flatnonzero(free & chosen)


def monthly_files(
    parameters: Parameters, responses: pl.DataFrame, withdrawn: Ints
) -> dict[str, pl.DataFrame]:
    """Return the landing files of a block whose forms come in monthly extracts, by stem.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    responses : DataFrame
        Landing table `response` as it is delivered.
    withdrawn : array
        Rows of it that are deleted later.
    """
    rows = dated(parameters, responses.drop("file_year"))
    deleted = rows[withdrawn]
    again = overlap(parameters, rows)
    every = pl.concat([rows, again]).with_columns(
        extracted_at=pl.coalesce("extracted_at", "taken_at")
    )
    months = every["month"]
    every = every.drop("month", "taken_at").with_columns(
        own_ids("client_ref"), own_ids("respondent_ref")
    )
    return {
        **{
            f"response_{month:%Y-%m}": every.filter(months == month)
            for month in months.unique().sort()
        },
        "client_link": links(parameters, responses),
        "correction": corrections(parameters, deleted),
    }


def dated(parameters: Parameters, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the month of their extract and the time when it was taken."""
    last = parameters.calendar.last_session.replace(day=1)
    month = (pl.col("entered_at") - TAKEN_AFTER).dt.date().dt.month_start()
    frame = rows.with_columns(month=pl.min_horizontal(month, pl.lit(last)))
    return frame.with_columns(taken_at=taken_at(parameters, pl.col("month")))


def taken_at(parameters: Parameters, month: pl.Expr) -> pl.Expr:
    """Return when the extract of a month is taken; the last one with the whole delivery."""
    last = parameters.calendar.last_session.replace(day=1)
    usual = month.dt.offset_by("1mo").cast(pl.Datetime("ms")) + TAKEN_AFTER
    whole: datetime = parameters.calendar.extracted_at
    return pl.when(month < last).then(usual).otherwise(pl.lit(whole, dtype=pl.Datetime("ms")))


def overlap(parameters: Parameters, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that the next extract delivers once more, unchanged.

    A row that is corrected later has times of its own and does not come again.
    """
    last = parameters.calendar.last_session.replace(day=1)
    recent = pl.col("entered_at") >= pl.col("taken_at") - timedelta(
        days=parameters.extracts.overlap_days
    )
    again = rows.filter(recent & pl.col("extracted_at").is_null() & (pl.col("month") < last))
    again = again.with_columns(month=pl.col("month").dt.offset_by("1mo"))
    return again.with_columns(taken_at=taken_at(parameters, pl.col("month")))


def own_ids(column: str) -> pl.Expr:
    """Return the software's own ids of clients; other respondents keep theirs."""
    return pl.col(column).str.replace(f"^{CLIENT_LETTER}-", f"{OWN_LETTER}-")


def links(parameters: Parameters, responses: pl.DataFrame) -> pl.DataFrame:
    """Return the landing table `client_link` of the clients in a block."""
    both = pl.concat([responses["client_ref"], responses["respondent_ref"].drop_nulls()])
    clients = both.filter(both.str.starts_with(CLIENT_LETTER)).unique().sort()
    return pl.DataFrame(
        {
            "source_system": responses["source_system"][:1].new_from_index(0, clients.len()),
            "source_client_ref": clients.str.replace(f"^{CLIENT_LETTER}-", f"{OWN_LETTER}-"),
            "client_ref": clients,
            "valid_from": pl.Series([parameters.calendar.first_opening]).new_from_index(
                0, clients.len()
            ),
        }
    )


def corrections(parameters: Parameters, deleted: pl.DataFrame) -> pl.DataFrame:
    """Return the landing table `correction`: each form is deleted after its second extract."""
    after = taken_at(parameters, pl.col("month").dt.offset_by("1mo")) + timedelta(hours=1)
    return deleted.select(
        pl.lit("response").alias("table_name"),
        "source_system",
        "source_record_id",
        pl.lit(None, dtype=pl.String).alias("session_ref"),
        pl.lit(None, dtype=pl.String).alias("episode_ref"),
        pl.lit("delete").alias("action"),
        after.alias("corrected_at"),
    )
