"""Forms: which are filled in, skipped or absent, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from fit_warehouse.demo.course import (
    ITEMS,
    Courses,
    Tenths,
    item_profiles,
    prem_items,
    prom_items,
    sums,
    true_total,
    with_styles,
)
from fit_warehouse.demo.episodes import Episodes
from fit_warehouse.demo.parameters import FormParameters, Parameters
from fit_warehouse.demo.people import People, birthday
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, draw
from fit_warehouse.demo.raters import TEENS_BEGIN, Raters
from fit_warehouse.demo.slots import Slots

INSTRUMENTS = ("ORS", "CORS", "YCORS", "SRS", "CSRS", "YCSRS")
ADULT_FORM, CHILD_FORM, YOUNG_FORM = range(3)
PREM_OFFSET = 3
MISSING = -1
NOT_OFFERED = "not_offered"
LATE_BASELINE_AFTER = 2
REFERENCE_LEVEL = 22.0


@dataclass(frozen=True, slots=True)
class Forms:
    """Form rows; every array is (n_forms,) unless it says otherwise, ordered by rater and session.

    Attributes
    ----------
    rater, slot : array
        Positions of the rater and of the meeting.
    instrument : array
        Position in `INSTRUMENTS`.
    skip_reason : array
        Position in the skip reasons, `MISSING` for a form that was filled in.
    items : (n_forms, 4) array
        Marks in tenths, `MISSING` where there is none.
    total : array
        Total in tenths, `MISSING` where there is none.
    level : array
        The rater's true total at the meeting, points; never delivered.
    chance : array
        True probability that the form was filled in; never delivered.
    """

    rater: Ints
    slot: Ints
    instrument: Ints
    skip_reason: Ints
    items: Tenths
    total: Tenths
    level: Floats
    chance: Floats

    def take(self, rows: Ints | Flags) -> Forms:
        """Return the given rows."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Forms(
            **{field.name: getattr(self, field.name).take(places, axis=0) for field in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class Occasions:
    """Every meeting at which a rater could fill in forms; arrays are (n_occasions,)."""

    rater: Ints
    slot: Ints


def form_slots(
    parameters: Parameters, episodes: Episodes, slots: Slots, is_kept: Flags, streams: Streams
) -> Ints:
    """Return the positions of the meetings at which forms are due.

    Forms are due at attended meetings once FIT has begun; where the service measures by the week,
    only at the first attended meeting of a calendar week.
    """
    service = episodes.service
    due = is_kept & slots.is_attended & (slots.day >= episodes.fit_from[slots.episode])
    begins_late = streams.named("late baselines").random(service.size)
    is_late = begins_late < parameters.forms.late_baseline
    due &= ~(is_late[slots.episode] & (slots.attended_before < LATE_BASELINE_AFTER))
    position = np.flatnonzero(due)
    weekly = np.array([s.measure_rhythm == "week" for s in parameters.services])
    episode = slots.episode[position]
    # Day 0 was a Thursday; weeks begin on Mondays.
    week = (slots.day[position] + 3) // 7
    repeats = np.zeros(position.size, dtype=np.bool_)
    repeats[1:] = (episode[1:] == episode[:-1]) & (week[1:] == week[:-1])
    due_slots: Ints = position[~(repeats & weekly[service[episode]])]
    return due_slots


def occasions(raters: Raters, slots: Slots, due: Ints, n_episodes: int) -> Occasions:
    """Return each rater's meetings with forms due."""
    per_episode = np.bincount(slots.episode[due], minlength=n_episodes)
    first = np.cumsum(per_episode) - per_episode
    count = per_episode[raters.episode]
    rater = np.repeat(np.arange(raters.episode.size), count)
    within = np.arange(rater.size) - np.repeat(np.cumsum(count) - count, count)
    return Occasions(rater=rater, slot=due[first[raters.episode[rater]] + within])


def attended(every: Occasions, raters: Raters, streams: Streams) -> Occasions:
    """Return the meetings at which the rater was present."""
    uniform = streams.named("presence").random(every.rater.size)
    is_present = uniform < raters.presence[every.rater]
    return Occasions(every.rater[is_present], every.slot[is_present])


def build_forms(
    parameters: Parameters,
    people: People,
    raters: Raters,
    courses: Courses,
    slots: Slots,
    due: Ints,
    log_odds: Floats,
    alliance: Floats,
    streams: Streams,
) -> Forms:
    """Return all form rows of the city without flaws.

    Parameters
    ----------
    parameters, people, raters, slots, streams : object
        The city so far.
    courses : Courses
        Of the raters.
    due : array
        Positions of the meetings at which forms are due.
    log_odds : (n_slots,) array
        What the worker of each meeting adds to the log odds that a form is filled in.
    alliance : (n_raters,) array
        Each rater's distance from a good alliance.
    """
    present = attended(occasions(raters, slots, due, people.birth_day.shape[0]), raters, streams)
    level = true_total(
        parameters.course,
        courses.start[present.rater],
        courses.gain[present.rater],
        courses.shared[present.rater] * slots.shock[present.slot],
        slots.attended_before[present.slot],
    )
    odds = log_odds[present.slot] + parameters.forms.filled_per_point * (level - REFERENCE_LEVEL)
    parts = []
    for is_prem in (False, True):
        chance = filled_chance(parameters.forms, odds, is_prem)
        reason, is_row = skips(parameters, raters, present.rater, chance, is_prem, streams)
        rows = np.flatnonzero(is_row)
        prom = instruments(people, raters, slots, present.rater[rows], present.slot[rows])
        blank = Forms(
            rater=present.rater[rows],
            slot=present.slot[rows],
            instrument=prom + PREM_OFFSET * is_prem,
            skip_reason=reason[rows],
            items=np.full((rows.size, ITEMS), MISSING, dtype=np.int16),
            total=np.full(rows.size, MISSING, dtype=np.int16),
            level=level[rows],
            chance=chance[rows],
        )
        is_index = courses.shared == 1.0
        parts.append(fill_in(parameters, blank, alliance, is_index, slots, is_prem, streams))
    return in_date_order(parts, slots)


def filled_chance(rules: FormParameters, log_odds: Floats, is_prem: bool) -> Floats:
    """Return the probability that a form is filled in, `log_odds` away from the usual one."""
    filled = rules.prem_filled if is_prem else rules.prom_filled
    usual = np.log(filled / (1.0 - filled))
    chance: Floats = 1.0 / (1.0 + np.exp(-(usual + log_odds)))
    return chance


def skips(
    parameters: Parameters,
    raters: Raters,
    rater: Ints,
    chance: Floats,
    is_prem: bool,
    streams: Streams,
) -> tuple[Ints, Flags]:
    """Return the skip reason of each possible form and whether it leaves a row at all."""
    rules = parameters.forms
    rng = streams.named("prem use" if is_prem else "prom use")
    is_filled = rng.random(rater.size) < chance
    is_recorded = rng.random(rater.size) < rules.skip_recorded
    reason = draw(rng, rules.skip_reason_shares, rater.size)
    is_young = raters.is_too_young[rater]
    reason = np.where(is_young, rules.skip_reasons.index(NOT_OFFERED), reason)
    reason = np.where(is_filled & ~is_young, MISSING, reason)
    is_noted = rng.random(rater.size) < rules.young_not_offered
    is_row = np.where(is_young, is_noted, is_filled | is_recorded)
    return reason, is_row & (raters.has_prem[rater] if is_prem else True)


def instruments(people: People, raters: Raters, slots: Slots, rater: Ints, slot: Ints) -> Ints:
    """Return the PROM instrument that each rater uses at each meeting."""
    thirteenth = birthday(people.birth_day[raters.episode, raters.client], TEENS_BEGIN)
    has_changed = raters.changes_form[rater] & (slots.day[slot] >= thirteenth[rater])
    is_child_form = raters.is_child_form[rater] & ~has_changed
    form = np.where(is_child_form, CHILD_FORM, ADULT_FORM)
    return np.where(raters.is_too_young[rater], YOUNG_FORM, form)


def fill_in(
    parameters: Parameters,
    blank: Forms,
    alliance: Floats,
    is_index: Flags,
    slots: Slots,
    is_prem: bool,
    streams: Streams,
) -> Forms:
    """Return the forms with items and totals where they were filled in."""
    rules, n_raters = parameters.forms, alliance.size
    rng = streams.named("prem items" if is_prem else "prom items")
    filled = np.flatnonzero(blank.skip_reason == MISSING)
    rater = blank.rater[filled]
    sessions = slots.attended_before[blank.slot[filled]]
    if is_prem:
        marks = prem_items(parameters.prem, alliance[rater], sessions, rng)
    else:
        profile = item_profiles(parameters.course, n_raters, streams)
        # The index client's state is the one that the worker saw; others have weeks of their own.
        own = rng.normal(0.0, parameters.course.state_sd, filled.size)
        state = np.where(is_index[rater], slots.state[blank.slot[filled]], own)
        marks = prom_items(parameters.course, blank.level[filled] + state, profile[rater], rng)
    style = streams.named("styles").random((n_raters, 2))
    is_straight = style[:, 0] < rules.straight_lining
    is_best = is_prem & (style[:, 1] < rules.always_best)
    marks = with_styles(marks, is_straight[rater], is_best[rater])
    items, totals = blank.items.copy(), blank.total.copy()
    items[filled], totals[filled] = partly_recorded(parameters, marks, rng)
    return replace(blank, items=items, total=totals)


def partly_recorded(
    parameters: Parameters, marks: Tenths, rng: np.random.Generator
) -> tuple[Tenths, Tenths]:
    """Return items and totals of which a few lost an item (so the total too) or all items."""
    rules = parameters.forms
    items, totals = marks.copy(), sums(marks)
    uniform = rng.random(totals.size)
    lost = np.flatnonzero(uniform < rules.incomplete)
    items[lost, rng.integers(0, ITEMS, lost.size)] = MISSING
    totals[lost] = MISSING
    items[uniform >= 1.0 - rules.total_only] = MISSING
    return items, totals


def in_date_order(parts: list[Forms], slots: Slots) -> Forms:
    """Return all forms by session day, then by meeting, rater and instrument."""
    joined = Forms(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Forms)
        }
    )
    # One number for the whole order, as it takes one quick sort instead of four.
    key = slots.day[joined.slot] * slots.day.size + joined.slot
    key = key * (joined.rater.max(initial=0) + 1) + joined.rater
    return joined.take(np.argsort(key * len(INSTRUMENTS) + joined.instrument))
