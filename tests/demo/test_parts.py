"""Single parts of the generator."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from datetime import date
from importlib.resources import files

import numpy as np
import pytest

from fit_warehouse.demo.episodes import build_episodes
from fit_warehouse.demo.organisation import build_organisation, team_count, teams_by_service
from fit_warehouse.demo.parameters import Parameters, load_parameters
from fit_warehouse.demo.people import birthday
from fit_warehouse.demo.randomness import Streams, draw
from fit_warehouse.demo.simulation import choose_families
from fit_warehouse.demo.slots import build_slots
from fit_warehouse.demo.working_time import day_number, working_time


def test_streams_depend_on_seed_and_name_alone() -> None:
    first = Streams(1).named("forms").random(5)
    assert np.array_equal(first, Streams(1).named("forms").random(5))
    assert not np.array_equal(first, Streams(1).named("slots").random(5))
    assert not np.array_equal(first, Streams(2).named("forms").random(5))


def test_a_part_has_streams_of_its_own() -> None:
    later = Streams(1, part="next")
    assert not np.array_equal(Streams(1).named("forms").random(5), later.named("forms").random(5))
    # Named in full, it is another name, and no part of the first pass has a slash in its name.
    assert np.array_equal(Streams(1).named("next/forms").random(5), later.named("forms").random(5))


def test_draw_follows_the_shares() -> None:
    drawn = draw(np.random.default_rng(3), [0.2, 0.0, 0.8], 20_000)
    counts = np.bincount(drawn, minlength=3) / 20_000
    assert counts == pytest.approx([0.2, 0.0, 0.8], abs=0.015)


def test_working_time_skips_weekends_and_closed_days(parameters: Parameters) -> None:
    clock = working_time(parameters.calendar)
    friday = np.array([day_number(date(2024, 3, 1))])
    # One working day after the beginning of a Friday is Monday.
    assert clock.day(clock.at(friday) + 1.0).tolist() == [day_number(date(2024, 3, 4))]
    days = np.unique(clock.day(np.linspace(0.0, clock.elapsed[-1] - 1, 50_000)))
    dates = days.astype("datetime64[D]").astype(object)
    assert all(day.weekday() < 5 for day in dates)
    assert date(2024, 12, 6) not in dates
    assert date(2024, 12, 5) in dates


def test_working_time_before_the_first_day_is_zero(parameters: Parameters) -> None:
    clock = working_time(parameters.calendar)
    first = np.array([day_number(parameters.calendar.first_opening)])
    assert clock.at(first).tolist() == [0.0]


def test_july_runs_slowly(parameters: Parameters) -> None:
    clock = working_time(parameters.calendar)
    edges = [day_number(date(2024, month, 1)) for month in (6, 7, 8)]
    june, july = np.diff(clock.at(np.array(edges)))
    assert june == pytest.approx(20)
    assert july == pytest.approx(23 * parameters.calendar.july_intensity)


@pytest.mark.parametrize(
    ("born", "years", "expected"),
    [
        (date(2010, 5, 17), 13, date(2023, 5, 17)),
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 16, date(2024, 2, 29)),
        (date(2007, 12, 31), 18, date(2025, 12, 31)),
    ],
)
def test_birthday(born: date, years: int, expected: date) -> None:
    assert birthday(np.array([day_number(born)]), years).tolist() == [day_number(expected)]


def test_teams_grow_gently_with_the_forms(parameters: Parameters) -> None:
    sizes = [team_count(parameters, forms) for forms in (200, 10_000, 100_000, 1_000_000)]
    assert sizes == [5, 13, 29, 50]


def test_every_service_has_a_team_and_larger_ones_have_more() -> None:
    counts = np.bincount(teams_by_service(np.array([0.1, 0.2, 0.7]), 10))
    assert counts.tolist() == [1, 2, 7]


def test_meetings_of_an_episode_never_share_a_day(parameters: Parameters) -> None:
    # A spread far wider than the city's own, so that very short gaps are drawn.
    wide = dataclasses.replace(parameters.sessions, gap_log_sd=3.0)
    parameters = dataclasses.replace(parameters, sessions=wide)
    streams = Streams(2)
    organisation = build_organisation(parameters, 1000, streams)
    clock = working_time(parameters.calendar)
    episodes = build_episodes(parameters, organisation, clock, 300, streams)
    slots = build_slots(parameters, episodes, clock, streams)
    inside = slots.day < clock.first_day + clock.elapsed.size - 1
    same_episode = (slots.episode[1:] == slots.episode[:-1]) & inside[1:]
    assert (np.diff(slots.day)[same_episode] >= 1).all()


def test_choose_families_takes_the_first_and_fills_the_gap() -> None:
    counts = np.array([5, 0, 7, 9, 2, 3, 1, 4])
    keep = choose_families(counts, 15)
    assert keep is not None
    assert keep.tolist() == [True, True, True, False, True, False, True, False]
    assert counts[keep].sum() == 15


def test_choose_families_takes_all_when_they_are_just_enough() -> None:
    keep = choose_families(np.array([5, 4]), 9)
    assert keep is not None
    assert keep.tolist() == [True, True]


def test_choose_families_asks_for_more_when_there_are_too_few() -> None:
    assert choose_families(np.array([5, 4]), 10) is None


def test_every_number_of_the_city_has_a_source_or_is_called_assumed() -> None:
    text = files("fit_warehouse.demo").joinpath("city.toml").read_text(encoding="utf-8")
    model = text.split("# --- services")[0].splitlines()
    number = re.compile(r"^(\w+) = \[?-?\d")
    unexplained = [line for line in model if number.match(line) and "# " not in line]
    assert sum(bool(number.match(line)) for line in model) > 80
    assert unexplained == []


def test_parameters_hold_what_the_file_says(parameters: Parameters) -> None:
    text = files("fit_warehouse.demo").joinpath("city.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    assert dataclasses.asdict(parameters.course) == tables["course"]
    assert [service.code for service in parameters.services] == [
        service["code"] for service in tables["service"]
    ]
    assert parameters == load_parameters()


def test_shares_that_belong_together_add_up_to_one(parameters: Parameters) -> None:
    groups = [
        parameters.people.gender_child,
        parameters.people.gender_guardian,
        parameters.people.gender_adult,
        parameters.sessions.channel_shares,
        parameters.sessions.duration_shares,
        parameters.forms.skip_reason_shares,
        [service.share for service in parameters.services],
        *[service.planned_shares for service in parameters.services],
    ]
    for shares in groups:
        assert sum(shares) == pytest.approx(1.0)
