"""The charts of money: from gross to net, what moves the net amount, and amounts with ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from fit_warehouse.report.charts import CHARACTER_WIDTH, Dot, row_axis, wrap
from fit_warehouse.report.theme import BLACK_90, BUS, COAT_OF_ARMS, METRO, QUIET_TEXT, Size

STEP_HEIGHT = 42
ROW_HEIGHT = 52


@dataclass(frozen=True, slots=True)
class Step:
    """A bar of a waterfall, from where the amounts before it have led to where it leads."""

    row: str
    start: float
    end: float
    label: str
    is_sum: bool


@dataclass(frozen=True, slots=True)
class Swing:
    """A bar of a tornado: the amount at both ends of a factor's range, and the words at them."""

    row: str
    low: float
    high: float
    low_label: str
    high_label: str


def _domain(values: Sequence[float], room: float, size: Size, *, both: bool) -> list[float]:
    """Return the ends of an axis that leaves `room` pixels for words right of its bars, or both sides."""
    low, high = min(values), max(values)
    wide = (high - low) or 1.0
    free = max(size.plot_width - room * (2 if both else 1), size.plot_width * 0.3)
    by_pixel = wide / free
    return [low - room * by_pixel if both else low, high + room * by_pixel]


def _room(labels: Sequence[str], size: Size) -> float:
    longest = max((len(part) for label in labels for part in label.split("\n")), default=0)
    return longest * size.font * CHARACTER_WIDTH + 14


def _height(rows: Sequence[str], least: int, size: Size) -> int:
    """Return a height in which the name with the most lines has room in its row."""
    wrapped = [wrap(row, size.label_width - 16, size) for row in rows]
    lines = max(name.count("\n") + 1 for name in wrapped)
    return max(least, round(size.font * 1.3) * lines + 8) * len(rows)


def _zero() -> Any:
    """Return the line at which an amount turns its sign."""
    return alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=BLACK_90, strokeWidth=1)


def waterfall_chart(steps: Sequence[Step], size: Size) -> Any:
    """Draw the steps from gross to net: sums and from zero, what is taken off light."""
    values = [
        {
            "row": wrap(step.row, size.label_width - 16, size),
            "start": step.start,
            "end": step.end,
            "at": max(step.start, step.end),
            "label": step.label,
            "kind": "sum" if step.is_sum else "step",
        }
        for step in steps
    ]
    ends = [0.0, *(step.start for step in steps), *(step.end for step in steps)]
    domain = _domain(ends, _room([step.label for step in steps], size), size, both=False)
    scale = alt.Scale(domain=domain, nice=False)
    base = alt.Chart().encode(y=row_axis([step.row for step in steps], size))
    colour = alt.Color("kind:N", legend=None).scale(domain=["sum", "step"], range=[BUS, "#ffd9c7"])
    edge = alt.Stroke("kind:N", legend=None).scale(domain=["sum", "step"], range=[BUS, METRO])
    return alt.layer(
        base.mark_bar(height=22, strokeWidth=1.5).encode(
            x=alt.X("start:Q", scale=scale, axis=None), x2="end:Q", color=colour, stroke=edge
        ),
        base.mark_text(align="left", dx=7, baseline="middle").encode(
            x=alt.X("at:Q", scale=scale, axis=None), text="label:N"
        ),
        _zero().encode(x=alt.X("zero:Q", scale=scale, axis=None)),
        data=alt.Data(values=values),
    ).properties(
        width=size.plot_width, height=_height([step.row for step in steps], STEP_HEIGHT, size)
    )


def tornado_chart(swings: Sequence[Swing], base_amount: float, size: Size) -> Any:
    """Draw the amount at both ends of each factor's range; the line is the base amount."""
    values = [
        {
            "row": wrap(swing.row, size.label_width - 16, size),
            "left": min(swing.low, swing.high),
            "right": max(swing.low, swing.high),
            "left_label": swing.low_label if swing.low <= swing.high else swing.high_label,
            "right_label": swing.high_label if swing.low <= swing.high else swing.low_label,
        }
        for swing in swings
    ]
    labels = [label for swing in swings for label in (swing.low_label, swing.high_label)]
    ends = [base_amount, *(end for swing in swings for end in (swing.low, swing.high))]
    scale = alt.Scale(domain=_domain(ends, _room(labels, size), size, both=True), nice=False)
    base = alt.Chart().encode(y=row_axis([swing.row for swing in swings], size))
    left, right = (alt.X(f"{side}:Q", scale=scale, axis=None) for side in ("left", "right"))
    middle = alt.Chart(alt.Data(values=[{"base": base_amount}]))
    lines = "split(datum.{}_label, '\\n')"
    said = [
        base.transform_calculate(said=lines.format(side))
        .mark_text(align=align, dx=dx, baseline="middle")
        .encode(x=at, text="said:N")
        for side, align, dx, at in (("left", "right", -7, left), ("right", "left", 7, right))
    ]
    layers = [
        base.mark_bar(height=20, color=COAT_OF_ARMS).encode(x=left, x2="right:Q"),
        middle.mark_rule(color=BLACK_90, strokeWidth=2).encode(
            x=alt.X("base:Q", scale=scale, axis=None)
        ),
        *said,
    ]
    if min(ends) < 0 < max(ends):
        dashed = _zero().mark_rule(color=QUIET_TEXT, strokeDash=[4, 4], strokeWidth=1.5)
        layers.append(dashed.encode(x=alt.X("zero:Q", scale=scale, axis=None)))
    return alt.layer(*layers, data=alt.Data(values=values)).properties(
        width=size.plot_width, height=_height([swing.row for swing in swings], ROW_HEIGHT, size)
    )


def range_chart(marks: Sequence[Dot], size: Size) -> Any:
    """Draw amounts with their ranges, one below another; what may not be shown is a word in its row."""
    values = [
        {
            "row": wrap(mark.row, size.label_width - 16, size),
            "estimate": mark.interval.estimate if mark.interval else None,
            "low": mark.interval.low if mark.interval else None,
            "high": mark.interval.high if mark.interval else None,
            "at": mark.interval.high if mark.interval else 0,
            "label": mark.label,
        }
        for mark in marks
    ]
    ends = [0.0]
    for mark in marks:
        if mark.interval:
            ends += [mark.interval.low, mark.interval.high]
    domain = _domain(ends, _room([mark.label for mark in marks], size), size, both=False)
    scale = alt.Scale(domain=domain, nice=False)
    base = alt.Chart().encode(y=row_axis([mark.row for mark in marks], size))
    broken = base.transform_calculate(said="split(datum.label, '\\n')")
    text = broken.mark_text(align="left", dx=9, baseline="middle")
    return alt.layer(
        base.mark_rule(strokeWidth=2.5, color=BUS).encode(
            x=alt.X("low:Q", scale=scale, axis=None), x2="high:Q"
        ),
        base.mark_point(filled=True, size=120, opacity=1, color=BUS).encode(
            x=alt.X("estimate:Q", scale=scale, axis=None)
        ),
        text.encode(x=alt.X("at:Q", scale=scale, axis=None), text="said:N"),
        _zero().encode(x=alt.X("zero:Q", scale=scale, axis=None)),
        data=alt.Data(values=values),
    ).properties(
        width=size.plot_width, height=_height([mark.row for mark in marks], ROW_HEIGHT, size)
    )
