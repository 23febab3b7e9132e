"""A small pilot of the organisation: how much shorter episodes are with FIT, and so the queues."""

from __future__ import annotations

import dataclasses

import numpy as np

from fit_warehouse.demo.episodes import Arrivals, plan_episodes
from fit_warehouse.demo.organisation import Organisation
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.parts import follow
from fit_warehouse.demo.people import build_people
from fit_warehouse.demo.queues import shortened
from fit_warehouse.demo.randomness import Floats, Streams
from fit_warehouse.demo.working_time import day_number, working_time

EPISODES = 2_000


def with_queues(
    parameters: Parameters, organisation: Organisation, streams: Streams
) -> Organisation:
    """Return the organisation with the waits that its use of FIT brings."""
    ratio = length_ratios(parameters, organisation, streams)
    with_fit = shares_with_fit(organisation)
    waits = shortened(parameters, organisation.waits, with_fit, ratio)
    return dataclasses.replace(organisation, waits=waits)


def length_ratios(parameters: Parameters, organisation: Organisation, streams: Streams) -> Floats:
    """Return each service's mean time in service with FIT to the one without, L1 / L0.

    All services have as many episodes, and both means come from the same ones with the same chance.
    """
    streams = dataclasses.replace(streams, part="pilot")
    rng = streams.named("arrivals")
    clock = working_time(parameters.calendar)
    n_services = len(parameters.services)
    service = np.arange(EPISODES, dtype=np.int64) % n_services
    last = np.array([day_number(parameters.calendar.last_opening)])
    opened = clock.day(rng.random(EPISODES) * clock.at(last))
    nobody_waits = np.zeros(EPISODES, dtype=np.int64)
    arrivals = Arrivals(service, opened, opened, nobody_waits)
    episodes = plan_episodes(parameters, organisation, arrivals, streams)
    episodes = dataclasses.replace(episodes, fit_from=opened)
    people = build_people(parameters, service, opened, streams)
    ends = follow(parameters, organisation, clock, episodes, people, streams).endings
    with_fit, without = (
        np.bincount(service, weights=end.closed - opened, minlength=n_services)
        for end in (ends.actual, ends.without_fit)
    )
    ratio: Floats = with_fit / without
    return ratio


def shares_with_fit(organisation: Organisation) -> Floats:
    """Return the share of each service's posts whose team uses FIT, (n_services, n_months)."""
    adopted = organisation.team_adopted.astype("datetime64[D]").astype("datetime64[M]")
    uses = adopted.astype(np.int64)[:, np.newaxis] <= organisation.waits.months
    posts = organisation.team_n_posts
    belongs = organisation.team_service == np.arange(len(organisation.services))[:, np.newaxis]
    weights = belongs * posts
    shares: Floats = weights @ uses / weights.sum(axis=1, keepdims=True)
    return shares
