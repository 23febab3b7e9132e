"""Quality of the scales: reliability of their totals, their items, answers at their ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fit_metrics import scale
from fit_metrics.results import Estimate
from fit_metrics.scale import EndShares, ItemTotals
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read

# From so many forms on the interval of alpha that allows for a ceiling holds (docs/method/scale_quality.md).
DISTRIBUTION_FREE_FROM = 100
# Omega's interval is drawn: always the same way, and not where it would be narrower than it matters.
RESAMPLES = 400
SEED = 1
RESAMPLED_UP_TO = 20_000

# One form a client, instrument and kind of respondent, the period's first: forms of one client are alike.
# Of a system that shares totals out on items no form counts, not only those that show it: the others
# alone would look as if nobody answered alike.
FORMS = """
    imputing as (
        select distinct source_system from marts.fct_response where items_source = 'unknown'
    ),
    long_form as (
        select response_key, list(item_score::double order by item_number) as items
        from marts.fct_response_item
        where session_date between $period_start and $period_end
        group by response_key
    ),
    form as (
        select instrument_code, respondent_role, client_key, worker_key, session_date, entered_at,
            item_count, total_min, total_max,
            case
                when item_count > 4 then long_form.items
                else [item_1::double, item_2::double, item_3::double, item_4::double][1:item_count]
            end as items
        from marts.fct_response
        inner join marts.dim_instrument using (instrument_code)
        left join long_form using (response_key)
        where session_date between $period_start and $period_end
            and is_valid = 1 and items_source = 'items' and is_scored = 1 and item_count >= 2
            and coalesce(fct_response.source_system not in (select source_system from imputing), true)
    ),
    chosen as (
        select * from form
        where len(items) = item_count
        qualify row_number() over (
            partition by instrument_code, respondent_role, client_key
            order by session_date, entered_at nulls last, items, worker_key
        ) = 1
    ),
    family as (
        select distinct client_key, family_key from marts.fct_episode where client_key is not null
    )
"""


def rows(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of scale_quality."""
    cells = read(
        context.connection,
        f"""
        with {FORMS}
        select instrument_code, respondent_role,
            any_value(total_min / item_count)::double as lowest,
            any_value(total_max / item_count)::double as highest,
            list(items order by items) as items,
            count(distinct coalesce(family_key, client_key)) as n_persons,
            count(distinct worker_key) as n_workers
        from chosen
        left join family using (client_key)
        group by all
        order by all
        """,
        context.days,
    )
    for cell in cells:
        items = np.array(cell.pop("items"))
        ends = scale.end_shares(
            items, lowest=cell.pop("lowest"), highest=cell.pop("highest"), level=context.ci_level
        )
        yield from _totals(context, cell, items)
        yield from _shares(context, cell, items, ends)
        yield from _items(context, cell, scale.item_total(items, level=context.ci_level))


def _totals(
    context: Context, cell: dict[str, Any], items: np.ndarray[Any, np.dtype[np.float64]]
) -> Iterator[dict[str, Any]]:
    level, n = context.ci_level, len(items)
    interval: Any = "distribution_free" if n >= DISTRIBUTION_FREE_FROM else "feldt"
    results: dict[str, Estimate] = {"alpha": scale.cronbach_alpha(items, ci=interval, level=level)}
    if items.shape[1] >= 3:
        results["omega"] = scale.omega_total(
            items,
            resamples=RESAMPLES if n <= RESAMPLED_UP_TO else 0,
            rng=np.random.default_rng(SEED),
            level=level,
        )
    for indicator, result in results.items():
        yield _line(context, cell, indicator, result)


def _shares(
    context: Context,
    cell: dict[str, Any],
    items: np.ndarray[Any, np.dtype[np.float64]],
    ends: EndShares,
) -> Iterator[dict[str, Any]]:
    results = {
        "share_ceiling": ends.ceiling,
        "share_floor": ends.floor,
        "share_straight_lining": scale.straight_lining(items, level=context.ci_level),
    }
    for indicator, result in results.items():
        yield _line(context, cell, indicator, result, numerator=result.successes)


def _items(context: Context, cell: dict[str, Any], totals: ItemTotals) -> Iterator[dict[str, Any]]:
    for place in range(totals.estimate.size):
        result = Estimate(
            estimate=float(totals.estimate[place]),
            ci_low=float(totals.ci_low[place]),
            ci_high=float(totals.ci_high[place]),
            ci_level=totals.ci_level,
            n=totals.n,
            n_missing=totals.n_missing,
            method=totals.method,
        )
        yield _line(context, cell, "item_total", result, item_number=place + 1)


def _line(
    context: Context,
    cell: dict[str, Any],
    indicator: str,
    result: Estimate,
    *,
    numerator: int | None = None,
    item_number: int | None = None,
) -> dict[str, Any]:
    return {
        **cell,
        "indicator": indicator,
        "item_number": item_number,
        "numerator": numerator,
        **context.statistic(result),
    }
