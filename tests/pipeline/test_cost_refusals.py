"""Costs that are not compared with outcomes, who is left out, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from fit_warehouse.measure.compared_costs import difference
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.period import twelve_months
from tests.comparison_city import city
from tests.cost_city import AS_OF, COME_BACK, Found, counted, measured, paid, twenty_teams

if TYPE_CHECKING:
    pass

Measure = Callable[..., Found]


@pytest.fixture
def measure() -> Iterator[Measure]:
    with duckdb.connect() as connection:
        yield partial(measured, connection)


def test_an_outcome_that_never_differs_is_nothing_to_pay_for(measure: Measure) -> None:
    lines, curve = measure(twenty_teams(80, (2, 1)))
    line = lines["s1", "not_placed"]
    assert (line["refusal_reason"], line["verdict"]) == ("outcome_constant", None)
    assert {row["outcome_code"] for row in curve} == {COME_BACK}


def test_prices_of_two_years_need_an_index(measure: Measure) -> None:
    rows = paid(city({"s1": 12}, each=20))
    is_earlier = pl.col("started_on") < date(2024, 1, 1)
    earlier = rows.with_columns(
        price_year=pl.when(is_earlier).then(2024).otherwise(2025),
        cost_eur=pl.when(is_earlier).then(pl.col("cost_eur") / 1.25).otherwise("cost_eur"),
        fit_cost_eur=pl.when(is_earlier)
        .then(pl.col("fit_cost_eur") / 1.25)
        .otherwise("fit_cost_eur"),
    )
    line = measure(earlier)[0]["s1", COME_BACK]
    assert (line["refusal_reason"], line["price_year"]) == ("no_price_index", None)
    assert line["cost_difference_eur"] is None
    assert measure(earlier, {(2025, 2024): 0.8})[0]["s1", COME_BACK] == line
    moved = measure(earlier, {(2024, 2025): 1.25, (2024, 2026): 9.0, (2025, 2024): 0.8})[0][
        "s1", COME_BACK
    ]
    plain = measure(rows)[0]["s1", COME_BACK]
    assert moved["price_year"] == 2025
    assert moved["estimate"] == pytest.approx(plain["estimate"], rel=1e-6)


def test_costs_without_a_common_measure_are_refused_with_the_reason(measure: Measure) -> None:
    rows = paid(city({"s1": 12}, each=20)).with_row_index()
    first = pl.col("index") == 0
    changes = {
        "several_procurements": {"procurement": pl.lit("purchased")},
        "other_vat": {"vat_included": pl.lit(1)},
        "no_discount_rate": {"discount_exclusion_reason": pl.lit("no_discount_rate")},
        "no_fit_cost": {
            "fit_cost_eur": pl.lit(None, pl.Float64),
            "fit_cost_exclusion_reason": pl.lit("no_fit_cost"),
        },
    }
    for reason, change in changes.items():
        changed = rows.with_columns(
            **{name: pl.when(first).then(value).otherwise(name) for name, value in change.items()}
        ).drop("index")
        lines, curve = measure(changed)
        assert {line["refusal_reason"] for line in lines.values()} == {reason}
        assert curve == []
    unpriced = rows.with_columns(cost_eur=pl.lit(None, pl.Float64)).drop("index")
    line = measure(unpriced)[0]["s1", COME_BACK]
    assert (line["refusal_reason"], line["n"]) == ("no_cost", 0)


def test_who_has_no_cost_or_no_known_outcome_is_counted(measure: Measure) -> None:
    rows = paid(city({"s1": 12}, each=20)).filter(pl.col("is_fit_at_opening") == 1).head(3)
    rest = paid(city({"s1": 12}, each=20)).join(rows, on="episode_key", how="anti")
    marked = rows.with_row_index().with_columns(
        cost_eur=pl.when(pl.col("index") != 0).then("cost_eur"),
        is_in_rereferral_12=pl.when(pl.col("index") != 1).then("is_in_rereferral_12").otherwise(0),
        ending_code=pl.when(pl.col("index") != 2).then("ending_code").otherwise(pl.lit("unknown")),
    )
    lines, _ = measure(pl.concat([marked.drop("index"), rest]))
    for outcome in (COME_BACK, "not_placed"):
        line = lines["s1", outcome]
        assert (line["n_without_cost"], line["n_without_outcome"]) == (1, 1)
        assert line["n"] == counted(rest).height + 1


def test_a_prom_is_refused() -> None:
    rows = counted(paid(city({"s1": 12}))).with_columns(
        cost_eur=pl.col("total"),
        is_fit=pl.col("is_fit_at_opening"),
        referral=pl.lit("first"),
        improved=pl.col("better"),
    )
    context = Context(duckdb.connect(), AS_OF, twelve_months(AS_OF, 30), "none", 0.95)
    assert difference(rows.rename({"better": COME_BACK}), COME_BACK, context) is not None
    with pytest.raises(ValueError, match="recorded only under FIT"):
        difference(rows, "improved", context)
