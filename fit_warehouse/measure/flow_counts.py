"""What the queue of a service is made of: early endings, starts, referrals, lengths, caseload."""

from __future__ import annotations

from typing import Any

import polars as pl

from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

SCENARIOS = ("low", "base", "high")

# Early endings by agreement whose unused part is known, with feedback work in them.
EARLY = """
    early as (
        select *
        from marts.fct_early_ending_effect
        where closed_on between $period_start and $period_end
            and is_agreed = 1 and exclusion_reason is null
            and effect_exclusion_reason is distinct from 'without_fit'
            and assumed_attribution_share is not null
    )
"""
# Whoever of a family it is about, an episode comes, starts and takes up a place once.
EPISODE = """
    episode as (
        select episode_key,
            min(family_key) as family_key,
            min(service_code) as service_code,
            coalesce(min(referred_on), min(opened_on), min(first_session_on)) as came_on,
            min(first_session_on) as started_on,
            min(closed_on) as closed_on,
            min(n_sessions) as n_sessions,
            min(days_open) filter (where days_open >= 0) as days_open,
            min(days_waited) filter (where is_in_waiting = 1) as days_waited
        from marts.fct_episode
        group by episode_key
    )
"""
# Who is closed without a meeting has left the line.
CAME = """
    came_on between $period_start and $period_end
        and (closed_on is null or started_on is not null)
"""


def counted(context: Context) -> list[dict[str, Any]]:
    """Return a row for each service and scenario with early endings: counts and means."""
    return read(
        context.connection,
        f"""
        with {EARLY}, {EPISODE},
        ended as (
            select service_code, scenario,
                case when count(distinct procurement) = 1 then min(procurement) end as procurement,
                count(*) as n_episodes,
                count(distinct family_key) as n_persons,
                sum(freed_sessions)::decimal(18, 4) as freed_sessions
            from early
            group by all
        ),
        met as (
            select service_code, scenario, count(distinct worker_key) as n_workers
            from early
            inner join (
                select distinct episode_key, worker_key
                from marts.fct_session
                where attendance = 'attended'
            ) using (episode_key)
            group by all
        ),
        started as (
            select service_code, count(*) as n_started,
                count(distinct family_key) as n_persons_started,
                count(days_waited) as n_waits,
                count(distinct family_key) filter (where days_waited is not null)
                    as n_persons_waited,
                avg(days_waited)::double as mean_wait_days
            from episode
            where started_on between $period_start and $period_end
            group by all
        ),
        closed as (
            select service_code,
                avg(n_sessions) filter (where n_sessions > 0)::double as mean_sessions,
                count(days_open) filter (where started_on is not null) as n_lengths,
                count(distinct family_key)
                    filter (where started_on is not null and days_open is not null)
                    as n_persons_lengths
            from episode
            where closed_on between $period_start and $period_end
            group by all
        ),
        came as (
            select service_code, count(distinct family_key) as n_persons_referred
            from episode
            where {CAME}
            group by all
        ),
        caseload as (
            select service_code, avg(n)::double as mean_caseload
            from (
                select service_code, month_start,
                    sum(n_caseload_start + n_caseload_end) / 2.0 as n
                from marts.fct_flow_month
                where month_start between $period_start and $period_end
                group by all
            )
            group by all
        )
        select ended.*, coalesce(n_workers, 0) as n_workers,
            coalesce(n_started, 0) as n_started,
            coalesce(n_persons_started, 0) as n_persons_started,
            coalesce(n_waits, 0) as n_waits,
            coalesce(n_persons_waited, 0) as n_persons_waited,
            mean_wait_days, mean_sessions,
            coalesce(n_persons_referred, 0) as n_persons_referred,
            coalesce(n_lengths, 0) as n_lengths,
            coalesce(n_persons_lengths, 0) as n_persons_lengths,
            mean_caseload
        from ended
        left join met using (service_code, scenario)
        left join started using (service_code)
        left join closed using (service_code)
        left join came using (service_code)
        left join caseload using (service_code)
        order by service_code, scenario
        """,
        context.days,
    )


def referrals(context: Context) -> dict[str, list[int]]:
    """Return by service how many came in each month of the period that has a day in it."""
    rows = context.connection.execute(
        f"""
        with {EPISODE},
        came as (
            select service_code, date_trunc('month', came_on)::date as month_start,
                count(*) as n
            from episode
            where {CAME}
            group by all
        ),
        month as (
            select unnest(generate_series(
                date_trunc('month', $period_start::date), $period_end::date, interval 1 month
            ))::date as month_start
        )
        select service_code, month_start, coalesce(n, 0) as n
        from (select distinct service_code from came)
        cross join month
        left join came using (service_code, month_start)
        order by service_code, month_start
        """,
        context.days,
    ).fetchall()
    months: dict[str, list[int]] = {}
    for service, _, n in rows:
        months.setdefault(service, []).append(n)
    return months


def lengths(context: Context) -> pl.DataFrame:
    """Return the lengths of the episodes that closed in the period, one row each.

    Returns
    -------
    DataFrame
        In an order that rests on no key: `service_code`; `days`; for each scenario
        `added_<scenario>`: the days that the episode would have lasted longer had its plan been
        used up, times the attribution. 0 where it did not end early by agreement, and where nothing
        of the plan was used.
    """
    shares = ", ".join(
        f"coalesce(max(assumed_attribution_share) filter (where scenario = '{name}'), 0)::double"
        f" as {name}_share"
        for name in SCENARIOS
    )
    added = ", ".join(
        f"coalesce(days_open * (planned / nullif(used, 0) - 1) * {name}_share, 0)::double"
        f" as added_{name}"
        for name in SCENARIOS
    )
    return context.connection.execute(
        f"""
        with {EARLY}, {EPISODE},
        attributed as (
            select episode_key, {shares}
            from early
            group by episode_key
        ),
        ending as (
            select episode_key, planned_units::double as planned, used_units::double as used
            from marts.fct_early_ending
        )
        select service_code, days_open::double as days, {added}
        from episode
        left join attributed using (episode_key)
        left join ending using (episode_key)
        where closed_on between $period_start and $period_end
            and started_on is not null and days_open is not null
        order by all
        """,
        context.days,
    ).pl()
