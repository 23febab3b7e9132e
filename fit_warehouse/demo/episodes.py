"""Episodes as they are planned: service, team, worker's post, dates of referral and opening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, draw
from fit_warehouse.demo.working_time import WorkingTime, day_number

DAYS_PER_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Episodes:
    """Planned episodes; every array is (n_episodes,).

    Attributes
    ----------
    service, team, post : array
        Positions in the organisation.
    opened, referred : array
        Day numbers; `referred` is -1 where it is not recorded.
    planned : array
        Planned sessions or months, by the service's unit.
    is_planned_recorded : array
        The planned amount is delivered.
    target : array
        What the episode would last if nothing cut it short: sessions or days.
    fit_from : array
        First day on which forms are used in the episode.
    """

    service: Ints
    team: Ints
    post: Ints
    opened: Ints
    referred: Ints
    planned: Ints
    is_planned_recorded: Flags
    target: Floats
    fit_from: Ints

    @property
    def size(self) -> int:
        """Number of episodes."""
        return self.service.size


def in_months(parameters: Parameters) -> Flags:
    """Return for each service whether its length is planned in months instead of sessions."""
    return np.array([s.planned_unit == "month" for s in parameters.services])


def build_episodes(
    parameters: Parameters,
    organisation: Organisation,
    clock: WorkingTime,
    size: int,
    streams: Streams,
) -> Episodes:
    """Return `size` planned episodes in no particular order of time."""
    rules = parameters.episodes
    rng = streams.named("episodes")
    service = draw(rng, [s.share for s in parameters.services], size)
    team = random_team(organisation, service, rng)
    within_team = np.floor(rng.random(size) * organisation.team_n_posts[team]).astype(np.int64)
    last = np.array([day_number(parameters.calendar.last_opening)])
    opened = clock.day(rng.random(size) * clock.at(last))
    planned = planned_amounts(parameters, service, rng)
    unit = np.where(in_months(parameters)[service], DAYS_PER_MONTH, 1.0)
    return Episodes(
        service=service,
        team=team,
        post=organisation.team_first_post[team] + within_team,
        opened=opened,
        referred=referral_days(parameters, service, opened, rng),
        planned=planned,
        is_planned_recorded=rng.random(size) >= rules.planned_missing,
        target=planned * unit * rng.lognormal(0.0, rules.length_log_sd, size),
        fit_from=first_fit_days(parameters, organisation.team_adopted[team], opened, rng),
    )


def random_team(organisation: Organisation, service: Ints, rng: np.random.Generator) -> Ints:
    """Return a team of the service for each episode, larger teams taking more."""
    uniform = rng.random(service.size)
    team = np.zeros(service.size, dtype=np.int64)
    for position in range(len(organisation.services)):
        teams = np.flatnonzero(organisation.team_service == position)
        weights = np.cumsum(organisation.team_n_posts[teams])
        chosen = service == position
        team[chosen] = teams[np.searchsorted(weights / weights[-1], uniform[chosen], side="right")]
    return team


def planned_amounts(parameters: Parameters, service: Ints, rng: np.random.Generator) -> Ints:
    """Return the planned sessions or months of each episode."""
    planned = np.zeros(service.size, dtype=np.int64)
    for position, rules in enumerate(parameters.services):
        drawn = draw(rng, rules.planned_shares, service.size)
        chosen = service == position
        planned[chosen] = np.array(rules.planned_choices)[drawn[chosen]]
    return planned


def referral_days(
    parameters: Parameters, service: Ints, opened: Ints, rng: np.random.Generator
) -> Ints:
    """Return the day of referral, -1 where it is not recorded.

    Who opens only after the last session day of the extract is still waiting then: that referral
    is always known, and lies inside the period.
    """
    last = day_number(parameters.calendar.last_session)
    mean_wait = np.array([s.wait_days for s in parameters.services], dtype=np.float64)
    wait = np.floor(rng.exponential(mean_wait[service])).astype(np.int64)
    referred = np.minimum(opened - wait, last)
    is_missing = rng.random(service.size) < parameters.episodes.referral_missing
    return np.where(is_missing & (opened <= last), -1, referred)


def first_fit_days(
    parameters: Parameters, adopted: Ints, opened: Ints, rng: np.random.Generator
) -> Ints:
    """Return the first day with forms: the adoption, or never in most of the running episodes."""
    never = day_number(parameters.calendar.last_opening) + 1
    joins = rng.random(adopted.size) < parameters.forms.late_start
    return np.where((opened >= adopted) | joins, adopted, never)
