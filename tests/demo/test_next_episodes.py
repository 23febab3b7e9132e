"""Next episodes: the same family, later, where its referral led it or where it had been."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.demo import make_city, truth
from fit_warehouse.demo.hazards import REFERRED_ON
from fit_warehouse.demo.next_episodes import ONWARD, RETURN, return_chance
from fit_warehouse.demo.organisation import build_organisation
from fit_warehouse.demo.parameters import Parameters, load_parameters
from fit_warehouse.demo.people import INDEX, age_on
from fit_warehouse.demo.pilot import with_queues
from fit_warehouse.demo.randomness import Streams
from fit_warehouse.demo.simulation import City, simulate, simulate_forms
from fit_warehouse.demo.study import Switches, study_parameters

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

FAMILIES = 4_000


def simulated(parameters: Parameters) -> City:
    streams = Streams(5)
    organisation = build_organisation(parameters, 30_000, streams)
    return simulate(parameters, with_queues(parameters, organisation, streams), FAMILIES, streams)


@pytest.fixture(scope="module")
def families(parameters: Parameters) -> City:
    return simulated(parameters)


@pytest.fixture(scope="module")
def pairs(city: Delivered) -> pl.DataFrame:
    """Next episodes as delivered and in truth, with the earlier one's columns under `_before`."""
    every = truth.read(city.folder, "episode").join(
        city.episode.rename({"ending_code": "recorded_code", "closed_on": "recorded_close"}),
        on="episode_ref",
    )
    return every.filter(pl.col("next_of").is_not_null()).join(
        every, left_on="next_of", right_on="episode_ref", suffix="_before"
    )


def test_every_next_episode_follows_one_of_the_same_family(
    city: Delivered, pairs: pl.DataFrame
) -> None:
    episodes = truth.read(city.folder, "episode")
    assert pairs.height == episodes["next_of"].drop_nulls().len() > 300
    assert (pairs["family"] == pairs["family_before"]).all()
    assert pairs["next_of"].is_unique().all()
    assert pairs["next_of_before"].null_count() == pairs.height
    assert (episodes["next_of"].is_null() == episodes["next_kind"].is_null()).all()
    assert (pairs["leads_to_before"] == pairs["next_kind"]).all()
    assert pairs["leads_to"].null_count() == pairs.height


def test_a_next_episode_opens_after_the_earlier_one_has_closed(pairs: pl.DataFrame) -> None:
    opened = pairs.filter(pl.col("opened_on").is_not_null())
    assert opened.height > 300
    assert (opened["opened_on"] > opened["closed_on_before"]).all()
    days = pairs.with_columns(
        (pl.col("referred_on") - pl.col("closed_on_before")).dt.total_days().alias("gap")
    ).filter(pl.col("gap").is_not_null())
    onward = days.filter(pl.col("next_kind") == "onward")["gap"]
    assert onward.len() > 30
    assert (onward == 0).all()
    back = days.filter(pl.col("next_kind") == "return")["gap"]
    assert back.min() >= 30
    assert back.max() <= 500
    assert 0.4 < (back <= 182).mean() < 0.8
    assert 0.05 < (back > 365).mean() < 0.3


def test_a_referral_leads_to_the_service_named_and_a_return_to_the_old_one(
    pairs: pl.DataFrame,
) -> None:
    onward = pairs.filter(pl.col("next_kind") == "onward")
    assert (onward["ending_code_before"] == "referred_on_early").all()
    named = onward.filter(pl.col("onward_service_code_before").is_not_null())
    assert named.height > 30
    assert (named["service_code"] == named["onward_service_code_before"]).all()
    back = pairs.filter(pl.col("next_kind") == "return")
    assert (back["service_code"] == back["service_code_before"]).all()
    never = ["referred_on_early", "died", "moved", "placed"]
    assert not back["ending_code_before"].is_in(never).any()


def test_most_referrals_lead_to_an_episode(families: City, parameters: Parameters) -> None:
    links, code = families.links, families.endings.actual.code[:FAMILIES]
    is_referred = code == REFERRED_ON
    led = links.leads_to[:FAMILIES] == ONWARD
    assert not led[~is_referred].any()
    starts = parameters.next.onward_starts
    # Some are too old or too young for the service named.
    assert 0.75 * starts < led[is_referred].mean() < starts + 0.05


def test_ages_fit_the_service_at_opening(families: City) -> None:
    episodes = families.episodes
    age = age_on(episodes.opened, families.people.birth_day[:, INDEX])
    limits = np.array([service.ages for service in families.organisation.services])
    youngest, oldest = limits[episodes.service].T
    assert episodes.size > 1.05 * FAMILIES
    assert ((age >= youngest) & (age < oldest + 1)).all()


