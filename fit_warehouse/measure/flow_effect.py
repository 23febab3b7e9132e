"""What freed capacity does to waiting: a model of the queue and no forecast.

Little's law and a simulation stand side by side, each with its assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl

from fit_metrics.queue import littles_law
from fit_warehouse.measure import flow_counts, flow_simulation
from fit_warehouse.measure.context import Context

CAVEAT = "model_not_forecast"


def effect(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of flow_effect: services with early endings by agreement, and each scenario.

    The waits of the period are those with the early endings. Little's law adds those who would wait
    as well had the freed meetings been used up; the simulation has the same clients twice, with
    lengths as they were and as they would have been.
    """
    days = (context.period.end - context.period.start).days + 1
    for rows, lengths in by_service(context):
        simulated = flow_simulation.simulated(
            rows, days, lengths, context.share_used, context.ci_level
        )
        for row, columns in zip(rows, simulated, strict=True):
            yield {
                **row,
                **waiting(row, days, context.share_used),
                **columns,
                "mean_length_days_without": longer(lengths, row["scenario"], context.share_used),
                "share_used": context.share_used,
                "ci_level": context.ci_level,
                "caveat_code": CAVEAT,
                "as_of": context.as_of,
                **context.days,
            }


def by_service(context: Context) -> Iterator[tuple[list[dict[str, Any]], pl.DataFrame]]:
    """Yield what is counted of each service, a row for each scenario, and its lengths."""
    every = flow_counts.lengths(context)
    months = flow_counts.referrals(context)
    for service, rows in groupby(flow_counts.counted(context), lambda row: row["service_code"]):
        lengths = every.filter(service_code=service)
        more = flow_simulation.arrivals(months.get(service, [0] * 12), context.period)
        more["mean_length_days"] = lengths["days"].mean()
        yield [{**row, **more} for row in rows], lengths


def longer(lengths: pl.DataFrame, scenario: str, share_used: float) -> float | None:
    """Return the mean length had the early endings used their plan up; None without lengths."""
    mean = (lengths["days"] + share_used * lengths[f"added_{scenario}"]).mean()
    return mean if isinstance(mean, float) else None


def waiting(row: dict[str, Any], days: int, share_used: float = 1.0) -> dict[str, float | None]:
    """Return the queue as it is, and as it would be at the end of `days` without the freed meetings.

    `share_used` of the meetings went to those who wait. Of services that are bought no meetings are
    freed, and there is no result.

    Examples
    --------
    A start every other day after 30 days of waiting: 15 wait. 40 meetings are 5 clients of 8.

    >>> row = {"n_started": 50, "mean_wait_days": 30.0, "mean_sessions": 8.0, "freed_sessions": 40}
    >>> list(waiting(row, 100).values())
    [0.5, 15.0, 5.0, 20.0, 40.0, -10.0]
    """
    names = ("starts_per_day", "n_waiting", "n_extra", "n_waiting_without", "wait_days_without")
    known = row["mean_wait_days"] is not None and row["freed_sessions"] is not None
    if not row["n_started"] or not known or not row["mean_sessions"]:
        return dict.fromkeys((*names, "wait_change_days"))
    wait, rate = row["mean_wait_days"], row["n_started"] / days
    number = littles_law(arrival_rate=rate, mean_time=wait)
    extra = share_used * float(Decimal(row["freed_sessions"])) / row["mean_sessions"]
    without = littles_law(mean_number=number + extra, arrival_rate=rate)
    values = (rate, number, extra, number + extra, without, wait - without)
    return dict(zip((*names, "wait_change_days"), values, strict=True))
