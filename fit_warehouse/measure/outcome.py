"""Change during the episode and experience of meetings: of the city, each service and each team."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from fit_metrics import effect_size, rates
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

Direction = Literal["higher_is_better", "lower_is_better"]

GROUP = ("instrument_code", "respondent_role")
SERVICE_GROUP = ("service_code", *GROUP)
TEAM_GROUP = ("team_code", *SERVICE_GROUP)
QUARTERS = {
    GROUP: "fct_city_quarter",
    SERVICE_GROUP: "fct_service_quarter",
    TEAM_GROUP: "fct_team_quarter",
}

# Indicator: the condition that counts an episode of the denominator in the numerator.
SHARES = {
    "share_recovered": "change_class = 'recovered'",
    "share_improved": "change_class = 'improved'",
    "share_unchanged": "change_class = 'unchanged'",
    "share_deteriorated": "change_class = 'deteriorated'",
    "share_reliably_improved": "change_class in ('recovered', 'improved')",
    "share_intake_functional": "is_intake_functional = 1",
}
PREM_SHARES = {"share_prem_last_at_cutoff": "is_prem_last_at_cutoff = 1"}

# Episodes with whom they are about and who met them; the parts below choose rows and columns.
EPISODES = """
    episode as (
        select fct_episode.*, prom_instrument as instrument_code, prom_respondent as respondent_role
        from marts.fct_episode
        where closed_on between $period_start and $period_end and is_in_closed = 1
    ),
    worker as (
        select distinct episode_key, worker_key
        from marts.fct_session
        where attendance = 'attended' and worker_key is not null
    )
"""
PROM_EPISODES = "select * from episode where is_in_change = 1"
PREM_EPISODES = """
    select * exclude (instrument_code, respondent_role),
        prem_instrument as instrument_code, 'self' as respondent_role
    from episode
    where is_in_prem = 1
"""


def rows(context: Context, group: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the lines of city_outcome, service_outcome or team_outcome, by what groups them."""
    yield from _shares(context, group, PROM_EPISODES, SHARES)
    yield from _means(context, group)
    yield from _shares(context, group, PREM_EPISODES, PREM_SHARES)
    yield from _prem_means(context, group)


def _shares(
    context: Context, group: tuple[str, ...], episodes: str, conditions: dict[str, str]
) -> Iterator[dict[str, Any]]:
    keys = ", ".join(group)
    for indicator, condition in conditions.items():
        counted = read(
            context.connection,
            f"""
            with {EPISODES}, chosen as ({episodes})
            select {keys},
                count(distinct chosen.episode_client_key) as n,
                count(distinct chosen.episode_client_key) filter (where {condition}) as numerator,
                count(distinct family_key) as n_persons,
                count(distinct family_key) filter (where {condition}) as n_persons_numerator,
                count(distinct family_key) filter (where not ({condition})) as n_persons_rest,
                count(distinct worker.worker_key) as n_workers
            from chosen
            left join worker on chosen.episode_key = worker.episode_key
            group by all
            order by all
            """,
            context.days,
        )
        for row in counted:
            result = rates.wilson(row["numerator"], row["n"], level=context.ci_level)
            yield {**row, "indicator": indicator, **context.statistic(result)}


def _means(context: Context, group: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield means and the effect size, formed exactly from the sums of the quarter marts."""
    keys = ", ".join(group)
    sums = read(
        context.connection,
        f"""
        with {EPISODES}, chosen as ({PROM_EPISODES}),
        persons as (
            select {keys},
                count(distinct family_key) as n_persons,
                count(distinct worker.worker_key) as n_workers
            from chosen
            left join worker on chosen.episode_key = worker.episode_key
            group by all
        ),
        quarter as (
            select *, prom_instrument as instrument_code, prom_respondent as respondent_role
            from marts.{QUARTERS[group]}
            where closed_quarter between $period_start and $period_end
        ),
        summed as (
            select
                {keys},
                sum(n_in_change)::bigint as n,
                sum(sum_intake)::bigint as sum_intake,
                sum(sum_last)::bigint as sum_last,
                sum(sum_intake_squared)::bigint as sum_intake_squared,
                sum(sum_last_squared)::bigint as sum_last_squared,
                sum(sum_product)::bigint as sum_product
            from quarter
            group by all
        )
        select summed.*, persons.n_persons, persons.n_workers, score_step, direction
        from summed
        inner join persons using ({keys})
        inner join marts.dim_instrument using (instrument_code)
        where n > 0
        order by all
        """,
        context.days,
    )
    for row in sums:
        yield from _from_sums(context, group, row)


def _from_sums(
    context: Context, group: tuple[str, ...], row: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    unit, level = row["score_step"], context.ci_level
    n, intake, last = row["n"], row["sum_intake"], row["sum_last"]
    intake_squared, last_squared = row["sum_intake_squared"], row["sum_last_squared"]
    change_squared = last_squared + intake_squared - 2 * row["sum_product"]
    mean = rates.mean_interval_from_sums
    results = {
        "mean_intake": mean(n, intake, intake_squared, unit=unit, level=level),
        "mean_last": mean(n, last, last_squared, unit=unit, level=level),
        "mean_change": mean(n, last - intake, change_squared, unit=unit, level=level),
        "pre_post_d": effect_size.pre_post_d_from_sums(
            n,
            intake,
            last,
            intake_squared,
            last_squared,
            row["sum_product"],
            unit=unit,
            level=level,
            direction=row["direction"],
        ),
    }
    for indicator, result in results.items():
        yield {**_keys(group, row), "indicator": indicator, **context.statistic(result)}


def _prem_means(context: Context, group: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    keys = ", ".join(group)
    values = read(
        context.connection,
        f"""
        with {EPISODES}, chosen as ({PREM_EPISODES}),
        workers as (
            select {keys}, count(distinct worker.worker_key) as n_workers
            from chosen
            left join worker on chosen.episode_key = worker.episode_key
            group by all
        )
        select {keys},
            list(prem_last::double order by episode_client_key) as totals,
            count(distinct family_key) as n_persons,
            any_value(workers.n_workers) as n_workers
        from chosen
        inner join workers using ({keys})
        group by all
        order by {keys}
        """,
        context.days,
    )
    for row in values:
        result = rates.mean_interval(row["totals"], level=context.ci_level)
        yield {**_keys(group, row), "indicator": "mean_prem_last", **context.statistic(result)}


def _keys(group: tuple[str, ...], row: dict[str, Any]) -> dict[str, Any]:
    """Return what says which group a mean is of; a mean has no numerator."""
    return {
        **{name: row[name] for name in group},
        "n_persons": row["n_persons"],
        "n_workers": row["n_workers"],
        "numerator": None,
        "n_persons_numerator": None,
        "n_persons_rest": None,
    }
