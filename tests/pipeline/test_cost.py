"""Money from delivered files to sums: the published examples with prices of what came after them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest
from scipy import stats

from fit_warehouse import build
from fit_warehouse.home import Home
from fit_warehouse.landing.land import land
from fit_warehouse.measure import context as contexts
from fit_warehouse.measure.cost_probability import probability
from fit_warehouse.measure.measure import measure
from fit_warehouse.settings import Cost, Paths, Settings
from tests.pipeline.conftest import GOLDEN, GOLDEN_DAY, Golden

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

FILES = {
    "unit_price_onward": (
        "service_code,basis,amount_eur,per,price_year,procurement,no_show_is_used,vat_included,source\n"
        "family_counselling,session,100,episode,2024,own,0,0,test\n"
    ),
    "cost_assumption": (
        "factor,service_code,low,base,high,unit,is_assumption,source\n"
        "attribution_share,,0.5,0.75,1,share,1,test\n"
        "avoidable_share,,1,1,1,share,1,test\n"
        "onward_share,,0.5,0.5,0.5,share,1,test\n"
        "onward_units,family_counselling,8,10,12,units,1,test\n"
    ),
    "fit_cost": (
        "cost_item,amount_eur,per,quantity,period_from,period_to,price_year,vat_included,source\n"
        "training_day,50,period,1,2025-01-01,2025-04-30,2025,0,test\n"
        "session_minutes,30,hour,10,2025-01-01,2025-12-31,2025,0,test\n"
    ),
    "price_index": (
        "series,base_year,period,value,source,retrieved_on\n"
        "county,2024,2024,100,test,2025-07-01\n"
        "county,2024,2025,105,test,2025-07-01\n"
    ),
    "finance_confirmation": (
        "service_code,period_from,period_to,amount_eur,price_year,confirmed_by_role,confirmed_on,source\n"
        "hehku,2025-04-01,2025-06-30,2000,2025,controller,2025-07-15,accounts\n"
    ),
}


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    folder = tmp_path_factory.mktemp("money")
    landing = folder / "landing"
    shutil.copytree(GOLDEN, landing)
    for name, text in FILES.items():
        Path(landing / f"{name}.csv").write_text(text, encoding="utf-8")
    settings = Settings(
        paths=Paths(
            home=folder / "var",
            landing=landing,
            published=folder / "published",
            key_file=folder / "pseudonym.key",
        )
    )
    home = Home(settings.paths.home)
    with home.locked():
        land(settings, home)
        build.build(settings, home)
        context = measure(settings, home, as_of=GOLDEN_DAY)
    return Golden(settings, home, context)


def test_the_effect_is_worked_out_from_what_was_delivered(money: Golden) -> None:
    # Ten meetings at 100 EUR of 2024 are 1 050.00 in the prices of 2025, and half of it is incremental.
    rows = money.query(
        "select scenario, gross_amount_eur, avoided_amount_eur, onward_amount_eur, "
        "effect_amount_eur, fit_cost_eur, net_amount_eur from metrics.cost_net "
        "where service_code = 'hehku' order by effect_amount_eur"
    )
    gross, fit = Decimal(2888), Decimal(45)
    assert rows == [
        ("low", gross, 1444, 315, 1129, fit, 1084),
        ("base", gross, 2166, Decimal("393.75"), Decimal("1772.25"), fit, Decimal("1727.25")),
        ("high", gross, 2888, 420, 2468, fit, 2423),
    ]


def test_one_assumption_at_a_time_and_where_the_sign_turns(money: Golden) -> None:
    """By hand: 2 888 less 525 of what came instead, at a share of 0.75, less 45 of feedback work."""
    rows = money.query(
        "select factor, base_value, net_at_low_eur, net_at_high_eur, threshold_value "
        "from metrics.cost_sensitivity where service_code = 'hehku'"
    )
    found = {str(factor): values for factor, *values in rows}
    assert found["attribution_share"][:3] == [0.75, Decimal("1136.5"), Decimal(2318)]
    assert found["attribution_share"][3] == pytest.approx(45 / 2363)
    assert found["avoidable_share"][:3] == [1.0, Decimal("1727.25"), Decimal("1727.25")]
    assert found["avoidable_share"][3] == pytest.approx((45 / 0.75 + 525) / 2888)
    # Eight, or twelve, meetings of the next service at 105 EUR, half of them incremental.
    assert found["onward_units"][1:3] == [Decimal(1806), Decimal("1648.5")]
    assert found["onward_cost_eur"] == [pytest.approx(525), None, None, pytest.approx(2828)]
    assert found["fit_cost_eur"] == [pytest.approx(45), None, None, pytest.approx(1772.25)]
    assert found["rereferral_share"][1:3] == [Decimal("1727.25")] * 2


def test_at_its_threshold_each_factor_brings_the_net_amount_to_nothing(money: Golden) -> None:
    (line,) = money.query(
        "select gross_amount_eur, avoided_amount_eur, onward_amount_eur + rereferral_amount_eur, "
        "fit_cost_eur, avoidable_amount_eur from metrics.cost_net "
        "where service_code = 'hehku' and scenario = 'base'"
    )
    gross, avoided, taken, fit_cost, avoidable = (float(str(amount)) for amount in line)
    rows = money.query(
        "select factor, base_value, threshold_value from metrics.cost_sensitivity "
        "where service_code = 'hehku' and threshold_value is not null"
    )
    turns = {str(factor): float(str(turn)) for factor, _, turn in rows}
    share = avoided / avoidable
    assert set(turns) == {"attribution_share", "avoidable_share", "onward_cost_eur", "fit_cost_eur"}
    assert turns["attribution_share"] / share * (avoided - taken) == pytest.approx(fit_cost)
    assert share * turns["avoidable_share"] * gross - taken == pytest.approx(fit_cost)
    assert avoided - share * turns["onward_cost_eur"] == pytest.approx(fit_cost)
    assert avoided - taken == pytest.approx(turns["fit_cost_eur"])


PROBABILITY = """
    select net_mean_eur, net_p025_eur, net_p500_eur, net_p975_eur, probability_net_above_zero,
        n_draws, seed, distribution, n_episodes, n_persons
    from metrics.cost_probability where service_code = 'hehku'
