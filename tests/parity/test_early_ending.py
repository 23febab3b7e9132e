"""Used units and gross amounts in SQL are those of fit_metrics, to the last stored digit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import EarlyEnding, early_ending_gross, used_months

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

PLACES = Decimal("0.0001")
quick = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def stored(value: Decimal) -> Decimal:
    return value.quantize(PLACES, ROUND_HALF_UP)


def awkward_pairs() -> list[tuple[date, date]]:
    """Return every pair of days around month ends, of common and leap years."""
    days = [
        date(year, month, day)
        for year in (2023, 2024, 2025)
        for month, last in ((1, 31), (2, 28), (3, 31), (4, 30), (12, 31))
        for day in (1, 15, 27, 28, last - 1, last)
    ]
    days = sorted({*days, date(2024, 2, 29), date(2028, 2, 29)})
    return [(opened, closed) for opened in days for closed in days if opened <= closed]


def months_in_sql(sandbox: Sandbox, pairs: list[tuple[date, date]]) -> list[Decimal]:
    """Return used months, from the whole numbers that the model gives, in the order of the pairs."""
    episodes = pl.DataFrame(
        {
            "episode_key": [f"e{number:06}" for number in range(len(pairs))],
            "opened_on": [opened for opened, _ in pairs],
            "closed_on": [closed for _, closed in pairs],
        }
    )
    used = sandbox.run("int_episode_used", int_episode=episodes).sort("episode_key")
    return [
        stored(whole + Decimal(days) / of_days)
        for whole, days, of_days in used.select(
            "whole_months", "remaining_days", "days_in_month"
        ).iter_rows()
    ]


def test_months_of_awkward_pairs(sandbox: Sandbox) -> None:
    pairs = awkward_pairs()
    assert (date(2025, 1, 31), date(2025, 2, 28)) in pairs
    expected = [stored(used_months(opened, closed)) for opened, closed in pairs]
    assert months_in_sql(sandbox, pairs) == expected


days = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@quick
@given(drawn=st.lists(st.tuples(days, days), min_size=1, max_size=50))
def test_months_of_any_pairs(sandbox: Sandbox, drawn: list[tuple[date, date]]) -> None:
    pairs = [(min(pair), max(pair)) for pair in drawn]
    expected = [stored(used_months(opened, closed)) for opened, closed in pairs]
    assert months_in_sql(sandbox, pairs) == expected


def used_units(row: Mapping[str, Any]) -> Decimal:
    """Return the units that an episode used, from the days and meetings as staged."""
    if row["unit"] == "month":
        return used_months(row["opened_on"], row["closed_on"])
    if row["unit"] == "day":
        return Decimal((row["closed_on"] - row["opened_on"]).days)
    return Decimal(row["n_attended"] + row["no_show_is_used"] * row["n_missed"])


def early_ending(row: Mapping[str, Any]) -> EarlyEnding | None:
    """Return what the episode left unused; None without a plan, or where all of it was used."""
    own_plan = row[f"planned_{row['unit']}s"]
    planned = row["planned_units"] if own_plan is None else own_plan
    if planned is None:
        return None
    planned, used = Decimal(planned), used_units(row)
    if used >= planned:
        return None
    return early_ending_gross(
        planned_units=planned,
        used_units=used,
        amount_eur=Decimal(row["amount_eur"]),
        price_planned_units=Decimal(row["units_in_price"]),
        n_clients=row["n_index_clients"] if row["per"] == "client" else 1,
    )


PRICED = """
    with prices as (
        select episodes.episode_key, prices.* exclude (service_code)
        from staging.stg_fit__episode as episodes
        inner join staging.stg_fit__unit_price as prices
            on episodes.service_code = prices.service_code
            and episodes.opened_on >= coalesce(prices.valid_from, date '0001-01-01')
            and episodes.opened_on <= coalesce(prices.valid_to, date '9999-12-31')
    )
    select
        episodes.*, prices.* exclude (episode_key),
        (
            select count(*) from staging.stg_fit__session as sessions
            where sessions.episode_key = episodes.episode_key and attendance = 'attended'
        ) as n_attended,
        (
            select count(*) from staging.stg_fit__session as sessions
            where sessions.episode_key = episodes.episode_key
                and attendance in ('no_show', 'late_cancelled')
        ) as n_missed,
        (
            select count(*) from intermediate.int_episode_index_client as clients
            where clients.episode_key = episodes.episode_key
        ) as n_index_clients
    from staging.stg_fit__episode as episodes
    inner join prices using (episode_key)
    inner join reference.ending as endings using (ending_code)
    where endings.is_early_ending = 1 and closed_on >= opened_on
        and (select count(*) from prices as held where held.episode_key = episodes.episode_key) = 1
