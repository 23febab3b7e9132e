"""Whether and for how long a team had FIT at opening, beside the truth of the synthetic city."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fit_warehouse.demo import truth
from fit_warehouse.landing import pseudonym

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

GROUPS = ["under_18_months", "18_to_48_months", "over_48_months"]


@pytest.fixture(scope="module")
def compared(built_city: BuiltCity) -> pl.DataFrame:
    return built_city.frame("select * from marts.fct_service_comparison")


@pytest.fixture(scope="module")
def true_episodes(built_city: BuiltCity) -> pl.DataFrame:
    """Return the truth about each episode, under its pseudonym."""
    (key,) = pseudonym.load_keys(built_city.settings.paths.key_file)
    episodes = truth.read(built_city.settings.landing, "episode")
    texts = [f"episode:{text}".encode() for text in episodes["episode_ref"]]
    keys = [hmac.new(key.hex().encode(), text, hashlib.sha256).hexdigest()[:32] for text in texts]
    return episodes.with_columns(pl.Series("episode_key", keys))


def test_rows_are_the_referred_of_the_quarters(
    built_city: BuiltCity, compared: pl.DataFrame
) -> None:
    referred = built_city.frame("select closed_quarter, n_referred from marts.fct_city_quarter")
    expected = referred.group_by("closed_quarter").agg(pl.col("n_referred").sum().cast(pl.UInt32))
    found = compared.group_by("closed_quarter").agg(pl.len().alias("n_referred"))
    assert found.sort("closed_quarter").equals(expected.sort("closed_quarter"))


def test_fit_at_opening_is_the_truth(compared: pl.DataFrame, true_episodes: pl.DataFrame) -> None:
    both = compared.join(true_episodes, on="episode_key")
    assert both.height == compared.height > 100
    assert both["is_fit_at_opening"].cast(pl.Boolean).to_list() == both["opened_with_fit"].to_list()
    assert set(both["is_fit_at_opening"]) == {0, 1}


def test_groups_are_cut_at_18_and_48_months(built_city: BuiltCity, compared: pl.DataFrame) -> None:
    adopted = pl.read_csv(built_city.settings.landing / "team.csv", try_parse_dates=True)
    rows = compared.join(adopted, on="team_code", suffix="_delivered").filter(
        pl.col("exclusion_reason").is_null()
    )
    assert rows["fit_adopted_on"].equals(rows["fit_adopted_on_delivered"])
    first, started = pl.col("fit_adopted_on_delivered"), pl.col("started_on")
    expected = (
        pl.when(first.is_null())
        .then(pl.lit("not_adopted"))
        .when(started < first)
        .then(pl.lit("before_adoption"))
        .when(started < first.dt.offset_by("18mo"))
        .then(pl.lit(GROUPS[0]))
        .when(started < first.dt.offset_by("48mo"))
        .then(pl.lit(GROUPS[1]))
        .otherwise(pl.lit(GROUPS[2]))
    )
    assert rows.select(expected).to_series().to_list() == rows["fit_maturity"].to_list()
    assert rows["fit_maturity"].n_unique() >= 3


def test_used_units_are_the_truth(compared: pl.DataFrame, true_episodes: pl.DataFrame) -> None:
    both = compared.join(true_episodes, on="episode_key", suffix="_true")
    assert both["unit"].to_list() == both["unit_true"].to_list()
    difference = (both["used_units"].cast(pl.Float64) - both["used_units_true"]).abs()
    assert difference.null_count() == 0
    # Half of the last of four decimals.
    assert difference.max() <= 5.001e-5
    assert set(both["unit"]) == {"session", "month"}


def test_used_and_planned_are_those_of_early_endings(built_city: BuiltCity) -> None:
    rows = built_city.frame(
        "select ending.unit = compared.unit, ending.used_units = compared.used_units, "
        "ending.planned_units = compared.planned_units "
        "from marts.fct_early_ending as ending "
        "inner join marts.fct_service_comparison as compared using (episode_key) "
        "where ending.exclusion_reason is null"
    )
    assert rows.height > 20
    assert rows.select(pl.all_horizontal(pl.all()).all()).item()


def months_between(earlier: date, later: date) -> int:
    """Count whole months by trying one after the other."""
    months = 0
    while True:
        year, month = divmod(12 * earlier.year + earlier.month + months, 12)
        last_day = (date(year, month + 1, 1) + timedelta(31)).replace(day=1) - timedelta(1)
        if min(last_day, last_day.replace(day=min(earlier.day, last_day.day))) > later:
            return months
        months += 1


days = st.dates(date(2019, 1, 1), date(2027, 12, 31))


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(adopted=st.none() | days, opened=st.lists(days, min_size=1, max_size=20))
@example(adopted=date(2022, 8, 31), opened=[date(2024, 2, 28), date(2024, 2, 29)])
@example(adopted=date(2020, 2, 29), opened=[date(2024, 2, 28), date(2024, 2, 29)])
def test_any_days(sandbox: Sandbox, adopted: date | None, opened: list[date]) -> None:
    size = len(opened)
    episodes = pl.DataFrame(
        {
            "episode_client_key": [f"k{number:03}" for number in range(size)],
            "team_code": ["T1"] * size,
            "opened_on": opened,
            "closed_on": opened,
            "is_closed_before_opened": [0] * size,
        }
    )
    team = pl.DataFrame({"team_code": ["T1"], "fit_adopted_on": [adopted], "is_known": [1]})
    as_of = pl.DataFrame({"as_of": [date(2028, 1, 1)]})
    found = sandbox.run(
        "fct_service_comparison", fct_episode=episodes, dim_team=team, int_as_of=as_of
    ).sort("episode_client_key")
    months = [
        None if adopted is None or day < adopted else months_between(adopted, day) for day in opened
    ]
    assert found["fit_months_at_opening"].to_list() == months
    without = "not_adopted" if adopted is None else "before_adoption"
    groups = [
        without if count is None else GROUPS[(count >= 18) + (count >= 48)] for count in months
    ]
    assert found["fit_maturity"].to_list() == groups