"""


def test_all_assumptions_vary_together_as_they_are_said_to(money: Golden) -> None:
    """2 888 less half of ten meetings at 105 EUR, at a share of 0.75, less 45, drawn by SciPy.

    Share and meetings lie evenly about their base, so the mean is the base scenario's amount.
    """
    ((*found, n_draws, seed, distribution, n, n_persons),) = money.query(PROBABILITY)
    assert (n_draws, seed, distribution, n, n_persons) == (10_000, Cost().seed, "pert", 1, 1)
    rng = np.random.default_rng(5)
    share = stats.beta(3, 3, loc=0.5, scale=0.5).rvs(1_000_000, random_state=rng)
    meetings = stats.beta(3, 3, loc=8, scale=4).rvs(1_000_000, random_state=rng)
    draws = share * (2888 - 0.5 * meetings * 105) - 45
    assert found[4] == 1.0
    # Five standard errors of 10 000 draws: of a mean, and of a percentile with its density beside it.
    error = 5 * draws.std() / 100
    assert float(str(found[0])) == pytest.approx(1727.25, abs=error)
    for value, at in zip(found[1:4], (0.025, 0.5, 0.975), strict=True):
        beside = np.quantile(draws, [at - 0.01, at + 0.01])
        near = 5 * np.sqrt(at * (1 - at)) / 100 * (beside[1] - beside[0]) / 0.02
        assert float(str(value)) == pytest.approx(np.quantile(draws, at), abs=near)


def test_the_same_seed_gives_the_same_line_and_another_one_nearly(money: Golden) -> None:
    with duckdb.connect(str(money.home.build_database), read_only=True) as connection:
        settings = replace(money.settings, cost=Cost(draws=2_000, seed=7))
        context = contexts.make(connection, settings, GOLDEN_DAY)
        once, again = (list(probability(context)) for _ in range(2))
    assert once == again
    ((mean, *_),) = money.query(PROBABILITY)
    (line,) = (row for row in once if row["service_code"] == "hehku")
    assert (line["seed"], line["n_draws"]) == (7, 2_000)
    assert line["net_mean_eur"] != mean
    assert float(line["net_mean_eur"]) == pytest.approx(float(str(mean)), rel=0.02)


EXPECTED = """
    with
    scenario as (
        select base.episode_key, base.service_code, base.procurement, base.price_year,
            base.vat_included,
            {means}
        from marts.fct_early_ending_effect as base
        inner join marts.fct_early_ending_effect as low
            on base.episode_key = low.episode_key and low.scenario = 'low'
        inner join marts.fct_early_ending_effect as high
            on base.episode_key = high.episode_key and high.scenario = 'high'
        where base.scenario = 'base' and base.effect_amount_eur is not null and base.is_agreed = 1
            and base.closed_on between ? and ?
    )
    select service_code, procurement, price_year, vat_included,
        sum(assumed_attribution_share * (avoidable_share * gross_amount_eur
            - onward_share * onward_price_eur - rereferral_share * rereferral_price_eur)) as effect
    from scenario
    group by all
