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
    waited, waited_without_fit : array
        True days from referral to opening, and what they would be with queues as without FIT.
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
    waited: Ints
    waited_without_fit: Ints
    planned: Ints
    is_planned_recorded: Flags
    target: Floats
    fit_from: Ints

    @property
    def size(self) -> int:
        """Number of episodes."""
        return self.service.size


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Clients as they come to a service; every array is (n_episodes,).

    Attributes
    ----------
    service : array
        Position of the service.
    opened, referred : array
        Day numbers, all known.
    waited_without_fit : array
        Days from referral to opening with queues as without FIT.
    """

    service: Ints
    opened: Ints
    referred: Ints
    waited_without_fit: Ints


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
    """Return `size` planned episodes of families new to the city, in no particular order of time."""
    rng = streams.named("arrivals")
    service = draw(rng, [s.share for s in parameters.services], size)
    last = np.array([day_number(parameters.calendar.last_opening)])
    opened = clock.day(rng.random(size) * clock.at(last))
    wait = rng.exponential(1.0, size)
    waits = organisation.waits
    referred, referred_without_fit = (
        referral_days(parameters, opened, mean * wait)
        for mean in (waits.on(service, opened), waits.usual[service])
    )
    arrivals = Arrivals(service, opened, referred, opened - referred_without_fit)
    return plan_episodes(parameters, organisation, arrivals, streams)


def plan_episodes(
    parameters: Parameters, organisation: Organisation, arrivals: Arrivals, streams: Streams
) -> Episodes:
    """Return the planned episodes of clients who come so."""
    rules = parameters.episodes
    rng = streams.named("episodes")
    service, opened, size = arrivals.service, arrivals.opened, arrivals.service.size
    team = random_team(organisation, service, rng)
    within_team = np.floor(rng.random(size) * organisation.team_n_posts[team]).astype(np.int64)
    planned = planned_amounts(parameters, service, rng)
    unit = np.where(in_months(parameters)[service], DAYS_PER_MONTH, 1.0)
    return Episodes(
        service=service,
        team=team,
        post=organisation.team_first_post[team] + within_team,
        opened=opened,
        referred=recorded_referrals(parameters, arrivals, rng),
        waited=opened - arrivals.referred,
        waited_without_fit=arrivals.waited_without_fit,
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


def referral_days(parameters: Parameters, opened: Ints, wait: Floats) -> Ints:
    """Return the day of referral of clients who waited `wait` days.

    Who opens only after the last session day of the extract is still waiting then, so that referral
    lies inside the period.
    """
    last = day_number(parameters.calendar.last_session)
    return np.minimum(opened - wait.astype(np.int64), last)


def recorded_referrals(
    parameters: Parameters, arrivals: Arrivals, rng: np.random.Generator
) -> Ints:
    """Return the days of referral as recorded, -1 where they are not; who waits always has one."""
    is_missing = rng.random(arrivals.service.size) < parameters.episodes.referral_missing
    is_open = arrivals.opened <= day_number(parameters.calendar.last_session)
    return np.where(is_missing & is_open, -1, arrivals.referred)


def first_fit_days(
    parameters: Parameters, adopted: Ints, opened: Ints, rng: np.random.Generator
) -> Ints:
    """Return the first day with forms: the adoption, or never in most of the running episodes."""
    never = day_number(parameters.calendar.last_opening) + 1
    joins = rng.random(adopted.size) < parameters.forms.late_start
    return np.where((opened >= adopted) | joins, adopted, never)
