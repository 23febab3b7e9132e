"""The section on what the net effect hangs on: one assumption at a time, and where the sign turns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fit_warehouse.report.awaited import awaited
from fit_warehouse.report.charts import render
from fit_warehouse.report.cost_charts import Swing, tornado_chart
from fit_warehouse.report.cost_rows import Sensitivity
from fit_warehouse.report.elements import (
    Block,
    details,
    figure,
    paragraph,
    section,
    subheading,
    table,
)
from fit_warehouse.report.net import PURCHASED, Line, lines
from fit_warehouse.report.page import Page

TURNING = ("attribution_share", "avoidable_share", "onward_cost_eur", "fit_cost_eur")


def _rows(page: Page, line: Line) -> list[Sensitivity]:
    return [
        row
        for row in page.marts.sensitivities
        if (row.service_code, row.procurement, row.price_year, row.vat_included) == line.key
    ]


def _swing(row: Sensitivity) -> float:
    if row.net_at_low_eur is None or row.net_at_high_eur is None:
        return 0.0
    return abs(float(row.net_at_high_eur - row.net_at_low_eur))


def _moving(rows: Sequence[Sensitivity]) -> list[Sensitivity]:
    """Return the factors that move the amount by a euro or more, the widest first."""
    moving = [row for row in rows if _swing(row) >= 1.0]
    return sorted(moving, key=lambda row: (-_swing(row), row.factor))


def _end(page: Page, row: Sensitivity, end: str) -> str:
    """Return the value of a factor at an end of its range, and the net amount there."""
    value = row.low_value if end == "low" else row.high_value
    amount = row.net_at_low_eur if end == "low" else row.net_at_high_eur
    said = page.catalogue.label("sensitivity.end", end)
    if value is not None:
        said = page.formats.percent(value)
    return f"{said}\n{page.cell(row, amount, page.formats.euro)}"


def _tornado_table(page: Page, line: Line, rows: Sequence[Sensitivity]) -> str:
    head = [page.catalogue.label("sensitivity.column", name) for name in ("factor", "low", "high")]
    cells = [
        [
            page.catalogue.label("factor", row.factor),
            _end(page, row, "low"),
            _end(page, row, "high"),
        ]
        for row in rows
    ]
    return table(page.text("sensitivity.caption", service=line.name), head, cells)


def _tornado(page: Page, line: Line, rows: Sequence[Sensitivity]) -> str:
    moving = _moving(rows)
    base = line.base.net_amount_eur
    if not moving or base is None:
        return paragraph(page.text("sensitivity.nothing", service=line.name), "notice")
    swings = [
        Swing(
            page.catalogue.label("factor", row.factor),
            float(row.net_at_low_eur or 0),
            float(row.net_at_high_eur or 0),
            _end(page, row, "low"),
            _end(page, row, "high"),
        )
        for row in moving
    ]
    ends = [end for swing in swings for end in (swing.low, swing.high)]
    sign = "turns" if min(ends) < 0 < max(ends) else "holds"
    finding = page.catalogue.label(
        "sensitivity.finding",
        sign,
        service=line.name,
        factor=page.catalogue.label("factor_in_text", moving[0].factor),
    )
    subtitle = page.catalogue.label(
        "sensitivity.subtitle",
        sign,
        net=page.formats.euro(base),
        count=page.formats.integer(line.base.n_episodes or 0),
    )
    drawings = render(
        partial(tornado_chart, swings, float(base)),
        name=f"tornado-{line.slug}",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    data = details(page.text("figure.data"), _tornado_table(page, line, moving))
    return figure(finding, subtitle, drawings, data)


def _value(page: Page, row: Sensitivity, value: float | None) -> str:
    if value is None:
        return page.cell(row, None, page.formats.euro)
    return page.formats.percent(value) if row.factor in TURNING[:2] else page.formats.euro(value)


def _turn(page: Page, row: Sensitivity) -> str:
    if not row.is_suppressed and row.threshold_value is None:
        return page.text("sensitivity.never")
    return _value(page, row, row.threshold_value)


def _thresholds(page: Page, line: Line, rows: Sequence[Sensitivity]) -> str:
    by_factor = {row.factor: row for row in rows}
    found = [by_factor[factor] for factor in TURNING if factor in by_factor]
    head = [page.catalogue.label("sensitivity.column", name) for name in ("factor", "now", "turn")]
    cells = [
        [
            page.catalogue.label("factor", row.factor),
            _value(page, row, row.base_value),
            _turn(page, row),
        ]
        for row in found
    ]
    return table(page.text("sensitivity.turn_caption", service=line.name), head, cells)


def sensitivity(page: Page) -> Block:
    """Show, for each purchased service, what moves its net amount and where its sign turns."""
    heading = page.text("sensitivity.heading")
    if page.awaits("cost_sensitivity"):
        return awaited(page, "herkkyys", heading)
    found = [(line, _rows(page, line)) for line in lines(page, PURCHASED)]
    found = [(line, rows) for line, rows in found if rows]
    if not found:
        return section("herkkyys", heading, paragraph(page.text("sensitivity.none")))
    parts = [paragraph(page.text("sensitivity.intro"))]
    for line, rows in found:
        parts.append(subheading(line.name))
        if line.base.is_suppressed:
            parts.append(paragraph(page.text("sensitivity.hidden", service=line.name), "notice"))
            continue
        parts.append(_tornado(page, line, rows))
        parts.append(_thresholds(page, line, rows))
    return section("herkkyys", heading, *parts)
