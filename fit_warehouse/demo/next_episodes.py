"""Next episodes: who is referred on goes on to that service, and some families come back.

A family has one next episode at most, and it leads to no other. Who has one is decided at the end of
the first episode, with the same random numbers at its end without FIT.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fit_warehouse.demo.endings import End
from fit_warehouse.demo.episode_parameters import NextParameters
from fit_warehouse.demo.episodes import Arrivals, plan_episodes
from fit_warehouse.demo.hazards import CODES, REFERENCE_LEVEL, REFERRED_ON
from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.parts import Part, end_standing, follow, joined
from fit_warehouse.demo.people import INDEX, People, age_on, open_places
from fit_warehouse.demo.queues import Waits, usual_waits
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams
from fit_warehouse.demo.working_time import WorkingTime, day_number

KINDS = ("onward", "return")
NONE, ONWARD, RETURN = -1, 0, 1
# Who died, moved away or was placed does not come back to the service; who is referred on goes on.
COMES_BACK = np.array(
    [code not in {"died", "moved", "placed", CODES[REFERRED_ON]} for code in CODES]
)
# A day's margin on either side of a birthday, as for the ages at a first opening.
AGE_MARGIN = 0.01


@dataclass(frozen=True, slots=True)
class Links:
    """Which episodes lead to which; every array is (n_episodes,).

    Attributes
    ----------
    earlier : array
        The episode before, -1 for a first one.
    kind : array
        Position in `KINDS` of a next episode, -1 for a first one.
    exists_without_fit : array
        The episode would have come about without FIT in the one before; true for a first one.
    leads_to, leads_to_without_fit : array
        Position in `KINDS` of the next episode that it leads to, -1 for none; that one may begin
        after the extract.
    """

    earlier: Ints
    kind: Ints
    exists_without_fit: Flags
    leads_to: Ints
    leads_to_without_fit: Ints


@dataclass(frozen=True, slots=True)
class Chance:
    """What is drawn for each episode, whether it leads to another one or not.

    Attributes
    ----------
    starts, returns : array
        Uniform numbers: whether a referral leads to an episode, whether a family comes back.
    gap : array
        Days from closing until a family is referred again.
    wait : array
        Wait from referral to opening, in mean waits.
    """

    starts: Floats
    returns: Floats
    gap: Ints
    wait: Floats


@dataclass(frozen=True, slots=True)
class Sequel:
    """The next episode that each one leads to: kind (-1: none), service, days."""

    kind: Ints
    service: Ints
    referred: Ints
    opened: Ints
    waited_without_fit: Ints


def with_next(
    parameters: Parameters,
    organisation: Organisation,
    clock: WorkingTime,
    first: Part,
    streams: Streams,
) -> tuple[Part, Links]:
    """Return first episodes together with the next ones that they lead to."""
    streams = replace(streams, part="next")
    chance = draw_chance(parameters.next, first.episodes.size, streams)
    ends, usual = first.endings, usual_waits(parameters)
    sequel = sequels(parameters, organisation.waits, clock, first, ends.actual, chance)
    without = sequels(parameters, usual, clock, first, ends.without_fit, chance)
    rows = np.flatnonzero(falls_in_period(parameters, sequel))
    links = link(sequel.kind, without.kind, rows)
    if not rows.size:
        return first, links
    arrivals = Arrivals(
        service=sequel.service[rows],
        opened=sequel.opened[rows],
        referred=sequel.referred[rows],
        waited_without_fit=sequel.waited_without_fit[rows],
    )
    episodes = plan_episodes(parameters, organisation, arrivals, streams)
    people = same_families(parameters, first.people, rows, arrivals.service)
    carried = end_standing(parameters, first)[rows]
    later = follow(parameters, organisation, clock, episodes, people, streams, carried)
    return joined(first, later), links


def draw_chance(rules: NextParameters, size: int, streams: Streams) -> Chance:
    """Return what chance there is for each of `size` episodes to lead to another one."""
    rng = streams.named("sequels")
    shortest, longest = rules.return_days
    # An exponential gap, cut off at both ends.
    part = -np.expm1(-(longest - shortest) / rules.return_mean_days)
    gap = shortest - rules.return_mean_days * np.log1p(-part * rng.random(size))
    return Chance(
        starts=rng.random(size),
        returns=rng.random(size),
        gap=gap.astype(np.int64),
        wait=rng.exponential(1.0, size),
    )


def sequels(
    parameters: Parameters,
    waits: Waits,
    clock: WorkingTime,
    first: Part,
    end: End,
    chance: Chance,
) -> Sequel:
    """Return what each episode that ends so leads to, where clients wait so long."""
    rules, episodes = parameters.next, first.episodes
    is_onward = (end.code == REFERRED_ON) & (chance.starts < rules.onward_starts)
    is_return = COMES_BACK[end.code] & (chance.returns < return_chance(rules, end.level))
    service = np.where(is_onward, first.endings.target, episodes.service)
    referred = end.closed + np.where(is_return, chance.gap, 0)
    opened, usually = (
        opening_days(clock, referred, mean * chance.wait)
        for mean in (waits.on(service, referred), waits.usual[service])
    )
    happens = age_fits(parameters, service, opened, first.people.birth_day[:, INDEX])
    happens &= is_onward | is_return
    return Sequel(
        kind=np.where(happens, np.where(is_onward, ONWARD, RETURN), NONE),
        service=service,
        referred=referred,
        opened=opened,
        waited_without_fit=usually - referred,
    )


def falls_in_period(parameters: Parameters, sequel: Sequel) -> Flags:
    """Return which next episodes begin before the period ends: referred, and opened or waiting."""
    is_referred = sequel.referred <= day_number(parameters.calendar.last_session)
    is_opened = sequel.opened <= day_number(parameters.calendar.last_opening)
    falls: Flags = (sequel.kind != NONE) & is_referred & is_opened
    return falls


def return_chance(rules: NextParameters, level: Floats) -> Floats:
    """Return the chance that a family comes back, by the true total at the end; a logistic curve."""
    odds = np.exp(rules.return_per_point * (level - REFERENCE_LEVEL))
    chance = rules.return_chance
    probability: Floats = chance * odds / (chance * odds + (1.0 - chance))
    return probability


def opening_days(clock: WorkingTime, referred: Ints, wait: Floats) -> Ints:
    """Return the first working day after each wait, at least a day after the referral."""
    day = referred + np.maximum(wait.astype(np.int64), 1)
    # The clock ends long after the last opening; what comes later still opens after it.
    return clock.day(clock.at(np.minimum(day, clock.first_day + clock.elapsed.size - 1)))


def age_fits(parameters: Parameters, service: Ints, opened: Ints, birth: Ints) -> Flags:
    """Return whether an index client's age at opening lies within the limits of the service."""
    age = age_on(opened, birth)
    youngest, oldest = np.array([s.ages for s in parameters.services])[service].T
    fits: Flags = (age >= youngest + AGE_MARGIN) & (age <= oldest + 1 - AGE_MARGIN)
    return fits


def same_families(parameters: Parameters, people: People, rows: Ints, service: Ints) -> People:
    """Return the families of the episodes `rows`, without siblings where a service takes none."""
    return People(
        present=people.present[rows] & open_places(parameters, service),
        person=people.person[rows],
        birth_day=people.birth_day[rows],
        role=people.role[rows],
        gender=people.gender[rows],
        has_year_only=people.has_year_only[rows],
    )


def link(kind: Ints, kind_without_fit: Ints, rows: Ints) -> Links:
    """Return the links of first episodes, and of the next ones to which the ones in `rows` lead."""
    nothing = np.full(rows.size, NONE)
    no_one = np.full(kind.size, NONE)
    same = kind[rows] == kind_without_fit[rows]
    return Links(
        earlier=np.concatenate([no_one, rows]),
        kind=np.concatenate([no_one, kind[rows]]),
        exists_without_fit=np.concatenate([np.ones(kind.size, dtype=np.bool_), same]),
        leads_to=np.concatenate([kind, nothing]),
        leads_to_without_fit=np.concatenate([kind_without_fit, nothing]),
    )
