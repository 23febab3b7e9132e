"""How and when each episode ends, with FIT as it is used and had there been none.

At every slot each way of ending has a chance that depends on the course so far; the first event ends
the episode, and without one it ends when the plan is used up. What would have happened without FIT is
drawn with the same random numbers, so the two differ only by what FIT does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import Courses
from fit_warehouse.demo.episodes import Episodes
from fit_warehouse.demo.hazards import (
    AGED_OUT,
    CODES,
    NO_CODE,
    NO_EVENT,
    OPEN,
    PLANNED_END,
    REFERRED_ON,
    UNILATERAL,
    UNKNOWN,
    causes,
    comes_of_age,
    prospect,
)
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import People
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, draw, uniform_days
from fit_warehouse.demo.slots import NO_SHOW, Slots, first_true
from fit_warehouse.demo.working_time import day_number

__all__ = ["CODES", "End", "Endings", "build_endings"]


@dataclass(frozen=True, slots=True)
class End:
    """How each episode truly ends, seen to its end; every array is (n_episodes,).

    Attributes
    ----------
    code : array
        Position in `CODES`.
    last : array
        Slot at which it ends.
    closed : array
        Closing day, even when it lies after the extract.
    level : array
        True total of the index client at the end, points.
    """

    code: Ints
    last: Ints
    closed: Ints
    level: Floats


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
        Service referred on to as recorded, -1 without one.
    target : (n_episodes,) array
        Service to which a referral leads, or would lead.
    is_kept : (n_slots,) array
        The meeting took place or was at least still planned when the episode ended.
    attendance : (n_slots,) array
        Attendance with the no-show that a drop-out leaves.
    actual, without_fit : End
        The true end, and the one that the same chance gives had FIT not been there.
    """

    code: Ints
    closed: Ints
    onward: Ints
    target: Ints
    is_kept: Flags
    attendance: Ints
    actual: End
    without_fit: End


def build_endings(
    parameters: Parameters,
    episodes: Episodes,
    people: People,
    slots: Slots,
    courses: Courses,
    fit_gain: Floats,
    alliance: Floats,
    streams: Streams,
) -> Endings:
    """Return the endings.

    Parameters
    ----------
    parameters, episodes, people, slots, streams : object
        The city so far.
    courses : Courses
        The index clients' own, one per episode.
    fit_gain : (n_episodes,) array
        What FIT adds to the gain of each index client, points.
    alliance : (n_episodes,) array
        Distance from a good alliance, standard normal.
    """
    rng = streams.named("endings")
    uniform = rng.random(slots.day.size)
    delay = closing_delays(parameters, episodes.size, rng)
    error = streams.named("judgements").normal(0.0, parameters.endings.judgement_sd, slots.day.size)
    has_fit = slots.day >= episodes.fit_from[slots.episode]
    ends = []
    never = np.zeros_like(has_fit)
    for is_used, gain in ((has_fit, courses.gain), (never, courses.gain - fit_gain)):
        outlook = prospect(parameters, episodes, slots, courses, gain, is_used, alliance, error)
        cause = causes(parameters, episodes, people, slots, outlook, uniform)
        ends.append(end_of(people, slots, cause, delay, outlook.level))
    actual, without_fit = ends
    last_day = day_number(parameters.calendar.last_session)
    is_open = (actual.closed > last_day) | (
        rng.random(episodes.size) < parameters.episodes.never_closed
    )
    is_kept, attendance = what_took_place(slots, actual)
    is_referred = (actual.code == REFERRED_ON) & ~is_open
    target = onward_services(parameters, episodes.service, rng)
    is_missing = rng.random(episodes.size) < parameters.episodes.onward_missing
    return Endings(
        code=np.where(is_open, OPEN, recorded_codes(parameters, actual.code, rng)),
        closed=np.where(is_open, -1, actual.closed),
        onward=np.where(is_referred & ~is_missing, target, -1),
        target=target,
        is_kept=is_kept & (slots.day <= last_day),
        attendance=attendance,
        actual=actual,
        without_fit=without_fit,
    )


def closing_delays(parameters: Parameters, size: int, rng: np.random.Generator) -> Ints:
    """Return the days (2, n_episodes) from last slot to closing: after an agreed end, a drop-out."""
    rules = parameters.endings
    agreed = uniform_days(rng, rules.closing_days_agreed, size)
    return np.stack([agreed, uniform_days(rng, rules.closing_days_unilateral, size)])


def end_of(people: People, slots: Slots, cause: Ints, delay: Ints, level: Floats) -> End:
    """Return the end that the first cause brings, never closed before its last slot."""
    last = first_true(cause != NO_EVENT, slots)
    code = np.where(cause[last] != NO_EVENT, cause[last], PLANNED_END)
    closed = slots.day[last] + np.where(code == UNILATERAL, delay[1], delay[0])
    return End(code, last, np.where(code == AGED_OUT, comes_of_age(people), closed), level[last])


def what_took_place(slots: Slots, actual: End) -> tuple[Flags, Ints]:
    """Return which meetings remain, and their attendance."""
    is_kept = np.arange(slots.day.size) <= actual.last[slots.episode]
    # At the eighteenth birthday the service ends, so the meeting planned after it falls away.
    is_kept[actual.last[actual.code == AGED_OUT]] = False
    attendance = slots.attendance.copy()
    attendance[actual.last[actual.code == UNILATERAL]] = NO_SHOW
    return is_kept, attendance


def recorded_codes(parameters: Parameters, code: Ints, rng: np.random.Generator) -> Ints:
    """Return the codes as recorded: a few unknown, a few left out."""
    rules = parameters.episodes
    uniform = rng.random(code.size)
    recorded = np.where(uniform < rules.missing_ending_code, NO_CODE, code)
    return np.where(uniform >= 1.0 - rules.unknown_ending_code, UNKNOWN, recorded)


def onward_services(parameters: Parameters, service: Ints, rng: np.random.Generator) -> Ints:
    """Return one of the services to which clients of each service are referred on."""
    position = {rules.code: number for number, rules in enumerate(parameters.services)}
    onward = np.zeros(service.size, dtype=np.int64)
    for number, rules in enumerate(parameters.services):
        targets = np.array([position[code] for code in rules.onward])
        drawn = targets[draw(rng, [1.0] * targets.size, service.size)]
        onward = np.where(service == number, drawn, onward)
    return onward