"""


def test_the_mean_of_the_draws_is_the_amount_at_the_means_of_the_factors(
    built_city: BuiltCity,
) -> None:
    """Net is linear in each factor and they are drawn apart: its mean is known, ending by ending."""
    names = ("assumed_attribution_share", "avoidable_share", "gross_amount_eur", "onward_share")
    names += ("onward_price_eur", "rereferral_share", "rereferral_price_eur")
    means = ", ".join(
        f"(coalesce(low.{name}, 0)::double + 4 * coalesce(base.{name}, 0)"
        f" + coalesce(high.{name}, 0)) / 6 as {name}"
        for name in names
    )
    lines = built_city.frame("from metrics.cost_probability").to_dicts()
    assert len(lines) > 2
    days = [lines[0]["period_start"], lines[0]["period_end"]]
    with duckdb.connect(str(built_city.database), read_only=True) as connection:
        expected = {
            key: effect
            for *key_of, effect in connection.execute(EXPECTED.format(means=means), days).fetchall()
            for key in [tuple(key_of)]
        }
        fit_costs = {
            tuple(key_of): float(fit_cost)
            for *key_of, fit_cost in connection.execute(
                "select service_code, procurement, price_year, vat_included, fit_cost_eur "
                "from metrics.cost_net where scenario = 'base' and net_amount_eur is not null"
            ).fetchall()
        }
    kinds = ("service_code", "procurement", "price_year", "vat_included")
    assert {tuple(line[name] for name in kinds) for line in lines} == set(fit_costs)
    for line in lines:
        key = tuple(line[name] for name in kinds)
        spread = float(line["net_p975_eur"] - line["net_p025_eur"]) / 3.5
        net = expected[key] - fit_costs[key]
        assert float(line["net_mean_eur"]) == pytest.approx(net, abs=5 * spread / 100 + 0.01)
        assert line["net_p025_eur"] < line["net_p500_eur"] < line["net_p975_eur"]


def test_what_is_left_out_is_counted_and_never_guessed(money: Golden) -> None:
    assert money.query(
        "select left_out_of, exclusion_reason, n_episodes, n_early, share_of_early "
        "from metrics.cost_excluded where service_code = 'nepsy_coaching' order by left_out_of"
    ) == [("effect", "onward_no_price", 1, 1, 1.0), ("net", "onward_no_price", 1, 1, 1.0)]
    assert money.query(
        "select distinct n_episodes, n_without_effect, share_without_effect, effect_amount_eur, "
        "net_amount_eur from metrics.cost_net where service_code = 'nepsy_coaching'"
    ) == [(0, 1, 1.0, None, None)]


def test_every_closed_episode_is_in_the_cost_and_nothing_is_divided_by_nobody(
    money: Golden,
) -> None:
    rows = money.query(
        "select service_code, indicator, total_cost_eur, n, outcome, round(estimate, 6) "
        "from metrics.cost_outcome where indicator <> 'cost_per_point' order by all"
    )
    hehku, coaching = Decimal(5776 + 45), Decimal(690 + 30)
    assert rows == [
        ("hehku", "cost_per_episode", hehku, 1, 1.0, 5821.0),
        ("hehku", "cost_per_improved", hehku, 1, 0.0, None),
        ("nepsy_coaching", "cost_per_episode", coaching, 1, 1.0, 720.0),
        ("nepsy_coaching", "cost_per_improved", coaching, 1, 0.0, None),
    ]
    assert money.query(
        "select service_code, instrument_code, respondent_role, outcome, round(estimate, 6) "
        "from metrics.cost_outcome where indicator = 'cost_per_point'"
    ) == [("hehku", "ORS", "self", 0.1, 58210.0)]


def test_a_saving_is_realised_only_where_finance_has_confirmed_it(
    money: Golden, golden: Golden
) -> None:
    assert money.query(
        "select service_code, realised_amount_eur, confirmed_by_role, n_persons "
        "from metrics.cost_confirmed"
    ) == [("hehku", Decimal(2000), "controller", 1)]
    assert golden.query("select * from metrics.cost_confirmed") == []


def test_without_assumptions_there_is_a_gross_amount_and_no_effect(golden: Golden) -> None:
    assert golden.query(
        "select service_code, gross_amount_eur, effect_amount_eur, net_amount_eur, "
        "effect_exclusion_reason from marts.fct_early_ending_effect where scenario = 'base' "
        "order by service_code"
    ) == [
        ("hehku", Decimal(2888), None, None, "no_assumption"),
        ("nepsy_coaching", Decimal(2760), None, None, "no_assumption"),
    ]
