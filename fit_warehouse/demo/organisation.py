"""Services, teams and workers.

A *post* is a place in a team that one worker holds and that may pass to a successor once. Episodes
belong to posts, so a client meets the successor after the change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fit_warehouse.demo.parameters import Parameters, Service
from fit_warehouse.demo.queues import Waits, usual_waits
from fit_warehouse.demo.randomness import Flags, Floats, Ints, Streams, uniform_days
from fit_warehouse.demo.working_time import day_number

NEVER = np.iinfo(np.int64).max
DAYS_EMPLOYED_BEFORE = 1500


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation as arrays; a team, post or worker is its position.

    Attributes
    ----------
    services : tuple of Service
        In the order of `city.toml`.
    team_service, team_adopted : (n_teams,) array
        Position of the team's service; day on which the team adopted FIT.
    team_gain : (n_teams,) array
        What the team adds to its clients' gain, points.
    post_team, post_holder, post_successor, post_change : (n_posts,) array
        Team, first and second worker of a post and the day of the change (`NEVER` without one).
    team_first_post, team_n_posts : (n_teams,) array
        Posts of a team stand next to each other.
    worker_gain, worker_log_odds : (n_workers,) array
        What the worker adds to the clients' gain, and to the log odds that a form is filled in.
    worker_trained : (n_workers,) array
        Day of training; -1 where it is not recorded.
    worker_is_trainer : (n_workers,) array
        Own trainers.
    waits : Waits
        How long clients wait, by service and month.
    """

    services: tuple[Service, ...]
    team_service: Ints
    team_adopted: Ints
    team_gain: Floats
    post_team: Ints
    post_holder: Ints
    post_successor: Ints
    post_change: Ints
    team_first_post: Ints
    team_n_posts: Ints
    worker_gain: Floats
    worker_log_odds: Floats
    worker_trained: Ints
    worker_is_trainer: Flags
    waits: Waits

    def worker_on(self, post: Ints, day: Ints) -> Ints:
        """Return the worker who holds each post on each day."""
        return np.where(
            day < self.post_change[post], self.post_holder[post], self.post_successor[post]
        )


def team_count(parameters: Parameters, forms: int) -> int:
    """Return the number of teams of a city with `forms` forms: at least one per service."""
    organisation = parameters.organisation
    if organisation.teams:
        return organisation.teams
    growth: float = (forms / organisation.reference_forms) ** organisation.team_growth
    wanted = round(organisation.teams_at_reference * growth)
    return min(max(wanted, len(parameters.services)), organisation.most_teams)


def teams_by_service(shares: Floats, n_teams: int) -> Ints:
    """Return the service of each team: one team for each, the others by largest need left."""
    counts = np.ones(shares.size, dtype=np.int64)
    for _ in range(n_teams - shares.size):
        counts[np.argmax(shares / counts)] += 1
    return np.repeat(np.arange(shares.size), counts)


def build_organisation(parameters: Parameters, forms: int, streams: Streams) -> Organisation:
    """Return the organisation of a city with `forms` forms, with waits as they are without FIT.

    `pilot.with_queues` puts those in their place that the use of FIT brings.
    """
    rules, course = parameters.organisation, parameters.course
    rng = streams.named("organisation")
    shares = np.array([service.share for service in parameters.services])
    team_service = teams_by_service(shares, team_count(parameters, forms))
    n_teams = team_service.size
    n_posts = uniform_days(rng, rules.workers_per_team, n_teams)
    post_team = np.repeat(np.arange(n_teams), n_posts)
    changes = rng.random(post_team.size) < rules.turnover
    first, last = (
        day_number(parameters.calendar.first_opening),
        day_number(parameters.calendar.last_session),
    )
    change_day = uniform_days(rng, [first + 30, last - 30], post_team.size)
    holder = np.arange(post_team.size)
    successor = np.where(changes, post_team.size + np.cumsum(changes) - 1, holder)
    worker_team = np.concatenate([post_team, post_team[changes]])
    adopted = adoption_days(parameters, n_teams, rng)
    trained = adopted[worker_team] + uniform_days(rng, rules.training_days, worker_team.size)
    # A successor is trained after joining, not before.
    trained[post_team.size :] = np.maximum(trained[post_team.size :], change_day[changes] + 60)
    trained[rng.random(worker_team.size) < rules.training_missing] = -1
    return Organisation(
        services=parameters.services,
        team_service=team_service,
        team_adopted=adopted,
        team_gain=rng.normal(0.0, course.gain_sd * np.sqrt(course.team_icc), n_teams),
        post_team=post_team,
        post_holder=holder,
        post_successor=successor,
        post_change=np.where(changes, change_day, NEVER),
        team_first_post=np.cumsum(n_posts) - n_posts,
        team_n_posts=n_posts,
        worker_gain=rng.normal(0.0, course.gain_sd * np.sqrt(course.worker_icc), worker_team.size),
        worker_log_odds=rng.normal(0.0, parameters.forms.worker_log_odds_sd, worker_team.size),
        worker_trained=trained,
        worker_is_trainer=rng.random(worker_team.size) < rules.trainer_share,
        waits=usual_waits(parameters),
    )


def adoption_days(parameters: Parameters, n_teams: int, rng: np.random.Generator) -> Ints:
    """Return the first of a month for each team, in even steps over the roll-out, in random order."""
    rules = parameters.organisation
    bounds = [rules.first_adoption, rules.last_adoption]
    first, last = (day.year * 12 + day.month - 1 for day in bounds)
    months = np.rint(np.linspace(first, last, n_teams)).astype(np.int64) - 1970 * 12
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return rng.permutation(days)


