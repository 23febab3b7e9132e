"""A part of a city: episodes from their plan to their end, before anybody fills in a form."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fit_warehouse.demo.course import GROUP_POSITION, GROUPS, Courses, Standing, build_courses
from fit_warehouse.demo.endings import End, Endings, build_endings
from fit_warehouse.demo.episodes import Episodes
from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import INDEX, People, age_on
from fit_warehouse.demo.randomness import Floats, Ints, Streams
from fit_warehouse.demo.raters import TEENS_BEGIN
from fit_warehouse.demo.slots import Slots, build_slots
from fit_warehouse.demo.working_time import WorkingTime

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Arrays = TypeVar("Arrays", bound=DataclassInstance)


@dataclass(frozen=True, slots=True)
class Part:
    """Episodes and all that happens in them but the forms.

    Attributes
    ----------
    episodes, people, slots, standing, endings : object
        The parts of each episode; attendance in `slots` is as the ending left it.
    courses : Courses
        True courses of the index clients, one per episode.
    """

    episodes: Episodes
    people: People
    slots: Slots
    standing: Standing
    courses: Courses
    endings: Endings


def follow(
    parameters: Parameters,
    organisation: Organisation,
    clock: WorkingTime,
    episodes: Episodes,
    people: People,
    streams: Streams,
    carried: Floats | None = None,
) -> Part:
    """Return planned episodes of these families followed to their end.

    Parameters
    ----------
    parameters, organisation, clock, episodes, people, streams : object
        The city so far.
    carried : (n_episodes,) array, optional
        Where the index client stood at the end of the episode before, in spreads of the intake from
        its mean; without it, the episodes are the first ones.
    """
    slots = build_slots(parameters, episodes, clock, streams)
    standing = index_standing(parameters, organisation, episodes, streams)
    if carried is not None:
        carry = parameters.next.start_carry
        start = carry * carried + np.sqrt(1.0 - carry**2) * standing.start
        standing = replace(standing, start=start)
    courses = index_courses(parameters, episodes, people, standing)
    gained = fit_gain(parameters, episodes)
    ends = build_endings(
        parameters, episodes, people, slots, courses, gained, standing.alliance, streams
    )
    slots = replace(slots, attendance=ends.attendance)
    return Part(episodes, people, slots, standing, courses, ends)


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


def fit_gain(parameters: Parameters, episodes: Episodes) -> Floats:
    """Return the points that FIT adds to the gain: in full from the first session, else nothing."""
    gain = parameters.course.gain_from_fit * parameters.endings.fit_effect
    return np.where(episodes.fit_from <= episodes.opened, gain, 0.0)


def index_groups(episodes: Episodes, people: People) -> Ints:
    """Return the group of `course.GROUPS` to which each index client belongs at opening."""
    age = age_on(episodes.opened, people.birth_day[:, INDEX])
    bands = [age < TEENS_BEGIN, age < 18]
    return np.select(
        bands, [GROUP_POSITION["child"], GROUP_POSITION["adolescent"]], GROUP_POSITION["adult"]
    )


def index_courses(
    parameters: Parameters, episodes: Episodes, people: People, standing: Standing
) -> Courses:
    """Return the true course of each episode's index client, rated or not."""
    nothing_own: Floats = np.zeros((episodes.size, 2))
    everything_shared: Floats = np.ones(episodes.size)
    return build_courses(
        parameters,
        standing,
        np.arange(episodes.size),
        index_groups(episodes, people),
        nothing_own,
        everything_shared,
    )


def end_standing(parameters: Parameters, part: Part) -> Floats:
    """Return where each index client stands at the end, in spreads of the intake from its mean."""
    group = index_groups(part.episodes, part.people)
    mean, sd = (
        np.array([getattr(parameters.intake[name], key) for name in GROUPS])[group]
        for key in ("mean", "sd")
    )
    # Nobody differs at intake where its spread is set to nothing.
    spread = np.where(sd > 0, sd, np.inf)
    standing: Floats = (part.endings.actual.level - mean - part.standing.shift) / spread
    return standing


def joined(first: Part, later: Part) -> Part:
    """Return two parts as one, the later one's episodes and slots after those of the first."""
    n_episodes, n_slots = first.episodes.size, first.slots.day.size

    def moved(end: End) -> End:
        return replace(end, last=end.last + n_slots)

    slots, ends = later.slots, later.endings
    slots = replace(slots, start=slots.start + n_slots, episode=slots.episode + n_episodes)
    ends = replace(ends, actual=moved(ends.actual), without_fit=moved(ends.without_fit))
    return end_to_end(first, replace(later, slots=slots, endings=ends))


def end_to_end(first: Arrays, later: Arrays) -> Arrays:
    """Return the arrays of `first` with those of `later` behind them, at every depth."""
    values: dict[str, object] = {}
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(later, field.name)
        is_deeper = is_dataclass(one)
        values[field.name] = end_to_end(one, other) if is_deeper else np.concatenate([one, other])
    return type(first)(**values)
