"""Session numbers and owner teams in SQL are those that polars counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

ORDER = ("session_date", "starts_at", "session_key")


def attended(built_city: BuiltCity) -> pl.DataFrame:
    """Return the attended meetings with their number within the episode."""
    return (
        built_city.frame("select * from staging.stg_fit__session")
        .filter(pl.col("attendance") == "attended")
        .sort("episode_key", *ORDER, nulls_last=True)
        .with_columns((pl.int_range(pl.len()).over("episode_key") + 1).alias("number"))
    )


def test_session_numbers(built_city: BuiltCity) -> None:
    expected = dict(attended(built_city).select("session_key", "number").iter_rows())
    found = built_city.frame("select session_key, session_number from marts.fct_session")
    assert len(expected) > 100
    assert {key: number for key, number in found.iter_rows() if number is not None} == expected
    # An episode with several index clients has a meeting twice, with one number.
    assert found.unique().height == found["session_key"].n_unique()


def test_session_numbers_of_group_work(built_city: BuiltCity, sandbox: Sandbox) -> None:
    """Episodes of other clients at every third meeting: each counts the meeting as one of its own."""
    sessions = built_city.frame("select * from staging.stg_fit__session order by session_key")
    others = sessions.select("session_key", pl.col("episode_key").shift(7))
    further = others[::3].drop_nulls()
    sandbox.fill("int_episode")
    found = sandbox.run(
        "int_session",
        stg_fit__session=sessions,
        stg_fit__session_episode=further,
        int_session_inferred=pl.DataFrame(schema={"session_key": pl.String}),
    )
    both = pl.concat([sessions.select("session_key", "episode_key"), further]).unique()
    expected = (
        both.join(sessions.drop("episode_key"), on="session_key")
        .filter(pl.col("attendance") == "attended")
        .sort("episode_key", *ORDER, nulls_last=True)
        .with_columns((pl.int_range(pl.len()).over("episode_key") + 1).alias("session_number"))
    )
    keys = ["session_key", "episode_key", "session_number"]
    assert further.height > 100
    assert found.height == both.height
    assert set(found.drop_nulls("session_number").select(keys).rows()) == set(
        expected.select(keys).rows()
    )
    # Further episodes that nobody knows make no group.
    known = built_city.frame("select episode_key from intermediate.int_episode")
    counted = pl.concat(
        [
            sessions.select("session_key", "episode_key"),
            further.join(known, on="episode_key", how="semi"),
        ]
    ).unique()
    n_episodes = counted.group_by("session_key").agg(pl.len().alias("expected"))
    compared = found.join(n_episodes, on="session_key")
    assert compared["n_episodes"].to_list() == compared["expected"].to_list()


def test_owner_teams(built_city: BuiltCity) -> None:
    expected = (
        attended(built_city)
        .group_by("episode_key", "team_code")
        .agg(pl.len().alias("n"), pl.col("number").max().alias("last_number"))
        .sort("episode_key", "n", "last_number")
        .unique("episode_key", keep="last", maintain_order=True)
    )
    found = built_city.frame(
        "select distinct episode_key, team_code from marts.fct_episode where n_sessions > 0"
    )
    assert found.height > 100
    owners = dict(expected.select("episode_key", "team_code").iter_rows())
    assert {key: owners[key] for key in found["episode_key"]} == dict(found.iter_rows())
