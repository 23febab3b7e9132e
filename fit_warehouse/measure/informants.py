"""How well two respondents agree about the same client at the same meeting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fit_metrics import agreement
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read


def rows(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of informant_agreement: of one pair of forms a client, the period's first.

    Pairs of one client are alike: with all of them the intervals would be too narrow.
    """
    # Ties are broken by what was said: new pseudonyms give the same numbers. The professional comes last,
    # so that a run repeats also where two pairs say the same.
    cells = read(
        context.connection,
        """
        with
        pair as (
            select fct_informant_pair.*
            from marts.fct_informant_pair
            left join marts.fct_response
                on fct_informant_pair.other_response_key = fct_response.response_key
            where fct_informant_pair.session_date between $period_start and $period_end
            qualify row_number() over (
                partition by fct_informant_pair.client_key, pair_kind, own_instrument, other_instrument
                order by fct_informant_pair.session_date, fct_response.entered_at nulls last,
                    own_total, other_total, fct_informant_pair.worker_key
            ) = 1
        )
        select pair_kind, own_instrument, other_instrument,
            list(own_total::double order by own_total, other_total) as own_totals,
            list(other_total::double order by own_total, other_total) as other_totals,
            count(distinct family_key) as n_persons,
            count(distinct worker_key) as n_workers
        from pair
        group by all
        order by all
        """,
        context.days,
    )
    for cell in cells:
        own, other = cell.pop("own_totals"), cell.pop("other_totals")
        ratings, level = list(zip(own, other, strict=True)), context.ci_level
        limits = agreement.bland_altman(other, own, level=level)
        results = {
            "icc_agreement": agreement.icc(ratings, model="A1", level=level),
            "icc_consistency": agreement.icc(ratings, model="C1", level=level),
            "mean_difference": limits.bias,
            "lower_limit": limits.lower_limit,
            "upper_limit": limits.upper_limit,
            "slope": limits.slope,
        }
        for indicator, result in results.items():
            yield {**cell, "indicator": indicator, **context.statistic(result)}
