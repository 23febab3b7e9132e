"""What freed capacity does to waiting, by Little's law: a model of the queue and no forecast."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from fit_metrics.queue import littles_law
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

# Part of the freed meetings that goes to those who wait. All of them: the most that is possible.
SHARE_USED = 1.0
CAVEAT = "model_not_forecast"


def effect(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of flow_effect: own services whose early endings have freed meetings.

    The waits of the period are those with the freed meetings. Had these been used up instead, and all
    of them gone to those who wait, so many more would wait at the end of the period as could start in
    them; the wait that goes with a number is the number over the rate of starts.
    """
    counted = read(
        context.connection,
        """
        with
        freed as (
            select service_code, scenario, count(*) as n_episodes,
                count(distinct family_key) as n_persons,
                sum(freed_sessions)::decimal(18, 4) as freed_sessions
            from marts.fct_early_ending_effect
            where closed_on between $period_start and $period_end and freed_sessions is not null
            group by all
        ),
        episode as (
            select episode_key, min(service_code) as service_code,
                min(first_session_on) as started_on, min(closed_on) as closed_on,
                min(n_sessions) as n_sessions,
                min(days_waited) filter (where is_in_waiting = 1) as days_waited
            from marts.fct_episode
            group by episode_key
        ),
        started as (
            select service_code, count(*) as n_started, count(days_waited) as n_waits,
                avg(days_waited)::double as mean_wait_days
            from episode
            where started_on between $period_start and $period_end
            group by all
        ),
        closed as (
            select service_code, avg(n_sessions)::double as mean_sessions
            from episode
            where closed_on between $period_start and $period_end and n_sessions > 0
            group by all
        )
        select freed.*, coalesce(n_started, 0) as n_started, coalesce(n_waits, 0) as n_waits,
            mean_wait_days, mean_sessions
        from freed
        left join started using (service_code)
        left join closed using (service_code)
        order by service_code, scenario
        """,
        context.days,
    )
    days = (context.period.end - context.period.start).days + 1
    for row in counted:
        yield {
            **row,
            **waiting(row, days),
            "share_used": SHARE_USED,
            "caveat_code": CAVEAT,
            "as_of": context.as_of,
            **context.days,
        }


def waiting(row: dict[str, Any], days: int) -> dict[str, float | None]:
    """Return the queue as it is, and as it would be at the end of `days` without the freed meetings.

    Examples
    --------
    A start every other day after 30 days of waiting: 15 wait. 40 meetings are 5 clients of 8.

    >>> row = {"n_started": 50, "mean_wait_days": 30.0, "mean_sessions": 8.0, "freed_sessions": 40}
    >>> list(waiting(row, 100).values())
    [0.5, 15.0, 5.0, 20.0, 40.0, -10.0]
    """
    names = ("starts_per_day", "n_waiting", "n_extra", "n_waiting_without", "wait_days_without")
    if not row["n_started"] or row["mean_wait_days"] is None or not row["mean_sessions"]:
        return dict.fromkeys((*names, "wait_change_days"))
    wait, rate = row["mean_wait_days"], row["n_started"] / days
    number = littles_law(arrival_rate=rate, mean_time=wait)
    extra = SHARE_USED * float(Decimal(row["freed_sessions"])) / row["mean_sessions"]
    without = littles_law(mean_number=number + extra, arrival_rate=rate)
    values = (rate, number, extra, number + extra, without, wait - without)
    return dict(zip((*names, "wait_change_days"), values, strict=True))
