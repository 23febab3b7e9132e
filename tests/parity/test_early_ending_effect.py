"""The effect of early endings, worked out again from what was delivered, and what must always hold of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import used_months

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

PLACE = Decimal("0.0001")
CLOSED = date(2025, 5, 15)
quick = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Row = Mapping[str, Any]


def stored(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(PLACE, ROUND_HALF_UP)


class City:
    """What the city delivered about money, looked up in plain Python."""

    def __init__(self, built: BuiltCity) -> None:
        self.prices = list(built.frame("from staging.stg_fit__unit_price").iter_rows(named=True))
        self.assumptions = list(
            built.frame("from staging.stg_fit__cost_assumption").iter_rows(named=True)
        )

    def price(self, service: str, day: date) -> Row | None:
        found = [
            row
            for row in self.prices
            if row["service_code"] == service
            and (row["valid_from"] is None or row["valid_from"] <= day)
            and (row["valid_to"] is None or row["valid_to"] >= day)
        ]
        return found[0] if len(found) == 1 else None

    def assumed(self, factor: str, service: str, value: str) -> Fraction | None:
        """Return an assumption; those of the city hold on every day."""
        for of_service in (service, None):
            for row in self.assumptions:
                if row["factor"] == factor and row["service_code"] == of_service:
                    return Fraction(row[value])
        return None

    def expected_price(self, service: str, day: date, value: str, n: int) -> tuple[Decimal, int]:
        """Return what a service is expected to cost n who come to it, and the price year."""
        price = self.price(service, day)
        assert price is not None
        units = price["planned_units"] or self.assumed("onward_units", service, value)
        assert units is not None
        amount = Fraction(price["amount_eur"]) * Fraction(units) / Fraction(price["units_in_price"])
        times = n if price["per"] == "client" else 1
        return stored(amount * times), price["price_year"]


def gross(city: City, row: Row, used: Fraction, weight: str) -> Decimal:
    """Return the value of the unused units, the first of them perhaps dearer."""
    service = row["service_code"]
    price = city.price(service, row["opened_on"])
    assert price is not None
    planned = Fraction(row["planned_units"])
    extra = (city.assumed("front_weight", service, weight) or Fraction(1)) - 1
    front = city.assumed("front_units", service, "base") or Fraction(0)
    whole = planned + extra * min(front, planned)
    left = whole - (used + extra * min(front, used))
    times = row["n_persons"] if price["per"] == "client" else 1
    rate = Fraction(price["amount_eur"]) / Fraction(price["units_in_price"])
    return stored(rate * times * planned * left / whole)


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
ENDS = {"low": ("low", "high"), "base": ("base", "base"), "high": ("high", "low")}


def test_every_early_ending_of_the_city_from_gross_to_effect(built_city: BuiltCity) -> None:
    city = City(built_city)
    later: dict[str, list[Row]] = {}
    for row in built_city.frame(NEXT).iter_rows(named=True):
        later.setdefault(row["episode_key"], []).append(row)
    compared = 0
    for row in built_city.frame(ROWS).iter_rows(named=True):
        adding, taking = ENDS[row["scenario"]]
        service = row["service_code"]
        used = Fraction(row["used_units"])
        if row["unit"] == "month":
            used = Fraction(used_months(row["opened_on"], row["closed_on"]))
        amount = gross(city, row, used, taking)
        assert row["gross_amount_eur"] == amount
        if row["effect_amount_eur"] is None:
            continue
        avoidable = city.assumed("avoidable_share", service, adding)
        assert avoidable is not None
        instead = {"onward": Decimal(0), "rereferral": Decimal(0)}
        if row["onward_service_code"]:
            instead["onward"], _ = city.expected_price(
                row["onward_service_code"], row["closed_on"], taking, row["n_persons"]
            )
        for came in later.get(row["episode_key"], []):
            if came["next_service_code"] != row["onward_service_code"]:
                price, _ = city.expected_price(
                    came["next_service_code"], row["closed_on"], taking, 1
                )
                instead["rereferral"] += price
        shares = {name: city.assumed(f"{name}_share", service, taking) for name in instead}
        parts = {name: Fraction(instead[name]) * (shares[name] or 0) for name in instead}
        is_loss = Fraction(amount) * avoidable < sum(parts.values())
        attributed = city.assumed("attribution_share", service, taking if is_loss else adding)
        assert attributed is not None
        assert row["avoided_amount_eur"] == stored(Fraction(amount) * avoidable * attributed)
        assert row["onward_amount_eur"] == stored(parts["onward"] * attributed)
        assert row["rereferral_amount_eur"] == stored(parts["rereferral"] * attributed)
        compared += 1
    assert compared > 30


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


def shares() -> st.SearchStrategy[list[Decimal]]:
    """Return the low, base and high value of a share, in hundredths."""
    return st.lists(st.integers(0, 100), min_size=3, max_size=3).map(
        lambda drawn: [Decimal(value) / 100 for value in sorted(drawn)]
    )


def cents(largest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, largest).map(lambda whole: Decimal(whole) / 100)


worlds = st.fixed_dictionaries(
    {
        "attribution_share": shares(),
        "avoidable_share": shares(),
        "onward_share": shares(),
        "rereferral_share": shares(),
        "front_weight": st.lists(st.integers(1, 400), min_size=3, max_size=3).map(
            lambda drawn: [Decimal(value) / 100 for value in sorted(drawn)]
        ),
        "front_units": st.integers(0, 12).map(lambda units: [Decimal(units)] * 3),
    }
)
endings = st.lists(
    st.fixed_dictionaries(
        {
            "planned": st.integers(2, 20),
            "used_share": st.integers(0, 99),
            "price": cents(2_000_000),
            "onward": cents(5_000_000),
            "rereferral": cents(5_000_000),
        }
    ),
    min_size=1,
    max_size=12,
)


def effects(
    sandbox: Sandbox, world: Mapping[str, list[Decimal]], drawn: list[dict[str, Any]], times: int
) -> Iterator[Row]:
    """Yield the mart's rows of purchased endings in one service, all prices multiplied."""
    sandbox.fill("ending")
    keys = [f"e{number:03}" for number in range(len(drawn))]
    on_day = {"service_code": "s1", "closed_on": CLOSED, "ending_code": "goals_reached_early"}
    assumed = pl.DataFrame(
        [
            {"factor": factor, **dict(zip(("low", "base", "high"), values, strict=True))}
            for factor, values in world.items()
        ],
        schema_overrides=dict.fromkeys(("low", "base", "high"), pl.Decimal(18, 4)),
    )
    rows = []
    for key, ending in zip(keys, drawn, strict=True):
        used = ending["planned"] * ending["used_share"] // 100
        rate = ending["price"] * times
        rows.append(
            {
                **on_day,
                "episode_key": key,
                "is_agreed": 1,
                "unit": "session",
                "n_persons": 1,
                "planned_units": Decimal(ending["planned"]),
                "used_units": Decimal(used),
                "unused_units": Decimal(ending["planned"] - used),
                "gross_amount_eur": rate * (ending["planned"] - used),
                "rate": rate,
            }
        )
    amounts = ("planned_units", "used_units", "unused_units", "gross_amount_eur", "rate")
    early = pl.DataFrame(rows, schema_overrides=dict.fromkeys(amounts, pl.Decimal(18, 4)))
    assumptions = sandbox.run(
        "int_cost_assumption",
        int_episode=early.select("episode_key", *on_day),
        stg_fit__cost_assumption=assumed,
        cost_assumption=assumed.clear(),
    )
    after = [
        {
            "episode_key": key,
            "scenario": scenario,
            "onward_amount_eur": float(ending["onward"] * times * dearer),
            "rereferral_amount_eur": float(ending["rereferral"] * times * dearer),
            "is_rereferral_priced": 1,
        }
        for key, ending in zip(keys, drawn, strict=True)
        for scenario, dearer in (("low", 3), ("base", 2), ("high", 1))
    ]
    price = early.select(
        "episode_key", pl.col("rate").alias("amount_eur"), pl.lit(1).alias("units_in_price")
    )
    found = sandbox.run(
        "fct_early_ending_effect",
        fct_early_ending=early.drop("rate"),
        int_cost_assumption=assumptions,
        int_episode_price=price.with_columns(pl.lit("episode").alias("per")),
        int_episode_used=early.select("episode_key"),
        int_early_ending_onward=pl.DataFrame(after),
        int_episode_fit_cost=early.select(
            "episode_key", pl.lit(1).alias("n_fit_meetings"), pl.lit(0).alias("n_cost_years")
        ),
        int_service_pace=pl.DataFrame({"service_code": ["s1"]}),
        fct_episode=early.select("episode_key"),
    )
    assert found.height == 3 * len(drawn)
    yield from found.sort("episode_key", "scenario").iter_rows(named=True)


