"""The sections on the net effect: the answer, from gross to net, and what own staff's time it frees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from fit_warehouse.report.awaited import awaited
from fit_warehouse.report.charts import Dot, render
from fit_warehouse.report.cost_charts import Step, range_chart, waterfall_chart
from fit_warehouse.report.cost_rows import Net
from fit_warehouse.report.elements import (
    Block,
    details,
    facts,
    figure,
    paragraph,
    section,
    subheading,
    table,
)
from fit_warehouse.report.errors import ReportError
from fit_warehouse.report.page import Interval, Page

SCENARIOS = ("low", "base", "high")
PURCHASED, OWN = "purchased", "own"
# Each step with the amounts that it takes off, in the order in which they are taken off.
STEPS = ("unavoidable", "anyway", "onward", "rereferral", "fit_cost")


@dataclass(frozen=True, slots=True)
class Line:
    """A service at one price year and tax, in its three scenarios."""

    name: str
    low: Net
    base: Net
    high: Net

    @property
    def key(self) -> tuple[str, str, int, int | None]:
        """What the line has in common with those of other tables."""
        row = self.base
        return row.service_code, row.procurement, row.price_year, row.vat_included

    @property
    def slug(self) -> str:
        """A name for the ids of a drawing."""
        return "-".join(str(part).lower() for part in self.key)


def lines(page: Page, procurement: str) -> list[Line]:
    """Return the lines of a procurement by name; a year or tax is in the name where it tells two apart.

    Raises
    ------
    ReportError
        When a line lacks a scenario.
    """
    found: dict[tuple[str, int, int | None], dict[str, Net]] = {}
    for row in page.marts.nets:
        if row.procurement == procurement:
            key = (row.service_code, row.price_year, row.vat_included)
            found.setdefault(key, {})[row.scenario] = row
    codes = [code for code, _, _ in found]
    made = []
    for (code, year, vat), rows in found.items():
        if set(rows) != set(SCENARIOS):
            raise ReportError(f"marts.cost_net has of {code} the scenarios {sorted(rows)}")
        name = service_name(page, code)
        if codes.count(code) > 1:
            taxed = page.catalogue.label("net.vat", str(vat).lower())
            name = page.text("net.name_of_kind", service=name, year=str(year), vat=taxed)
        made.append(Line(name, *(rows[scenario] for scenario in SCENARIOS)))
    return sorted(made, key=lambda line: line.name)


def service_name(page: Page, code: str) -> str:
    """Return what a service is called."""
    return page.marts.service_names.get(code, code)


def amount_range(page: Page, values: Sequence[Decimal]) -> str:
    """Return the least and the greatest of some amounts in euros."""
    return page.formats.euro_range(min(values), max(values))


def _nets(line: Line) -> list[Decimal]:
    """Return the three net amounts, or nothing when one of them is missing."""
    rows = (line.low, line.base, line.high)
    found = [row.net_amount_eur for row in rows if row.net_amount_eur is not None]
    return found if len(found) == len(SCENARIOS) else []


def _count(page: Page, row: Net) -> str:
    n = row.n_episodes or 0
    return page.catalogue.count("unit.episode", n, page.formats.integer(n))


def _answer_of(page: Page, line: Line) -> str:
    """Return the sentence on a purchased service: its net amount, its range and what it rests on."""
    if line.base.is_suppressed:
        return page.text("net.answer.hidden", service=line.name)
    nets = _nets(line)
    if not nets:
        return page.text("net.answer.undefined", service=line.name)
    low, base, high = nets
    sign = "more" if low > 0 else "less" if high < 0 else "unclear"
    return page.catalogue.label(
        "net.answer",
        sign,
        service=line.name,
        net=page.formats.euro(base),
        range=amount_range(page, nets),
        count=_count(page, line.base),
    )


def _freed(line: Line, name: str) -> list[Decimal]:
    rows = (line.low, line.base, line.high)
    found: list[Decimal] = [value for row in rows if (value := getattr(row, name)) is not None]
    return found if len(found) == len(SCENARIOS) else []


def _own_answer(page: Page, own: Sequence[Line]) -> str:
    """Return the sentence on what own staff's time was freed, service by service."""
    parts = [
        page.text(
            "net.answer.own_part",
            service=line.name,
            sessions=page.formats.integer(freed[1]),
            range=page.formats.decimal_range(min(freed), max(freed), 0),
        )
        for line in own
        if (freed := _freed(line, "freed_sessions"))
    ]
    if not parts:
        return page.text("net.answer.own_none")
    return page.text("net.answer.own", services="; ".join(parts))


