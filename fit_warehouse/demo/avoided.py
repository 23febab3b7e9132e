"""Services put off or not needed: decisions in family episodes with FIT that reached their goals."""

from __future__ import annotations

import numpy as np
import polars as pl

from fit_warehouse.demo.columns import codes, refs
from fit_warehouse.demo.endings import onward_services
from fit_warehouse.demo.hazards import CODES
from fit_warehouse.demo.organisation import optional_days
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.people import INDEX
from fit_warehouse.demo.randomness import Streams, uniform_days
from fit_warehouse.demo.simulation import City
from fit_warehouse.demo.tables import Kept
from fit_warehouse.demo.working_time import day_number

GOALS_REACHED = CODES.index("goals_reached_early")
KINDS = ("deferred", "avoided")


def avoided_table(parameters: Parameters, city: City, kept: Kept, streams: Streams) -> pl.DataFrame:
    """Return the landing table `avoided_service`: decided when the episode closed."""
    rules, services = parameters.avoided, parameters.services
    rng = streams.named("avoided services")
    ends, episodes = city.endings, city.episodes
    size = episodes.size
    is_family = np.array([s.is_family for s in services])[episodes.service]
    happens = (rng.random(size) < rules.chance) & is_family & (kept.episode > 0)
    happens &= (ends.actual.code == GOALS_REACHED) & (ends.closed >= 0)
    happens &= episodes.fit_from <= ends.closed
    is_avoided = rng.random(size) >= rules.deferred
    revisited = ends.closed + uniform_days(rng, rules.revisit_days, size)
    is_known = ~is_avoided & (revisited <= day_number(parameters.calendar.last_session))
    service = onward_services(parameters, episodes.service, rng)
    rows = np.flatnonzero(happens)
    rows = rows[np.argsort(kept.episode[rows])]
    return pl.DataFrame(
        {
            "client_ref": refs("C", kept.client[rows, INDEX]),
            "episode_ref": refs("E", kept.episode[rows]),
            "service_code": codes([s.code for s in services], service[rows]),
            "decided_on": optional_days(ends.closed[rows]),
            "kind": codes(KINDS, is_avoided[rows] * 1),
            "revisited_on": optional_days(np.where(is_known, revisited, -1)[rows]),
            "source": pl.Series([rules.source], dtype=pl.String).new_from_index(0, rows.size),
        }
    )
