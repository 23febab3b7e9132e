"""The chance that an episode ends at a slot, by cause, given its course and the use of FIT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.course import Courses, true_total
from fit_warehouse.demo.episodes import Episodes, in_months
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import INDEX, People, birthday
from fit_warehouse.demo.randomness import Flags, Floats, Ints
from fit_warehouse.demo.slots import Slots, first_true

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
class Prospect:
    """What counts for the end of an episode at each slot; every array is (n_slots,).

    Attributes
    ----------
    level : array
        True total of the index client.
    is_reached, is_stuck : array
        The worker judges that the goals are reached, or that nothing has changed, before the plan is
        used up.
    has_fit : array
        FIT is in use.
    used : array
        Sessions or days used, by the service's unit.
    alliance : array
        Distance from a good alliance, standard normal.
    """

    level: Floats
    is_reached: Flags
    is_stuck: Flags
    has_fit: Flags
    used: Floats
    alliance: Floats


def prospect(
    parameters: Parameters,
    episodes: Episodes,
    slots: Slots,
    courses: Courses,
    gain: Floats,
    has_fit: Flags,
    alliance: Floats,
    error: Floats,
) -> Prospect:
    """Return the prospects of index clients who gain `gain` points.

    `error` (n_slots,) is what a judgement without any form would be wrong by, points.
    """
    rules, episode = parameters.endings, slots.episode
    attended = slots.attended_before + slots.is_attended
    start = courses.start[episode]
    level = true_total(parameters.course, start, gain[episode], slots.shock, slots.attended_before)
    judged = judged_levels(parameters, slots, level, has_fit, error)
    progress = judged - judged[first_true(slots.is_attended, slots)][episode]
    used = used_amount(parameters, episodes, slots)
    plan = planned_length(parameters, episodes) * parameters.episodes.early_before
    is_early = used < plan[episode]
    reached = (progress >= rules.goals_progress) & (judged >= rules.goals_level)
    return Prospect(
        level=level,
        is_reached=is_early & (attended >= rules.goals_min_attended) & reached,
        is_stuck=is_early
        & (attended >= rules.stuck_min_attended)
        & (progress < rules.stuck_progress),
        has_fit=has_fit,
        used=used,
        alliance=alliance[episode],
    )


def judged_levels(
    parameters: Parameters, slots: Slots, level: Floats, has_fit: Flags, error: Floats
) -> Floats:
    """Return the total that the worker goes by at each slot.

    A form shows the week's state with the true total; without forms the worker errs as well. What
    forms change in this is a part of the effect of FIT, and none of it is left where that is 0.
    """
    blur = np.where(has_fit, max(1.0 - parameters.endings.fit_effect, 0.0), 1.0)
    return level + slots.state + blur * error


def causes(
    parameters: Parameters,
    episodes: Episodes,
    people: People,
    slots: Slots,
    outlook: Prospect,
    uniform: Floats,
) -> Ints:
    """Return what would end the episode at each slot, `NO_EVENT` for nothing."""
    cause = by_chance(parameters, episodes, slots, outlook, uniform)
    too_long = slots.day - episodes.opened[slots.episode] > parameters.episodes.max_days
    ends = (outlook.used >= episodes.target[slots.episode]) | too_long
    cause = np.where((cause == NO_EVENT) & ends, PLANNED_END, cause)
    is_family = np.array([s.is_family for s in parameters.services])[episodes.service]
    is_adult = is_family[slots.episode] & (slots.day >= comes_of_age(people)[slots.episode])
    return np.where(is_adult, AGED_OUT, cause)


def comes_of_age(people: People) -> Ints:
    """Return the day on which each index client turns eighteen."""
    return birthday(people.birth_day[:, INDEX], MAJORITY)


def by_chance(
    parameters: Parameters, episodes: Episodes, slots: Slots, outlook: Prospect, uniform: Floats
) -> Ints:
    """Return the first eight codes where chance brings them, else `NO_EVENT`.

    The codes share one uniform number: each takes the next piece of the interval from 0 to 1.
    """
    beyond = np.zeros(uniform.size)
    cause = np.zeros(uniform.size, dtype=np.int64)
    for chance in chances(parameters, episodes, slots, outlook):
        beyond += chance
        cause += uniform >= beyond
    return np.where(cause < BY_CHANCE, cause, NO_EVENT)


def chances(
    parameters: Parameters, episodes: Episodes, slots: Slots, outlook: Prospect
) -> list[Floats | float]:
    """Return the chances of the first eight codes at each slot."""
    rules = parameters.endings
    may_place = np.array([s.may_place for s in parameters.services])[episodes.service]
    bond = rules.unilateral_per_alliance
    # Half the variance is taken off, so that the mean chance stays where it is set.
    log_hazard = bond * outlook.alliance - bond**2 / 2
    log_hazard += rules.unilateral_per_point * (outlook.level - REFERENCE_LEVEL)
    leaves = np.exp(log_hazard)
    leaves_without = rules.unilateral_with_fit * rules.without_fit_ratio

    def by_fit(with_fit: float, without_fit: float) -> Floats:
        with_effect = without_fit + rules.fit_effect * (with_fit - without_fit)
        return np.where(outlook.has_fit, max(with_effect, 0.0), without_fit)

    return [
        outlook.is_reached * by_fit(rules.goals_with_fit, rules.goals_without_fit),
        outlook.is_stuck * by_fit(rules.not_benefiting_with_fit, rules.not_benefiting_without_fit),
        outlook.is_stuck * by_fit(rules.referred_on_with_fit, rules.referred_on_without_fit),
        leaves * by_fit(rules.unilateral_with_fit, leaves_without),
        rules.moved,
        rules.placed * may_place[slots.episode],
        rules.died,
        rules.other,
    ]


def used_amount(parameters: Parameters, episodes: Episodes, slots: Slots) -> Floats:
    """Return the sessions or days used up to and including each slot, by the service's unit."""
    attended = slots.attended_before + slots.is_attended
    days = slots.day - episodes.opened[slots.episode]
    by_month = in_months(parameters)[episodes.service]
    return np.where(by_month[slots.episode], days, attended).astype(np.float64)


def planned_length(parameters: Parameters, episodes: Episodes) -> Floats:
    """Return the planned sessions, or days where the plan is in months, of each episode."""
    by_month = in_months(parameters)[episodes.service]
    days = np.rint(episodes.planned * (365.25 / 12))
    return np.where(by_month, days, episodes.planned).astype(np.float64)