def _distinct(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))


def answer(page: Page) -> Block:
    """Answer first: the net amount of each purchased service, and what own staff's time was freed."""
    publication = page.marts.publication
    bought, own = lines(page, PURCHASED), lines(page, OWN)
    heading = page.text("answer.heading")
    if page.awaits("cost_net"):
        return awaited(page, "vastaus", heading)
    said = [paragraph(_answer_of(page, line), "answer") for line in bought]
    if not said:
        said = [paragraph(page.text("net.answer.none"), "answer")]
    if own:
        said.append(paragraph(_own_answer(page, own), "answer"))
    every = [line.base for line in (*bought, *own)]
    named = [
        (
            page.text("fact.period"),
            page.formats.date_range(publication.period_start, publication.period_end),
        ),
        (page.text("fact.as_of"), page.formats.day(publication.as_of)),
    ]
    if every:
        named += [
            (page.text("net.fact.price_year"), _distinct(str(row.price_year) for row in every)),
            (
                page.text("net.fact.perspective"),
                _distinct(
                    page.catalogue.label("net.perspective", row.perspective) for row in every
                ),
            ),
            (
                page.text("net.fact.vat"),
                _distinct(
                    page.catalogue.label("net.vat", str(row.vat_included).lower()) for row in every
                ),
            ),
        ]
    meaning = paragraph(page.text("net.answer.meaning"), "caveat")
    return section("vastaus", heading, *said, meaning, facts(named))


def _amounts(row: Net) -> dict[str, Decimal] | None:
    """Return the amounts of a waterfall, those taken off above zero; None where one is missing."""
    parts = (
        row.gross_amount_eur,
        row.avoidable_amount_eur,
        row.avoided_amount_eur,
        row.onward_amount_eur,
        row.rereferral_amount_eur,
        row.fit_cost_eur,
        row.net_amount_eur,
    )
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    gross, avoidable, avoided, onward, rereferral, fit_cost, net = known
    taken = (gross - avoidable, avoidable - avoided, onward, rereferral, fit_cost)
    return {"gross": gross, **dict(zip(STEPS, taken, strict=True)), "net": net}


def _steps(page: Page, amounts: dict[str, Decimal]) -> list[Step]:
    """Return the bars from gross to net; a step that takes nothing off is left to the table."""

    def bar(name: str, start: Decimal, end: Decimal, label: str) -> Step:
        is_sum = name not in STEPS
        return Step(page.catalogue.label("net.step", name), float(start), float(end), label, is_sum)

    left = amounts["gross"]
    bars = [bar("gross", Decimal(0), left, page.formats.euro(left))]
    for name in STEPS:
        if amounts[name]:
            rest = left - amounts[name]
            bars.append(bar(name, left, rest, page.formats.euro(-amounts[name])))
            left = rest
    return [*bars, bar("net", Decimal(0), amounts["net"], page.formats.euro(amounts["net"]))]


def _waterfall_table(page: Page, line: Line) -> str:
    """Return every step in the three scenarios."""
    columns = [_amounts(row) for row in (line.low, line.base, line.high)]
    head = [page.text("net.column.step")]
    head += [page.catalogue.label("net.scenario", scenario) for scenario in SCENARIOS]
    rows = []
    for name in ("gross", *STEPS, "net"):
        sign = -1 if name in STEPS else 1
        cells = [
            page.cell(line.base, None if of is None else sign * of[name], page.formats.euro)
            for of in columns
        ]
        rows.append([page.catalogue.label("net.step", name), *cells])
    caption = page.text("net.caption", service=line.name, year=str(line.base.price_year))
    return table(caption, head, rows, total=True)


def _left_out(page: Page, row: Net) -> str:
    """Return the sentence on the early endings that are left out of a line, beside its sum."""
    n = row.n_without_effect or 0
    if not n:
        return page.text("net.nobody_left_out")
    counted = page.formats.integer(n)
    return page.text(
        "net.left_out",
        count=page.catalogue.count("unit.episode", n, counted),
        share=page.formats.percent(n / (n + (row.n_episodes or 0))),
    )