@quick
@given(world=worlds, drawn=endings)
def test_low_is_the_least_and_high_the_most_that_the_ranges_allow(
    sandbox: Sandbox, world: Mapping[str, list[Decimal]], drawn: list[dict[str, Any]]
) -> None:
    found: dict[str, dict[str, Decimal]] = {}
    for row in effects(sandbox, world, drawn, 1):
        assert row["effect_exclusion_reason"] is None
        found.setdefault(row["episode_key"], {})[row["scenario"]] = row["effect_amount_eur"]
    for effect in found.values():
        # Three parts are rounded apart.
        assert effect["low"] <= effect["base"] + 3 * PLACE
        assert effect["base"] <= effect["high"] + 3 * PLACE


@quick
@given(world=worlds, drawn=endings)
def test_doubled_prices_double_the_money(
    sandbox: Sandbox, world: Mapping[str, list[Decimal]], drawn: list[dict[str, Any]]
) -> None:
    once = list(effects(sandbox, world, drawn, 1))
    twice = list(effects(sandbox, world, drawn, 2))
    for one, two in zip(once, twice, strict=True):
        for name in ("gross_amount_eur", "avoided_amount_eur", "onward_amount_eur"):
            # Gross is rounded first and again with its shares.
            assert abs(2 * one[name] - two[name]) <= 3 * PLACE, name


@quick
@given(world=worlds, drawn=endings)
def test_what_was_not_brought_about_has_no_effect(
    sandbox: Sandbox, world: Mapping[str, list[Decimal]], drawn: list[dict[str, Any]]
) -> None:
    nothing = {**world, "attribution_share": [Decimal(0)] * 3}
    assert {row["effect_amount_eur"] for row in effects(sandbox, nothing, drawn, 1)} == {Decimal(0)}
