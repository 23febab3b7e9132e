"""The charts of the pages, each drawn for a wide and for a narrow screen.

A chart never says by colour alone what it says: places, shapes, dashes and written values carry it.
What may not be shown stands in its row as a word.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import altair as alt

from fit_warehouse.report.formats import Formats
from fit_warehouse.report.page import Interval
from fit_warehouse.report.svg import draw
from fit_warehouse.report.theme import BLACK_90, BUS, COAT_OF_ARMS, METRO, PALETTE, SIZES, Size

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
DASHES = ([1, 0], [6, 3], [2, 3], [8, 3, 2, 3], [4, 4])
# Recovered, improved, unchanged, deteriorated: four of the palette's five, told apart by place too.
PANEL_COLOURS = (BUS, COAT_OF_ARMS, BLACK_90, METRO)

BREAK_LINES = "split(datum.label, '\\n')"
CHARACTER_WIDTH = 0.54  # of the font size, mean of Arial in running text
ROW = 56


@dataclass(frozen=True, slots=True)
class Dot:
    """A row of an interval chart; `interval` is None when it may not be shown."""

    row: str
    panel: str
    interval: Interval | None
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart; `value` is None when it may not be shown."""

    row: str
    value: float | None
    label: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line; without a value the line breaks there."""

    series: str
    x: int | str
    interval: Interval | None
    label: str


def render(chart: Callable[[Size], Any], *, name: str, label: str, formats: Formats) -> list[str]:
    """Draw a chart once for each width; the style sheet shows the one that fits."""
    locale = formats.chart_locale()
    return [draw(chart(size), size, name=name, label=label, locale=locale) for size in SIZES]


def wrap(text: str, pixels: float, size: Size) -> str:
    """Break words into lines of at most so many pixels."""
    columns = max(8, int(pixels / (size.font * CHARACTER_WIDTH)))
    return "\n".join(textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False))


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def row_axis(names: Sequence[str], size: Size) -> alt.Y:
    """Return the axis of rows in the order of their names, wrapped to its width."""
    wrapped = [wrap(name, size.label_width - 16, size) for name in names]
    axis = alt.Axis(
        labelExpr=BREAK_LINES,
        labelLimit=0,
        labelBaseline="middle",
        labelAlign="left",
        labelPadding=size.label_width - 4,
        minExtent=size.label_width,
        maxExtent=size.label_width,
        title=None,
    )
    return alt.Y("row:N", sort=_distinct(wrapped), axis=axis)


def _values(
    marks: Sequence[Dot], size: Size, panel_width: float, low: float
) -> list[dict[str, Any]]:
    rows = []
    for mark in marks:
        shown = mark.interval
        rows.append(
            {
                "row": wrap(mark.row, size.label_width - 16, size),
                "panel": wrap(mark.panel, panel_width, size),
                "estimate": shown.estimate if shown else None,
                "low": shown.low if shown else None,
                "high": shown.high if shown else None,
                "label": mark.label,
                "label_at": shown.estimate if shown else low,
                "align": "center" if shown else "left",
            }
        )
    return rows


def _labels(data_x: str, *, hidden: bool) -> alt.Chart:
    """Write values above their points, and the word for what is hidden where a point would start."""
    mark = (
        alt.Chart().mark_text(align="left", baseline="middle", fontStyle="italic")
        if hidden
        else alt.Chart().mark_text(dy=-15, fontWeight="bold")
    )
    where = "datum.estimate === null" if hidden else "datum.estimate !== null"
    return mark.transform_filter(where).encode(x=f"{data_x}:Q", text="label:N")


def share_chart(marks: Sequence[Dot], size: Size) -> Any:
    """Shares with intervals, a panel a class: columns on a wide screen, one under another else."""
    panels = _distinct([mark.panel for mark in marks])
    across = len(panels) if size.width > 400 else 1
    width = (size.plot_width - 34 * (across - 1)) / across
    values = _values(marks, size, width + 22 if across > 1 else size.plot_width, 0.0)
    names = _distinct([row["panel"] for row in values])
    highest = max((mark.interval.high for mark in marks if mark.interval), default=1.0)
    top = min(1.0, max(0.1, math.ceil(highest * 10) / 10))
    x = alt.X("estimate:Q", scale=alt.Scale(domain=[0, top], nice=False))
    x = x.axis(
        format=".0%", values=_ticks(top, 8 if width > 300 else 4 if width > 160 else 3), title=None
    )
    y = row_axis([mark.row for mark in marks], size)
    colour = alt.Color("panel:N", legend=None, scale=alt.Scale(domain=names, range=PANEL_COLOURS))
    shape = alt.Shape("panel:N", legend=None, scale=alt.Scale(domain=names, range=SHAPES[:4]))
    base = alt.Chart().encode(y=y, color=colour)
    layers = alt.layer(
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=120, opacity=1).encode(x=x, shape=shape),
        _labels("label_at", hidden=False).encode(y=y),
        _labels("label_at", hidden=True).encode(y=y),
        data=alt.Data(values=values),
    ).properties(width=width, height=ROW * len(_distinct([mark.row for mark in marks])))
    if len(panels) == 1:
        return layers
    header = alt.Header(labelExpr=BREAK_LINES, labelAlign="left", labelAnchor="start", title=None)
    facet = alt.Facet("panel:N", sort=names, header=header)
    return layers.facet(facet=facet, columns=across, spacing=34 if across > 1 else 12)


def _ticks(top: float, at_most: int) -> list[float]:
    """Return round tick values from zero to `top`."""
    step = next(step for step in (0.1, 0.2, 0.3, 0.4, 0.5) if top / step <= at_most)
    return [round(step * place, 2) for place in range(int(top / step + 1e-9) + 1)]


def moment_chart(marks: Sequence[Dot], size: Size, title: str) -> Any:
    """Means at the start and at the end, with intervals; the panel of a mark is its moment."""
    shown = [mark.interval for mark in marks if mark.interval]
    low = math.floor(min((mean.low for mean in shown), default=0.0) / 5) * 5
    high = math.ceil(max((mean.high for mean in shown), default=40.0) / 5) * 5
    moments = _distinct([mark.panel for mark in marks])
    values = _values(marks, size, size.width, low)
    scale = alt.Scale(domain=[low, high], nice=False)
    axis = alt.Axis(title=title, values=list(range(low, high + 1, 5)))
    y = row_axis([mark.row for mark in marks], size)
    offset = alt.YOffset("panel:N", sort=moments)
    colours = alt.Scale(domain=moments, range=[BLACK_90, BUS])
    colour = alt.Color("panel:N", scale=colours, sort=moments)
    shape = alt.Shape("panel:N", scale=alt.Scale(domain=moments, range=["circle", "diamond"]))
    x = partial(alt.X, scale=scale, axis=axis)
    base = alt.Chart().encode(y=y, yOffset=offset, color=colour)
    text = alt.Chart().encode(y=y, yOffset=offset)
    beside = text.mark_text(align="left", dx=8, fontWeight="bold", baseline="middle")
    hidden = text.mark_text(align="left", baseline="middle", fontStyle="italic")
    return alt.layer(
        base.mark_rule(strokeWidth=2).encode(x=x("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=120, opacity=1).encode(x=x("estimate:Q"), shape=shape),
        beside.transform_filter("datum.estimate !== null").encode(x=x("high:Q"), text="label:N"),
        hidden.transform_filter("datum.estimate === null").encode(
            x=x("label_at:Q"), text="label:N"
        ),
        data=alt.Data(values=values),
    ).properties(width=size.plot_width, height=1.25 * ROW * len({mark.row for mark in marks}))


def course_chart(points: Sequence[Point], size: Size, titles: tuple[str, str]) -> Any:
    """Means session by session with their intervals, a panel a group; n along the foot."""
    shown = [point.interval for point in points if point.interval]
    low = math.floor(min(mean.low for mean in shown) / 5) * 5 - 5
    high = math.ceil(max(mean.high for mean in shown) / 5) * 5
    across = 2 if size.width > 400 else 1
    width = size.width / across - 66
    values = [
        {
            "panel": point.series,
            "x": point.x,
            "estimate": point.interval.estimate if point.interval else None,
            "low": point.interval.low if point.interval else None,
            "high": point.interval.high if point.interval else None,
            "label": point.label,
            "foot": low + 1.5,
        }
        for point in points
    ]
    sessions = sorted({int(point.x) for point in points})
    x = alt.X("x:Q", scale=alt.Scale(domain=[0.5, sessions[-1] + 0.5], nice=False))
    x = x.axis(values=sessions, title=titles[0], grid=False, format="d")
    axis = alt.Axis(values=list(range(low + 5, high + 1, 5)), title=titles[1])
    y = partial(alt.Y, scale=alt.Scale(domain=[low, high], nice=False), axis=axis)
    base = alt.Chart().encode(x=x)
    band = base.mark_area(color=BUS, fillOpacity=0.14, stroke=BUS, strokeWidth=0.75).encode(
        y=y("low:Q"), y2="high:Q"
    )
    line = base.mark_line(color=BUS, strokeWidth=2.5, point={"color": BUS, "size": 46})
    foot = base.mark_text(fontSize=size.font - 2).encode(y=y("foot:Q"), text="label:N")
    layers = alt.layer(band, line.encode(y=y("estimate:Q")), foot, data=alt.Data(values=values))
    panels = _distinct([point.series for point in points])
    header = alt.Header(labelAlign="left", labelAnchor="start", title=None)
    facet = alt.Facet("panel:N", sort=panels, header=header)
    layers = layers.properties(width=width, height=190)
    return layers.facet(facet=facet, columns=across, spacing=28).resolve_axis(x="independent")


def bar_chart(bars: Sequence[Bar], size: Size) -> Any:
    """Bars with their values written at the end."""
    values = [
        {
            "row": wrap(bar.row, size.label_width - 16, size),
            "value": bar.value,
            "at": 0 if bar.value is None else bar.value,
            "label": bar.label,
        }
        for bar in bars
    ]
    highest = max((bar.value for bar in bars if bar.value is not None), default=0.0) or 1.0
    room = max(len(bar.label) for bar in bars) * size.font * CHARACTER_WIDTH + 14
    domain = [0, highest * size.plot_width / max(size.plot_width - room, 60)]
    scale = alt.Scale(domain=domain, nice=False)
    lines = max(str(row["row"]).count("\n") + 1 for row in values)
    y = row_axis([bar.row for bar in bars], size)
    base = alt.Chart().encode(y=y)
    bar = base.mark_bar(color=BUS, height=22)
    text = base.mark_text(align="left", dx=7, baseline="middle")
    return alt.layer(
        bar.encode(x=alt.X("value:Q", scale=scale, axis=None)),
        text.encode(x=alt.X("at:Q", scale=scale, axis=None), text="label:N"),
        data=alt.Data(values=values),
    ).properties(width=size.plot_width, height=max(44, 18 * lines + 12) * len(bars))


def trend_chart(points: Sequence[Point], size: Size) -> Any:
    """Shares over time, a line a series, told apart by shape and dash as well as colour."""
    series = _distinct([point.series for point in points])
    values = [
        {
            "series": point.series,
            "x": point.x,
            "estimate": point.interval.estimate if point.interval else None,
        }
        for point in points
    ]
    times = _distinct([str(point.x) for point in points])
    every = 1 if size.width > 400 or len(times) <= 5 else 2
    x = alt.X("x:O", sort=times).axis(title=None, labelAngle=0, values=times[::-1][::every])
    y = alt.Y("estimate:Q", scale=alt.Scale(domain=[0, 1]))
    y = y.axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], title=None)
    n = len(series)
    colour = alt.Color("series:N", sort=series)
    colour = colour.scale(alt.Scale(domain=series, range=list(PALETTE[:n])))
    shape = alt.Shape("series:N", scale=alt.Scale(domain=series, range=list(SHAPES[:n])))
    dash = alt.StrokeDash("series:N", scale=alt.Scale(domain=series, range=list(DASHES[:n])))
    base = alt.Chart().encode(x=x, y=y, color=colour)
    return alt.layer(
        base.mark_line(strokeWidth=2.5).encode(strokeDash=dash),
        base.mark_point(filled=True, size=80, opacity=1).encode(shape=shape),
        data=alt.Data(values=values),
    ).properties(width=size.width - 72, height=240)
