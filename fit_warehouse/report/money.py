"""The section on money: calculated, gross, and never one sum over own and purchased services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from fit_warehouse.report.charts import Bar, bar_chart, render
from fit_warehouse.report.elements import (
    Block,
    details,
    figure,
    paragraph,
    section,
    subheading,
    table,
)
from fit_warehouse.report.marts import Cost
from fit_warehouse.report.page import Page

TOTAL = "_total"
PROCUREMENTS = ("purchased", "own")


def _rows(page: Page, procurement: str, *, agreed: bool) -> dict[int, list[Cost]]:
    """Return the rows of a kind by price year: services in the order of their names, total last."""
    years: dict[int, list[Cost]] = {}
    for row in page.marts.costs:
        if row.procurement == procurement and bool(row.is_agreed) == agreed:
            years.setdefault(row.price_year, []).append(row)
    for rows in years.values():
        rows.sort(key=lambda row: (row.service_code == TOTAL, _service(page, row)))
    return dict(sorted(years.items()))


def _service(page: Page, row: Cost) -> str:
    if row.service_code == TOTAL:
        return page.text("costs.total")
    return page.marts.service_names.get(row.service_code, row.service_code)


def _unused(page: Page, row: Cost) -> str:
    """Return the unused units with their noun; a total over several units has no common one."""
    units = row.unused_units
    if row.is_suppressed:
        return page.text("value.suppressed")
    if units is None or row.unit is None:
        return page.text("costs.no_common_unit")
    shown = page.formats.decimal(units, 0 if units == units.to_integral_value() else 1)
    return page.catalogue.label("unit", f"{row.unit}.{'one' if units == 1 else 'other'}", n=shown)


def _table(page: Page, caption: str, rows: Sequence[Cost]) -> str:
    head = [
        page.text("column.service"),
        page.text("costs.episodes"),
        page.text("costs.persons"),
        page.text("costs.unused"),
        page.text("costs.amount"),
    ]
    cells = [
        [
            _service(page, row),
            page.cell(row, row.n_episodes, page.formats.integer),
            page.cell(row, row.n_persons, page.formats.integer),
            _unused(page, row),
            page.cell(row, row.gross_amount_eur, page.formats.euro),
        ]
        for row in rows
    ]
    return table(caption, head, cells, total=rows[-1].service_code == TOTAL)


def _finding(page: Page, procurement: str, total: Cost | None) -> str:
    if total is None or total.is_suppressed:
        return page.catalogue.label("costs.unknown_of", procurement)
    if total.gross_amount_eur is None or total.n_episodes is None:
        return page.catalogue.label("costs.unknown_of", procurement)
    return page.catalogue.label(
        "costs.finding_of",
        procurement,
        amount=page.formats.integer(total.gross_amount_eur),
        n=page.formats.integer(total.n_episodes),
    )


def _bars(page: Page, rows: Sequence[Cost]) -> list[Bar]:
    return [
        Bar(
            row=_service(page, row),
            value=None if row.gross_amount_eur is None else float(row.gross_amount_eur),
            label=page.cell(row, row.gross_amount_eur, page.formats.euro),
        )
        for row in rows
        if row.service_code != TOTAL
    ]


def _year(page: Page, procurement: str, year: int, rows: Sequence[Cost]) -> str:
    """Return the figure of one kind and price year; euros of two years are never added."""
    caption = page.catalogue.label("costs.caption_of", procurement, year=str(year))
    data = details(page.text("figure.data"), _table(page, caption, rows))
    finding = _finding(
        page, procurement, next((row for row in rows if row.service_code == TOTAL), None)
    )
    subtitle = page.catalogue.label("costs.subtitle_of", procurement, year=str(year))
    bars = _bars(page, rows)
    if not any(bar.value is not None for bar in bars):
        return paragraph(page.text("costs.hidden"), "notice") + data
    drawings = render(
        partial(bar_chart, bars),
        name=f"costs-{procurement}-{year}",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return figure(finding, subtitle, drawings, data)


def _agreed(page: Page, procurement: str) -> list[str]:
    years = _rows(page, procurement, agreed=True)
    heading = subheading(page.catalogue.label("costs.heading_of", procurement))
    if not years:
        return [heading, paragraph(page.catalogue.label("costs.none_of", procurement))]
    return [heading, *(_year(page, procurement, year, rows) for year, rows in years.items())]


def _unilateral(page: Page, years: Mapping[str, Mapping[int, Sequence[Cost]]]) -> list[str]:
    heading = subheading(page.text("costs.unilateral.heading"))
    tables = [
        _table(page, page.catalogue.label("costs.unilateral_of", procurement, year=str(year)), rows)
        for procurement, by_year in years.items()
        for year, rows in by_year.items()
    ]
    if not tables:
        return [heading, paragraph(page.text("costs.unilateral.none"))]
    return [heading, paragraph(page.text("costs.unilateral.intro")), *tables]


def costs(page: Page) -> Block:
    """Show what was planned and not used: purchased, own, and unilateral endings, each apart."""
    heading = page.text("costs.heading")
    if not page.marts.costs:
        return section("kustannukset", heading, paragraph(page.text("costs.none")))
    agreed = [part for procurement in PROCUREMENTS for part in _agreed(page, procurement)]
    unilateral = {kind: _rows(page, kind, agreed=False) for kind in PROCUREMENTS}
    return section(
        "kustannukset",
        heading,
        paragraph(page.text("costs.intro")),
        paragraph(page.text("costs.caveat"), "caveat"),
        *agreed,
        *_unilateral(page, unilateral),
    )