def test_family_members_stay_who_they_are(families: City) -> None:
    people, earlier = families.people, families.links.earlier
    later = np.flatnonzero(earlier >= 0)
    before = earlier[later]
    assert (before < FAMILIES).all()
    assert np.array_equal(people.person[later], people.person[before])
    assert np.array_equal(people.birth_day[later], people.birth_day[before])
    assert not (people.present[later] & ~people.present[before]).any()
    assert people.present[later, INDEX].all()


def test_next_episodes_stand_whole_behind_the_first_ones(families: City) -> None:
    slots, ends, every = families.slots, families.endings, np.arange(families.episodes.size)
    assert np.array_equal(slots.episode, np.repeat(every, slots.count))
    assert np.array_equal(slots.start, np.cumsum(slots.count) - slots.count)
    for end in (ends.actual, ends.without_fit):
        assert np.array_equal(slots.episode[end.last], every)
    sizes = {ends.code.size, families.index_courses.start.size}
    assert {*sizes, families.people.person.shape[0], families.links.kind.size} == {every.size}
    assert (families.episodes.opened[FAMILIES:] > families.episodes.referred[FAMILIES:]).all()
    assert (slots.day[slots.start] >= families.episodes.opened).all()


def test_families_are_kept_or_cut_away_as_a_whole(parameters: Parameters) -> None:
    streams = Streams(8)
    organisation = build_organisation(parameters, 5_000, streams)
    city, keep = simulate_forms(parameters, organisation, 4_321, streams)
    assert keep[city.form_episode].sum() == 4_321
    later = np.flatnonzero(city.links.earlier >= 0)
    assert later.size > 20
    assert not keep.all()
    assert np.array_equal(keep[later], keep[city.links.earlier[later]])


def test_who_is_referred_on_or_comes_back_owes_it_to_fit_in_part(pairs: pl.DataFrame) -> None:
    onward = pairs.filter(pl.col("next_kind") == "onward")["exists_without_fit"]
    back = pairs.filter(pl.col("next_kind") == "return")["exists_without_fit"]
    assert 0 < onward.mean() < 0.5 < back.mean() < 1


def test_before_fit_every_next_episode_exists_without_it(
    city: Delivered, pairs: pl.DataFrame
) -> None:
    adopted = city.team.select("team_code", "fit_adopted_on")
    before = pairs.join(adopted, left_on="team_code_before", right_on="team_code").filter(
        pl.col("closed_on_before") < pl.col("fit_adopted_on")
    )
    assert before.height > 50
    assert before["exists_without_fit"].all()


def test_without_effect_all_would_have_come_anyway(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    parameters = study_parameters(Switches(effect=0.0))
    make_city(landing, forms=20_000, seed=3, parameters=parameters)
    episodes = truth.read(landing, "episode")
    assert episodes["next_of"].drop_nulls().len() > 100
    assert episodes["exists_without_fit"].all()
    assert episodes["leads_to"].equals(episodes["leads_to_without_fit"])
    assert (episodes["days_waited"] == episodes["days_waited_without_fit"]).all()
    queue = truth.read(landing, "queue")
    assert (queue["mean_wait_days"] == queue["mean_wait_days_without_fit"]).all()


@pytest.mark.parametrize(("carry", "low", "high"), [(0.0, -0.1, 0.1), (0.6, 0.5, 0.75)])
def test_the_next_start_follows_the_end_before(
    parameters: Parameters, carry: float, low: float, high: float
) -> None:
    rules = dataclasses.replace(
        parameters.next, start_carry=carry, return_chance=0.8, return_per_point=0.0
    )
    city = simulated(dataclasses.replace(parameters, next=rules))
    later = np.flatnonzero(city.links.kind == RETURN)
    end = city.endings.actual.level[city.links.earlier[later]]
    assert later.size > 1_000
    assert low < np.corrcoef(city.index_courses.start[later], end)[0, 1] < high


def test_nobody_comes_again_where_nobody_may(parameters: Parameters) -> None:
    rules = dataclasses.replace(parameters.next, return_chance=0.0, onward_starts=0.0)
    city = simulated(dataclasses.replace(parameters, next=rules))
    assert city.episodes.size == FAMILIES
    assert (city.links.earlier < 0).all()


@given(
    chance=st.floats(0.0, 1.0),
    per_point=st.floats(-0.5, 0.0),
    levels=st.lists(st.floats(0.0, 40.0), min_size=2, max_size=20),
)
def test_who_ends_better_comes_back_less_often(
    chance: float, per_point: float, levels: list[float]
) -> None:
    rules = dataclasses.replace(
        load_parameters().next, return_chance=chance, return_per_point=per_point
    )
    drawn = return_chance(rules, np.sort(np.array(levels)))
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert (np.diff(drawn) <= 1e-12).all()
    assert return_chance(rules, np.array([22.0])) == pytest.approx([chance])
