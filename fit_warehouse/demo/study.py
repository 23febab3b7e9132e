"""Switches for studies: a city of another length, size or effect, or with numbers of one's own."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fit_warehouse.demo.checks import check
from fit_warehouse.demo.parameters import (
    Calendar,
    OrganisationParameters,
    Parameters,
    from_tables,
    read_city,
)

FEWEST_MONTHS, MOST_MONTHS = 6, 240


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
