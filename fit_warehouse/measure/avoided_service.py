"""Services put off or not needed: how many came all the same, and what is left of their price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fit_metrics import rates
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

CAVEAT = "decision_as_delivered"
QUERY = """
    with
    worker as (
        select episode_key, list(distinct worker_key) as workers
        from marts.fct_session
        where attendance = 'attended'
        group by all
    ),
    decision as (
        select * exclude (service_code), avoided_service_code as service_code,
            case scenario
                when 'low' then gross_amount_low_eur
                when 'high' then gross_amount_high_eur
                else gross_amount_eur
            end as amount_eur
        from marts.fct_avoided_service
        cross join (values ('low'), ('base'), ('high')) as named (scenario)
        where decided_on <= $period_end
    )
    select service_code, kind, perspective, procurement, price_year, vat_included, scenario,
        min(decided_on) as decided_from,
        max(decided_on) as decided_to,
        count(*) as n_decisions,
        count(distinct family_key) as n_persons,
        coalesce(len(list_distinct(flatten(list(workers)))), 0) as n_workers,
        count(*) filter (where is_revisited = 1) as n_revisited,
        count(*) - count(amount_eur) as n_without_amount,
        count(*) filter (where is_in_came_anyway = 1) as n,
        count(*) filter (where is_in_came_anyway = 1 and is_came_anyway = 1) as numerator,
        sum(amount_eur)::decimal(18, 4) as gross_amount_eur,
        case when count(amount_eur) > 0
            then coalesce(sum(amount_eur) filter (where is_came_anyway = 1), 0)::decimal(18, 4)
        end as came_anyway_amount_eur,
        count(deferral_value_eur) filter (where scenario = 'base') as n_deferral_value,
        sum(deferral_value_eur) filter (where scenario = 'base')::decimal(18, 4)
            as deferral_value_eur
    from decision
    left join worker using (episode_key)
    group by all
    order by service_code, kind, procurement, price_year, vat_included, scenario
"""


def rows(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of avoided_service, of all decisions up to the end of the period.

    The share that came all the same needs twelve months to be over, so it cannot be that of one
    year's decisions. Taken off is the amount of all that came, of those that came early too. What is
    put off is spent later: of that nothing is left over but the value of the time.
    """
    for row in read(context.connection, QUERY, {"period_end": context.period.end}):
        share = rates.wilson(row["numerator"], row["n"], level=context.ci_level)
        gross, came = row["gross_amount_eur"], row["came_anyway_amount_eur"]
        is_avoided = row["kind"] == "avoided" and gross is not None
        yield {
            **row,
            "not_begun_amount_eur": gross - came if is_avoided else None,
            "estimate": share.estimate,
            "ci_low": share.ci_low,
            "ci_high": share.ci_high,
            "ci_level": share.ci_level,
            "method": share.method,
            "caveat_code": CAVEAT,
            "as_of": context.as_of,
        }
