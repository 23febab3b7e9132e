"""A chart for analysts: from gross to net, with a slider for each assumption in the chart itself.

The sliders are parameters of Vega-Lite and the amounts its expressions, so the chart needs no kernel
once it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from fit_warehouse.report.theme import BUS, FONT, METRO

STEP = 48
# What is left after each step, in the letters of docs/method/cost_effect.md: g gross, v avoidable, a
# attribution, o what came instead of one ending, n endings, f the cost of feedback work.
AFTER = {
    "gross": "datum.gross",
    "paid all the same": "v * datum.gross",
    "would have ended anyway": "a * v * datum.gross",
    "came instead": "a * (v * datum.gross - o * datum.n)",
    "feedback work": "a * (v * datum.gross - o * datum.n) - f",
}
NET = "net"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A line of cost_net in its base scenario: sums in euros, shares between 0 and 1."""

    name: str
    n: int
    gross: float
    attribution: float
    avoidable: float
    onward_each: float
    fit_cost: float


def _sliders(line: WhatIf) -> list[Any]:
    """Return a slider for each assumption, from nothing to all or to well beyond the base value."""
    each = line.gross / line.n
    ranges = {
        "a": (line.attribution, 1.0, 0.01, "attribution share "),
        "v": (line.avoidable, 1.0, 0.01, "avoidable share "),
        "o": (
            line.onward_each,
            max(2 * line.onward_each, each),
            10.0,
            "came instead, EUR an ending ",
        ),
        "f": (line.fit_cost, max(2 * line.fit_cost, line.gross), 100.0, "feedback work, EUR "),
    }
    return [
        alt.param(
            name=name, value=value, bind=alt.binding_range(min=0, max=top, step=step, name=text)
        )
        for name, (value, top, step, text) in ranges.items()
    ]


def _chosen(values: dict[str, str], otherwise: str) -> str:
    """Return an expression that picks one of several by the step of the row."""
    chosen = otherwise
    for step, expression in values.items():
        chosen = f"datum.step === '{step}' ? {expression} : ({chosen})"
    return chosen


def what_if_chart(line: WhatIf) -> Any:
    """Draw the way from gross to net of one line, with its sliders.

    Parameters
    ----------
    line
        Where the sliders start.

    Returns
    -------
    altair.LayerChart
        Whose parameters `a`, `v`, `o` and `f` are the sliders.
    """
    steps = [*AFTER, NET]
    before = dict(zip(steps[1:], AFTER.values(), strict=True))
    starts = {step: before[step] for step in AFTER if step != "gross"}
    amounts = {step: f"({AFTER[step]}) - ({before[step]})" for step in starts}
    data = [{"step": step, "gross": line.gross, "n": line.n} for step in steps]
    base = (
        alt.Chart(alt.Data(values=data))
        .transform_calculate(
            start=_chosen(starts, "0"),
            end=_chosen(AFTER, AFTER["feedback work"]),
            amount=_chosen(amounts | {"gross": AFTER["gross"]}, AFTER["feedback work"]),
            kind="datum.step === 'gross' || datum.step === 'net' ? 'sum' : 'step'",
        )
        .transform_calculate(
            label="format(datum.amount, ',.0f') + ' EUR'", at="max(datum.start, datum.end)"
        )
    )
    y = alt.Y("step:N", sort=steps, title=None)
    colour = alt.Color("kind:N", legend=None).scale(domain=["sum", "step"], range=[BUS, METRO])
    x = alt.X("start:Q", title="euros, calculated").axis(format=",.0f", tickCount=5)
    bars = base.mark_bar(height=24).encode(x=x, x2="end:Q", y=y, color=colour)
    words = base.mark_text(align="left", dx=6).encode(x="at:Q", y=y, text="label:N")
    return (
        alt.layer(bars, words)
        .add_params(*_sliders(line))
        .properties(width=520, height=STEP * len(steps), title=f"{line.name}, {line.n} endings")
        .configure(font=FONT)
    )
