"""How and when each episode ends, and which of its planned meetings took place.

At every slot each way of ending has a chance that depends on the course so far; the first event ends
the episode, and without one it ends when the plan is used up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import Courses, true_total
from fit_warehouse.demo.episodes import Episodes, in_months
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import INDEX, People, birthday
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, draw, uniform_days
from fit_warehouse.demo.slots import NO_SHOW, Slots, first_true
from fit_warehouse.demo.working_time import day_number

CODES = (
    "goals_reached_early",
    "not_benefiting_early",
    "referred_on_early",
    "unilateral",
    "moved",
    "placed",
    "died",
    "other",
    "planned_end",
    "aged_out",
)
BY_CHANCE = 8
REFERRED_ON, UNILATERAL = CODES.index("referred_on_early"), CODES.index("unilateral")
PLANNED_END, AGED_OUT = CODES.index("planned_end"), CODES.index("aged_out")
NO_EVENT = UNKNOWN = len(CODES)
OPEN = NO_CODE = -1
MAJORITY = 18
REFERENCE_LEVEL = 22.0


@dataclass(frozen=True, slots=True)
class Endings:
    """The end of each episode and what remains of its slots.

    Attributes
    ----------
    code : (n_episodes,) array
        Position in `CODES`, `UNKNOWN`, `NO_CODE` for a closed episode without a code, `OPEN` if
        still open.
    closed : (n_episodes,) array
        Closing day, -1 if still open.
    onward : (n_episodes,) array
        Service referred on to, -1 without one.
    is_kept : (n_slots,) array
        The meeting took place or was at least still planned when the episode ended.
    attendance : (n_slots,) array
        Attendance with the no-show that a drop-out leaves.
    """

    code: Ints
    closed: Ints
    onward: Ints
    is_kept: Flags
    attendance: Ints


def build_endings(
    parameters: Parameters,
    episodes: Episodes,
    people: People,
    slots: Slots,
    courses: Courses,
    streams: Streams,
) -> Endings:
    """Return the endings; `courses` are the index clients' own, one per episode."""
    rng = streams.named("endings")
    cause = causes(parameters, episodes, people, slots, courses, rng)
    last = first_true(cause != NO_EVENT, slots)
    code = np.where(cause[last] != NO_EVENT, cause[last], PLANNED_END)
    position = np.arange(slots.day.size)
    is_kept = position <= last[slots.episode]
    # At the eighteenth birthday the service ends, so the meeting planned after it falls away.
    is_kept[last[code == AGED_OUT]] = False
    attendance = slots.attendance.copy()
    attendance[last[code == UNILATERAL]] = NO_SHOW
    closed = closing_days(parameters, people, slots.day[last], code, rng)
    last_day = day_number(parameters.calendar.last_session)
    is_open = (closed > last_day) | (rng.random(code.size) < parameters.episodes.never_closed)
    return Endings(
        code=np.where(is_open, OPEN, recorded_codes(parameters, code, rng)),
        closed=np.where(is_open, -1, closed),
        onward=onward_services(parameters, episodes, (code == REFERRED_ON) & ~is_open, rng),
        is_kept=is_kept & (slots.day <= last_day),
        attendance=attendance,
    )


def causes(
    parameters: Parameters,
    episodes: Episodes,
    people: People,
    slots: Slots,
    courses: Courses,
    rng: np.random.Generator,
) -> Ints:
    """Return what would end the episode at each slot, `NO_EVENT` for nothing."""
    chances = chance_per_slot(parameters, episodes, slots, courses)
    cumulative = np.cumsum(chances, axis=1)
    drawn = np.sum(rng.random(slots.day.size)[:, np.newaxis] >= cumulative, axis=1)
    cause = np.where(drawn < BY_CHANCE, drawn, NO_EVENT)
    used = used_amount(parameters, episodes, slots)
    too_long = slots.day - episodes.opened[slots.episode] > parameters.episodes.max_days
    ends = (used >= episodes.target[slots.episode]) | too_long
    cause = np.where((cause == NO_EVENT) & ends, PLANNED_END, cause)
    is_family = np.array([s.is_family for s in parameters.services])[episodes.service]
    comes_of_age = birthday(people.birth_day[:, INDEX], MAJORITY)
    is_adult = is_family[slots.episode] & (slots.day >= comes_of_age[slots.episode])
    return np.where(is_adult, AGED_OUT, cause)


