"""Planted flaws: the slips that real deliveries have, each in a small share of the form rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl

from fit_warehouse.demo.course import ITEM_STEPS, ITEMS, sums
from fit_warehouse.demo.delivery_parameters import FlawParameters
from fit_warehouse.demo.forms import MISSING, Forms
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Ints, Streams
from fit_warehouse.demo.working_time import day_number

UNKNOWN_TEAM = "team_999"
# Sessions are numbered from 1 in every block, so this one is in no city, however large.
ORPHAN_SESSION = "S-0000000"
YEARS_IN_A_CENTURY = 100
DAYS_UNTIL_CORRECTED = 30
LARGEST_SLIP = 90
JUST_TOO_MUCH, NO_ANSWER = 101, -10
FIRST_VERSION_DAYS, SECOND_VERSION_DAYS = 7, 21
EXTRACT_HOUR = 6
# A file may hold so many times its share of the flaws.
MOST_CROWDING = 2
# What a month's extract still holds of the next month.
DAYS_OF_EXTRACT = 2


@dataclass(frozen=True, slots=True)
class Flaws:
    """Rows of the forms that carry each flaw; no row carries two."""

    item_out_of_range: Ints
    total_mismatch: Ints
    all_zero: Ints
    wrong_century: Ints
    unknown_team: Ints
    orphan_session: Ints
    duplicate: Ints
    redelivered: Ints


def wanted_counts(rules: FlawParameters, forms: int) -> dict[str, int]:
    """Return how many rows carry each flaw in a city of `forms` form rows."""
    return {name: round(getattr(rules, name) * forms) for name in Flaws.__dataclass_fields__}


def copies(rules: FlawParameters, forms: int) -> int:
    """Return the rows that duplicates and corrections add to the forms."""
    counts = wanted_counts(rules, forms)
    return counts["duplicate"] + counts["redelivered"]


def choose_rows(
    parameters: Parameters, base: Forms, day: Ints, forms: int, streams: Streams
) -> Flaws:
    """Return the rows to spoil among complete forms in files that are large enough.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    base : Forms
        Forms without flaws.
    day : (n_forms,) array
        Session day of each form.
    forms : int
        Size of the city, from which the number of flaws follows.
    streams : Streams
        Source of chance.
    """
    rules = parameters.flaws
    by_year = forms_beside(day, "datetime64[Y]")
    by_month = forms_beside(day - DAYS_OF_EXTRACT, "datetime64[M]")
    # A lost item takes the total with it, so only a total without items has to be told apart.
    is_complete = (base.items[:, 0] != MISSING) & (base.total != MISSING)
    latest = day_number(parameters.calendar.last_session) - DAYS_UNTIL_CORRECTED
    fits = is_complete & (day <= latest)
    # The same rows whatever the layout, so that its files alone make the difference.
    fits &= (by_year >= rules.smallest_file) & (by_month >= rules.smallest_month)
    rows = streams.named("flaws").permutation(np.flatnonzero(fits))
    chosen: dict[str, Ints] = {}
    # Where few files are large enough, all the flaws of a city would be too many for them.
    most = wanted_counts(rules, MOST_CROWDING * rows.size)
    for name, count in wanted_counts(rules, forms).items():
        count = min(count, most[name])
        chosen[name], rows = np.sort(rows[:count]), rows[count:]
    return Flaws(**chosen)


def forms_beside(day: Ints, unit: Literal["datetime64[Y]", "datetime64[M]"]) -> Ints:
    """Return for each form how many have their day in the same year or month."""
    calendar = day.astype("datetime64[D]").astype(unit).astype(np.int64)
    calendar -= calendar.min(initial=0)
    beside: Ints = np.bincount(calendar)[calendar]
    return beside


def spoil(base: Forms, flaws: Flaws, streams: Streams) -> Forms:
    """Return the forms with wrong marks and totals in the chosen rows, first versions included."""
    rng = streams.named("slips")
    items, total = base.items.copy(), base.total.copy()
    rows = flaws.item_out_of_range
    column = rng.integers(0, ITEMS, rows.size)
    lost_point = items[rows, column] * 10
    lost_point = np.where(lost_point > ITEM_STEPS, lost_point, JUST_TOO_MUCH)
    slip = rng.integers(0, 3, rows.size)
    items[rows, column] = np.choose(slip, [lost_point, JUST_TOO_MUCH, NO_ANSWER])
    items[flaws.all_zero] = 0
    rows = flaws.redelivered
    column = rng.integers(0, ITEMS, rows.size)
    # Any mark but the right one, on a circle of 101 marks.
    step = rng.integers(1, ITEM_STEPS, rows.size, endpoint=True)
    items[rows, column] = (items[rows, column] + step) % (ITEM_STEPS + 1)
    for changed in (flaws.item_out_of_range, flaws.all_zero, flaws.redelivered):
        total[changed] = sums(items[changed])
    rows = flaws.total_mismatch
    slip = rng.integers(10, LARGEST_SLIP, rows.size, endpoint=True)
    too_high = total[rows] + slip > ITEM_STEPS * ITEMS
    total[rows] += np.where(too_high, -slip, slip)
    return replace(base, items=items, total=total)


def with_flaws(rows: pl.DataFrame, corrected: pl.DataFrame, flaws: Flaws) -> pl.DataFrame:
    """Return the responses with flawed references and dates, and with the rows that come twice.

    Parameters
    ----------
    rows : DataFrame
        The table `response` with slips in its marks.
    corrected : DataFrame
        Of its rows `flaws.redelivered` the later version, without them.
    flaws : Flaws
        Row numbers of each flaw.

    Returns
    -------
    DataFrame
        With a column `file_year`, the true year of the session.
    """
    year = pl.col("session_date").dt.year()
    frame = rows.with_columns(file_year=year)
    century = pl.col("session_date").dt.replace(year=year - YEARS_IN_A_CENTURY)
    frame = frame.with_columns(
        replaced(frame, flaws.orphan_session, "session_ref", pl.lit(ORPHAN_SESSION)),
        replaced(frame, flaws.unknown_team, "team_code", pl.lit(UNKNOWN_TEAM)),
        replaced(frame, flaws.wrong_century, "session_date", century),
        replaced(frame, flaws.redelivered, "extracted_at", version_time(FIRST_VERSION_DAYS)),
    )
    corrected = corrected.with_columns(
        extracted_at=version_time(SECOND_VERSION_DAYS), file_year=year
    )
    return pl.concat([frame, frame[flaws.duplicate], corrected])


def replaced(frame: pl.DataFrame, rows: Ints, column: str, value: pl.Expr) -> pl.Series:
    """Return a column of the frame with `value`, as those rows have it, in the given rows."""
    values = frame[rows].select(value.alias("value"))["value"]
    return frame[column].clone().scatter(rows, values)


def version_time(days: int) -> pl.Expr:
    """Return the extraction time of a row that was extracted `days` after its session."""
    later = timedelta(days=days, hours=EXTRACT_HOUR)
    return pl.col("session_date").cast(pl.Datetime) + later
