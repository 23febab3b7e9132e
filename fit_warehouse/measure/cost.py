"""Sums of money by service, never over price years, procurement, tax or ways of ending; intervals apart.

No line adds services: what they differ in is not chance, and a sum of them has no interval here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fit_warehouse.measure import cost_intervals
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

# What an amount has in common with those that it may be added to.
KIND = "service_code, perspective, procurement, price_year, vat_included"
IMPROVED = "change_class in ('recovered', 'improved')"
IN_PERIOD = "closed_on between $period_start and $period_end"
# An ending without feedback work is none of its effects: neither in the sums nor left out of them.
WITH_FIT = "effect_exclusion_reason is distinct from 'without_fit'"
PRICED = "exclusion_reason is null"
CLOSED = f"""
    select *, {IMPROVED} as is_improved
    from marts.fct_episode_cost
    where {IN_PERIOD}
"""
# Professionals who met the client: behind a line there must be two of them.
WORKERS = """
    worker as (
        select distinct episode_key, worker_key
        from marts.fct_session
        where attendance = 'attended'
    )
"""


def net(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_net: agreed early endings by service and scenario, gross to net.

    The cost of feedback work is that of all episodes with it that closed in the period, of whatever
    ending: without them there would be no early ending either. Where a part of it has no amount
    there is no net sum, since it would be too high.

    What has no single price is of no line, so it is counted in every line of its service.
    """
    counted = read(
        context.connection,
        f"""
        with {WORKERS},
        delivered as (
            select *
            from marts.fct_early_ending_effect
            where {IN_PERIOD} and is_agreed = 1 and {WITH_FIT}
        ),
        line as (
            select distinct {KIND} from delivered where procurement is not null
        ),
        agreed as ({_in_every_line("delivered")}),
        workers as (
            select {KIND}, scenario, count(distinct worker_key) as n_workers
            from agreed
            left join worker using (episode_key)
            where effect_amount_eur is not null
            group by all
        ),
        summed as (
            select {KIND}, scenario,
                count(*) filter (where effect_amount_eur is not null) as n_episodes,
                count(distinct family_key) filter (where effect_amount_eur is not null) as n_persons,
                count(*) filter (where effect_amount_eur is null) as n_without_effect,
                count(distinct family_key)
                    filter (where effect_amount_eur is null and exclusion_reason is null)
                    as n_persons_rest,
                count(distinct family_key) filter (where exclusion_reason is not null)
                    as n_persons_unpriced,
                sum(gross_amount_eur) filter (where effect_amount_eur is not null)
                    ::decimal(18, 4) as gross_amount_eur,
                sum(avoidable_share * gross_amount_eur) filter (where effect_amount_eur is not null)
                    ::decimal(18, 4) as avoidable_amount_eur,
                sum(avoided_amount_eur)::decimal(18, 4) as avoided_amount_eur,
                sum(onward_amount_eur)::decimal(18, 4) as onward_amount_eur,
                sum(rereferral_amount_eur)::decimal(18, 4) as rereferral_amount_eur,
                sum(effect_amount_eur)::decimal(18, 4) as effect_amount_eur,
                sum(freed_sessions) filter (where effect_amount_eur is not null)
                    ::decimal(18, 4) as freed_sessions,
                sum(freed_hours) filter (where effect_amount_eur is not null)
                    ::decimal(18, 4) as freed_hours,
                count(*) filter (where {PRICED} and is_change_known = 1) as n_change_known,
                count(*) filter (where {PRICED} and is_change_known = 1 and has_deteriorated = 1)
                    as n_deteriorated,
                count(*) filter (where {PRICED} and is_in_rereferral_6 = 1) as n_in_rereferral_6,
                count(*) filter (where {PRICED} and is_in_rereferral_6 = 1
                    and is_rereferred_6_months = 1) as n_rereferred_6,
                count(*) filter (where {PRICED} and is_in_rereferral_12 = 1) as n_in_rereferral_12,
                count(*) filter (where {PRICED} and is_in_rereferral_12 = 1
                    and is_rereferred_12_months = 1) as n_rereferred_12
            from agreed
            group by all
        ),
        with_fit as (
            select *
            from marts.fct_episode_cost
            where {IN_PERIOD} and n_fit_meetings > 0
        ),
        placed as ({_in_every_line("with_fit")}),
        fit_cost as (
            select {KIND},
                count(distinct episode_key) as n_fit_episodes,
                count(distinct episode_key) filter (where fit_cost_eur is null)
                    as n_without_fit_cost,
                sum(fit_cost_eur)::decimal(18, 4) as fit_cost_eur
            from placed
            group by all
        )
        select summed.*, coalesce(n_workers, 0) as n_workers,
            n_without_effect / (n_episodes + n_without_effect) as share_without_effect,
            coalesce(n_fit_episodes, 0) as n_fit_episodes,
            coalesce(n_without_fit_cost, 0) as n_without_fit_cost,
            fit_cost_eur,
            case when n_without_fit_cost = 0 then (effect_amount_eur - fit_cost_eur)::decimal(18, 4)
            end as net_amount_eur
        from summed
        left join workers
            on {_same_kind("summed", "workers")} and summed.scenario = workers.scenario
        left join fit_cost on {_same_kind("summed", "fit_cost")}
        order by service_code, procurement, price_year, vat_included, scenario
        """,
        context.days,
    )
    yield from _stamped(context, counted)


