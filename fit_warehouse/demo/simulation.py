"""Put the parts together: one simulated city, cut to the wanted number of forms."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import GROUP_POSITION, Courses, Standing, build_courses
from fit_warehouse.demo.endings import Endings, build_endings
from fit_warehouse.demo.episodes import Episodes, build_episodes
from fit_warehouse.demo.forms import Forms, build_forms, form_slots
from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import INDEX, People, age_on, build_people
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams
from fit_warehouse.demo.raters import TEENS_BEGIN, Raters, build_raters
from fit_warehouse.demo.slots import Slots, build_slots
from fit_warehouse.demo.working_time import working_time

# A first guess at how many episodes it takes; a wrong one costs time, never changes the rules.
FORMS_PER_EPISODE = 8.0
SPARE_EPISODES = 40
GROWTH = 1.1


@dataclass(frozen=True, slots=True)
class City:
    """A simulated city before it is written down.

    Attributes
    ----------
    organisation, episodes, people, slots, endings, raters, forms : object
        Its parts.
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
    raters: Raters
    courses: Courses
    forms: Forms
    worker: Ints

    @property
    def form_episode(self) -> Ints:
        """Episode of each form."""
        return self.raters.episode[self.forms.rater]


def simulate(
    parameters: Parameters, organisation: Organisation, n_episodes: int, streams: Streams
) -> City:
    """Return `n_episodes` episodes of the organisation and all that happens in them."""
    clock = working_time(parameters.calendar)
    episodes = build_episodes(parameters, organisation, clock, n_episodes, streams)
    people = build_people(parameters, episodes.service, episodes.opened, streams)
    slots = build_slots(parameters, episodes, clock, streams)
    standing = index_standing(parameters, organisation, episodes, streams)
    own_course = index_courses(parameters, episodes, people, standing)
    gained = fit_gain(parameters, episodes)
    ends = build_endings(
        parameters, episodes, people, slots, own_course, gained, standing.alliance, streams
    )
    slots = dataclasses.replace(slots, attendance=ends.attendance)
    due = form_slots(parameters, episodes, slots, ends.is_kept, streams)
    raters = build_raters(parameters, people, first_form_days(episodes, slots, due), streams)
    own = streams.named("rater courses").normal(size=(raters.episode.size, 2))
    courses = build_courses(parameters, standing, raters.episode, raters.group, own, raters.shared)
    worker = organisation.worker_on(episodes.post[slots.episode], slots.day)
    log_odds = organisation.worker_log_odds[worker]
    alliance = rater_alliance(raters, standing, streams)
    filled = build_forms(
        parameters, people, raters, courses, slots, due, log_odds, alliance, streams
    )
    return City(
        organisation, episodes, people, slots, own_course, ends, raters, courses, filled, worker
    )


def index_standing(
    parameters: Parameters, organisation: Organisation, episodes: Episodes, streams: Streams
) -> Standing:
    """Return how the index client of each episode stands to others of the same group."""
    rng = streams.named("standing")
    services = parameters.services
    holder = organisation.worker_on(episodes.post, episodes.opened)
    context = organisation.team_gain[episodes.team] + organisation.worker_gain[holder]
    context = context + fit_gain(parameters, episodes)
    return Standing(
        start=rng.normal(size=episodes.size),
        gain=rng.normal(size=episodes.size),
        alliance=streams.named("alliance").normal(size=episodes.size),
        context=context + np.array([s.gain_shift for s in services])[episodes.service],
        shift=np.array([s.intake_shift for s in services])[episodes.service],
    )


def rater_alliance(raters: Raters, standing: Standing, streams: Streams) -> Floats:
    """Return each rater's distance from a good alliance; the index client's is that of the episode."""
    own = streams.named("prem clients").normal(size=raters.episode.size)
    return np.where(raters.shared == 1.0, standing.alliance[raters.episode], own)


def fit_gain(parameters: Parameters, episodes: Episodes) -> Floats:
    """Return the points that FIT adds to the gain: in full from the first session, else nothing."""
    gain = parameters.course.gain_from_fit * parameters.endings.fit_effect
    return np.where(episodes.fit_from <= episodes.opened, gain, 0.0)


def index_courses(
    parameters: Parameters, episodes: Episodes, people: People, standing: Standing
) -> Courses:
    """Return the true course of each episode's index client, rated or not."""
    age = age_on(episodes.opened, people.birth_day[:, INDEX])
    bands = [age < TEENS_BEGIN, age < 18]
    group = np.select(
        bands, [GROUP_POSITION["child"], GROUP_POSITION["adolescent"]], GROUP_POSITION["adult"]
    )
    nothing_own: Floats = np.zeros((episodes.size, 2))
    everything_shared: Floats = np.ones(episodes.size)
    return build_courses(
        parameters, standing, np.arange(episodes.size), group, nothing_own, everything_shared
    )


def first_form_days(episodes: Episodes, slots: Slots, due: Ints) -> Ints:
    """Return the day of each episode's first meeting with forms due, else its opening."""
    days = episodes.opened.copy()
    first_episode, first_position = np.unique(slots.episode[due], return_index=True)
    days[first_episode] = slots.day[due[first_position]]
    return days


def choose_episodes(forms_per_episode: Ints, wanted: int) -> Flags | None:
    """Return whole episodes that have `wanted` forms together, or None if all have fewer.

    Episodes are taken as they come, and the last gap is filled with the next ones that fit into it.
    They come in no order of time, so the cut favours no period.
    """
    total = np.cumsum(forms_per_episode)
    if total[-1] < wanted:
        return None
    n_first = int(np.searchsorted(total, wanted, side="right"))
    keep = np.arange(forms_per_episode.size) < n_first
    missing = wanted - (int(total[n_first - 1]) if n_first else 0)
    for position in range(n_first, forms_per_episode.size):
        if missing == 0:
            break
        if 0 < forms_per_episode[position] <= missing:
            keep[position] = True
            missing -= int(forms_per_episode[position])
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
    n_episodes = math.ceil(wanted / FORMS_PER_EPISODE) + SPARE_EPISODES
    while True:
        city = simulate(parameters, organisation, n_episodes, streams)
        counts = np.bincount(city.form_episode, minlength=n_episodes)
        keep = choose_episodes(counts, wanted)
        if keep is not None:
            return city, keep
        n_episodes = math.ceil(n_episodes * GROWTH)
