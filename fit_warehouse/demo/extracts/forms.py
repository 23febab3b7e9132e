"""Monthly extracts of the forms, under the FIT software's own ids.

The software knows clients under ids of its own, which `client_link` ties to those of the client
information system. Forms that were entered by mistake are deleted later, which `correction` says.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fit_warehouse.demo.extracts.slips import deletions
from fit_warehouse.demo.extracts.times import in_extracts, month_of, monthly_files, next_month
from fit_warehouse.demo.flaws import Flaws
from fit_warehouse.demo.forms import MISSING, Forms
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Ints, Streams
from fit_warehouse.demo.working_time import day_number

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


def form_extracts(
    parameters: Parameters, responses: pl.DataFrame, withdrawn: Ints
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return the monthly extracts of a block's forms by stem, and the deletions among them.

    A form that is corrected later has times of its own and does not come again in the overlap.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    responses : DataFrame
        Landing table `response` as it is delivered.
    withdrawn : array
        Rows of it that are deleted later.
    """
    rows = responses.drop("file_year").with_columns(
        own_ids("client_ref"), own_ids("respondent_ref"), known_at=pl.col("entered_at")
    )
    rows = rows.with_columns(month=month_of(parameters, pl.col("known_at")))
    deleted = deletions(parameters, "response", rows[withdrawn])
    has_own_time = pl.col("extracted_at").is_not_null()
    rows = rows.with_columns(until=pl.when(has_own_time).then(next_month())).drop("month")
    return monthly_files("response", in_extracts(parameters, rows)), deleted


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
