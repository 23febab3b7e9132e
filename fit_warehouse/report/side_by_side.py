"""What the calculated and the estimated effect say of a service, in one row and each for itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from fit_warehouse.report.effect_rows import Comparison
from fit_warehouse.report.elements import table
from fit_warehouse.report.net import PURCHASED, Line, amount_range, lines, service_name
from fit_warehouse.report.page import Interval, Page

TOTAL = "_total"
COUNTS = ("n_fit", "n_comparison", "n_fit_teams", "n_comparison_teams", "n_teams")


def name_of(page: Page, row: Comparison) -> str:
    """Return what a line is of."""
    if row.service_code == TOTAL:
        return page.text("comparison.every_service")
    return service_name(page, row.service_code)


def level_of(page: Page, rows: Sequence[Comparison]) -> str:
    """Return the level of the intervals; 95 % when no row says."""
    levels = sorted({row.ci_level for row in rows if row.ci_level is not None})
    return page.formats.percent(levels[0] if levels else 0.95)


def _interval(row: Comparison, *values: float | Decimal | None) -> Interval | None:
    known = [float(value) for value in values if value is not None and math.isfinite(value)]
    if row.is_suppressed or len(known) < len(values):
        return None
    return Interval(*known)


def in_units(row: Comparison) -> Interval | None:
    """Return the difference with its interval in units, of the total in percentage points of the plan."""
    found = _interval(row, row.estimate, row.ci_low, row.ci_high)
    if found is None or row.service_code != TOTAL:
        return found
    return Interval(100 * found.estimate, 100 * found.low, 100 * found.high)


def in_euros(row: Comparison) -> Interval | None:
    """Return the difference with its interval at the price of a unit."""
    return _interval(row, row.estimate_eur, row.ci_low_eur, row.ci_high_eur)


def units(page: Page, row: Comparison, value: float) -> str:
    """Return a difference with its sign and its unit."""
    if row.service_code == TOTAL:
        return page.text("comparison.points", n=page.formats.signed(value))
    return page.catalogue.label("unit", f"{row.unit}.other", n=page.formats.signed(value, 2))


def unit_range(page: Page, row: Comparison, found: Interval) -> str:
    """Return the limits of a difference."""
    digits = 1 if row.service_code == TOTAL else 2
    return page.formats.decimal_range(found.low, found.high, digits)


def _unit_cell(page: Page, row: Comparison | None) -> str:
    if row is None or row.is_suppressed or row.estimate is None:
        return page.cell(row, None, str)
    found = in_units(row)
    limits = page.text("comparison.no_interval") if found is None else unit_range(page, row, found)
    estimate = row.estimate if row.service_code != TOTAL else 100 * row.estimate
    return f"{units(page, row, estimate)}\n{limits}"


def _euro_cell(page: Page, row: Comparison | None) -> str:
    if row is None or row.is_suppressed or row.estimate_eur is None:
        return page.cell(row, None, str)
    found = in_euros(row)
    limits = page.text("comparison.no_interval")
    if found is not None:
        limits = page.formats.euro_range(found.low, found.high)
    return f"{page.formats.signed_euro(row.estimate_eur)}\n{limits}"


def _per_ending(line: Line, name: str) -> list[Decimal]:
    """Return an amount of the three scenarios for one ending each; nothing where one is missing."""
    found = [
        Decimal(value) / row.n_episodes
        for row in (line.low, line.base, line.high)
        if (value := getattr(row, name)) is not None and row.n_episodes
    ]
    return found if len(found) == len((line.low, line.base, line.high)) else []


def _calculated(page: Page, line: Line | None, name: str) -> str:
    """Return a calculated amount for one ending, with the range of the assumptions."""
    found = [] if line is None else _per_ending(line, name)
    if line is None or not found:
        return page.cell(line.base if line else None, None, str)
    if name == "freed_sessions":
        sessions = page.formats.decimal(found[1])
        said = page.catalogue.label("unit", "session.other", n=sessions)
        range_ = page.formats.decimal_range(min(found), max(found))
    else:
        said, range_ = page.formats.euro(found[1]), amount_range(page, found)
    return f"{said}\n{range_}" if min(found) < max(found) else said


def _line_of(row: Comparison, every: Sequence[Line]) -> Line | None:
    """Return the calculated line at the price of a comparison, else the only one of its service."""
    same = [line for line in every if line.key[0] == row.service_code]
    at_price = [line for line in same if line.key[2:] == (row.price_year, row.vat_included)]
    return at_price[0] if at_price else same[0] if len(same) == 1 else None


def side_by_side(page: Page, procurement: str, rows: Sequence[Comparison]) -> str:
    """Return the table of both, a row a service; of own services in meetings and units alone."""
    every = lines(page, procurement)
    bought = procurement == PURCHASED
    amounts = ("gross_amount_eur", "net_amount_eur") if bought else ("freed_sessions",)
    names = ("service", *amounts, "units", *(("euros",) if bought else ()), "n_teams")
    cells = []
    for row in rows:
        line = _line_of(row, every)
        cells.append(
            [
                name_of(page, row),
                *(_calculated(page, line, name) for name in amounts),
                _unit_cell(page, row),
                *((_euro_cell(page, row),) if bought else ()),
                page.cell(row, row.n_teams, page.formats.integer),
            ]
        )
    compared = {row.service_code for row in rows}
    for line in every:
        if line.key[0] not in compared:
            absent = [page.cell(None, None, str)] * (3 if bought else 2)
            cells.append([line.name, *(_calculated(page, line, name) for name in amounts), *absent])
    head = [page.catalogue.label("comparison.column", name) for name in names]
    caption = page.catalogue.label("comparison.caption", procurement, level=level_of(page, rows))
    return table(caption, head, cells)


def counts(page: Page, rows: Sequence[Comparison]) -> str:
    """Return the table of what the differences rest on: episodes and teams on each side."""
    head = [page.catalogue.label("comparison.column", name) for name in ("service", *COUNTS)]
    head.append(page.text("comparison.column.units"))
    cells = [
        [
            name_of(page, row),
            *(page.cell(row, getattr(row, name), page.formats.integer) for name in COUNTS),
            _unit_cell(page, row),
        ]
        for row in rows
    ]
    services = ", ".join(name_of(page, row) for row in rows)
    caption = page.text("comparison.counts", services=services, level=level_of(page, rows))
    return table(caption, head, cells)
