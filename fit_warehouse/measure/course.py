"""How the courses went: the mean outcome total at each attended meeting, also by intake band."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fit_metrics import rates
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

LAST_NUMBER = 12  # later meetings are those of a few long episodes


# Side of the cut-off at intake: who begins low tends to rise by itself, so the two are not one course.
INTAKE_BAND = "case when is_intake_functional = 1 then 'functional' else 'clinical' end"


def rows(context: Context, *, by_intake: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the lines of course: the headline respondent's forms of the episodes in city_outcome.

    Those of course_by_intake, with the band of the intake, where `by_intake`.
    """
    band = "intake_band, " if by_intake else ""
    values = read(
        context.connection,
        f"""
        with
        chosen as (
            select episode_key, client_key, family_key, prom_instrument, prom_respondent,
                {INTAKE_BAND} as intake_band
            from marts.fct_episode
            where closed_on between $period_start and $period_end and is_in_change = 1
        ),
        own as (
            select session_key, episode_key, client_key, prom_instrument as instrument_code,
                'self' as respondent_role, prom_total as total
            from marts.fct_session
            union all
            select session_key, episode_key, client_key, caretaker_prom_instrument, 'caretaker',
                caretaker_prom_total
            from marts.fct_session
        )
        select own.instrument_code, own.respondent_role, {band}fct_session.session_number,
            list(own.total::double order by own.session_key, own.client_key) as totals,
            count(distinct chosen.family_key) as n_persons,
            count(distinct fct_session.worker_key) as n_workers
        from chosen
        inner join marts.fct_session
            on chosen.episode_key = fct_session.episode_key
            and chosen.client_key = fct_session.client_key
        inner join own
            on fct_session.session_key = own.session_key
            and fct_session.episode_key = own.episode_key
            and fct_session.client_key = own.client_key
            and chosen.prom_instrument = own.instrument_code
            and chosen.prom_respondent = own.respondent_role
        where own.total is not null and fct_session.session_number <= {LAST_NUMBER}
        group by all
        order by all
        """,
        context.days,
    )
    for row in values:
        result = rates.mean_interval(row.pop("totals"), level=context.ci_level)
        yield {**row, **context.statistic(result)}
