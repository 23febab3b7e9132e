"""Endings by the client alone, as shares of three denominators, for the city and each service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from fit_metrics import rates
from fit_metrics.rates import Share
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

# Who was met: closed in the period, or still open at its end. An ending that nobody knows is missing.
# The effect is that of the change classes; without a class nobody knows whether there was one.
EPISODES = """
    episode as (
        select episode_client_key, episode_key, family_key, service_code,
            coalesce(closed_on <= $period_end, false) as is_closed,
            case when ending_code <> 'unknown' then ending_code = 'unilateral' end as is_unilateral,
            case when is_in_change = 1 then change_class in ('recovered', 'improved') end as has_effect,
            coalesce(n_prom, 0) as n_scores
        from marts.fct_episode
        where n_sessions > 0 and is_closed_before_opened = 0 and first_session_on <= $period_end
            and (closed_on is null or closed_on >= $period_start)
    )
"""


def rows(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of dropout: each kind of ending by each denominator."""
    cells = read(
        context.connection,
        f"""
        with {EPISODES},
        counted as (
            select
                case when grouping(service_code) = 1 then '_total' else service_code end as service_code,
                list(is_closed) as is_closed,
                list(is_unilateral) as is_unilateral,
                list(has_effect) as has_effect,
                list(n_scores) as n_scores
            from (select * from episode order by all)
            group by grouping sets ((service_code), ())
            having count(*) > 0
        ),
        behind as (
            select
                case when grouping(service_code) = 1 then '_total' else service_code end as service_code,
                {_counts("true", "all_episodes")},
                {_counts("is_closed", "closed_episodes")},
                {_counts("is_closed and n_scores >= 2", "closed_episodes_with_two_scores")}
            from episode
            left join (
                select distinct episode_key, worker_key
                from marts.fct_session
                where attendance = 'attended'
            ) as met using (episode_key)
            where not is_closed or is_unilateral is not null
            group by grouping sets ((service_code), ())
        )
        select * from counted left join behind using (service_code) order by service_code
        """,
        context.days,
    )
    for cell in cells:
        yield from _of_cell(context, cell)


def _counts(condition: str, denominator: str) -> str:
    return ", ".join(
        f"count(distinct {key}) filter (where {condition}) as {denominator}_{name}"
        for name, key in (("n_persons", "family_key"), ("n_workers", "worker_key"))
    )


def _of_cell(context: Context, cell: dict[str, Any]) -> Iterator[dict[str, Any]]:
    result = rates.dropout(
        cell["is_closed"],
        cell["is_unilateral"],
        cell["has_effect"],
        cell["n_scores"],
        level=context.ci_level,
        missing="omit",
    )
    for denominator in (result.of_all, result.of_closed, result.of_measured):
        for kind in fields(denominator):
            share: Share = getattr(denominator, kind.name)
            yield {
                "service_code": cell["service_code"],
                "denominator": share.denominator,
                "indicator": kind.name,
                "numerator": share.successes,
                "n_missing": share.n_missing,
                "n_persons": cell[f"{share.denominator}_n_persons"] or 0,
                "n_workers": cell[f"{share.denominator}_n_workers"] or 0,
                **context.statistic(share),
            }
