"""The sections beside the net effect: cost per improved client, what is left out, what it rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from fit_warehouse.report.awaited import awaited
from fit_warehouse.report.charts import Bar, Dot, bar_chart, render
from fit_warehouse.report.cost_charts import range_chart
from fit_warehouse.report.cost_rows import Assumption, CostOutcome
from fit_warehouse.report.elements import (
    Block,
    bullets,
    details,
    figure,
    paragraph,
    section,
    table,
)
from fit_warehouse.report.net import service_name
from fit_warehouse.report.page import Interval, Page, interval

IMPROVED, EPISODE = "cost_per_improved", "cost_per_episode"
FACTORS = (
    "attribution_share",
    "avoidable_share",
    "onward_share",
    "rereferral_share",
    "onward_units",
    "front_weight",
    "front_units",
    "discount_rate",
)
READING = ("net", "attribution", "avoidable", "range", "capacity", "estimated", "ratio")
LIMITS = ("realised", "comparison", "average", "add", "spread", "beyond", "later")
# A page reaches nothing outside: the address of a source is shown without what makes it a link.
_SCHEME = re.compile(r"\w+://")


def _name(page: Page, row: CostOutcome, rows: Sequence[CostOutcome]) -> str:
    """Return the service's name, with the year where there are several prices of it."""
    name = service_name(page, row.service_code)
    alike = [
        other
        for other in rows
        if (other.service_code, other.indicator) == (row.service_code, row.indicator)
    ]
    if len(alike) == 1:
        return name
    taxed = page.catalogue.label("net.vat", str(row.vat_included).lower())
    kind = page.catalogue.label("per.procurement", row.procurement)
    year = f"{row.price_year}, {kind}"
    return page.text("net.name_of_kind", service=name, year=year, vat=taxed)


def _ratio_limits(page: Page, row: CostOutcome) -> str:
    """Return the interval of an amount, or the words for a set without limits."""
    found = interval(row)
    if found is None:
        return page.text("per.unlimited")
    return page.formats.euro_range(found.low, found.high)


def _ratio_cell(page: Page, row: CostOutcome | None) -> str:
    """Return an amount with its interval on a second line."""
    if row is None or row.is_suppressed or row.estimate is None:
        return page.cell(row, None, page.formats.euro)
    return f"{page.formats.euro(row.estimate)}\n{_ratio_limits(page, row)}"


def _ratio_dot(page: Page, name: str, row: CostOutcome) -> Dot:
    if row.estimate is None or row.is_suppressed:
        return Dot(name, "", None, page.cell(row, None, page.formats.euro))
    label = page.text(
        "per.label",
        amount=page.formats.euro(row.estimate),
        n=page.formats.integer(row.n or 0),
        limits=_ratio_limits(page, row),
    )
    at = Interval(row.estimate, row.estimate, row.estimate)
    return Dot(name, "", interval(row) or at, label)


def _divided(page: Page, rows: Sequence[CostOutcome], every: Sequence[CostOutcome]) -> str:
    """Return the sentences on whose cost is divided, with how many closed episodes have none."""
    without = [row for row in rows if row.n_without_cost]
    if not without:
        return page.text("per.all")
    counts = [
        page.text(
            "per.left_out_of",
            service=_name(page, row, every),
            count=page.catalogue.count("unit.episode", n, page.formats.integer(n)),
        )
        for row in without
        if (n := row.n_without_cost)
    ]
    said = page.text("per.left_out", services="; ".join(counts))
    if len({row.service_code for row in without}) < len(without):
        said = f"{said} {page.text('per.in_every_line')}"
    return said


