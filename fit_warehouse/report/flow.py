"""The section on waiting: what a model of the queue says of early endings; no forecast, never euros."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from fit_warehouse.report.awaited import awaited
from fit_warehouse.report.charts import Dot, render
from fit_warehouse.report.cost_charts import range_chart
from fit_warehouse.report.effect_rows import Flow
from fit_warehouse.report.elements import Block, details, figure, paragraph, section, table
from fit_warehouse.report.errors import ReportError
from fit_warehouse.report.net import PURCHASED, SCENARIOS, service_name
from fit_warehouse.report.page import Interval, Page

ANCHOR = "jonotusaika"
COLUMNS = ("service", "endings", "wait", "simulated", "assumed", "little", "over_30", "over_90")


@dataclass(frozen=True, slots=True)
class Wait:
    """A service in its three scenarios."""

    name: str
    low: Flow
    base: Flow
    high: Flow


def _waits(page: Page) -> list[Wait]:
    """Return the services by name.

    Raises
    ------
    ReportError
        When one lacks a scenario.
    """
    found: dict[str, dict[str, Flow]] = {}
    for row in page.marts.flows:
        found.setdefault(row.service_code, {})[row.scenario] = row
    for code, rows in found.items():
        if set(rows) != set(SCENARIOS):
            raise ReportError(f"marts.flow_effect has of {code} the scenarios {sorted(rows)}")
    made = [
        Wait(service_name(page, code), *(rows[scenario] for scenario in SCENARIOS))
        for code, rows in found.items()
    ]
    return sorted(made, key=lambda wait: wait.name)


def waiting(page: Page) -> Block:
    """Show how much shorter waits are for the early endings, if arrivals and lengths are as modelled."""
    heading = page.text("flow.heading")
    if page.awaits("flow_effect"):
        return awaited(page, ANCHOR, heading)
    waits = _waits(page)
    if not waits:
        return section(ANCHOR, heading, paragraph(page.text("flow.none")))
    intro = paragraph(page.text("flow.intro"))
    caveat = paragraph(_caveat(page, waits), "caveat")
    notes = [paragraph(note, "note") for note in _notes(page, waits)]
    drawn = _figure(page, waits)
    return section(ANCHOR, heading, intro, caveat, *drawn, *notes)


def _caveat(page: Page, waits: Sequence[Wait]) -> str:
    """Return what must be said beside the numbers, with the share of freed time that is assumed used."""
    codes = sorted({wait.base.caveat_code for wait in waits})
    shares = sorted({wait.base.share_used for wait in waits if wait.base.share_used is not None})
    said = [page.catalogue.label("flow.caveat", code) for code in codes]
    if shares == [1.0]:
        said.append(page.text("flow.all_used"))
    elif shares:
        said.append(page.text("flow.share_used", share=page.formats.percent(shares[0])))
    if any(wait.base.procurement == PURCHASED for wait in waits):
        said.append(page.text("flow.bought"))
    return " ".join(said)


def _shorter(row: Flow) -> Interval | None:
    """Return by how many days the simulated wait is shorter, with the interval of the simulation."""
    change = row.simulated_change_days
    if row.is_suppressed or change is None or row.ci_low is None or row.ci_high is None:
        return None
    return Interval(-change, -row.ci_high, -row.ci_low)


def _by_law(wait: Wait) -> Interval | None:
    """Return the same by Little's law, with the range of the assumptions."""
    changes = [row.wait_change_days for row in (wait.low, wait.base, wait.high)]
    known = [-change for change in changes if change is not None]
    if len(known) < len(changes):
        return None
    return Interval(known[1], min(known), max(known))


def _days(page: Page, value: float) -> str:
    return page.text("flow.days", n=page.formats.decimal(value))


