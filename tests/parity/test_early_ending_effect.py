"""The effect of every early ending of the city is what `fit_metrics` makes of what was delivered."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fit_metrics.cost_effect import CostRange, used_months
from tests.parity.early_endings import (
    SCENARIOS,
    SLACK,
    Ending,
    Row,
    assert_same,
    gross_by_profile,
    lines,
    ranged,
    stored,
)

if TYPE_CHECKING:
    from tests.conftest import BuiltCity


class City:
    """What the city delivered about money, looked up in plain Python."""

    def __init__(self, built: BuiltCity) -> None:
        self.prices = list(built.frame("from staging.stg_fit__unit_price").iter_rows(named=True))
        self.assumptions = list(
            built.frame("from staging.stg_fit__cost_assumption").iter_rows(named=True)
        )
        later = built.frame(NEXT).group_by("episode_key").agg("next_service_code")
        self.later: dict[str, list[str]] = dict(later.iter_rows())

    def price(self, service: str, day: date) -> Row:
        (found,) = [
            row
            for row in self.prices
            if row["service_code"] == service
            and (row["valid_from"] is None or row["valid_from"] <= day)
            and (row["valid_to"] is None or row["valid_to"] >= day)
        ]
        return found

    def assumed(self, factor: str, service: str) -> CostRange | None:
        """Return an assumption; those of the city hold on every day."""
        for of_service in (service, None):
            for row in self.assumptions:
                if row["factor"] == factor and row["service_code"] == of_service:
                    return ranged([row["low"], row["base"], row["high"]])
        return None

    def expected_price(self, service: str, day: date, n: int) -> dict[str, Decimal]:
        """Return what a service is expected to cost n who come to it; most in the low scenario."""
        price, units = self.price(service, day), self.assumed("onward_units", service)
        times = n if price["per"] == "client" else 1
        found = {}
        for scenario, end in zip(SCENARIOS, ("high", "base", "low"), strict=True):
            of_price = Fraction(price["planned_units"] or getattr(units, end))
            rate = Fraction(price["amount_eur"]) / Fraction(price["units_in_price"])
            found[scenario] = stored(rate * of_price * times, SLACK)
        return found

    def gross(self, row: Row, scenario: str) -> Decimal:
        """Return the price of the unused units, the first of them perhaps dearer."""
        service = row["service_code"]
        price = self.price(service, row["opened_on"])
        weight, units = (self.assumed(f"front_{name}", service) for name in ("weight", "units"))
        end = {"low": "high", "base": "base", "high": "low"}[scenario]
        used = row["used_units"]
        if row["unit"] == "month":
            used = used_months(row["opened_on"], row["closed_on"])
        left = gross_by_profile(
            int(row["planned_units"]),
            used,
            price["amount_eur"] * row["planned_units"] / price["units_in_price"],
            row["n_persons"] if price["per"] == "client" else 1,
            None if weight is None or units is None else (getattr(weight, end), units.base),
        )
        return stored(left.gross_amount_eur, SLACK)

    def ending(self, row: Row) -> Ending:
        """Return what the early ending of a row of the mart is made of."""
        service, onward = row["service_code"], row["onward_service_code"]
        day = row["closed_on"]
        rereferral = dict.fromkeys(SCENARIOS, Decimal(0))
        for came in self.later.get(row["episode_key"], []):
            if came != onward:
                for scenario, amount in self.expected_price(came, day, 1).items():
                    rereferral[scenario] += amount
        return Ending(
            gross_eur={scenario: self.gross(row, scenario) for scenario in SCENARIOS},
            attribution=self.assumed("attribution_share", service),
            avoidable=self.assumed("avoidable_share", service),
            onward_share=self.assumed("onward_share", service),
            rereferral_share=self.assumed("rereferral_share", service),
            onward_price_eur=self.expected_price(onward, day, row["n_persons"])
            if onward
            else dict.fromkeys(SCENARIOS, Decimal(0)),
            rereferral_price_eur=rereferral,
            fit_cost_eur=row["fit_cost_eur"] or Decimal(0),
            ending_code=row["ending_code"],
            procurement=row["procurement"],
        )


ROWS = """
    select effect.*, early.opened_on, early.planned_units, early.used_units, early.onward_service_code
    from marts.fct_early_ending_effect as effect
    inner join marts.fct_early_ending as early using (episode_key)
    where effect.exclusion_reason is null
"""
NEXT = """
    select distinct episode_key, next_service_code, next_episode_key
    from marts.fct_episode
    where is_rereferred_12_months = 1
"""


def test_every_early_ending_of_the_city_from_gross_to_net(built_city: BuiltCity) -> None:
    city = City(built_city)
    compared: dict[str, int] = {}
    for row in built_city.frame(ROWS).iter_rows(named=True):
        assert row["gross_amount_eur"] == city.gross(row, row["scenario"])
        if row["effect_amount_eur"] is not None:
            assert_same(row, lines(city.ending(row), row["scenario"]))
            for kind in (row["procurement"], row["cost_profile"], row["effect_amount_eur"] < 0):
                compared[str(kind)] = compared.get(str(kind), 0) + 1
    assert min(compared.values()) > 5
    assert set(compared) == {"purchased", "own", "front_loaded", "linear", "True", "False"}


MEETINGS = """
    select sessions.episode_key, sessions.session_date, prices.price_year
    from staging.stg_fit__session as sessions
    inner join staging.stg_fit__team as teams using (team_code)
    left join intermediate.int_episode_price as prices using (episode_key)
    where attendance = 'attended' and fit_adopted_on <= session_date
"""


def accrued(cost: Row, as_of: date, n_meetings: int) -> float:
    """Return what a cost of feedback work has come to by a day."""
    last = min(cost["period_to"], as_of)
    amount = float(cost["amount_eur"] * cost["quantity"])
    if cost["per"] == "month":
        return amount * float(used_months(cost["period_from"], last + timedelta(days=1)))
    if cost["per"] == "hour":
        return amount * n_meetings / 60
    days = (last - cost["period_from"]).days + 1
    return float(amount * days / ((cost["period_to"] - cost["period_from"]).days + 1))


def test_every_meeting_bears_an_equal_part_of_the_cost_of_feedback_work(
    built_city: BuiltCity,
) -> None:
    meetings = built_city.frame(MEETINGS)
    (as_of,) = built_city.frame("from intermediate.int_as_of").row(0)
    meetings = meetings.with_columns(pl.lit(0.0).alias("part"))
    whole = 0.0
    for cost in built_city.frame("from staging.stg_fit__fit_cost").iter_rows(named=True):
        assert cost["team_code"] is None
        concerned = pl.col("session_date").is_between(
            cost["period_from"], min(cost["period_to"], as_of)
        )
        n = meetings.filter(concerned).height
        assert n > 0
        whole += accrued(cost, as_of, n)
        part = pl.when(concerned).then(accrued(cost, as_of, n) / n).otherwise(0.0)
        meetings = meetings.with_columns(pl.col("part") + part)
    assert meetings["part"].sum() == pytest.approx(whole)
    expected = meetings.filter(price_year=2025).group_by("episode_key").agg(pl.sum("part"))
    found = built_city.frame(
        "select episode_key, sum(fit_cost_eur)::double as found from marts.fct_episode_cost "
        "where n_fit_meetings > 0 and fit_cost_exclusion_reason is null group by all"
    )
    both = expected.join(found, on="episode_key", how="full", coalesce=True)
    assert both.height > 30
    assert both.null_count().row(0) == (0, 0, 0)
    # Stored with four decimals.
    assert (both["part"] - both["found"]).abs().max() < 0.00006  # type: ignore[operator]
