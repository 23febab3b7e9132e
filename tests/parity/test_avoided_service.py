"""Services put off or not needed: against what the simulator knows, and worked out again."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.demo import truth
from fit_warehouse.landing.pseudonym import HEX_DIGITS, load_keys
from tests.parity.early_endings import SLACK, stored

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

READ = (
    *("fct_episode", "int_family", "int_episode", "int_episode_index_client", "int_as_of"),
    *("stg_fit__unit_price", "stg_fit__cost_assumption", "cost_assumption", "ending"),
)
SCHEMA = {
    "client_key": pl.String, "episode_key": pl.String, "service_code": pl.String,
    "decided_on": pl.Date, "kind": pl.String, "revisited_on": pl.Date,
}  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(scope="module")
def filled(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Give the models the city's own episodes, prices and assumptions; empty again afterwards."""
    for name in READ:
        sandbox.fill(name)
    yield sandbox
    for name in (*READ, "stg_fit__avoided_service", "int_cost_assumption", "int_onward_price"):
        sandbox.clear(name)


def in_the_mart(sandbox: Sandbox, decisions: list[Row]) -> pl.DataFrame:
    given_rows = pl.DataFrame(decisions, schema=SCHEMA)
    assumed = sandbox.run("int_cost_assumption", stg_fit__avoided_service=given_rows)
    prices = sandbox.run("int_onward_price", int_cost_assumption=assumed)
    return sandbox.run("fct_avoided_service", int_onward_price=prices)


def add_year(day: date) -> date:
    """Return the same day a year later, 28 February for the 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def test_the_citys_decisions_are_those_that_were_delivered(built_city: BuiltCity) -> None:
    found = built_city.frame("from marts.fct_avoided_service")
    landed = pl.concat(
        pl.read_csv(path, try_parse_dates=True)
        for path in built_city.settings.landing.rglob("avoided_service*.csv")
    )
    assert found.height == landed.height > 0
    names = ["avoided_service_code", "kind", "decided_on", "revisited_on"]
    expected = landed.rename({"service_code": "avoided_service_code"}).select(names)
    assert found.select(names).rows_by_key("kind").keys() == set(expected["kind"])
    assert sorted(found.select(names).rows(), key=str) == sorted(expected.rows(), key=str)
    # The simulator decides when an episode closes.
    closed = dict(
        built_city.frame("select distinct episode_key, closed_on from marts.fct_episode").rows()
    )
    assert [closed[key] for key in found["episode_key"]] == found["decided_on"].to_list()


def test_what_came_is_what_the_simulator_lets_follow(
    built_city: BuiltCity, filled: Sandbox
) -> None:
    """Decide, of every closed episode, against the service that truly follows and another one."""
    known = truth.read(built_city.settings.landing, "episode")
    (key,) = load_keys(built_city.settings.paths.key_file)

    def pseudonym(ref: str) -> str:
        digest = hmac.digest(key.hex().encode(), f"episode:{ref}".encode(), "sha256")
        return digest.hex()[:HEX_DIGITS]

    followers = {
        pseudonym(earlier): pseudonym(ref)
        for ref, earlier in known.select("episode_ref", "next_of").drop_nulls().iter_rows()
    }
    rows = built_city.frame(
        "select * from marts.fct_episode where closed_on is not null and client_key is not null"
    )
    (as_of,) = built_city.frame("from intermediate.int_as_of").row(0)
    every = built_city.frame("select * from marts.fct_episode").unique("episode_key")
    later = {row["episode_key"]: row for row in every.iter_rows(named=True)}
    decisions, expected = [], {}
    for row in rows.iter_rows(named=True):
        following = later.get(followers.get(row["episode_key"], ""))
        for service in {row["service_code"], "nepsy_coaching", "never_heard_of"}:
            decisions.append(
                {
                    "client_key": row["client_key"],
                    "episode_key": row["episode_key"],
                    "service_code": service,
                    "decided_on": row["closed_on"],
                    "kind": "avoided",
                    "revisited_on": None,
                }
            )
            end = add_year(row["closed_on"])
            came = None
            if following is not None and following["service_code"] == service:
                began = following["referred_on"] or following["opened_on"]
                came = began if began <= end else None
            is_over = end <= as_of
            expected[row["client_key"], row["episode_key"], service] = (
                came,
                1 if came else 0 if is_over else None,
                int(is_over),
            )
    found = in_the_mart(filled, decisions)
    names = ("came_on", "is_came_anyway", "is_in_came_anyway")
    assert {
        (row["client_key"], row["episode_key"], row["avoided_service_code"]): tuple(
            row[name] for name in names
        )
        for row in found.iter_rows(named=True)
    } == expected
    assert sum(value[0] is not None for value in expected.values()) > 5


class Money:
    """Prices and assumptions of the city, looked up in plain Python."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.prices = sandbox.read("stg_fit__unit_price")
        self.assumed = [
            *sandbox.read("stg_fit__cost_assumption"),
            # The seed's rate holds where none was delivered.
            *sandbox.read("cost_assumption"),
        ]

    def of(self, service: str, day: date) -> tuple[Row | None, str | None]:
        held = [
            row
            for row in self.prices
            if row["service_code"] == service
            and (row["valid_from"] or date.min) <= day <= (row["valid_to"] or date.max)
        ]
        if len(held) != 1:
            return None, "several_prices" if held else "no_price"
        if held[0]["planned_units"] is None and self.factor("onward_units", service) is None:
            return None, "no_units"
        return held[0], None

    def factor(self, name: str, service: str) -> Row | None:
        for of_service in (service, None):
            for row in self.assumed:
                if row["factor"] == name and row["service_code"] == of_service:
                    return dict(row)
        return None