def _line_figure(page: Page, line: Line) -> str:
    data = details(page.text("figure.data"), _waterfall_table(page, line))
    nets, amounts = _nets(line), _amounts(line.base)
    if line.base.is_suppressed:
        return paragraph(page.text("net.hidden_line", service=line.name), "notice") + data
    if amounts is None or not nets:
        return paragraph(page.text("net.no_net", service=line.name), "notice") + data
    finding = page.text(
        "net.finding",
        service=line.name,
        gross=page.formats.euro(amounts["gross"]),
        net=page.formats.euro(amounts["net"]),
    )
    subtitle = page.text(
        "net.subtitle",
        seen_by=page.catalogue.label("net.seen_by", line.base.perspective),
        year=str(line.base.price_year),
        vat=page.catalogue.label("net.vat", str(line.base.vat_included).lower()),
        count=_count(page, line.base),
        range=amount_range(page, nets),
    )
    drawings = render(
        partial(waterfall_chart, _steps(page, amounts)),
        name=f"net-{line.slug}",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return figure(finding, subtitle, drawings, data, _left_out(page, line.base))


def waterfall(page: Page) -> Block:
    """Show what is taken off the gross value of each purchased service until the net amount is left."""
    heading = page.text("net.heading")
    if page.awaits("cost_net"):
        return awaited(page, "bruttosta-nettoon", heading)
    bought = lines(page, PURCHASED)
    if not bought:
        return section("bruttosta-nettoon", heading, paragraph(page.text("net.none")))
    intro = paragraph(page.text("net.intro"))
    figures = [
        part for line in bought for part in (subheading(line.name), _line_figure(page, line))
    ]
    return section("bruttosta-nettoon", heading, intro, *figures)


def _freed_cell(page: Page, line: Line, name: str) -> str:
    freed = _freed(line, name)
    if not freed:
        return page.cell(line.base, None, page.formats.integer)
    return (
        f"{page.formats.integer(freed[1])}\n{page.formats.decimal_range(min(freed), max(freed), 0)}"
    )


def _capacity_table(page: Page, own: Sequence[Line]) -> str:
    names = ("service", "episodes", "sessions", "hours", "onward", "fit_cost")
    head = [page.catalogue.label("capacity.column", name) for name in names]
    rows = [
        [
            line.name,
            page.cell(line.base, line.base.n_episodes, page.formats.integer),
            _freed_cell(page, line, "freed_sessions"),
            _freed_cell(page, line, "freed_hours"),
            page.cell(line.base, _onward(line.base), page.formats.euro),
            page.cell(line.base, line.base.fit_cost_eur, page.formats.euro),
        ]
        for line in own
    ]
    return table(page.text("capacity.caption"), head, rows)


def _onward(row: Net) -> Decimal | None:
    if row.onward_amount_eur is None or row.rereferral_amount_eur is None:
        return None
    return row.onward_amount_eur + row.rereferral_amount_eur


def capacity(page: Page) -> Block:
    """Show the meetings of own staff that early endings left to others; never as money."""
    heading = page.text("capacity.heading")
    if page.awaits("cost_net"):
        return awaited(page, "kapasiteetti", heading)
    own = lines(page, OWN)
    if not own:
        return section("kapasiteetti", heading, paragraph(page.text("capacity.none")))
    intro = paragraph(page.text("capacity.intro"))
    data = details(page.text("figure.data"), _capacity_table(page, own))
    shown = [line for line in own if _freed(line, "freed_sessions")]
    if not shown:
        hidden = paragraph(page.text("capacity.hidden"), "notice")
        return section("kapasiteetti", heading, intro, hidden, data)
    dots = [Dot(line.name, "", _freed_interval(line), _freed_label(page, line)) for line in own]
    finding = page.text("capacity.finding", services=_capacity_list(page, shown))
    subtitle = page.text("capacity.subtitle")
    drawings = render(
        partial(range_chart, dots),
        name="capacity",
        label=page.text("figure.alt", finding=finding, subtitle=subtitle),
        formats=page.formats,
    )
    return section("kapasiteetti", heading, intro, figure(finding, subtitle, drawings, data))


def _freed_interval(line: Line) -> Interval | None:
    freed = _freed(line, "freed_sessions")
    if not freed:
        return None
    return Interval(float(freed[1]), float(min(freed)), float(max(freed)))


def _freed_label(page: Page, line: Line) -> str:
    freed = _freed(line, "freed_sessions")
    if not freed:
        return page.cell(line.base, None, page.formats.integer)
    return page.text(
        "capacity.label",
        sessions=page.formats.integer(freed[1]),
        n=_count(page, line.base),
    )


def _capacity_list(page: Page, shown: Sequence[Line]) -> str:
    return ", ".join(
        f"{line.name} {page.formats.integer(_freed(line, 'freed_sessions')[1])}" for line in shown
    )
