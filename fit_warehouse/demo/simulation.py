"""Put the parts together: one simulated city, cut to the wanted number of forms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import Courses, Standing, build_courses
from fit_warehouse.demo.endings import Endings
from fit_warehouse.demo.episodes import Episodes, build_episodes
from fit_warehouse.demo.forms import Forms, build_forms, form_slots
from fit_warehouse.demo.next_episodes import Links, with_next
from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.parts import follow
from fit_warehouse.demo.people import People, build_people
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams
from fit_warehouse.demo.raters import Raters, build_raters
from fit_warehouse.demo.slots import Slots
from fit_warehouse.demo.working_time import working_time

# A first guess at how many families it takes; a wrong one costs time, never changes the rules.
FORMS_PER_FAMILY = 8.8
SPARE_FAMILIES = 40
GROWTH = 1.1


@dataclass(frozen=True, slots=True)
class City:
    """A simulated city before it is written down.

    Attributes
    ----------
    organisation, episodes, people, slots, endings, links, raters, forms : object
        Its parts; first episodes stand before next ones.
    index_courses, courses : Courses
        True courses of the episodes' index clients and of the raters.
    worker : (n_slots,) array
        Worker who holds each planned meeting.
    """

    organisation: Organisation
    episodes: Episodes
    people: People
    slots: Slots
    index_courses: Courses
    endings: Endings
    links: Links
    raters: Raters
    courses: Courses
    forms: Forms
    worker: Ints

    @property
    def form_episode(self) -> Ints:
        """Episode of each form."""
        return self.raters.episode[self.forms.rater]


def simulate(
    parameters: Parameters, organisation: Organisation, n_families: int, streams: Streams
) -> City:
    """Return the episodes of `n_families` families and all that happens in them."""
    clock = working_time(parameters.calendar)
    episodes = build_episodes(parameters, organisation, clock, n_families, streams)
    people = build_people(parameters, episodes.service, episodes.opened, streams)
    first = follow(parameters, organisation, clock, episodes, people, streams)
    part, links = with_next(parameters, organisation, clock, first, streams)
    episodes, people, slots, ends = part.episodes, part.people, part.slots, part.endings
    due = form_slots(parameters, episodes, slots, ends.is_kept, streams)
    raters = build_raters(parameters, people, first_form_days(episodes, slots, due), streams)
    own = streams.named("rater courses").normal(size=(raters.episode.size, 2))
    courses = build_courses(
        parameters, part.standing, raters.episode, raters.group, own, raters.shared
    )
    worker = organisation.worker_on(episodes.post[slots.episode], slots.day)
    log_odds = organisation.worker_log_odds[worker]
    alliance = rater_alliance(raters, part.standing, streams)
    filled = build_forms(
        parameters, people, raters, courses, slots, due, log_odds, alliance, streams
    )
    return City(
        organisation,
        episodes,
        people,
        slots,
        part.courses,
        ends,
        links,
        raters,
        courses,
        filled,
        worker,
    )


def rater_alliance(raters: Raters, standing: Standing, streams: Streams) -> Floats:
    """Return each rater's distance from a good alliance; the index client's is that of the episode."""
    own = streams.named("prem clients").normal(size=raters.episode.size)
    return np.where(raters.shared == 1.0, standing.alliance[raters.episode], own)


def first_form_days(episodes: Episodes, slots: Slots, due: Ints) -> Ints:
    """Return the day of each episode's first meeting with forms due, else its opening."""
    days = episodes.opened.copy()
    first_episode, first_position = np.unique(slots.episode[due], return_index=True)
    days[first_episode] = slots.day[due[first_position]]
    return days


def choose_families(forms_per_family: Ints, wanted: int) -> Flags | None:
    """Return whole families that have `wanted` forms together, or None if all have fewer.

    Families are taken as they come, and the last gap is filled with the next ones that fit into it.
    They come in no order of time, so the cut favours no period.
    """
    total = np.cumsum(forms_per_family)
    if total[-1] < wanted:
        return None
    n_first = int(np.searchsorted(total, wanted, side="right"))
    keep = np.arange(forms_per_family.size) < n_first
    missing = wanted - (int(total[n_first - 1]) if n_first else 0)
    for position in range(n_first, forms_per_family.size):
        if missing == 0:
            break
        if 0 < forms_per_family[position] <= missing:
            keep[position] = True
            missing -= int(forms_per_family[position])
    return keep


def simulate_forms(
    parameters: Parameters, organisation: Organisation, wanted: int, streams: Streams
) -> tuple[City, Flags]:
    """Return episodes and which of them to keep, so that `wanted` forms remain.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    organisation : Organisation
        Where the episodes take place.
    wanted : int
        Forms to keep, planted copies not counted.
    streams : Streams
        Source of chance.
    """
    n_families = math.ceil(wanted / FORMS_PER_FAMILY) + SPARE_FAMILIES
    while True:
        city = simulate(parameters, organisation, n_families, streams)
        family = city.people.family
        keep = choose_families(np.bincount(family[city.form_episode], minlength=n_families), wanted)
        if keep is not None:
            return city, keep[family]
        n_families = math.ceil(n_families * GROWTH)
