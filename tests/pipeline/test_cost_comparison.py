"""The estimated effect: against least squares by hand, and what it must refuse to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost_comparison import comparison
from fit_warehouse.measure.period import twelve_months
from fit_warehouse.measure.used_units import FOLLOWED_DAYS, RUN_IN_DAYS, difference, independent
from tests.comparison_city import PRICES, city, fill_marts

AS_OF = date(2026, 6, 30)
Measure = Callable[[pl.DataFrame], dict[tuple[str, str], dict[str, Any]]]


@pytest.fixture
def measure() -> Iterator[Measure]:
    with duckdb.connect() as connection:

        def lines(rows: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
            fill_marts(connection, rows)
            context = Context(connection, AS_OF, twelve_months(AS_OF, 30), "none", 0.95)
            found = list(comparison(context))
            assert len({(row["service_code"], row["unit"]) for row in found}) == len(found)
            return {(row["service_code"], row["unit"]): row for row in found}

        yield lines


def by_hand(rows: pl.DataFrame) -> float:
    """Return the coefficient of FIT by least squares on every indicator, one service alone."""
    days = (rows["fit_adopted_on"] - rows["started_on"]).dt.total_days()
    counted = rows.filter(~days.is_between(1, RUN_IN_DAYS))
    fit = counted["is_fit_at_opening"].to_numpy()
    factors = counted.select(pl.col("opened_quarter", "age_band").cast(pl.String)).to_dummies()
    design = np.column_stack([fit, np.ones(fit.size), factors.to_numpy()])
    used = np.minimum(counted["used_units"].to_numpy(), counted["planned_units"].to_numpy())
    # The shortest solution: indicators add up to one, the coefficient of FIT is unique.
    return float(np.linalg.lstsq(design, used, rcond=None)[0][0])


def test_a_service_has_the_coefficient_of_least_squares(measure: Measure) -> None:
    rows = city({"s1": 12, "s2": 11})
    found = measure(rows)
    for service in ("s1", "s2"):
        line = found[service, "session"]
        own = rows.filter(service_code=service)
        assert line["estimate"] == pytest.approx(by_hand(own), rel=1e-9)
        assert line["ci_low"] < line["estimate"] < line["ci_high"]
        assert line["n"] + line["n_near_adoption"] == own.height
        assert line["n"] == line["n_fit"] + line["n_comparison"] > line["n_near_adoption"] > 0
        assert line["interval_reason"] is None


def test_families_and_professionals_are_counted_on_each_side(measure: Measure) -> None:
    rows = city({"s1": 12, "s2": 11}).with_columns(
        family_key=pl.col("family_key").str.slice(0, 5),
    )
    days = (rows["fit_adopted_on"] - rows["started_on"]).dt.total_days()
    near = rows.filter(days.is_between(1, RUN_IN_DAYS))
    compared = rows.filter(~days.is_between(1, RUN_IN_DAYS))
    found = measure(rows)
    for service in ("s1", "s2"):
        line = found[service, "session"]
        for side, is_fit in (("fit", 1), ("comparison", 0)):
            own = compared.filter(service_code=service, is_fit_at_opening=is_fit)
            assert line[f"n_persons_{side}"] == own["family_key"].n_unique() < own.height
            teams = own["team_code"].n_unique()
            assert teams < line[f"n_workers_{side}"] <= 2 * teams
        assert line["n_left_out"] == near.filter(service_code=service).height
        families = near.filter(service_code=service)["family_key"].n_unique()
        assert line["n_persons_left_out"] == families
        assert line["n_workers"] <= line["n_workers_fit"] + line["n_workers_comparison"]
    total = found["_total", "plan"]
    assert total["n_left_out"] == near.height
    assert total["n_workers"] == sum(
        found[service, "session"]["n_workers"] for service in ("s1", "s2")
    )


def test_use_beyond_the_plan_counts_as_the_plan(measure: Measure) -> None:
    rows = city({"s1": 12})
    longer = rows.with_columns(
        used_units=pl.when(pl.col("used_units") >= 10).then(99.0).otherwise("used_units")
    )
    assert longer["used_units"].max() == 99.0
    assert measure(longer) == measure(rows)


def test_later_openings_and_open_episodes_are_in_no_group(measure: Measure) -> None:
    rows = city({"s1": 12})
    last = AS_OF - timedelta(days=FOLLOWED_DAYS)
    first = rows.head(2).with_columns(
        pl.Series("episode_key", ["x1", "x2"]), pl.Series("episode_client_key", ["x1", "x2"])
    )
    later = first.with_columns(started_on=pl.lit(last + timedelta(days=1)))
    still_open = first.with_columns(closed_on=pl.lit(None, pl.Date))
    usual = measure(rows)["s1", "session"]
    assert measure(pl.concat([rows, later]))["s1", "session"] == usual
    found = measure(pl.concat([rows, still_open]))["s1", "session"]
    counts = {"n_open": 2, "n_left_out": usual["n_left_out"] + 2}
    families = {**usual, **counts, "n_persons_left_out": found["n_persons_left_out"]}
    assert found == families
    assert 0 <= found["n_persons_left_out"] - usual["n_persons_left_out"] <= 2


def test_an_episode_of_two_clients_counts_once(measure: Measure) -> None:
    rows = city({"s1": 12})
    twins = rows.with_columns(episode_client_key=pl.col("episode_key") + "b")
    assert measure(pl.concat([rows, twins])) == measure(rows)


def test_unknown_group_price_or_plan_is_counted_and_left_out(measure: Measure) -> None:
    rows = city({"s1": 12})
    lacking = rows.with_row_index().with_columns(
        is_fit_at_opening=pl.when(pl.col("index") != 0).then("is_fit_at_opening"),
        unit=pl.when(pl.col("index") != 1).then("unit"),
        planned_units=pl.when(pl.col("index") != 2).then("planned_units"),
        used_units=pl.when(pl.col("index") != 3).then("used_units"),
    )
    found = measure(lacking.drop("index"))
    kept = measure(rows.slice(4))["s1", "session"]
    counts = ("n_left_out", "n_persons_left_out")
    more = {"n_incomplete": 4} | {name: kept[name] + 4 for name in counts}
    assert found["s1", "session"] == kept | more


@pytest.mark.parametrize(
    ("n_teams", "reason", "method"),
    [(9, "few_teams", ""), (10, None, "_wild_webb"), (20, None, "_cr2")],
)
def test_the_number_of_teams_decides_on_the_interval(
    measure: Measure, n_teams: int, reason: str | None, method: str
) -> None:
    line = measure(city({"s1": n_teams}))["s1", "session"]
    assert line["n_teams"] == n_teams
    assert line["interval_reason"] == reason
    assert line["method"] == f"restricted_mean_difference{method}"
    assert (line["ci_low"] is None) == (line["ci_high_eur"] is None) == (reason is not None)
    assert line["estimate"] is not None


def test_three_teams_on_a_side_have_no_interval(measure: Measure) -> None:
    rows = city({"s1": 12})
    never = ~pl.col("team_code").is_in(["s1_0", "s1_1", "s1_2"])
    without = rows.with_columns(
        fit_adopted_on=pl.when(~never).then("fit_adopted_on"),
        is_fit_at_opening=pl.when(never).then(0).otherwise("is_fit_at_opening"),
    )
    line = measure(without)["s1", "session"]
    assert line["n_fit_teams"] == 3
    assert (line["interval_reason"], line["ci_low"]) == ("few_teams_on_a_side", None)


def test_without_a_contrast_there_is_no_estimate_and_no_part_in_totals(measure: Measure) -> None:
    apart = city({"m1": 12}).with_columns(
        # All of one quarter are of one kind.
        is_fit_at_opening=(pl.col("opened_quarter") >= date(2024, 1, 1)).cast(pl.Int64),
        fit_adopted_on=pl.lit(None, pl.Date),
    )
    found = measure(pl.concat([city({"s1": 12, "s2": 12}), apart]))
    line = found["m1", "month"]
    assert (line["estimate"], line["estimate_eur"], line["ci_low"]) == (None, None, None)
    assert line["interval_reason"] == "no_contrast"
    assert set(found) == {
        *(("s1", "session"), ("s2", "session"), ("m1", "month")),
        *(("_total", "session"), ("_total", "plan")),
    }
    assert found["_total", "plan"]["n"] == found["_total", "session"]["n"]


def test_money_is_units_at_the_price_of_the_latest_opening(measure: Measure) -> None:
    rows = city({"s1": 12, "m1": 12}).with_columns(
        unit_price_eur=pl.when(pl.col("started_on") < date(2025, 1, 1))
        .then(pl.lit(Decimal(7), pl.Decimal(18, 4)))
        .otherwise("unit_price_eur")
    )
    found = measure(rows)
    for service, (unit, price) in (("s1", PRICES["s1"]), ("m1", PRICES["m1"])):
        line = found[service, unit]
        assert line["unit_price_eur"] == price
        for name in ("estimate", "ci_low", "ci_high"):
            assert float(line[f"{name}_eur"]) == pytest.approx(line[name] * price, abs=5.1e-5)
    total = found["_total", "plan"]
    assert (total["unit_price_eur"], total["estimate_eur"], total["procurement"]) == (None,) * 3


def test_a_total_is_the_mean_of_services_over_episodes_with_fit() -> None:
    n = {"s1": 5, "s2": 40}
    rows = pl.concat(
        pl.DataFrame(
            {
                "service_code": [service] * 60,
                "team_code": [f"{service}_{number % 6}" for number in range(60)],
                "is_fit": [int(number < n[service]) for number in range(60)],
                "used_units": [level - gain * (number < n[service]) for number in range(60)],
            }
        )
        for service, level, gain in (("s1", 9.0, 1.0), ("s2", 6.0, 4.0))
    ).with_columns(
        planned_units=pl.lit(10.0),
        opened_quarter=pl.lit(date(2024, 1, 1)),
        age_band=pl.lit("25+"),
        referral=pl.lit("first"),
    )
    found = difference(rows, level=0.95)
    assert found is not None
    assert found.estimate == pytest.approx(-(5 * 1.0 + 40 * 4.0) / 45, rel=1e-12)
    of_plan = difference(rows, level=0.95, of_plan=True)
    assert of_plan is not None
    assert of_plan.estimate == pytest.approx(found.estimate / 10, rel=1e-12)


@given(
    st.lists(st.lists(st.integers(-2, 2), min_size=6, max_size=6), min_size=0, max_size=8).map(
        lambda columns: np.array(columns, dtype=float).reshape(-1, 6).T
    )
)
def test_columns_that_follow_from_others_are_left_out(columns: np.ndarray) -> None:
    kept = independent(columns)
    constant = np.ones((6, 1))
    rank = np.linalg.matrix_rank(np.hstack([constant, columns]))
    assert np.linalg.matrix_rank(np.hstack([constant, kept])) == kept.shape[1] + 1 == rank
