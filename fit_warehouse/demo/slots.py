"""Planned meetings of every episode, before anybody knows how the episode ends.

A *slot* is one planned meeting. Slots of all episodes stand in one long table, ordered by episode and
date, with more slots than the plan needs; `endings` cuts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.episodes import Episodes, in_months
from fit_warehouse.demo.parameters import CourseParameters, Parameters
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, draw
from fit_warehouse.demo.working_time import WorkingTime

ATTENDANCE = ("attended", "no_show", "late_cancelled", "cancelled")
ATTENDED, NO_SHOW, LATE_CANCELLED = 0, 1, 2
WORKING_PART = 5 / 7
# Slots beyond the target, as some meetings fail and have to be made up for.
SPARE_SHARE, SPARE_SLOTS = 1.4, 3
# Two slots closer than one working day could fall on one date.
SHORTEST_GAP = 1.01


@dataclass(frozen=True, slots=True)
class Slots:
    """Planned meetings; every array but the first two is (n_slots,).

    Attributes
    ----------
    start, count : (n_episodes,) array
        Position of the episode's first slot and number of its slots, at least one.
    episode : array
        Episode of the slot.
    day : array
        Day number.
    attendance : array
        Position in `ATTENDANCE`.
    attended_before : array
        Attended meetings of the episode before this one.
    shock : array
        Sum of the shocks of life in the family until the meeting, points.
    state : array
        The index client's ups and downs of that week, points.
    """

    start: Ints
    count: Ints
    episode: Ints
    day: Ints
    attendance: Ints
    attended_before: Ints
    shock: Floats
    state: Floats

    @property
    def is_attended(self) -> Flags:
        """Whether the meeting took place."""
        flags: Flags = self.attendance == ATTENDED
        return flags


def build_slots(
    parameters: Parameters, episodes: Episodes, clock: WorkingTime, streams: Streams
) -> Slots:
    """Return the slots of all episodes."""
    rules = parameters.sessions
    rng = streams.named("slots")
    gap = np.array([s.gap_days for s in parameters.services], dtype=np.float64)[episodes.service]
    by_month = in_months(parameters)[episodes.service]
    wanted = np.where(by_month, episodes.target / gap, episodes.target)
    count = np.ceil(wanted * SPARE_SHARE).astype(np.int64) + SPARE_SLOTS
    start = np.cumsum(count) - count
    episode = np.repeat(np.arange(episodes.size), count)
    first_wait = rng.uniform(0.0, rules.first_wait_days * WORKING_PART, episodes.size)
    between = gap[episode] * WORKING_PART * rng.lognormal(0.0, rules.gap_log_sd, episode.size)
    between = np.maximum(between, SHORTEST_GAP)
    between[start] = first_wait
    time = clock.at(episodes.opened)[episode] + running_sum(between, start, episode)
    shares = [rules.no_show, rules.late_cancelled, rules.cancelled]
    attendance = draw(rng, [1.0 - sum(shares), *shares], episode.size)
    attended = (attendance == ATTENDED).astype(np.float64)
    before = running_sum(attended, start, episode) - attended
    return Slots(
        start=start,
        count=count,
        episode=episode,
        day=clock.day(time),
        attendance=attendance,
        attended_before=np.rint(before).astype(np.int64),
        shock=running_sum(shocks(parameters.course, episode.size, streams), start, episode),
        state=streams.named("states").normal(0.0, parameters.course.state_sd, episode.size),
    )


def shocks(rules: CourseParameters, size: int, streams: Streams) -> Floats:
    """Return what happens to a family before each meeting, in points; mostly nothing."""
    rng = streams.named("shocks")
    happens = np.flatnonzero(rng.random(size) < rules.shock_chance)
    change = np.zeros(size)
    change[happens] = rng.normal(rules.shock_mean, rules.shock_sd, happens.size)
    return change


def running_sum(values: Floats, start: Ints, episode: Ints) -> Floats:
    """Return the cumulative sum of `values` that begins anew with each episode."""
    total = np.cumsum(values)
    return total - (total[start] - values[start])[episode]


def first_true(flag: Flags, slots: Slots) -> Ints:
    """Return for each episode the position of its first flagged slot; its last slot without one."""
    beyond = flag.size
    position = np.where(flag, np.arange(flag.size), beyond)
    last_slot = slots.start + slots.count - 1
    first: Ints = np.minimum(np.minimum.reduceat(position, slots.start), last_slot)
    return first
