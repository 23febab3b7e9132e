"""Families: an index child with siblings and guardians, or one adult.

An episode has up to four places: the index client, a second child and two guardians. A person is
known by the family's first episode and place, and keeps that number in the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.parameters import Parameters, PeopleParameters
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, draw

INDEX, SIBLING, GUARDIAN, SECOND_GUARDIAN = range(4)
PLACES = 4
DAYS_PER_YEAR = 365.25
ROLES = ("index", "child", "guardian", "other")


@dataclass(frozen=True, slots=True)
class People:
    """Who stands in which place of each episode; every array is (n_episodes, 4).

    Attributes
    ----------
    present : array
        The place is taken.
    person : array
        Number of the person; the same in every episode of a family.
    birth_day : array
        Day of birth.
    role : array
        Position in `ROLES`.
    gender : array
        Position in the gender codes.
    has_year_only : array
        Only the birth year is delivered.
    """

    present: Flags
    person: Ints
    birth_day: Ints
    role: Ints
    gender: Ints
    has_year_only: Flags

    @property
    def family(self) -> Ints:
        """Number of each episode's family: that of its first episode."""
        return self.person[:, INDEX] // PLACES


def build_people(parameters: Parameters, service: Ints, opened: Ints, streams: Streams) -> People:
    """Return the families of episodes of the services `service` that open on the days `opened`."""
    rules = parameters.people
    rng = streams.named("people")
    size = service.size
    is_family = np.array([s.is_family for s in parameters.services])[service]
    birth = birth_days(parameters, service, opened, rng)
    present = np.ones((size, PLACES), dtype=np.bool_)
    present[:, SIBLING] = rng.random(size) < rules.sibling_share
    present &= open_places(parameters, service)
    present[:, GUARDIAN] = is_family
    present[:, SECOND_GUARDIAN] = is_family & (rng.random(size) < rules.second_guardian_share)
    role = np.tile(np.array([0, 1, 2, 2], dtype=np.int64), (size, 1))
    role[rng.random(size) < rules.sibling_index_share, SIBLING] = 0
    return People(
        present=present,
        person=np.arange(size * PLACES, dtype=np.int64).reshape(size, PLACES),
        birth_day=birth,
        role=role,
        gender=genders(rules, is_family, rng),
        has_year_only=rng.random((size, PLACES)) < rules.year_only_share,
    )


def open_places(parameters: Parameters, service: Ints) -> Flags:
    """Return the places (n_episodes, 4) that each service has: not all take a sibling in.

    Coaching and intensive support are for one young person; siblings come to the open services.
    """
    open_to_all = np.array([s.is_family and s.ages[0] < 6 for s in parameters.services])
    has_place = np.ones((service.size, PLACES), dtype=np.bool_)
    has_place[:, SIBLING] = open_to_all[service]
    return has_place


def birth_days(
    parameters: Parameters, service: Ints, opened: Ints, rng: np.random.Generator
) -> Ints:
    """Return birth days (n_episodes, 4) that fit the services' age limits at opening."""
    rules = parameters.people
    size = service.size
    services = parameters.services
    low = np.array([s.ages[0] for s in services], dtype=np.float64)[service]
    high = np.array([s.ages[1] + 1 for s in services], dtype=np.float64)[service]
    mode = np.array([s.age_mode + 0.5 for s in services])[service]
    # A day's margin keeps the age in full years inside the limits on either side of a birthday.
    age = np.clip(rng.triangular(low, mode, high), low + 0.01, high - 0.01)
    index = opened - np.rint(age * DAYS_PER_YEAR).astype(np.int64)
    gap = rng.uniform(1.0, rules.sibling_age_gap, size) * rng.choice([-1.0, 1.0], size)
    # Young enough to be a child still when the family comes back, old enough to be born.
    sibling_age = np.clip(age + gap, 0.5, 13.9)
    sibling = opened - np.rint(sibling_age * DAYS_PER_YEAR).astype(np.int64)
    youngest, oldest = rules.guardian_age_at_birth
    at_birth = rng.uniform(youngest, oldest, (2, size)) * DAYS_PER_YEAR
    oldest_child = np.minimum(index, sibling)
    guardians = oldest_child - np.rint(at_birth).astype(np.int64)
    return np.column_stack([index, sibling, guardians[0], guardians[1]])


def genders(rules: PeopleParameters, is_family: Flags, rng: np.random.Generator) -> Ints:
    """Return the gender codes' positions (n_episodes, 4)."""
    size = is_family.size
    child = draw(rng, rules.gender_child, size)
    adult = draw(rng, rules.gender_adult, size)
    others = [draw(rng, shares, size) for shares in (rules.gender_child, rules.gender_guardian)]
    second = draw(rng, rules.gender_guardian, size)
    return np.column_stack([np.where(is_family, child, adult), *others, second])


def age_on(day: Ints, birth_day: Ints) -> Floats:
    """Return the age in years (365.25 days) on `day`."""
    years: Floats = (day - birth_day) / DAYS_PER_YEAR
    return years


def birthday(birth_day: Ints, years: int) -> Ints:
    """Return the day on which a person turns `years`; 29 February counts as 1 March."""
    born = birth_day.astype("datetime64[D]")
    month = born.astype("datetime64[M]")
    day_of_month = born - month.astype("datetime64[D]")
    target = (month + years * 12).astype("datetime64[D]") + day_of_month
    days: Ints = target.astype(np.int64)
    return days