decided = st.fixed_dictionaries(
    {
        "who": st.integers(0, 5),
        "service": st.sampled_from(["hehku", "family_work", "nepsy_coaching", "never_heard_of"]),
        "decided_on": st.dates(date(2022, 12, 1), date(2026, 6, 1)),
        "kind": st.sampled_from(["deferred", "avoided"]),
        "days": st.none() | st.integers(-10, 900),
    }
)


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(decided, min_size=1, max_size=12))
def test_amounts_of_any_decisions(filled: Sandbox, drawn: list[Row]) -> None:
    # Strangers to the city: no episode of theirs follows. Two of them share each episode.
    rows = {
        (row["who"], row["service"], row["decided_on"], row["kind"]): {
            "client_key": f"c{row['who']}",
            "episode_key": f"e{row['who'] // 2}",
            "service_code": row["service"],
            "decided_on": row["decided_on"],
            "kind": row["kind"],
            "revisited_on": None
            if row["days"] is None
            else row["decided_on"] + timedelta(days=row["days"]),
        }
        for row in drawn
    }
    found = in_the_mart(filled, list(rows.values()))
    assert found.height == len(rows)
    money = Money(filled)
    ((as_of,),) = (tuple(row.values()) for row in filled.read("int_as_of"))
    for row in found.iter_rows(named=True):
        assert_amounts(money, as_of, row)
    shared = found.filter(pl.col("gross_amount_eur").is_not_null()).group_by(
        "episode_key", "avoided_service_code", "decided_on", "kind"
    )
    for _, group in shared:
        price, _ = money.of(group["avoided_service_code"][0], group["decided_on"][0])
        times = group.height if price and price["per"] == "client" else 1
        assert group["n_sharing"].unique().to_list() == [group.height]
        whole = gross_of(money, group["avoided_service_code"][0], price, "base")
        assert group["gross_amount_eur"].sum() == whole * times


def gross_of(money: Money, service: str, price: Row | None, value: str) -> Decimal:
    assert price is not None
    units = price["planned_units"]
    if units is None:
        assumed = money.factor("onward_units", service)
        assert assumed is not None
        units = assumed[value]
    amount = Fraction(price["amount_eur"]) * Fraction(units) / Fraction(price["units_in_price"])
    return stored(amount, SLACK)


def assert_amounts(money: Money, as_of: date, row: Row) -> None:
    service = row["avoided_service_code"]
    price, reason = money.of(service, row["decided_on"])
    assert row["exclusion_reason"] == reason
    if price is None:
        assert row["gross_amount_eur"] is row["deferral_value_eur"] is None
        return
    if row["n_sharing"] == 1 or price["per"] == "client":
        for value, name in (("low", "_low"), ("base", ""), ("high", "_high")):
            assert row[f"gross_amount{name}_eur"] == gross_of(money, service, price, value)
    assert row["came_on"] is None
    revisited = row["revisited_on"]
    is_revisited = revisited is not None and revisited <= as_of
    assert row["is_revisited"] == int(is_revisited)
    if row["kind"] == "avoided":
        assert row["deferral_value_eur"] is row["deferral_exclusion_reason"] is None
    elif not is_revisited:
        assert row["deferral_exclusion_reason"] == "not_revisited"
    elif revisited < row["decided_on"]:
        assert row["deferral_exclusion_reason"] == "revisited_before_decided"
    else:
        days = (revisited - row["decided_on"]).days
        rate = money.factor("discount_rate", service)
        assert rate is not None
        value = Fraction(row["gross_amount_eur"]) * Fraction(rate["base"]) * days
        assert row["days_deferred"] == days
        assert row["deferral_value_eur"] == stored(value / Fraction("365.25"), SLACK)