def team_codes(organisation: Organisation) -> tuple[list[str], list[int]]:
    """Return each team's code and its running number within its service."""
    # Teams of a service stand next to each other.
    _, first, service = np.unique(organisation.team_service, return_index=True, return_inverse=True)
    numbers: list[int] = (np.arange(service.size) - first[service] + 1).tolist()
    codes = [
        f"{organisation.services[service].code}_{number}"
        for service, number in zip(organisation.team_service, numbers, strict=True)
    ]
    return codes, numbers


def worker_refs(organisation: Organisation) -> list[str]:
    """Return the opaque reference of each worker."""
    return [f"W-{number:04d}" for number in range(1, organisation.worker_gain.size + 1)]


def service_table(organisation: Organisation) -> pl.DataFrame:
    """Return the landing table `service`; the task code stays empty, no code list being at hand."""
    names = ("name_fi", "name_sv", "name_en")
    columns = {name: [getattr(s, name) for s in organisation.services] for name in names}
    return pl.DataFrame(
        {
            "service_code": [service.code for service in organisation.services],
            **columns,
            "task_code": pl.Series([None] * len(organisation.services), dtype=pl.String),
            "measure_rhythm": [service.measure_rhythm for service in organisation.services],
        }
    )


def team_table(organisation: Organisation) -> pl.DataFrame:
    """Return the landing table `team`; synthetic teams have no unit identifier."""
    codes, numbers = team_codes(organisation)
    services = [organisation.services[service] for service in organisation.team_service]
    pairs = list(zip(services, numbers, strict=True))
    return pl.DataFrame(
        {
            "team_code": codes,
            "name_fi": [service.team_fi.format(number=number) for service, number in pairs],
            "name_sv": [service.team_sv.format(number=number) for service, number in pairs],
            "name_en": [service.team_en.format(number=number) for service, number in pairs],
            "service_code": [service.code for service in services],
            "unit_oid": pl.Series([None] * len(codes), dtype=pl.String),
            "fit_adopted_on": organisation.team_adopted.astype("datetime64[D]"),
        }
    )


def worker_table(organisation: Organisation, parameters: Parameters) -> pl.DataFrame:
    """Return the landing table `worker`; a first holder's time ends the day before the change."""
    has_successor = organisation.post_change != NEVER
    n_posts = organisation.post_team.size
    first_day = day_number(parameters.calendar.first_opening) - DAYS_EMPLOYED_BEFORE
    start = np.full(organisation.worker_gain.size, first_day)
    # Employment goes back a different time for each post, always before the first opening.
    start[:n_posts] += (np.arange(n_posts) * 37) % (DAYS_EMPLOYED_BEFORE - 100)
    start[n_posts:] = organisation.post_change[has_successor]
    end = np.full(organisation.worker_gain.size, -1)
    end[:n_posts][has_successor] = organisation.post_change[has_successor] - 1
    team = np.concatenate([organisation.post_team, organisation.post_team[has_successor]])
    trained = organisation.worker_trained.copy()
    # Who left before the training, or whose training lies after the extract, is not trained.
    left_before = (end >= 0) & (trained > end)
    trained[left_before | (trained > day_number(parameters.calendar.last_session))] = -1
    codes, _ = team_codes(organisation)
    return pl.DataFrame(
        {
            "worker_ref": worker_refs(organisation),
            "team_code": [codes[position] for position in team],
            "trained_on": optional_days(trained),
            "is_trainer": organisation.worker_is_trainer.astype(np.int64),
            "valid_from": start.astype("datetime64[D]"),
            "valid_to": optional_days(end),
        }
    )


def price_table(parameters: Parameters) -> pl.DataFrame:
    """Return the landing table `unit_price`."""
    schema = {
        "service_code": pl.String,
        "basis": pl.String,
        "amount_eur": pl.Float64,
        "planned_units": pl.Int64,
        "planned_unit": pl.String,
        "per": pl.String,
        "valid_from": pl.Date,
        "valid_to": pl.Date,
        "price_year": pl.Int64,
        "procurement": pl.String,
        "no_show_is_used": pl.Int64,
        "vat_included": pl.Int64,
        "source": pl.String,
    }
    rows = [{"vat_included": 0, **price} for price in parameters.prices]
    return pl.DataFrame(rows, schema=schema)


def assumption_table(parameters: Parameters) -> pl.DataFrame:
    """Return the landing table `cost_assumption`."""
    schema = {
        "factor": pl.String,
        "service_code": pl.String,
        "low": pl.Float64,
        "base": pl.Float64,
        "high": pl.Float64,
        "unit": pl.String,
        "valid_from": pl.Date,
        "valid_to": pl.Date,
        "is_assumption": pl.Int64,
        "source": pl.String,
    }
    return pl.DataFrame(parameters.cost_assumptions, schema=schema)


def fit_cost_table(parameters: Parameters) -> pl.DataFrame:
    """Return the landing table `fit_cost`."""
    schema = {
        "cost_item": pl.String,
        "team_code": pl.String,
        "amount_eur": pl.Float64,
        "per": pl.String,
        "quantity": pl.Float64,
        "period_from": pl.Date,
        "period_to": pl.Date,
        "price_year": pl.Int64,
        "vat_included": pl.Int64,
        "source": pl.String,
    }
    rows = [{"vat_included": 0, **cost} for cost in parameters.fit_costs]
    return pl.DataFrame(rows, schema=schema)


def optional_days(days: Ints) -> pl.Series:
    """Return a date column in which negative day numbers are missing."""
    dates = pl.Series(days.astype("datetime64[D]"))
    return dates.set(pl.Series(days < 0), None)