"""


def test_every_priced_episode_of_the_city(built_city: BuiltCity) -> None:
    found = {
        row["episode_key"]: row
        for row in built_city.frame(
            "select * from marts.fct_early_ending where exclusion_reason is null"
        ).iter_rows(named=True)
    }
    expected = {}
    for row in built_city.frame(PRICED).iter_rows(named=True):
        if (ending := early_ending(row)) is not None:
            expected[row["episode_key"]] = (
                stored(used_units(row)),
                stored(ending.unused_units),
                stored(ending.gross_amount_eur),
            )
    assert len(expected) > 10
    assert {
        key: (row["used_units"], row["unused_units"], row["gross_amount_eur"])
        for key, row in found.items()
    } == expected


def cents(largest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(1, largest).map(lambda whole: Decimal(whole) / 100)


cases = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(["session", "month", "day"]),
        "amount_eur": cents(200_000_000),
        # Of 16 and 32 units the amounts end in halves of the last place.
        "units_in_price": st.sampled_from([1, 3, 6, 7, 10, 16, 32]),
        "planned": st.integers(1, 36),
        "per": st.sampled_from(["client", "episode"]),
        "no_show_is_used": st.integers(0, 1),
        "n_index_clients": st.integers(1, 4),
        "n_attended": st.integers(0, 12),
        "n_missed": st.integers(0, 4),
        "opened_on": st.dates(date(2020, 1, 1), date(2024, 12, 31)),
        "closed_on": st.dates(date(2025, 1, 1), date(2025, 12, 31)),
    }
)


@quick
@given(drawn=st.lists(cases, min_size=1, max_size=40))
def test_amounts_of_any_price(sandbox: Sandbox, drawn: list[dict[str, Any]]) -> None:
    rows = [
        {
            **case,
            "episode_key": f"e{number:04}",
            "planned_units": case["planned"],
            "price_planned_units": case["planned"],
            "n_prices": 1,
            "ending_code": "goals_reached_early",
            **dict.fromkeys(("planned_sessions", "planned_months", "planned_days")),
        }
        for number, case in enumerate(drawn)
    ]
    found = in_the_mart(
        sandbox, pl.DataFrame(rows, schema_overrides={"amount_eur": pl.Decimal(18, 4)})
    )
    expected = {
        str(row["episode_key"]): (stored(ending.gross_amount_eur), None)
        for row in rows
        if (ending := early_ending(row)) is not None
    } | {
        # What more was used than planned has no amount, and is not left out in silence.
        str(row["episode_key"]): (None, "plan_shorter_than_used")
        for row in rows
        if used_units(row) > row["planned"]
    }
    assert found == expected


def in_the_mart(
    sandbox: Sandbox, rows: pl.DataFrame
) -> dict[str, tuple[Decimal | None, str | None]]:
    """Return the amounts, and the reasons for none, of these episodes, prices and meetings."""
    sandbox.fill("ending")
    episode = rows.select("episode_key", "opened_on", "closed_on", "ending_code")
    used = sandbox.run(
        "int_episode_used",
        int_episode=episode,
        int_episode_sessions=rows.select(
            "episode_key", "n_attended", pl.col("n_missed").alias("n_no_show")
        ),
    )
    early = sandbox.run(
        "fct_early_ending",
        int_episode_used=used,
        int_episode_price=rows.select(
            *("episode_key", "n_prices", "amount_eur", "units_in_price", "price_planned_units"),
            *("unit", "per", "no_show_is_used"),
        ),
        fct_episode=rows.select("episode_key", pl.int_ranges("n_index_clients").alias("client"))
        .explode("client")
        .select("episode_key", pl.col("client").cast(pl.String).alias("client_key")),
    )
    return {
        key: (amount, reason)
        for key, amount, reason in early.select(
            "episode_key", "gross_amount_eur", "exclusion_reason"
        ).iter_rows()
    }
