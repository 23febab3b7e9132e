"""What fct_episode says of ends, waits, next episodes and families is what the simulator knows."""

from __future__ import annotations

import hmac
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fit_warehouse.demo import truth
from fit_warehouse.landing.pseudonym import HEX_DIGITS, load_keys

if TYPE_CHECKING:
    from tests.conftest import BuiltCity


def pseudonyms(built_city: BuiltCity, space: str, refs: pl.Series) -> pl.Series:
    """Return the keys of references, hashed by Python's own library."""
    (key,) = load_keys(built_city.settings.paths.key_file)
    made = {
        ref: hmac.digest(key.hex().encode(), f"{space}:{ref}".encode(), "sha256").hex()[:HEX_DIGITS]
        for ref in refs.drop_nulls().unique()
    }
    return refs.replace_strict(made, return_dtype=pl.String)


@pytest.fixture(scope="module")
def episodes(built_city: BuiltCity) -> pl.DataFrame:
    """Return each delivered episode with its truth, one row an episode."""
    known = truth.read(built_city.settings.landing, "episode").rename(
        {name: f"true_{name}" for name in ("ending_code", "closed_on", "days_waited")}
    )
    keys = {
        name: pseudonyms(built_city, "episode", known[name]) for name in ("episode_ref", "next_of")
    }
    mart = built_city.frame("select * from marts.fct_episode")
    joined = known.with_columns(
        keys["episode_ref"].alias("episode_key"), keys["next_of"].alias("next_of_key")
    ).join(mart.unique("episode_key"), on="episode_key", validate="1:1")
    assert joined.height == known.height > 100
    return joined


def test_the_next_episode_is_the_one_that_the_truth_knows(episodes: pl.DataFrame) -> None:
    expected = episodes.filter(pl.col("next_of_key").is_not_null())
    found = episodes.filter(pl.col("next_episode_key").is_not_null())
    assert expected.height > 5
    assert set(found.select("episode_key", "next_episode_key").iter_rows()) == set(
        expected.select("next_of_key", "episode_key").iter_rows()
    )
    before = found.select(
        "days_to_next", "next_service_code", "onward_service_code", pl.col("episode_key")
    ).join(expected, left_on="episode_key", right_on="next_of_key", suffix="_next")
    assert (before["next_service_code"] == before["service_code"]).all()
    # Who comes back does so after a gap; a referral on is made on the closing day.
    onward = before.filter(pl.col("next_kind") == "onward", pl.col("referred_on").is_not_null())
    assert (onward["days_to_next"] == 0).all()
    assert (before.filter(pl.col("next_kind") == "return")["days_to_next"] > 0).all()


@pytest.mark.parametrize("months", [6, 12])
def test_re_referral_within_calendar_months(
    built_city: BuiltCity, episodes: pl.DataFrame, months: int
) -> None:
    as_of: date = built_city.frame("select as_of from intermediate.int_as_of").item()
    began = pl.coalesce("referred_on", "opened_on")
    followers = episodes.filter(pl.col("next_of_key").is_not_null()).select(
        pl.col("next_of_key").alias("episode_key"), began.alias("next_began_on")
    )
    end = pl.col("closed_on").dt.offset_by(f"{months}mo")
    expected = (
        pl.when(pl.col("closed_on").is_null())
        .then(None)
        .when(pl.col("next_began_on") <= end)
        .then(1)
        .when(end <= as_of)
        .then(0)
    )
    rows = episodes.join(followers, on="episode_key", how="left").with_columns(
        expected.alias("expected"), (end <= as_of).fill_null(value=False).alias("is_over")
    )
    assert rows[f"is_rereferred_{months}_months"].to_list() == rows["expected"].to_list()
    assert set(rows["expected"]) == {None, 0, 1}
    may_return = ~pl.col("ending_code").is_in(["died", "moved"]) & (pl.col("is_overlapping") == 0)
    counted = rows.filter("is_over", may_return)["episode_key"]
    assert set(rows.filter(pl.col(f"is_in_rereferral_{months}") == 1)["episode_key"]) == set(
        counted
    )


def test_ends_are_the_true_ones(episodes: pl.DataFrame) -> None:
    closed = episodes.filter(pl.col("closed_on").is_not_null())
    assert closed.height > 100
    assert (closed["closed_on"] == closed["true_closed_on"]).all()
    named = closed.filter(pl.col("ending_code") != "unknown")
    assert (named["ending_code"] == named["true_ending_code"]).all()
    assert (closed["used_days"] == closed["days_open"]).all()


def test_used_units_are_the_true_ones(episodes: pl.DataFrame) -> None:
    closed = episodes.filter(pl.col("closed_on").is_not_null())
    by_month = closed.filter(pl.col("unit") == "month")
    assert by_month.height > 20
    assert by_month["used_months"].cast(pl.Float64).to_list() == pytest.approx(
        by_month["used_units"].cast(pl.Float64).to_list(), abs=1e-4
    )


def test_waits_are_the_true_ones(episodes: pl.DataFrame) -> None:
    referred = episodes.filter(
        pl.col("referred_on").is_not_null(), pl.col("opened_on").is_not_null()
    )
    assert referred.height > 100
    assert (referred["days_to_opening"] == referred["true_days_waited"]).all()
    met = referred.filter(pl.col("n_sessions") > 0)
    assert (met["days_waited"] >= met["days_to_opening"]).all()
    assert (met.filter(pl.col("is_overlapping") == 0)["is_in_waiting"] == 1).all()


def test_families_are_the_true_ones(built_city: BuiltCity) -> None:
    known = truth.read(built_city.settings.landing, "client")
    known = known.with_columns(pseudonyms(built_city, "client", known["client_ref"]))
    families = built_city.frame("select distinct client_key, family_key from marts.fct_episode")
    joined = families.join(known, left_on="client_key", right_on="client_ref")
    assert joined.height == families.height > 100
    pairs = joined.select("family", "family_key").unique()
    assert pairs["family"].is_unique().all()
    assert pairs["family_key"].is_unique().all()
