"""The sections on the way through an episode: totals by session, experience of the meetings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fit_warehouse.report.charts import Point, course_chart, render
from fit_warehouse.report.elements import Block, details, figure, paragraph, section, table
from fit_warehouse.report.findings import difference
from fit_warehouse.report.marts import CoursePoint
from fit_warehouse.report.page import GROUP_ORDER, Group, Interval, Page, interval
from fit_warehouse.report.shares import share_dots, share_figure

AT_CUTOFF = "share_prem_last_at_cutoff"

Series = dict[Group, list[CoursePoint]]


def _series(page: Page) -> Series:
    """Gather the points of each group in the order of the page."""
    rank = {pair: place for place, pair in enumerate(GROUP_ORDER)}
    series: Series = {}
    for point in page.marts.course:
        group = Group(point.instrument_code, point.respondent_role)
        series.setdefault(group, []).append(point)
    known = len(rank)
    in_order = sorted(
        series,
        key=lambda group: rank.get((group.instrument_code, group.respondent_role), known),
    )
    return {
        group: sorted(series[group], key=lambda point: point.session_number) for group in in_order
    }


def _main(series: Series) -> list[tuple[CoursePoint, Interval]]:
    """Return the shown points of the group with most ratings at its first shown session."""
    shown = [
        [(point, found) for point in points if (found := interval(point)) is not None]
        for points in series.values()
    ]
    return max((points for points in shown if points), key=lambda points: points[0][0].n or 0)


def _finding(page: Page, series: Series) -> str:
    points = _main(series)
    first, at_first = points[0]
    # As far as most are still there: later means are those of the few who stay.
    last, at_last = [pair for pair in points if 2 * (pair[0].n or 0) >= (first.n or 0)][-1]
    kind = {1: "more", 0: "unclear", -1: "less"}[difference(at_last, at_first)]
    return page.catalogue.label(
        "course.finding",
        kind,
        group=page.group_name(Group(first.instrument_code, first.respondent_role)),
        first_number=page.formats.integer(first.session_number),
        first=page.formats.decimal(at_first.estimate),
        last_number=page.formats.integer(last.session_number),
        last=page.formats.decimal(at_last.estimate),
    )


def _points(page: Page, group: Group, rows: Sequence[CoursePoint]) -> list[Point]:
    """Return the points of a line; every other n is written, so that the numbers do not collide."""
    return [
        Point(
            series=page.group_name(group),
            x=row.session_number,
            interval=interval(row),
            label=page.count_cell(row) if row.session_number % 2 and interval(row) else "",
        )
        for row in rows
    ]


def _table(page: Page, group: Group, rows: Sequence[CoursePoint]) -> str:
    head = [
        page.text("column.session"),
        page.text("course.count"),
        page.text("course.mean"),
        page.text("course.interval", level=page.level()),
    ]
    cells = []
    for row in rows:
        mean, _, ends = page.decimal_cell(row).partition("\n")
        number = page.formats.integer(row.session_number)
        cells.append([number, page.count_cell(row), mean, ends or mean])
    return table(page.text("course.caption", group=page.group_name(group)), head, cells)


def course(page: Page) -> Block:
    """Show the mean total at each attended session, group by group."""
    heading = page.text("course.heading")
    series = _series(page)
    if not series:
        return section("kulku", heading, paragraph(page.text("course.none")))
    intro = paragraph(page.text("course.intro"))
    tables = "\n".join(_table(page, group, rows) for group, rows in series.items())
    data = details(page.text("figure.data"), tables)
    if not any(interval(point) for point in page.marts.course):
        hidden = paragraph(page.text("course.hidden"), "notice")
        return section("kulku", heading, intro, hidden, data)
    shown = {group: rows for group, rows in series.items() if any(map(interval, rows))}
    points = [point for group, rows in shown.items() for point in _points(page, group, rows)]
    finding = _finding(page, series)
    subtitle = page.text("course.subtitle", level=page.level())
    titles = (page.text("course.axis_x"), page.text("course.axis_y"))
    drawings = render(
        partial(course_chart, points, titles=titles),
        name="course",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    # A panel without a single point would look like a fault: a sentence says what is missing.
    notes = [
        page.text("course.hidden_group", group=page.group_name(group))
        for group in series
        if group not in shown
    ]
    if any(interval(row) is None for rows in shown.values() for row in rows):
        notes.insert(0, page.text("course.gap"))
    return section(
        "kulku", heading, intro, figure(finding, subtitle, drawings, data, " ".join(notes))
    )


def _experience_table(page: Page, groups: Sequence[Group]) -> str:
    head = [
        page.text("column.group"),
        page.text("column.n"),
        page.catalogue.label("indicator", AT_CUTOFF),
        page.catalogue.label("indicator", "mean_prem_last"),
    ]
    rows = [
        [
            page.group_name(group),
            page.count_cell(page.outcome(group, AT_CUTOFF)),
            page.share_cell(page.outcome(group, AT_CUTOFF)),
            page.decimal_cell(page.outcome(group, "mean_prem_last")),
        ]
        for group in groups
    ]
    return table(page.text("experience.caption", level=page.level()), head, rows)


def experience(page: Page) -> Block:
    """Show how clients rated their last meeting."""
    heading = page.text("experience.heading")
    groups = page.groups("PREM")
    if not groups:
        return section("kokemus", heading, paragraph(page.text("experience.none")))
    intro = paragraph(page.text("experience.intro"))
    data = details(page.text("figure.data"), _experience_table(page, groups))
    shown = page.shown(groups, AT_CUTOFF)
    if not shown:
        hidden = paragraph(page.text("experience.hidden"), "notice")
        return section("kokemus", heading, intro, hidden, data)
    spread = page.spread(
        [share.estimate for share in shown], page.formats.percent, page.formats.percent_range
    )
    drawn = share_figure(
        page,
        "experience",
        share_dots(page, groups, (AT_CUTOFF,)),
        finding=page.text("experience.finding", share=spread),
        subtitle=page.text("experience.subtitle", level=page.level()),
        data=data,
    )
    return section("kokemus", heading, intro, drawn)
