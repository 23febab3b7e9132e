"""The landing tables of a simulated city, with opaque running references."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fit_warehouse.demo.columns import codes, minutes, nothing, refs
from fit_warehouse.demo.endings import CODES
from fit_warehouse.demo.episodes import in_months
from fit_warehouse.demo.forms import INSTRUMENTS, MISSING, Forms
from fit_warehouse.demo.organisation import optional_days, team_codes, worker_refs
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import GUARDIAN, PLACES, ROLES
from fit_warehouse.demo.randomness import Flags, Ints, Streams, draw, uniform_days
from fit_warehouse.demo.raters import CARETAKER, PROFESSIONAL
from fit_warehouse.demo.raters import ROLES as RATER_ROLES
from fit_warehouse.demo.simulation import City
from fit_warehouse.demo.slots import ATTENDANCE
from fit_warehouse.demo.working_time import day_number

SOURCE_SYSTEM = "demo_fit"
ABSENT = -1
MINUTES_PER_DAY = 24 * 60
FIRST_START, LAST_START, START_STEP = 8 * 60, 16 * 60 + 30, 30
LATE_ENTRY_DAYS = [1, 5]
MINUTES_TO_ENTER = 10
# Numbers set aside for the episodes and the sessions of one block: more than a block can have.
EPISODE_NUMBERS, SESSION_NUMBERS = 1 << 15, 1 << 19


@dataclass(frozen=True, slots=True)
class Kept:
    """What is delivered of a block, and its running numbers (0: not delivered).

    Every block has a range of numbers of its own, so that no block has to know another one.

    Attributes
    ----------
    episode, session : (n_episodes,), (n_slots,) array
        Running numbers, episodes by opening day and sessions by date.
    client : (n_episodes, 4) array
        Running numbers of persons.
    form : (n_forms,) array
        Whether the form is delivered.
    first_record : int
        Forms delivered by the blocks before.
    starts_minute, ends_minute : (n_slots,) array
        Minutes since 1970-01-01 at which a session begins and ends.
    duration : (n_slots,) array
        Length of a session in minutes.
    """

    episode: Ints
    session: Ints
    client: Ints
    form: Flags
    first_record: int
    starts_minute: Ints
    ends_minute: Ints
    duration: Ints


def number_kept(
    parameters: Parameters, city: City, keep: Flags, first_record: int, streams: Streams
) -> Kept:
    """Return running numbers for the episodes `keep` and everything in them."""
    rng = streams.named("hours")
    rules, slots = parameters.sessions, city.slots
    session = city.endings.is_kept & keep[slots.episode]
    is_client = city.people.present & keep[:, np.newaxis]
    person = city.people.person[is_client]
    is_person = np.zeros(is_client.size, dtype=np.bool_)
    is_person[person] = True
    client = np.zeros(is_client.shape, dtype=np.int64)
    client[is_client] = np.cumsum(is_person)[person] + PLACES * EPISODE_NUMBERS * streams.block
    n_starts = (LAST_START - FIRST_START) // START_STEP
    start = FIRST_START + START_STEP * rng.integers(0, n_starts, slots.day.size, endpoint=True)
    duration = np.array(rules.durations)[draw(rng, rules.duration_shares, slots.day.size)]
    starts_minute = slots.day * MINUTES_PER_DAY + start
    return Kept(
        episode=running_numbers(keep, city.episodes.opened, EPISODE_NUMBERS * streams.block),
        session=running_numbers(session, slots.day, SESSION_NUMBERS * streams.block),
        client=client,
        form=keep[city.form_episode],
        first_record=first_record,
        starts_minute=starts_minute,
        ends_minute=starts_minute + duration,
        duration=duration,
    )


def running_numbers(keep: Flags, key: Ints, before: int = 0) -> Ints:
    """Return before + 1, before + 2, … for the kept places in the order of `key`, else 0."""
    order = np.flatnonzero(keep)
    later = key[order] - key.min(initial=0)
    # Numbers of two bytes, as days since the first one are, are sorted by counting them.
    short = later.astype(np.min_scalar_type(later.max(initial=0)))
    numbers = np.zeros(keep.size, dtype=np.int64)
    numbers[order[np.argsort(short, kind="stable")]] = before + np.arange(1, order.size + 1)
    return numbers


def in_number_order(numbers: Ints) -> Ints:
    """Return the places that have a running number, in the order of the numbers."""
    places = np.flatnonzero(numbers)
    # Without gaps, so that a number says its place in the order.
    before = numbers.max(initial=0) - places.size
    order = np.empty_like(places)
    order[numbers[places] - before - 1] = places
    return order


def session_table(parameters: Parameters, city: City, kept: Kept, streams: Streams) -> pl.DataFrame:
    """Return the landing table `session`."""
    rng = streams.named("session details")
    rules, slots = parameters.sessions, city.slots
    rows = in_number_order(kept.session)
    missing = rng.random(rows.size) < rules.starts_missing
    channel = draw(rng, rules.channel_shares, rows.size)
    episode = slots.episode[rows]
    services = [service.code for service in parameters.services]
    return pl.DataFrame(
        {
            "session_ref": refs("S", kept.session[rows]),
            "episode_ref": refs("E", kept.episode[episode]),
            "session_date": slots.day[rows].astype("datetime64[D]"),
            "starts_at": minutes(kept.starts_minute[rows], missing),
            "duration_minutes": kept.duration[rows],
            "attendance": codes(ATTENDANCE, slots.attendance[rows]),
            "worker_ref": codes(worker_refs(city.organisation), city.worker[rows]),
            "team_code": codes(team_codes(city.organisation)[0], city.episodes.team[episode]),
            "service_code": codes(services, city.episodes.service[episode]),
            "channel": codes(rules.channels, channel),
            "extracted_at": nothing(rows.size, pl.Datetime),
        }
    )


def episode_table(parameters: Parameters, city: City, kept: Kept) -> pl.DataFrame:
    """Return the landing table `episode`; who still waits has no opening date."""
    rows = in_number_order(kept.episode)
    episodes, ends = city.episodes, city.endings
    services = [service.code for service in parameters.services]
    is_waiting = episodes.opened[rows] > day_number(parameters.calendar.last_session)
    by_month = in_months(parameters)[episodes.service[rows]]
    is_recorded = episodes.is_planned_recorded[rows]
    planned = pl.Series(episodes.planned[rows])
    return pl.DataFrame(
        {
            "episode_ref": refs("E", kept.episode[rows]),
            "service_code": codes(services, episodes.service[rows]),
            "team_code": codes(team_codes(city.organisation)[0], episodes.team[rows]),
            "referred_on": optional_days(episodes.referred[rows]),
            "opened_on": optional_days(np.where(is_waiting, ABSENT, episodes.opened[rows])),
            "closed_on": optional_days(ends.closed[rows]),
            "ending_code": codes([*CODES, "unknown"], ends.code[rows]),
            "planned_sessions": planned.set(pl.Series(by_month | ~is_recorded), None),
            "planned_months": planned.set(pl.Series(~by_month | ~is_recorded), None),
            "planned_days": nothing(rows.size, pl.Int64),
            "onward_service_code": codes(services, ends.onward[rows]),
            "extracted_at": nothing(rows.size, pl.Datetime),
        }
    )


def client_table(parameters: Parameters, city: City, kept: Kept) -> pl.DataFrame:
    """Return the landing table `episode_client`."""
    rows = in_number_order(kept.episode)
    row, place = np.nonzero(kept.client[rows])
    episode = rows[row]
    people = city.people
    year_only = people.has_year_only[episode, place]
    birth = people.birth_day[episode, place]
    birth_date = pl.Series(birth.astype("datetime64[D]"))
    return pl.DataFrame(
        {
            "episode_ref": refs("E", kept.episode[episode]),
            "client_ref": refs("C", kept.client[episode, place]),
            "role": codes(ROLES, people.role[episode, place]),
            "birth_date": birth_date.set(pl.Series(year_only), None),
            "birth_year": birth_date.dt.year().cast(pl.Int64).set(pl.Series(~year_only), None),
            "gender": codes(parameters.people.gender_codes, people.gender[episode, place]),
        }
    )


def response_table(
    parameters: Parameters, city: City, kept: Kept, forms: Forms, streams: Streams
) -> pl.DataFrame:
    """Return the landing table `response`; `forms` are the delivered forms in their order."""
    slots, size = city.slots, forms.rater.size
    of_rater = rater_columns(city, kept)[forms.rater]
    workers = codes(worker_refs(city.organisation), city.worker[forms.slot])
    is_skipped = forms.skip_reason != MISSING
    return pl.DataFrame(
        {
            "source_system": pl.Series([SOURCE_SYSTEM]).new_from_index(0, size),
            "source_record_id": refs("R", kept.first_record + np.arange(1, size + 1)),
            "client_ref": of_rater["client_ref"],
            "episode_ref": of_rater["episode_ref"],
            "session_ref": refs("S", kept.session[forms.slot]),
            "session_date": slots.day[forms.slot].astype("datetime64[D]"),
            "entered_at": entry_times(parameters, kept, forms, streams),
            "instrument_code": codes(INSTRUMENTS, forms.instrument),
            "respondent_role": of_rater["role"],
            "respondent_ref": workers.zip_with(of_rater["is_professional"], of_rater["own_ref"]),
            "worker_ref": workers,
            "team_code": of_rater["team_code"],
            "is_skipped": is_skipped.astype(np.int64),
            "skip_reason": codes(parameters.forms.skip_reasons, forms.skip_reason),
            **score_columns(forms),
            "extracted_at": nothing(size, pl.Datetime),
        }
    )


def rater_columns(city: City, kept: Kept) -> pl.DataFrame:
    """Return what is the same on all forms of a rater, one row for each rater."""
    episode, role = city.raters.episode, city.raters.role
    is_guardian = role == CARETAKER
    return pl.DataFrame(
        {
            "client_ref": refs("C", kept.client[episode, city.raters.client]),
            "episode_ref": refs("E", kept.episode[episode]),
            "role": codes(RATER_ROLES, role),
            "is_professional": role == PROFESSIONAL,
            "own_ref": refs("C", np.where(is_guardian, kept.client[episode, GUARDIAN], 0)),
            "team_code": codes(team_codes(city.organisation)[0], city.episodes.team[episode]),
        }
    )


def entry_times(parameters: Parameters, kept: Kept, forms: Forms, streams: Streams) -> pl.Series:
    """Return when each form was entered: after the session, a few some days later."""
    rng = streams.named("entry times")
    size = forms.rater.size
    minute = kept.ends_minute[forms.slot] + rng.integers(0, MINUTES_TO_ENTER, size)
    is_late = rng.random(size) < parameters.forms.late_entry
    days_late = np.where(is_late, uniform_days(rng, LATE_ENTRY_DAYS, size), 0)
    # Nothing can be entered after the extract, which is taken in the night.
    last_day = day_number(parameters.calendar.extracted_at.date()) - 1
    room = last_day - kept.ends_minute[forms.slot] // MINUTES_PER_DAY
    minute = minute + np.minimum(days_late, room) * MINUTES_PER_DAY
    return minutes(minute, np.zeros(size, dtype=np.bool_))


def score_columns(forms: Forms) -> dict[str, pl.Series]:
    """Return the columns of items and total in points."""
    values = {
        f"item_{number + 1}": forms.items[:, number] for number in range(forms.items.shape[1])
    }
    values["total"] = forms.total
    return {
        name: pl.Series(tenths / 10.0).set(pl.Series(tenths == MISSING), None)
        for name, tenths in values.items()
    }
