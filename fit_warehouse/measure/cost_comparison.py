"""The estimated effect: used units with FIT against those of teams that had not begun.

It stands beside the calculated effect. What would have come anyway is in the comparison, so it is
never multiplied by an attribution, nor added to what is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from fit_metrics.cost_effect import EstimatedEffect
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.used_units import (
    FOLLOWED_DAYS,
    closed_episodes,
    difference,
    is_complete,
    near_adoption,
)

TOTAL = "_total"
OF_PLAN = "plan"
CAVEAT = "adoption_not_by_lot"
LEAST_TEAMS = 10
# With fewer teams on a side the interval does not hold: docs/method/coverage.md.
LEAST_ON_A_SIDE = 4
PRICE = ("procurement", "price_year", "vat_included", "per", "unit_price_eur")
LEFT_OUT = ("n_incomplete", "n_near_adoption", "n_open")


@dataclass(frozen=True, slots=True)
class Line:
    """The episodes of a line, its service and unit, and what was found in them."""

    rows: pl.DataFrame
    service: str
    unit: str
    found: EstimatedEffect | None


def comparison(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of cost_comparison: by service, by unit, and as a share of the plan for all.

    Totals are over the services that have an estimate of their own. Openings count that lie so far
    back that nearly all have closed; who opened shortly before adoption is in neither group.
    """
    opened_to = context.as_of - timedelta(days=FOLLOWED_DAYS)
    closed = closed_episodes(context.connection, opened_to)
    complete = closed.filter(is_complete())
    rows = complete.filter(~near_adoption())
    others = left_out(context, closed, opened_to)
    for line in lines(rows, context.ci_level):
        counted = others.filter(
            pl.col("service_code").is_in(line.rows["service_code"].unique().to_list())
        )
        estimated = numbers(line.found, context.ci_level)
        yield {
            "service_code": line.service,
            "unit": line.unit,
            "opened_from": line.rows["started_on"].min(),
            "opened_to": opened_to,
            **size_of(line.rows),
            **{name: counted[name].sum() for name in LEFT_OUT},
            **estimated,
            **priced(line.rows.clear() if line.service == TOTAL else line.rows, estimated),
            "caveat_code": CAVEAT,
            "as_of": context.as_of,
        }


def lines(rows: pl.DataFrame, level: float) -> Iterator[Line]:
    """Yield each service, then each unit of several services, then all in shares of the plan."""
    added = []
    for service, unit in rows.select("service_code", "unit").unique().sort(pl.all()).iter_rows():
        own = rows.filter(service_code=service, unit=unit)
        line = Line(own, service, unit, difference(own, level=level))
        if has_estimate(line.found):
            added.append(own)
        yield line
    together = pl.concat([rows.clear(), *added])
    for unit in (*together["unit"].unique().sort(), OF_PLAN):
        own = together if unit == OF_PLAN else together.filter(unit=unit)
        if own["service_code"].n_unique() > 1:
            of_plan = unit == OF_PLAN
            yield Line(own, TOTAL, unit, difference(own, level=level, of_plan=of_plan))


def has_estimate(found: EstimatedEffect | None) -> bool:
    """Return whether there is a number at all."""
    return found is not None and not math.isnan(found.estimate)


def size_of(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many episodes, families and teams a line rests on."""
    sides = [rows.filter(is_fit=side) for side in (1, 0)]
    return {
        "n": rows.height,
        "n_fit": sides[0].height,
        "n_comparison": sides[1].height,
        "n_persons": rows["family_key"].n_unique(),
        "n_teams": rows["team_code"].n_unique(),
        "n_fit_teams": sides[0]["team_code"].n_unique(),
        "n_comparison_teams": sides[1]["team_code"].n_unique(),
    }


def interval_reason(found: EstimatedEffect | None) -> str | None:
    """Return the code that says why there is no interval; None where there is one.

    Examples
    --------
    >>> interval_reason(None)
    'no_contrast'
    """
    if found is None:
        return "no_contrast"
    if math.isnan(found.estimate):
        return "few_episodes"
    few = few_teams(found.n_teams, found.n_fit_teams, found.n_comparison_teams)
    return few or ("no_variation" if found.reason else None)


def few_teams(n_teams: int, n_fit_teams: int, n_comparison_teams: int) -> str | None:
    """Return the code that says that there are too few teams for an interval; None where there are not.

    Examples
    --------
    >>> few_teams(9, 9, 9), few_teams(12, 9, 3), few_teams(12, 9, 4)
    ('few_teams', 'few_teams_on_a_side', None)
    """
    if n_teams < LEAST_TEAMS:
        return "few_teams"
    if min(n_fit_teams, n_comparison_teams) < LEAST_ON_A_SIDE:
        return "few_teams_on_a_side"
    return None


def numbers(found: EstimatedEffect | None, level: float) -> dict[str, Any]:
    """Return the estimate and its interval, or why there is none."""
    reason = interval_reason(found)
    told = found if reason is None else None
    return {
        "estimate": found.estimate if found else None,
        "ci_low": told.ci_low if told else None,
        "ci_high": told.ci_high if told else None,
        "ci_level": level,
        "method": found.method if found else None,
        "interval_reason": reason,
    }


def priced(rows: pl.DataFrame, estimated: dict[str, Any]) -> dict[str, Any]:
    """Return the price of a unit for the latest opening, and what the difference comes to at it.

    Without rows there is no price: services are paid in their own ways.
    """
    latest = rows.sort("started_on", "episode_key").tail(1)
    found = latest.row(0, named=True) if latest.height else dict.fromkeys(PRICE)
    rate = found["unit_price_eur"]
    amounts = {
        f"{name}_eur": in_euros(estimated[name], rate) for name in ("estimate", "ci_low", "ci_high")
    }
    return {"perspective": "payer", **{name: found[name] for name in PRICE}, **amounts}


def in_euros(units: float | None, rate: Decimal | None) -> Decimal | None:
    """Return units at a rate, halves up; None where either is missing or the limit is infinite.

    Examples
    --------
    >>> in_euros(-1.5, Decimal("345.00")), in_euros(float("inf"), Decimal(1))
    (Decimal('-517.5000'), None)
    """
    if units is None or rate is None or not math.isfinite(units):
        return None
    return (Decimal(units) * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def left_out(context: Context, closed: pl.DataFrame, opened_to: date) -> pl.DataFrame:
    """Return by service how many openings are in no comparison, and why."""
    still_open = context.connection.execute(
        """
        select service_code, count(distinct episode_key) as n_open
        from marts.fct_episode
        where closed_on is null and coalesce(opened_on, first_session_on) <= $opened_to
        group by all
        """,
        {"opened_to": opened_to},
    ).pl()
    counted = closed.group_by("service_code").agg(
        (~is_complete()).sum().alias("n_incomplete"),
        (is_complete() & near_adoption()).sum().alias("n_near_adoption"),
    )
    return counted.join(still_open, on="service_code", how="left").fill_null(0)
