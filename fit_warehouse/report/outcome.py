"""The sections on outcome: the answer, the classes of change, the means."""

from __future__ import annotations

from functools import partial

from fit_warehouse.report.charts import Dot, moment_chart, render
from fit_warehouse.report.elements import Block, details, figure, paragraph, section, table
from fit_warehouse.report.findings import difference, direction, sign
from fit_warehouse.report.page import Group, Page, interval
from fit_warehouse.report.shares import share_dots, share_figure

CLASSES = ("share_recovered", "share_improved", "share_unchanged", "share_deteriorated")
MORE_SHARES = ("share_reliably_improved", "share_intake_functional")
MOMENTS = ("mean_intake", "mean_last")


def _according(page: Page, group: Group) -> str:
    if page.catalogue.has(f"according.{group.code}"):
        return page.catalogue.label("according", group.code)
    return page.text("according.other", instrument=group.instrument_code)


def _answer(page: Page, group: Group) -> str:
    """Say in one sentence how a group's episodes went, or why that cannot be said."""
    row = page.outcome(group, "share_reliably_improved")
    improved = interval(row)
    deteriorated = interval(page.outcome(group, "share_deteriorated"))
    if row is None or improved is None or row.n is None:
        key = "answer.hidden" if row is not None and row.is_suppressed else "answer.undefined"
        return page.text(key, name=page.group_name(group))
    formats = page.formats
    slots = {
        "according": _according(page, group),
        "improved": formats.percent_number(improved.estimate),
        "improved_interval": formats.percent_range(improved.low, improved.high),
        "level": page.level(),
        "count": page.catalogue.count("unit.episode", row.n, formats.integer(row.n)),
    }
    if deteriorated is None:
        return page.text("answer.improved_only", **slots)
    return page.text(
        "answer.shown",
        deteriorated=formats.percent_number(deteriorated.estimate),
        deteriorated_interval=formats.percent_range(deteriorated.low, deteriorated.high),
        **slots,
    )


def answer_parts(page: Page) -> list[str]:
    """Answer the page's question from the clients' own ratings, with the limits of the answer."""
    own = [group for group in page.groups("PROM") if group.respondent_role == "self"]
    parts = [paragraph(_answer(page, group), "answer") for group in own]
    parts = parts or [paragraph(page.text("answer.none"), "answer")]
    return [*parts, paragraph(page.text("answer.meaning"))]


def _change_finding(page: Page, groups: list[Group]) -> str:
    pairs = []
    for group in groups:
        improved = interval(page.outcome(group, "share_reliably_improved"))
        deteriorated = interval(page.outcome(group, "share_deteriorated"))
        if improved is not None and deteriorated is not None:
            pairs.append((improved, deteriorated))
    found = direction([difference(better, worse) for better, worse in pairs])
    if not pairs:
        return page.catalogue.label("change.finding", found)
    formats = (page.formats.percent, page.formats.percent_range)
    slots = {
        "improved": page.spread([better.estimate for better, _ in pairs], *formats),
        "deteriorated": page.spread([worse.estimate for _, worse in pairs], *formats),
    }
    return page.catalogue.label("change.finding", found, **slots)


def _change_table(page: Page, groups: list[Group]) -> str:
    indicators = (*CLASSES, *MORE_SHARES)
    head = [page.text("column.group"), page.text("column.n")]
    head += [page.catalogue.label("indicator", indicator) for indicator in indicators]
    rows = []
    for group in groups:
        count = page.count_cell(page.outcome(group, "share_reliably_improved"))
        cells = [page.share_cell(page.outcome(group, indicator)) for indicator in indicators]
        rows.append([page.group_name(group), count, *cells])
    return table(page.text("change.caption", level=page.level()), head, rows)


def change(page: Page) -> Block:
    """Show what share of episodes falls in each class of change, group by group."""
    heading = page.text("change.heading")
    groups = page.groups("PROM")
    if not groups:
        return section("muutos", heading, paragraph(page.text("change.none")))
    intro = paragraph(page.text("change.intro"))
    data = details(page.text("figure.data"), _change_table(page, groups))
    if not page.shown(groups, *CLASSES):
        hidden = paragraph(page.text("change.hidden"), "notice")
        return section("muutos", heading, intro, hidden, data)
    drawn = share_figure(
        page,
        "change",
        share_dots(page, groups, CLASSES),
        finding=_change_finding(page, groups),
        subtitle=page.text("change.subtitle", level=page.level()),
        data=data,
        note=page.text("change.note"),
    )
    return section("muutos", heading, intro, drawn)


def _means_finding(page: Page, groups: list[Group]) -> str:
    changes = page.shown(groups, "mean_change")
    found = direction([sign(mean_change) for mean_change in changes])
    if not changes:
        return page.catalogue.label("means.finding", found)
    spread = page.spread(
        [mean_change.estimate for mean_change in changes],
        page.formats.signed,
        page.formats.decimal_range,
    )
    return page.catalogue.label("means.finding", found, change=spread)


def _means_table(page: Page, groups: list[Group]) -> str:
    head = [page.text("column.group"), page.text("column.n")]
    head += [
        page.catalogue.label("indicator", indicator)
        for indicator in (*MOMENTS, "mean_change", "pre_post_d")
    ]
    rows = []
    for group in groups:
        effect = page.outcome(group, "pre_post_d")
        mean_change = page.outcome(group, "mean_change")
        rows.append(
            [
                page.group_name(group),
                page.count_cell(mean_change),
                *(page.decimal_cell(page.outcome(group, moment)) for moment in MOMENTS),
                page.decimal_cell(mean_change, signed=True),
                page.decimal_cell(effect, 2, signed=True),
            ]
        )
    return table(page.text("means.caption", level=page.level()), head, rows)


def _moment_dots(page: Page, groups: list[Group]) -> list[Dot]:
    dots = []
    for group in groups:
        for moment in MOMENTS:
            row = page.outcome(group, moment)
            label = page.decimal_cell(row).partition("\n")[0]
            panel = page.catalogue.label("indicator", moment)
            dots.append(Dot(page.group_name(group), panel, interval(row), label))
    return dots


def means(page: Page) -> Block:
    """Show the means before and after, their change and the effect size."""
    heading = page.text("means.heading")
    groups = page.groups("PROM")
    if not groups:
        return section("ennen-ja-jalkeen", heading, paragraph(page.text("means.none")))
    intro = paragraph(page.text("means.intro"))
    data = details(page.text("figure.data"), _means_table(page, groups))
    if not page.shown(groups, *MOMENTS):
        hidden = paragraph(page.text("means.hidden"), "notice")
        return section("ennen-ja-jalkeen", heading, intro, hidden, data)
    finding = _means_finding(page, groups)
    subtitle = page.text("means.subtitle", level=page.level())
    drawings = render(
        partial(moment_chart, _moment_dots(page, groups), title=page.text("means.axis")),
        name="means",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    drawn = figure(finding, subtitle, drawings, data)
    return section("ennen-ja-jalkeen", heading, intro, drawn)
