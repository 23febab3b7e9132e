"""The funnels of teams are those of their quarters and add up to the city's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from scipy import stats

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

COLUMNS = {"in_denominator": "n_in_change", "improved": "n_reliably_improved"}
GROUP = ["team_code", "service_code"]


@pytest.fixture(scope="module")
def lines(built_city: BuiltCity) -> pl.DataFrame:
    return built_city.frame("select * from metrics.team_funnel order by all")


def test_every_step_is_that_of_the_quarters(built_city: BuiltCity, lines: pl.DataFrame) -> None:
    start, end = lines.select("period_start", "period_end").row(0)
    quarters = built_city.frame("select * from marts.fct_team_quarter").filter(
        pl.col("closed_quarter").is_between(start, end)
    )
    assert lines.select(GROUP).unique().height == quarters.select(GROUP).unique().height > 3
    for line in lines.iter_rows(named=True):
        of_team = quarters.filter(pl.col(name).eq_missing(line[name]) for name in GROUP)
        column = COLUMNS.get(line["step"], f"n_{line['step']}")
        assert line["n_episodes"] == of_team[column].sum()
        assert line["n"] == of_team["n_referred"].sum() > 0


def test_teams_make_the_city(built_city: BuiltCity, lines: pl.DataFrame) -> None:
    city = built_city.frame("select step, n_episodes, n_persons from metrics.city_funnel")
    summed = lines.group_by("step").agg(pl.col("n_episodes", "n_persons").sum())
    both = city.join(summed, on="step", suffix="_of_teams")
    assert both.height == 7
    assert both["n_episodes"].equals(both["n_episodes_of_teams"])
    # A family may be with two teams, and is one family of the city.
    assert (both["n_persons"] <= both["n_persons_of_teams"]).all()


def test_steps_only_narrow_and_have_their_interval(lines: pl.DataFrame) -> None:
    for _, steps in lines.group_by(GROUP):
        ordered = steps.sort("step_order")
        assert ordered["n_episodes"].is_sorted(descending=True)
        assert ordered["n_persons"].is_sorted(descending=True)
        assert ordered["estimate"][0] == 1.0
    for line in lines.iter_rows(named=True):
        interval = stats.binomtest(line["n_episodes"], line["n"]).proportion_ci(method="wilson")
        assert (line["ci_low"], line["ci_high"]) == pytest.approx((interval.low, interval.high))
        assert line["estimate"] == line["n_episodes"] / line["n"]
