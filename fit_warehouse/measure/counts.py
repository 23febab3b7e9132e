"""What is counted and not estimated: the funnel, the use of the forms, and early endings' amounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fit_metrics import rates
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.period import quarter_start, shifted
from fit_warehouse.measure.tables import read

# The denominators of fct_episode (docs/method/denominators.md): each step implies those before it.
FUNNEL = {
    "referred": "is_in_closed = 1",
    "opened": "is_in_opened = 1",
    "attended": "is_in_attended = 1",
    "one_prom": "is_in_one_prom = 1",
    "two_prom": "is_in_two_prom = 1",
    "in_denominator": "is_in_change = 1",
    "improved": "is_in_change = 1 and change_class in ('recovered', 'improved')",
}
FUNNEL_COUNTS = {
    "n_episodes": "episode_client_key",
    "n_persons": "family_key",
    "n_workers": "worker_key",
}

USE = {
    "share_sessions_with_prom": "has_prom",
    "share_sessions_with_prem": "has_prem",
    "share_sessions_with_both": "has_prom and has_prem",
}
USE_QUARTERS = 8  # two years: as long as a manager looks back


def funnel(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of city_funnel, of the episodes that closed in the period."""
    for counted in _funnels(context, ()):
        for order, step in enumerate(FUNNEL, start=1):
            counts = {name: counted[f"{step}_{name}"] for name in FUNNEL_COUNTS}
            head = {"step_order": order, "step": step}
            yield {**head, **counts, "as_of": context.as_of, **context.days}


def team_funnel(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of team_funnel: each step with its share of the referred."""
    group = ("team_code", "service_code")
    for counted in _funnels(context, group):
        for order, step in enumerate(FUNNEL, start=1):
            counts = {name: counted[f"{step}_{name}"] for name in FUNNEL_COUNTS}
            share = rates.wilson(
                counts["n_episodes"], counted["referred_n_episodes"], level=context.ci_level
            )
            head = {name: counted[name] for name in group}
            head |= {"step_order": order, "step": step}
            yield {**head, **counts, **context.statistic(share)}


def _funnels(context: Context, group: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the counts at every step, of all episodes or of each group."""
    columns = [
        f"count(distinct {key}) filter (where {condition}) as {step}_{name}"
        for step, condition in FUNNEL.items()
        for name, key in FUNNEL_COUNTS.items()
    ]
    return read(
        context.connection,
        f"""
        with worker as (
            select distinct episode_key, worker_key from marts.fct_session
        )
        select {", ".join([*group, *columns])}
        from marts.fct_episode
        left join worker using (episode_key)
        where closed_on between $period_start and $period_end
        {"group by all order by all" if group else ""}
        """,
        context.days,
    )


def use(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of city_use: due meetings of teams from the day on which they adopted FIT."""
    first_day = shifted(quarter_start(context.period.end), 1 - USE_QUARTERS)
    for indicator, condition in USE.items():
        counted = read(
            context.connection,
            f"""
            with meeting as (
                select date_trunc('quarter', session_date)::date as quarter_start, session_key,
                    family_key, worker_key,
                    has_due_prom = 1 as has_prom, has_due_prem = 1 as has_prem
                from marts.fct_session
                inner join marts.dim_team using (team_code)
                where is_measure_due = 1 and session_date >= fit_adopted_on
                    and session_date between $first_day and $last_day
            )
            select quarter_start,
                count(distinct session_key) as n,
                count(distinct session_key) filter (where {condition}) as numerator,
                count(distinct family_key) as n_persons,
                count(distinct family_key) filter (where {condition}) as n_persons_numerator,
                count(distinct family_key) filter (where not ({condition})) as n_persons_rest,
                count(distinct worker_key) as n_workers
            from meeting
            group by quarter_start
            order by quarter_start
            """,
            {"first_day": first_day, "last_day": context.period.end},
        )
        for row in counted:
            share = row["numerator"] / row["n"] if row["n"] else None
            yield {**row, "indicator": indicator, "estimate": share, "as_of": context.as_of}


def cost_effect(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_effect: one per service, and totals that never mix what may not be added."""
    counted = read(
        context.connection,
        """
        with
        ending as (
            select fct_early_ending.*, session.worker_key
            from marts.fct_early_ending
            left join (
                select distinct episode_key, worker_key
                from marts.fct_session
                where attendance = 'attended'
            ) as session using (episode_key)
            where closed_on between $period_start and $period_end
        ),
        workers as (
            select service_code, is_agreed, procurement, price_year, vat_included, unit,
                grouping(service_code) as is_total,
                count(distinct worker_key) as n_workers
            from ending
            group by grouping sets (
                (service_code, is_agreed, procurement, price_year, vat_included, unit),
                (is_agreed, procurement, price_year, vat_included)
            )
        ),
        summed as (
            select service_code, is_agreed, procurement, price_year, vat_included, unit,
                grouping(service_code) as is_total,
                count(*) filter (where gross_amount_eur is not null) as n_episodes,
                count(distinct family_key) filter (where gross_amount_eur is not null) as n_persons,
                count(*) filter (where gross_amount_eur is null) as n_without_amount,
                sum(unused_units)::decimal(18, 4) as unused_units,
                sum(gross_amount_eur)::decimal(18, 4) as gross_amount_eur
            from marts.fct_early_ending
            where closed_on between $period_start and $period_end
            group by grouping sets (
                (service_code, is_agreed, procurement, price_year, vat_included, unit),
                (is_agreed, procurement, price_year, vat_included)
            )
        )
        select
            case when summed.is_total = 1 then '_total' else summed.service_code end as service_code,
            'payer' as perspective,
            summed.is_agreed, summed.procurement, summed.price_year, summed.vat_included, summed.unit,
            n_episodes, n_persons, n_workers, n_without_amount,
            case when summed.is_total = 0 then unused_units end as unused_units,
            gross_amount_eur
        from summed
        inner join workers
            on summed.is_total = workers.is_total
            and summed.service_code is not distinct from workers.service_code
            and summed.is_agreed is not distinct from workers.is_agreed
            and summed.procurement is not distinct from workers.procurement
            and summed.price_year is not distinct from workers.price_year
            and summed.vat_included is not distinct from workers.vat_included
            and summed.unit is not distinct from workers.unit
        order by all
        """,
        context.days,
    )
    for row in counted:
        yield {**row, "as_of": context.as_of, **context.days}
