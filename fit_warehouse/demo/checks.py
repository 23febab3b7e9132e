"""Which numbers a city can have: impossible ones are refused in a sentence."""

from __future__ import annotations

import dataclasses

from fit_warehouse.demo.parameters import Parameters

MOST_TEAMS = 2_000
# Extracts are taken monthly, and February is the shortest month.
MOST_CORRECTION_DAYS = 27
QUOTED = ',;"\r\n'  # in CSV


def check(parameters: Parameters) -> None:
    """Raise ValueError unless a city can have these numbers."""
    check_spreads(parameters)
    check_shares(parameters)
    check_services(parameters)
    check_codes(parameters)
    check_next(parameters)
    check_extracts(parameters)
    calendar, organisation = parameters.calendar, parameters.organisation
    first, last = organisation.first_adoption, organisation.last_adoption
    if not calendar.first_opening < calendar.last_session:
        raise ValueError("the last session must come after the first opening")
    if first > last:
        raise ValueError(f"the first adoption {first} must not be after the last one {last}")
    if last > calendar.last_session:
        raise ValueError(
            f"the last adoption {last} must not be after the end of the period, "
            f"{calendar.last_session}"
        )
    if not 0 <= organisation.teams <= MOST_TEAMS:
        raise ValueError(f"teams must be 0 to {MOST_TEAMS}, not {organisation.teams}")
    if 0 < organisation.teams < len(parameters.services):
        raise ValueError(
            f"teams must be {len(parameters.services)} or more, one for each service, "
            f"not {organisation.teams}"
        )
    if not 0.0 <= parameters.endings.fit_effect <= 10.0:
        raise ValueError(f"effect must be 0 to 10, not {parameters.endings.fit_effect:g}")


def check_services(parameters: Parameters) -> None:
    """Raise ValueError unless prices and referrals name services, and every service has a price."""
    known = {service.code for service in parameters.services}
    priced = {price["service_code"] for price in parameters.prices}
    onward = {code for service in parameters.services for code in service.onward}
    unknown = sorted((priced | onward) - known)
    if unknown:
        raise ValueError(f"a price or a referral names {', '.join(unknown)}, which is no service")
    for service in parameters.services:
        if not service.onward:
            raise ValueError(f"{service.code} must name a service in onward, if only itself")
    if priced != known:
        raise ValueError(f"there is no price for {', '.join(sorted(known - priced))}")


def check_codes(parameters: Parameters) -> None:
    """Raise ValueError for a code that a CSV file would have to put in quotes."""
    codes = {
        "services.code": [service.code for service in parameters.services],
        "forms.skip_reasons": parameters.forms.skip_reasons,
        "people.gender_codes": parameters.people.gender_codes,
        "sessions.channels": parameters.sessions.channels,
    }
    for key, names in codes.items():
        for name in names:
            if not name or set(name) & set(QUOTED):
                raise ValueError(
                    f"{key}: a code is a word without commas, semicolons, quotes and line breaks, "
                    f"not {name!r}"
                )


def check_next(parameters: Parameters) -> None:
    """Raise ValueError unless families can come again and queues can drain with these numbers."""
    rules, queue = parameters.next, parameters.queue
    shares = {
        "next.onward_starts": rules.onward_starts,
        "next.return_chance": rules.return_chance,
        "next.start_carry": rules.start_carry,
        "queue.share_used": queue.share_used,
    }
    for key, value in shares.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{key} is a share, 0 to 1, not {value:g}")
    if not 0 < queue.shortest_share <= 1:
        raise ValueError(
            f"queue.shortest_share must be above 0 and at most 1, not {queue.shortest_share:g}"
        )
    if len(rules.return_days) != 2 or not 0 < rules.return_days[0] < rules.return_days[1]:
        raise ValueError(
            "next.return_days must be two numbers of days, a small one of 1 or more and a larger "
            f"one, not {rules.return_days}"
        )
    if not rules.return_mean_days > 0:
        raise ValueError(f"next.return_mean_days must be above 0, not {rules.return_mean_days:g}")
    for service in parameters.services:
        if service.wait_days < 0:
            raise ValueError(
                f"wait_days of {service.code} must be 0 or more, not {service.wait_days:g}"
            )


def check_extracts(parameters: Parameters) -> None:
    """Raise ValueError unless a correction can come between the extract that shows a slip and the next."""
    rules = parameters.extracts
    days = rules.correction_days
    if len(days) != 2 or not 1 <= days[0] <= days[1] <= MOST_CORRECTION_DAYS:
        raise ValueError(
            "correction_days must be two numbers, the smaller one first, "
            f"from 1 to {MOST_CORRECTION_DAYS}, not {days}"
        )
    if not 0 <= rules.overlap_days <= MOST_CORRECTION_DAYS:
        raise ValueError(
            f"overlap_days must be 0 to {MOST_CORRECTION_DAYS}, not {rules.overlap_days}"
        )


def check_spreads(parameters: Parameters) -> None:
    """Raise ValueError for a spread below 0, and for intraclass correlations that leave nothing."""
    groups = dataclasses.asdict(parameters)
    groups |= {f"intake.{name}": values for name, values in groups["intake"].items()}
    lists = {"intake", "services", "prices", "cost_assumptions", "fit_costs"}
    names = [name for name in groups if name not in lists]
    for name in names:
        for key, value in groups[name].items():
            if (key == "sd" or key.endswith("_sd")) and value < 0:
                raise ValueError(f"{name}.{key} is a spread and must not be negative: {value:g}")
    worker, team = parameters.course.worker_icc, parameters.course.team_icc
    if min(worker, team) < 0 or worker + team >= 1:
        raise ValueError(
            "worker_icc and team_icc are shares of one variance: each 0 or more, together below 1, "
            f"not {worker:g} and {team:g}"
        )


def check_shares(parameters: Parameters) -> None:
    """Raise ValueError for a probability or a share outside 0 to 1."""
    endings, forms = parameters.endings, parameters.forms
    chances = {key: getattr(endings, key) for key in ("moved", "placed", "died", "other")}
    chances |= {
        key: value for key, value in dataclasses.asdict(endings).items() if "with_fit" in key
    }
    chances |= {
        key: getattr(forms, key)
        for key in ("late_start", "late_baseline", "straight_lining", "always_best", "incomplete")
    }
    chances |= {"shock_chance": parameters.course.shock_chance}
    chances |= {"totals_only": parameters.openfit.totals_only}
    chances |= dataclasses.asdict(parameters.flaws) | {"smallest_file": 0, "smallest_month": 0}
    extracts = dataclasses.asdict(parameters.extracts)
    chances |= {key: value for key, value in extracts.items() if not key.endswith("_days")}
    for key, value in chances.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{key} is a probability, 0 to 1, not {value:g}")
    for key in ("prom_filled", "prem_filled"):
        if not 0 < getattr(forms, key) < 1:
            raise ValueError(f"{key} must be between 0 and 1, not {getattr(forms, key):g}")