def _figure(page: Page, waits: Sequence[Wait]) -> list[str]:
    """Return the chart of the simulated change, or of Little's law where nothing is simulated."""
    simulated = [(wait, found) for wait in waits if (found := _shorter(wait.base))]
    by_law = [(wait, found) for wait in waits if (found := _by_law(wait))]
    data = _table(page, waits)
    if not simulated and not by_law:
        key = "flow.hidden" if all(wait.base.is_suppressed for wait in waits) else "flow.undefined"
        return [paragraph(page.text(key), "notice"), details(page.text("figure.data"), data)]
    kind = "simulated" if simulated else "little"
    told = simulated or by_law
    clear = [(wait, found) for wait, found in told if found.low > 0]
    services = [
        page.catalogue.label(
            "flow.part",
            kind,
            service=wait.name,
            days=_days(page, found.estimate),
            range=page.formats.decimal_range(found.low, found.high),
            n=page.formats.integer(wait.base.n_episodes or 0),
        )
        for wait, found in clear or told
    ]
    sign = "shorter" if clear else "unclear"
    finding = page.catalogue.label("flow.finding", f"{kind}.{sign}", services="; ".join(services))
    level = {"level": _level(page, waits)} if simulated else {}
    subtitle = page.catalogue.label("flow.subtitle", kind, **level)
    dots = [Dot(wait.name, "", found, _label(page, wait, found)) for wait, found in told]
    drawings = render(
        partial(range_chart, dots),
        name="flow",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return [figure(finding, subtitle, drawings, details(page.text("figure.data"), data))]


def _label(page: Page, wait: Wait, found: Interval) -> str:
    """Return a change with its limits, and what the assumptions make of it where they are not the limits."""
    range_ = page.formats.decimal_range(found.low, found.high)
    assumed = _assumed(wait)
    said = [f"{_days(page, found.estimate)} ({range_})"]
    if assumed:
        ends = page.formats.decimal_range(min(assumed), max(assumed))
        said.append(page.text("flow.assumed", range=ends))
    return "\n".join(said)


def _assumed(wait: Wait) -> list[float]:
    """Return the simulated change at both ends of the assumptions; nothing where one is missing."""
    found = [shorter.estimate for row in (wait.low, wait.high) if (shorter := _shorter(row))]
    return found if len(found) == len((wait.low, wait.high)) else []


def _level(page: Page, waits: Sequence[Wait]) -> str:
    levels = sorted({wait.base.ci_level for wait in waits if wait.base.ci_level is not None})
    return page.formats.percent(levels[0] if levels else 0.95)


def _table(page: Page, waits: Sequence[Wait]) -> str:
    head = [page.catalogue.label("flow.column", name) for name in COLUMNS]
    cells = [
        [
            wait.name,
            page.cell(wait.base, wait.base.n_episodes, page.formats.integer),
            page.cell(wait.base, wait.base.mean_wait_days, partial(_days, page)),
            _interval_cell(page, wait.base, _shorter(wait.base)),
            _assumed_cell(page, wait),
            _interval_cell(page, wait.base, _by_law(wait)),
            _over_cell(page, wait.base, 30),
            _over_cell(page, wait.base, 90),
        ]
        for wait in waits
    ]
    return table(page.text("flow.caption", level=_level(page, waits)), head, cells)


def _interval_cell(page: Page, row: Flow, found: Interval | None) -> str:
    if found is None:
        return page.cell(row, None, str)
    ends = page.formats.decimal_range(found.low, found.high)
    return f"{_days(page, found.estimate)}\n{ends}"


def _assumed_cell(page: Page, wait: Wait) -> str:
    found = _assumed(wait)
    if not found:
        return page.cell(wait.base, None, str)
    return page.formats.decimal_range(min(found), max(found))


def _over_cell(page: Page, row: Flow, days: int) -> str:
    """Return the share that waits longer than so many days, and what it would be otherwise."""
    now, without = (getattr(row, f"share_over_{days}_days{suffix}") for suffix in ("", "_without"))
    if row.is_suppressed or now is None or without is None:
        return page.cell(row, None, str)
    otherwise = page.text("flow.otherwise", share=page.formats.percent(without))
    return f"{page.formats.percent(now)}\n{otherwise}"


def _notes(page: Page, waits: Sequence[Wait]) -> list[str]:
    """Return why services are not simulated, and where referrals do not come evenly."""
    by_reason: dict[str, list[str]] = {}
    in_waves = []
    for wait in waits:
        row = wait.base
        if not row.is_suppressed and row.simulation_reason:
            by_reason.setdefault(row.simulation_reason, []).append(wait.name)
        if not row.is_suppressed and row.arrival_pattern == "in_waves":
            in_waves.append(wait.name)
    notes = [
        page.catalogue.label("flow.reason", reason, services=", ".join(names))
        for reason, names in sorted(by_reason.items())
    ]
    if in_waves:
        notes.append(page.text("flow.in_waves", services=", ".join(in_waves)))
    return notes
