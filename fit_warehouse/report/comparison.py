"""The section on the estimated effect beside the calculated one: never added, never multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fit_warehouse.report.awaited import awaited
from fit_warehouse.report.charts import Dot, render
from fit_warehouse.report.cost_charts import range_chart
from fit_warehouse.report.effect_rows import Comparison
from fit_warehouse.report.elements import (
    Block,
    details,
    figure,
    paragraph,
    section,
    subheading,
)
from fit_warehouse.report.net import OWN, PURCHASED
from fit_warehouse.report.page import Interval, Page
from fit_warehouse.report.side_by_side import (
    TOTAL,
    counts,
    in_euros,
    in_units,
    level_of,
    name_of,
    side_by_side,
    unit_range,
    units,
)

ANCHOR = "vertailu"


def compared(page: Page) -> Block:
    """Show what a comparison with teams that had not begun says, beside the calculated amounts."""
    heading = page.text("comparison.heading")
    if page.awaits("cost_comparison"):
        return awaited(page, ANCHOR, heading)
    rows = sorted(page.marts.comparisons, key=lambda row: (name_of(page, row), row.unit))
    if not rows:
        return section(ANCHOR, heading, paragraph(page.text("comparison.none")))
    codes = sorted({row.caveat_code for row in rows})
    apart = [page.text("comparison.apart")]
    apart += [page.catalogue.label("comparison.caveat", code) for code in codes]
    parts = [paragraph(page.text("comparison.intro")), paragraph(" ".join(apart), "caveat")]
    parts += [_total(page, row) for row in rows if row.service_code == TOTAL]
    for procurement in (PURCHASED, OWN):
        of_kind = [row for row in rows if row.procurement == procurement]
        if of_kind:
            parts.append(subheading(page.catalogue.label("comparison.of", procurement)))
            parts += _services(page, procurement, of_kind)
    return section(ANCHOR, heading, *parts)


def _total(page: Page, row: Comparison) -> str:
    """Return the figure of all services, or why there is none."""
    data = details(page.text("figure.data"), counts(page, [row]))
    found = in_units(row)
    if row.is_suppressed:
        return paragraph(page.text("comparison.hidden_total"), "notice") + data
    if row.estimate is None:
        return paragraph(page.text("comparison.no_total"), "notice") + data
    if found is None:
        alone = page.text("comparison.total_alone", points=units(page, row, 100 * row.estimate))
        return paragraph(f"{alone} {_why(page, [row])}", "notice") + data
    sign = "less" if found.high < 0 else "more" if found.low > 0 else "unclear"
    points = units(page, row, found.estimate)
    finding = page.catalogue.label(
        "comparison.finding_total",
        sign,
        points=points if sign == "unclear" else page.formats.decimal(abs(found.estimate)),
        level=level_of(page, [row]),
        range=unit_range(page, row, found),
        teams=_teams(page, row),
        count=_episodes(page, row.n or 0),
    )
    subtitle = page.text("comparison.subtitle_total", day=page.formats.day(row.opened_to))
    short = page.text("comparison.points_short", n=page.formats.signed(found.estimate))
    dot = Dot(name_of(page, row), "", found, f"{short}\n{unit_range(page, row, found)}")
    drawings = render(
        partial(range_chart, [dot]),
        name="comparison-total",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return figure(finding, subtitle, drawings, data, _left_out(page, row))


def _teams(page: Page, row: Comparison) -> str:
    n = row.n_teams or 0
    return page.catalogue.count("unit.team", n, page.formats.integer(n))


def _episodes(page: Page, n: int) -> str:
    return page.catalogue.count("unit.episode", n, page.formats.integer(n))


def _left_out(page: Page, row: Comparison) -> str:
    """Return the sentence on the openings of the time that are in no comparison."""
    n, left_out = row.n or 0, row.n_left_out or 0
    if not left_out:
        return page.text("comparison.nobody_left_out")
    share = page.formats.percent(left_out / (n + left_out))
    return page.text("comparison.left_out", count=_episodes(page, left_out), share=share)


def _services(page: Page, procurement: str, rows: Sequence[Comparison]) -> list[str]:
    """Return what is told of the services of a kind: both numbers, what they lack, the charts."""
    by_reason: dict[str, list[Comparison]] = {}
    for row in rows:
        if not row.is_suppressed and row.interval_reason:
            by_reason.setdefault(row.interval_reason, []).append(row)
    notes = [_why(page, alike) for _, alike in sorted(by_reason.items())]
    latest = max(row.opened_to for row in page.marts.comparisons)
    notes += [
        page.text(
            "comparison.older", service=name_of(page, row), day=page.formats.day(row.opened_to)
        )
        for row in rows
        if row.opened_to < latest
    ]
    groups = [rows]
    if procurement == OWN:
        groups = [
            [row for row in rows if row.unit == unit] for unit in sorted({r.unit for r in rows})
        ]
    figures = [drawn for group in groups if (drawn := _figure(page, procurement, group))]
    return [
        side_by_side(page, procurement, rows),
        *(paragraph(note, "note") for note in notes),
        *(figures or [details(page.text("comparison.basis"), counts(page, rows))]),
    ]


def _why(page: Page, rows: Sequence[Comparison]) -> str:
    """Return why these lines, alike in that, have no interval."""
    services = ", ".join(f"{name_of(page, row)} ({_teams(page, row)})" for row in rows)
    reason = rows[0].interval_reason or "unlimited"
    return page.catalogue.label("comparison.reason", reason, services=services)


def _figure(page: Page, procurement: str, rows: Sequence[Comparison]) -> str:
    """Return the chart of the services that have an interval; nothing where none has."""
    euros = procurement == PURCHASED
    told = [(row, found) for row in rows if (found := (in_euros if euros else in_units)(row))]
    if not told:
        return ""

    def amount(row: Comparison, found: Interval) -> str:
        if euros:
            return page.formats.signed_euro(found.estimate)
        return units(page, row, found.estimate)

    def limits(row: Comparison, found: Interval) -> str:
        if euros:
            return page.formats.euro_range(found.low, found.high)
        return unit_range(page, row, found)

    clear = [(row, found) for row, found in told if found.low > 0 or found.high < 0]
    services = [
        page.text(
            "comparison.part",
            service=name_of(page, row),
            amount=amount(row, found),
            level=level_of(page, [row]),
            range=limits(row, found),
            n=page.formats.integer(row.n or 0),
        )
        for row, found in clear or told
    ]
    finding = page.catalogue.label(
        "comparison.finding", "clear" if clear else "unclear", services="; ".join(services)
    )
    subtitle = page.catalogue.label("comparison.subtitle", procurement)
    dots = [
        Dot(
            name_of(page, row),
            "",
            found,
            page.text(
                "comparison.label",
                amount=amount(row, found),
                n=page.formats.integer(row.n or 0),
                range=limits(row, found),
            ),
        )
        for row, found in told
    ]
    drawings = render(
        partial(range_chart, dots),
        name=f"comparison-{procurement}-{rows[0].unit}",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    data = details(page.text("figure.data"), counts(page, rows))
    return figure(finding, subtitle, drawings, data)