def recorded_codes(parameters: Parameters, code: Ints, rng: np.random.Generator) -> Ints:
    """Return the codes as recorded: a few unknown, a few left out."""
    rules = parameters.episodes
    uniform = rng.random(code.size)
    recorded = np.where(uniform < rules.missing_ending_code, NO_CODE, code)
    return np.where(uniform >= 1.0 - rules.unknown_ending_code, UNKNOWN, recorded)


def used_amount(parameters: Parameters, episodes: Episodes, slots: Slots) -> Floats:
    """Return the sessions or days used up to and including each slot, by the service's unit."""
    attended = slots.attended_before + slots.is_attended
    days = slots.day - episodes.opened[slots.episode]
    by_month = in_months(parameters)[episodes.service]
    return np.where(by_month[slots.episode], days, attended).astype(np.float64)


def chance_per_slot(
    parameters: Parameters, episodes: Episodes, slots: Slots, courses: Courses
) -> Floats:
    """Return the chances (n_slots, 8) of the first eight codes."""
    rules, episode = parameters.endings, slots.episode
    attended = slots.attended_before + slots.is_attended
    level = true_total(
        parameters.course, courses.start[episode], courses.gain[episode], slots.attended_before
    )
    progress = level - courses.start[episode]
    has_fit = slots.day >= episodes.fit_from[episode]
    may_place = np.array([s.may_place for s in parameters.services])[episodes.service]
    plan = planned_length(parameters, episodes)[episode] * parameters.episodes.early_before
    early = used_amount(parameters, episodes, slots) < plan
    reached = early & (attended >= rules.goals_min_attended)
    reached &= (progress >= rules.goals_progress) & (level >= rules.goals_level)
    stuck = early & (attended >= rules.stuck_min_attended) & (progress < rules.stuck_progress)
    leaves = rules.unilateral_with_fit * np.exp(
        rules.unilateral_per_point * (level - REFERENCE_LEVEL)
    )
    chances = np.zeros((slots.day.size, BY_CHANCE))
    chances[:, 0] = reached * np.where(has_fit, rules.goals_with_fit, rules.goals_without_fit)
    chances[:, 1] = stuck * np.where(
        has_fit, rules.not_benefiting_with_fit, rules.not_benefiting_without_fit
    )
    chances[:, 2] = stuck * np.where(
        has_fit, rules.referred_on_with_fit, rules.referred_on_without_fit
    )
    chances[:, 3] = leaves * np.where(has_fit, 1.0, rules.without_fit_ratio)
    chances[:, 4] = rules.moved
    chances[:, 5] = rules.placed * may_place[episode]
    chances[:, 6] = rules.died
    chances[:, 7] = rules.other
    return chances


def planned_length(parameters: Parameters, episodes: Episodes) -> Floats:
    """Return the planned sessions, or days where the plan is in months, of each episode."""
    by_month = in_months(parameters)[episodes.service]
    days = np.rint(episodes.planned * (365.25 / 12))
    return np.where(by_month, days, episodes.planned).astype(np.float64)


def closing_days(
    parameters: Parameters, people: People, last_slot: Ints, code: Ints, rng: np.random.Generator
) -> Ints:
    """Return the day on which each episode is closed, never before its last slot."""
    rules = parameters.endings
    agreed = last_slot + uniform_days(rng, rules.closing_days_agreed, code.size)
    alone = last_slot + uniform_days(rng, rules.closing_days_unilateral, code.size)
    closed = np.where(code == UNILATERAL, alone, agreed)
    comes_of_age = birthday(people.birth_day[:, INDEX], MAJORITY)
    return np.where(code == AGED_OUT, comes_of_age, closed)


def onward_services(
    parameters: Parameters, episodes: Episodes, is_referred: Flags, rng: np.random.Generator
) -> Ints:
    """Return the service that each referred client goes on to, -1 without one."""
    position = {service.code: number for number, service in enumerate(parameters.services)}
    onward = np.full(episodes.size, -1, dtype=np.int64)
    for number, service in enumerate(parameters.services):
        targets = np.array([position[code] for code in service.onward])
        drawn = targets[draw(rng, [1.0] * targets.size, episodes.size)]
        onward = np.where(is_referred & (episodes.service == number), drawn, onward)
    return np.where(rng.random(episodes.size) < parameters.episodes.onward_missing, -1, onward)
