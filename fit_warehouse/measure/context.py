"""What every statistic of one run has in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from fit_metrics.results import Estimate
from fit_warehouse.errors import DataError
from fit_warehouse.measure.period import Period, twelve_months
from fit_warehouse.settings import Cost, Outcome, Settings


@dataclass(frozen=True, slots=True)
class Context:
    """The run's day, its period and its settings, beside the build database."""

    connection: duckdb.DuckDBPyConnection
    as_of: date
    period: Period
    parameter_set: str
    ci_level: float
    cost: Cost = field(default_factory=Cost)
    least_chance: float = Outcome().least_chance

    @property
    def days(self) -> dict[str, date]:
        """Return the period as parameters of a query."""
        return {"period_start": self.period.start, "period_end": self.period.end}

    def statistic(self, result: Estimate) -> dict[str, Any]:
        """Return the columns that every estimate has."""
        return {
            "n": result.n,
            "estimate": result.estimate,
            "ci_low": result.ci_low,
            "ci_high": result.ci_high,
            "ci_level": result.ci_level,
            "method": result.method,
            "parameter_set": self.parameter_set,
            "as_of": self.as_of,
            **self.days,
        }


def make(
    connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date | None = None
) -> Context:
    """Return the context of a run: `as_of` is the latest day of a form or a held meeting.

    Raises
    ------
    DataError
        When the marts hold neither a form nor a meeting.
    """
    latest = connection.execute(
        """
        select max(session_date)
        from (
            select session_date from marts.fct_session where attendance = 'attended'
            union all
            select session_date from marts.fct_response
        )
        """
    ).fetchone()
    day = as_of or (latest[0] if latest else None)
    if day is None:
        raise DataError(
            "there is no accepted form or meeting to measure. Land response and session files first"
        )
    parameter_set = connection.execute("select any_value(parameter_set) from marts.fct_episode")
    return Context(
        connection,
        day,
        twelve_months(day, settings.publish.calendar_days),
        (parameter_set.fetchone() or (None,))[0] or settings.outcome.parameter_set,
        settings.outcome.ci_level,
        settings.cost,
        settings.outcome.least_chance,
    )
