"""Switches for studies: a city of another length, size or effect, or with numbers of one's own."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fit_warehouse.demo.parameters import (
    Calendar,
    OrganisationParameters,
    Parameters,
    from_tables,
    read_city,
)

FEWEST_MONTHS, MOST_MONTHS = 6, 240
MOST_TEAMS = 2_000
# Extracts are taken monthly, and February is the shortest month.
MOST_CORRECTION_DAYS = 27


@dataclass(frozen=True, slots=True)
class Preset:
    """A size with a name: rows of `response`, and teams (0: as many as the forms ask for)."""

    forms: int
    teams: int


@dataclass(frozen=True, slots=True)
class Switches:
    """What a study may change; None leaves the number of `city.toml`.

    Attributes
    ----------
    months : int, optional
        Length of the period up to its last month; the roll-out keeps its place in it.
    teams : int, optional
        Number of teams; without it, it grows with the forms.
    effect : float, optional
        Effect of FIT: 1 as in `city.toml`, 0 none at all.
    own : Path, optional
        A TOML file with tables and keys of `city.toml` that replace those of the package.
    """

    months: int | None = None
    teams: int | None = None
    effect: float | None = None
    own: Path | None = None


def presets() -> dict[str, Preset]:
    """Return the sizes that have a name."""
    return {name: Preset(**values) for name, values in read_city()["preset"].items()}


def study_parameters(switches: Switches) -> Parameters:
    """Return the parameters of a study, checked.

    Raises
    ------
    ValueError
        If a switch or a number is impossible, or a table or key is unknown.
    """
    tables = read_city()
    del tables["preset"]
    if switches.own is not None:
        merge(tables, own_tables(switches.own), switches.own)
    parameters = from_tables(tables)
    organisation, endings = parameters.organisation, parameters.endings
    calendar = parameters.calendar
    if switches.months is not None:
        calendar, organisation = over_months(calendar, organisation, switches.months)
    if switches.teams is not None:
        organisation = dataclasses.replace(organisation, teams=switches.teams)
    if switches.effect is not None:
        endings = dataclasses.replace(endings, fit_effect=switches.effect)
    changed = dataclasses.replace(
        parameters, calendar=calendar, organisation=organisation, endings=endings
    )
    check(changed)
    return changed


def own_tables(path: Path) -> dict[str, Any]:
    """Return the tables of one's own file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise ValueError(f"the parameters {path} cannot be read: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"the parameters {path} are not valid TOML: {problem}") from problem


def merge(tables: dict[str, Any], own: dict[str, Any], path: Path) -> None:
    """Put one's own values in the place of the package's; lists of tables are replaced whole."""
    for name, value in own.items():
        if name not in tables:
            raise ValueError(f"{path}: {name} is not known; there are {', '.join(tables)}")
        if isinstance(value, dict) and isinstance(tables[name], dict):
            merge(tables[name], value, path)
        elif isinstance(value, dict) or isinstance(tables[name], dict):
            raise ValueError(f"{path}: {name} is a table in one place and a value in the other")
        elif not is_same_kind(tables[name], value):
            kind = type(tables[name]).__name__
            raise ValueError(f"{path}: {name} must be of the kind {kind}, not {value!r}")
        else:
            tables[name] = value


def is_same_kind(usual: object, own: object) -> bool:
    """Return whether a value may stand where the usual one stands; whole numbers may for others."""
    if isinstance(usual, float):
        return isinstance(own, (int, float)) and not isinstance(own, bool)
    return type(own) is type(usual)


def over_months(
    calendar: Calendar, organisation: OrganisationParameters, months: int
) -> tuple[Calendar, OrganisationParameters]:
    """Return a period of so many months that ends as before, with the roll-out at its old place."""
    if not FEWEST_MONTHS <= months <= MOST_MONTHS:
        raise ValueError(f"months must be {FEWEST_MONTHS} to {MOST_MONTHS}, not {months}")
    after = calendar.last_session + timedelta(days=1)
    number = after.year * 12 + after.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    ratio = (after - first) / (after - calendar.first_opening)

    def moved(day: date) -> date:
        # Back to a month's first day, on which teams begin.
        return (first + ratio * (day - calendar.first_opening)).replace(day=1)

    return dataclasses.replace(calendar, first_opening=first), dataclasses.replace(
        organisation,
        first_adoption=max(moved(organisation.first_adoption), first),
        last_adoption=moved(organisation.last_adoption),
    )


def check(parameters: Parameters) -> None:
    """Raise ValueError unless a city can have these numbers."""
    check_spreads(parameters)
    check_shares(parameters)
    check_services(parameters)
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
    if priced != known:
        raise ValueError(f"there is no price for {', '.join(sorted(known - priced))}")


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
    names = [name for name in groups if name not in {"intake", "services", "prices"}]
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
