"""The sections on what the numbers rest on: the funnel of episodes and the use of the forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from fit_warehouse.report.charts import Bar, Point, bar_chart, render, trend_chart
from fit_warehouse.report.elements import Block, details, figure, paragraph, section, table
from fit_warehouse.report.marts import FunnelStep, Use
from fit_warehouse.report.page import Interval, Page

BOTH = "share_sessions_with_both"
CLOSED = "referred"  # the first step holds every closed episode
USES = (BOTH, "share_sessions_with_prom", "share_sessions_with_prem")


def funnel_step(page: Page, step: str) -> FunnelStep | None:
    """Return the row of a step of the funnel, if there is one."""
    return next((row for row in page.marts.funnel if row.step == step), None)


def funnel_count(page: Page, step: str) -> str:
    """Return how many episodes reach a step, as text."""
    row = funnel_step(page, step)
    return page.cell(row, row.n_episodes if row else None, page.formats.integer)


def _share(page: Page, row: FunnelStep) -> str:
    """Return a step's share of the closed episodes; without that number it cannot be said."""
    closed = funnel_step(page, CLOSED)
    if row.n_episodes is None or closed is None or not closed.n_episodes:
        hidden = row if row.is_suppressed or closed is None else closed
        return page.cell(hidden, None, page.formats.percent)
    return page.formats.percent(row.n_episodes / closed.n_episodes)


def _funnel_finding(page: Page, steps: Sequence[FunnelStep]) -> str:
    counts = {row.step: row.n_episodes for row in steps}
    kept = funnel_step(page, "in_denominator")
    if kept is None or kept.n_episodes is None or not counts.get(CLOSED):
        return page.text("funnel.unknown")
    return page.text(
        "funnel.finding",
        closed=funnel_count(page, CLOSED),
        kept=funnel_count(page, "in_denominator"),
        share=_share(page, kept),
    )


def _funnel_bars(page: Page, steps: Sequence[FunnelStep]) -> list[Bar]:
    bars = []
    for row in steps:
        count = page.cell(row, row.n_episodes, page.formats.integer)
        label = count
        if row.n_episodes is not None:
            label = page.text("funnel.bar", n=count, share=_share(page, row))
        name = page.catalogue.label("funnel.step", row.step)
        bars.append(Bar(name, row.n_episodes, label))
    return bars


def funnel(page: Page) -> Block:
    """Show how many of the closed episodes are left at each step, from referral to improvement."""
    heading = page.text("funnel.heading")
    steps = sorted(page.marts.funnel, key=lambda row: row.step_order)
    if not steps:
        return section("suppilo", heading, paragraph(page.text("funnel.none")))
    head = [page.text("column.step"), page.text("funnel.episodes"), page.text("funnel.share")]
    rows = [
        [
            page.catalogue.label("funnel.step", row.step),
            page.cell(row, row.n_episodes, page.formats.integer),
            _share(page, row),
        ]
        for row in steps
    ]
    intro = paragraph(page.text("funnel.intro"))
    data = details(page.text("figure.data"), table(page.text("funnel.caption"), head, rows))
    if all(row.n_episodes is None for row in steps):
        hidden = paragraph(page.text("funnel.hidden"), "notice")
        return section("suppilo", heading, intro, hidden, data)
    finding = _funnel_finding(page, steps)
    subtitle = page.text("funnel.subtitle")
    drawings = render(
        partial(bar_chart, _funnel_bars(page, steps)),
        name="funnel",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return section("suppilo", heading, intro, figure(finding, subtitle, drawings, data))


Quarters = dict[date, dict[str, Use]]


def _quarters(page: Page) -> Quarters:
    quarters: Quarters = {}
    for row in page.marts.use:
        quarters.setdefault(row.quarter_start, {})[row.indicator] = row
    return dict(sorted(quarters.items()))


def _use_finding(page: Page, quarters: Quarters) -> str:
    """Name the latest quarter and, because July and Christmas return, the same one a year before."""
    both = {day: rows[BOTH].estimate for day, rows in quarters.items() if BOTH in rows}
    shown = [day for day, share in both.items() if share is not None]
    if not shown:
        return page.text("use.unknown")
    latest = shown[-1]
    share, before = both[latest], both.get(latest.replace(year=latest.year - 1))
    percent = page.formats.percent_number
    slots = {"quarter": page.formats.quarter(latest), "share": percent(share or 0.0)}
    if before is None:
        return page.text("use.finding", **slots)
    return page.text("use.finding_year", before=percent(before), **slots)


def _use_points(page: Page, quarters: Quarters) -> list[Point]:
    points = []
    for indicator in USES:
        name = page.catalogue.label("indicator", indicator)
        for day, rows in quarters.items():
            share = rows[indicator].estimate if indicator in rows else None
            found = None if share is None else Interval(share, share, share)
            points.append(Point(name, page.formats.quarter(day), found, ""))
    return points


def _use_table(page: Page, quarters: Quarters) -> str:
    head = [page.text("column.quarter"), page.text("use.sessions")]
    head += [page.catalogue.label("indicator", indicator) for indicator in USES]
    rows = []
    for day, by_indicator in quarters.items():
        shares = [by_indicator.get(indicator) for indicator in USES]
        counted = next((row for row in shares if row is not None and row.n is not None), shares[0])
        rows.append(
            [
                page.formats.quarter(day),
                page.count_cell(counted),
                *(
                    page.cell(row, row.estimate if row else None, page.formats.percent)
                    for row in shares
                ),
            ]
        )
    return table(page.text("use.caption"), head, rows)


def use(page: Page) -> Block:
    """Show at what share of meetings the forms were filled in, quarter by quarter."""
    heading = page.text("use.heading")
    quarters = _quarters(page)
    if not quarters:
        return section("kaytto", heading, paragraph(page.text("use.none")))
    intro = paragraph(page.text("use.intro"))
    data = details(page.text("figure.data"), _use_table(page, quarters))
    points = _use_points(page, quarters)
    if not any(point.interval for point in points):
        hidden = paragraph(page.text("use.hidden"), "notice")
        return section("kaytto", heading, intro, hidden, data)
    finding = _use_finding(page, quarters)
    subtitle = page.text("use.subtitle")
    drawings = render(
        partial(trend_chart, points),
        name="use",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return section("kaytto", heading, intro, figure(finding, subtitle, drawings, data))
