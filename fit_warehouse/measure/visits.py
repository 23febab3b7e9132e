"""Visits without benefit: meetings after the chance of improvement had fallen below a setting."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fit_metrics.course import improvement_chance
from fit_metrics.multilevel import cluster_robust_mean
from fit_metrics.rates import clopper_pearson
from fit_metrics.results import Estimate
from fit_warehouse.measure.context import Context

CAVEAT = "not_all_for_the_outcome"
# What shares a course: nothing is pooled over instruments, respondents or services.
COURSE = (
    *("service_code", "prom_instrument", "prom_respondent"),
    *("reliable_change_inclusive", "score_step", "direction"),
)
KIND = ("service_code", "perspective", "procurement", "price_year", "vat_included")
PERSON = "episode_client_key"
# Amounts as whole numbers of their last stored place.
PLACES = 10_000
QUERY = """
    select
        episode.episode_client_key, episode.family_key, episode.service_code,
        episode.prom_instrument, episode.prom_respondent,
        episode.change_class in ('recovered', 'improved') as is_improved,
        episode.closed_on >= $period_start as is_reported,
        class.reliable_change, class.reliable_change_inclusive,
        instrument.score_step, instrument.direction,
        coalesce(cost.perspective, 'payer') as perspective,
        cost.procurement, cost.price_year, cost.vat_included,
        cost.unit = 'session' as is_paid_by_session,
        cost.used_units, cost.cost_eur,
        session.session_number, session.worker_key,
        session.duration_minutes / session.n_episodes / cost.n_persons / 60.0 as hours,
        case
            when episode.prom_respondent = 'self' and session.prom_instrument = episode.prom_instrument
                then session.prom_total
            when episode.prom_respondent = 'caretaker'
                and session.caretaker_prom_instrument = episode.prom_instrument
                then session.caretaker_prom_total
        end::double as total
    from marts.fct_episode as episode
    inner join marts.fct_episode_class as class
        on episode.episode_client_key = class.episode_client_key
        and episode.parameter_set = class.parameter_set
    inner join marts.dim_instrument as instrument
        on episode.prom_instrument = instrument.instrument_code
    inner join marts.fct_episode_cost as cost
        on episode.episode_client_key = cost.episode_client_key
    inner join marts.fct_session as session
        on episode.episode_key = session.episode_key
        and episode.client_key = session.client_key
    where episode.is_in_change = 1 and episode.closed_on <= $period_end
        and session.attendance = 'attended' and session.session_date <= episode.closed_on
    order by episode.episode_client_key, session.session_number
"""


def rows(context: Context) -> Iterator[dict[str, Any]]:
    """Yield the lines of visit_without_benefit: of the episodes closed in the period.

    The chances rest on all episodes closed up to its end, each on those of other families.
    """
    meetings = context.connection.execute(QUERY, context.days).pl()
    judged = [with_chance(part, context) for part in meetings.partition_by(COURSE)]
    reported = pl.concat([meetings.clear().with_columns(**EMPTY), *judged]).filter("is_reported")
    for line in reported.sort(*KIND, nulls_last=True).partition_by(KIND, maintain_order=True):
        yield {
            **line.select(KIND).row(0, named=True),
            **of_line(line, context.ci_level),
            "least_chance": context.least_chance,
            "ci_level": context.ci_level,
            "parameter_set": context.parameter_set,
            "caveat_code": CAVEAT,
            "as_of": context.as_of,
            **context.days,
        }


EMPTY = {
    "has_chance": pl.lit(None, pl.Boolean),
    "is_without_benefit": pl.lit(None, pl.Boolean),
}


def with_chance(course: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Return the meetings of one course with whether they came after the chance had fallen."""
    one = course.row(0, named=True)
    found = improvement_chance(
        # In the order of the keys, and much faster to put in order.
        course[PERSON].rank("dense").to_numpy(),
        course["session_number"].to_numpy(),
        course["total"].to_numpy(),
        course["is_improved"].to_numpy(),
        reliable_change=course["reliable_change"].cast(pl.Float64).to_numpy(),
        reliable_change_inclusive=bool(one["reliable_change_inclusive"]),
        score_step=one["score_step"],
        direction=one["direction"],
        clusters=course["family_key"].rank("dense").to_numpy(),
        level=context.ci_level,
    )
    return course.with_columns(
        pl.Series("has_chance", ~np.isnan(found.chance)),
        pl.Series("is_without_benefit", found.without_benefit(context.least_chance)),
    ).with_columns(pl.col("has_chance").any().over(PERSON))