def per_improved(page: Page) -> Block:
    """Show what closed episodes cost over reliably improved clients, service by service."""
    heading = page.text("per.heading")
    if page.awaits("cost_outcome"):
        return awaited(page, "kustannus-kohentunutta-kohti", heading)
    every = page.marts.cost_outcomes
    rows = sorted(
        (row for row in every if row.indicator == IMPROVED),
        key=lambda row: (_name(page, row, every), row.price_year),
    )
    if not rows:
        return section("kustannus-kohentunutta-kohti", heading, paragraph(page.text("per.none")))
    per_episode = {
        (row.service_code, row.procurement, row.price_year, row.vat_included): row
        for row in every
        if row.indicator == EPISODE
    }
    names = ("service", "n", "measured", "improved", "teams", "per_episode", "per_improved")
    head = [page.catalogue.label("per.column", name) for name in names]
    integer = page.formats.integer
    cells = [
        [
            _name(page, row, every),
            page.cell(row, row.n, integer),
            page.cell(row, row.n_in_change, integer),
            page.cell(row, row.n_improved, integer),
            page.cell(row, row.n_teams, integer),
            _ratio_cell(
                page,
                per_episode.get(
                    (row.service_code, row.procurement, row.price_year, row.vat_included)
                ),
            ),
            _ratio_cell(page, row),
        ]
        for row in rows
    ]
    level = _level(page, rows)
    intro = paragraph(f"{_divided(page, rows, every)} {page.text('per.intro')}")
    data = details(
        page.text("figure.data"), table(page.text("per.caption", level=level), head, cells)
    )
    shown = [row.estimate for row in rows if row.estimate is not None and not row.is_suppressed]
    if not shown:
        hidden = paragraph(page.text("per.hidden"), "notice")
        return section("kustannus-kohentunutta-kohti", heading, intro, hidden, data)
    euro_range = page.formats.euro_range(min(shown), max(shown))
    finding = page.text("per.finding", range=euro_range)
    if len(shown) == 1:
        finding = page.text("per.finding_one", amount=page.formats.euro(shown[0]))
    years = ", ".join(sorted({str(row.price_year) for row in rows}))
    subtitle = page.text("per.subtitle", level=level, year=years)
    drawings = render(
        partial(range_chart, [_ratio_dot(page, _name(page, row, every), row) for row in rows]),
        name="per-improved",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    note = page.text("per.note")
    drawn = figure(finding, subtitle, drawings, data, note)
    return section("kustannus-kohentunutta-kohti", heading, intro, drawn)


def _level(page: Page, rows: Sequence[CostOutcome]) -> str:
    levels = sorted({row.ci_level for row in rows if row.ci_level is not None})
    return page.formats.percent(levels[0] if levels else 0.95)


def left_out(page: Page) -> Block:
    """Show why agreed early endings are left out of the net amounts."""
    heading = page.text("left_out.heading")
    if page.awaits("cost_excluded"):
        return awaited(page, "pois-jatetyt", heading)
    rows = [row for row in page.marts.excluded if row.left_out_of == "net"]
    rows.sort(key=lambda row: (-(row.n_episodes or 0), row.exclusion_reason))
    if not rows:
        return section("pois-jatetyt", heading, paragraph(page.text("left_out.none")))
    intro = paragraph(page.text("left_out.intro"))
    head = [page.text("left_out.reason"), page.text("left_out.episodes")]
    cells = [
        [
            page.catalogue.label("reason", row.exclusion_reason),
            page.cell(row, row.n_episodes, page.formats.integer),
        ]
        for row in rows
    ]
    listed = table(page.text("left_out.caption"), head, cells)
    shown = [row for row in rows if row.n_episodes is not None]
    if not shown:
        hidden = paragraph(page.text("left_out.hidden"), "notice")
        return section("pois-jatetyt", heading, intro, hidden, listed)
    bars = [Bar(reason, row.n_episodes, n) for row, (reason, n) in zip(rows, cells, strict=True)]
    finding = page.text("left_out.finding", reason=cells[0][0], n=cells[0][1])
    subtitle = page.text("left_out.subtitle")
    drawings = render(
        partial(bar_chart, bars),
        name="left-out",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    data = details(page.text("figure.data"), listed)
    return section("pois-jatetyt", heading, intro, figure(finding, subtitle, drawings, data))


def confirmed(page: Page) -> Block:
    """Show the savings that finance has confirmed: the only ones that are called realised."""
    heading = page.text("confirmed.heading")
    if page.awaits("cost_confirmed"):
        return awaited(page, "toteutunut", heading)
    rows = sorted(page.marts.confirmed, key=lambda row: (row.confirmed_from, row.service_code))
    if not rows:
        return section("toteutunut", heading, paragraph(page.text("confirmed.none")))
    names = ("service", "period", "confirmed", "amount")
    head = [page.catalogue.label("confirmed.column", name) for name in names]
    cells = [
        [
            service_name(page, row.service_code),
            page.formats.date_range(row.confirmed_from, row.confirmed_to),
            page.formats.day(row.confirmed_on),
            page.cell(row, row.realised_amount_eur, page.formats.euro),
        ]
        for row in rows
    ]
    return section(
        "toteutunut",
        heading,
        paragraph(page.text("confirmed.intro")),
        table(page.text("confirmed.caption"), head, cells, words=3),
    )


def _value(page: Page, row: Assumption, name: str) -> str:
    value = getattr(row, name)
    if row.unit == "share":
        return page.formats.percent(float(value), 0 if value * 100 % 1 == 0 else 1)
    digits = 0 if value == value.to_integral_value() else 2
    return page.catalogue.label(
        "assumption.value", row.unit, value=page.formats.decimal(value, digits)
    )


def _valid(page: Page, row: Assumption) -> str:
    day = page.formats.day
    if row.valid_from and row.valid_to:
        return page.formats.date_range(row.valid_from, row.valid_to)
    if row.valid_from:
        return page.text("assumption.valid_from", day=day(row.valid_from))
    if row.valid_to:
        return page.text("assumption.valid_to", day=day(row.valid_to))
    return page.text("assumption.always")


def assumptions(page: Page) -> Block:
    """Show every assumption with its range and its source."""
    heading = page.text("assumption.heading")
    if page.awaits("dim_cost_assumption"):
        return awaited(page, "oletukset", heading)
    order = {factor: place for place, factor in enumerate(FACTORS)}
    rows = sorted(
        page.marts.assumptions,
        key=lambda row: (order[row.factor], row.service_code or "", str(row.valid_from or "")),
    )
    if not rows:
        return section("oletukset", heading, paragraph(page.text("assumption.none")))
    names = ("factor", "service", "source", "low", "base", "high")
    head = [page.catalogue.label("assumption.column", name) for name in names]
    cells = [
        [
            f"{page.catalogue.label('factor', row.factor)}\n{_valid(page, row)}",
            page.text("assumption.every_service")
            if row.service_code is None
            else service_name(page, row.service_code),
            _SCHEME.sub("", row.source)
            + "\n"
            + page.catalogue.label("assumption.kind", str(row.is_assumption)),
            *(_value(page, row, name) for name in ("low", "base", "high")),
        ]
        for row in rows
    ]
    return section(
        "oletukset",
        heading,
        paragraph(page.text("assumption.intro")),
        table(page.text("assumption.caption"), head, cells, words=3),
    )


def reading(page: Page) -> Block:
    """Explain the terms and the marks of the page."""
    words = page.catalogue
    items = [
        (words.label("cost_reading.term", name), words.label("cost_reading.text", name))
        for name in READING
    ]
    publication = page.marts.publication
    hidden = page.text("cost_reading.text.suppressed", k=page.formats.integer(publication.k_min))
    items.append((page.text("reading.suppressed.term"), hidden))
    return section("lukuohje", page.text("reading.heading"), bullets(items))


def limits(page: Page) -> Block:
    """Say what the numbers cannot tell."""
    words = page.catalogue
    items = [
        (words.label("cost_limits.term", name), words.label("cost_limits.text", name))
        for name in LIMITS
    ]
    return section("rajoitukset", page.text("limits.heading"), bullets(items))
