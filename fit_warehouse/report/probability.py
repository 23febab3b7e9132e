"""The section on all assumptions at once: how often the net amount is above zero when they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fit_warehouse.report.awaited import awaited
from fit_warehouse.report.charts import Dot, render
from fit_warehouse.report.cost_charts import range_chart
from fit_warehouse.report.effect_rows import Probability
from fit_warehouse.report.elements import Block, details, figure, paragraph, section, table
from fit_warehouse.report.net import PURCHASED, Line, lines
from fit_warehouse.report.page import Interval, Page

ANCHOR = "todennakoisyys"
COLUMNS = ("service", "episodes", "above", "median", "mean", "range")


def above_zero(page: Page) -> Block:
    """Show, for each purchased service, how often its net amount is above zero over all draws."""
    heading = page.text("probability.heading")
    if page.awaits("cost_probability"):
        return awaited(page, ANCHOR, heading)
    found = {
        (row.service_code, row.procurement, row.price_year, row.vat_included): row
        for row in page.marts.probabilities
    }
    drawn = [(line, found[line.key]) for line in lines(page, PURCHASED) if line.key in found]
    if not drawn:
        return section(ANCHOR, heading, paragraph(page.text("probability.none")))
    intro = paragraph(page.text("probability.intro"))
    caveat = paragraph(page.text("probability.caveat"), "caveat")
    data = details(page.text("figure.data"), _table(page, drawn))
    told = [(line, row, at) for line, row in drawn if (at := _range(row)) is not None]
    if not told:
        hidden = paragraph(page.text("probability.hidden"), "notice")
        return section(ANCHOR, heading, intro, caveat, hidden, data)
    services = [
        page.text(
            "probability.part",
            service=line.name,
            share=_share(page, row),
            n=page.formats.integer(row.n_episodes or 0),
        )
        for line, row, _ in told
    ]
    finding = page.text("probability.finding", services=", ".join(services))
    subtitle = page.text("probability.subtitle")
    dots = [Dot(line.name, "", at, _label(page, row, at)) for line, row, at in told]
    drawings = render(
        partial(range_chart, dots),
        name="probability",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    shown = figure(finding, subtitle, drawings, data, _how(page, [row for _, row, _ in told]))
    return section(ANCHOR, heading, intro, caveat, shown)


def _range(row: Probability) -> Interval | None:
    """Return the median of the draws between their outer percentiles."""
    known = [
        float(value)
        for value in (row.net_p500_eur, row.net_p025_eur, row.net_p975_eur)
        if value is not None
    ]
    return Interval(*known) if len(known) == 3 and not row.is_suppressed else None


def _share(page: Page, row: Probability) -> str:
    """Return a share of the draws: so many of them tell neither never nor always."""
    share = row.probability_net_above_zero
    if share is None:
        return page.cell(row, None, str)
    least, most = 0.01, 0.99
    if share < least:
        return page.text("probability.below", share=page.formats.percent(least))
    if share > most:
        return page.text("probability.above", share=page.formats.percent(most))
    return page.formats.percent(share)


def _label(page: Page, row: Probability, at: Interval) -> str:
    return page.text(
        "probability.label",
        share=_share(page, row),
        range=page.formats.euro_range(at.low, at.high),
    )


def _how(page: Page, rows: Sequence[Probability]) -> str:
    """Return how the assumptions were drawn, so that anyone may draw them again."""
    return " ".join(
        page.catalogue.label(
            "probability.how",
            distribution,
            draws=page.formats.integer(n_draws or 0),
            seed=str(seed),
        )
        for distribution, n_draws, seed in sorted(
            {(row.distribution, row.n_draws, row.seed) for row in rows}, key=str
        )
    )


def _table(page: Page, drawn: Sequence[tuple[Line, Probability]]) -> str:
    head = [page.catalogue.label("probability.column", name) for name in COLUMNS]
    cells = []
    for line, row in drawn:
        at = _range(row)
        ends = None if at is None else page.formats.euro_range(at.low, at.high)
        cells.append(
            [
                line.name,
                page.cell(row, row.n_episodes, page.formats.integer),
                _share(page, row),
                page.cell(row, row.net_p500_eur, page.formats.euro),
                page.cell(row, row.net_mean_eur, page.formats.euro),
                page.cell(row, ends, str),
            ]
        )
    return table(page.text("probability.caption"), head, cells)
