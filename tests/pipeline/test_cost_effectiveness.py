"""Cost-effectiveness on marts: by hand, and against least squares and the library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pytest

from fit_metrics.cost_outcome import compare_costs
from fit_warehouse.measure import context as contexts
from fit_warehouse.measure.cost_effectiveness import effectiveness
from tests.comparison_city import city
from tests.cost_city import COME_BACK, VALUES, Found, counted, measured, paid, twenty_teams

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

Measure = Callable[..., Found]


@pytest.fixture
def measure() -> Iterator[Measure]:
    with duckdb.connect() as connection:
        yield partial(measured, connection)


def coefficient(rows: pl.DataFrame, outcome: str) -> float:
    """Return the coefficient of FIT by least squares on every indicator."""
    factors = rows.select(pl.col("opened_quarter", "age_band").cast(pl.String)).to_dummies()
    fit = rows["is_fit_at_opening"].to_numpy()
    design = np.column_stack([fit, np.ones(fit.size), factors.to_numpy()])
    return float(np.linalg.lstsq(design, rows[outcome].to_numpy(), rcond=None)[0][0])


def test_differences_are_those_of_least_squares_and_limits_those_of_the_library(
    measure: Measure,
) -> None:
    rows = paid(city({"s1": 14, "s2": 12}, each=30))
    lines, curve = measure(rows)
    for service in ("s1", "s2"):
        own = counted(rows.filter(service_code=service))
        line = lines[service, COME_BACK]
        d_cost, d_effect = coefficient(own, "total"), coefficient(own, "better")
        assert line["n"] == own.height
        assert float(line["cost_difference_eur"]) == pytest.approx(d_cost, abs=1e-4)
        assert line["outcome_difference"] == pytest.approx(d_effect, rel=1e-9)
        # The library's own way of adjusting, which is held against R.
        alone = compare_costs(
            own["total"].to_numpy(),
            own["is_rereferred_12_months"].to_numpy(),
            own["is_fit_at_opening"].to_numpy(),
            own["team_code"].to_list(),
            recorded_in_both_periods=True,
            direction="lower_is_better",
            willingness_to_pay=VALUES,
            factors={
                "quarter": own["opened_quarter"].cast(pl.String).to_list(),
                "age": own["age_band"].to_list(),
            },
        )
        assert line["verdict"] == "more_costly_more_effective" == alone.verdict
        assert line["set_kind"] == "interval" == alone.set_kind
        for name in ("estimate", "ci_low", "ci_high"):
            assert line[name] == pytest.approx(getattr(alone, name), rel=1e-7), name
        assert float(line["cost_difference_low_eur"]) == pytest.approx(alone.cost_low, abs=1e-4)
        assert line["outcome_difference_high"] == pytest.approx(alone.effect_high, rel=1e-9)
        of_line = [
            row
            for row in curve
            if (row["service_code"], row["outcome_code"]) == (service, COME_BACK)
        ]
        assert [int(row["willingness_to_pay_eur"]) for row in of_line] == list(VALUES)
        for row, value, chance in zip(of_line, VALUES, alone.acceptability, strict=True):
            benefit = float(row["net_benefit_eur"])
            assert benefit == pytest.approx(value * d_effect - d_cost, abs=1e-4)
            assert row["net_benefit_low_eur"] < row["net_benefit_eur"] < row["net_benefit_high_eur"]
            assert row["probability"] == pytest.approx(chance, abs=1e-9)


def test_by_hand_dearer_by_a_hundred_and_a_quarter_fewer_come_back(measure: Measure) -> None:
    """500 before, 580 + 20 under FIT; two of four come back before, one of four under FIT."""
    lines, curve = measure(twenty_teams(80, (2, 1)))
    line = lines["s1", COME_BACK]
    assert line["cost_difference_eur"] == 100
    assert line["outcome_difference"] == pytest.approx(0.25)
    assert line["verdict"] == "more_costly_more_effective"
    benefits = [row["net_benefit_eur"] for row in curve if row["outcome_code"] == COME_BACK]
    assert benefits == [-100, 150, 4900]
    # Teams are all alike: nothing says how far chance reaches, so there is no ratio to tell.
    assert (line["interval_reason"], line["estimate"]) == ("no_variation", None)


def test_what_lies_beyond_a_year_counts_for_less(measure: Measure) -> None:
    rows = twenty_teams(80, (2, 1), share_left=pl.lit(0.9))
    line = measure(rows)[0]["s1", COME_BACK]
    assert line["cost_difference_eur"] == 90


@pytest.mark.parametrize(
    ("cost", "came_back", "verdict"),
    [
        (-60, (2, 1), "dominant"),
        (80, (1, 2), "dominated"),
        (-60, (1, 2), "less_costly_less_effective"),
    ],
)
def test_verdicts_are_named(
    measure: Measure, cost: int, came_back: tuple[int, int], verdict: str
) -> None:
    lines, _ = measure(twenty_teams(cost, came_back))
    assert lines["s1", COME_BACK]["verdict"] == verdict


def test_siblings_share_an_episode_and_one_who_comes_back_is_enough(measure: Measure) -> None:
    rows = twenty_teams(80, (2, 1))
    twins = rows.with_columns(
        episode_client_key=pl.col("episode_key") + "b", is_rereferred_12_months=pl.lit(0, pl.Int64)
    )
    half = pl.col("cost_eur", "fit_cost_eur") / 2
    assert measure(pl.concat([rows, twins]).with_columns(half))[0] == measure(rows)[0]


def test_doubled_prices_double_money_and_move_the_curve(measure: Measure) -> None:
    rows = paid(city({"s1": 12}, each=30))
    lines, _ = measure(rows)
    doubled, curve = measure(rows.with_columns(pl.col("cost_eur", "fit_cost_eur") * 2))
    one, two = lines["s1", COME_BACK], doubled["s1", COME_BACK]
    for name in (
        "estimate",
        "ci_low",
        "ci_high",
        "cost_difference_eur",
        "cost_difference_high_eur",
    ):
        assert float(two[name]) == pytest.approx(2 * float(one[name]), rel=1e-6), name
    assert two["outcome_difference"] == pytest.approx(one["outcome_difference"])
    benefit = [row["net_benefit_eur"] for row in curve if row["outcome_code"] == COME_BACK]
    assert float(benefit[1]) == pytest.approx(
        1000 * one["outcome_difference"] - 2 * float(one["cost_difference_eur"]), abs=1e-3
    )


def test_a_set_that_is_no_interval_says_which_and_has_no_limits(measure: Measure) -> None:
    """Where nobody comes back more or less often for FIT, hardly any ratio can be ruled out."""
    kinds = set()
    for seed in range(8):
        rows = paid(city({"s1": 12}, each=20), seed)
        by_lot = np.random.default_rng(seed).integers(0, 2, rows.height)
        rows = rows.with_columns(is_rereferred_12_months=pl.Series(by_lot))
        line = measure(rows)[0]["s1", COME_BACK]
        kinds.add(line["set_kind"])
        if line["set_kind"] == "complement":
            assert line["excluded_low"] < line["excluded_high"]
        if line["set_kind"] in ("complement", "whole_line"):
            assert (line["ci_low"], line["ci_high"]) == (None, None)
            assert line["estimate"] is not None
        elif line["set_kind"] == "undefined":
            assert line["verdict"] in ("dominant", "dominated")
            assert (line["estimate"], line["ci_low"]) == (None, None)
    assert kinds >= {"complement", "undefined"} or kinds >= {"whole_line", "undefined"}


@pytest.mark.parametrize(("n_teams", "reason"), [(9, "few_teams"), (10, None)])
def test_few_teams_have_differences_and_neither_interval_nor_ratio(
    measure: Measure, n_teams: int, reason: str | None
) -> None:
    lines, curve = measure(paid(city({"s1": n_teams}, each=30)))
    line = lines["s1", COME_BACK]
    assert (line["n_teams"], line["interval_reason"]) == (n_teams, reason)
    assert line["cost_difference_eur"] is not None
    for value in (line["estimate"], line["cost_difference_low_eur"], line["set_kind"]):
        assert (value is None) == (reason is not None)
    assert {row["probability"] is None for row in curve} == {reason is not None}


def test_the_city_has_the_differences_of_its_marts(built_city: BuiltCity) -> None:
    """Every line worked out anew from the marts, the counts and the differences alike."""
    with duckdb.connect(str(built_city.database), read_only=True) as connection:
        (level,) = connection.execute(
            "select max(ci_level) from metrics.cost_effectiveness"
        ).fetchone() or (None,)
        context = contexts.make(connection, built_city.settings)
        rows = connection.execute(
            """
            select compared.*, episode.age_band, cost_discounted_eur as cost_eur,
                fit_cost_discounted_eur as fit_cost_eur, is_rereferred_12_months,
                coalesce((
                    select min((earlier.service_code <> compared.service_code)::int + 1)
                    from marts.fct_episode as earlier
                    where earlier.next_episode_key = compared.episode_key
                ), 0)::varchar as led_here
            from marts.fct_service_comparison as compared
            inner join marts.fct_episode as episode using (episode_client_key)
            inner join marts.fct_episode_cost using (episode_client_key)
            where started_on <= $as_of - 766 and is_in_rereferral_12 = 1
                and planned_units > 0 and compared.used_units is not null and cost_eur is not null
                and is_fit_at_opening is not null
                and coalesce(fit_adopted_on - started_on not between 1 and 180, true)
            """,
            {"as_of": context.as_of},
        ).pl()
        lines = list(effectiveness(context))
    assert level == context.ci_level
    stored = built_city.frame("from metrics.cost_effectiveness")
    assert stored.height == len(lines) > 5
    alone = rows.filter(pl.col("episode_key").is_unique())
    checked = 0
    for line in lines:
        if line["outcome_code"] != COME_BACK or line["cost_difference_eur"] is None:
            continue
        own = alone.filter(service_code=line["service_code"])
        if own.height != line["n"]:  # siblings in one episode: worked by hand above
            continue
        factors = own.select(pl.col("opened_quarter", "age_band", "led_here").cast(pl.String))
        fit = own["is_fit_at_opening"].to_numpy()
        design = np.column_stack([fit, np.ones(fit.size), factors.to_dummies().to_numpy()])
        total = (own["cost_eur"] + own["fit_cost_eur"]).cast(pl.Float64).to_numpy()
        found = float(np.linalg.lstsq(design, total, rcond=None)[0][0])
        assert line["cost_difference_eur"] == pytest.approx(Decimal(found), abs=Decimal("0.0002"))
        checked += 1
    assert checked > 0
