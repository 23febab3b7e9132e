"""What comes with the forms: the survey of the roll-out, avoided services, the alliance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered


def test_a_respondent_answers_all_items_of_a_wave(city: Delivered) -> None:
    answers = city.survey_response.group_by("wave", "respondent_hash").agg(
        pl.col("item_code").n_unique().alias("items"), pl.col("team_code").n_unique().alias("teams")
    )
    assert set(answers["items"].to_list()) == {20}
    assert set(answers["teams"].to_list()) == {1}


def test_answers_are_agreement_or_not_relevant(city: Delivered) -> None:
    value = city.survey_response["value"]
    assert set(value.to_list()) == set(range(1, 9))
    assert 0.03 < (value > 5).mean() < 0.05


def test_agreement_grows_with_use_and_action_is_the_hardest(city: Delivered) -> None:
    agreed = city.survey_response.filter(pl.col("value") <= 5)
    by_wave = dict(agreed.group_by("wave").agg(pl.col("value").mean()).rows())
    # Teams that begin join with every wave, so the mean is held back, yet it grows.
    assert by_wave["4"] > by_wave["1"]
    construct = pl.col("item_code").str.replace(r"_\d+$", "")
    by_construct = dict(agreed.group_by(construct).agg(pl.col("value").mean()).rows())
    assert min(by_construct, key=by_construct.__getitem__) == "action"


def test_only_teams_that_use_fit_are_asked(city: Delivered) -> None:
    teams = [
        city.survey_response.filter(pl.col("wave") == wave)["team_code"].n_unique()
        for wave in ("1", "2", "3", "4")
    ]
    assert teams[0] < teams[1] < teams[3] == city.team.height


def test_services_are_avoided_when_family_episodes_with_fit_reach_their_goals(
    city: Delivered,
) -> None:
    avoided = city.avoided_service.join(city.episode, on="episode_ref", suffix="_of_episode")
    assert avoided.height == city.avoided_service.height > 5
    assert (avoided["decided_on"] == avoided["closed_on"]).all()
    coded = avoided["ending_code"].drop_nulls()
    assert coded.is_in(["goals_reached_early", "unknown"]).all()
    assert (avoided["service_code_of_episode"] != "adult_social_work").all()
    revisited = avoided.filter(pl.col("revisited_on").is_not_null())
    assert (revisited["kind"] == "deferred").all()
    assert (revisited["revisited_on"] > revisited["decided_on"]).all()


def test_who_rates_meetings_low_leaves_more_often(city: Delivered) -> None:
    index = city.episode_client.filter(pl.col("role") == "index").select(
        "episode_ref", "client_ref"
    )
    rated = city.valid_responses().filter(pl.col("instrument_code").is_in(["SRS", "CSRS"]))
    rated = rated.join(index, on=["episode_ref", "client_ref"], how="semi")
    mean = rated.group_by("episode_ref").agg(pl.col("total").mean())
    closed = city.closed_with_fit().join(mean, on="episode_ref")
    leaves = closed.group_by(pl.col("total") < 36).agg(
        (pl.col("ending_code") == "unilateral").mean().alias("share")
    )
    share = dict(leaves.rows())
    assert share[True] > 1.2 * share[False]
