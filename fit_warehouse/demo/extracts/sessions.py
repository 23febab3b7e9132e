"""Monthly extracts of the sessions: there once they are held, a few corrected or deleted later."""

from __future__ import annotations

import polars as pl

from fit_warehouse.demo.extracts.slips import (
    MISTAKE,
    can_be_corrected,
    can_be_deleted,
    corrected_at,
    deletions,
    only_where,
    row_truth,
    unused_refs,
    with_slips,
)
from fit_warehouse.demo.extracts.table import Extracts
from fit_warehouse.demo.extracts.times import (
    evening,
    in_extracts,
    month_of,
    monthly_files,
    replaced_in,
)
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Streams, uniform_days
from fit_warehouse.demo.tables import SESSION_NUMBERS

WRONG_ATTENDANCE, WRONG_DATE = "wrong_attendance", "wrong_date"
DAYS_TOO_EARLY = [1, 7]
HELPERS = ["slip", "corrected_after", "too_early"]


def session_extracts(parameters: Parameters, session: pl.DataFrame, streams: Streams) -> Extracts:
    """Return the monthly extracts of a block's sessions.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    session : DataFrame
        Landing table `session` as it stands at the end.
    streams : Streams
        Source of chance.
    """
    rules = parameters.extracts
    shares = {
        WRONG_ATTENDANCE: rules.wrong_attendance,
        WRONG_DATE: rules.wrong_date,
        MISTAKE: rules.mistaken_session,
    }
    early = uniform_days(streams.named("wrong dates"), DAYS_TOO_EARLY, session.height)
    rows = with_slips(
        parameters, session.drop("extracted_at"), shares, streams, "session"
    ).with_columns(
        known_at=evening("session_date"), too_early=pl.duration(days=pl.lit(pl.Series(early)))
    )
    for slip in (WRONG_ATTENDANCE, WRONG_DATE):
        rows = rows.with_columns(only_where(slip, can_be_corrected(parameters, "known_at")))
    rows = rows.with_columns(only_where(MISTAKE, can_be_deleted(parameters, "known_at")))
    is_wrong = pl.col("slip").is_in([WRONG_ATTENDANCE, WRONG_DATE])
    wrong = rows.filter(is_wrong)
    right_at = pl.when(is_wrong).then(corrected_at(parameters, "known_at"))
    true = rows.with_columns(known_at=pl.coalesce(right_at, "known_at"))
    extra = rows.filter(pl.col("slip") == MISTAKE)
    extra = extra.with_columns(
        session_ref=unused_refs("S", SESSION_NUMBERS, extra.height, streams),
        month=month_of(parameters, pl.col("known_at")),
    )
    versions = pl.concat([true, slipped(wrong), extra.drop("month")]).drop(HELPERS)
    versions = replaced_in(parameters, versions, "session_ref")
    return Extracts(
        files=monthly_files("session", in_extracts(parameters, versions)),
        corrections=deletions(parameters, "session", extra),
        truth=row_truth("session", "session_ref", wrong, extra),
    )


def slipped(wrong: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as they were first entered: the wrong attendance, or some days too early."""
    was_there = pl.col("attendance") == "attended"
    other = pl.when(was_there).then(pl.lit("no_show")).otherwise(pl.lit("attended"))
    is_early = pl.col("slip") == WRONG_DATE
    return wrong.with_columns(
        pl.when(is_early).then(pl.col("attendance")).otherwise(other).alias("attendance"),
        *(
            pl.when(is_early)
            .then(pl.col(name) - pl.col("too_early"))
            .otherwise(pl.col(name))
            .alias(name)
            for name in ("session_date", "starts_at")
        ),
    )