def of_line(line: pl.DataFrame, level: float) -> dict[str, Any]:
    """Return the counts, shares, hours and amounts of the meetings of a line."""
    known = line.filter("has_chance")
    visits = known.filter("is_without_benefit")
    share: Estimate = cluster_robust_mean(
        known["is_without_benefit"].cast(pl.Float64).to_numpy(),
        known["family_key"].to_numpy(),
        level=level,
    )
    if not visits.height:
        # Shares that are all 0 have no spread: no family has any is what can be said.
        share = clopper_pearson(0, known["family_key"].n_unique(), level=level)
    families = visits.group_by("family_key").agg(pl.col("is_improved").any())
    error = clopper_pearson(int(families["is_improved"].sum()), families.height, level=level)
    return {
        "n": known[PERSON].n_unique(),
        "n_without_chance": line[PERSON].n_unique() - known[PERSON].n_unique(),
        "n_persons": known["family_key"].n_unique(),
        "n_workers": known["worker_key"].drop_nulls().n_unique(),
        "n_meetings": known.height,
        "n_visits": visits.height,
        "estimate": share.estimate,
        "ci_low": max(share.ci_low, 0.0),
        "ci_high": share.ci_high,
        "method": share.method,
        "n_with_visits": error.n,
        "n_improved_after": int(families["is_improved"].sum()),
        "share_improved_after": error.estimate,
        "improved_after_low": error.ci_low,
        "improved_after_high": error.ci_high,
        "visit_hours": visits["hours"].sum() if visits["hours"].null_count() == 0 else None,
        **amount(known, visits),
    }


def amount(known: pl.DataFrame, visits: pl.DataFrame) -> dict[str, Any]:
    """Return the gross price of the visits: each at what a meeting of its own episode cost.

    Where the price is that of meetings, the units used are these; else the cost of the episode is
    spread over the meetings that were held.
    """
    episodes = (
        known.group_by(PERSON)
        .agg(
            pl.len().alias("n_meetings"),
            pl.first("is_paid_by_session", "used_units", "cost_eur"),
        )
        .join(visits.group_by(PERSON).agg(pl.len().alias("n_visits")), on=PERSON)
        .with_columns(
            pl.when("is_paid_by_session")
            .then(pl.col("used_units").cast(pl.Int64))
            .otherwise(pl.col("n_meetings").cast(pl.Int64))
            .alias("units")
        )
    )
    priced = episodes.filter(pl.col("cost_eur").is_not_null(), pl.col("units") > 0)
    cost, units, n = (
        values.cast(pl.Int64).to_numpy()
        for values in (
            (priced["cost_eur"].cast(pl.Decimal(18, 4)) * PLACES).cast(pl.Int64),
            priced["units"],
            priced["n_visits"],
        )
    )
    whole = int(half_up(cost * n, units).sum())
    return {
        "n_without_cost": episodes.height - priced.height,
        "visit_amount_eur": Decimal(whole) / PLACES
        if priced.height or not episodes.height
        else None,
    }


def half_up(numerators: NDArray[np.int64], denominators: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return quotients of whole numbers of 0 or more, rounded exactly, halves up."""
    return np.asarray((2 * numerators + denominators) // (2 * denominators), dtype=np.int64)