def excluded(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_excluded: early endings left out of the sums, by the reason.

    Episodes can be added over services, unlike their amounts.
    """
    counted = read(
        context.connection,
        f"""
        with {WORKERS},
        early as (
            select * from marts.fct_early_ending_effect where {IN_PERIOD} and scenario = 'base'
        ),
        steps as (
            select episode_key, service_code, is_agreed, family_key, 'gross' as left_out_of,
                exclusion_reason as reason
            from early
            union all
            select episode_key, service_code, is_agreed, family_key, 'effect',
                effect_exclusion_reason
            from early
            where is_agreed = 1 and {WITH_FIT}
            union all
            select episode_key, service_code, is_agreed, family_key, 'net', net_exclusion_reason
            from early
            where is_agreed = 1 and {WITH_FIT}
        ),
        met as (
            select steps.*, worker_key from steps left join worker using (episode_key)
        ),
        whole as (
            select coalesce(service_code, '_total') as service_code, is_agreed, left_out_of,
                count(*) as n_early
            from steps
            group by grouping sets (
                (service_code, is_agreed, left_out_of), (is_agreed, left_out_of)
            )
        ),
        left_out as (
            select coalesce(service_code, '_total') as service_code, is_agreed, left_out_of,
                reason as exclusion_reason,
                count(distinct episode_key) as n_episodes,
                count(distinct family_key) as n_persons,
                count(distinct worker_key) as n_workers
            from met
            where reason is not null
            group by grouping sets (
                (service_code, is_agreed, left_out_of, reason), (is_agreed, left_out_of, reason)
            )
        )
        select left_out.*, n_early, n_episodes / n_early as share_of_early
        from left_out
        inner join whole using (service_code, is_agreed, left_out_of)
        order by all
        """,
        context.days,
    )
    yield from _stamped(context, counted)


def outcome(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_outcome: what the closed episodes cost, over what came of them.

    All episodes are in the numerator, the unmeasured ones too. Points are those of one instrument
    and respondent; the mean cost is then over their mean change. Episodes without a cost whose price
    is of no line are left out of every line of their service, and counted there.
    """
    counted = read(
        context.connection,
        f"""
        with {WORKERS},
        delivered as (
            select * replace (
                case when count(total_cost_eur) over (partition by {KIND}) > 0 then procurement end
                    as procurement
            )
            from ({CLOSED})
        ),
        line as (
            select distinct {KIND} from delivered where procurement is not null
        ),
        closed as ({_in_every_line("delivered")}),
        workers as (
            select {KIND}, count(distinct worker_key) as n_workers
            from closed
            left join worker using (episode_key)
            where total_cost_eur is not null
            group by all
        ),
        summed as (
            select {KIND},
                count(total_cost_eur) as n,
                count(*) - count(total_cost_eur) as n_without_cost,
                count(distinct family_key) filter (where total_cost_eur is null)
                    as n_persons_without_cost,
                count(distinct family_key) filter (where total_cost_eur is not null) as n_persons,
                count(distinct team_code) filter (where total_cost_eur is not null) as n_teams,
                sum(cost_eur) filter (where total_cost_eur is not null)
                    ::decimal(18, 4) as cost_eur,
                sum(fit_cost_eur) filter (where total_cost_eur is not null)
                    ::decimal(18, 4) as fit_cost_eur,
                sum(total_cost_eur)::decimal(18, 4) as total_cost_eur,
                count(*) filter (where total_cost_eur is not null and is_in_change = 1)
                    as n_in_change,
                count(*) filter (where total_cost_eur is not null and is_in_change = 1
                    and is_improved) as n_improved,
                count(distinct family_key) filter (where total_cost_eur is not null
                    and is_in_change = 1 and is_improved) as n_persons_numerator,
                count(distinct family_key) filter (where total_cost_eur is not null
                    and is_in_change = 1 and not is_improved) as n_persons_rest
            from closed
            group by all
        ),
        points as (
            select {KIND}, prom_instrument, prom_respondent,
                count(*) as n_in_change, avg(prom_change)::double as mean_change
            from closed
            where total_cost_eur is not null and is_in_change = 1
            group by all
        ),
        per as (
            select summed.*, 'cost_per_episode' as indicator, null::varchar as instrument_code,
                null::varchar as respondent_role, n::double as outcome,
                total_cost_eur::double / nullif(n, 0) as estimate
            from summed
            union all
            select summed.*, 'cost_per_improved', null, null, n_improved,
                total_cost_eur::double / nullif(n_improved, 0)
            from summed
            union all
            select summed.* replace (points.n_in_change as n_in_change), 'cost_per_point',
                prom_instrument, prom_respondent, mean_change,
                case when mean_change > 0
                    then total_cost_eur::double / nullif(n, 0) / mean_change end
            from summed
            inner join points on {_same_kind("summed", "points")}
        )
        select per.*, coalesce(n_workers, 0) as n_workers
        from per
        left join workers on {_same_kind("per", "workers")}
        where n > 0
        order by service_code, procurement, price_year, vat_included, indicator, instrument_code,
            respondent_role
        """,
        context.days,
    )
    found = cost_intervals.limits(context, KIND.split(", "), CLOSED)
    yield from _stamped(
        context,
        [{**row, **found.get(_line(row, "indicator"), cost_intervals.NONE)} for row in counted],
    )


def confirmed(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_confirmed: realised savings, from confirmations of finance alone.

    Behind a line are the families of the service whose episodes ended early by agreement in its days.
    """
    yield from read(
        context.connection,
        f"""
        with {WORKERS}
        select confirmation.service_code, period_from as confirmed_from, period_to as confirmed_to,
            realised_amount_eur, confirmation.price_year, confirmation.vat_included,
            confirmed_by_role, confirmed_on,
            count(distinct family_key) as n_persons, count(distinct worker_key) as n_workers
        from marts.fct_finance_confirmation as confirmation
        left join marts.fct_early_ending as early
            on confirmation.service_code = early.service_code
            and early.closed_on between period_from and period_to
            and is_agreed = 1
        left join worker using (episode_key)
        group by all
        order by all
        """,
    )


def _in_every_line(rows: str) -> str:
    """Return the query of some rows, with those that have no single price in every line of their service."""
    return f"""
        select * from {rows} where procurement is not null
        union all
        select {rows}.* replace (
            line.procurement as procurement,
            line.price_year as price_year,
            line.vat_included as vat_included
        )
        from {rows}
        inner join line using (service_code, perspective)
        where {rows}.procurement is null
    """


def _line(row: dict[str, Any], *more: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in (*KIND.split(", "), *more))


def _same_kind(left: str, right: str) -> str:
    columns = KIND.split(", ")
    return " and ".join(f"{left}.{name} is not distinct from {right}.{name}" for name in columns)


def _stamped(context: Context, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {**row, "as_of": context.as_of, **context.days}
