"""Cost-effectiveness on marts: by hand, against least squares, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pytest

from fit_metrics.cost_outcome import compare_costs
from fit_warehouse.measure import context as contexts
from fit_warehouse.measure.compared_costs import difference
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost_effectiveness import acceptability, effectiveness
from fit_warehouse.measure.period import twelve_months
from fit_warehouse.measure.used_units import RUN_IN_DAYS
from fit_warehouse.settings import Cost
from tests.comparison_city import city, fill_marts

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

AS_OF = date(2027, 6, 30)
VALUES = (0, 1_000, 20_000)
COME_BACK = "no_rereferral_12"
Found = tuple[dict[tuple[str, str], dict[str, Any]], list[dict[str, Any]]]
Measure = Callable[..., Found]


def paid(rows: pl.DataFrame, seed: int = 1) -> pl.DataFrame:
    """Give every episode a cost and what came after it: dearer and better under FIT."""
    rng = np.random.default_rng(seed)
    fit = rows["is_fit_at_opening"].fill_null(0).to_numpy()
    effect = {team: rng.normal(0, 80) for team in rows["team_code"].unique().sort()}
    cost = 900 + 150 * fit + rng.gamma(4, 60, rows.height)
    return rows.with_columns(
        cost_eur=pl.Series(cost) + rows["team_code"].replace_strict(effect),
        fit_cost_eur=pl.Series(25.5 * fit),
        fit_cost_exclusion_reason=pl.lit(None, pl.String),
        discount_exclusion_reason=pl.lit(None, pl.String),
        share_left=pl.lit(1.0),
        is_in_rereferral_12=pl.lit(1),
        is_rereferred_12_months=pl.Series((rng.random(rows.height) < 0.6 - 0.3 * fit).astype(int)),
        ending_code=pl.Series(np.where(rng.random(rows.height) < 0.05, "placed", "planned_end")),
    )


@pytest.fixture
def measure() -> Iterator[Measure]:
    with duckdb.connect() as connection:

        def of(rows: pl.DataFrame, index: dict[tuple[int, int], float] | None = None) -> Found:
            fill_marts(connection, rows)
            connection.register("given", rows)
            connection.execute(
                "create or replace table marts.fct_episode as select kept.*, is_in_rereferral_12, "
                "is_rereferred_12_months, ending_code from marts.fct_episode as kept "
                "inner join given using (episode_client_key)"
            )
            connection.execute(
                "create or replace table marts.fct_episode_cost as select episode_key, "
                "cost_eur::decimal(18, 4) as cost_eur, fit_cost_exclusion_reason, "
                "procurement, price_year, vat_included, discount_exclusion_reason, "
                "case when discount_exclusion_reason is null then share_left * cost_eur end"
                "::decimal(18, 4) as cost_discounted_eur, "
                "case when discount_exclusion_reason is null then share_left * fit_cost_eur end"
                "::decimal(18, 4) as fit_cost_discounted_eur from given"
            )
            connection.execute(
                "create or replace table marts.dim_price_index "
                "(from_year integer, to_year integer, index_factor double)"
            )
            for (start, end), factor in (index or {}).items():
                connection.execute(
                    "insert into marts.dim_price_index values (?, ?, ?)", [start, end, factor]
                )
            period = twelve_months(AS_OF, 30)
            context = Context(connection, AS_OF, period, "none", 0.95, Cost(VALUES))
            lines = {
                (row["service_code"], row["outcome_code"]): row for row in effectiveness(context)
            }
            return lines, list(acceptability(context))

        yield of


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a comparison, with cost and outcome as plain columns."""
    days = (rows["fit_adopted_on"] - rows["started_on"]).dt.total_days()
    return rows.filter(~days.is_between(1, RUN_IN_DAYS).fill_null(value=False)).with_columns(
        total=pl.col("cost_eur").round(4) + pl.col("fit_cost_eur").round(4),
        better=1 - pl.col("is_rereferred_12_months"),
    )


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


def twenty_teams(cost: int, came_back: tuple[int, int], **more: Any) -> pl.DataFrame:
    """Return four episodes of each of ten teams under FIT and of ten that have not begun."""
    frame = city({"s1": 20}, each=4).sort("team_code")
    fit = pl.Series([int(number < 10) for number in range(20) for _ in range(4)])
    returns = [int(place < came_back[number < 10]) for number in range(20) for place in range(4)]
    return frame.with_columns(
        is_fit_at_opening=fit,
        fit_adopted_on=pl.when(fit == 1).then(date(2020, 1, 1)).otherwise(date(2027, 1, 1)),
        started_on=date(2024, 1, 15),
        opened_quarter=date(2024, 1, 1),
        age_years=10,
        age_band=pl.lit("6–12"),
        cost_eur=500.0 + cost * fit,
        fit_cost_eur=20.0 * fit,
        fit_cost_exclusion_reason=pl.lit(None, pl.String),
        discount_exclusion_reason=pl.lit(None, pl.String),
        share_left=pl.lit(1.0),
        is_in_rereferral_12=pl.lit(1),
        is_rereferred_12_months=pl.Series(returns),
        ending_code=pl.lit("planned_end"),
    ).with_columns(**more)


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
    moved = measure(earlier, {(2024, 2025): 1.25})[0]["s1", COME_BACK]
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
